//! Writes a file: whole or not at all, and only if it is still what the person was shown.
//!
//! The new text is written beside the file under a name made from the effect, made durable, and then takes the file's place. Where the
//! system can, both exchange their names in one step, and what was replaced is compared once more: a change that came in between gets
//! its place back. After a kill, [`look_up`] finds in the folder how far this came.

use super::error::FilesError;
use super::folder::Folder;
use super::input::WriteInput;
use super::path::FilePath;
use super::place::{Place, open_file, read_whole, sync, sync_file};
use super::text::{Encoding, Format, LineEnds, as_read, decode, encode, is_beginning, is_written};
use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir, OpenOptions};
use growqr_core::id::{EffectId, sha256_hex};
use std::io::{ErrorKind, Write};

/// The largest file that can be written or replaced, in bytes.
pub(super) const MAX_BYTES: u64 = 4 << 20;

/// Names the content of a file.
pub(super) fn version(bytes: &[u8]) -> String {
    let mut hash = sha256_hex(bytes);
    hash.truncate(32);
    hash
}

/// What a write does.
pub(super) struct Change {
    /// The text that is replaced; `None` if the file is new.
    pub before: Option<String>,
    /// The new text, as it will be read.
    pub after: String,
    bytes: Vec<u8>,
    /// The bytes that are replaced.
    replaced: Option<Vec<u8>>,
    /// The file has this content already.
    is_done: bool,
}

/// What a write would do now. Changes nothing.
///
/// # Errors
/// [`FilesError`]: it cannot be written, or is no longer what the model has read.
pub(super) fn plan(folder: &Folder, path: &FilePath, input: &WriteInput) -> Result<Change, FilesError> {
    if !folder.can_write {
        return Err(FilesError::ReadOnly(folder.name.clone()));
    }
    match Place::of(folder, path, false) {
        Ok(place) => plan_at(&place, path, input),
        // The folder will be created.
        Err(FilesError::Missing(_)) => plan_content(path, input, None),
        Err(error) => Err(error),
    }
}

fn plan_at(place: &Place, path: &FilePath, input: &WriteInput) -> Result<Change, FilesError> {
    let Some((file, found)) = place.open(path)? else { return plan_content(path, input, None) };
    if found.permissions().readonly() {
        return Err(FilesError::Protected(path.to_string()));
    }
    if found.nlink() > 1 {
        return Err(FilesError::HardLinks(path.to_string()));
    }
    let bytes = read_whole(file, path, MAX_BYTES)?;
    plan_content(path, input, Some(bytes))
}

fn plan_content(path: &FilePath, input: &WriteInput, now: Option<Vec<u8>>) -> Result<Change, FilesError> {
    // A new text is stored as it is.
    let new_file = Format { encoding: Encoding::Utf8, ends: LineEnds::Mixed };
    let (format, before) = match (&now, &input.base) {
        (None, None) => (new_file, None),
        (None, Some(_)) => return Err(FilesError::Gone(path.to_string())),
        (Some(bytes), None) if *bytes != input.content.as_bytes() => return Err(FilesError::Exists(path.to_string())),
        (Some(bytes), Some(base)) if version(bytes) != *base && !is_written(&input.content, bytes) => {
            return Err(FilesError::Changed(path.to_string()));
        }
        (Some(bytes), _) => {
            let text = decode(bytes).ok_or_else(|| FilesError::Binary(path.to_string()))?;
            (text.format, Some(text.text))
        }
    };
    let bytes = encode(&input.content, format).map_err(|missing| {
        let (path, encoding) = (path.to_string(), format.encoding.as_str());
        FilesError::Encoding { path, encoding, missing }
    })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(FilesError::TooLarge { path: path.to_string(), bytes: bytes.len() as u64, limit: MAX_BYTES });
    }
    let is_done = now.as_ref().is_some_and(|now| *now == bytes || is_written(&input.content, now));
    let after = match &before {
        Some(before) if is_done => before.clone(),
        _ => as_read(&input.content, format.ends),
    };
    Ok(Change { before, after, bytes, replaced: now, is_done })
}

/// Writes a file. Returns its new version.
///
/// # Errors
/// [`FilesError`]; then the file is as it was, unless the disk fails after the last step.
pub(super) fn write(folder: &Folder, path: &FilePath, input: &WriteInput, effect: &EffectId) -> Result<String, FilesError> {
    // Before folders are created for it.
    plan(folder, path, input)?;
    let place = Place::of(folder, path, true)?;
    let written = write_at(&place, path, input, effect);
    if written.is_err() {
        place.remove_created();
    }
    written
}

fn write_at(place: &Place, path: &FilePath, input: &WriteInput, effect: &EffectId) -> Result<String, FilesError> {
    let draft = Draft { dir: &place.dir, name: draft_name(effect), path };
    draft.remove()?;
    let change = plan_at(place, path, input)?;
    let version = version(&change.bytes);
    if change.is_done {
        return Ok(change.replaced.as_deref().map_or(version, self::version));
    }
    draft.write(place, &change)?;
    let placed = match &change.replaced {
        None => draft.place_new(place),
        Some(replaced) => draft.replace(place, replaced),
    };
    // A draft that was exchanged, and cannot be exchanged back, has the text of another program.
    if placed.is_err() && draft.read().is_ok_and(|left| left.as_ref() == Some(&change.bytes)) {
        draft.remove()?;
    }
    placed?;
    sync(&place.dir, path)?;
    Ok(version)
}

/// What an interrupted write has done.
pub(super) enum Found {
    Written { version: String },
    Nothing,
    Unclear,
}

/// Finds out what an interrupted write has done, and removes what it has left.
///
/// # Errors
/// [`FilesError`]: it cannot be found out.
pub(super) fn look_up(folder: &Folder, path: &FilePath, input: &WriteInput, effect: &EffectId) -> Result<Found, FilesError> {
    let place = match Place::of(folder, path, false) {
        Ok(place) => place,
        Err(FilesError::Missing(_)) => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let draft = Draft { dir: &place.dir, name: draft_name(effect), path };
    let left = draft.read()?;
    let now = match place.open(path)? {
        Some((file, _)) => Some(read_whole(file, path, MAX_BYTES)?),
        None => None,
    };
    let is_new = |bytes: &Vec<u8>| is_written(&input.content, bytes);
    if now.as_ref().is_some_and(is_new) {
        // Killed between the exchange of the names and the look at what was replaced.
        if let (Some(left), Some(base)) = (&left, &input.base)
            && version(left) != *base
            && !is_beginning(&input.content, left)
            && draft.exchange(&place)?
        {
            draft.remove()?;
            sync(&place.dir, path)?;
            return Ok(Found::Nothing);
        }
        draft.remove()?;
        sync(&place.dir, path)?;
        return Ok(Found::Written { version: now.as_deref().map(version).unwrap_or_default() });
    }
    // The text of another program, if the file was changed again after the exchange of the names: that one stays.
    if left.is_none_or(|left| is_beginning(&input.content, &left) || input.base.as_ref() == Some(&version(&left))) {
        draft.remove()?;
    }
    let is_base = match (&now, &input.base) {
        (Some(now), Some(base)) => version(now) == *base,
        (None, None) => true,
        _ => false,
    };
    Ok(if is_base { Found::Nothing } else { Found::Unclear })
}

/// The name of the new text until it takes the file's place. It is hidden, so no tool reaches it.
pub(super) fn draft_name(effect: &EffectId) -> String {
    format!(".growqr-{}.tmp", &sha256_hex(effect.as_str().as_bytes())[..24])
}

/// The new text beside the file.
struct Draft<'a> {
    dir: &'a Dir,
    name: String,
    path: &'a FilePath,
}

impl Draft<'_> {
    fn error(&self, error: &std::io::Error) -> FilesError {
        FilesError::io(self.path, error)
    }

    fn remove(&self) -> Result<(), FilesError> {
        match self.dir.remove_file(&self.name) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.error(&error)),
            _ => Ok(()),
        }
    }

    fn read(&self) -> Result<Option<Vec<u8>>, FilesError> {
        match open_file(self.dir, &self.name, self.path)? {
            Some((file, _)) => read_whole(file, self.path, MAX_BYTES * 2).map(Some),
            None => Ok(None),
        }
    }

    /// Writes the new text, with the permissions of the file that it replaces, and makes it durable.
    fn write(&self, place: &Place, change: &Change) -> Result<(), FilesError> {
        let written = || -> std::io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            if change.replaced.is_some() {
                make_private(&mut options);
            }
            let mut file = self.dir.open_with(&self.name, &options)?;
            file.write_all(&change.bytes)?;
            if change.replaced.is_some() {
                file.set_permissions(place.dir.symlink_metadata(&place.name)?.permissions())?;
            }
            sync_file(&file)
        };
        written().map_err(|error| {
            let _ = self.remove();
            self.error(&error)
        })
    }

    /// Gives the new text the name of a file that does not exist.
    fn place_new(&self, place: &Place) -> Result<(), FilesError> {
        match self.dir.hard_link(&self.name, &place.dir, &place.name) {
            Ok(()) => return self.remove(),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(FilesError::Exists(self.path.to_string())),
            // Some disks have no hard links.
            Err(error) => tracing::debug!(%error, "a new file is placed by renaming"),
        }
        if place.open(self.path)?.is_some() {
            return Err(FilesError::Exists(self.path.to_string()));
        }
        self.dir.rename(&self.name, &place.dir, &place.name).map_err(|error| self.error(&error))
    }

    /// Gives the new text the name of the file with this content.
    fn replace(&self, place: &Place, replaced: &[u8]) -> Result<(), FilesError> {
        let changed = || FilesError::Changed(self.path.to_string());
        let is_same = match place.open(self.path)? {
            Some((file, _)) => read_whole(file, self.path, MAX_BYTES)? == replaced,
            None => return Err(FilesError::Gone(self.path.to_string())),
        };
        if !is_same {
            return Err(changed());
        }
        if !self.exchange(place)? {
            return self.dir.rename(&self.name, &place.dir, &place.name).map_err(|error| self.error(&error));
        }
        // The other content has the name of the draft now.
        let was_replaced = self.read();
        if was_replaced.is_ok_and(|content| content.is_some_and(|content| content == replaced)) {
            return self.remove();
        }
        self.exchange(place)?;
        Err(changed())
    }

    /// Exchanges the names of the draft and the file in one step; `false` if the system or the disk cannot.
    fn exchange(&self, place: &Place) -> Result<bool, FilesError> {
        exchange(self.dir, &self.name, &place.name).map_err(|error| self.error(&error))
    }
}

/// Nobody else may read what replaces a file before it has the permissions of that file.
#[cfg(unix)]
fn make_private(options: &mut OpenOptions) {
    cap_std::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn make_private(_options: &mut OpenOptions) {}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn exchange(dir: &Dir, one: &str, other: &str) -> std::io::Result<bool> {
    use rustix::fs::{RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(dir, one, dir, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(error) if [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn exchange(_dir: &Dir, _one: &str, _other: &str) -> std::io::Result<bool> {
    Ok(false)
}
