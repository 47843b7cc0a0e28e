//! Other data folders that things in Docker name. They may be on a disk that does not answer, so each is read by a thread of its
//! own, which nothing waits for long.

use crate::error::AppError;
use crate::host::lock::is_locked;
use crate::profile::location::is_profile_folder;
use crate::stack::folder_name;
use crate::stack::place::{self, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// How long a folder may take to answer.
const LIMIT: Duration = Duration::from_secs(2);

/// Another data folder, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OtherFolder {
    /// There is no such folder.
    Missing,
    /// It cannot be read.
    Unreadable,
    /// Its disk does not answer.
    NoAnswer,
    /// It is there.
    There(There),
}

/// What a data folder says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct There {
    /// Its label and where it was last used; `None` if it has made no container.
    pub(crate) place: Option<Place>,
    /// The profiles that have a folder in it.
    pub(crate) profiles: BTreeSet<String>,
    /// True if it is this program's own data folder, by another path.
    pub(crate) is_own: bool,
    /// True if a host runs in it. Only looked at if it has this program's own label.
    pub(crate) is_in_use: bool,
}

/// Reads other data folders. Clones share the threads that have not come back.
#[derive(Clone, Default)]
pub(crate) struct OtherFolders {
    reading: Arc<Mutex<BTreeMap<String, JoinHandle<OtherFolder>>>>,
}

impl OtherFolders {
    /// Reads these folders for the one at `root` with this label. Waits two seconds in all, and not at all for a folder that has
    /// not answered before.
    pub(crate) async fn read(&self, root: &Path, label: &str, names: &BTreeSet<String>) -> BTreeMap<String, OtherFolder> {
        let deadline = Instant::now() + LIMIT;
        let mut found = BTreeMap::new();
        for (name, mut task, is_late) in names.iter().map(|name| self.start(root, label, name)).collect::<Vec<_>>() {
            let until = if is_late { Instant::now() } else { deadline };
            match timeout_at(until, &mut task).await {
                Ok(read) => found.insert(name, read.unwrap_or(OtherFolder::Unreadable)),
                Err(_) => {
                    self.lock().insert(name.clone(), task);
                    found.insert(name, OtherFolder::NoAnswer)
                }
            };
        }
        found
    }

    /// The thread that reads a folder, and whether it was started earlier.
    fn start(&self, root: &Path, label: &str, name: &str) -> (String, JoinHandle<OtherFolder>, bool) {
        // What an earlier reading has found by now counts: a slow disk would never be in time.
        if let Some(task) = self.lock().remove(name) {
            return (name.to_owned(), task, true);
        }
        let (root, label, named) = (root.to_owned(), label.to_owned(), name.to_owned());
        let task = tokio::task::spawn_blocking(move || look_at(&root, &label, &named));
        (name.to_owned(), task, false)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, JoinHandle<OtherFolder>>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads one folder; may take as long as its disk does.
pub(crate) fn look_at(root: &Path, label: &str, name: &str) -> OtherFolder {
    let folder = folder_name::from_text(name);
    // A folder of another system (Windows and WSL may share one Docker) exists there, not here; and nothing that a label names may
    // make Windows sign in at another computer.
    if !folder.is_absolute() || is_on_another_computer(name) {
        return OtherFolder::Unreadable;
    }
    match folder.try_exists() {
        Ok(true) => {}
        Ok(false) => return OtherFolder::Missing,
        Err(_) => return OtherFolder::Unreadable,
    }
    read(root, label, &folder).map_or(OtherFolder::Unreadable, OtherFolder::There)
}

/// Whether this is a path of Windows to a network share or a device: `\\server\share`, but not `\\?\C:\folder`.
fn is_on_another_computer(name: &str) -> bool {
    let name = name.replace('/', "\\");
    let Some(rest) = name.strip_prefix("\\\\") else { return false };
    rest.strip_prefix("?\\").is_none_or(|path| path.as_bytes().get(1) != Some(&b':'))
}

fn read(root: &Path, label: &str, folder: &Path) -> Result<There, AppError> {
    let place = place::of(folder)?;
    let has_own_label = place.as_ref().is_some_and(|place| place.label == label);
    let profiles = profiles(folder)?;
    Ok(There {
        is_own: has_own_label && place::is_same(root, folder)?,
        is_in_use: has_own_label && profiles.values().any(|profile| is_locked(profile)),
        profiles: profiles.into_keys().collect(),
        place,
    })
}

fn profiles(folder: &Path) -> Result<BTreeMap<String, PathBuf>, AppError> {
    let profiles = folder.join("profiles");
    let unreadable = |source| AppError::file("list", &profiles, source);
    match std::fs::read_dir(&profiles) {
        Ok(entries) => {
            let named = |entry: std::fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), entry.path());
            let all: Result<BTreeMap<_, _>, _> = entries.map(|entry| entry.map(named).map_err(unreadable)).collect();
            Ok(all?.into_iter().filter(|(name, _)| is_profile_folder(name)).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(source) => Err(unreadable(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_another_system_or_computer_is_not_said_to_be_gone() {
        let root = tempfile::tempdir().unwrap();
        let look = |name: &str| look_at(root.path(), "a", name);
        let foreign = if cfg!(windows) { "/srv/growqr" } else { r"\\?\C:\growqr" };
        for name in [foreign, "relative", "", r"\\server\share", "//server/share"] {
            assert_eq!(look(name), OtherFolder::Unreadable, "{name}");
        }
        assert_eq!(look(&place::name(&root.path().join("gone"))), OtherFolder::Missing);
        assert!(!is_on_another_computer(r"\\?\C:\growqr") && is_on_another_computer(r"\\?\UNC\server\share"));
    }

    #[tokio::test]
    async fn a_folder_whose_disk_does_not_answer_is_waited_for_once() {
        let root = tempfile::tempdir().unwrap();
        let names: BTreeSet<String> = ["/nowhere".to_owned(), place::name(root.path())].into();
        let folders = OtherFolders::default();
        let (answer, hung) = std::sync::mpsc::channel::<()>();
        let task = tokio::task::spawn_blocking(move || {
            let _ = hung.recv();
            OtherFolder::Unreadable
        });
        folders.lock().insert("/nowhere".to_owned(), task);
        let start = Instant::now();
        let found = folders.read(root.path(), "a", &names).await;
        assert!(start.elapsed() < LIMIT);
        assert_eq!(found["/nowhere"], OtherFolder::NoAnswer);
        assert_eq!(found[&place::name(root.path())], OtherFolder::There(There::default()));
        drop(answer);
        while !folders.lock()["/nowhere"].is_finished() {
            tokio::task::yield_now().await;
        }
        let late = folders.read(root.path(), "a", &names).await;
        assert_eq!(late["/nowhere"], OtherFolder::Unreadable, "what the slow reading has found");
        assert_eq!(folders.read(root.path(), "a", &names).await["/nowhere"], OtherFolder::Missing, "read again");
    }
}
