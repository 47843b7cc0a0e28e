//! Lists a folder.

use super::error::FilesError;
use super::folder::Folder;
use super::path::FilePath;
use super::place::open_folder;
use crate::closed_names::refused;
use cap_std::fs::{Dir, FileType};

/// The most entries that are looked at, and that are listed.
const MAX_ENTRIES: usize = 20_000;
const MAX_LISTED: usize = 500;

/// What a name in a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    Link,
    /// A device, a pipe.
    Other,
}

/// A name in a folder.
pub(super) struct Entry {
    pub name: String,
    pub kind: Kind,
}

/// The entries of a folder.
pub(super) struct Entries {
    /// In the order of their names.
    pub entries: Vec<Entry>,
    /// How many hidden and secret ones, and ones whose names no path can have, are left out.
    pub refused: usize,
    /// The folder has more entries than are looked at.
    pub is_cut: bool,
}

/// The entries of an open folder that agents can see.
///
/// # Errors
/// If it cannot be read.
pub(super) fn entries(dir: &Dir, path: &FilePath) -> Result<Entries, FilesError> {
    let mut found = Entries { entries: Vec::new(), refused: 0, is_cut: false };
    for (count, entry) in dir.entries().map_err(|error| FilesError::io(path, &error))?.enumerate() {
        if count >= MAX_ENTRIES {
            found.is_cut = true;
            break;
        }
        let entry = entry.map_err(|error| FilesError::io(path, &error))?;
        let name = entry.file_name().into_string().ok().filter(|name| is_reachable(name));
        match (name, entry.file_type()) {
            (Some(name), Ok(file_type)) => found.entries.push(Entry { name, kind: kind(file_type) }),
            // It was removed meanwhile.
            (Some(_), Err(_)) => {}
            (None, _) => found.refused += 1,
        }
    }
    found.entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Whether a path can name it.
fn is_reachable(name: &str) -> bool {
    refused(name, cfg!(windows)).is_none() && !name.chars().any(|c| c.is_control() || c == '\\' || c == '/')
}

fn kind(file_type: FileType) -> Kind {
    if file_type.is_symlink() {
        Kind::Link
    } else if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}

/// The text for the model: what is in a folder.
///
/// # Errors
/// [`FilesError`]: it is missing, a link, no folder, or cannot be read.
pub(super) fn list(folder: &Folder, path: &FilePath) -> Result<String, FilesError> {
    let dir = open_folder(folder, path)?;
    let found = entries(&dir, path)?;
    let mut lines: Vec<String> = found.entries.iter().take(MAX_LISTED).map(|entry| line(&dir, entry)).collect();
    let left_out = found.entries.len().saturating_sub(MAX_LISTED);
    if left_out > 0 || found.is_cut {
        let or_more = if found.is_cut { " or more" } else { "" };
        lines.push(format!("({left_out}{or_more} entries are left out; search_files finds files by their names)"));
    }
    if lines.is_empty() {
        lines.push("nothing that you can see".to_owned());
    }
    if found.refused > 0 {
        lines.push(format!("({} hidden files or files with keys are not shown)", found.refused));
    }
    Ok(lines.join("\n"))
}

fn line(dir: &Dir, entry: &Entry) -> String {
    let name = &entry.name;
    match entry.kind {
        Kind::Folder => format!("{name}/"),
        Kind::Link => format!("{name} (a link, not followed)"),
        Kind::Other => format!("{name} (no file)"),
        Kind::File => match dir.symlink_metadata(name) {
            Ok(found) => format!("{name} ({} bytes)", found.len()),
            Err(_) => name.clone(),
        },
    }
}

/// The text for the model: the chosen folders.
pub(super) fn list_folders(folders: &[Folder]) -> String {
    let line = |folder: &Folder| {
        let access = if folder.can_write { "you may change files, and the person decides about each" } else { "read only" };
        format!("{}/ ({access})", folder.name)
    };
    folders.iter().map(line).collect::<Vec<_>>().join("\n")
}
