//! The folder of the profile into which a backup is restored. It is locked as by a host, from the look at it until all files are in
//! it, so no host can begin there meanwhile, and none that runs is disturbed. The lock file stays where it is: files are moved in.

use crate::backup::destination::sync_folder;
use crate::error::AppError;
use crate::host::lock::ProfileLock;
use crate::profile::location::Profile;
use crate::profile::private_file;
use growqr_core::clock::Timestamp;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Files of a profile's folder that have no data of the person.
const WITHOUT_DATA: [&str; 4] = ["host.lock", "host.json", "host.sock", "no-containers-yet"];

/// A file that is there while the others are moved in. After a kill it stays: what is beside it is half of a backup.
const UNFINISHED: &str = "restore-unfinished";

/// A profile without data, which no other process can open.
pub(super) struct EmptyProfile {
    profile: Profile,
    _lock: ProfileLock,
}

impl EmptyProfile {
    /// Locks the profile; its folder is created if it is missing. What a killed restore has left in it is removed.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if it has data, [`AppError::InUse`] if a host has it.
    pub(super) fn lock(profile: &Profile, now: Timestamp) -> Result<EmptyProfile, AppError> {
        let folder = profile.folder();
        // Nothing is written into a profile with data.
        if folder.exists() && !folder.join(UNFINISHED).exists() {
            refuse_data(&folder)?;
        }
        profile.create()?;
        let lock = ProfileLock::take(profile, now)?;
        let lock = lock.ok_or_else(|| AppError::InUse { holder: ProfileLock::holder(profile) })?;
        if folder.join(UNFINISHED).exists() {
            remove_unfinished(&folder).map_err(|source| AppError::file("empty", &folder, source))?;
        }
        refuse_data(&folder)?;
        Ok(EmptyProfile { profile: profile.clone(), _lock: lock })
    }

    /// Moves all files of `from`, which is on the same disk, into the folder, and returns it. They are durable then.
    ///
    /// # Errors
    /// If something has appeared in the folder, or a file cannot be moved; then `from` has all its files again.
    pub(super) fn fill(self, from: &Path) -> Result<PathBuf, AppError> {
        let to = self.profile.folder();
        refuse_data(&to)?;
        let mark = to.join(UNFINISHED);
        let marked = File::create(&mark).and_then(|file| private_file::sync(&file));
        marked.map_err(|source| AppError::file("create", &mark, source))?;
        let mut moved = Vec::new();
        let done = move_all(from, &to, &mut moved)
            .map_err(|source| AppError::file("move files into", &to, source))
            .and_then(|()| self.profile.note_containers());
        if let Err(error) = done {
            let back = moved.iter().all(|name| fs::rename(to.join(name), from.join(name)).is_ok());
            if back {
                let _ = fs::remove_file(&mark);
            }
            return Err(error);
        }
        sync_folder(&to);
        fs::remove_file(&mark).map_err(|source| AppError::file("remove", &mark, source))?;
        sync_folder(&to);
        if let Some(profiles) = to.parent() {
            sync_folder(profiles);
        }
        Ok(to)
    }
}

/// Refuses a profile into whose folder a killed restore has moved only some files.
///
/// # Errors
/// [`AppError::BadRequest`].
pub(crate) fn refuse_unfinished(profile: &Profile) -> Result<(), AppError> {
    let folder = profile.folder();
    if !folder.join(UNFINISHED).exists() {
        return Ok(());
    }
    Err(AppError::bad_request(
        format!("a restore into {} was cut off, so only a part of the backup is there", folder.display()),
        "Restore the backup again: growqr restore FILE",
    ))
}

fn refuse_data(folder: &Path) -> Result<(), AppError> {
    let names = names(folder).map_err(|source| AppError::file("list", folder, source))?;
    let Some(name) = names.iter().find(|name| !is_without_data(name)) else { return Ok(()) };
    Err(AppError::bad_request(
        format!("{} has data already ({})", folder.display(), name.to_string_lossy()),
        "Restore into a new data folder: growqr restore FILE --data-dir DIR. Or quit GrowQR and move that folder away.",
    ))
}

fn is_without_data(name: &OsStr) -> bool {
    WITHOUT_DATA.iter().any(|known| name == OsStr::new(known))
}

fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Moves the files and folders, and adds the names of those that are moved.
fn move_all(from: &Path, to: &Path, moved: &mut Vec<OsString>) -> io::Result<()> {
    for name in names(from)? {
        let target = to.join(&name);
        if target.symlink_metadata().is_ok() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} exists already", target.display())));
        }
        fs::rename(from.join(&name), target)?;
        moved.push(name);
    }
    Ok(())
}

/// Removes what a killed restore has moved in; the mark last.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for name in names(folder)?.iter().filter(|name| !is_without_data(name) && *name != UNFINISHED) {
        let path = folder.join(name);
        if path.symlink_metadata()?.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    fs::remove_file(folder.join(UNFINISHED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::location::Environment;

    const NOW: Timestamp = Timestamp(1_000);

    fn profile(folder: &Path) -> Profile {
        Profile::find(Some(folder), &Environment::default()).expect("a profile")
    }

    /// A folder beside the profile's with these files.
    fn staged(root: &Path, files: &[&str]) -> PathBuf {
        let folder = root.join("staged");
        fs::create_dir_all(&folder).expect("a folder");
        files.iter().for_each(|name| fs::write(folder.join(name), "new").expect("written"));
        folder
    }

    fn found(folder: &Path) -> Vec<OsString> {
        names(folder).expect("a folder")
    }

    #[test]
    fn the_profile_of_a_running_host_is_not_touched_and_stays_locked() {
        let root = tempfile::tempdir().expect("a folder");
        let profile = profile(root.path());
        profile.create().expect("created");
        let host = ProfileLock::take(&profile, NOW).expect("no error").expect("free");
        assert!(matches!(EmptyProfile::lock(&profile, NOW), Err(AppError::InUse { .. })));
        assert!(ProfileLock::take(&profile, NOW).expect("no error").is_none(), "the host has it still");
        drop(host);
        EmptyProfile::lock(&profile, NOW).expect("no host runs any more");
    }

    #[test]
    fn no_host_can_begin_until_all_files_are_there() {
        let root = tempfile::tempdir().expect("a folder");
        let profile = profile(root.path());
        let empty = EmptyProfile::lock(&profile, NOW).expect("it is new");
        assert!(ProfileLock::take(&profile, NOW).expect("no error").is_none(), "the restore has it");
        let from = staged(root.path(), &["growqr.db", "prompt-history.txt"]);
        let folder = empty.fill(&from).expect("restored");
        assert_eq!(found(&folder), ["growqr.db", "host.lock", "prompt-history.txt"]);
        assert!(found(&from).is_empty() && profile.may_have_containers());
        assert!(ProfileLock::take(&profile, NOW).expect("no error").is_some());
        refuse_unfinished(&profile).expect("it is whole");
    }

    #[test]
    fn what_appears_in_the_folder_meanwhile_stays_and_nothing_is_moved() {
        let root = tempfile::tempdir().expect("a folder");
        let profile = profile(root.path());
        let from = staged(root.path(), &["growqr.db", "host.lock", "x"]);
        // Refused while the files are moved: the first one goes back.
        let empty = EmptyProfile::lock(&profile, NOW).expect("it is new");
        empty.fill(&from).expect_err("there is a lock file");
        assert_eq!(found(&from), ["growqr.db", "host.lock", "x"]);
        assert_eq!(found(&profile.folder()), ["host.lock", "no-containers-yet"]);
        // Refused before.
        let empty = EmptyProfile::lock(&profile, NOW).expect("it is empty");
        fs::write(profile.folder().join("growqr.db"), "other").expect("written");
        let refused = empty.fill(&from).expect_err("there is data").to_string();
        assert!(refused.contains("has data already (growqr.db)"), "{refused}");
        assert_eq!(fs::read(profile.folder().join("growqr.db")).expect("a file"), b"other");
        assert_eq!(found(&from).len(), 3);
    }

    #[test]
    fn half_of_a_backup_is_not_opened_and_the_next_restore_replaces_it() {
        let root = tempfile::tempdir().expect("a folder");
        let profile = profile(root.path());
        let memory = profile.folder().join("memory");
        fs::create_dir_all(&memory).expect("created");
        for path in [memory.join("me.md"), profile.folder().join("growqr.db"), profile.folder().join(UNFINISHED)] {
            fs::write(path, "").expect("written");
        }
        assert!(refuse_unfinished(&profile).expect_err("it is half").to_string().contains("was cut off"));
        let empty = EmptyProfile::lock(&profile, NOW).expect("half of a backup is no data");
        assert!(!memory.exists());
        let folder = empty.fill(&staged(root.path(), &["growqr.db"])).expect("restored");
        assert_eq!(fs::read(folder.join("growqr.db")).expect("a file"), b"new");
    }
}
