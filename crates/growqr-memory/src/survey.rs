//! Walks the folder and reads every page once: which files are pages, which cannot be, what people should know about them, and how
//! many git ignores.

use crate::MemoryRepo;
use crate::conflict_copy::conflict_copy_of;
use crate::examine;
use crate::parallel;
use crate::path;
use crate::skipped_file::SkippedFile;
use crate::text;
use crate::walk::{PageFile, Walked, walk};
use crate::work_tree::{self, Bytes};
use growqr_core::memory::{MemoryError, PageInfo};
use std::collections::HashMap;
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
    /// Pages that people should look at, sorted by path.
    pub remarks: Vec<Remark>,
    /// Pages that cannot be changed because they, or their folders, are read-only; sorted by path.
    pub read_only: Vec<String>,
    /// Sentences on how memory treats the person's git; none if there is nothing to say.
    pub about_git: Vec<String>,
}

impl Survey {
    /// Whether there are no files at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.skipped.is_empty() && self.ignored == 0
    }
}

/// What people should know about a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The page.
    pub path: String,
    /// What it is.
    pub kind: RemarkKind,
}

/// A kind of remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemarkKind {
    /// A sync program has made it as a copy of this page.
    ConflictCopyOf(String),
    /// Some file systems treat its name as the one of this page: they differ in letter case or in how Unicode composes letters.
    SameNameAs(String),
}

/// Surveys the working tree. Only text within the size limit counts as a page.
pub(crate) fn survey(memory: &MemoryRepo) -> Result<Survey, MemoryError> {
    let folder = memory.folder();
    let walked = walk(folder)?;
    let ignored = walked.count_ignored(folder);
    let Walked { files, mut skipped, .. } = walked;
    let read_only = examine::read_only_pages(folder, &files);
    let about_git = memory.about_git(&files);
    let checked = parallel::map(&files, |file| check(folder, file));
    let mut pages = Vec::with_capacity(files.len());
    for (file, checked) in files.into_iter().zip(checked) {
        match checked {
            Ok(true) => pages.push(PageInfo { path: file.path, bytes: file.stat.size }),
            Ok(false) => {}
            Err(reason) => skipped.push(SkippedFile { path: file.path, reason }),
        }
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    let remarks = remarks(&pages);
    Ok(Survey { pages, skipped, ignored, remarks, read_only, about_git })
}

/// Whether there is any page in `folder`. `false` as well if the folder cannot be read.
#[must_use]
pub fn has_pages(folder: &Path) -> bool {
    let is_page = |file: &PageFile| match check(folder, file) {
        Ok(is_there) => is_there,
        // It cannot be read now.
        Err(reason) => matches!(reason, MemoryError::Repository { .. }),
    };
    walk(folder).is_ok_and(|walked| walked.files.iter().any(is_page))
}

/// `false` if the file was deleted since the walk; an error if it cannot be a page.
pub(crate) fn check(folder: &Path, file: &PageFile) -> Result<bool, MemoryError> {
    match work_tree::read_bytes(folder, &file.path) {
        Bytes::File(bytes) => text::decode(&file.path, &bytes).map(|_| true),
        Bytes::NotAPage(reason) => Err(reason),
        Bytes::Absent => Ok(false),
    }
}

fn remarks(pages: &[PageInfo]) -> Vec<Remark> {
    let mut names: HashMap<String, &str> = HashMap::with_capacity(pages.len());
    let mut remarks = Vec::new();
    for PageInfo { path, .. } in pages {
        if let Some(original) = conflict_copy_of(path) {
            remarks.push(Remark { path: path.clone(), kind: RemarkKind::ConflictCopyOf(original) });
        }
        let first = *names.entry(path::case_folded(path)).or_insert(path);
        if first != path {
            remarks.push(Remark { path: path.clone(), kind: RemarkKind::SameNameAs(first.to_owned()) });
        }
    }
    remarks
}
