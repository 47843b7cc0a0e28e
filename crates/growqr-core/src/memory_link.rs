//! Which memory repository the conversation of a profile uses. The database and the repository each keep their side, so that a
//! database or a folder that was copied, restored or exchanged is recognised.

use crate::clock::Timestamp;
use crate::id::{ConversationName, MemoryName};
use crate::journal::StoreError;
use async_trait::async_trait;

/// The database's side: the memory that this conversation uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryLink {
    /// The conversation.
    pub conversation: ConversationName,
    /// The memory that it uses.
    pub memory: MemoryName,
    /// The profile's folder when the memory was last used, with the memory inside.
    pub folder: String,
    /// What the person has not confirmed yet: why the conversation uses another memory, or the memory another conversation.
    pub notice: Option<String>,
    /// When this last changed.
    pub changed_at: Timestamp,
}

/// Keeps the link of a profile. No journal contains it, so it is not a view.
#[async_trait]
pub trait MemoryLinks: Send + Sync {
    /// The link; `None` before the profile is first opened for writing by a build that has links.
    async fn memory_link(&self) -> Result<Option<MemoryLink>, StoreError>;
    /// Inserts or replaces the link.
    async fn save_memory_link(&self, link: &MemoryLink) -> Result<(), StoreError>;
}
