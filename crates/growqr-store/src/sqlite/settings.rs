//! The person's settings.

use super::SqliteStore;
use crate::error::while_doing;
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{Settings, StoreError};

#[async_trait]
impl Settings for SqliteStore {
    async fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        sqlx::query_as("select name, value from settings where profile_id = ? order by name")
            .bind(self.profile())
            .fetch_all(&self.db.readers)
            .await
            .map_err(while_doing("read the settings"))
    }

    async fn set(&self, name: &str, value: Option<&str>, at_time: Timestamp) -> Result<(), StoreError> {
        let query = match value {
            Some(value) => sqlx::query(
                "insert into settings (profile_id, name, value, updated_at) values (?, ?, ?, ?) \
                 on conflict (profile_id, name) do update set value = excluded.value, updated_at = excluded.updated_at",
            )
            .bind(self.profile())
            .bind(name)
            .bind(value)
            .bind(at_time.0),
            None => sqlx::query("delete from settings where profile_id = ? and name = ?").bind(self.profile()).bind(name),
        };
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("change a setting"))?;
        writer.release();
        Ok(())
    }
}
