//! Refuses a single path that memory leaves alone: git ignores it, or it is in a repository of its own.

use crate::ignore_rules::IgnoreRules;
use crate::path;
use crate::tracked::{self, IgnoredPath};
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::Path;

/// Why a folder with its own `.git` is left alone.
pub(crate) const NESTED: &str = "it is a git repository of its own, which memory leaves alone";

/// Why a page in such a folder is left alone.
pub(crate) const INSIDE_NESTED: &str = "it is in a folder that is a git repository of its own, which memory leaves alone";
const IGNORED: &str = "git ignores it (.gitignore), so memory leaves it alone";

/// Returns an error if memory must neither show nor change this page. The path must have passed [`path::check`].
pub(crate) fn refuse(folder: &Path, page: &str) -> Result<(), MemoryError> {
    let mut rules = IgnoreRules::of_repository(folder);
    let mut location = folder.to_owned();
    let ends = page.match_indices('/').map(|(end, _)| end).chain([page.len()]);
    let mut start = 0;
    for end in ends {
        let is_folder = end < page.len();
        rules = rules.inside(&location, &page[..start]);
        if rules.is_ignored(&page[..end], is_folder) {
            let ignored = IgnoredPath { path: page.to_owned(), is_folder: false };
            return if tracked::among(folder, &[ignored]).is_empty() { Err(path::bad_path(page, IGNORED)) } else { Ok(()) };
        }
        location.push(&page[start..end]);
        if is_folder && fs::symlink_metadata(location.join(".git")).is_ok() {
            return Err(path::bad_path(page, INSIDE_NESTED));
        }
        start = end + 1;
    }
    Ok(())
}
