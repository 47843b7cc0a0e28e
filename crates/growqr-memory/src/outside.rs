//! Pages that are committed but not on this computer: the user keeps only a part of the files in the folder (sparse checkout,
//! skip-worktree, assume-unchanged). They are never taken for deleted. They can be read, and changed: then only the commit has
//! the change.

use crate::error_context::Context;
use crate::git::Git;
use crate::hidden::Leaf;
use crate::index_marks::IndexMarks;
use crate::open;
use crate::outside_set::Outside;
use crate::read_index::{Entry, ReadIndex};
use crate::sparse_patterns::SparsePatterns;
use crate::text;
use crate::tree_diff;
use crate::tree_entry::blob_at;
use crate::work_tree;
use git2::Oid;
use growqr_core::memory::{MemoryError, Page, PageInfo};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const FILE: i32 = 0o100_644;

/// Keeps these committed files of a repository that was just restored outside its folder, because the system cannot hold them there:
/// their absence is no deletion. Other paths are passed over.
///
/// # Errors
/// [`MemoryError::Repository`] if git's index cannot be changed.
pub fn leave_outside(folder: &Path, paths: &[&str]) -> Result<(), MemoryError> {
    match open::open_read_only(folder)? {
        Some(git) if !paths.is_empty() => git.leave_outside(paths).context("mark the pages that are not in the folder"),
        _ => Ok(()),
    }
}

/// A page that is committed but not in the folder.
pub(crate) struct PageOutside {
    pub(crate) path: String,
    pub(crate) oid: Oid,
    pub(crate) bytes: u64,
}

impl Git {
    /// Which files git does not expect in the folder. Asks only if a page of HEAD is missing there.
    pub(crate) fn outside(&self) -> &Outside {
        self.outside.get_or_init(|| match self.read_index() {
            Ok(index) => self.known_outside(Some(index)),
            // It is made anew from HEAD, unless the user keeps only a part of the files here.
            Err(_) if self.is_index_damaged() && !self.conversion().is_sparse() => self.known_outside(None),
            Err(error) => {
                tracing::warn!(%error, "git's index cannot be read, so missing pages are not taken for deleted");
                Outside::Unknown
            }
        })
    }

    fn known_outside(&self, index: Option<ReadIndex>) -> Outside {
        let conversion = self.conversion();
        let patterns = conversion.is_sparse().then(|| SparsePatterns::read(&self.folder, conversion.folds_case())).flatten();
        let index = index.map(ReadIndex::into_entries).unwrap_or_default();
        Outside::Known { named: named(&index), patterns, index }
    }

    /// The committed version of a page that is not in the folder because git does not expect it there. `None`: the page is
    /// missing for another reason.
    pub(crate) fn version_outside(&self, page: &str) -> Option<Oid> {
        let version = blob_at(self.head_tree().ok()?.as_ref(), page)?;
        self.is_outside(page).then_some(version)
    }

    /// Whether git does not expect this file of HEAD in the folder.
    fn is_outside(&self, page: &str) -> bool {
        let Outside::Known { named, index, .. } = self.outside() else { return true };
        let is_in_index = || index.contains_key(page.as_bytes());
        named.contains(page) || (self.stays_outside(page) && !is_in_index())
    }

    /// Whether a new file of HEAD stays outside the folder: the person's sparse checkout leaves it out, or git ignores it.
    pub(crate) fn stays_outside(&self, page: &str) -> bool {
        let Outside::Known { patterns, .. } = self.outside() else { return false };
        patterns.as_ref().is_some_and(|patterns| !patterns.include(page)) || self.is_private(page)
    }

    /// Whether git ignores the page: patterns name it and git does not track it.
    pub(crate) fn is_private(&self, page: &str) -> bool {
        self.left_alone().is_ignored(page)
    }

    /// Returns an error if an edit of this file must not be committed: it has an unsolved conflict, as after `git stash pop`, or the
    /// person has told git to pass over its edits (skip-worktree, assume-unchanged). In a sparse checkout, git forgets
    /// skip-worktree for files that are in the folder.
    pub(crate) fn refuse_kept_edit(&self, page: &str) -> Result<(), MemoryError> {
        let marks = self.left_alone().marks();
        let reason = if marks.conflicted.contains(page) {
            "git has an unsolved conflict in this page. Solve it in the page, then: git add, with the file's name"
        } else if marks.assumed_unchanged.contains(page) || (marks.is_skip_worktree(page) && !self.conversion().is_sparse()) {
            "git is told to pass over edits of this file, so its edit is not committed. To change that: git update-index \
             --no-skip-worktree --no-assume-unchanged, with the file's name"
        } else {
            return Ok(());
        };
        Err(MemoryError::ReadOnly { path: page.to_owned(), reason: reason.to_owned() })
    }

    /// Reads a page that is not on this computer.
    ///
    /// # Errors
    /// [`MemoryError::Missing`] if there is none.
    pub(crate) fn read_outside(&self, page: &str) -> Result<Page, MemoryError> {
        let page = self.address(page)?;
        let missing = || MemoryError::Missing { path: page.clone() };
        let version = self.version_outside(&page).ok_or_else(missing)?;
        let bytes = self.present_blob(version)?;
        let content = text::decode(&page, &bytes)?.into_owned();
        Ok(Page { path: page, content, version: version.to_string() })
    }

    /// Pages of HEAD that git's index cannot have: in a sparse checkout, a private file of their name is in the folder.
    pub(crate) fn deleted_in_index(&self) -> Result<Vec<String>, MemoryError> {
        if !self.conversion().is_sparse() {
            return Ok(Vec::new());
        }
        let Ok(index) = self.read_index() else { return Ok(Vec::new()) };
        let odb = self.repo.odb().context("read a tree")?;
        let mut pages = Vec::new();
        tree_diff::compare(&odb, None, self.head_tree()?.map(|tree| tree.id()), &mut |file| {
            let Ok(page) = std::str::from_utf8(file.path) else { return };
            let is_there = || fs::symlink_metadata(work_tree::file_of(&self.folder, page)).is_ok();
            if index.get(file.path).is_none() && is_there() && self.is_private(page) {
                pages.push(page.to_owned());
            }
        })?;
        Ok(pages)
    }

    /// All pages that are not on this computer, sorted by path, without those that git ignores.
    pub(crate) fn pages_outside(&self) -> Result<Vec<PageOutside>, MemoryError> {
        let tree = self.head_tree()?;
        let mut pages = Vec::new();
        for path in self.outside().named() {
            let Some(oid) = blob_at(tree.as_ref(), path) else { continue };
            let is_missing = fs::symlink_metadata(work_tree::file_of(&self.folder, path)).is_err();
            if is_missing && self.is_page(path.as_bytes(), Leaf { oid, mode: FILE }) && self.left_alone().refuse(path).is_ok() {
                let bytes = self.repo.odb().and_then(|odb| odb.read_header(oid)).map_or(0, |(size, _)| size as u64);
                pages.push(PageOutside { path: path.clone(), oid, bytes });
            }
        }
        Ok(pages)
    }
}

impl From<PageOutside> for PageInfo {
    fn from(page: PageOutside) -> PageInfo {
        PageInfo { path: page.path, bytes: page.bytes }
    }
}

/// The files that an index names as not expected.
fn named(index: &BTreeMap<Vec<u8>, Entry>) -> BTreeSet<String> {
    let named = index.iter().filter(|(_, entry)| entry.is_skip_worktree || entry.is_assumed_unchanged);
    named.filter_map(|(path, _)| std::str::from_utf8(path).ok().map(str::to_owned)).collect()
}

/// Whether some pages may be outside.
pub(crate) fn may_exist(folder: &Path) -> bool {
    IndexMarks::read(folder).has_files_outside()
}
