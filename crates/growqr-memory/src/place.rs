//! The work tree: where a page lies, whether the way there is safe, what it holds. Knows nothing of commits.

use crate::failure::Doing;
use crate::path;
use git2::{ObjectType, Oid};
use growqr_core::memory::{Found, Listed, MemoryError, Page};
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The most bytes a page may have.
pub const MAX_PAGE_BYTES: u64 = 256 * 1024;
/// The most pages there may be.
pub const MAX_PAGES: usize = 10_000;
/// The longest line that a search shows, in characters.
const MAX_FOUND_LINE: usize = 200;

/// What lies at a page's path.
pub(crate) enum OnDisk {
    /// Nothing.
    Absent,
    /// A file, with its blob id.
    File(Vec<u8>, Oid),
    /// Something that memory does not touch; the reason.
    Odd(MemoryError),
}

impl OnDisk {
    /// The blob id that the work tree amounts to; `Err` for what is no page.
    pub(crate) fn version(&self) -> Result<Option<Oid>, &MemoryError> {
        match self {
            OnDisk::Absent => Ok(None),
            OnDisk::File(_, oid) => Ok(Some(*oid)),
            OnDisk::Odd(reason) => Err(reason),
        }
    }
}

/// A file that is no page, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// Its path as far as it can be shown.
    pub path: String,
    /// Why it is not taken into memory, and what to do.
    pub reason: MemoryError,
}

/// The file of a checked path.
pub(crate) fn file_of(folder: &Path, page: &str) -> PathBuf {
    page.split('/').fold(folder.to_owned(), |place, part| place.join(part))
}

/// Looks at a checked path without following links.
pub(crate) fn look(folder: &Path, page: &str) -> OnDisk {
    let mut place = folder.to_owned();
    let mut parts = page.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        let metadata = match fs::symlink_metadata(&place) {
            Ok(metadata) => metadata,
            Err(error) if is_nothing_there(error.kind()) => return OnDisk::Absent,
            Err(error) => return odd_read(error),
        };
        if metadata.is_symlink() {
            return OnDisk::Odd(path::bad(page, format!("{part:?} is a link; memory follows none, put a real file there")));
        }
        match (parts.peek().is_some(), metadata.is_dir()) {
            (true, true) => {}
            (true, false) => return OnDisk::Absent,
            (false, true) => return OnDisk::Odd(path::bad(page, "it is a folder; name a page in it")),
            (false, false) => return read_file(&place, page, &metadata),
        }
    }
    OnDisk::Absent
}

fn is_nothing_there(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn odd_read(error: std::io::Error) -> OnDisk {
    OnDisk::Odd(MemoryError::Repository { doing: "read a page", cause: error.to_string() })
}

fn read_file(place: &Path, page: &str, metadata: &Metadata) -> OnDisk {
    if !metadata.is_file() {
        return OnDisk::Odd(path::bad(page, "it is no ordinary file"));
    }
    if metadata.len() > MAX_PAGE_BYTES {
        return OnDisk::Odd(MemoryError::TooLarge { bytes: metadata.len(), limit: MAX_PAGE_BYTES });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // The limit holds for a file that grows while it is read, too.
    match File::open(place).and_then(|file| file.take(MAX_PAGE_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > MAX_PAGE_BYTES => {
            OnDisk::Odd(MemoryError::TooLarge { bytes: bytes.len() as u64, limit: MAX_PAGE_BYTES })
        }
        Ok(_) => match Oid::hash_object(ObjectType::Blob, &bytes) {
            Ok(oid) => OnDisk::File(bytes, oid),
            Err(error) => OnDisk::Odd(MemoryError::Repository { doing: "hash a page", cause: error.to_string() }),
        },
        Err(error) if is_nothing_there(error.kind()) => OnDisk::Absent,
        Err(error) => odd_read(error),
    }
}

/// The bytes as text that memory may hold.
///
/// # Errors
/// [`MemoryError::NotText`] or [`MemoryError::TooLarge`].
pub(crate) fn text<'a>(page: &str, bytes: &'a [u8]) -> Result<&'a str, MemoryError> {
    if bytes.len() as u64 > MAX_PAGE_BYTES {
        return Err(MemoryError::TooLarge { bytes: bytes.len() as u64, limit: MAX_PAGE_BYTES });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) => Ok(text),
        _ => Err(MemoryError::NotText { path: page.to_owned() }),
    }
}

/// Reads one page.
pub(crate) fn read(folder: &Path, page: &str) -> Result<Page, MemoryError> {
    path::check(page)?;
    match look(folder, page) {
        OnDisk::File(bytes, oid) => {
            Ok(Page { path: page.to_owned(), content: text(page, &bytes)?.to_owned(), version: oid.to_string() })
        }
        OnDisk::Absent => {
            refuse_other_spelling(folder, page)?;
            Err(MemoryError::Missing { path: page.to_owned() })
        }
        OnDisk::Odd(reason) => Err(reason),
    }
}

/// Refuses a path that some disk would take for one that exists, or that runs through a page.
pub(crate) fn refuse_other_spelling(folder: &Path, page: &str) -> Result<(), MemoryError> {
    let mut place = folder.to_owned();
    let mut seen = String::new();
    for part in page.split('/') {
        if place.is_file() {
            return Err(path::bad(page, format!("{:?} is a page, not a folder", seen.trim_end_matches('/'))));
        }
        let Ok(entries) = fs::read_dir(&place) else { return Ok(()) };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        refuse_clash(page, &seen, part, names)?;
        place.push(part);
        seen = format!("{seen}{part}/");
    }
    Ok(())
}

/// The same for one folder whose names are given.
pub(crate) fn refuse_clash(page: &str, above: &str, part: &str, names: impl Iterator<Item = String>) -> Result<(), MemoryError> {
    let wanted = path::folded(part);
    for name in names {
        if name != part && path::folded(&name) == wanted {
            return Err(path::bad(page, format!("{:?} already exists; use that spelling", format!("{above}{name}"))));
        }
    }
    Ok(())
}

/// Every page of the work tree by path, and what is there besides (hidden files are neither).
pub(crate) fn walk(folder: &Path) -> Result<(Vec<Listed>, Vec<LeftAlone>), MemoryError> {
    let (mut pages, mut left) = (Vec::new(), Vec::new());
    walk_folder(folder, "", &mut pages, &mut left)?;
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    left.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((pages, left))
}

/// The same, every file being read: only what is text of a sane size is a page.
pub(crate) fn survey(folder: &Path) -> Result<(Vec<Listed>, Vec<LeftAlone>), MemoryError> {
    let (files, mut left) = walk(folder)?;
    let mut pages = Vec::with_capacity(files.len());
    for file in files {
        let fit = match look(folder, &file.path) {
            OnDisk::File(bytes, _) => text(&file.path, &bytes).map(drop),
            OnDisk::Odd(reason) => Err(reason),
            OnDisk::Absent => continue,
        };
        match fit {
            Ok(()) => pages.push(file),
            Err(reason) => left.push(LeftAlone { path: file.path, reason }),
        }
    }
    left.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((pages, left))
}

fn walk_folder(place: &Path, above: &str, pages: &mut Vec<Listed>, left: &mut Vec<LeftAlone>) -> Result<(), MemoryError> {
    let entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if above.is_empty() => return Err(error).doing("list the pages"),
        Err(error) => {
            let reason = MemoryError::Repository { doing: "list a folder", cause: error.to_string() };
            left.push(LeftAlone { path: above.to_owned(), reason });
            return Ok(());
        }
    };
    for entry in entries {
        let entry = entry.doing("list the pages")?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        if is_skipped(&shown) {
            continue;
        }
        let page = format!("{above}{shown}");
        if let Err(reason) = path::check(&page) {
            left.push(LeftAlone { path: page, reason });
            continue;
        }
        match entry.metadata() {
            _ if name.to_str().is_none() => {
                let reason = path::bad(&page, "its name is not Unicode; rename it");
                left.push(LeftAlone { path: page, reason });
            }
            Ok(metadata) if metadata.is_dir() => walk_folder(&entry.path(), &format!("{page}/"), pages, left)?,
            Ok(metadata) if metadata.is_file() => pages.push(Listed { path: page, bytes: metadata.len() }),
            Ok(_) => {
                let reason = path::bad(&page, "it is a link or a device; put a real file there");
                left.push(LeftAlone { path: page, reason });
            }
            // It went away while we looked.
            Err(_) => {}
        }
    }
    Ok(())
}

/// Hidden files and the back-up copies of editors.
pub(crate) fn is_skipped(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~')
}

/// Lines that contain `query`, ignoring case; by path, then line.
pub(crate) fn search(folder: &Path, query: &str, limit: usize) -> Result<Vec<Found>, MemoryError> {
    let wanted = query.to_lowercase();
    let mut found = Vec::new();
    if wanted.trim().is_empty() {
        return Ok(found);
    }
    for page in walk(folder)?.0 {
        let OnDisk::File(bytes, _) = look(folder, &page.path) else { continue };
        let Ok(content) = text(&page.path, &bytes) else { continue };
        for (number, line) in (1..).zip(content.lines()) {
            if found.len() >= limit {
                return Ok(found);
            }
            if line.to_lowercase().contains(&wanted) {
                found.push(Found { path: page.path.clone(), line: number, text: shorten(line) });
            }
        }
    }
    Ok(found)
}

fn shorten(line: &str) -> String {
    let line = line.trim();
    match line.char_indices().nth(MAX_FOUND_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
