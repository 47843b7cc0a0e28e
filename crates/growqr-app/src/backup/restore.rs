//! Restores a backup into a data folder in which the profile is new. Everything is checked first; then it is written beside the
//! profiles, opened and checked again, and moved into the profile's folder, which is locked meanwhile.

use crate::backup::destination::sync_folder;
use crate::backup::empty_profile::EmptyProfile;
use crate::backup::{absolute, described, shown, turned_off};
use crate::blocking::blocking;
use crate::clock::SystemClock;
use crate::error::AppError;
use crate::machine;
use crate::profile::accounts::{Accounts, is_folder_name};
use crate::profile::file_lock;
use crate::profile::location::Profile;
use crate::profile::private_file;
use crate::skills;
use growqr_backup::{BackupError, DATABASE, LeftOut, MEMORY, Manifest, check, extract};
use growqr_core::clock::Clock;
use growqr_core::id::ProfileId;
use growqr_memory::MemoryRepo;
use growqr_store::{Db, DbConfig};
use growqr_wire as wire;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

/// The beginning of the name of a folder that is being restored.
const STAGING: &str = ".restore-";

/// How long another restore in the same data folder may take to end.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Restores a backup into the data folder of `profile`, which need not exist. The profile is that of the backup.
///
/// # Errors
/// [`AppError::Backup`] if the backup is damaged, hostile, newer or does not fit, [`AppError::BadRequest`] if the profile has data
/// already. Then nothing was changed.
pub async fn restore(profile: &Profile, file: &Path) -> Result<wire::Restored, AppError> {
    let file = absolute(file)?;
    let limit = machine::free_bytes(profile.root()).unwrap_or(u64::MAX);
    let opened = File::open(&file).map_err(|source| AppError::file("read", &file, source))?;
    let bytes = opened.metadata().map_err(|source| AppError::file("read", &file, source))?.len();
    let (opened, manifest) = blocking(move || check(&opened, limit).map(|manifest| (opened, manifest))).await?;
    let target = target(profile, &manifest)?;
    let profiles = profile.root().join("profiles");
    fs::create_dir_all(&profiles).map_err(|source| AppError::file("create", &profiles, source))?;
    let lock = profile.root().join("restore.lock");
    let _lock = file_lock::lock_file(&lock, LOCK_TIMEOUT).await.map_err(|source| AppError::file("lock", &lock, source))?;
    let empty = EmptyProfile::lock(&target, SystemClock.now())?;
    let folder = profiles.clone();
    let expected = manifest.clone();
    let (staging, left_out) = blocking(move || stage(&folder, &opened, limit, &expected)).await?;
    let Changed { turned_off, damage } = check_database(staging.path(), &target, &manifest).await?;
    let to = empty.fill(staging.path())?;
    let needs_sign_in = Accounts::read(profile.root())?.current != *target.id();
    let (left_out, more_left_out) = shown(&left_out, 0);
    let backup = described(&manifest, &file, bytes);
    Ok(wire::Restored { folder: to.display().to_string(), needs_sign_in, damage, turned_off, left_out, more_left_out, backup })
}

/// The profile of the backup in this data folder.
fn target(profile: &Profile, manifest: &Manifest) -> Result<Profile, AppError> {
    if !is_folder_name(&manifest.profile) {
        return Err(BackupError::Refused { what: format!("a profile of the name {:?}", manifest.profile) }.into());
    }
    let target = profile.with_id(ProfileId::new(manifest.profile.as_str()));
    let has_database = manifest.parts.iter().any(|part| part.name == DATABASE);
    if has_database && matches!(target.database(), DbConfig::Postgres { .. }) {
        return Err(AppError::bad_request(
            format!("the backup has a database of its own, but {} is set", target.database_location()),
            "Restore it without DATABASE_URL, and without database_url in config.toml.",
        ));
    }
    if has_database && manifest.schema > Db::known(target.database()) {
        return Err(BackupError::Newer { program: manifest.program.clone() }.into());
    }
    Ok(target)
}

/// Extracts into a new folder beside the profiles. What a killed restore has left there is removed.
fn stage(profiles: &Path, file: &File, limit: u64, expected: &Manifest) -> Result<(tempfile::TempDir, Vec<LeftOut>), AppError> {
    for entry in fs::read_dir(profiles).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(profiles);
    let staging = staging.map_err(|source| AppError::file("create a folder in", profiles, source))?;
    let (found, left_out) = extract(file, limit, staging.path())?;
    if found != *expected {
        return Err(BackupError::Damaged { part: "the file".to_owned() }.into());
    }
    let memory = staging.path().join(MEMORY);
    if memory.join(".git").is_dir() {
        growqr_memory::write_settings(&memory, &expected.git_settings)?;
        sync(&memory.join(".git/config"))?;
        // Its newest change can be read; earlier ones are not looked at.
        let repository = MemoryRepo::open_read_only(&memory).ok_or(BackupError::Damaged { part: MEMORY.to_owned() })?;
        repository.history(None, 1)?;
        let pages: Vec<&str> = left_out.iter().filter_map(|page| page.path.strip_prefix("memory/")).collect();
        growqr_memory::leave_outside(&memory, &pages)?;
    }
    Ok((staging, left_out))
}

/// What the person must know of a restored database.
#[derive(Default)]
struct Changed {
    turned_off: Vec<wire::TurnedOff>,
    /// The first event that was wrong already when the backup was made.
    damage: Option<String>,
}

/// Opens the database, brings it to this version, checks its file and its journals, and turns off what a stranger could use. Without a
/// database in the backup, one is created in which the skills of the restored memory are off.
async fn check_database(staging: &Path, target: &Profile, manifest: &Manifest) -> Result<Changed, AppError> {
    let path = staging.join(DATABASE);
    let is_new = !path.exists();
    let memory = staging.join(MEMORY);
    let skills = blocking(move || Ok::<_, AppError>(skills::names_in(&memory))).await?;
    let has_no_skills = skills.as_ref().is_some_and(Vec::is_empty);
    // What is on a server stays as it is.
    if is_new && (has_no_skills || matches!(target.database(), DbConfig::Postgres { .. })) {
        return Ok(Changed::default());
    }
    let config = DbConfig::Sqlite { path: path.clone() };
    let db = Db::open(&config).await?;
    let damage = if is_new { Ok(None) } else { damage(&db, target, manifest).await };
    let changed = match damage {
        Ok(damage) => turn_off(&db, target, skills.as_deref()).await.map(|turned_off| Changed { turned_off, damage }),
        Err(error) => Err(error),
    };
    db.close().await;
    let changed = changed?;
    Db::check_writing(&config, target.id()).await?;
    sync(&path)?;
    Ok(changed)
}

/// Makes a file and its name durable. Windows does so only through a handle that may write.
fn sync(file: &Path) -> Result<(), AppError> {
    let synced = File::options().write(true).open(file).and_then(|file| private_file::sync(&file));
    synced.map_err(|source| AppError::file("write", file, source))?;
    if let Some(folder) = file.parent() {
        sync_folder(folder);
    }
    Ok(())
}

/// The first event of the database that was wrong already when the backup was made.
async fn damage(db: &Db, target: &Profile, manifest: &Manifest) -> Result<Option<String>, AppError> {
    let foreign = db.triggers_and_views().await?;
    if !foreign.is_empty() {
        return Err(BackupError::Refused { what: format!("a database with triggers or views ({})", foreign.join(", ")) }.into());
    }
    let verified = db.verify(target.id()).await?;
    // The file is what was backed up, so an event that is wrong was wrong before: the others may be all that the person still has.
    let damage = verified.broken.map(|broken| broken.to_string());
    if damage.is_none() && verified.events < manifest.events {
        return Err(BackupError::Damaged { part: DATABASE.to_owned() }.into());
    }
    Ok(damage)
}

async fn turn_off(db: &Db, target: &Profile, skills: Option<&[String]>) -> Result<Vec<wire::TurnedOff>, AppError> {
    let now = SystemClock.now();
    let store = db.profile(target.id(), now).await?;
    turned_off::turn_off(&*store, skills, now).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::location::Environment;
    use growqr_backup::Part;
    use growqr_core::clock::Timestamp;
    use growqr_core::id::{AgentId, EffectId};
    use growqr_core::memory::{Change, Edit, Memory as _, Origin};

    fn manifest(profile: &str, schema: i64) -> Manifest {
        let database = Part { name: DATABASE.to_owned(), ..Part::default() };
        let (program, profile) = ("9.0.0".to_owned(), profile.to_owned());
        Manifest { program, profile, schema, parts: vec![database], ..Manifest::default() }
    }

    #[test]
    fn a_newer_database_and_a_path_as_a_profile_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::find(Some(folder.path()), &Environment::default()).expect("a profile");
        let refused = |manifest: &Manifest| growqr_wire::Error::from(target(&profile, manifest).expect_err("it is refused"));
        let newer = refused(&manifest("local", 9_999));
        assert_eq!(newer.message, "the backup is from a newer GrowQR (9.0.0)");
        assert_eq!(newer.next_step.as_deref(), Some("Install GrowQR 9.0.0 or later, then restore it. Nothing was changed."));
        assert!(refused(&manifest("../other", 1)).message.contains("a profile of the name"));
        target(&profile, &manifest("local", 1)).expect("it is known");
    }

    #[tokio::test]
    async fn skills_of_a_backup_without_a_database_are_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = Profile::find(Some(folder.path()), &Environment::default()).expect("a profile");
        let staging = tempfile::tempdir().expect("a folder");
        let expected = Manifest { events: 7, ..Manifest::default() };
        let nothing = check_database(staging.path(), &target, &expected).await.expect("checked");
        assert!(nothing.turned_off.is_empty() && !staging.path().join(DATABASE).exists());
        let memory = MemoryRepo::open(&staging.path().join(MEMORY), Timestamp(1)).expect("opens");
        let origin = Origin { agent: AgentId::grow(), name: "Grow Agent".to_owned(), turn: 1, effect: EffectId::new("e") };
        let content = "---\nname: tea\ndescription: Does tea.\n---\nHow to do tea.\n".to_owned();
        let (path, edit) = ("skills/tea/SKILL.md".to_owned(), Edit::Write { content, base: None });
        let change = Change { path, edit, message: "a skill".to_owned(), origin, at: Timestamp(2), approval: None };
        memory.commit(&memory.prepare(&change).expect("prepared")).expect("committed");
        let changed = check_database(staging.path(), &target, &expected).await.expect("checked");
        let named: Vec<&str> = changed.turned_off.iter().map(|one| one.what.as_str()).collect();
        assert_eq!((named, changed.damage), (vec!["the skill tea"], None));
        let db = Db::open(&DbConfig::Sqlite { path: staging.path().join(DATABASE) }).await.expect("opens");
        let store = db.profile(target.id(), Timestamp(3)).await.expect("a store");
        let stored = crate::profile::settings::stored(&*store).await.expect("read");
        assert_eq!(stored.get("skills.off").map(String::as_str), Some(r#"["tea"]"#));
    }
}
