//! Files of a tree that are not in the memory folder, because they cannot be pages.

use git2::Oid;

/// A file, link or submodule in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) oid: Oid,
    pub(crate) mode: i32,
}

/// A file of the tree that is not in the folder. `None`: it was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HiddenFile {
    pub(crate) path: Vec<u8>,
    pub(crate) leaf: Option<Leaf>,
}
