//! Sums of what was spent.

use super::SqliteStore;
use crate::error::while_doing;
use crate::rows::{self, SpendingSumRow};
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{SpendingBy, SpendingSum, Spendings, StoreError};

macro_rules! sums {
    ($key:literal, $order:literal) => {
        concat!(
            "select ",
            $key,
            " as group_key, count(*) as calls, max(at) as at, sum(cost) as cost, sum(unknown_cost) as unknown_cost, sum(input_tokens) as input_tokens, sum(cached_tokens) as cached_tokens, sum(output_tokens) as output_tokens, sum(is_estimate) as estimates \
            from spendings where profile_id = ?1 and at >= ?2 group by 1 order by ",
            $order
        )
    };
}

const BY_AGENT: &str = sums!("agent_id", "sum(cost) + sum(unknown_cost) desc, 1");
const BY_MODEL: &str = sums!("purpose", "sum(cost) + sum(unknown_cost) desc, 1");
const BY_DAY: &str = sums!("strftime('%Y-%m-%d', at / 1000, 'unixepoch')", "1 desc");

#[async_trait]
impl Spendings for SqliteStore {
    async fn spendings(&self, by: SpendingBy, since: Timestamp) -> Result<Vec<SpendingSum>, StoreError> {
        let sql = match by {
            SpendingBy::Agent => BY_AGENT,
            SpendingBy::Model => BY_MODEL,
            SpendingBy::Day => BY_DAY,
        };
        let query = sqlx::query_as(sql).bind(self.profile()).bind(since.0);
        let rows: Vec<SpendingSumRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("sum up the spendings"))?;
        rows::all(rows)
    }
}
