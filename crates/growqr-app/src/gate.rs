//! Turns between the programs of one data folder, by a file that the system unlocks with the process.

use async_trait::async_trait;
use growqr_auth::Gate;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Waits for this file, and holds it until it is dropped. Blocks; whoever has it holds it for a few requests at most.
pub(crate) fn wait_for(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

/// The window and the command line, one at a time.
pub(crate) struct FileGate(pub(crate) PathBuf);

#[async_trait]
impl Gate for FileGate {
    async fn enter(&self) -> Box<dyn Send> {
        let path = self.0.clone();
        match tokio::task::spawn_blocking(move || wait_for(&path)).await {
            Ok(Ok(file)) => Box::new(file),
            Ok(Err(error)) => {
                tracing::warn!(%error, "other programs cannot be kept from using the same sign-in at once");
                Box::new(())
            }
            // Only the end of the runtime stops it.
            Err(_) => Box::new(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_next_one_enters_when_the_first_has_left() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|_| FileGate(folder.path().join("data/sign-in.lock")));
        let pass = one.enter().await;
        assert!(File::open(&two.0).unwrap().try_lock().is_err());
        drop(pass);
        drop(two.enter().await);
    }

    #[tokio::test]
    async fn where_no_file_can_be_made_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        drop(FileGate(folder.path().join("file/sign-in.lock")).enter().await);
    }
}
