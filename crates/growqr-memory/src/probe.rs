//! The steps of a change, and the hook through which crash tests stop the program after a step.

use growqr_core::memory::MemoryError;
use std::io;

/// The steps of a change. A crash may happen between any two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Blob, trees and commit are on disk. No ref points to them yet.
    ObjectsWritten,
    /// The new files are staged inside `.git`.
    FilesStaged,
    /// A ref of this program points to the new commit.
    KeptInReach,
    /// The branch points to the new commit.
    RefMoved,
    /// One file of the working tree was replaced.
    FileReplaced,
    /// git's index matches the new commit.
    IndexWritten,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Step; 6] =
        [Step::ObjectsWritten, Step::FilesStaged, Step::KeptInReach, Step::RefMoved, Step::FileReplaced, Step::IndexWritten];
}

/// A hook in every change. Outside of tests it is [`NoProbe`]; a probe of a crash test stops a change with an error.
pub trait Probe: Send + Sync {
    /// Called when `step` is done. An error ends the operation immediately, without clean-up, as a crash would.
    ///
    /// # Errors
    /// The error with which the operation is to fail.
    fn reached(&self, step: Step) -> Result<(), MemoryError>;

    /// Called before each attempt to replace or remove a page's file. An error stands for an error of the system.
    ///
    /// # Errors
    /// The error with which the attempt is to fail.
    fn replacing(&self, _page: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn reached(&self, _: Step) -> Result<(), MemoryError> {
        Ok(())
    }
}
