//! The port to the memory repository. Its methods block (disk, git): an async caller runs them on a blocking thread.

use crate::clock::Timestamp;
use crate::id::{AgentId, EffectId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The author of a change; written to the commit's author and trailers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The agent.
    pub agent: AgentId,
    /// Its name for people.
    pub name: String,
    /// The agent's turn at that time.
    pub turn: u64,
    /// The effect id of the tool call.
    pub effect: EffectId,
}

/// How a page is changed.
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
    /// The content of a version that is in the repository already: byte for byte, unless another change is merged in.
    WriteVersion {
        /// The version with the new content.
        version: String,
        /// The [`Page::version`] that it was made from; `None`: there was no such page.
        base: Option<String>,
    },
    /// Remove the page.
    Delete,
}

/// How the person has approved a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// As it was proposed.
    AsProposed,
    /// With another text.
    Edited,
}

/// A requested change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Relative path with `/`, as the caller gave it; the memory checks it.
    pub path: String,
    /// What to do.
    pub edit: Edit,
    /// The commit message, written by the author.
    pub message: String,
    /// The author.
    pub origin: Origin,
    /// The time, taken from the journal.
    pub at: Timestamp,
    /// The person's approval, if the change was held.
    pub approval: Option<Approval>,
}

/// A prepared change with the id of its future commit. None of it is visible in the repository yet. Recording the plan in the
/// journal announces the commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitPlan {
    /// The checked path.
    pub path: String,
    /// The parent commit; `None` in an empty repository.
    pub base_head: Option<String>,
    /// The page's blob before the change; `None` if the page is new.
    pub old_blob: Option<String>,
    /// The page's blob after the change; `None` if the page is deleted.
    pub new_blob: Option<String>,
    /// The id of the commit that will exist.
    pub commit: String,
    /// Whether another author's change to the page was merged in.
    pub merged: bool,
}

/// A held change that the person has decided about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The held change: the commit on its branch.
    pub held: CommitPlan,
    /// The author of the change.
    pub origin: Origin,
    /// The reason that the author gave, or its beginning. The commit of the held change has all of it.
    pub message: String,
    /// When the person decided. Also the time of the commit.
    pub at: Timestamp,
    /// Whether it is committed; otherwise it is dropped.
    pub approved: bool,
    /// The version of the page that the change is meant for; `None`: there is no such page.
    pub base: Option<String>,
    /// The page's text as the person has edited it.
    pub edited: Option<String>,
    /// The commit of memory that contains the change already: the person has merged its pull request in Gitea.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<String>,
}

/// What the person has decided about the pull request of a held change in Gitea.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedInGitea {
    /// It is merged, and the merge has come into memory.
    Merged {
        /// The commit of memory that contains it.
        commit: String,
        /// The page's text in that commit, if the person has added commits to the pull request.
        edited: Option<String>,
    },
    /// It is closed without a merge.
    Closed {
        /// The last comment.
        comment: Option<GiteaComment>,
    },
}

/// A comment in Gitea; data, not operator text and not the person's words: anybody with access to Gitea may have written it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiteaComment {
    /// The name of the account that has written it.
    pub user: String,
    /// The comment.
    pub text: String,
}

/// What a held change proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The page's new text; `None` if the page is to be deleted.
    pub text: Option<String>,
    /// The whole reason that the author gave.
    pub message: String,
}

/// A decision about a held change that is carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The commit with the change, if it is in memory.
    pub commit: Option<String>,
    /// The text that a rejected change has proposed.
    pub proposed: Option<String>,
}

/// Why an approved change could not be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewProblem {
    /// For the person.
    pub text: String,
    /// The version of the page that the next approval is meant for.
    pub base: Option<String>,
}

/// One page of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its path.
    pub path: String,
    /// Its text.
    pub content: String,
    /// Its version: the blob id. A writer passes it as `base`.
    pub version: String,
}

/// A page in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageInfo {
    /// The page's path.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A page as an agent has committed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentsPage {
    /// The [`Page::version`] that it has committed. The page in the folder has another one if it was edited by hand since.
    pub version: String,
    /// The id of the commit.
    pub commit: String,
}

/// A line that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundLine {
    /// The page's path.
    pub path: String,
    /// Line number from 1.
    pub line: u64,
    /// The line's text, cut to a readable length.
    pub text: String,
}

/// One change in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitInfo {
    /// Commit id.
    pub commit: String,
    /// The message without trailers.
    pub message: String,
    /// The author's name.
    pub author: String,
    /// The time.
    pub at: Timestamp,
    /// The agent, turn and effect, if an agent made it.
    pub origin: Option<Origin>,
    /// The first pages that it touched.
    pub paths: Vec<String>,
    /// The number of pages that it touched besides these.
    pub more_paths: u64,
}

/// A line with the change that last wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlamedLine {
    /// Line number from 1.
    pub line: u64,
    /// The line's text.
    pub text: String,
    /// The commit that last wrote it.
    pub commit: String,
    /// That change's author.
    pub author: String,
    /// That change's time.
    pub at: Timestamp,
    /// The agent, turn and effect, if an agent made it.
    pub origin: Option<Origin>,
}

/// Why a memory operation failed. The texts are for people; the memory tools add what a model should do next.
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
    /// Another author changed the page, and the two versions do not merge.
    #[error("the page {path:?} has changed in the same lines")]
    Conflict {
        /// The path.
        path: String,
        /// The version now.
        version: String,
        /// The text now.
        content: String,
    },
    /// The base of a write is no version that this memory knows.
    #[error("there is no version {version:?} of the page {path:?}")]
    UnknownVersion {
        /// The page.
        path: String,
        /// The base, as given.
        version: String,
    },
    /// The page is larger than the limit.
    #[error("too large: {bytes} bytes; a page may have at most {limit}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The content is not text; memory holds only text.
    #[error("the page {path:?} is not text: {reason}")]
    NotText {
        /// The path.
        path: String,
        /// What is in the way, and where.
        reason: String,
    },
    /// The page can be read but not changed: its content is up to git.
    #[error("the page {path:?} is read-only: {reason}")]
    ReadOnly {
        /// The path.
        path: String,
        /// Why, and what the person can do.
        reason: String,
    },
    /// The page already has this text.
    #[error("nothing to change: the page {path:?} already has this text")]
    Unchanged {
        /// The path.
        path: String,
    },
    /// The first change has no earlier state to go back to.
    #[error("the first change of memory cannot be undone; delete single pages instead")]
    FirstChange,
    /// Another commit came first; prepare the change again.
    #[error("the repository has a newer commit")]
    HeadMoved,
    /// The repository or the disk failed.
    #[error("the memory repository could not {doing}: {cause}")]
    Repository {
        /// The operation that failed.
        doing: &'static str,
        /// The cause as text.
        cause: String,
    },
}

/// A merge with the copy on Gitea that has kept pages in two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryConflict {
    /// The id of the merge commit.
    pub merge: String,
    /// The pages that still have two versions.
    pub pages: Vec<ConflictPage>,
}

/// A page in two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictPage {
    /// The page with the version of this computer; there is no such page if it was deleted here.
    pub path: String,
    /// The page with Gitea's version.
    pub copy: String,
}

/// The memory of one profile.
pub trait Memory: Send + Sync {
    /// Reads one page from the work tree.
    fn read(&self, path: &str) -> Result<Page, MemoryError>;
    /// Lists pages whose path begins with `prefix`, by path.
    fn list(&self, prefix: &str) -> Result<Vec<PageInfo>, MemoryError>;
    /// Finds lines that contain `query`, ignoring case; after them, marked, the first lines of pages of which only the file's name
    /// does. At most `limit`.
    fn search(&self, query: &str, limit: usize) -> Result<Vec<FoundLine>, MemoryError>;
    /// Prepares a change; nothing is visible yet. Its objects may not be durable yet when this returns, so that the plan can be
    /// recorded meanwhile. The same input on the same head gives the same plan.
    fn prepare(&self, change: &Change) -> Result<CommitPlan, MemoryError>;
    /// Carries out a plan: updates the ref and the work tree. Calling it twice has the same effect as once; after a crash it
    /// finishes the remaining steps. [`MemoryError::HeadMoved`] if another commit came first and this one is not in the history,
    /// or if its objects did not reach the disk or are gone: prepare the change again.
    fn commit(&self, plan: &CommitPlan) -> Result<(), MemoryError>;
    /// Keeps a prepared change on a branch of its own instead of committing it: nothing of it is in memory, and git does not
    /// remove it. Calling it twice has the same effect as once. [`MemoryError::HeadMoved`] if its objects did not reach the disk:
    /// prepare the change again.
    fn hold(&self, plan: &CommitPlan) -> Result<(), MemoryError>;
    /// What a held change proposes. [`MemoryError::UnknownChange`] if its branch and its objects are gone.
    fn proposal(&self, held: &CommitPlan) -> Result<Proposal, MemoryError>;
    /// The newest commit of this tool call that is in memory and changes this page; `None` if there is none.
    fn commit_of(&self, effect: &EffectId, path: &str) -> Result<Option<String>, MemoryError>;
    /// The pages in a folder, such as `skills/`, whose committed text is an agent's, by path: the last change was not the person's.
    fn by_agents(&self, folder: &str) -> Result<BTreeMap<String, AgentsPage>, MemoryError>;
    /// Removes the branch of a held change. Removing a missing one succeeds.
    fn release(&self, held: &CommitPlan) -> Result<(), MemoryError>;
    /// What the person should know about the changes that are made now, such as that no branch is checked out.
    fn remark(&self) -> Option<String> {
        None
    }
    /// Does the work that commits postpone because no agent waits for it, such as updating git's own index. If it fails, the next
    /// change or the next start tries again. Cheap if there is nothing to do.
    fn tidy(&self) -> Result<(), MemoryError>;
}
