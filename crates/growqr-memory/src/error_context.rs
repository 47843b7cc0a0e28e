//! Adds to a library error what was being done, and turns it into [`MemoryError`].

use growqr_core::memory::MemoryError;
use std::fmt::Display;

/// Names what failed.
pub(crate) trait Context<T> {
    /// Turns any error into [`MemoryError::Repository`]: "could not `what`: cause".
    fn context(self, what: &'static str) -> Result<T, MemoryError>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn context(self, what: &'static str) -> Result<T, MemoryError> {
        self.map_err(|cause| MemoryError::Repository { doing: what, cause: cause.to_string() })
    }
}
