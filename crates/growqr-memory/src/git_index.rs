//! Where the repository's index is, and whether it can be read. Changes nothing.

use crate::git::Git;
use crate::read_index::{self, ReadIndex};
use crate::stat::Stat;
use git2::Index;
use std::fs;
use std::path::{Path, PathBuf};

impl Git {
    pub(crate) fn index_file(&self) -> PathBuf {
        self.repo.path().join("index")
    }

    /// Whether there is no index although there are commits.
    pub(crate) fn is_index_missing(&self) -> bool {
        !self.index_file().exists() && self.repo.head().is_ok()
    }

    /// The stat of git's index; `None` if there is no index.
    pub(crate) fn index_stat(&self) -> Option<Stat> {
        fs::symlink_metadata(self.index_file()).ok().map(|metadata| Stat::of(&metadata))
    }

    /// Opens git's index with libgit2, which reads a sparse index as if its folders were files.
    pub(crate) fn open_index(&self) -> Result<Index, git2::Error> {
        read_index::open(&self.index_file())
    }

    /// Reads git's index, as [`read_index::read`].
    ///
    /// # Errors
    /// As [`read_index::read`].
    pub(crate) fn read_index(&self) -> Result<ReadIndex, git2::Error> {
        read_index::read(&self.folder, &self.own_folder(), &self.index_file())
    }

    /// Whether the index is not one of git: then nothing of it is worth keeping.
    pub(crate) fn is_index_damaged(&self) -> bool {
        read_index::is_damaged(&self.index_file())
    }

    /// The folder of this program inside `.git`.
    pub(crate) fn own_folder(&self) -> PathBuf {
        self.staged.parent().map(Path::to_owned).unwrap_or_default()
    }
}
