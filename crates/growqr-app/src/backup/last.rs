//! The note about the last backup: `last-backup.json` in the profile's folder. It is not in backups.

use crate::profile::location::Profile;
use crate::profile::private_file;
use growqr_core::clock::Timestamp;
use growqr_wire::{Backup, Check, CheckState};
use std::path::PathBuf;

fn path(profile: &Profile) -> PathBuf {
    profile.folder().join("last-backup.json")
}

/// Notes a backup. If that fails, the backup is there all the same.
pub(super) fn note(profile: &Profile, backup: &Backup) {
    let noted =
        serde_json::to_vec(backup).map_err(std::io::Error::from).and_then(|text| private_file::replace(&path(profile), &text));
    if let Err(error) = noted {
        tracing::warn!(%error, "the backup was made, but could not be noted as the last one");
    }
}

/// The last backup; `None` if there is none, or the note cannot be read.
pub(super) fn read(profile: &Profile) -> Option<Backup> {
    serde_json::from_slice(&std::fs::read(path(profile)).ok()?).ok()
}

/// How old the last backup may be before it is mentioned.
const OLD: i64 = 30 * DAY;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The check of `doctor`: mentions a backup that was made long ago. Who makes none with GrowQR may have another way.
pub(crate) fn check_age(profile: &Profile, now: Timestamp) -> Option<Check> {
    read(profile).and_then(|last| old(&last, now))
}

fn old(last: &Backup, now: Timestamp) -> Option<Check> {
    let age = now.0.saturating_sub(last.at);
    (age > OLD).then(|| Check {
        name: "backup".to_owned(),
        state: CheckState::Missing,
        found: format!("the last one is {} days old: {}", age / DAY, last.file),
        next_step: Some("Make another one: growqr backup FOLDER".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_old_backup_is_mentioned() {
        let made = |at| Backup {
            file: "b.tar.gz".to_owned(),
            at,
            bytes: 0,
            profile: "local".to_owned(),
            events: 0,
            memory_files: 0,
            database_server: None,
            left_out: Vec::new(),
            more_left_out: 0,
        };
        assert_eq!(old(&made(80 * DAY), Timestamp(100 * DAY)), None);
        let found = old(&made(60 * DAY), Timestamp(100 * DAY)).expect("it is old").found;
        assert_eq!(found, "the last one is 40 days old: b.tar.gz");
    }
}
