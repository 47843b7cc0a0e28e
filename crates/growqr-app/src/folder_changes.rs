//! Changes of one of the folders whose files agents may use.

use crate::blocking::blocking_within;
use crate::error::AppError;
use crate::profile::file_folders::{folders, written_folders};
use crate::profile::folders::canonical;
use crate::profile::settings::{Preferences, StoredSettings};
use growqr_tools::Folder;
use growqr_wire::FolderChange;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the disk with a folder may take to answer.
pub(crate) const DISK_LIMIT: Duration = Duration::from_secs(5);

/// The change, with the folder's path as the disk spells it. Looks at the disk, for a limited time.
///
/// # Errors
/// [`AppError`] about a path that is no folder, or whose disk does not answer.
pub(crate) async fn check(change: FolderChange) -> Result<FolderChange, AppError> {
    let FolderChange::Add { path, name, can_write } = change else { return Ok(change) };
    let given = path.clone();
    let found = blocking_within(DISK_LIMIT, move || real(Path::new(&given))).await;
    let path = found.unwrap_or_else(|| Err(refused(format!("the disk with {path} does not answer"))))?;
    Ok(FolderChange::Add { path, name, can_write })
}

/// The folder's path without links, so that a link that is changed later does not lead elsewhere.
fn real(path: &Path) -> Result<String, AppError> {
    if !path.is_absolute() {
        return Err(refused(format!("{} is not an absolute path", path.display())));
    }
    let real = canonical(path);
    if !real.is_dir() {
        return Err(refused(format!("{} is no folder", path.display())));
    }
    let text = real.to_str().map(str::to_owned);
    text.ok_or_else(|| refused(format!("{} has characters that cannot be stored", path.display())))
}

/// The setting's value after a checked change; `None`, its default, for no folders.
///
/// # Errors
/// [`AppError`] that says what to do instead.
pub(crate) fn changed(stored: &StoredSettings, change: FolderChange) -> Result<Option<String>, AppError> {
    let mut chosen = Preferences::parse_lenient(stored).files;
    match change {
        FolderChange::Add { path, name, can_write } => {
            let path = PathBuf::from(path);
            let name = name.unwrap_or_else(|| Folder::name_for(&path));
            if let Some(other) = chosen.iter().find(|other| other.name.eq_ignore_ascii_case(&name) && other.path != path) {
                return Err(AppError::bad_request(
                    format!("the folder {} has the name {} already", other.path.display(), other.name),
                    "Choose another name (growqr folders add PATH --name NAME), or remove the other folder first.",
                ));
            }
            chosen.retain(|other| other.path != path);
            chosen.push(Folder { name, path, can_write });
        }
        FolderChange::SetAccess { folder, can_write } => {
            let at = position(&chosen, &folder)?;
            chosen[at].can_write = can_write;
        }
        FolderChange::Remove { folder } => {
            let at = position(&chosen, &folder)?;
            chosen.remove(at);
        }
    }
    let value = written_folders(&chosen);
    value.as_deref().map_or(Ok(Vec::new()), folders).map_err(refused)?;
    Ok(value)
}

fn position(folders: &[Folder], wanted: &str) -> Result<usize, AppError> {
    let found = folders.iter().position(|folder| folder.name == wanted || folder.path == Path::new(wanted));
    found.ok_or_else(|| AppError::Missing {
        what: format!("folder {wanted:?} that agents may use"),
        next_step: "See all folders: growqr folders list".to_owned(),
    })
}

fn refused(problem: String) -> AppError {
    AppError::bad_request(problem, "Name a folder with the files that agents need.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::file_folders::FILE_FOLDERS;

    fn add(path: &str, name: Option<&str>) -> FolderChange {
        FolderChange::Add { path: path.to_owned(), name: name.map(str::to_owned), can_write: false }
    }

    fn change(stored: &mut StoredSettings, change: FolderChange) -> Result<(), AppError> {
        match changed(stored, change)? {
            Some(value) => drop(stored.insert(FILE_FOLDERS.to_owned(), value)),
            None => drop(stored.remove(FILE_FOLDERS)),
        }
        Ok(())
    }

    fn place(name: &str) -> String {
        if cfg!(windows) { format!("C:\\{name}") } else { format!("/{name}") }
    }

    #[test]
    fn a_change_of_one_folder_leaves_the_others_as_they_are() {
        // One that the person has written into the setting, without a name.
        let mut stored = StoredSettings::from([(FILE_FOLDERS.to_owned(), serde_json::json!([place("notes")]).to_string())]);
        change(&mut stored, add(&place("letters"), None)).unwrap();
        change(&mut stored, FolderChange::SetAccess { folder: place("notes"), can_write: true }).unwrap();
        let chosen = |stored: &StoredSettings| Preferences::parse_lenient(stored).files;
        let folder = |name: &str, can_write| Folder { name: name.to_owned(), path: place(name).into(), can_write };
        assert_eq!(chosen(&stored), [folder("notes", true), folder("letters", false)]);
        let error = change(&mut stored, add(&place("other/Notes"), None)).unwrap_err();
        assert!(error.to_string().contains("has the name notes already"), "{error}");
        change(&mut stored, add(&place("letters"), Some("mail"))).unwrap();
        change(&mut stored, FolderChange::Remove { folder: "notes".to_owned() }).unwrap();
        assert_eq!(chosen(&stored), [Folder { name: "mail".to_owned(), ..folder("letters", false) }]);
        let error = change(&mut stored, FolderChange::Remove { folder: "notes".to_owned() }).unwrap_err();
        assert!(matches!(error, AppError::Missing { .. }), "{error}");
        change(&mut stored, FolderChange::Remove { folder: "mail".to_owned() }).unwrap();
        assert!(stored.is_empty());
        for wrong in [add("/", None), add(&place("x"), Some("a/b"))] {
            assert!(change(&mut stored, wrong).is_err());
        }
    }

    #[tokio::test]
    async fn a_folder_is_added_by_its_own_path() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("notes");
        std::fs::create_dir(&folder).unwrap();
        let detour = folder.join("../notes").display().to_string();
        let real = canonical(&folder).display().to_string();
        assert_eq!(check(add(&detour, None)).await.unwrap(), add(&real, None));
        std::fs::write(folder.join("file"), "").unwrap();
        for wrong in ["notes".to_owned(), folder.join("none").display().to_string(), folder.join("file").display().to_string()] {
            assert!(check(add(&wrong, None)).await.is_err(), "{wrong}");
        }
    }
}
