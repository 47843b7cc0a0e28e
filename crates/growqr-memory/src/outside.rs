//! Pages that are committed but not on this computer: the user keeps only a part of the files in the folder (sparse checkout,
//! skip-worktree, assume-unchanged). They are never taken for deleted. They can be read, and changed: then only the commit has
//! the change.

use crate::git::Git;
use crate::hidden::Leaf;
use crate::outside_set::Outside;
use crate::read_index::ReadIndex;
use crate::text;
use crate::tree_entry::blob_at;
use crate::work_tree;
use git2::Oid;
use growqr_core::memory::{MemoryError, Page, PageInfo};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

const FILE: i32 = 0o100_644;

impl Git {
    /// Which files git does not expect in the folder. Asks only if a page of HEAD is missing there.
    pub(crate) fn outside(&self) -> &Outside {
        self.outside.get_or_init(|| match self.read_index() {
            Ok(index) => outside_of(&index),
            // It is made anew from HEAD, unless the user keeps only a part of the files here.
            Err(_) if self.is_index_damaged() && !self.conversion().is_sparse() => Outside::These(BTreeSet::new()),
            Err(error) => {
                tracing::warn!(%error, "git's index cannot be read, so missing pages are not taken for deleted");
                Outside::Unknown
            }
        })
    }

    /// The committed version of a page that is not in the folder because git does not expect it there. `None`: the page is
    /// missing for another reason.
    pub(crate) fn version_outside(&self, page: &str) -> Option<Oid> {
        let version = blob_at(self.head_tree().ok()?.as_ref(), page)?;
        self.outside().contains(page).then_some(version)
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

    /// All pages that are not on this computer, sorted by path.
    pub(crate) fn pages_outside(&self) -> Result<Vec<PageInfo>, MemoryError> {
        let Outside::These(outside) = self.outside() else { return Ok(Vec::new()) };
        let tree = self.head_tree()?;
        let mut pages = Vec::new();
        for path in outside {
            let Some(oid) = blob_at(tree.as_ref(), path) else { continue };
            let is_missing = fs::symlink_metadata(work_tree::file_of(&self.folder, path)).is_err();
            if is_missing && self.is_page(path.as_bytes(), Leaf { oid, mode: FILE }) {
                let size = self.repo.odb().and_then(|odb| odb.read_header(oid)).map_or(0, |(size, _)| size as u64);
                pages.push(PageInfo { path: path.clone(), bytes: size });
            }
        }
        Ok(pages)
    }
}

/// Those that an index names.
fn outside_of(index: &ReadIndex) -> Outside {
    let outside = index.entries().filter(|(_, entry)| entry.is_skipped || entry.is_assumed_unchanged);
    Outside::These(outside.filter_map(|(path, _)| String::from_utf8(path).ok()).collect())
}

/// Whether some pages may be outside, by a look at the first bytes of git's index: version 2, which is the usual one, has no
/// skip-worktree flags. Pages that are only assumed unchanged are not found by this.
pub(crate) fn may_exist(folder: &Path) -> bool {
    let mut header = [0; 8];
    let read = File::open(folder.join(".git").join("index")).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[7] != 2
}
