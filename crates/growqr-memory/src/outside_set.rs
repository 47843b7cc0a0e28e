//! The set of paths that are committed but not expected in the folder.

use crate::left_alone::LeftAlone;
use crate::sparse_patterns::SparsePatterns;
use std::collections::BTreeSet;

/// Which files git does not expect in the folder.
pub(crate) enum Outside {
    Known(Box<KnownOutside>),
    /// The index cannot be read, so it may be any file that is missing.
    Unknown,
}

/// What git's index, its sparse patterns and its ignore patterns say.
pub(crate) struct KnownOutside {
    /// The files of the index that git does not expect.
    pub(crate) named: BTreeSet<String>,
    pub(crate) patterns: Option<SparsePatterns>,
    pub(crate) left_alone: LeftAlone,
}

impl Outside {
    /// Whether a new file of HEAD stays outside the folder: the person's sparse checkout leaves it out, or git ignores it.
    pub(crate) fn takes_in_new(&self, page: &str) -> bool {
        let Outside::Known(known) = self else { return false };
        known.patterns.as_ref().is_some_and(|patterns| !patterns.include(page)) || known.left_alone.is_ignored(page)
    }

    /// The files of the index that git does not expect.
    pub(crate) fn named(&self) -> impl Iterator<Item = &String> {
        let named = match self {
            Outside::Known(known) => Some(&known.named),
            Outside::Unknown => None,
        };
        named.into_iter().flatten()
    }
}
