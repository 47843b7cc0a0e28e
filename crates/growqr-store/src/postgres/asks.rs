//! Reads the asks view.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::{self, AskRow};
use async_trait::async_trait;
use growqr_core::id::AskId;
use growqr_core::journal::{AskView, Asks, StoreError};

pub(super) const OPEN: &str = "select agent_id, seq, body, raised_at, settled_at, settled_by, answer, rule from asks \
    where profile_id = $1 and settled_at is null order by raised_at, agent_id, seq";
pub(super) const SETTLED: &str = "select agent_id, seq, body, raised_at, settled_at, settled_by, answer, rule from asks \
    where profile_id = $1 and settled_at is not null order by settled_at desc, ask_id limit $2";
const ONE: &str = "select agent_id, seq, body, raised_at, settled_at, settled_by, answer, rule from asks \
    where profile_id = $1 and ask_id = $2";

// The text is that of the key in the stored JSON: quotes within a text of it are escaped.
const ABOUT_COMMIT: &str = "select agent_id, seq, body, raised_at, settled_at, settled_by, answer, rule from asks \
    where profile_id = $1 and kind = 'review' and strpos(body, '\"commit\":\"' || $2) > 0 \
    order by settled_at is not null, settled_at desc, raised_at desc, seq desc";

#[async_trait]
impl Asks for PostgresStore {
    async fn open_asks(&self) -> Result<Vec<AskView>, StoreError> {
        let query = sqlx::query_as(OPEN).bind(self.profile());
        let rows: Vec<AskRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the asks"))?;
        Ok(rows::readable("an ask", rows))
    }

    async fn settled_asks(&self, limit: u32) -> Result<Vec<AskView>, StoreError> {
        let query = sqlx::query_as(SETTLED).bind(self.profile()).bind(i64::from(limit));
        let rows: Vec<AskRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the asks"))?;
        Ok(rows::readable("an ask", rows))
    }

    async fn asks_about_commit(&self, beginning: &str) -> Result<Vec<AskView>, StoreError> {
        let query = sqlx::query_as(ABOUT_COMMIT).bind(self.profile()).bind(beginning);
        let rows: Vec<AskRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the asks about a change"))?;
        Ok(rows::readable("an ask", rows))
    }

    async fn ask(&self, id: &AskId) -> Result<Option<AskView>, StoreError> {
        let query = sqlx::query_as(ONE).bind(self.profile()).bind(id.as_str());
        let row: Option<AskRow> = query.fetch_optional(&self.db.pool).await.map_err(while_doing("read an ask"))?;
        row.map(AskView::try_from).transpose()
    }
}
