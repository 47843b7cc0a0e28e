//! The rules that the person, or an answer, has added.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::{self, RuleRow};
use crate::text::without_nul;
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{StoreError, StoredRule, StoredRules};

/// The person's lines have a number as their id, which gives their order.
const RULES: &str = "select rule_id, line, origin, added_at from rules where profile_id = $1 and removed_at is null \
    order by origin = 'always', added_at, length(rule_id), rule_id";
const ADD: &str = "insert into rules (profile_id, rule_id, line, origin, added_at) \
    select $1, cast(count(*) + 1 as text), $2, 'person', $3 from rules where profile_id = $1 and origin = 'person' \
    returning rule_id";
const REMOVE: &str = "update rules set removed_at = $3 where profile_id = $1 and rule_id = $2 and removed_at is null";

#[async_trait]
impl StoredRules for PostgresStore {
    async fn rules(&self) -> Result<Vec<StoredRule>, StoreError> {
        let query = sqlx::query_as(RULES).bind(self.profile());
        let rows: Vec<RuleRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the rules"))?;
        rows::all(rows)
    }

    async fn add_rule(&self, line: &str, at: Timestamp) -> Result<String, StoreError> {
        let query = sqlx::query_scalar(ADD).bind(self.profile()).bind(without_nul(line)).bind(at.0);
        let id = query.fetch_one(&self.db.pool).await.map_err(while_doing("add a rule"))?;
        Ok(id)
    }

    async fn remove_rule(&self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query(REMOVE).bind(self.profile()).bind(id).bind(at.0);
        let done = query.execute(&self.db.pool).await.map_err(while_doing("remove a rule"))?;
        Ok(done.rows_affected() > 0)
    }
}
