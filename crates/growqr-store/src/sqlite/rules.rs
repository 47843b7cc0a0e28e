//! The rules that the person, or an answer, has added.

use super::SqliteStore;
use crate::error::while_doing;
use crate::rows::RuleRow;
use crate::text::without_nul;
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{StoreError, StoredRule, StoredRules};

const RULES: &str = "select position, ask_id, line, added_at from rules \
    where profile_id = ?1 and removed_at is null order by position";
const ADD: &str = "insert into rules (profile_id, line, added_at) values (?1, ?2, ?3) \
    returning cast(position as text)";
const REMOVE: &str = "update rules set removed_at = ?3 \
    where profile_id = ?1 and coalesce(ask_id, cast(position as text)) = ?2 and removed_at is null";

#[async_trait]
impl StoredRules for SqliteStore {
    async fn rules(&self) -> Result<Vec<StoredRule>, StoreError> {
        let query = sqlx::query_as(RULES).bind(self.profile());
        let rows: Vec<RuleRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("list the rules"))?;
        Ok(rows.into_iter().map(StoredRule::from).collect())
    }

    async fn add_rule(&self, line: &str, at: Timestamp) -> Result<String, StoreError> {
        let mut writer = self.db.writer().await?;
        let query = sqlx::query_scalar(ADD).bind(self.profile()).bind(without_nul(line)).bind(at.0);
        let id = query.fetch_one(&mut *writer).await.map_err(while_doing("add a rule"))?;
        writer.release();
        Ok(id)
    }

    async fn remove_rule(&self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let mut writer = self.db.writer().await?;
        let query = sqlx::query(REMOVE).bind(self.profile()).bind(id).bind(at.0);
        let done = query.execute(&mut *writer).await.map_err(while_doing("remove a rule"))?;
        writer.release();
        Ok(done.rows_affected() > 0)
    }
}
