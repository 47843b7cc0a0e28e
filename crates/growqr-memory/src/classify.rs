//! Decides what an entry of the working tree is: a page, a folder to look into, or nothing of memory. The only place with
//! these rules. Reads no file.

use crate::path;
use growqr_core::memory::MemoryError;
use std::ffi::OsStr;

/// The kind of an entry on disk. Links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, a device, a pipe or a socket.
    Other,
}

/// What an entry is to memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Not part of memory and not reported: a hidden file, or an editor's backup copy.
    Ignored,
    /// A folder whose entries are classified in turn.
    Folder,
    /// A file that is a page if its content is text.
    Page,
    /// Cannot be a page, and why. Reported to the user.
    Skipped(MemoryError),
}

/// Classifies the entry `name` of a folder. `path` is its path in the memory folder; bytes that are not Unicode are replaced
/// in it.
pub(crate) fn classify(name: &OsStr, path: &str, kind: Kind) -> Class {
    if is_ignored(&name.to_string_lossy()) {
        return Class::Ignored;
    }
    if let Err(reason) = path::check(path) {
        return Class::Skipped(reason);
    }
    if name.to_str().is_none() {
        return Class::Skipped(path::bad_path(path, "its name is not Unicode; rename it"));
    }
    match kind {
        Kind::Folder => Class::Folder,
        Kind::File => Class::Page,
        Kind::Other => Class::Skipped(path::bad_path(path, "it is a link or a device; put a real file there")),
    }
}

/// Whether it is a hidden file or an editor's backup copy.
pub(crate) fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_with_good_names_are_pages() {
        let class = |name: &str, kind| classify(OsStr::new(name), name, kind);
        assert_eq!(class("a.md", Kind::File), Class::Page);
        assert_eq!(class("notes", Kind::Folder), Class::Folder);
        assert_eq!(class(".git", Kind::Folder), Class::Ignored);
        assert_eq!(class("a.md~", Kind::Other), Class::Ignored);
        assert!(matches!(class("a.md", Kind::Other), Class::Skipped(_)));
        assert!(matches!(class("nul.md", Kind::Folder), Class::Skipped(_)));
    }
}
