//! Pages of which HEAD has the version from before this program's last change: the person has committed with an index that was not
//! updated yet, as while a lock lay there, and so has undone that change. The next scan makes the change again, by its author. The
//! note of these pages is a file, so a kill before that scan loses nothing.

use crate::git::Git;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// The note.
pub(crate) struct Undone(PathBuf);

impl Git {
    /// The note of pages whose last change was undone.
    pub(crate) fn undone_pages(&self) -> Undone {
        Undone(self.own_folder().join("undone"))
    }
}

impl Undone {
    /// Adds pages. If this fails, their change counts as the person's.
    pub(crate) fn note<'a>(&self, paths: impl Iterator<Item = &'a String>) {
        let lines: String = paths.map(|path| format!("{path}\n")).collect();
        if lines.is_empty() {
            return;
        }
        let write = || File::options().create(true).append(true).open(&self.0)?.write_all(lines.as_bytes());
        if let Err(error) = write() {
            tracing::warn!(%error, "changes that were undone could not be noted");
        }
    }

    /// The pages.
    pub(crate) fn paths(&self) -> BTreeSet<String> {
        fs::read_to_string(&self.0).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Removes all pages: a scan has looked at them.
    pub(crate) fn forget(&self) {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => tracing::debug!(%error, "the note of undone changes stays"),
            _ => {}
        }
    }
}
