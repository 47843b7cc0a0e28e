//! Finds the lines of pages that contain a text. Reads every page, so that a search finds hand edits immediately.
//!
//! There is no index. Checking whether an index entry is up to date would require reading the page, and reading takes most
//! of the time (`benches/search.rs`). So several threads read the pages, and a page is split into lines only if it contains
//! the text.

use crate::text;
use crate::walk::{self, PageFile};
use crate::work_tree::{self, Bytes, MAX_PAGE_BYTES};
use growqr_core::fold::folded;
use growqr_core::memory::{FoundLine, MemoryError};
use std::fs::File;
use std::io::Read;
use std::num::NonZero;
use std::path::Path;
use std::thread;

/// The longest line that a search shows, in characters.
const MAX_FOUND_LINE: usize = 200;
/// Number of pages that are searched on the calling thread before other threads are started.
const FIRST_PAGES: usize = 64;
/// Number of pages that each thread searches between two checks of the limit.
const PAGES_PER_THREAD: usize = 512;
/// The most threads. More would only wait for the disk.
const MAX_THREADS: usize = 8;

/// Lines that contain `query`, ignoring case, sorted by path and line.
pub(crate) fn search(folder: &Path, query: &str, limit: usize) -> Result<Vec<FoundLine>, MemoryError> {
    let wanted = folded(query);
    if wanted.trim().is_empty() {
        return Ok(Vec::new());
    }
    let pages = walk::walk(folder)?.files;
    let (first, rest) = pages.split_at(pages.len().min(FIRST_PAGES));
    let mut found = in_pages(folder, first, &wanted, limit);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    for batch in rest.chunks(PAGES_PER_THREAD * threads) {
        if found.len() >= limit {
            break;
        }
        let left = limit - found.len();
        thread::scope(|scope| {
            let wanted = &wanted;
            let shares: Vec<_> = batch
                .chunks(batch.len().div_ceil(threads))
                .map(|share| scope.spawn(move || in_pages(folder, share, wanted, left)))
                .collect();
            for share in shares {
                match share.join() {
                    Ok(lines) => found.extend(lines),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }
    found.truncate(limit);
    Ok(found)
}

/// The first lines of these pages that contain `wanted`, which is case-folded.
fn in_pages(folder: &Path, pages: &[PageFile], wanted: &str, limit: usize) -> Vec<FoundLine> {
    let (mut found, mut bytes) = (Vec::new(), Vec::new());
    for page in pages {
        if found.len() >= limit {
            break;
        }
        // Most pages do not contain the text, so this first read uses as few system calls as possible.
        bytes.clear();
        let read = File::open(work_tree::file_of(folder, &page.path))
            .and_then(|file| file.take(MAX_PAGE_BYTES + 1).read_to_end(&mut bytes));
        if read.is_err() || !std::str::from_utf8(&bytes).is_ok_and(|content| folded(content).contains(wanted)) {
            continue;
        }
        // A page that contains the text is read again with all checks: no links are followed, and only text within the size
        // limit is accepted.
        let Bytes::File(bytes) = work_tree::read_bytes(folder, &page.path) else { continue };
        let Ok(content) = text::decode(&page.path, &bytes) else { continue };
        let lines = (1..).zip(content.lines()).filter(|(_, line)| folded(line).contains(wanted));
        let lines = lines.map(|(line, text)| FoundLine { path: page.path.clone(), line, text: shorten(text) });
        found.extend(lines.take(limit - found.len()));
    }
    found
}

fn shorten(line: &str) -> String {
    let line = line.trim();
    match line.char_indices().nth(MAX_FOUND_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
