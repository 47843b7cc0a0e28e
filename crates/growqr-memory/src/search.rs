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
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest line that a search shows, in characters.
const MAX_FOUND_LINE: usize = 200;

/// The most pages that a search shows because of their names alone.
const MAX_NAMED: usize = 10;

/// These pages may take the places of so many lines: one in five.
const PLACES_PER_NAMED: usize = 5;

/// Stands before the first line of a page of which only the name contains the text.
const BY_NAME: &str = "(by name)";

/// Lines that contain `query`, ignoring case, sorted by path and line; then the first lines of pages of which only the file's name
/// contains it, each marked as such. `outside`: pages that are committed but not in the folder. Passes over those whose content is
/// not on this computer.
pub(crate) fn search(folder: &Path, outside: &[PageOutside], query: &str, limit: usize) -> Result<Vec<FoundLine>, MemoryError> {
    let Some(wanted) = Needle::new(query) else { return Ok(Vec::new()) };
    let Walked { files: pages, .. } = walk_paths(folder)?;
    let mut found = parallel::map_blocks(&pages, |block| in_pages(folder, block, &wanted, limit), |found| found < limit);
    if !outside.is_empty() {
        let in_block = |block: &[PageOutside]| in_pages_outside(folder, block, &wanted, limit);
        found.extend(parallel::map_blocks(outside, in_block, |found| found < limit));
        found.sort_by(|a, b| a.path.cmp(&b.path));
    }
    found.truncate(limit);
    let mut named = named_so(folder, &pages, outside, &wanted, &found);
    named.truncate((limit / PLACES_PER_NAMED).max(limit - found.len()));
    found.truncate(limit - named.len());
    found.extend(named);
    Ok(found)
}

/// The first pages whose names contain `wanted` and that are not among the found ones, with their first lines.
fn named_so(
    folder: &Path,
    pages: &[PageFile<()>],
    outside: &[PageOutside],
    wanted: &Needle,
    found: &[FoundLine],
) -> Vec<FoundLine> {
    let found: HashSet<&str> = found.iter().map(|line| line.path.as_str()).collect();
    let is_named_so = |page: &str| wanted.is_in_name_of(page) && !found.contains(page);
    let in_folder = pages.iter().filter(|page| is_named_so(&page.path)).filter_map(|page| {
        let Bytes::File(bytes) = work_tree::read_bytes(folder, &page.path) else { return None };
        first_line(&page.path, &bytes)
    });
    let repo = if outside.is_empty() { None } else { Repository::open(folder).ok() };
    let outside = outside.iter().filter(|page| is_named_so(&page.path));
    let outside = outside.filter_map(|page| first_line(&page.path, repo.as_ref()?.find_blob(page.oid).ok()?.content()));
    let mut named: Vec<FoundLine> = in_folder.take(MAX_NAMED).chain(outside.take(MAX_NAMED)).collect();
    named.sort_by(|a, b| a.path.cmp(&b.path));
    named.truncate(MAX_NAMED);
    named
}

/// The lines in these pages that are committed but not in the folder.
fn in_pages_outside(folder: &Path, pages: &[PageOutside], wanted: &Needle, limit: usize) -> Vec<FoundLine> {
    let mut found = Vec::new();
    let Ok(repo) = Repository::open(folder) else { return found };
    for page in pages {
        let Ok(blob) = repo.find_blob(page.oid) else { continue };
        if wanted.may_be_in(blob.content()) {
            found.extend(lines_with(&page.path, blob.content(), wanted, limit.saturating_sub(found.len())));
        }
    }
    found
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
        found.extend(lines_with(&page.path, &bytes, wanted, limit - found.len()));
    }
    found
}

/// The first lines of a page that contain `wanted`. Empty if it is not text.
fn lines_with(page: &str, bytes: &[u8], wanted: &Needle, limit: usize) -> Vec<FoundLine> {
    let Ok(content) = text::decode(page, bytes) else { return Vec::new() };
    let found = |(line, text): (u64, &str)| FoundLine { path: page.to_owned(), line, text: shorten(text) };
    let lines = (1..).zip(content.lines()).filter(|(_, line)| wanted.is_in(line));
    lines.map(found).take(limit).collect()
}

/// The first line of a page that was found by its name. `None` if it is not text.
fn first_line(page: &str, bytes: &[u8]) -> Option<FoundLine> {
    let content = text::decode(page, bytes).ok()?;
    let first = shorten(content.lines().next().unwrap_or_default());
    Some(FoundLine { path: page.to_owned(), line: 1, text: format!("{BY_NAME} {first}").trim_end().to_owned() })
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
