//! Why a sync with the person's server stopped.

use growqr_core::memory::MemoryError;

/// Why a sync stopped. The server's branch and the pages of this computer are then as they were, but for hand edits, which may
/// have been committed, and changes of the server, which may have been merged in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// The server does not answer; commits wait here.
    #[error("the server cannot be reached: {cause}")]
    Unreachable {
        /// What happened.
        cause: String,
    },
    /// The server refuses the token, or the token may not push.
    #[error("the server refused the token")]
    Denied,
    /// The server has no such repository, or does not show it to this user.
    #[error("the server has no such repository")]
    Missing,
    /// The repository was synced before and is empty now. Nothing was pushed.
    #[error("the repository on the server is empty, but it had {expected} before")]
    Wiped {
        /// The commit that was expected.
        expected: String,
    },
    /// The server no longer has a commit that it had before, as after restoring a backup. Nothing was pushed.
    #[error("the server's newest commit is {found}, which does not contain {expected}")]
    Rewound {
        /// The commit that was expected.
        expected: String,
        /// The server's newest commit.
        found: String,
    },
    /// The server's repository has no commit in common with this memory. Nothing was pushed.
    #[error("the repository on the server is of another memory (its newest commit is {found})")]
    Foreign {
        /// The server's newest commit.
        found: String,
    },
    /// The server refused the push for a reason of its own, such as a protected branch.
    #[error("the server refused the push: {reason}")]
    Refused {
        /// What the server said.
        reason: String,
    },
    /// The server's branch moved during every attempt.
    #[error("the server's branch kept changing; try again later")]
    Raced,
    /// The memory on this computer failed.
    #[error("the memory could not be synced")]
    Memory(#[source] MemoryError),
}

impl From<MemoryError> for SyncError {
    fn from(error: MemoryError) -> Self {
        SyncError::Memory(error)
    }
}
