//! The setting that names the folders whose files agents may use.

use crate::stack::preferences::check_folder;
use growqr_tools::Folder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The setting that names the folders.
pub(crate) const FILE_FOLDERS: &str = "files.folders";

/// More folders than anyone chooses on purpose.
const MAX_FOLDERS: usize = 16;

/// One entry of the setting.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    ReadOnly(PathBuf),
    Chosen {
        path: PathBuf,
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        write: bool,
    },
}

/// One entry as it is written.
#[derive(Serialize)]
struct Written<'a> {
    name: &'a str,
    path: &'a Path,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    write: bool,
}

/// The folders of the setting.
///
/// # Errors
/// A sentence about a value that is none of this setting.
pub(crate) fn folders(text: &str) -> Result<Vec<Folder>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let entries: Vec<Entry> = serde_json::from_str(text).map_err(|_| "write a JSON list of folders, or none".to_owned())?;
    if entries.len() > MAX_FOLDERS {
        return Err(format!("at most {MAX_FOLDERS} folders can be chosen"));
    }
    let folders: Vec<Folder> = entries.into_iter().map(folder).collect::<Result<_, String>>()?;
    let mut names = BTreeSet::new();
    match folders.iter().find(|folder| !names.insert(folder.name.to_lowercase())) {
        Some(folder) => Err(format!("two folders have the name {:?}; give one of them another name", folder.name)),
        None => Ok(folders),
    }
}

fn folder(entry: Entry) -> Result<Folder, String> {
    let (path, name, can_write) = match entry {
        Entry::ReadOnly(path) => (path, None, false),
        Entry::Chosen { path, name, write } => (path, name, write),
    };
    check_folder(&path)?;
    let name = name.unwrap_or_else(|| Folder::name_for(&path));
    if !Folder::is_name(&name) {
        return Err(format!("{name:?} cannot be the name of a folder; use up to 40 letters, digits, - and _"));
    }
    Ok(Folder { name, path, can_write })
}

/// The setting's value for these folders; `None`, its default, for none.
pub(crate) fn written_folders(folders: &[Folder]) -> Option<String> {
    let written: Vec<Written<'_>> =
        folders.iter().map(|folder| Written { name: &folder.name, path: &folder.path, write: folder.can_write }).collect();
    (!written.is_empty()).then(|| serde_json::to_string(&written).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> String {
        if cfg!(windows) { format!("C:/{name}") } else { format!("/{name}") }
    }

    #[test]
    fn folders_are_read_only_unless_the_person_says_otherwise() {
        let text = format!(r#"["{}", {{"path": "{}", "name": "drafts", "write": true}}]"#, place("notes"), place("out"));
        let read = folders(&text).unwrap();
        let folder = |name: &str, path: &str, can_write| Folder { name: name.to_owned(), path: place(path).into(), can_write };
        assert_eq!(read, [folder("notes", "notes", false), folder("drafts", "out", true)]);
        assert_eq!(folders(&written_folders(&read).unwrap()).unwrap(), read);
        assert_eq!(folders("none").unwrap(), []);
        assert_eq!(written_folders(&[]), None);
    }

    #[test]
    fn folders_need_different_names_and_real_paths() {
        let two = format!(r#"["{}", "{}"]"#, place("a/Notes"), place("b/notes"));
        assert!(folders(&two).unwrap_err().contains("another name"));
        let named = format!(r#"[{{"path": "{}", "name": "a/b"}}]"#, place("a"));
        for text in [&*named, "[\"notes\"]", "[\"/\"]", "[\"/notes/../etc\"]", "{}", "[7]", ""] {
            assert!(folders(text).is_err(), "{text}");
        }
    }
}
