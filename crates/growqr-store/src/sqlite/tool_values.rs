//! The entries of keychains that may have values of servers of tools.

use super::SqliteStore;
use crate::error::while_doing;
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{StoreError, ToolValues};

const NOTED: &str = "select entry from tool_values where profile_id = ?1 and keychain = ?2 order by entry";
const NOTE: &str = "insert into tool_values (profile_id, keychain, entry, noted_at) values (?1, ?2, ?3, ?4) \
    on conflict (profile_id, keychain, entry) do nothing";
const FORGET: &str = "delete from tool_values where profile_id = ?1 and keychain = ?2 and entry = ?3";

#[async_trait]
impl ToolValues for SqliteStore {
    async fn noted_tool_values(&self, keychain: &str) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query_scalar(NOTED).bind(self.profile()).bind(keychain);
        query.fetch_all(&self.db.readers).await.map_err(while_doing("list the kept values of servers"))
    }

    async fn note_tool_values(&self, keychain: &str, entry: &str, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(NOTE).bind(self.profile()).bind(keychain).bind(entry).bind(at.0);
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("note the kept values of a server"))?;
        writer.release();
        Ok(())
    }

    async fn forget_tool_values(&self, keychain: &str, entry: &str) -> Result<(), StoreError> {
        let query = sqlx::query(FORGET).bind(self.profile()).bind(keychain).bind(entry);
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("forget the kept values of a server"))?;
        writer.release();
        Ok(())
    }
}
