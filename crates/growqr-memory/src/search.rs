//! Finds the lines of pages that contain a text. Reads every page, so that a search finds hand edits immediately.
//!
//! There is no index. Checking whether an index entry is up to date would require reading the page, and reading takes most
//! of the time (`benches/search.rs`). So several threads read the pages, and a page is split into lines only if it may contain
//! the text.

use crate::needle::Needle;
use crate::parallel;
use crate::text;
use crate::text::MAX_PAGE_BYTES;
use crate::walk::{PageFile, Walked, walk_paths};
use crate::work_tree::{self, Bytes};
use growqr_core::memory::{FoundLine, MemoryError};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest line that a search shows, in characters.
const MAX_FOUND_LINE: usize = 200;

/// Lines that contain `query`, ignoring case, sorted by path and line.
pub(crate) fn search(folder: &Path, query: &str, limit: usize) -> Result<Vec<FoundLine>, MemoryError> {
    let Some(wanted) = Needle::new(query) else { return Ok(Vec::new()) };
    let Walked { files: pages, .. } = walk_paths(folder)?;
    let mut found = parallel::map_blocks(&pages, |block| in_pages(folder, block, &wanted, limit), |found| found < limit);
    found.truncate(limit);
    Ok(found)
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
        if !read.is_ok_and(|length| wanted.may_be_in(&buffer[..length])) {
            continue;
        }
        // A page that contains the text is read again with all checks: no links are followed, and only text within the size
        // limit is accepted.
        let Bytes::File(bytes) = work_tree::read_bytes(folder, &page.path) else { continue };
        let Ok(content) = text::decode(&page.path, &bytes) else { continue };
        let lines = (1..).zip(content.lines()).filter(|(_, line)| wanted.is_in(line));
        let lines = lines.map(|(line, text)| FoundLine { path: page.path.clone(), line, text: shorten(text) });
        found.extend(lines.take(limit - found.len()));
    }
    found
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
