//! Spellings of paths that a file system may treat as the same name.

use crate::path;
use std::collections::HashMap;

/// Paths and folders by their case-folded form. Finds two spellings that a file system may treat as the same name.
#[derive(Default)]
pub(crate) struct Spellings(HashMap<String, String>);

impl Spellings {
    pub(crate) fn of<'a>(paths: impl Iterator<Item = &'a String>) -> Spellings {
        let mut spellings = Spellings::default();
        paths.for_each(|path| spellings.add(path));
        spellings
    }

    pub(crate) fn add(&mut self, path: &str) {
        for part in prefixes(path) {
            self.0.entry(path::case_folded(part)).or_insert_with(|| part.to_owned());
        }
    }

    pub(crate) fn clash(&self, path: &str) -> Option<&str> {
        prefixes(path).find_map(|part| self.0.get(&path::case_folded(part)).filter(|known| *known != part)).map(String::as_str)
    }
}

/// Yields `a`, `a/b`, `a/b/c` for `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end]).chain([path])
}
