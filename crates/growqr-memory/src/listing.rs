//! Lists the pages quickly: opens only files whose names do not say that they are text.

use crate::parallel;
use crate::path;
use crate::text::MAX_PAGE_BYTES;
use crate::walk::{PageFile, Walked, walk};
use crate::work_tree;
use growqr_core::memory::{MemoryError, PageInfo};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a file is read to find out whether it is text.
const SNIFFED_BYTES: u64 = 8 * 1024;

/// Endings of files that are taken for text without a look.
const TEXT_ENDINGS: &[&str] =
    &["md", "markdown", "mdx", "txt", "org", "rst", "adoc", "csv", "json", "yaml", "yml", "toml", "html"];

/// The pages of a memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Sorted by path. Reading one may still show that it is not text.
    pub pages: Vec<PageInfo>,
    /// Number of files and folders that git ignores. A folder counts once: it is not entered.
    pub ignored: usize,
}

/// Lists the pages whose path begins with `prefix`, in either Unicode form, and counts what git ignores in the whole folder.
pub(crate) fn list(folder: &Path, prefix: &str) -> Result<Listing, MemoryError> {
    let Walked { mut files, ignored, .. } = walk(folder)?;
    let key = path::lookup_key(prefix);
    let looks_same = |path: &str| !prefix.is_ascii() && path::lookup_key(path).starts_with(&key);
    files.retain(|file| file.path.starts_with(prefix) || looks_same(&file.path));
    let (named, others): (Vec<PageFile>, Vec<PageFile>) = files.into_iter().partition(|file| is_named_as_text(&file.path));
    let is_text = parallel::map(&others, |file| may_be_text(folder, file));
    let others = others.into_iter().zip(is_text).filter_map(|(file, is_text)| is_text.then_some(file));
    let info = |file: PageFile| PageInfo { path: file.path, bytes: file.stat.size };
    let mut pages: Vec<PageInfo> = named.into_iter().filter(|file| file.stat.size <= MAX_PAGE_BYTES).map(info).collect();
    let sorted = pages.len();
    pages.extend(others.map(info));
    if pages.len() > sorted {
        pages.sort_by(|a, b| a.path.cmp(&b.path));
    }
    Ok(Listing { pages, ignored: ignored.len() })
}

fn is_named_as_text(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| TEXT_ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Whether the beginning of a file is text. Of a file that cannot be read, reading it says why.
fn may_be_text(folder: &Path, file: &PageFile) -> bool {
    if file.stat.size > MAX_PAGE_BYTES {
        return false;
    }
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
