//! The port to the memory repository. Its methods block (disk, git): an async caller uses a blocking thread.

use crate::clock::Timestamp;
use crate::id::{AgentId, EffectId};
use serde::{Deserialize, Serialize};

/// Who wants a change; becomes the commit's author and trailers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The agent.
    pub agent: AgentId,
    /// Its name for people.
    pub name: String,
    /// The turn it was in.
    pub turn: u64,
    /// The tool call's effect.
    pub effect: EffectId,
}

/// What shall become of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// New content. `base` is the version that the writer read, if any.
    Write {
        /// The whole new text.
        content: String,
        /// A [`Page::version`].
        base: Option<String>,
    },
    /// Remove the page.
    Delete,
}

/// A wanted change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Relative path with `/`, as given by the caller; checked by the memory.
    pub path: String,
    /// What to do.
    pub edit: Edit,
    /// Why, in the writer's words.
    pub message: String,
    /// Who.
    pub origin: Origin,
    /// When, from the journal.
    pub at: Timestamp,
}

/// A change worked out down to its commit id, before the repository shows any of it. Recording this is the intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitPlan {
    /// The checked path.
    pub path: String,
    /// The commit this one follows; `None` in an empty repository.
    pub base_head: Option<String>,
    /// The page's blob before; `None` if it is new.
    pub old_blob: Option<String>,
    /// The page's blob after; `None` if it goes.
    pub new_blob: Option<String>,
    /// The id of the commit that will exist.
    pub commit: String,
    /// Whether someone else's change to the page was merged in.
    pub merged: bool,
}

/// One page of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its path.
    pub path: String,
    /// Its text.
    pub content: String,
    /// Its version: the blob id. Given back as `base`.
    pub version: String,
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The page's path.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A line that was searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The page's path.
    pub path: String,
    /// Line number from 1.
    pub line: u64,
    /// The line's text, cut to a readable length.
    pub text: String,
}

/// One change in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// Commit id.
    pub commit: String,
    /// The message without trailers.
    pub message: String,
    /// The author's name.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// The agent, turn and effect, if an agent made it.
    pub origin: Option<Origin>,
    /// The pages it touched.
    pub paths: Vec<String>,
}

/// Whose line it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlamedLine {
    /// Line number from 1.
    pub line: u64,
    /// The line's text.
    pub text: String,
    /// The change it came with.
    pub commit: String,
    /// That change's author.
    pub author: String,
    /// That change's time.
    pub at: Timestamp,
    /// The agent, turn and effect, if an agent made it.
    pub origin: Option<Origin>,
}

/// Why memory could not do it. The texts are for people; what a model should do next is
/// said beside them where it is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// The path is not allowed.
    #[error("the path {path:?} cannot be used: {reason}")]
    BadPath {
        /// As given.
        path: String,
        /// One clause with what to do instead.
        reason: String,
    },
    /// No such page.
    #[error("there is no page {path:?}")]
    Missing {
        /// The path.
        path: String,
    },
    /// No such commit.
    #[error("there is no change {rev:?}")]
    UnknownChange {
        /// As given.
        rev: String,
    },
    /// Somebody changed the page and the two versions do not merge.
    #[error("the page {path:?} has changed in the same lines")]
    Conflict {
        /// The path.
        path: String,
        /// The version now.
        version: String,
        /// The text now.
        content: String,
    },
    /// The page exists and no base was given, and the contents do not merge.
    #[error("too large: {bytes} bytes; a page may have at most {limit}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Memory holds text.
    #[error("the page {path:?} is not text; memory holds UTF-8 text without control characters")]
    NotText {
        /// The path.
        path: String,
    },
    /// Nothing would change.
    #[error("nothing to change: the page {path:?} already has this text")]
    Unchanged {
        /// The path.
        path: String,
    },
    /// There is nothing before it to go back to.
    #[error("this is the change with which memory began, which cannot be undone; delete single pages instead")]
    FirstChange,
    /// Another commit came first; work the change out again.
    #[error("the repository has moved on")]
    HeadMoved,
    /// The repository or the disk failed.
    #[error("the memory repository could not {doing}: {cause}")]
    Repository {
        /// What was tried.
        doing: &'static str,
        /// The cause in words.
        cause: String,
    },
}

/// The memory of one profile.
pub trait Memory: Send + Sync {
    /// Reads one page as it stands in the work tree.
    fn read(&self, path: &str) -> Result<Page, MemoryError>;
    /// Lists pages whose path begins with `prefix`, by path.
    fn list(&self, prefix: &str) -> Result<Vec<Listed>, MemoryError>;
    /// Finds lines that contain `query`, ignoring case; at most `limit` of them.
    fn search(&self, query: &str, limit: usize) -> Result<Vec<Found>, MemoryError>;
    /// Works a change out; nothing is visible yet. Its objects may still be on their way to the disk: the plan can be
    /// recorded meanwhile. Same input on the same head: same plan.
    fn prepare(&self, change: &Change) -> Result<CommitPlan, MemoryError>;
    /// Carries a plan out: ref and work tree. Doing it twice is doing it once; after a crash it finishes what is left.
    /// [`MemoryError::HeadMoved`] if another commit came first and this one is not in the history, or if its objects did
    /// not reach the disk or are gone: work it out again.
    fn commit(&self, plan: &CommitPlan) -> Result<(), MemoryError>;
    /// Does what commits left for later because no agent waits for it, such as keeping git's own index in step. What it
    /// could not do is done with the next change or at the next start. Cheap when there is nothing to do.
    fn tidy(&self) -> Result<(), MemoryError>;
}
