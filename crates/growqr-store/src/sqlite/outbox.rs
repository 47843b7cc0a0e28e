//! Undelivered mail. The append that sends mail inserts it.

use super::SqliteStore;
use crate::error::while_doing;
use crate::rows::{self, UndeliveredRow};
use async_trait::async_trait;
use growqr_core::id::EffectId;
use growqr_core::journal::{Outbox, StoreError};
use growqr_core::mail::Mail;

pub(super) const WAITING: &str = "select id, sender, receiver, body from outbox \
    where profile_id = ? and delivered = 0 order by position limit ?";

#[async_trait]
impl Outbox for SqliteStore {
    async fn undelivered(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        let query = sqlx::query_as(WAITING).bind(self.profile()).bind(limit);
        let rows: Vec<UndeliveredRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("read the outbox"))?;
        rows::all(rows)
    }

    async fn delivered(&self, ids: &[EffectId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = ids.iter().map(EffectId::as_str).collect();
        let ids = serde_json::to_string(&ids).map_err(|error| StoreError::Failed(format!("mark mail: {error}")))?;
        let sql = "update outbox set delivered = 1 where profile_id = ? and id in (select value from json_each(?))";
        let mut writer = self.db.writer().await?;
        sqlx::query(sql).bind(self.profile()).bind(ids).execute(&mut *writer).await.map_err(while_doing("mark mail"))?;
        writer.release();
        Ok(())
    }
}
