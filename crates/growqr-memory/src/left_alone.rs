//! Refuses a single path that memory leaves alone: git ignores it, or it is in a repository of its own.

use crate::ignore_rules::IgnoreRules;
use crate::index_marks::IndexMarks;
use crate::path;
use crate::tracked::{self, IgnoredPath};
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::{Path, PathBuf};

/// Why a folder with its own `.git` is left alone.
pub(crate) const NESTED: &str = "it is a git repository of its own, which memory leaves alone";

/// Why a page in such a folder is left alone.
pub(crate) const INSIDE_NESTED: &str = "it is in a folder that is a git repository of its own, which memory leaves alone";
const IGNORED: &str = "git ignores it (.gitignore), so memory leaves it alone";

/// Returns an error if memory must neither show nor change this page. The path must have passed [`path::check`].
pub(crate) fn refuse(folder: &Path, page: &str) -> Result<(), MemoryError> {
    LeftAlone::read(folder).refuse(page)
}

/// What memory leaves alone in one folder, as git's index and the ignore patterns outside the folder said when this was made.
pub(crate) struct LeftAlone {
    folder: PathBuf,
    marks: IndexMarks,
    rules: IgnoreRules,
}

impl LeftAlone {
    /// Reads the index and the patterns outside the folder.
    pub(crate) fn read(folder: &Path) -> LeftAlone {
        let marks = IndexMarks::read(folder);
        let rules = IgnoreRules::of_repository(folder, &marks);
        LeftAlone { folder: folder.to_owned(), marks, rules }
    }

    /// Returns an error if memory must neither show nor change this page. The path must have passed [`path::check`].
    pub(crate) fn refuse(&self, page: &str) -> Result<(), MemoryError> {
        self.reason(page).map_or(Ok(()), |reason| Err(path::bad_path(page, reason)))
    }

    /// Whether git ignores the page: patterns name it, and it is not tracked.
    pub(crate) fn is_ignored(&self, page: &str) -> bool {
        self.reason(page) == Some(IGNORED)
    }

    /// The marks of git's index.
    pub(crate) fn marks(&self) -> &IndexMarks {
        &self.marks
    }

    /// Why the page is left alone.
    fn reason(&self, page: &str) -> Option<&'static str> {
        let mut rules = self.rules.clone();
        let mut location = self.folder.clone();
        let ends = page.match_indices('/').map(|(end, _)| end).chain([page.len()]);
        let mut start = 0;
        for end in ends {
            let is_folder = end < page.len();
            rules = rules.inside(&location, &page[..start]);
            if rules.is_ignored(&page[..end], is_folder) {
                return (!self.is_tracked(page)).then_some(IGNORED);
            }
            location.push(&page[start..end]);
            let is_repository = || self.marks.links.contains(&page[..end]) || fs::symlink_metadata(location.join(".git")).is_ok();
            if is_folder && is_repository() {
                return Some(INSIDE_NESTED);
            }
            start = end + 1;
        }
        None
    }

    /// Whether git tracks a page that patterns name. A page that git does not expect in the folder does not count: it may have
    /// come from the server, and be private here.
    fn is_tracked(&self, page: &str) -> bool {
        let named = IgnoredPath { path: page.to_owned(), is_folder: false };
        !self.marks.is_skip_worktree(page) && !tracked::among(&self.folder, &[named]).is_empty()
    }
}
