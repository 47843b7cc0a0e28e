//! Where a backup goes. It is written under a name that ends with `.part`, and gets its own name only once it is complete, so that
//! no half of a backup looks like a whole one.

use crate::backup::absolute;
use crate::error::AppError;
use crate::profile::location::Profile;
use crate::profile::private_file;
use growqr_core::clock::Timestamp;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The ending of a backup's name.
const ENDING: &str = ".tar.gz";
/// How many backups of one day are numbered.
const NUMBERS: u32 = 1_000;
/// The ending of the name of a file that is being written.
const PART_ENDING: &str = ".growqr.part";

/// Where a backup goes.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    folder: PathBuf,
    /// The names to try, in order.
    names: Vec<String>,
}

/// The file that is being written. Removed when it is dropped before it has its name.
pub(super) struct PartFile {
    file: tempfile::NamedTempFile,
    destination: Destination,
}

impl Destination {
    /// A new file in this folder, or this new file.
    pub(super) fn choose(to: &Path, profile: &Profile, at: Timestamp) -> Result<Destination, AppError> {
        let to = absolute(to)?;
        let (folder, names) = match to.file_name().map(|name| name.to_string_lossy().into_owned()) {
            Some(name) if !to.is_dir() => (to.parent().unwrap_or(&to).to_owned(), vec![name]),
            _ => (to, dated_names(at)),
        };
        if !folder.is_dir() {
            return Err(AppError::bad_request(
                format!("there is no folder {}", folder.display()),
                "Create it, or choose another one.",
            ));
        }
        let is_inside = |folder: &Path, of: &Path| match (folder.canonicalize(), of.canonicalize()) {
            (Ok(folder), Ok(of)) => folder.starts_with(of),
            _ => false,
        };
        if is_inside(&folder, &profile.memory()) {
            return Err(AppError::bad_request("a backup cannot be in the memory that it copies", "Choose another folder."));
        }
        match names.as_slice() {
            [name] if folder.join(name).exists() => {
                Err(AppError::bad_request(format!("{} exists already", folder.join(name).display()), "Choose another name."))
            }
            _ => Ok(Destination { folder, names }),
        }
    }

    /// A new, empty file beside the destination, which only this user can read. Its name is random: no other backup has it. Those that
    /// killed backups have left there are removed.
    pub(super) fn part(&self) -> Result<PartFile, AppError> {
        remove_old(&self.folder, PART_LEFT_AFTER, |name| name.ends_with(PART_ENDING));
        let name: String = self.names.first().map_or("backup", String::as_str).chars().take(50).collect();
        let mut options = File::options();
        options.write(true).read(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = tempfile::Builder::new()
            .prefix(&format!("{name}."))
            .suffix(PART_ENDING)
            .make_in(&self.folder, |path| options.open(path))
            .map_err(|source| AppError::file("create a file in", &self.folder, source))?;
        Ok(PartFile { file, destination: self.clone() })
    }
}

fn dated_names(at: Timestamp) -> Vec<String> {
    let date = crate::date(at.0);
    let base = format!("GrowQR backup {:04}-{:02}-{:02}", date.year, date.month, date.day);
    let numbered = |number| if number == 1 { format!("{base}{ENDING}") } else { format!("{base} ({number}){ENDING}") };
    (1..=NUMBERS).map(numbered).collect()
}

impl PartFile {
    /// The same open file: what is written through it is in this file, whatever happens to its name.
    pub(super) fn file(&self) -> Result<File, AppError> {
        self.file.as_file().try_clone().map_err(|source| AppError::file("open", self.file.path(), source))
    }

    /// Gives the file, which is complete, the first of its names that is free.
    pub(super) fn name(self) -> Result<PathBuf, AppError> {
        // Closed, and removed when this is dropped; it is not there any more once it has its name.
        let part = self.file.into_temp_path();
        for name in &self.destination.names {
            let to = self.destination.folder.join(name);
            match rename_new(&part, &to) {
                Ok(()) => {
                    sync_folder(&self.destination.folder);
                    return Ok(to);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(AppError::file("rename", &part, source)),
            }
        }
        Err(AppError::bad_request("there are files of this name already", "Choose another name, or another folder."))
    }
}

/// Renames a file; an existing one is not replaced. Where a file cannot have two names, there is a moment between looking and
/// renaming.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if to.symlink_metadata().is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// Makes the names in a folder durable where the system can. The contents are already.
pub(super) fn sync_folder(folder: &Path) {
    if let Err(error) = private_file::sync_folder(folder) {
        tracing::debug!(%error, "the names in a folder may not be durable yet");
    }
}

/// A file for the copy of the database, for this user only; those that killed backups have left are removed.
pub(super) fn temporary(folder: &Path) -> Result<tempfile::NamedTempFile, AppError> {
    const PREFIX: &str = "backup-of-database-";
    remove_old(folder, COPY_LEFT_AFTER, |name| name.starts_with(PREFIX));
    let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder);
    file.map_err(|source| AppError::file("create a file in", folder, source))
}

/// Removes the files with such names that were last written so long ago. A backup that is under way has written to its own a moment
/// ago.
fn remove_old(folder: &Path, after: Duration, is_ours: impl Fn(&str) -> bool) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    for file in files.filter(|file| is_ours(&file.file_name().to_string_lossy())) {
        let Ok(data) = file.metadata() else { continue };
        let is_old = data.modified().is_ok_and(|at| at.elapsed().is_ok_and(|ago| ago > after));
        if data.is_file() && is_old {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// A copy of the database that is this old belongs to no backup under way.
const COPY_LEFT_AFTER: Duration = Duration::from_secs(6 * 60 * 60);
/// A backup that is this old and has no name was killed.
const PART_LEFT_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::location::Environment;
    use std::io::Write;

    #[test]
    fn a_backup_never_replaces_a_file_and_a_half_one_has_no_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::find(Some(&folder.path().join("data")), &Environment::default()).expect("a profile");
        let destination = Destination::choose(folder.path(), &profile, Timestamp(0)).expect("a destination");
        let file_names = || {
            let mut names: Vec<String> = fs::read_dir(folder.path())
                .expect("a folder")
                .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        let part = destination.part().expect("a part");
        assert!(file_names().iter().all(|name| name.ends_with(".part")), "{:?}", file_names());
        drop(part);
        assert!(file_names().is_empty());
        for _ in 0..2 {
            destination.part().expect("a part").name().expect("named");
        }
        assert_eq!(file_names(), ["GrowQR backup 1970-01-01 (2).tar.gz", "GrowQR backup 1970-01-01.tar.gz"]);
        let taken = folder.path().join("GrowQR backup 1970-01-01.tar.gz");
        assert!(Destination::choose(&taken, &profile, Timestamp(0)).is_err());
        assert!(Destination::choose(&folder.path().join("none/x"), &profile, Timestamp(0)).is_err());
        fs::create_dir_all(profile.memory()).expect("a memory");
        assert!(Destination::choose(&profile.memory(), &profile, Timestamp(0)).is_err());
    }

    #[test]
    fn two_backups_at_once_are_two_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::find(Some(&folder.path().join("data")), &Environment::default()).expect("a profile");
        let parts = ["one", "two"].map(|text| {
            let part = Destination::choose(folder.path(), &profile, Timestamp(0)).expect("a destination").part().expect("a part");
            part.file().expect("a file").write_all(text.as_bytes()).expect("written");
            (part, text)
        });
        for (part, text) in parts {
            let named = part.name().expect("named");
            assert_eq!(fs::read_to_string(named).expect("a file"), text);
        }
    }

    #[test]
    fn what_a_killed_backup_has_left_is_removed_after_a_day_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::find(Some(&folder.path().join("data")), &Environment::default()).expect("a profile");
        let names = ["GrowQR backup.tar.gz.1.growqr.part", "new.growqr.part", "film.part", "GrowQR backup.tar.gz"];
        for name in names {
            let file = File::create(folder.path().join(name)).expect("a file");
            if name != "new.growqr.part" {
                file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("old");
            }
        }
        drop(Destination::choose(folder.path(), &profile, Timestamp(0)).expect("a destination").part().expect("a part"));
        let left: Vec<&str> = names.into_iter().filter(|name| folder.path().join(name).exists()).collect();
        assert_eq!(left, names[1..]);
    }
}
