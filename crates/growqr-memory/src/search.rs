//! Lines of pages that contain a text. Every page is read, so that a hand edit counts at once.
//!
//! There is no index: whether one still fits a page is known only once the page has been read, and reading takes most of
//! the time (`benches/search.rs`). So the reading is spread over threads, and a page is taken apart into lines only if
//! the text is in it.

use crate::place::{self, Bytes, MAX_PAGE_BYTES};
use growqr_core::fold::folded;
use growqr_core::memory::{Found, Listed, MemoryError};
use std::fs::File;
use std::io::Read;
use std::num::NonZero;
use std::path::Path;
use std::thread;

/// The longest line that a search shows, in characters.
const MAX_FOUND_LINE: usize = 200;
/// Pages searched without further threads, before the others.
const FIRST: usize = 64;
/// Pages that each thread searches before it is looked whether enough was found.
const SHARE: usize = 512;
/// Threads at most: more wait for the disk together.
const MAX_THREADS: usize = 8;

/// Lines that contain `query`, ignoring case; by path, then line.
pub(crate) fn search(folder: &Path, query: &str, limit: usize) -> Result<Vec<Found>, MemoryError> {
    let wanted = folded(query);
    if wanted.trim().is_empty() {
        return Ok(Vec::new());
    }
    let (pages, _) = place::walk(folder)?;
    let (first, rest) = pages.split_at(pages.len().min(FIRST));
    let mut found = in_pages(folder, first, &wanted, limit);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    for batch in rest.chunks(SHARE * threads) {
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

/// The first lines of these pages that contain `wanted`, which is folded.
fn in_pages(folder: &Path, pages: &[Listed], wanted: &str, limit: usize) -> Vec<Found> {
    let (mut found, mut bytes) = (Vec::new(), Vec::new());
    for page in pages {
        if found.len() >= limit {
            break;
        }
        // Most pages do not have the text, so they are read with the fewest calls of the system.
        bytes.clear();
        let read =
            File::open(place::file_of(folder, &page.path)).and_then(|file| file.take(MAX_PAGE_BYTES + 1).read_to_end(&mut bytes));
        if read.is_err() || !std::str::from_utf8(&bytes).is_ok_and(|content| folded(content).contains(wanted)) {
            continue;
        }
        // What is shown is read as every page is: without following links, and only if it is text of a sane size.
        let Bytes::File(bytes) = place::bytes(folder, &page.path) else { continue };
        let Ok(content) = place::text(&page.path, &bytes) else { continue };
        let lines = (1..).zip(content.lines()).filter(|(_, line)| folded(line).contains(wanted));
        let lines = lines.map(|(line, text)| Found { path: page.path.clone(), line, text: shorten(text) });
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
