//! Reads the repository's index: with libgit2, or through the user's git if the index is of a kind that libgit2 does not know
//! (sparse, split, or without a checksum). Changes nothing.

use crate::git::Git;
use crate::git_program;
use crate::read_index::{ReadIndex, is_intact, open, parse_list};
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
        open(&self.index_file())
    }

    /// Reads git's index. It is empty if there is none.
    ///
    /// # Errors
    /// If it is damaged, or if libgit2 cannot read it and git is not installed.
    pub(crate) fn read_index(&self) -> Result<ReadIndex, git2::Error> {
        match self.open_index() {
            Ok(index) => Ok(ReadIndex::Readable(index)),
            Err(error) if self.is_index_damaged() => Err(error),
            Err(error) => {
                let own = self.own_folder();
                let listed = git_program::run(&self.folder, &own, &["ls-files", "-s", "-v", "-z"], &[]);
                let listed = listed.map_err(|failed| git2::Error::from_str(&format!("{error}; {failed}")))?;
                Ok(ReadIndex::Listed(parse_list(&listed)))
            }
        }
    }

    /// Whether the index is not one of git: then nothing of it is worth keeping.
    pub(crate) fn is_index_damaged(&self) -> bool {
        match fs::read(self.index_file()) {
            Ok(bytes) => !is_intact(&bytes),
            Err(_) => false,
        }
    }

    /// The folder of this program inside `.git`.
    pub(crate) fn own_folder(&self) -> PathBuf {
        self.staged.parent().map(Path::to_owned).unwrap_or_default()
    }
}
