//! Refuses a single path that memory leaves alone: git ignores it, or it is in a repository of its own.

use crate::ignore_rules::IgnoreRules;
use crate::index_marks::IndexMarks;
use crate::path;
use crate::tracked::Tracked;
use growqr_core::memory::MemoryError;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
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

/// What memory leaves alone in one folder, as git's index and the ignore patterns said when they were read. Reads each of them at
/// most once, so make a new one for each operation.
pub(crate) struct LeftAlone {
    folder: PathBuf,
    marks: IndexMarks,
    rules: IgnoreRules,
    /// The folders that were asked for, by their path without a `/` at the end.
    folders: RefCell<HashMap<String, Inside>>,
    tracked: OnceCell<Tracked>,
}

/// What holds for the pages in a folder.
#[derive(Clone)]
enum Inside {
    /// Those that these rules ignore are left alone.
    Rules(IgnoreRules),
    Ignored,
    Nested,
}

impl LeftAlone {
    /// Reads the marks of the index and the patterns outside the folder.
    pub(crate) fn read(folder: &Path) -> LeftAlone {
        let marks = IndexMarks::read(folder);
        let rules = IgnoreRules::of_repository(folder, &marks);
        LeftAlone { folder: folder.to_owned(), marks, rules, folders: RefCell::default(), tracked: OnceCell::new() }
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
        let is_ignored = match self.inside(page.rsplit_once('/').map_or("", |(above, _)| above)) {
            Inside::Rules(rules) => rules.is_ignored(page, false),
            Inside::Ignored => true,
            Inside::Nested => return Some(INSIDE_NESTED),
        };
        (is_ignored && !self.is_tracked(page)).then_some(IGNORED)
    }

    /// What holds for the pages in this folder, whose path has no `/` at the end.
    fn inside(&self, path: &str) -> Inside {
        if let Some(known) = self.folders.borrow().get(path) {
            return known.clone();
        }
        let inside = match path {
            "" => Inside::Rules(self.rules.inside(&self.folder, "")),
            path => match self.inside(path.rsplit_once('/').map_or("", |(above, _)| above)) {
                Inside::Rules(rules) if rules.is_ignored(path, true) => Inside::Ignored,
                Inside::Rules(_) if self.is_repository(path) => Inside::Nested,
                Inside::Rules(rules) => Inside::Rules(rules.inside(&self.folder.join(path), &format!("{path}/"))),
                left_alone => left_alone,
            },
        };
        self.folders.borrow_mut().insert(path.to_owned(), inside.clone());
        inside
    }

    fn is_repository(&self, path: &str) -> bool {
        self.marks.links.contains(path) || fs::symlink_metadata(self.folder.join(path).join(".git")).is_ok()
    }

    /// Whether git tracks a page that patterns name.
    fn is_tracked(&self, page: &str) -> bool {
        let tracked = self.tracked.get_or_init(|| Tracked::read(&self.folder, &self.marks));
        tracked.contains(page)
    }
}
