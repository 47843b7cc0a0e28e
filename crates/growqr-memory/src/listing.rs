//! Lists the pages quickly: in a large folder, opens only files whose names do not say that they are text.

use crate::parallel;
use crate::path;
use crate::skipped_file::SkippedFile;
use crate::survey;
use crate::text::MAX_PAGE_BYTES;
use crate::walk::{PageFile, Walked, walk};
use crate::work_tree;
use growqr_core::memory::{MemoryError, PageInfo};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a file is read to find out whether it is text.
const SNIFFED_BYTES: u64 = 8 * 1024;

/// Up to this number of files, each is read.
const MAX_READ: usize = 500;

/// Endings of files that are taken for text without a look.
const TEXT_ENDINGS: &[&str] =
    &["md", "markdown", "mdx", "txt", "org", "rst", "adoc", "csv", "json", "yaml", "yml", "toml", "html"];

/// The pages of a memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Sorted by path. Reading one may still show that it is not text.
    pub pages: Vec<PageInfo>,
    /// Files that are no pages, and folders that are left alone, sorted by path. In a large folder, not those of which only the
    /// content says so.
    pub left_alone: Vec<SkippedFile>,
    /// Number of files and folders that git ignores. A folder counts once: it is not entered.
    pub ignored: usize,
}

/// Lists the pages whose path begins with `prefix`, in either Unicode form, and counts what git ignores in the whole folder.
pub(crate) fn list(folder: &Path, prefix: &str) -> Result<Listing, MemoryError> {
    let Walked { mut files, ignored, skipped: mut left_alone, .. } = walk(folder)?;
    let key = path::lookup_key(prefix);
    let looks_same = |path: &str| !prefix.is_ascii() && path::lookup_key(path).starts_with(&key);
    let is_wanted = |path: &str| path.starts_with(prefix) || looks_same(path);
    files.retain(|file| is_wanted(&file.path));
    left_alone.retain(|file| is_wanted(&file.path));
    let is_short = files.len() <= MAX_READ;
    let checked = parallel::map(&files, |file| if is_short { survey::check(folder, file) } else { check_quickly(folder, file) });
    let mut pages = Vec::with_capacity(files.len());
    for (file, checked) in files.into_iter().zip(checked) {
        match checked {
            Ok(true) => pages.push(PageInfo { path: file.path, bytes: file.stat.size }),
            Ok(false) => {}
            Err(reason) => left_alone.push(SkippedFile { path: file.path, reason }),
        }
    }
    left_alone.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Listing { pages, left_alone, ignored: ignored.len() })
}

/// Whether a file is a page, by its name, its size and, if the name says nothing, its beginning.
fn check_quickly(folder: &Path, file: &PageFile) -> Result<bool, MemoryError> {
    if file.stat.size > MAX_PAGE_BYTES {
        return Err(MemoryError::TooLarge { bytes: file.stat.size, limit: MAX_PAGE_BYTES });
    }
    Ok(is_named_as_text(&file.path) || may_be_text(folder, file))
}

fn is_named_as_text(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| TEXT_ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Whether the beginning of a file is text. Of a file that cannot be read, reading it says why.
fn may_be_text(folder: &Path, file: &PageFile) -> bool {
    let mut bytes = Vec::new();
    let read =
        File::open(work_tree::file_of(folder, &file.path)).and_then(|file| file.take(SNIFFED_BYTES).read_to_end(&mut bytes));
    let is_text = match std::str::from_utf8(&bytes) {
        Ok(_) => true,
        // The last letter may be cut.
        Err(error) => error.error_len().is_none() && bytes.len() as u64 == SNIFFED_BYTES,
    };
    read.is_err() || (is_text && memchr::memchr(0, &bytes).is_none())
}
