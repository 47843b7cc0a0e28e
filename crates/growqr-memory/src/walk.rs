//! Walks the working tree once: the path and the stat of every file that may be a page. One metadata call for each file;
//! opens none. Does not follow links, and does not enter repositories of their own.

use crate::error_context::Context;
use crate::leftover;
use crate::path;
use crate::skipped_file::SkippedFile;
use crate::stat::Stat;
use growqr_core::memory::MemoryError;
use std::fs::{self, DirEntry, FileType};
use std::path::Path;

/// A file that is a page if its content is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageFile {
    /// Its path in the memory folder, with `/`.
    pub(crate) path: String,
    pub(crate) stat: Stat,
}

/// The result of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Sorted by path.
    pub(crate) files: Vec<PageFile>,
    /// Files and folders that cannot be pages, sorted by path.
    pub(crate) skipped: Vec<SkippedFile>,
}

/// Walks the whole folder. A file that is created or deleted meanwhile may or may not be in the result.
///
/// # Errors
/// [`MemoryError::Repository`] if the folder itself cannot be listed. A folder inside that cannot be listed is skipped.
pub(crate) fn walk(folder: &Path) -> Result<Walked, MemoryError> {
    let mut walked = Walked::default();
    walk_folder(folder, "", &mut walked)?;
    walked.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walked.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walked)
}

fn walk_folder(location: &Path, above: &str, walked: &mut Walked) -> Result<(), MemoryError> {
    let entries = match fs::read_dir(location).and_then(Iterator::collect::<Result<Vec<DirEntry>, _>>) {
        Ok(entries) => entries,
        Err(error) if above.is_empty() => return Err(error).context("list the pages"),
        Err(error) => {
            let reason = MemoryError::Repository { doing: "list a folder", cause: error.to_string() };
            walked.skipped.push(SkippedFile { path: above.to_owned(), reason });
            return Ok(());
        }
    };
    let is_nested = !above.is_empty() && entries.iter().any(|entry| entry.file_name() == ".git");
    if is_nested {
        let path = above.trim_end_matches('/').to_owned();
        let reason = path::bad_path(&path, "it is a git repository of its own, which memory leaves alone");
        walked.skipped.push(SkippedFile { path, reason });
        return Ok(());
    }
    entries.iter().try_for_each(|entry| visit(entry, above, walked))
}

fn visit(entry: &DirEntry, above: &str, walked: &mut Walked) -> Result<(), MemoryError> {
    let name = entry.file_name();
    let shown = name.to_string_lossy();
    // Most systems tell the type while they list the folder, so this needs no call of its own. An error: deleted meanwhile.
    let Ok(file_type) = entry.file_type() else { return Ok(()) };
    let is_leftover = if file_type.is_dir() { leftover::is_leftover_folder(&shown) } else { leftover::is_leftover(&shown) };
    if is_leftover {
        return Ok(());
    }
    let path = format!("{above}{shown}");
    if let Err(reason) = check(&path, name.to_str().is_some(), file_type) {
        walked.skipped.push(SkippedFile { path, reason });
    } else if file_type.is_dir() {
        walk_folder(&entry.path(), &format!("{path}/"), walked)?;
    } else if let Ok(metadata) = entry.metadata()
        && metadata.is_file()
    {
        walked.files.push(PageFile { path, stat: Stat::of(&metadata) });
    }
    Ok(())
}

/// Returns an error if a file or folder of this path and type cannot be part of memory.
fn check(path: &str, is_unicode: bool, file_type: FileType) -> Result<(), MemoryError> {
    path::check(path)?;
    if !is_unicode {
        return Err(path::bad_path(path, "its name is not Unicode; rename it"));
    }
    if !file_type.is_dir() && !file_type.is_file() {
        return Err(path::bad_path(path, "it is a link or a device; put a real file there"));
    }
    Ok(())
}
