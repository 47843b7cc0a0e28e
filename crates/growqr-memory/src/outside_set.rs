//! The set of paths that are committed but not expected in the folder.

use crate::read_index::Entry;
use crate::sparse_patterns::SparsePatterns;
use std::collections::{BTreeMap, BTreeSet};

/// Which files git does not expect in the folder.
pub(crate) enum Outside {
    Known {
        /// Those that git's index names.
        named: BTreeSet<String>,
        /// The patterns of a sparse checkout.
        patterns: Option<SparsePatterns>,
        /// All that are in git's index.
        index: BTreeMap<Vec<u8>, Entry>,
    },
    /// The index cannot be read, so it may be any file that is missing.
    Unknown,
}

impl Outside {
    /// Those that git's index names; none if it cannot be read.
    pub(crate) fn named(&self) -> impl Iterator<Item = &String> {
        let named = match self {
            Outside::Known { named, .. } => Some(named),
            Outside::Unknown => None,
        };
        named.into_iter().flatten()
    }
}
