//! Walks the working tree once: the path and the stat of every file that may be a page. One metadata call for each file;
//! opens none but the `.gitignore` files. Does not follow links, and enters neither ignored folders nor repositories of their
//! own.

use crate::attributes::ATTRIBUTE_FILE;
use crate::error_context::Context;
use crate::ignore_file::IGNORE_FILE;
use crate::ignore_rules::IgnoreRules;
use crate::index_marks::IndexMarks;
use crate::left_alone::NESTED;
use crate::leftover;
use crate::parallel;
use crate::path;
use crate::skipped_file::SkippedFile;
use crate::stat::Stat;
use crate::tracked::{IgnoredPath, Tracked};
use crate::work_tree;
use growqr_core::memory::MemoryError;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirEntry, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A file that is a page if its content is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageFile<T = Stat> {
    /// Its path in the memory folder, with `/`.
    pub(crate) path: String,
    pub(crate) stat: T,
}

/// The result of a walk. Each list is sorted by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Walked<T = Stat> {
    pub(crate) files: Vec<PageFile<T>>,
    /// Files that cannot be pages, and folders that are left alone.
    pub(crate) skipped: Vec<SkippedFile>,
    /// Files and folders that git ignores. Tracked files among them and in them are in `files`.
    pub(crate) ignored: Vec<IgnoredPath>,
    /// Folders that are repositories of their own; each is in `skipped` too.
    pub(crate) repositories: Vec<String>,
    /// Folders with an attribute file: each is empty or ends with `/`.
    pub(crate) attribute_folders: Vec<String>,
}

/// What a walk learns about each file: its [`Stat`], or nothing, which saves a call for each file.
trait Learned: Sized + Send {
    /// `None` if the file was deleted or replaced meanwhile.
    fn of_entry(entry: &DirEntry) -> Option<Self>;
    fn of_metadata(metadata: &Metadata) -> Self;
}

impl Learned for Stat {
    fn of_entry(entry: &DirEntry) -> Option<Stat> {
        entry.metadata().ok().filter(Metadata::is_file).map(|metadata| Stat::of(&metadata))
    }

    fn of_metadata(metadata: &Metadata) -> Stat {
        Stat::of(metadata)
    }
}

impl Learned for () {
    fn of_entry(_: &DirEntry) -> Option<()> {
        Some(())
    }

    fn of_metadata(_: &Metadata) {}
}

/// A folder that is still to be listed.
struct Folder {
    location: PathBuf,
    /// Its path in the memory folder with a `/` at the end; empty for the memory folder itself.
    path: String,
    /// The rules of the folder above.
    rules: IgnoreRules,
}

/// Walks the whole folder, with several threads if it is large. A file that is created or deleted meanwhile may or may not be
/// in the result.
///
/// # Errors
/// [`MemoryError::Repository`] if the folder itself cannot be listed. A folder inside that cannot be listed is skipped.
pub(crate) fn walk(folder: &Path) -> Result<Walked, MemoryError> {
    walk_all(folder)
}

/// Like [`walk`], without stats.
///
/// # Errors
/// As [`walk`].
pub(crate) fn walk_paths(folder: &Path) -> Result<Walked<()>, MemoryError> {
    walk_all(folder)
}

fn walk_all<T: Learned>(folder: &Path) -> Result<Walked<T>, MemoryError> {
    let marks = IndexMarks::read(folder);
    let rules = IgnoreRules::of_repository(folder, &marks);
    let top = Folder { location: folder.to_owned(), path: String::new(), rules };
    let mut walked = Walked::default();
    let mut folders = Vec::new();
    visit_all(&top, &list(folder).context("list the pages")?, &mut walked, &mut folders);
    let walk_one = |next: Folder, walked: &mut Walked<T>, inside: &mut Vec<Folder>| walk_folder(&next, &marks, walked, inside);
    // Each thread sorts what it has found. The last sort then only merges.
    let sort = |part: &mut Walked<T>| part.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    for part in parallel::drain(folders, walk_one, sort) {
        walked.append(part);
    }
    add_tracked(folder, &marks, &mut walked);
    walked.files.sort_by(|a, b| a.path.cmp(&b.path));
    walked.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    walked.attribute_folders.sort_unstable();
    walked.ignored.sort_by(|a, b| a.path.cmp(&b.path));
    walked.repositories.sort();
    Ok(walked)
}

impl<T> Default for Walked<T> {
    fn default() -> Walked<T> {
        Walked {
            files: Vec::new(),
            skipped: Vec::new(),
            ignored: Vec::new(),
            repositories: Vec::new(),
            attribute_folders: Vec::new(),
        }
    }
}

impl<T> Walked<T> {
    fn append(&mut self, mut other: Walked<T>) {
        self.files.append(&mut other.files);
        self.skipped.append(&mut other.skipped);
        self.ignored.append(&mut other.ignored);
        self.repositories.append(&mut other.repositories);
        self.attribute_folders.append(&mut other.attribute_folders);
    }

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
            for (name, entry) in entries {
                let Some((path, file_type)) = candidate(&name, &entry, &above) else { continue };
                match check(&name, &path, file_type) {
                    Ok(()) if file_type.is_dir() => folders.push((entry.path(), path + "/")),
                    Ok(()) if !is_page(&path) => count += 1,
                    _ => {}
                }
            }
        }
        count
    }
}

fn walk_folder<T: Learned>(folder: &Folder, marks: &IndexMarks, walked: &mut Walked<T>, inside: &mut Vec<Folder>) {
    let entries = match list(&folder.location) {
        Ok(entries) => entries,
        Err(error) => {
            let reason = MemoryError::Repository { doing: "list a folder", cause: error.to_string() };
            walked.skipped.push(SkippedFile { path: folder.path.clone(), reason });
            return;
        }
    };
    let is_link = marks.links.contains(folder.path.trim_end_matches('/'));
    if is_link || is_repository(&entries) {
        let path = folder.path.trim_end_matches('/').to_owned();
        let reason = path::bad_path(&path, NESTED);
        walked.repositories.push(path.clone());
        walked.skipped.push(SkippedFile { path, reason });
        return;
    }
    visit_all(folder, &entries, walked, inside);
}

fn visit_all<T: Learned>(folder: &Folder, entries: &Entries, walked: &mut Walked<T>, inside: &mut Vec<Folder>) {
    if entries.iter().any(|(name, _)| name == ATTRIBUTE_FILE) {
        walked.attribute_folders.push(folder.path.clone());
    }
    let has_rules = folder.rules.has_rules_outside() || entries.iter().any(|(name, _)| name == IGNORE_FILE);
    let rules = if has_rules { folder.rules.inside(&folder.location, &folder.path) } else { folder.rules.clone() };
    for (name, entry) in entries {
        visit((name, entry), &folder.path, &rules, walked, inside);
    }
}

fn visit<T: Learned>(
    (name, entry): (&OsStr, &DirEntry),
    above: &str,
    rules: &IgnoreRules,
    walked: &mut Walked<T>,
    inside: &mut Vec<Folder>,
) {
    let Some((path, file_type)) = candidate(name, entry, above) else { return };
    let checked = check(name, &path, file_type);
    let is_folder = file_type.is_dir();
    if rules.is_ignored(&path, is_folder) {
        if checked.is_ok() {
            walked.ignored.push(IgnoredPath { path, is_folder });
        }
    } else if let Err(reason) = checked {
        walked.skipped.push(SkippedFile { path, reason });
    } else if is_folder {
        inside.push(Folder { location: entry.path(), path: path + "/", rules: rules.clone() });
    } else if let Some(stat) = T::of_entry(entry) {
        walked.files.push(PageFile { path, stat });
    }
}

/// Adds the tracked files among the ignored ones: git ignores no tracked file.
fn add_tracked<T: Learned>(folder: &Path, marks: &IndexMarks, walked: &mut Walked<T>) {
    if walked.ignored.is_empty() {
        return;
    }
    let tracked: HashSet<String> = Tracked::read(folder, marks).among(&walked.ignored).into_iter().collect();
    walked.ignored.retain(|ignored| ignored.is_folder || !tracked.contains(&ignored.path));
    for path in tracked {
        if path::check(&path).is_ok()
            && let Ok(Some((_, metadata))) = work_tree::locate(folder, &path)
            && metadata.is_file()
        {
            walked.files.push(PageFile { path, stat: T::of_metadata(&metadata) });
        }
    }
}

/// The entries of a folder and their names. Asking an entry for its name copies the name.
type Entries = Vec<(OsString, DirEntry)>;

fn list(location: &Path) -> io::Result<Entries> {
    fs::read_dir(location)?.map(|entry| entry.map(|entry| (entry.file_name(), entry))).collect()
}

/// The path and type of an entry. `None` if it was left behind by another program or was deleted meanwhile.
fn candidate(name: &OsStr, entry: &DirEntry, above: &str) -> Option<(String, FileType)> {
    let shown = name.to_string_lossy();
    // Most systems tell the type while they list the folder, so this needs no call of its own.
    let file_type = entry.file_type().ok()?;
    let is_leftover = if file_type.is_dir() { leftover::is_leftover_folder(&shown) } else { leftover::is_leftover(&shown) };
    (!is_leftover).then(|| ([above, &shown].concat(), file_type))
}

/// Returns an error if an entry of this path and type cannot be part of memory. The folder above has passed this check.
fn check(name: &OsStr, path: &str, file_type: FileType) -> Result<(), MemoryError> {
    path::check_last(path, file_type.is_dir())?;
    if name.to_str().is_none() {
        return Err(path::bad_path(path, "its name is not Unicode; rename it"));
    }
    if !file_type.is_dir() && !file_type.is_file() {
        return Err(path::bad_path(path, "it is a link or a device; put a real file there"));
    }
    Ok(())
}

fn is_repository(entries: &Entries) -> bool {
    entries.iter().any(|(name, _)| name == ".git")
}
