//! Turning the errors of libraries into [`MemoryError`], and the seam through which tests stop the program at a step.

use growqr_core::memory::MemoryError;
use std::fmt::Display;
use std::io;

/// The points of a change between which a crash may fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Blob, trees and commit are on disk; nothing is visible.
    ObjectsWritten,
    /// The new files lie ready beside the repository.
    FilesStaged,
    /// The branch points to the new commit.
    RefMoved,
    /// One file of the work tree is new.
    FileReplaced,
    /// git's index knows the new commit.
    IndexWritten,
}

impl Step {
    /// All of them, in the order in which a change meets them.
    pub const ALL: [Step; 5] = [Step::ObjectsWritten, Step::FilesStaged, Step::RefMoved, Step::FileReplaced, Step::IndexWritten];
}

/// Is told of every step. The product uses [`Unwatched`]; a test stops the work where a crash would.
pub trait Probe: Send + Sync {
    /// Called when `step` is done. An error ends the operation there, with nothing tidied up.
    ///
    /// # Errors
    /// Whatever the operation shall fail with.
    fn reached(&self, step: Step) -> Result<(), MemoryError>;

    /// Called before each attempt to replace or remove a page's file; an error stands for that of the system.
    ///
    /// # Errors
    /// What the attempt shall fail with.
    fn replacing(&self, _page: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Lets everything pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Probe for Unwatched {
    fn reached(&self, _: Step) -> Result<(), MemoryError> {
        Ok(())
    }
}

/// Names what failed.
pub(crate) trait Doing<T> {
    /// Turns any error into [`MemoryError::Repository`]: "could not `what`: cause".
    fn doing(self, what: &'static str) -> Result<T, MemoryError>;
}

impl<T, E: Display> Doing<T> for Result<T, E> {
    fn doing(self, what: &'static str) -> Result<T, MemoryError> {
        self.map_err(|cause| MemoryError::Repository { doing: what, cause: cause.to_string() })
    }
}
