//! The working tree: finds the file of a page without following links, reads and lists pages. Knows no commits.

use crate::conversion::Conversion;
use crate::error_context::Context;
use crate::leftover;
use crate::path;
use crate::text;
use git2::{ObjectType, Oid};
use growqr_core::memory::{MemoryError, Page, PageInfo};
use std::borrow::Cow;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The largest page, in bytes.
pub const MAX_PAGE_BYTES: u64 = 256 * 1024;
/// The most pages in a memory.
pub const MAX_PAGES: usize = 10_000;

/// What is on disk at a page's path, byte for byte.
pub(crate) enum Bytes {
    /// Nothing.
    Absent,
    /// A file: its content.
    File(Vec<u8>),
    /// Something that cannot be a page, and why.
    NotAPage(MemoryError),
}

/// A file that cannot be a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedFile {
    /// Its path; bytes that are not Unicode are replaced.
    pub path: String,
    /// Why it cannot be a page, and what to do.
    pub reason: MemoryError,
}

/// The file of a page. The path must have passed [`path::check`].
pub(crate) fn file_of(folder: &Path, page: &str) -> PathBuf {
    page.split('/').fold(folder.to_owned(), |location, part| location.join(part))
}

/// Reads the file at a page's path without following links. The path must have passed [`path::check`].
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

/// Reads one page. Its version is the id that its blob has, or would have if it were committed now.
pub(crate) fn read(folder: &Path, page: &str) -> Result<Page, MemoryError> {
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
    let conversion = Conversion::load(folder);
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

/// Lists the pages of the working tree and the files that cannot be pages, both sorted by path. Ignores hidden files. Reads
/// no file: a page here is a regular file with a valid path.
pub(crate) fn walk(folder: &Path) -> Result<(Vec<PageInfo>, Vec<SkippedFile>), MemoryError> {
    let (mut pages, mut skipped) = (Vec::new(), Vec::new());
    walk_folder(folder, "", &mut pages, &mut skipped)?;
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((pages, skipped))
}

/// Like [`walk`], but reads every file: only text within the size limit counts as a page.
pub(crate) fn survey(folder: &Path) -> Result<(Vec<PageInfo>, Vec<SkippedFile>), MemoryError> {
    let (files, mut skipped) = walk(folder)?;
    let mut pages = Vec::with_capacity(files.len());
    for file in files {
        let checked = match read_bytes(folder, &file.path) {
            Bytes::File(bytes) => text::decode(&file.path, &bytes).map(drop),
            Bytes::NotAPage(reason) => Err(reason),
            Bytes::Absent => continue,
        };
        match checked {
            Ok(()) => pages.push(file),
            Err(reason) => skipped.push(SkippedFile { path: file.path, reason }),
        }
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((pages, skipped))
}

fn walk_folder(
    location: &Path,
    above: &str,
    pages: &mut Vec<PageInfo>,
    skipped: &mut Vec<SkippedFile>,
) -> Result<(), MemoryError> {
    let entries = match fs::read_dir(location) {
        Ok(entries) => entries,
        Err(error) if above.is_empty() => return Err(error).context("list the pages"),
        Err(error) => {
            let reason = MemoryError::Repository { doing: "list a folder", cause: error.to_string() };
            skipped.push(SkippedFile { path: above.to_owned(), reason });
            return Ok(());
        }
    };
    for entry in entries {
        let entry = entry.context("list the pages")?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_leftover = if is_folder { leftover::is_leftover_folder(&shown) } else { leftover::is_leftover(&shown) };
        if is_leftover {
            continue;
        }
        let page = format!("{above}{shown}");
        if let Err(reason) = path::check(&page) {
            skipped.push(SkippedFile { path: page, reason });
            continue;
        }
        match entry.metadata() {
            _ if name.to_str().is_none() => {
                let reason = path::bad_path(&page, "its name is not Unicode; rename it");
                skipped.push(SkippedFile { path: page, reason });
            }
            Ok(metadata) if metadata.is_dir() => walk_folder(&entry.path(), &format!("{page}/"), pages, skipped)?,
            Ok(metadata) if metadata.is_file() => pages.push(PageInfo { path: page, bytes: metadata.len() }),
            Ok(_) => {
                let reason = path::bad_path(&page, "it is a link or a device; put a real file there");
                skipped.push(SkippedFile { path: page, reason });
            }
            // Deleted during the walk.
            Err(_) => {}
        }
    }
    Ok(())
}
