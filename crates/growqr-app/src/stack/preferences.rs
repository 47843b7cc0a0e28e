//! The person's settings about the containers.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// When the containers that the person has asked for are started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StartWhen {
    /// With the host.
    #[default]
    Start,
    /// When something first needs them.
    Needed,
    /// Only by a command of the person.
    Never,
}

/// A folder of the person that sub-agents in the workbench see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedFolder {
    pub(crate) path: PathBuf,
    pub(crate) writable: bool,
}

/// The settings about the containers as typed values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StackPreferences {
    pub(crate) start: StartWhen,
    /// `None`: never.
    pub(crate) idle_stop: Option<Duration>,
    pub(crate) folders: Vec<SharedFolder>,
}

/// One entry of the setting `workbench.folders`.
#[derive(Deserialize)]
#[serde(untagged)]
enum FolderEntry {
    ReadOnly(PathBuf),
    #[serde(rename_all = "snake_case")]
    Chosen {
        path: PathBuf,
        #[serde(default)]
        write: bool,
    },
}

/// More folders than anyone shares on purpose.
const MAX_FOLDERS: usize = 16;

impl StackPreferences {
    /// Reads the stored settings through `get`.
    pub(crate) fn parse<'a>(get: &impl Fn(&str) -> Option<&'a str>) -> Result<StackPreferences, String> {
        let start = match get("stack.start") {
            None | Some("start") => StartWhen::Start,
            Some("needed") => StartWhen::Needed,
            Some("never") => StartWhen::Never,
            Some(_) => return Err("write start, needed or never".to_owned()),
        };
        let idle_stop = match get("stack.idle_stop") {
            None | Some("never") => None,
            Some(text) => {
                let minutes = text.parse::<u64>().ok().filter(|minutes| (5..=10_000).contains(minutes));
                let minutes = minutes.ok_or("write a number of minutes from 5 to 10000, or never")?;
                Some(Duration::from_secs(minutes * 60))
            }
        };
        let folders = get("workbench.folders").map_or(Ok(Vec::new()), folders)?;
        Ok(StackPreferences { start, idle_stop, folders })
    }
}

fn folders(text: &str) -> Result<Vec<SharedFolder>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let entries: Vec<FolderEntry> = serde_json::from_str(text).map_err(|_| "write a JSON list of folders, or none".to_owned())?;
    if entries.len() > MAX_FOLDERS {
        return Err(format!("at most {MAX_FOLDERS} folders can be shared"));
    }
    entries.into_iter().map(folder).collect()
}

fn folder(entry: FolderEntry) -> Result<SharedFolder, String> {
    let (path, writable) = match entry {
        FolderEntry::ReadOnly(path) => (path, false),
        FolderEntry::Chosen { path, write } => (path, write),
    };
    check_folder(&path)?;
    Ok(SharedFolder { path, writable })
}

/// Refuses a path that agents cannot be given as a folder.
///
/// # Errors
/// A sentence about it.
pub(crate) fn check_folder(path: &Path) -> Result<(), String> {
    if !path.is_absolute() {
        return Err(format!("{} is not an absolute path", path.display()));
    }
    // A whole disk is never meant, and a path with `..` does not show what it names.
    let contains_parent = path.components().any(|part| part == std::path::Component::ParentDir);
    if path.parent().is_none() || contains_parent {
        return Err(format!("{} cannot be shared; name one folder with the files that are needed", path.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, value: &str) -> Result<StackPreferences, String> {
        StackPreferences::parse(&|asked: &str| (asked == name).then_some(value))
    }

    #[test]
    fn folders_are_read_only_unless_the_person_says_otherwise() {
        let (notes, out) = if cfg!(windows) { ("C:/notes", "C:/out") } else { ("/notes", "/out") };
        let text = format!(r#"["{notes}", {{"path": "{out}", "write": true}}]"#);
        let read = parse("workbench.folders", &text).unwrap().folders;
        let folder = |path: &str, writable| SharedFolder { path: path.into(), writable };
        assert_eq!(read, [folder(notes, false), folder(out, true)]);
        assert_eq!(parse("workbench.folders", "none").unwrap().folders, []);
    }

    #[test]
    fn a_folder_that_is_not_one_chosen_folder_is_refused() {
        for text in ["/notes", "[\"notes\"]", "[\"/\"]", "[\"/notes/../etc\"]", "[{\"write\": true}]", "[7]", "{}"] {
            assert!(parse("workbench.folders", text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_idle_time_is_in_minutes() {
        assert_eq!(parse("stack.idle_stop", "30").unwrap().idle_stop, Some(Duration::from_secs(1800)));
        assert_eq!(parse("stack.idle_stop", "never").unwrap().idle_stop, None);
        for text in ["4", "10001", "-5", "soon", ""] {
            assert!(parse("stack.idle_stop", text).is_err(), "{text}");
        }
    }
}
