//! git's index, kept in step with HEAD so that the person's own `git status` is clean. It is derived and never asked, so
//! no agent waits for it: it follows right after a change. If it cannot be written now, or is broken, the next scan mends
//! it.

use crate::disk;
use crate::failure::Step;
use crate::objects::{FileChange, Git, blob_at};
use git2::{Index, IndexEntry, IndexTime, Oid};
use growqr_core::memory::MemoryError;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

impl Git {
    /// Notes files of a commit that the index has to follow.
    pub(crate) fn index_later(&self, files: &[FileChange]) {
        self.unindexed.borrow_mut().extend(files.iter().map(|file| file.path.clone()));
    }

    /// Lets the index follow the commits made since.
    pub(crate) fn tidy(&self) -> Result<(), MemoryError> {
        let paths = self.unindexed.take();
        if paths.is_empty() {
            return Ok(());
        }
        let head = self.head_tree()?;
        let files: Vec<FileChange> =
            paths.into_iter().map(|path| FileChange { new: blob_at(head.as_ref(), &path), old: None, path }).collect();
        self.refresh_index(files.iter());
        self.probe.reached(Step::IndexWritten)
    }

    /// Tells the index of files as HEAD has them. The person's git may hold its lock; that is logged and no failure.
    pub(crate) fn refresh_index<'a>(&self, files: impl Iterator<Item = &'a FileChange>) {
        if let Err(error) = self.try_refresh_index(files) {
            tracing::warn!(%error, "git's index could not be refreshed; the next scan will");
        }
    }

    fn try_refresh_index<'a>(&self, files: impl Iterator<Item = &'a FileChange>) -> Result<(), git2::Error> {
        let mut index = self.index()?;
        let mut changed = false;
        for file in files {
            let known = index.get_path(Path::new(&file.path), 0);
            if known.as_ref().map(|entry| entry.id) == file.new {
                continue;
            }
            changed = true;
            match file.new {
                Some(oid) => index.add(&entry(&file.path, oid, known))?,
                None => index.remove_path(Path::new(&file.path))?,
            }
        }
        if changed { self.write_index(&index) } else { Ok(()) }
    }

    /// The index as it is on disk, without what an earlier write of ours could not put there; made anew from HEAD if it
    /// is missing or cannot be read.
    pub(crate) fn index(&self) -> Result<Index, git2::Error> {
        let file = self.repo.path().join("index");
        let mut index = match self.repo.index().and_then(|mut index| index.read(true).map(|()| index)) {
            Ok(index) if file.exists() => return Ok(index),
            Ok(index) => index,
            Err(error) => {
                tracing::warn!(%error, "git's index is unreadable and is made anew");
                // If it cannot be removed, opening it again says why.
                let _ = fs::remove_file(file);
                self.repo.index()?
            }
        };
        if let Ok(tree) = self.repo.head().and_then(|head| head.peel_to_tree()) {
            index.read_tree(&tree)?;
            self.write_index(&index)?;
        }
        Ok(index)
    }

    /// Writes the index under git's own lock, on the disk before the rename: a rename of a file that is not there yet
    /// over another makes some file systems wait many times as long.
    fn write_index(&self, index: &Index) -> Result<(), git2::Error> {
        self.clear_own_index_lock();
        let (ours, lock) = (self.own_index(), self.index_lock());
        if lock.exists() {
            return Err(git2::Error::from_str("the person's git holds its lock"));
        }
        let mut copy = Index::open(&ours)?;
        for entry in index.iter() {
            copy.add(&entry)?;
        }
        copy.write()?;
        self.put_index(&ours, &lock).map_err(|error| git2::Error::from_str(&error.to_string()))
    }

    fn put_index(&self, ours: &Path, lock: &Path) -> io::Result<()> {
        disk::sync_file(&File::options().write(true).open(ours)?)?;
        if fs::hard_link(ours, lock).is_err() {
            // Not every file system has hard links. A copy is as good but for the time it takes.
            fs::copy(ours, lock)?;
        }
        fs::rename(lock, self.repo.path().join("index"))?;
        fs::remove_file(ours)
    }

    /// Removes git's index lock if an earlier run of ours left it when it was stopped, and what lay beside it.
    pub(crate) fn clear_own_index_lock(&self) {
        let (ours, lock) = (self.own_index(), self.index_lock());
        if let Ok(left) = fs::read(&ours) {
            if fs::read(&lock).is_ok_and(|locked| locked == left) {
                // A failure shows as a lock that is held.
                let _ = fs::remove_file(&lock);
            }
            let _ = fs::remove_file(&ours);
        }
        let _ = fs::remove_file(ours.with_extension("lock"));
    }

    fn own_index(&self) -> PathBuf {
        self.staged.with_file_name("index")
    }

    fn index_lock(&self) -> PathBuf {
        self.repo.path().join("index.lock")
    }
}

/// An entry without file times: git looks at the content once and fills them in.
fn entry(path: &str, id: Oid, known: Option<IndexEntry>) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: known.map_or(0o100_644, |entry| entry.mode),
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}
