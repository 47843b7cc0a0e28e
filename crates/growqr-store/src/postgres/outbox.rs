//! Undelivered mail. The append that sends mail inserts it.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::{self, UndeliveredRow};
use async_trait::async_trait;
use growqr_core::id::EffectId;
use growqr_core::journal::{Outbox, StoreError};
use growqr_core::mail::Mail;

const WAITING: &str = "select id, sender, receiver, body from outbox \
    where profile_id = $1 and not delivered order by position limit $2";

#[async_trait]
impl Outbox for PostgresStore {
    async fn undelivered(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        let query = sqlx::query_as(WAITING).bind(self.profile()).bind(i64::from(limit));
        let rows: Vec<UndeliveredRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("read the outbox"))?;
        rows::all(rows)
    }

    async fn delivered(&self, ids: &[EffectId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = ids.iter().map(EffectId::as_str).collect();
        let sql = "update outbox set delivered = true where profile_id = $1 and id = any($2)";
        sqlx::query(sql).bind(self.profile()).bind(ids).execute(&self.db.pool).await.map_err(while_doing("mark mail"))?;
        Ok(())
    }
}
