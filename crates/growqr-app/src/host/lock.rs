//! One host per profile: a file lock that the system drops with the process, and beside it who holds it.

use crate::error::AppError;
use crate::profile::home::Home;
use growqr_core::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::PathBuf;

/// Held until dropped.
pub(crate) struct ProfileLock {
    file: File,
    note: PathBuf,
}

/// Who holds a profile.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    program: String,
    since: Timestamp,
}

impl ProfileLock {
    /// Takes the lock. `Ok(None)` if another process has it.
    pub(crate) fn take(home: &Home, now: Timestamp) -> Result<Option<ProfileLock>, AppError> {
        let path = home.folder().join("host.lock");
        // A file of its own for the holder: on Windows nobody else can read a locked file.
        let note = home.folder().join("host.json");
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
        let program = std::env::args().next().unwrap_or_default();
        let holder = Holder { pid: std::process::id(), program, since: now };
        let text = serde_json::to_vec(&holder).map_err(|error| AppError::Internal(error.to_string()))?;
        if let Err(error) = std::fs::write(&note, text) {
            // Only a courtesy to whoever finds the lock taken.
            tracing::debug!(%error, "the holder of the lock could not be noted");
        }
        Ok(Some(ProfileLock { file, note }))
    }

    /// Who holds it, in words.
    pub(crate) fn holder(home: &Home) -> String {
        let note = home.folder().join("host.json");
        let holder = std::fs::read(note).ok().and_then(|text| serde_json::from_slice::<Holder>(&text).ok());
        holder.map_or_else(
            || "another process".to_owned(),
            |holder| {
                let program =
                    std::path::Path::new(&holder.program).file_name().unwrap_or_default().to_string_lossy().into_owned();
                format!("{program} (process {})", holder.pid)
            },
        )
    }
}

impl Drop for ProfileLock {
    fn drop(&mut self) {
        // The note is a courtesy; a stale one is never trusted, the lock is.
        let _ = std::fs::remove_file(&self.note);
        let _ = self.file.unlock();
    }
}
