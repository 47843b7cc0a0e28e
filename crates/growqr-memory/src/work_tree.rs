//! The working tree: finds the file of a page without following links, reads pages. Knows no commits.

use crate::conversion::Conversion;
use crate::error_context::Context;
use crate::path;
use crate::text::{self, MAX_PAGE_BYTES};
use git2::{ObjectType, Oid};
use growqr_core::memory::{MemoryError, Page};
use std::borrow::Cow;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What is on disk at a page's path, byte for byte.
pub(crate) enum Bytes {
    /// Nothing.
    Absent,
    /// A file: its content.
    File(Vec<u8>),
    /// Something that cannot be a page, and why.
    NotAPage(MemoryError),
}

/// The file of a page. The path must have passed [`path::check`].
pub(crate) fn file_of(folder: &Path, page: &str) -> PathBuf {
    if cfg!(unix) {
        return folder.join(page);
    }
    page.split('/').fold(folder.to_owned(), |location, part| location.join(part))
}

/// Reads the file at a page's path without following links. The path must have passed [`path::check`].
pub(crate) fn read_bytes(folder: &Path, page: &str) -> Bytes {
    match locate(folder, page) {
        Ok(None) => Bytes::Absent,
        Ok(Some((location, metadata))) => read_file(&location, page, &metadata),
        Err(reason) => Bytes::NotAPage(reason),
    }
}

/// The file at a page's path and its metadata, without following links. `None` if there is nothing. The path must have passed
/// [`path::check`].
///
/// # Errors
/// If a link is on the way, if it is a folder, or if the disk fails.
pub(crate) fn locate(folder: &Path, page: &str) -> Result<Option<(PathBuf, Metadata)>, MemoryError> {
    let mut location = folder.to_owned();
    let mut parts = page.split('/').peekable();
    while let Some(part) = parts.next() {
        location.push(part);
        let metadata = match fs::symlink_metadata(&location) {
            Ok(metadata) => metadata,
            Err(error) if is_not_found(error.kind()) => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
        };
        if metadata.is_symlink() {
            let reason = format!("{part:?} is a link; memory follows none, put a real file there");
            return Err(path::bad_path(page, reason));
        }
        match (parts.peek().is_some(), metadata.is_dir()) {
            (true, true) => {}
            (true, false) => return Ok(None),
            (false, true) => return Err(path::bad_path(page, "it is a folder; name a page in it")),
            (false, false) => return Ok(Some((location, metadata))),
        }
    }
    Ok(None)
}

fn is_not_found(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn unreadable(error: &std::io::Error) -> MemoryError {
    MemoryError::Repository { doing: "read a page", cause: error.to_string() }
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
        Err(error) => Bytes::NotAPage(unreadable(&error)),
    }
}

/// Reads one page. Its version is the id that its blob has, or would have if it were committed now.
pub(crate) fn read(folder: &Path, conversion: &Conversion, page: &str) -> Result<Page, MemoryError> {
    path::check(page)?;
    let bytes = match read_bytes(folder, page) {
        Bytes::File(bytes) => bytes,
        Bytes::Absent => {
            refuse_other_spelling(folder, page)?;
            return Err(MemoryError::Missing { path: page.to_owned() });
        }
        Bytes::NotAPage(reason) => return Err(reason),
    };
    let content = text::decode(page, &bytes)?.into_owned();
    // git's filter knows the version of a page that it filters. Such a page is never written here, so any id will do.
    let committed = conversion.to_commit(page, &bytes).unwrap_or(Cow::Borrowed(&bytes));
    let version = Oid::hash_object(ObjectType::Blob, &committed).context("hash a page")?;
    Ok(Page { path: page.to_owned(), content, version: version.to_string() })
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
