//! Rows of the servers of tools.

use growqr_core::clock::Timestamp;
use growqr_core::journal::StoredToolServer;

#[derive(sqlx::FromRow)]
pub(crate) struct ToolServerRow {
    name: String,
    config: String,
    listing: Option<String>,
    is_on: bool,
    changed_at: i64,
}

impl From<ToolServerRow> for StoredToolServer {
    fn from(row: ToolServerRow) -> StoredToolServer {
        StoredToolServer {
            name: row.name,
            config: row.config,
            listing: row.listing,
            is_on: row.is_on,
            changed_at: Timestamp(row.changed_at),
        }
    }
}
