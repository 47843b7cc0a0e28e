//! Which memory the conversation uses.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::MemoryLinkRow;
use async_trait::async_trait;
use growqr_core::journal::{MemoryLinks, StoreError};
use growqr_core::memory_link::MemoryLink;

const LINK: &str = "select conversation, memory, folder, notice, changed_at from memory_links where profile_id = $1";
const SAVE: &str = "insert into memory_links (profile_id, conversation, memory, folder, notice, changed_at) \
    values ($1, $2, $3, $4, $5, $6) \
    on conflict (profile_id) do update set conversation = excluded.conversation, memory = excluded.memory, \
    folder = excluded.folder, notice = excluded.notice, changed_at = excluded.changed_at";

#[async_trait]
impl MemoryLinks for PostgresStore {
    async fn memory_link(&self) -> Result<Option<MemoryLink>, StoreError> {
        let query = sqlx::query_as(LINK).bind(self.profile());
        let row: Option<MemoryLinkRow> =
            query.fetch_optional(&self.db.pool).await.map_err(while_doing("read which memory is used"))?;
        Ok(row.map(MemoryLink::from))
    }

    async fn save_memory_link(&self, link: &MemoryLink) -> Result<(), StoreError> {
        let query = sqlx::query(SAVE)
            .bind(self.profile())
            .bind(link.conversation.as_str())
            .bind(link.memory.as_str())
            .bind(&link.folder)
            .bind(&link.notice)
            .bind(link.changed_at.0);
        query.execute(&self.db.pool).await.map_err(while_doing("keep which memory is used"))?;
        Ok(())
    }
}
