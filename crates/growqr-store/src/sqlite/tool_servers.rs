//! The servers of tools that the person has added.

use super::SqliteStore;
use crate::error::while_doing;
use crate::rows::ToolServerRow;
use crate::text::without_nul;
use async_trait::async_trait;
use growqr_core::journal::{StoreError, StoredToolServer, ToolServers};

const SERVERS: &str = "select name, config, listing, is_on, changed_at from tool_servers where profile_id = ?1 order by name";
const SAVE: &str = "insert into tool_servers (profile_id, name, config, listing, is_on, changed_at) \
    values (?1, ?2, ?3, ?4, ?5, ?6) \
    on conflict (profile_id, name) do update set config = excluded.config, listing = excluded.listing, \
    is_on = excluded.is_on, changed_at = excluded.changed_at";
const SAVE_LISTING: &str = "update tool_servers set listing = ?3 where profile_id = ?1 and name = ?2";
const REMOVE: &str = "delete from tool_servers where profile_id = ?1 and name = ?2";

#[async_trait]
impl ToolServers for SqliteStore {
    async fn tool_servers(&self) -> Result<Vec<StoredToolServer>, StoreError> {
        let query = sqlx::query_as(SERVERS).bind(self.profile());
        let rows: Vec<ToolServerRow> =
            query.fetch_all(&self.db.readers).await.map_err(while_doing("list the servers of tools"))?;
        Ok(rows.into_iter().map(StoredToolServer::from).collect())
    }

    async fn save_tool_server(&self, server: &StoredToolServer) -> Result<(), StoreError> {
        let query = sqlx::query(SAVE)
            .bind(self.profile())
            .bind(&server.name)
            .bind(without_nul(&server.config))
            .bind(server.listing.as_deref().map(without_nul))
            .bind(server.is_on)
            .bind(server.changed_at.0);
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("keep a server of tools"))?;
        writer.release();
        Ok(())
    }

    async fn save_tool_listing(&self, name: &str, listing: &str) -> Result<(), StoreError> {
        let query = sqlx::query(SAVE_LISTING).bind(self.profile()).bind(name).bind(without_nul(listing));
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("keep the tools of a server"))?;
        writer.release();
        Ok(())
    }

    async fn remove_tool_server(&self, name: &str) -> Result<bool, StoreError> {
        let query = sqlx::query(REMOVE).bind(self.profile()).bind(name);
        let mut writer = self.db.writer().await?;
        let done = query.execute(&mut *writer).await.map_err(while_doing("remove a server of tools"))?;
        writer.release();
        Ok(done.rows_affected() > 0)
    }
}
