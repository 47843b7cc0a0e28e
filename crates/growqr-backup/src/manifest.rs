//! What a backup says about itself: the last entry of its archive.

use crate::error::BackupError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The version of the archive's format. A later one that this build cannot read has a higher number.
pub const FORMAT: u32 = 1;

/// The copy of the database.
pub const DATABASE: &str = "growqr.db";
/// The history of the prompt in the terminal.
pub const HISTORY: &str = "prompt-history.txt";
/// The memory folder.
pub const MEMORY: &str = "memory";
/// The manifest's own name.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The largest manifest that is read.
pub(crate) const MAX_MANIFEST: u64 = 16 * 1024 * 1024;

/// What a backup says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of its format: [`FORMAT`].
    pub format: u32,
    /// The version of the program that has written it.
    pub program: String,
    /// When, in milliseconds since 1970.
    pub created_at: i64,
    /// The profile.
    pub profile: String,
    /// The last migration of the database.
    pub schema: i64,
    /// The number of events in the database.
    pub events: u64,
    /// Where the database is, if it is on a server and not in the backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_server: Option<String>,
    /// The settings of the memory's repository that are kept.
    #[serde(default)]
    pub git_settings: Vec<(String, String)>,
    /// What was not copied: at most [`LeftOutList::MAX`] files and folders.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// How many more were not copied.
    #[serde(default)]
    pub more_left_out: u64,
    /// What is in it, with checksums.
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// A file or folder that was not copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its path in the profile's folder.
    pub path: String,
    /// Why, for people.
    pub why: String,
}

/// Files and folders that were not copied: the first ones, and the number of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOutList {
    /// The first ones.
    pub named: Vec<LeftOut>,
    /// How many more there are.
    pub more: u64,
}

impl LeftOutList {
    /// The most that are named.
    pub const MAX: usize = 1_000;

    /// Adds one.
    pub fn add(&mut self, path: &str, why: &str) {
        if self.named.len() < LeftOutList::MAX {
            self.named.push(LeftOut { path: path.to_owned(), why: why.to_owned() });
        } else {
            self.more += 1;
        }
    }
}

/// A part of the backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its first path: `growqr.db`, `memory` (the pages), `memory/.git` (their history).
    pub name: String,
    /// The number of its files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// SHA-256, in hex, of the lines that `sha256sum` prints of its files, in their order in the archive.
    pub sha256: String,
}

/// The parts while files are read one after the other.
#[derive(Default)]
pub(crate) struct Parts(Vec<(Part, Sha256)>);

impl Parts {
    /// Adds a file with the hash of its content.
    pub(crate) fn add(&mut self, path: &str, bytes: u64, hash: &str) {
        let name = part_of(path);
        let at = match self.0.iter().position(|(part, _)| part.name == name) {
            Some(at) => at,
            None => {
                self.0.push((Part { name: name.to_owned(), ..Part::default() }, Sha256::new()));
                self.0.len() - 1
            }
        };
        let (part, hasher) = &mut self.0[at];
        part.files += 1;
        part.bytes += bytes;
        hasher.update(format!("{hash}  {path}\n"));
    }

    pub(crate) fn finish(self) -> Vec<Part> {
        self.0.into_iter().map(|(part, hasher)| Part { sha256: hex(&hasher.finalize()), ..part }).collect()
    }
}

impl Manifest {
    /// Whether these parts are those that were written.
    pub(crate) fn compare(&self, found: &[Part]) -> Result<(), BackupError> {
        for part in found.iter().chain(&self.parts) {
            if !(self.parts.contains(part) && found.contains(part)) {
                return Err(BackupError::Damaged { part: part.name.clone() });
            }
        }
        Ok(())
    }
}

fn part_of(path: &str) -> &str {
    const GIT: &str = "memory/.git";
    match path.strip_prefix(GIT) {
        Some(rest) if rest.starts_with('/') => GIT,
        _ => path.split('/').next().unwrap_or(path),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
