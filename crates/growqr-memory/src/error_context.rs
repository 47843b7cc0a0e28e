//! Converts errors of libraries into [`MemoryError`], together with the operation that failed.

use growqr_core::memory::MemoryError;
use std::fmt::Display;

/// Adds the failed operation to an error.
pub(crate) trait Context<T> {
    /// Converts any error into [`MemoryError::Repository`] with the message "could not `what`: cause".
    fn context(self, what: &'static str) -> Result<T, MemoryError>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn context(self, what: &'static str) -> Result<T, MemoryError> {
        self.map_err(|cause| MemoryError::Repository { doing: what, cause: cause.to_string() })
    }
}
