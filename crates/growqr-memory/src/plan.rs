//! The plan of a change: a commit and the files that it changes.

use git2::Oid;

/// The change of one file. `None`: the file does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileChange {
    pub(crate) path: String,
    pub(crate) old: Option<Oid>,
    pub(crate) new: Option<Oid>,
}

/// A commit that exists in the object database, and the files that it changes, sorted by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) base: Option<Oid>,
    pub(crate) commit: Oid,
    pub(crate) files: Vec<FileChange>,
}

/// Whether the new files of a commit must still be moved into the working tree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkTreeFiles {
    /// They must be moved there.
    ToReplace,
    /// They are there already: the commit is of a hand edit.
    UpToDate,
}
