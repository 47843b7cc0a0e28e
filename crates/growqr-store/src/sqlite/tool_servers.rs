//! The servers of tools that the person has added. A change names what it replaces, so that the first of two counts.

use super::SqliteStore;
use crate::error::while_doing;
use crate::rows::ToolServerRow;
use crate::text::without_nul;
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{StoreError, StoredToolServer, ToolServers};

const SERVERS: &str = "select name, config, listing, is_on, changed_at from tool_servers where profile_id = ?1 order by name";
const ADD: &str = "insert into tool_servers (profile_id, name, config, listing, is_on, changed_at) \
    values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (profile_id, name) do nothing";
const REPLACE: &str = "update tool_servers set config = ?3, listing = ?4, is_on = ?5, changed_at = ?6 \
    where profile_id = ?1 and name = ?2 and config = ?7";
const SWITCH: &str = "update tool_servers set is_on = ?3, changed_at = ?4 where profile_id = ?1 and name = ?2";
const SAVE_LISTING: &str = "update tool_servers set listing = ?4 where profile_id = ?1 and name = ?2 and config = ?3";
const REMOVE: &str = "delete from tool_servers where profile_id = ?1 and name = ?2 and config = ?3";

#[async_trait]
impl ToolServers for SqliteStore {
    async fn tool_servers(&self) -> Result<Vec<StoredToolServer>, StoreError> {
        let query = sqlx::query_as(SERVERS).bind(self.profile());
        let rows: Vec<ToolServerRow> =
            query.fetch_all(&self.db.readers).await.map_err(while_doing("list the servers of tools"))?;
        Ok(rows.into_iter().map(StoredToolServer::from).collect())
    }

    async fn add_tool_server(&self, server: &StoredToolServer) -> Result<bool, StoreError> {
        let query = sqlx::query(ADD)
            .bind(self.profile())
            .bind(&server.name)
            .bind(without_nul(&server.config))
            .bind(server.listing.as_deref().map(without_nul))
            .bind(server.is_on)
            .bind(server.changed_at.0);
        let mut writer = self.db.writer().await?;
        let done = query.execute(&mut *writer).await.map_err(while_doing("add a server of tools"))?;
        writer.release();
        Ok(done.rows_affected() > 0)
    }

    async fn replace_tool_server(&self, earlier: &StoredToolServer, server: &StoredToolServer) -> Result<bool, StoreError> {
        let query = sqlx::query(REPLACE)
            .bind(self.profile())
            .bind(&server.name)
            .bind(without_nul(&server.config))
            .bind(server.listing.as_deref().map(without_nul))
            .bind(server.is_on)
            .bind(server.changed_at.0)
            .bind(without_nul(&earlier.config));
        let mut writer = self.db.writer().await?;
        let done = query.execute(&mut *writer).await.map_err(while_doing("replace a server of tools"))?;
        writer.release();
        Ok(done.rows_affected() > 0)
    }

    async fn switch_tool_server(&self, name: &str, is_on: bool, at: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query(SWITCH).bind(self.profile()).bind(name).bind(is_on).bind(at.0);
        let mut writer = self.db.writer().await?;
        let done = query.execute(&mut *writer).await.map_err(while_doing("switch a server of tools"))?;
        writer.release();
        Ok(done.rows_affected() > 0)
    }

    async fn save_tool_listing(&self, name: &str, config: &str, listing: &str) -> Result<(), StoreError> {
        let (config, listing) = (without_nul(config), without_nul(listing));
        let query = sqlx::query(SAVE_LISTING).bind(self.profile()).bind(name).bind(config).bind(listing);
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("keep the tools of a server"))?;
        writer.release();
        Ok(())
    }

    async fn remove_tool_server(&self, server: &StoredToolServer) -> Result<bool, StoreError> {
        let query = sqlx::query(REMOVE).bind(self.profile()).bind(&server.name).bind(without_nul(&server.config));
        let mut writer = self.db.writer().await?;
        let done = query.execute(&mut *writer).await.map_err(while_doing("remove a server of tools"))?;
        writer.release();
        Ok(done.rows_affected() > 0)
    }
}
