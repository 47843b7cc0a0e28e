//! A lock between the programs that use one data folder: a file lock, which the system releases when the process ends.

use async_trait::async_trait;
use growqr_auth::ProcessLock;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pause between two attempts to take a lock that another program holds: the system sends no notice when it is free.
const LOOK: Duration = Duration::from_millis(50);

/// Takes the lock on this file, and waits for it if necessary. It is held until the returned file is dropped.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] if another program does not release the lock in time.
pub(crate) async fn wait_for(path: &Path, patience: Duration) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    let locked = async {
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    };
    tokio::time::timeout(patience, locked).await??;
    Ok(file)
}

/// Lets only one program at a time use the sign-in: the window or the command line.
pub(crate) struct FileGate(pub(crate) PathBuf);

#[async_trait]
impl ProcessLock for FileGate {
    async fn acquire(&self, patience: Duration) -> Box<dyn Send> {
        match wait_for(&self.0, patience).await {
            Ok(file) => Box::new(file),
            Err(error) => {
                tracing::warn!(%error, "other programs cannot be kept from using the same sign-in at once");
                Box::new(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn the_next_one_enters_when_the_first_has_left() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|_| FileGate(folder.path().join("data/sign-in.lock")));
        let pass = one.acquire(PATIENCE).await;
        assert!(File::open(&two.0).unwrap().try_lock().is_err());
        drop(pass);
        drop(two.acquire(PATIENCE).await);
    }

    #[tokio::test]
    async fn where_no_file_can_be_made_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        drop(FileGate(folder.path().join("file/sign-in.lock")).acquire(PATIENCE).await);
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_never_leaves_is_waited_for_only_so_long() {
        let folder = tempfile::tempdir().unwrap();
        let gate = FileGate(folder.path().join("sign-in.lock"));
        let _stuck = gate.acquire(PATIENCE).await;
        let began = tokio::time::Instant::now();
        drop(gate.acquire(PATIENCE).await);
        assert!(began.elapsed() >= PATIENCE && began.elapsed() < 2 * PATIENCE);
        let late = wait_for(&gate.0, PATIENCE).await.map(drop).map_err(|error| error.kind());
        assert_eq!(late, Err(io::ErrorKind::TimedOut));
    }
}
