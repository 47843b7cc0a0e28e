//! Which containers belong to a data folder: those with its label. A folder that was moved keeps its label, and a copy of it gets
//! another one, so that a copy never touches the containers of the original.
//!
//! A copy can be taken for the moved original, for example while the disk of the original is away. So containers also name the
//! folder that made them: once both folders are there, one of them takes another label.

use crate::error::AppError;
use crate::profile::private_file;
use crate::stack::folder_name;
use growqr_core::id::sha256_hex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The length of an install's id, in hexadecimal digits.
const ID_LENGTH: usize = 32;

/// The length of a label, in hexadecimal digits.
const LABEL_LENGTH: usize = 16;

/// What is stored in the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Install {
    label: String,
    /// Where the folder was when the label was last read, as [`name`] writes it.
    folder: String,
}

/// The label of a data folder; made if it has none.
///
/// A copy that is first used after its original was moved or removed is taken for the moved original.
///
/// # Errors
/// If its files can be neither read nor written.
pub(crate) fn label(root: &Path) -> Result<String, AppError> {
    let folder = name(root);
    match read(root)? {
        Some(install) if install.folder == folder => Ok(install.label),
        _ => label_of_new_place(root, folder),
    }
}

/// How containers name a data folder.
pub(crate) fn name(root: &Path) -> String {
    folder_name::to_text(&place(root))
}

/// Whether one of these folders, which containers with this label name, is another one that uses the label now. One that cannot be
/// read does not.
///
/// # Errors
/// If no file can be made in the data folder, to see whether both are the same.
pub(crate) fn is_shared(root: &Path, label: &str, named: &BTreeSet<String>) -> Result<bool, AppError> {
    let own = name(root);
    for other in named.iter().filter(|other| **other != own) {
        let folder = folder_name::from_text(other);
        let uses = |install: Install| install.label == label && install.folder == *other;
        if read(&folder).is_ok_and(|found| found.is_some_and(uses)) && !is_same(root, &folder)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes another label instead of this one, unless that has been done.
///
/// # Errors
/// If it cannot be stored.
pub(crate) fn take_another(root: &Path, label: &str) -> Result<String, AppError> {
    let _lock = lock(root)?;
    match read(root)? {
        Some(install) if install.label != label && install.folder == name(root) => Ok(install.label),
        _ => store(root, random_label(), name(root)),
    }
}

fn label_of_new_place(root: &Path, folder: String) -> Result<String, AppError> {
    fs::create_dir_all(root).map_err(|source| AppError::file("create", root, source))?;
    let _lock = lock(root)?;
    let label = match read(root)? {
        Some(install) if install.folder == folder => return Ok(install.label),
        Some(install) if is_copy(root, &install)? => random_label(),
        Some(install) => install.label,
        None => first_label(root, &place(root))?,
    };
    store(root, label, folder)
}

/// Another program may choose a label at the same time. Closing the file releases the lock.
fn lock(root: &Path) -> Result<File, AppError> {
    let path = root.join("install.lock");
    let failed = |source| AppError::file("lock", &path, source);
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    lock.lock().map_err(failed)?;
    Ok(lock)
}

/// A label that nothing has.
pub(crate) fn random_label() -> String {
    format!("{:032x}", rand::random::<u128>())[..LABEL_LENGTH].to_owned()
}

fn store(root: &Path, label: String, folder: String) -> Result<String, AppError> {
    let path = stored(root);
    let install = Install { label, folder };
    let text = serde_json::to_vec(&install)
        .map_err(|error| AppError::Config { place: root.display().to_string(), problem: error.to_string() })?;
    private_file::replace(&path, &text).map_err(|source| AppError::file("write", &path, source))?;
    Ok(install.label)
}

/// Whether the folder from which this one comes is still in its place. One that cannot be read may be.
fn is_copy(root: &Path, install: &Install) -> Result<bool, AppError> {
    let original = &folder_name::from_text(&install.folder);
    let label = match read(original) {
        Ok(None) => read_id(&original.join("install-id")).map(|id| id.map(|id| hash(&id, original))),
        found => found.map(|found| found.map(|found| found.label)),
    };
    if label.is_ok_and(|label| label.as_ref() != Some(&install.label)) {
        return Ok(false);
    }
    Ok(!is_same(root, original)?)
}

/// Whether both are one folder. It can have two paths, for example on a mounted disk. Then a new file appears in both.
fn is_same(root: &Path, other: &Path) -> Result<bool, AppError> {
    let probe = tempfile::NamedTempFile::new_in(root).map_err(|source| AppError::file("write", root, source))?;
    Ok(probe.path().file_name().is_some_and(|name| other.join(name).exists()))
}

/// The label of a folder without one: that of earlier versions, whose containers may run.
fn first_label(root: &Path, folder: &Path) -> Result<String, AppError> {
    let file = root.join("install-id");
    let id = match read_id(&file)? {
        Some(id) => id,
        None => make_id(root, &file)?,
    };
    Ok(hash(&id, folder))
}

fn hash(id: &str, folder: &Path) -> String {
    sha256_hex(format!("{id}\0{}", folder.display()).as_bytes())[..LABEL_LENGTH].to_owned()
}

fn place(root: &Path) -> PathBuf {
    fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf())
}

fn stored(root: &Path) -> PathBuf {
    root.join("install.json")
}

/// What is stored; `None` if nothing is, or nothing that can be read.
fn read(root: &Path) -> Result<Option<Install>, AppError> {
    let path = stored(root);
    match fs::read(&path) {
        Ok(text) => {
            let install: Option<Install> = serde_json::from_slice(&text).ok();
            Ok(install.filter(|install| install.label.len() == LABEL_LENGTH))
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(source) => Err(AppError::file("read", &path, source)),
    }
}

/// The stored id; `None` if there is none, or none that is complete.
fn read_id(file: &Path) -> Result<Option<String>, AppError> {
    match fs::read_to_string(file) {
        Ok(id) => Ok((id.len() == ID_LENGTH).then_some(id)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(source) => Err(AppError::file("read", file, source)),
    }
}

/// Stores a new id, unless another process has just stored one: then that one.
fn make_id(root: &Path, file: &Path) -> Result<String, AppError> {
    let failed = |source| AppError::file("create", file, source);
    let made = format!("{:0ID_LENGTH$x}", rand::random::<u128>());
    let mut new = tempfile::NamedTempFile::new_in(root).map_err(failed)?;
    new.write_all(made.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(failed)?;
    match new.persist_noclobber(file) {
        Ok(_) => Ok(made),
        Err(lost) if lost.error.kind() == ErrorKind::AlreadyExists => match read_id(file)? {
            Some(id) => Ok(id),
            // Damaged: no container can have been made with it.
            None => lost.file.persist(file).map(|_| made).map_err(|lost| failed(lost.error)),
        },
        Err(lost) => Err(failed(lost.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(from: &Path, to: &Path) {
        fs::create_dir(to).unwrap();
        for file in ["install-id", "install.json"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }

    #[test]
    fn a_moved_folder_keeps_its_label_and_a_copy_gets_another() {
        let base = tempfile::tempdir().unwrap();
        let [first, moved, again] = ["first", "moved", "again"].map(|name| base.path().join(name));
        let of_first = label(&first).unwrap();
        assert_eq!(label(&first).unwrap(), of_first);
        fs::rename(&first, &moved).unwrap();
        assert_eq!(label(&moved).unwrap(), of_first);
        copy(&moved, &first);
        let of_copy = label(&first).unwrap();
        assert_ne!(of_copy, of_first);
        assert_eq!((label(&moved).unwrap(), label(&first).unwrap()), (of_first.clone(), of_copy.clone()));
        // Another install is now where each of them was.
        fs::rename(&first, &again).unwrap();
        fs::rename(&moved, &first).unwrap();
        fs::rename(&again, &moved).unwrap();
        assert_eq!((label(&first).unwrap(), label(&moved).unwrap()), (of_first, of_copy));
    }

    #[test]
    fn of_two_folders_that_use_one_label_the_one_that_made_no_container_takes_another() {
        let base = tempfile::tempdir().unwrap();
        let [disk, home, away] = ["disk", "home", "away"].map(|name| base.path().join(name));
        let shared = label(&disk).unwrap();
        let named = BTreeSet::from([name(&disk)]);
        copy(&disk, &home);
        fs::rename(&disk, &away).unwrap();
        assert_eq!(label(&home).unwrap(), shared, "taken for the moved original");
        assert!(!is_shared(&home, &shared, &named).unwrap());
        fs::rename(&away, &disk).unwrap();
        assert_eq!((label(&disk).unwrap(), label(&home).unwrap()), (shared.clone(), shared.clone()));
        assert!(!is_shared(&disk, &shared, &named).unwrap());
        assert!(is_shared(&home, &shared, &named).unwrap());
        let another = take_another(&home, &shared).unwrap();
        assert_ne!(another, shared);
        assert_eq!(take_another(&home, &shared).unwrap(), another, "once");
        assert_eq!((label(&disk).unwrap(), label(&home).unwrap()), (shared.clone(), another));
        assert!(!is_shared(&disk, &shared, &BTreeSet::from([name(&disk), name(&home)])).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_whose_name_is_not_valid_unicode_has_a_label() {
        use std::os::unix::ffi::OsStrExt;
        let base = tempfile::tempdir().unwrap();
        let [first, moved] = [&b"\xff"[..], b"\xfe"].map(|name| base.path().join(std::ffi::OsStr::from_bytes(name)));
        if fs::create_dir(&first).is_err() {
            // Such names cannot exist on this system's disks.
            return;
        }
        let before = label(&first).unwrap();
        assert_eq!(label(&first).unwrap(), before);
        assert_ne!(name(&first), name(&moved));
        copy(&first, &moved);
        let of_copy = label(&moved).unwrap();
        assert_ne!(of_copy, before);
        assert_eq!(label(&first).unwrap(), before);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_with_two_paths_is_no_copy() {
        let base = tempfile::tempdir().unwrap();
        let [first, moved] = ["first", "moved"].map(|name| base.path().join(name));
        let before = label(&first).unwrap();
        fs::rename(&first, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &first).unwrap();
        assert_eq!(label(&moved).unwrap(), before);
    }

    #[test]
    fn a_folder_whose_last_place_cannot_be_read_gets_another_label() {
        let base = tempfile::tempdir().unwrap();
        let [first, moved] = ["first", "moved"].map(|name| base.path().join(name));
        let before = label(&first).unwrap();
        fs::rename(&first, &moved).unwrap();
        fs::create_dir_all(first.join("install.json")).unwrap();
        assert_ne!(label(&moved).unwrap(), before);
    }

    #[test]
    fn the_label_of_earlier_versions_is_kept() {
        let base = tempfile::tempdir().unwrap();
        let [folder, moved, copied] = ["folder", "moved", "copied"].map(|name| base.path().join(name));
        let id = "0123456789abcdef0123456789abcdef";
        for root in [&folder, &copied] {
            fs::create_dir(root).unwrap();
            fs::write(root.join("install-id"), id).unwrap();
        }
        let before = hash(id, &place(&folder));
        assert_eq!(label(&folder).unwrap(), before);
        assert_eq!(label(&copied).unwrap(), hash(id, &place(&copied)));
        fs::rename(&folder, &moved).unwrap();
        assert_eq!(label(&moved).unwrap(), before);
    }

    #[test]
    fn damaged_files_are_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let made = label(&folder.path().join("not/made/yet")).unwrap();
        assert_eq!(made.len(), LABEL_LENGTH);
        for (file, damaged) in [("install-id", ""), ("install.json", "{\"label\":")] {
            fs::write(folder.path().join(file), damaged).unwrap();
        }
        let made = label(folder.path()).unwrap();
        assert_eq!(label(folder.path()).unwrap(), made);
    }
}
