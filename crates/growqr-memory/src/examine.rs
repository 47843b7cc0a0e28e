//! Looks for what would make a change of memory fail, more closely than a change itself does: for `doctor`.

use crate::git::Git;
use crate::walk::PageFile;
use crate::work_tree;
use growqr_core::memory::MemoryError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How much is written to try a folder.
const TRIED_BYTES: [u8; 4096] = [0; 4096];

impl Git {
    /// Returns an error if a folder in which every change writes cannot be written. Each is tried with a file that is removed at
    /// once.
    pub(crate) fn refuse_read_only(&self) -> Result<(), MemoryError> {
        let common = self.repo.commondir();
        let branches = common.join("refs").join("heads");
        for folder in [common.join("objects"), branches, self.repo.path().join("growqr"), self.staged.clone()] {
            // A folder that is missing is made when it is needed.
            if folder.is_dir()
                && let Err(error) = try_writing(&folder)
            {
                return Err(cannot_write(&folder, &error.to_string()));
            }
        }
        match fs::metadata(&self.folder) {
            Ok(data) if data.permissions().readonly() => Err(cannot_write(&self.folder, "it is read-only")),
            _ => Ok(()),
        }
    }
}

/// Those of these files that cannot be changed because they, or their folders, are read-only.
pub(crate) fn read_only_pages(folder: &Path, files: &[PageFile]) -> Vec<String> {
    let is_read_only = |path: &Path| fs::metadata(path).is_ok_and(|data| data.permissions().readonly());
    // Most files are in the folder of the one before.
    let mut known: Option<(PathBuf, bool)> = None;
    let mut is_in_read_only_folder = |file: &Path| {
        let Some(parent) = file.parent() else { return false };
        match &known {
            Some((folder, is_read_only)) if folder == parent => *is_read_only,
            _ => known.insert((parent.to_owned(), is_read_only(parent))).1,
        }
    };
    let mut is_fixed = |page: &&PageFile| {
        let file = work_tree::file_of(folder, &page.path);
        // A file is replaced by a rename, which needs only the folder; on Windows, also the file.
        is_in_read_only_folder(&file) || (cfg!(windows) && is_read_only(&file))
    };
    files.iter().filter(|page| is_fixed(page)).map(|page| page.path.clone()).collect()
}

fn try_writing(folder: &Path) -> io::Result<()> {
    // Git ignores files with this ending.
    let file = folder.join(format!("growqr-tries-to-write-{}.lock", std::process::id()));
    let written = fs::write(&file, TRIED_BYTES);
    let removed = fs::remove_file(&file);
    written.and(removed)
}

fn cannot_write(folder: &Path, cause: &str) -> MemoryError {
    MemoryError::Repository { doing: "be changed", cause: format!("{} cannot be written: {cause}", folder.display()) }
}
