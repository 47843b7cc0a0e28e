//! Reads every page once: which files are pages, which cannot be, and how many git ignores.

use crate::skipped_file::SkippedFile;
use crate::text;
use crate::walk::{self, Walked};
use crate::work_tree::{self, Bytes};
use growqr_core::memory::{MemoryError, PageInfo};
use std::path::Path;

/// The state of the working tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Sorted by path.
    pub pages: Vec<PageInfo>,
    /// Files that cannot be pages and folders that memory leaves alone, sorted by path.
    pub skipped: Vec<SkippedFile>,
    /// Number of files that would be pages if git did not ignore them.
    pub ignored: usize,
}

/// Surveys the working tree. Only text within the size limit counts as a page.
pub(crate) fn survey(folder: &Path) -> Result<Survey, MemoryError> {
    let walked = walk::walk(folder)?;
    let ignored = walked.count_ignored(folder);
    let Walked { files, mut skipped, .. } = walked;
    let mut pages = Vec::with_capacity(files.len());
    for file in files {
        let checked = match work_tree::read_bytes(folder, &file.path) {
            Bytes::File(bytes) => text::decode(&file.path, &bytes).map(drop),
            Bytes::NotAPage(reason) => Err(reason),
            Bytes::Absent => continue,
        };
        match checked {
            Ok(()) => pages.push(PageInfo { path: file.path, bytes: file.stat.size }),
            Err(reason) => skipped.push(SkippedFile { path: file.path, reason }),
        }
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Survey { pages, skipped, ignored })
}
