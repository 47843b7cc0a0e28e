//! Walks the working tree once: the path and the stat of every file that may be a page. One metadata call for each file;
//! opens none but the `.gitignore` files. Does not follow links, and enters neither ignored folders nor repositories of their
//! own.

use crate::attributes::ATTRIBUTE_FILE;
use crate::error_context::Context;
use crate::ignore_rules::{IGNORE_FILE, IgnoreRules};
use crate::left_alone::NESTED;
use crate::leftover;
use crate::path;
use crate::skipped_file::SkippedFile;
use crate::stat::Stat;
use crate::tracked::{self, IgnoredPath};
use crate::work_tree;
use growqr_core::memory::MemoryError;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};

/// A file that is a page if its content is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageFile {
    /// Its path in the memory folder, with `/`.
    pub(crate) path: String,
    pub(crate) stat: Stat,
}

/// The result of a walk. Each list is sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    pub(crate) files: Vec<PageFile>,
    /// Files that cannot be pages, and folders that are left alone.
    pub(crate) skipped: Vec<SkippedFile>,
    /// Files and folders that git ignores. Tracked files among them and in them are in `files`.
    pub(crate) ignored: Vec<IgnoredPath>,
    /// Folders that are repositories of their own; each is in `skipped` too.
    pub(crate) repositories: Vec<String>,
    /// Folders with an attribute file: each is empty or ends with `/`.
    pub(crate) attribute_folders: Vec<String>,
}

/// A folder that is still to be listed.
struct Folder {
    location: PathBuf,
    /// Its path in the memory folder with a `/` at the end; empty for the memory folder itself.
    path: String,
    /// The rules of the folder above.
    rules: IgnoreRules,
}

/// Walks the whole folder. A file that is created or deleted meanwhile may or may not be in the result.
///
/// # Errors
/// [`MemoryError::Repository`] if the folder itself cannot be listed. A folder inside that cannot be listed is skipped.
pub(crate) fn walk(folder: &Path) -> Result<Walked, MemoryError> {
    let mut walked = Walked::default();
    let rules = IgnoreRules::of_repository(folder);
    let mut folders = vec![Folder { location: folder.to_owned(), path: String::new(), rules }];
    while let Some(next) = folders.pop() {
        walk_folder(&next, &mut walked, &mut folders)?;
    }
    add_tracked(folder, &mut walked);
    walked.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walked.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    walked.attribute_folders.sort_unstable();
    walked.ignored.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walked)
}

impl Walked {
    /// Number of files that would be pages if git did not ignore them. Lists the ignored folders.
    pub(crate) fn count_ignored(&self, folder: &Path) -> usize {
        let is_page = |path: &str| self.files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
        let (ignored_folders, files): (Vec<_>, Vec<_>) = self.ignored.iter().partition(|ignored| ignored.is_folder);
        let mut count = files.len();
        let located = |ignored: &IgnoredPath| (work_tree::file_of(folder, &ignored.path), format!("{}/", ignored.path));
        let mut folders: Vec<(PathBuf, String)> = ignored_folders.into_iter().map(located).collect();
        while let Some((location, above)) = folders.pop() {
            let entries = list(&location).unwrap_or_default();
            if is_repository(&entries) {
                continue;
            }
            for entry in entries {
                let Some((path, file_type)) = candidate(&entry, &above) else { continue };
                match check(&entry, &path, file_type) {
                    Ok(()) if file_type.is_dir() => folders.push((entry.path(), path + "/")),
                    Ok(()) if !is_page(&path) => count += 1,
                    _ => {}
                }
            }
        }
        count
    }
}

fn walk_folder(folder: &Folder, walked: &mut Walked, inside: &mut Vec<Folder>) -> Result<(), MemoryError> {
    let entries = match list(&folder.location) {
        Ok(entries) => entries,
        Err(error) if folder.path.is_empty() => return Err(error).context("list the pages"),
        Err(error) => {
            let reason = MemoryError::Repository { doing: "list a folder", cause: error.to_string() };
            walked.skipped.push(SkippedFile { path: folder.path.clone(), reason });
            return Ok(());
        }
    };
    if !folder.path.is_empty() && is_repository(&entries) {
        let path = folder.path.trim_end_matches('/').to_owned();
        let reason = path::bad_path(&path, NESTED);
        walked.repositories.push(path.clone());
        walked.skipped.push(SkippedFile { path, reason });
        return Ok(());
    }
    if entries.iter().any(|entry| entry.file_name() == ATTRIBUTE_FILE) {
        walked.attribute_folders.push(folder.path.clone());
    }
    let has_rules = entries.iter().any(|entry| entry.file_name() == IGNORE_FILE);
    let rules = if has_rules { folder.rules.inside(&folder.location, &folder.path) } else { folder.rules.clone() };
    for entry in &entries {
        visit(entry, &folder.path, &rules, walked, inside);
    }
    Ok(())
}

fn visit(entry: &DirEntry, above: &str, rules: &IgnoreRules, walked: &mut Walked, inside: &mut Vec<Folder>) {
    let Some((path, file_type)) = candidate(entry, above) else { return };
    let checked = check(entry, &path, file_type);
    let is_folder = file_type.is_dir();
    if rules.is_ignored(&path, is_folder) {
        if checked.is_ok() {
            walked.ignored.push(IgnoredPath { path, is_folder });
        }
    } else if let Err(reason) = checked {
        walked.skipped.push(SkippedFile { path, reason });
    } else if is_folder {
        inside.push(Folder { location: entry.path(), path: path + "/", rules: rules.clone() });
    } else if let Ok(metadata) = entry.metadata()
        && metadata.is_file()
    {
        walked.files.push(PageFile { path, stat: Stat::of(&metadata) });
    }
}

/// Adds the tracked files among the ignored ones: git ignores no tracked file.
fn add_tracked(folder: &Path, walked: &mut Walked) {
    let tracked = tracked::among(folder, &walked.ignored);
    walked.ignored.retain(|ignored| ignored.is_folder || !tracked.contains(&ignored.path));
    for path in tracked {
        if path::check(&path).is_ok()
            && let Ok(Some((_, metadata))) = work_tree::locate(folder, &path)
            && metadata.is_file()
        {
            walked.files.push(PageFile { path, stat: Stat::of(&metadata) });
        }
    }
}

fn list(location: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(location)?.collect()
}

/// The path and type of an entry. `None` if it was left behind by another program or was deleted meanwhile.
fn candidate(entry: &DirEntry, above: &str) -> Option<(String, FileType)> {
    let name = entry.file_name();
    let shown = name.to_string_lossy();
    // Most systems tell the type while they list the folder, so this needs no call of its own.
    let file_type = entry.file_type().ok()?;
    let is_leftover = if file_type.is_dir() { leftover::is_leftover_folder(&shown) } else { leftover::is_leftover(&shown) };
    (!is_leftover).then(|| (format!("{above}{shown}"), file_type))
}

/// Returns an error if an entry of this path and type cannot be part of memory.
fn check(entry: &DirEntry, path: &str, file_type: FileType) -> Result<(), MemoryError> {
    path::check(path)?;
    if entry.file_name().to_str().is_none() {
        return Err(path::bad_path(path, "its name is not Unicode; rename it"));
    }
    if !file_type.is_dir() && !file_type.is_file() {
        return Err(path::bad_path(path, "it is a link or a device; put a real file there"));
    }
    Ok(())
}

fn is_repository(entries: &[DirEntry]) -> bool {
    entries.iter().any(|entry| entry.file_name() == ".git")
}
