//! Which containers belong to a data folder: those with its label. A folder that was moved keeps its label, and a copy of it gets
//! another one, so that a copy never touches the containers of the original.

use crate::error::AppError;
use crate::profile::private_file;
use growqr_core::id::sha256_hex;
use serde::{Deserialize, Serialize};
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
    /// Where the folder was when the label was last read.
    folder: PathBuf,
}

/// The label of a data folder; made if it has none.
///
/// A copy that is first used after its original was moved or removed is taken for the moved original.
///
/// # Errors
/// If its files can be neither read nor written.
pub(crate) fn label(root: &Path) -> Result<String, AppError> {
    let folder = place(root);
    match read(root)? {
        Some(install) if install.folder == folder => Ok(install.label),
        _ => label_of_new_place(root, folder),
    }
}

fn label_of_new_place(root: &Path, folder: PathBuf) -> Result<String, AppError> {
    fs::create_dir_all(root).map_err(|source| AppError::file("create", root, source))?;
    let path = root.join("install.lock");
    let failed = |source| AppError::file("lock", &path, source);
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    // Another program may choose a label at the same time. Closing the file releases the lock.
    lock.lock().map_err(failed)?;
    let label = match read(root)? {
        Some(install) if install.folder == folder => return Ok(install.label),
        Some(install) if is_copy(root, &install)? => format!("{:032x}", rand::random::<u128>())[..LABEL_LENGTH].to_owned(),
        Some(install) => install.label,
        None => first_label(root, &folder)?,
    };
    let path = stored(root);
    let text = serde_json::to_vec(&Install { label: label.clone(), folder })
        .map_err(|error| AppError::Config { place: root.display().to_string(), problem: error.to_string() })?;
    private_file::replace(&path, &text).map_err(|source| AppError::file("write", &path, source))?;
    Ok(label)
}

/// Whether the folder from which this one comes is still in its place. One that cannot be read may be.
fn is_copy(root: &Path, install: &Install) -> Result<bool, AppError> {
    let original = &install.folder;
    let label = match read(original) {
        Ok(None) => read_id(&original.join("install-id")).map(|id| id.map(|id| hash(&id, original))),
        found => found.map(|found| found.map(|found| found.label)),
    };
    if label.is_ok_and(|label| label.as_ref() != Some(&install.label)) {
        return Ok(false);
    }
    // One folder can have two paths, for example on a mounted disk. Then a new file appears in both.
    let probe = tempfile::NamedTempFile::new_in(root).map_err(|source| AppError::file("write", root, source))?;
    let is_same = probe.path().file_name().is_some_and(|name| original.join(name).exists());
    Ok(!is_same)
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
