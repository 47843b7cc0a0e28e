//! Checks a backup, and extracts it. Trusts nothing in it.

use crate::error::BackupError;
use crate::manifest::{FORMAT, LeftOut, LeftOutList, MANIFEST, MAX_MANIFEST, Manifest, Parts, hex};
use crate::names;
use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;
use tar::{Archive, Entry, EntryType};

/// The most files.
const MAX_FILES: usize = 2_000_000;
/// The most bytes of all paths together, which are all kept while a backup is read.
const MAX_PATHS: usize = 128 << 20;
/// The longest path that is kept in an entry of its own.
const MAX_PATH: u64 = 8 * 1024;
/// The size of the buffers.
const BUFFER: usize = 1 << 18;
/// The most bytes that may follow the last entry: tools fill the last block.
const MAX_PADDING: u64 = 1 << 20;

/// Reads the whole backup and compares it with its checksums. Writes nothing. At most `limit` bytes of content are accepted.
///
/// # Errors
/// [`BackupError`]: the file is no backup, is damaged, has more than plain files in known places, or does not fit.
pub fn check(file: &File, limit: u64) -> Result<Manifest, BackupError> {
    read(file, limit, |_, _| Ok(None))
}

/// Writes the files of a backup into a new, empty folder, and compares them with their checksums while doing so. They are durable then.
/// Pages that this system cannot hold, because of their names, are left out, and all of them are returned.
///
/// # Errors
/// As [`check`], and [`BackupError::Extract`]: a part may be in the folder then.
pub fn extract(file: &File, limit: u64, into: &Path) -> Result<(Manifest, Vec<LeftOut>), BackupError> {
    extract_on(file, limit, into, cfg!(windows))
}

fn extract_on(file: &File, limit: u64, into: &Path, is_windows: bool) -> Result<(Manifest, Vec<LeftOut>), BackupError> {
    let mut left_out = Vec::new();
    let mut leave_out = |path: &str, why: String| left_out.push(LeftOut { path: path.to_owned(), why });
    let manifest = read(file, limit, |path, is_program| {
        let is_page = names::is_page(path);
        if is_page
            && is_windows
            && let Some(why) = names::not_on_windows(path)
        {
            leave_out(path, why.to_owned());
            return Ok(None);
        }
        match create(&into.join(path), is_program) {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_page && is_about_name(&error) => {
                leave_out(path, format!("this system cannot hold it beside a file whose name is the same to it: {error}"));
                Ok(None)
            }
            Err(source) => Err(BackupError::Extract { path: path.to_owned(), source }),
        }
    })?;
    sync_folders(into).map_err(|source| BackupError::Extract { path: into.display().to_string(), source })?;
    Ok((manifest, left_out))
}

/// Makes the names in a folder and in all folders in it durable. Windows does so by itself.
fn sync_folders(top: &Path) -> io::Result<()> {
    let mut folders = if cfg!(windows) { Vec::new() } else { vec![top.to_owned()] };
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
        File::open(&folder)?.sync_all()?;
    }
    Ok(())
}

/// Whether a file cannot be created because of its name: the system does not allow it, or takes it for that of another file, as where
/// capital letters do not count.
fn is_about_name(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory};
    matches!(error.kind(), AlreadyExists | InvalidFilename | IsADirectory | NotADirectory)
}

/// Reads all entries. `open` says where the content of one goes.
fn read(
    file: &File,
    limit: u64,
    mut open: impl FnMut(&str, bool) -> Result<Option<File>, BackupError>,
) -> Result<Manifest, BackupError> {
    let mut file = file;
    file.rewind().map_err(BackupError::Read)?;
    let mut archive = Archive::new(GzDecoder::new(BufReader::with_capacity(BUFFER, file)));
    let (mut parts, mut total, mut paths) = (Parts::default(), 0_u64, Paths::new(MAX_PATHS));
    let (mut long_path, mut manifest) = (None, None);
    for entry in archive.entries().map_err(BackupError::Read)?.raw(true) {
        let mut entry = entry.map_err(BackupError::Read)?;
        if manifest.is_some() {
            return Err(refused("something after its last part"));
        }
        let bytes = entry.header().entry_size().map_err(BackupError::Read)?;
        match entry.header().entry_type() {
            EntryType::GNULongName if long_path.is_none() && bytes <= MAX_PATH => {
                long_path = Some(text(&mut entry, bytes)?.trim_end_matches('\0').to_owned());
                continue;
            }
            EntryType::Regular => {}
            other => return Err(refused(&format!("a link or another special entry ({:?})", char::from(other.as_byte())))),
        }
        let path = match long_path.take() {
            Some(path) => path,
            None => String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| refused("a name that is no text"))?,
        };
        if let Some(what) = names::refusal(&path) {
            return Err(BackupError::Refused { what });
        }
        if path == MANIFEST {
            manifest = Some(parse_manifest(&mut entry, bytes)?);
            continue;
        }
        total = total.checked_add(bytes).filter(|total| *total <= limit).ok_or(BackupError::TooLarge { limit })?;
        paths.add(&path)?;
        let is_program = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        let to = open(&path, is_program)?;
        let hash = copy(&mut entry, (&path, bytes), to)?;
        parts.add(&path, bytes, &hash);
    }
    end(archive.into_inner())?;
    let manifest = manifest.ok_or(BackupError::Incomplete)?;
    manifest.compare(&parts.finish())?;
    Ok(manifest)
}

/// The paths that were read.
struct Paths {
    seen: HashSet<Box<str>>,
    /// How many bytes more they may have.
    left: usize,
}

impl Paths {
    fn new(most: usize) -> Paths {
        Paths { seen: HashSet::new(), left: most }
    }

    fn add(&mut self, path: &str) -> Result<(), BackupError> {
        let left = self.left.checked_sub(path.len()).filter(|_| self.seen.len() < MAX_FILES);
        self.left = left.ok_or_else(|| refused("too many files"))?;
        if self.seen.insert(path.into()) { Ok(()) } else { Err(refused("a file twice")) }
    }
}

fn refused(what: &str) -> BackupError {
    BackupError::Refused { what: what.to_owned() }
}

fn text(entry: &mut Entry<'_, impl Read>, bytes: u64) -> Result<String, BackupError> {
    let mut text = String::new();
    let read = entry.take(bytes).read_to_string(&mut text).map_err(BackupError::Read)?;
    if read as u64 == bytes { Ok(text) } else { Err(BackupError::Incomplete) }
}

fn parse_manifest(entry: &mut Entry<'_, impl Read>, bytes: u64) -> Result<Manifest, BackupError> {
    /// The part that every format has.
    #[derive(serde::Deserialize)]
    struct Head {
        format: u32,
        program: String,
    }
    if bytes > MAX_MANIFEST {
        return Err(refused("a list of contents that is too long"));
    }
    let text = text(entry, bytes)?;
    let invalid = |error: serde_json::Error| BackupError::Read(error.into());
    let head: Head = serde_json::from_str(&text).map_err(invalid)?;
    if head.format > FORMAT {
        return Err(BackupError::Newer { program: head.program });
    }
    let manifest: Manifest = serde_json::from_str(&text).map_err(invalid)?;
    if manifest.left_out.len() > LeftOutList::MAX {
        return Err(refused("a list of what was left out that is too long"));
    }
    Ok(manifest)
}

/// Copies the content of an entry, and returns its hash.
fn copy(entry: &mut Entry<'_, impl Read>, (path, bytes): (&str, u64), mut to: Option<File>) -> Result<String, BackupError> {
    let (mut hasher, mut left, mut buffer) = (Sha256::new(), bytes, vec![0; BUFFER]);
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
        let read = match entry.read(&mut buffer[..most]) {
            Ok(0) => return Err(BackupError::Incomplete),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(BackupError::Read(error)),
        };
        hasher.update(&buffer[..read]);
        if let Some(to) = &mut to {
            let extract = |source| BackupError::Extract { path: path.to_owned(), source };
            to.write_all(&buffer[..read]).map_err(extract)?;
        }
        left -= read as u64;
    }
    if let Some(to) = to {
        to.sync_all().map_err(|source| BackupError::Extract { path: path.to_owned(), source })?;
    }
    Ok(hex(&hasher.finalize()))
}

/// Reads what follows the last entry: zeros, then the end, so that gzip's own checksum is compared.
fn end(mut rest: GzDecoder<BufReader<&File>>) -> Result<(), BackupError> {
    let mut padding = Vec::new();
    let read = rest.by_ref().take(MAX_PADDING + 1).read_to_end(&mut padding).map_err(BackupError::Read)?;
    let mut after = [0; 1];
    let has_more = rest.into_inner().read(&mut after).map_err(BackupError::Read)? > 0;
    if has_more || read as u64 > MAX_PADDING || padding.iter().any(|byte| *byte != 0) {
        return Err(refused("something after its end"));
    }
    Ok(())
}

/// A new file; its folders are created. Never replaces one. There are no links in the folder, so the path stays in it.
fn create(path: &Path, is_program: bool) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_program { 0o755 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = is_program;
    options.open(path)
}

#[cfg(test)]
mod tests;
