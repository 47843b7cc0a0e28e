//! Which memory repository the conversation of a profile uses. The database and the repository each keep their side, so that a
//! database or a folder that was copied, restored or exchanged is recognised.

use crate::clock::Timestamp;
use crate::id::{ConversationName, MemoryName};

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
