//! Backups.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A backup of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Backup {
    /// The file.
    pub file: String,
    /// When it was made.
    pub at: i64,
    /// Its size.
    pub bytes: u64,
    /// The profile.
    pub profile: String,
    /// The number of events in its conversations.
    pub events: u64,
    /// The number of files of the memory, without those of its history.
    pub memory_files: u64,
    /// Where conversations and settings are, if they are on a database server and so not in the backup.
    pub database_server: Option<String>,
    /// What was not copied, and why; the first ones.
    pub left_out: Vec<String>,
    /// How many more were not copied.
    pub more_left_out: u64,
}

/// A backup that was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Restored {
    /// The folder of the profile.
    pub folder: String,
    /// Whether GrowQR opens this profile only once its person has signed in.
    pub needs_sign_in: bool,
    /// The first event of the journal that is damaged; it was so when the backup was made.
    pub damage: Option<String>,
    /// What was turned off, because whoever made the backup could start programs or send data with it.
    pub turned_off: Vec<TurnedOff>,
    /// Pages that this system cannot hold, and why; the first ones.
    pub left_out: Vec<String>,
    /// How many more pages this system cannot hold.
    pub more_left_out: u64,
    /// The backup.
    pub backup: Backup,
}

/// Something that a restore has turned off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TurnedOff {
    /// What it was.
    pub what: String,
    /// How the person turns it on again; empty if there is nothing to do.
    pub next_step: String,
}
