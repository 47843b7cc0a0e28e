//! A backup of one profile: the conversations and settings (the database, if it is not on a server), the memory with its history and
//! with files that are not committed, and the history of the prompt. Keys, passwords of containers and the settings of git are not
//! in it: they are in the keychain, made anew, or could run programs.
//!
//! It is made from the outside, while agents work: nobody waits for it. The database is copied as it is at one moment at which the
//! branches of the memory did not move, so each change that the conversation knows is in the history, and no other. If they move
//! while the pages are copied, the copy begins again.

mod destination;
mod empty_profile;
mod last;
mod memory_files;
mod restore;
mod turned_off;

pub(crate) use empty_profile::refuse_unfinished;
pub(crate) use last::check_age;
pub use restore::restore;

use crate::blocking::blocking;
use crate::error::AppError;
use crate::library::Library;
use crate::profile::location::Profile;
use crate::profile::private_file;
use destination::Destination;
use growqr_backup::{BackupWriter, DATABASE, HISTORY, LeftOut, Manifest, check};
use growqr_core::clock::Timestamp;
use growqr_store::{Db, DbConfig};
use growqr_wire as wire;
use memory_files::{Branches, MemoryFiles};
use std::fs::File;
use std::path::{Path, PathBuf};

/// How often the database is copied anew because memory has changed meanwhile.
const DATABASE_TRIES: u32 = 20;
/// How often the pages are copied anew because memory has changed meanwhile, before that is accepted and told.
const PAGE_TRIES: u32 = 4;
/// How many things that were not copied are named.
const NAMED: usize = 20;

impl Library {
    /// Writes a backup into a folder, under a name with the date, or to a new file. It has its name only once it is complete and
    /// was read again. Agents may work meanwhile. A file that exists is not touched.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if there is nothing to copy or the place cannot be used; the errors of reading and writing. Then no
    /// backup was made.
    pub async fn back_up(&self, to: &Path, at: Timestamp) -> Result<wire::Backup, AppError> {
        let profile = self.profile().clone();
        if self.store.is_none() && !profile.memory().exists() {
            return Err(AppError::bad_request("there is nothing to back up yet", "Send a first message."));
        }
        let destination = Destination::choose(to, &profile, at)?;
        let mut tries = 0;
        loop {
            tries += 1;
            let (manifest, branches, database) = self.picture(at).await?;
            let work = Work { profile: profile.clone(), manifest, branches, database, is_last: tries == PAGE_TRIES };
            let destination = destination.clone();
            match blocking(move || work.write(&destination)).await {
                Ok(Some(backup)) => {
                    last::note(&profile, &backup);
                    return Ok(backup);
                }
                Err(AppError::Backup(growqr_backup::BackupError::Changed { .. })) if tries < PAGE_TRIES => {}
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The last backup that this data folder knows of. `None` if there is none.
    #[must_use]
    pub fn last_backup(&self) -> Option<wire::Backup> {
        last::read(self.profile())
    }

    /// The manifest without its parts, and copies of database and branches that fit together. The file of the database is removed
    /// when it is dropped; `None` if the database is on a server, or there is none.
    async fn picture(&self, at: Timestamp) -> Result<(Manifest, Branches, Option<tempfile::NamedTempFile>), AppError> {
        let profile = self.profile();
        let is_server = matches!(profile.database(), DbConfig::Postgres { .. });
        let mut manifest = Manifest {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: at.0,
            profile: profile.id().to_string(),
            schema: Db::known(profile.database()),
            database_server: is_server.then(|| profile.database_location().to_owned()),
            git_settings: growqr_memory::kept_settings(&profile.memory()),
            ..Manifest::default()
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let before = branches(profile).await?;
            if let Some(store) = &self.store {
                manifest.events = store.position().await?.0;
            }
            let database = destination::temporary(&profile.folder())?;
            let has_copy = self.copy_database(database.path()).await?;
            let after = branches(profile).await?;
            // If memory never rests, the newer branches are taken: they have all that the conversation knows.
            if before.are_same(&after) || tries == DATABASE_TRIES {
                let branches = if before.are_same(&after) { before } else { after };
                return Ok((manifest, branches, has_copy.then_some(database)));
            }
        }
    }
}

async fn branches(profile: &Profile) -> Result<Branches, AppError> {
    let folder = profile.memory();
    blocking(move || Branches::read(&folder).map_err(|error| AppError::file("read", &folder, error))).await
}

/// What is written into one file.
struct Work {
    profile: Profile,
    manifest: Manifest,
    branches: Branches,
    database: Option<tempfile::NamedTempFile>,
    /// Whether pages that change meanwhile are accepted.
    is_last: bool,
}

impl Work {
    /// Writes the backup. `None` if memory has changed meanwhile.
    fn write(mut self, destination: &Destination) -> Result<Option<wire::Backup>, AppError> {
        let part = destination.part()?;
        let mut writer = BackupWriter::new(part.file()?);
        if let Some(database) = &self.database {
            let file = File::open(database.path()).map_err(|source| AppError::file("read", database.path(), source))?;
            let bytes = file.metadata().map_err(|source| AppError::file("read", database.path(), source))?.len();
            writer.add(DATABASE, bytes, false, file)?;
        }
        let mut files = MemoryFiles::new(&mut writer, self.profile.memory());
        files.add_file(HISTORY, &self.profile.prompt_history())?;
        files.add_branches(&self.branches)?;
        files.add_pages()?;
        let now =
            Branches::read(&self.profile.memory()).map_err(|source| AppError::file("read", &self.profile.memory(), source))?;
        let has_moved = !self.branches.are_same(&now);
        if has_moved && !self.is_last {
            return Ok(None);
        }
        files.add_objects()?;
        let mut left_out = files.finish();
        if has_moved {
            let why = "it was changed while it was copied: pages that are newer than their history will be your own edits";
            left_out.add(growqr_backup::MEMORY, why);
        }
        (self.manifest.left_out, self.manifest.more_left_out) = (left_out.named, left_out.more);
        let (file, manifest) = writer.finish(self.manifest)?;
        private_file::sync(&file).map_err(growqr_backup::BackupError::Write)?;
        if check(&file, u64::MAX)? != manifest {
            return Err(growqr_backup::BackupError::Incomplete.into());
        }
        let bytes = file.metadata().map_err(growqr_backup::BackupError::Read)?.len();
        drop(file);
        let file = part.name()?;
        Ok(Some(described(&manifest, &file, bytes)))
    }
}

/// A backup for people.
fn described(manifest: &Manifest, file: &Path, bytes: u64) -> wire::Backup {
    let files = manifest.parts.iter().find(|part| part.name == growqr_backup::MEMORY).map_or(0, |part| part.files);
    let (left_out, more_left_out) = shown(&manifest.left_out, manifest.more_left_out);
    wire::Backup {
        file: file.display().to_string(),
        at: manifest.created_at,
        bytes,
        profile: manifest.profile.clone(),
        events: manifest.events,
        memory_files: files,
        database_server: manifest.database_server.clone(),
        left_out,
        more_left_out,
    }
}

/// What was left out, for people: the first ones, and the number of the others.
fn shown(left_out: &[LeftOut], more: u64) -> (Vec<String>, u64) {
    let named = left_out.iter().take(NAMED).map(|left| format!("{}: {}", left.path, left.why)).collect();
    (named, (left_out.len().saturating_sub(NAMED) as u64).saturating_add(more))
}

/// The path that a person gave, from the folder in which they are.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, AppError> {
    std::path::absolute(path).map_err(|source| AppError::file("find", path, source))
}
