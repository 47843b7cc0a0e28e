//! A set of paths that are committed but not expected in the folder.

use std::collections::BTreeSet;

/// Which files git does not expect in the folder.
pub(crate) enum Outside {
    These(BTreeSet<String>),
    /// The index cannot be read, so it may be any file that is missing.
    Unknown,
}

impl Outside {
    pub(crate) fn contains(&self, page: &str) -> bool {
        match self {
            Outside::These(pages) => pages.contains(page),
            Outside::Unknown => true,
        }
    }
}
