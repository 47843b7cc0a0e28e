//! Which containers belong to a data folder: those with its label. A folder that was moved keeps its label, and a copy of it gets
//! another one, so that a copy never touches the containers of the original.
//!
//! A copy can be taken for the moved original, for example while the disk of the original is away. So containers also name the
//! folder that made them: once both folders are there, one of them takes another label.

use crate::error::AppError;
use crate::stack::other_folders::{OtherFolder, OtherFolders};
use crate::stack::place::{ID_LENGTH, LABEL_LENGTH, Place, canonical, hash, name, read, read_id};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The label of a data folder; made if it has none.
///
/// A copy that is first used after its original was moved or removed is taken for the moved original.
///
/// # Errors
/// If its files can be neither read nor written, or the folder from which it comes does not answer.
pub(crate) async fn label(root: &Path, folders: &OtherFolders) -> Result<String, AppError> {
    let original = match read(root)? {
        Some(place) if place.folder == name(root) => return Ok(place.label),
        Some(place) => {
            let found = folders.read(root, &place.label, &BTreeSet::from([place.folder.clone()])).await;
            match found.into_values().next() {
                Some(OtherFolder::NoAnswer) | None => return Err(no_answer(&place.folder)),
                Some(found) => found,
            }
        }
        None => OtherFolder::Missing,
    };
    label_of_new_place(root, &original)
}

fn no_answer(folder: &str) -> AppError {
    AppError::Docker {
        message: format!("the folder in which this data was before does not answer: {folder}"),
        retryable: true,
        next_step: "Connect its disk again, or unmount it. It is tried again by itself.".to_owned(),
    }
}

/// The data folder that has the containers with this label, if it is another one than this.
///
/// It must be named by containers, use the label, and either run now or have come to its place later than this one: a backup that
/// only lies there takes nothing. If containers name both, the later one keeps them, so that never both leave.
pub(crate) fn owner_of_shared(
    root: &Path,
    label: &str,
    named: &BTreeSet<String>,
    folders: &BTreeMap<String, OtherFolder>,
) -> Result<Option<String>, AppError> {
    let own = name(root);
    let moves = read(root)?.filter(|place| place.label == label).map_or(0, |place| place.moves);
    let has_them = |folder: &String, found: &OtherFolder| {
        let OtherFolder::There(there) = found else { return false };
        let Some(place) = there.place.as_ref().filter(|place| place.label == label && place.folder == *folder) else {
            return false;
        };
        let is_later = place.moves > moves;
        let keeps = !named.contains(&own) || is_later || (place.moves == moves && *folder < own);
        !there.is_own && keeps && (is_later || there.is_in_use)
    };
    let others = folders.iter().filter(|(folder, _)| **folder != own && named.contains(*folder));
    Ok(others.filter(|(folder, found)| has_them(folder, found)).map(|(folder, _)| folder.clone()).next())
}

/// Takes another label instead of this one, unless that has been done: the containers are left to the folder `left_to`.
///
/// # Errors
/// If it cannot be stored.
pub(crate) fn take_another(root: &Path, label: &str, left_to: &str) -> Result<String, AppError> {
    let _lock = lock(root)?;
    match read(root)? {
        Some(place) if place.label != label && place.folder == name(root) => Ok(place.label),
        _ => store(root, Place { label: random_label(), left_to: Some(left_to.to_owned()), ..Place::default() }),
    }
}

/// Forgets to whom containers were left, after the person has removed this data folder's own.
///
/// # Errors
/// If it cannot be stored.
pub(crate) fn forget_left(root: &Path) -> Result<(), AppError> {
    let _lock = lock(root)?;
    match read(root)? {
        Some(place) if place.left_to.is_some() => Place { left_to: None, ..place }.store(root),
        _ => Ok(()),
    }
}

fn label_of_new_place(root: &Path, original: &OtherFolder) -> Result<String, AppError> {
    fs::create_dir_all(root).map_err(|source| AppError::file("create", root, source))?;
    let _lock = lock(root)?;
    let folder = name(root);
    let place = match read(root)? {
        Some(place) if place.folder == folder => return Ok(place.label),
        Some(place) if is_copy(&place, original) => Place { label: random_label(), ..Place::default() },
        Some(place) => place.moved(),
        None => Place { label: first_label(root, &canonical(root))?, ..Place::default() },
    };
    store(root, place)
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

fn store(root: &Path, place: Place) -> Result<String, AppError> {
    let place = Place { folder: name(root), ..place };
    place.store(root)?;
    Ok(place.label)
}

/// Whether the folder from which this one comes is still in its place. One that cannot be read may be.
fn is_copy(place: &Place, original: &OtherFolder) -> bool {
    match original {
        OtherFolder::Missing => false,
        OtherFolder::Unreadable | OtherFolder::NoAnswer => true,
        OtherFolder::There(there) => !there.is_own && there.place.as_ref().is_some_and(|found| found.label == place.label),
    }
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
    use crate::stack::other_folders::look_at;

    fn label(root: &Path) -> Result<String, AppError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(super::label(root, &OtherFolders::default()))
    }

    /// Who has the containers with this label that these folders have made, as `root` sees it.
    fn owner(root: &Path, label: &str, makers: &[&Path]) -> Option<String> {
        let named: BTreeSet<String> = makers.iter().map(|maker| name(maker)).collect();
        let found = named.iter().map(|folder| (folder.clone(), look_at(root, label, folder))).collect();
        owner_of_shared(root, label, &named, &found).unwrap()
    }

    /// A host that runs in a data folder until this is dropped.
    fn run(root: &Path) -> File {
        let profile = root.join("profiles/local");
        fs::create_dir_all(&profile).unwrap();
        let lock = File::create(profile.join("host.lock")).unwrap();
        lock.lock().unwrap();
        lock
    }

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
        copy(&disk, &home);
        let disk_name = name(&disk);
        fs::rename(&disk, &away).unwrap();
        assert_eq!(label(&home).unwrap(), shared, "taken for the moved original");
        fs::rename(&away, &disk).unwrap();
        assert_eq!((label(&disk).unwrap(), label(&home).unwrap()), (shared.clone(), shared.clone()));
        assert_eq!(owner(&home, &shared, &[&disk]), None, "the original only lies there");
        let _host = run(&disk);
        assert_eq!(owner(&disk, &shared, &[&disk]), None);
        assert_eq!(owner(&home, &shared, &[&disk]), Some(disk_name.clone()));
        let another = take_another(&home, &shared, &disk_name).unwrap();
        assert_ne!(another, shared);
        assert_eq!(take_another(&home, &shared, &disk_name).unwrap(), another, "once");
        assert_eq!(read(&home).unwrap().unwrap().left_to, Some(disk_name));
        assert_eq!((label(&disk).unwrap(), label(&home).unwrap()), (shared.clone(), another));
        assert_eq!(owner(&disk, &shared, &[&disk, &home]), None);
    }

    #[test]
    fn a_backup_at_the_old_place_of_a_moved_folder_does_not_take_its_containers() {
        let base = tempfile::tempdir().unwrap();
        let [old, moved, backup] = ["old", "moved", "backup"].map(|name| base.path().join(name));
        let shared = label(&old).unwrap();
        copy(&old, &backup);
        fs::rename(&old, &moved).unwrap();
        assert_eq!(label(&moved).unwrap(), shared);
        copy(&backup, &old);
        assert_eq!(label(&old).unwrap(), shared);
        assert_eq!(owner(&moved, &shared, &[&old]), None);
        // The moved folder has made a container, too.
        let _host = run(&old);
        assert_eq!(owner(&moved, &shared, &[&old, &moved]), None);
        assert_eq!(owner(&old, &shared, &[&old, &moved]), Some(name(&moved)));
    }

    #[test]
    fn of_two_folders_that_both_run_and_have_made_containers_exactly_one_leaves() {
        let base = tempfile::tempdir().unwrap();
        let [one, other, away] = ["one", "other", "away"].map(|name| base.path().join(name));
        let shared = label(&one).unwrap();
        copy(&one, &other);
        fs::rename(&one, &away).unwrap();
        assert_eq!(label(&other).unwrap(), shared);
        fs::rename(&away, &one).unwrap();
        let _hosts = [run(&one), run(&other)];
        let leaves = |root| owner(root, &shared, &[&one, &other]).is_some();
        assert_eq!((leaves(&one), leaves(&other)), (true, false));
        // Files of earlier versions do not say which came later.
        for root in [&one, &other] {
            let place = Place { moves: 0, ..read(root).unwrap().unwrap() };
            place.store(root).unwrap();
        }
        assert_ne!(leaves(&one), leaves(&other));
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
        let before = hash(id, &canonical(&folder));
        assert_eq!(label(&folder).unwrap(), before);
        assert_eq!(label(&copied).unwrap(), hash(id, &canonical(&copied)));
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
