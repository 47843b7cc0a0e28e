//! Keeps git's index equal to HEAD, so that the user's own `git status` is clean. This program never reads the index for its
//! own decisions, so no agent waits for it: it is updated after a change. If it cannot be written or is damaged, the next
//! scan repairs it.

use crate::disk;
use crate::git::Git;
use crate::hidden::{HiddenFile, Leaf};
use crate::index_entries::{SKIP_WORKTREE, Wanted, entry};
use crate::objects::blob_at;
use crate::page_cache::PageCache;
use crate::plan::FileChange;
use crate::probe::Step;
use crate::stat::Stat;
use git2::{Index, IndexEntry, IndexEntryFlag};
use growqr_core::memory::MemoryError;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

impl Git {
    /// Marks the files of a commit for the next update of the index.
    pub(crate) fn mark_unindexed(&self, files: &[FileChange]) {
        self.unindexed.borrow_mut().extend(files.iter().map(|file| file.path.clone()));
    }

    /// Updates the index for all marked files.
    pub(crate) fn update_index(&self) -> Result<(), MemoryError> {
        let paths = self.unindexed.take();
        if paths.is_empty() {
            return Ok(());
        }
        let head = self.head_tree()?;
        let version = |path| Wanted { path, old: None, new: blob_at(head.as_ref(), path), stat: None };
        let wanted: Vec<Wanted<'_>> = paths.iter().map(|path| version(path)).collect();
        if let Err(error) = self.update_entries(&wanted, false) {
            tracing::warn!(%error, "git's index could not be updated; the next scan will try again");
        }
        self.probe.reached(Step::IndexWritten)
    }

    /// Tells the user's git not to expect these files in the folder. Files that are in the folder are the user's own business. A
    /// failure is only logged; the next scan tries again.
    pub(crate) fn hide_in_index(&self, files: &[HiddenFile]) {
        if !files.is_empty()
            && let Err(error) = self.try_hide_in_index(files)
        {
            tracing::warn!(%error, "git's index could not be updated; the next scan will try again");
        }
    }

    fn try_hide_in_index(&self, files: &[HiddenFile]) -> Result<(), git2::Error> {
        let mut index = self.index()?;
        let mut changed = false;
        for HiddenFile { path, leaf } in files {
            let shown = String::from_utf8_lossy(path);
            let known = index.get_path(Path::new(&*shown), 0);
            if known.as_ref().map(|entry| entry.id) == leaf.map(|leaf| leaf.oid) || self.folder.join(&*shown).exists() {
                continue;
            }
            changed = true;
            match leaf {
                Some(leaf) => {
                    let plain = entry(&shown, leaf.oid, None);
                    let mode = u32::try_from(leaf.mode).unwrap_or(plain.mode);
                    index.add(&hidden_entry(IndexEntry { mode, path: path.clone(), ..plain }))?;
                }
                None => index.remove_path(Path::new(&*shown))?,
            }
        }
        if changed { self.write_index(&index) } else { Ok(()) }
    }

    /// Reads the index from disk and discards in-memory changes that an earlier write could not save. Rebuilds the index from
    /// HEAD if it is missing or cannot be read.
    pub(crate) fn index(&self) -> Result<Index, git2::Error> {
        let file = self.repo.path().join("index");
        let mut index = match self.repo.index().and_then(|mut index| index.read(true).map(|()| index)) {
            Ok(index) if file.exists() => return Ok(index),
            Ok(index) => index,
            // It may be a sparse index, which libgit2 cannot read, and which alone knows what is not checked out.
            Err(error) if self.has_sparse_patterns() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "git's index cannot be read and is rebuilt");
                // If removing fails, opening it again returns the error.
                let _ = fs::remove_file(file);
                self.repo.index()?
            }
        };
        if let Ok(tree) = self.repo.head().and_then(|head| head.peel_to_tree()) {
            index.read_tree(&tree)?;
            self.hide_missing_files(&mut index)?;
            self.write_index(&index)?;
        }
        Ok(index)
    }

    /// Marks the files that cannot be pages and are not in the folder, in an index that was just read from HEAD.
    fn hide_missing_files(&self, index: &mut Index) -> Result<(), git2::Error> {
        let is_hidden = |entry: &IndexEntry| {
            let leaf = Leaf { oid: entry.id, mode: i32::try_from(entry.mode).unwrap_or_default() };
            !self.folder.join(&*String::from_utf8_lossy(&entry.path)).exists() && !self.is_page(&entry.path, leaf)
        };
        let hidden: Vec<IndexEntry> = index.iter().filter(is_hidden).collect();
        for entry in hidden {
            index.add(&hidden_entry(entry))?;
        }
        Ok(())
    }

    /// Writes the index under git's own lock. The file is fsynced before the rename: some file systems take many times as
    /// long to rename unwritten data over an existing file.
    fn write_index(&self, index: &Index) -> Result<(), git2::Error> {
        self.replace_index(|ours| {
            let mut copy = Index::open(ours)?;
            index.iter().try_for_each(|entry| copy.add(&entry))?;
            copy.write()?;
            Ok(true)
        })
    }

    /// Puts a new index in place, which `write` writes to the given file, unless it returns `false`.
    pub(crate) fn replace_index(&self, write: impl FnOnce(&Path) -> Result<bool, git2::Error>) -> Result<(), git2::Error> {
        self.remove_own_index_lock();
        let (ours, lock) = (self.own_index_file(), self.index_lock());
        if lock.exists() {
            return Err(git2::Error::from_str("another git process holds its lock"));
        }
        if !write(&ours)? {
            let _ = fs::remove_file(&ours);
            return Ok(());
        }
        let before = self.index_stat();
        self.install_index(&ours, &lock).map_err(|error| git2::Error::from_str(&error.to_string()))?;
        self.note_own_index_write(before);
        Ok(())
    }

    /// Remembers that this program has replaced an index with the stat `before`.
    fn note_own_index_write(&self, before: Option<Stat>) {
        let mut writes = self.own_index_writes.borrow_mut();
        let after = self.index_stat();
        *writes = match *writes {
            Some((first, last)) if last == before => Some((first, after)),
            _ => Some((before, after)),
        };
    }

    /// If nobody else has written the index since the cache was filled, the cache still knows what is in it.
    pub(crate) fn follow_own_index(&self, cache: &mut PageCache) {
        if let Some((first, last)) = *self.own_index_writes.borrow()
            && cache.index.is_some()
            && cache.index == first
        {
            cache.index = last;
        }
    }

    fn install_index(&self, ours: &Path, lock: &Path) -> io::Result<()> {
        disk::sync_file(&File::options().write(true).open(ours)?)?;
        if fs::hard_link(ours, lock).is_err() {
            // Not every file system has hard links. A copy works as well but takes longer.
            fs::copy(ours, lock)?;
        }
        fs::rename(lock, self.repo.path().join("index"))?;
        fs::remove_file(ours)
    }

    /// Removes git's index lock if an earlier run of this program was killed while it held the lock, and its temporary files.
    pub(crate) fn remove_own_index_lock(&self) {
        let (ours, lock) = (self.own_index_file(), self.index_lock());
        if let Ok(left) = fs::read(&ours) {
            if fs::read(&lock).is_ok_and(|locked| locked == left) {
                // If this fails, the next write reports that the lock is held.
                let _ = fs::remove_file(&lock);
            }
            let _ = fs::remove_file(&ours);
        }
        let _ = fs::remove_file(ours.with_extension("lock"));
    }

    fn own_index_file(&self) -> PathBuf {
        self.staged.with_file_name("index")
    }

    fn index_lock(&self) -> PathBuf {
        self.repo.path().join("index.lock")
    }
}

/// The same entry, for a file that git does not expect in the folder.
fn hidden_entry(entry: IndexEntry) -> IndexEntry {
    IndexEntry { flags: IndexEntryFlag::EXTENDED.bits(), flags_extended: SKIP_WORKTREE, ..entry }
}
