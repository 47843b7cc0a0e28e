//! Rows about the person, and about the memory that their conversation uses.

use growqr_core::clock::Timestamp;
use growqr_core::id::{ConversationName, MemoryName};
use growqr_core::journal::User;
use growqr_core::memory_link::MemoryLink;

#[derive(sqlx::FromRow)]
pub(crate) struct UserRow {
    id: String,
    email: Option<String>,
    name: Option<String>,
    picture_url: Option<String>,
    last_verified_at: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> User {
        let UserRow { id, email, name, picture_url, last_verified_at } = row;
        User { id, email, name, picture_url, last_verified_at: Timestamp(last_verified_at) }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct MemoryLinkRow {
    conversation: String,
    memory: String,
    folder: String,
    notice: Option<String>,
    changed_at: i64,
}

impl From<MemoryLinkRow> for MemoryLink {
    fn from(row: MemoryLinkRow) -> MemoryLink {
        MemoryLink {
            conversation: ConversationName::new(row.conversation),
            memory: MemoryName::new(row.memory),
            folder: row.folder,
            notice: row.notice,
            changed_at: Timestamp(row.changed_at),
        }
    }
}
