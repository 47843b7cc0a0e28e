//! Checks of the disk: its free space, and a log of the database that cannot be emptied.

use super::new_check::check;
use crate::machine;
use crate::profile::location::Profile;
use growqr_store::DbConfig;
use growqr_wire::{Check, CheckState};
use std::path::Path;

/// The check of the free space on the disk.
const DISK_SPACE: &str = "disk space";

/// With less free space a warning is due: downloads and containers use much at once.
const LITTLE_SPACE: u64 = 1024 * MEGABYTE;
/// With less free space the next writes may fail.
const NO_SPACE: u64 = 64 * MEGABYTE;
/// The log of SQLite is larger only if somebody reads for long: it is emptied at a fraction of this.
const LARGE_LOG: u64 = 64 * MEGABYTE;
const MEGABYTE: u64 = 1024 * 1024;

pub(super) fn disk_space(profile: &Profile) -> Check {
    disk_space_check(machine::free_bytes(&profile.folder()))
}

fn disk_space_check(free: Option<u64>) -> Check {
    let Some(free) = free else { return check(DISK_SPACE, CheckState::Ok, "not known on this system", None) };
    let found = format!("{} MB free for the data folder", free / MEGABYTE);
    let step = Some("Make room on this disk: without room nothing can be recorded, and agents wait.");
    match free {
        ..NO_SPACE => check(DISK_SPACE, CheckState::Failed, found, step),
        NO_SPACE..LITTLE_SPACE => check(DISK_SPACE, CheckState::Missing, found, step),
        _ => check(DISK_SPACE, CheckState::Ok, found, None),
    }
}

/// Says that the log of the database is large. `None` if it is not, or if the database is on a server.
pub(super) fn database_log(profile: &Profile) -> Option<Check> {
    match profile.database() {
        DbConfig::Sqlite { path } => large_log(path),
        DbConfig::Postgres { .. } => None,
    }
}

fn large_log(database: &Path) -> Option<Check> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let size = std::fs::metadata(log).ok()?.len();
    let found = format!("its log has {} MB, because another program has been reading it for long", size / MEGABYTE);
    let step = "End that program, such as a backup or a viewer of databases. The log shrinks with the next messages.";
    (size > LARGE_LOG).then(|| check("database", CheckState::Missing, found, Some(step)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_space_is_told_before_there_is_none() {
        let state = |megabytes: u64| disk_space_check(Some(megabytes * MEGABYTE)).state;
        assert_eq!([state(10), state(500), state(5000)], [CheckState::Failed, CheckState::Missing, CheckState::Ok]);
        assert!(disk_space_check(Some(500 * MEGABYTE)).next_step.is_some());
    }

    #[test]
    fn a_log_that_a_long_reader_keeps_is_told_with_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("growqr.db");
        let log = std::fs::File::create(folder.path().join("growqr.db-wal")).unwrap();
        log.set_len(40 * MEGABYTE).unwrap();
        assert_eq!(large_log(&database), None, "it is emptied from time to time");
        log.set_len(113 * MEGABYTE).unwrap();
        let told = large_log(&database).unwrap();
        assert!(told.found.contains("113 MB") && told.next_step.unwrap().contains("a backup"), "{}", told.found);
        assert_eq!(large_log(&folder.path().join("other.db")), None);
    }
}
