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
        self.map_err(|cause| MemoryError::Repository { doing: what, cause: in_words(&cause.to_string()) })
    }
}

/// What to do when an object of the repository is missing or damaged.
const DAMAGED: &str = "An object of the repository is missing or damaged; pages can be read all the same. See what it is with: git \
                       fsck --full, in the memory folder. If there is a copy of the repository, put its .git folder in the place of \
                       this one. If there is none, move the .git folder away and start GrowQR again: it begins a new history with \
                       the pages as they are";

/// The text of an error of libgit2 without its codes, and with what to do if the repository is damaged.
fn in_words(error: &str) -> String {
    let Some((text, codes)) = error.split_once("; class=") else { return error.to_owned() };
    let is_damaged = ["Odb ", "Object ", "Zlib "].iter().any(|class| codes.starts_with(class));
    if is_damaged { format!("{text}. {DAMAGED}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_library_are_replaced_by_what_to_do() {
        let damaged = in_words("failed to parse loose object: invalid header; class=Object (11)");
        assert!(damaged.starts_with("failed to parse loose object: invalid header. An object") && damaged.contains("git fsck"));
        assert_eq!(in_words("failed to lock; class=Os (2); code=Locked (-14)"), "failed to lock");
        assert_eq!(in_words("no such file"), "no such file");
    }
}
