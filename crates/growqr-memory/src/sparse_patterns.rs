//! The patterns of a sparse checkout: which files the person keeps in the folder.

use crate::git_folder;
use crate::ignore_rules::IgnoreRules;
use std::fs;
use std::path::Path;

/// The patterns in `.git/info/sparse-checkout`. They are written as in `.gitignore`, but name what is in the folder.
pub(crate) struct SparsePatterns(IgnoreRules);

impl SparsePatterns {
    /// Reads the patterns. `None` if there are none: then all files are in the folder.
    /// `folds_case`: letters match in either case.
    pub(crate) fn read(folder: &Path, folds_case: bool) -> Option<SparsePatterns> {
        let text = fs::read(git_folder::own(folder).join("info").join("sparse-checkout")).ok()?;
        Some(SparsePatterns(IgnoreRules::of_patterns(text, folds_case)))
    }

    /// Whether the file belongs into the folder. As git does it: the last pattern that matches the file decides; otherwise the
    /// nearest parent folder that some pattern matches.
    pub(crate) fn include(&self, page: &str) -> bool {
        let folders = page.rmatch_indices('/').map(|(end, _)| (&page[..end], true));
        let mut verdicts = std::iter::once((page, false)).chain(folders).map(|(path, is_folder)| self.0.verdict(path, is_folder));
        verdicts.find_map(|verdict| verdict).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cone_patterns_and_others_are_read_as_git_reads_them() {
        let read =
            |patterns: &str, folds_case| SparsePatterns(IgnoreRules::of_patterns(patterns.as_bytes().to_vec(), folds_case));
        let included = |patterns: &str, page: &str| read(patterns, false).include(page);
        let cone = "/*\n!/*/\n/a/\n!/a/*/\n/a/b/\n";
        for (page, is_in) in [("x.md", true), ("a/x.md", true), ("a/b/c/x.md", true), ("a/c/x.md", false), ("b/x.md", false)] {
            assert_eq!(included(cone, page), is_in, "{page}");
        }
        let plain = "people\n*.txt\n!people/secret/\n";
        for (page, is_in) in [("people/x.md", true), ("a/x.txt", true), ("a/x.md", false), ("people/secret/x.md", false)] {
            assert_eq!(included(plain, page), is_in, "{page}");
        }
        assert!(read(plain, true).include("People/x.md") && !included(plain, "People/x.md"));
    }
}
