//! A lock between the programs that use one data folder: a file lock, which the system releases when the process ends.

use async_trait::async_trait;
use growqr_auth::ProcessLock;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pause between two attempts to take a lock that another program holds: the system sends no notice when it is free.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Takes the lock on this file, and waits for it if necessary. It is held until the returned file is dropped.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] if another program does not release the lock in time.
pub(crate) async fn lock_file(path: &Path, timeout: Duration) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    let locked = async {
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(POLL_INTERVAL).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    };
    tokio::time::timeout(timeout, locked).await??;
    Ok(file)
}

/// Lets only one program at a time use the sign-in: the window or the command line.
pub(crate) struct FileLock(pub(crate) PathBuf);

#[async_trait]
impl ProcessLock for FileLock {
    async fn acquire(&self, timeout: Duration) -> Box<dyn Send> {
        match lock_file(&self.0, timeout).await {
            Ok(file) => Box::new(file),
            Err(error) => {
                tracing::warn!(%error, "the sign-in lock could not be taken; other programs may use the sign-in too");
                Box::new(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn the_second_program_gets_the_lock_after_the_first_releases_it() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|_| FileLock(folder.path().join("data/sign-in.lock")));
        let guard = one.acquire(TIMEOUT).await;
        assert!(File::open(&two.0).unwrap().try_lock().is_err());
        drop(guard);
        drop(two.acquire(TIMEOUT).await);
    }

    #[tokio::test]
    async fn sign_in_continues_if_the_lock_file_cannot_be_created() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        drop(FileLock(folder.path().join("file/sign-in.lock")).acquire(TIMEOUT).await);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_lock_that_is_never_released_times_out() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FileLock(folder.path().join("sign-in.lock"));
        let _guard = lock.acquire(TIMEOUT).await;
        let began = tokio::time::Instant::now();
        drop(lock.acquire(TIMEOUT).await);
        assert!(began.elapsed() >= TIMEOUT && began.elapsed() < 2 * TIMEOUT);
        let result = lock_file(&lock.0, TIMEOUT).await.map(drop).map_err(|error| error.kind());
        assert_eq!(result, Err(io::ErrorKind::TimedOut));
    }
}
