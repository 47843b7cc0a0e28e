//! Turning the errors of libraries into [`MemoryError`], and the seam through which tests stop the program at a step.

use growqr_core::memory::MemoryError;

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

/// Is told of every step. The product uses [`NoProbe`]; a test stops the work where a crash would.
pub trait Probe: Send + Sync {
    /// Called when `step` is done. An error ends the operation there, with nothing tidied up.
    ///
    /// # Errors
    /// Whatever the operation shall fail with.
    fn reached(&self, step: Step) -> Result<(), MemoryError>;
}

/// Lets everything pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn reached(&self, _: Step) -> Result<(), MemoryError> {
        Ok(())
    }
}
