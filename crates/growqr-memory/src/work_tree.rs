//! The working tree: finds the file of a page without following links, reads pages. Knows no commits.

use crate::path;
use crate::skipped_file::SkippedFile;
use crate::walk::{Walked, walk};
use git2::{ObjectType, Oid};
use growqr_core::memory::{MemoryError, Page, PageInfo};
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The largest page, in bytes.
pub const MAX_PAGE_BYTES: u64 = 256 * 1024;
/// The most pages in a memory.
pub const MAX_PAGES: usize = 10_000;

/// What is on disk at a page's path, without the blob id.
pub(crate) enum Bytes {
    /// Nothing.
    Absent,
    /// A file: its content.
    File(Vec<u8>),
    /// Something that cannot be a page, and why.
    NotAPage(MemoryError),
}

/// What is on disk at a page's path.
pub(crate) enum OnDisk {
    /// Nothing.
    Absent,
    /// A file: its content and blob id.
    File(Vec<u8>, Oid),
    /// Something that cannot be a page, and why.
    NotAPage(MemoryError),
}

impl OnDisk {
    /// The blob id of the file (`None`: no file); an error if it cannot be a page.
    pub(crate) fn version(&self) -> Result<Option<Oid>, &MemoryError> {
        match self {
            OnDisk::Absent => Ok(None),
            OnDisk::File(_, oid) => Ok(Some(*oid)),
            OnDisk::NotAPage(reason) => Err(reason),
        }
    }
}

/// The file of a page. The path must have passed [`path::check`].
pub(crate) fn file_of(folder: &Path, page: &str) -> PathBuf {
    page.split('/').fold(folder.to_owned(), |location, part| location.join(part))
}

/// Inspects a page's path on disk without following links. The path must have passed [`path::check`].
pub(crate) fn inspect(folder: &Path, page: &str) -> OnDisk {
    match read_bytes(folder, page) {
        Bytes::Absent => OnDisk::Absent,
        Bytes::NotAPage(reason) => OnDisk::NotAPage(reason),
        Bytes::File(bytes) => match Oid::hash_object(ObjectType::Blob, &bytes) {
            Ok(oid) => OnDisk::File(bytes, oid),
            Err(error) => OnDisk::NotAPage(MemoryError::Repository { doing: "hash a page", cause: error.to_string() }),
        },
    }
}

/// Like [`inspect`], but does not compute the blob id.
pub(crate) fn read_bytes(folder: &Path, page: &str) -> Bytes {
    let mut location = folder.to_owned();
    let mut parts = page.split('/').peekable();
    while let Some(part) = parts.next() {
        location.push(part);
        let metadata = match fs::symlink_metadata(&location) {
            Ok(metadata) => metadata,
            Err(error) if is_not_found(error.kind()) => return Bytes::Absent,
            Err(error) => return unreadable(error),
        };
        if metadata.is_symlink() {
            return Bytes::NotAPage(path::bad_path(
                page,
                format!("{part:?} is a link; memory follows none, put a real file there"),
            ));
        }
        match (parts.peek().is_some(), metadata.is_dir()) {
            (true, true) => {}
            (true, false) => return Bytes::Absent,
            (false, true) => return Bytes::NotAPage(path::bad_path(page, "it is a folder; name a page in it")),
            (false, false) => return read_file(&location, page, &metadata),
        }
    }
    Bytes::Absent
}

fn is_not_found(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn unreadable(error: std::io::Error) -> Bytes {
    Bytes::NotAPage(MemoryError::Repository { doing: "read a page", cause: error.to_string() })
}

fn read_file(location: &Path, page: &str, metadata: &Metadata) -> Bytes {
    if !metadata.is_file() {
        return Bytes::NotAPage(path::bad_path(page, "it is not a regular file"));
    }
    if metadata.len() > MAX_PAGE_BYTES {
        return Bytes::NotAPage(MemoryError::TooLarge { bytes: metadata.len(), limit: MAX_PAGE_BYTES });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // The file may grow while it is read, so the read is limited as well.
    match File::open(location).and_then(|file| file.take(MAX_PAGE_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > MAX_PAGE_BYTES => {
            Bytes::NotAPage(MemoryError::TooLarge { bytes: bytes.len() as u64, limit: MAX_PAGE_BYTES })
        }
        Ok(_) => Bytes::File(bytes),
        Err(error) if is_not_found(error.kind()) => Bytes::Absent,
        Err(error) => unreadable(error),
    }
}

/// Checks that the bytes are text that a page may contain.
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
    match inspect(folder, page) {
        OnDisk::File(bytes, oid) => {
            Ok(Page { path: page.to_owned(), content: text(page, &bytes)?.to_owned(), version: oid.to_string() })
        }
        OnDisk::Absent => {
            refuse_other_spelling(folder, page)?;
            Err(MemoryError::Missing { path: page.to_owned() })
        }
        OnDisk::NotAPage(reason) => Err(reason),
    }
}

/// Returns an error if a file system may treat the path as an existing one with another spelling, or if a page stands where
/// the path has a folder.
pub(crate) fn refuse_other_spelling(folder: &Path, page: &str) -> Result<(), MemoryError> {
    let mut location = folder.to_owned();
    let mut seen = String::new();
    for part in page.split('/') {
        if location.is_file() {
            return Err(path::bad_path(page, format!("{:?} is a page, not a folder", seen.trim_end_matches('/'))));
        }
        let Ok(entries) = fs::read_dir(&location) else { return Ok(()) };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        refuse_clash(page, &seen, part, names)?;
        location.push(part);
        seen = format!("{seen}{part}/");
    }
    Ok(())
}

/// Returns an error if one of the `names` of a folder is another spelling of `part`.
pub(crate) fn refuse_clash(page: &str, above: &str, part: &str, names: impl Iterator<Item = String>) -> Result<(), MemoryError> {
    let wanted = path::case_folded(part);
    for name in names {
        if name != part && path::case_folded(&name) == wanted {
            return Err(path::bad_path(page, format!("{:?} already exists; use that spelling", format!("{above}{name}"))));
        }
    }
    Ok(())
}

/// All pages, and the files that cannot be pages, both sorted by path. Reads every file: only text within the size limit
/// counts as a page.
pub(crate) fn survey(folder: &Path) -> Result<(Vec<PageInfo>, Vec<SkippedFile>), MemoryError> {
    let Walked { files, mut skipped } = walk(folder)?;
    let mut pages = Vec::with_capacity(files.len());
    for file in files {
        let checked = match read_bytes(folder, &file.path) {
            Bytes::File(bytes) => text(&file.path, &bytes).map(drop),
            Bytes::NotAPage(reason) => Err(reason),
            Bytes::Absent => continue,
        };
        match checked {
            Ok(()) => pages.push(PageInfo { path: file.path, bytes: file.stat.size }),
            Err(reason) => skipped.push(SkippedFile { path: file.path, reason }),
        }
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((pages, skipped))
}
