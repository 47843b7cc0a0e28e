//! Walks the working tree once: the path and the stat of every file that may be a page. One stat for each file; opens none.

use crate::classify::{Class, Kind, classify};
use crate::error_context::Context;
use crate::stat::Stat;
use crate::work_tree::SkippedFile;
use growqr_core::memory::MemoryError;
use std::fs::{self, DirEntry, FileType};
use std::path::Path;

/// A file that is a page if its content is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path in the memory folder, with `/`.
    pub(crate) path: String,
    pub(crate) stat: Stat,
}

/// The result of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Sorted by path.
    pub(crate) files: Vec<Entry>,
    /// Files and folders that cannot be pages, sorted by path.
    pub(crate) skipped: Vec<SkippedFile>,
}

/// Walks the whole folder. What is deleted meanwhile may or may not be in the result.
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
    let entries = match fs::read_dir(location) {
        Ok(entries) => entries,
        Err(error) if above.is_empty() => return Err(error).context("list the pages"),
        Err(error) => {
            let reason = MemoryError::Repository { doing: "list a folder", cause: error.to_string() };
            walked.skipped.push(SkippedFile { path: above.to_owned(), reason });
            return Ok(());
        }
    };
    for entry in entries {
        visit(&entry.context("list the pages")?, above, walked)?;
    }
    Ok(())
}

fn visit(entry: &DirEntry, above: &str, walked: &mut Walked) -> Result<(), MemoryError> {
    let name = entry.file_name();
    let path = format!("{above}{}", name.to_string_lossy());
    // Most systems tell the kind while they list the folder, so this needs no call of its own.
    let Ok(kind) = entry.file_type().map(kind) else { return Ok(()) };
    match classify(&name, &path, kind) {
        Class::Ignored => Ok(()),
        Class::Skipped(reason) => {
            walked.skipped.push(SkippedFile { path, reason });
            Ok(())
        }
        Class::Folder => walk_folder(&entry.path(), &format!("{path}/"), walked),
        Class::Page => {
            // An error: deleted during the walk. Another kind: replaced during the walk; the next one sees it.
            if let Ok(metadata) = entry.metadata()
                && metadata.is_file()
            {
                walked.files.push(Entry { path, stat: Stat::of(&metadata) });
            }
            Ok(())
        }
    }
}

fn kind(file_type: FileType) -> Kind {
    if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}
