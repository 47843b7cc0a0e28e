//! One host per profile: a file lock that the system releases when the process ends, and a second file that names the
//! holder.

use crate::error::AppError;
use crate::profile::location::Profile;
use growqr_core::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The profile lock. Held until dropped.
pub(crate) struct ProfileLock {
    file: File,
    holder_file: PathBuf,
}

/// The process that holds the profile lock.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    program: String,
    since: Timestamp,
}

impl ProfileLock {
    /// Takes the lock. `Ok(None)` if another process has it.
    pub(crate) fn take(profile: &Profile, now: Timestamp) -> Result<Option<ProfileLock>, AppError> {
        let path = profile.folder().join("host.lock");
        // The holder is named in a second file: on Windows no other process can read a locked file.
        let holder_file = profile.folder().join("host.json");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| AppError::file("open", &path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(AppError::file("lock", &path, source)),
        }
        let program = program_name();
        let holder = Holder { pid: std::process::id(), program, since: now };
        let text = serde_json::to_vec(&holder).map_err(|error| AppError::Internal(error.to_string()))?;
        if let Err(error) = std::fs::write(&holder_file, text) {
            // Not an error: the file only helps a person to find the process that holds the lock.
            tracing::debug!(%error, "the file that names the holder of the lock could not be written");
        }
        Ok(Some(ProfileLock { file, holder_file }))
    }

    /// Describes the holder, for messages.
    pub(crate) fn holder(profile: &Profile) -> String {
        let holder_file = profile.folder().join("host.json");
        let holder = std::fs::read(holder_file).ok().and_then(|text| serde_json::from_slice::<Holder>(&text).ok());
        holder.map_or_else(
            || "another process".to_owned(),
            |holder| format!("{} (process {})", file_name(&holder.program), holder.pid),
        )
    }
}

/// Whether a host runs in this profile's folder. For a moment, none can be started there.
pub(crate) fn is_locked(profile_folder: &Path) -> bool {
    let file = File::open(profile_folder.join("host.lock"));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The name of this program, for messages.
pub(crate) fn program_name() -> String {
    file_name(&std::env::args().next().unwrap_or_default())
}

fn file_name(program: &str) -> String {
    Path::new(program).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Drop for ProfileLock {
    fn drop(&mut self) {
        // The file that names the holder is only information: it may be stale, and only the lock counts.
        let _ = std::fs::remove_file(&self.holder_file);
        let _ = self.file.unlock();
    }
}
