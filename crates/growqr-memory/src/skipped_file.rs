//! The report about a file or folder that memory leaves alone.

use growqr_core::memory::MemoryError;

/// A file that cannot be a page, or a folder that memory leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedFile {
    /// Its path; bytes that are not Unicode are replaced.
    pub path: String,
    /// Why it cannot be a page, and what to do.
    pub reason: MemoryError,
}
