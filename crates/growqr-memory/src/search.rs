//! Finds the lines of pages that contain a text, and pages whose names do. Reads every page, so that a search finds hand edits immediately.
//!
//! There is no index. Checking whether an index entry is up to date would require reading the page, and reading takes most
//! of the time (`benches/search.rs`). So several threads read the pages, and a page is split into lines only if it may contain
//! the text.

use crate::needle::Needle;
use crate::outside::PageOutside;
use crate::parallel;
use crate::text;
use crate::text::MAX_PAGE_BYTES;
use crate::walk::{PageFile, Walked, walk_paths};
use crate::work_tree::{self, Bytes};
use git2::Repository;
use growqr_core::memory::{FoundLine, MemoryError};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest line that a search shows, in characters.
const MAX_FOUND_LINE: usize = 200;

/// Lines that contain `query`, ignoring case, sorted by path and line. Of a page of which only the path contains it, the first.
pub(crate) fn search(folder: &Path, query: &str, limit: usize) -> Result<Vec<FoundLine>, MemoryError> {
    let Some(wanted) = Needle::new(query) else { return Ok(Vec::new()) };
    let Walked { files: pages, .. } = walk_paths(folder)?;
    let mut found = parallel::map_blocks(&pages, |block| in_pages(folder, block, &wanted, limit), |found| found < limit);
    found.truncate(limit);
    Ok(found)
}

/// Like [`search`], in pages that are committed but not in the folder. A page whose content is not on this computer is passed
/// over.
pub(crate) fn search_outside(folder: &Path, pages: &[PageOutside], query: &str, limit: usize) -> Vec<FoundLine> {
    let Some(wanted) = Needle::new(query) else { return Vec::new() };
    let in_block = |block: &[PageOutside]| {
        let mut found = Vec::new();
        let Ok(repo) = Repository::open(folder) else { return found };
        for page in block {
            let Ok(blob) = repo.find_blob(page.oid) else { continue };
            if wanted.is_in(&page.path) || wanted.may_be_in(blob.content()) {
                found.extend(lines_with(&page.path, blob.content(), &wanted, limit.saturating_sub(found.len())));
            }
        }
        found
    };
    parallel::map_blocks(pages, in_block, |found| found < limit)
}

/// The first lines of these pages that contain `wanted`.
fn in_pages(folder: &Path, pages: &[PageFile<()>], wanted: &Needle, limit: usize) -> Vec<FoundLine> {
    let mut found = Vec::new();
    // One byte more than the largest page.
    let mut buffer = vec![0; usize::try_from(MAX_PAGE_BYTES).map_or(usize::MAX, |bytes| bytes + 1)];
    for page in pages {
        if found.len() >= limit {
            break;
        }
        // Most pages do not contain the text, so this first read uses as few system calls as possible.
        let read = File::open(work_tree::file_of(folder, &page.path)).and_then(|file| read(file, &mut buffer));
        let is_named_so = wanted.may_be_in(page.path.as_bytes()) && wanted.is_in(&page.path);
        if !is_named_so && !read.is_ok_and(|length| wanted.may_be_in(&buffer[..length])) {
            continue;
        }
        // A page that contains the text is read again with all checks: no links are followed, and only text within the size
        // limit is accepted.
        let Bytes::File(bytes) = work_tree::read_bytes(folder, &page.path) else { continue };
        found.extend(lines_with(&page.path, &bytes, wanted, limit - found.len()));
    }
    found
}

/// The first lines of a page that contain `wanted`; if only its name does, its first line. Empty if it is not text.
fn lines_with(page: &str, bytes: &[u8], wanted: &Needle, limit: usize) -> Vec<FoundLine> {
    let Ok(content) = text::decode(page, bytes) else { return Vec::new() };
    let found = |(line, text): (u64, &str)| FoundLine { path: page.to_owned(), line, text: shorten(text) };
    let lines = (1..).zip(content.lines()).filter(|(_, line)| wanted.is_in(line));
    let mut lines: Vec<FoundLine> = lines.map(found).take(limit).collect();
    if lines.is_empty() && wanted.is_in(page) {
        lines.push(found((1, content.lines().next().unwrap_or_default())));
    }
    lines
}

/// Reads a file up to the length of the buffer. Returns the number of bytes.
fn read(mut file: File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..]) {
            Ok(0) => return Ok(length),
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn shorten(line: &str) -> String {
    let line = line.trim();
    match line.char_indices().nth(MAX_FOUND_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
