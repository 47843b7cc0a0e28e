//! Writes git's index under git's own lock, or lets the user's git change an index that libgit2 cannot read.

use crate::disk;
use crate::git::Git;
use crate::git_program;
use crate::page_cache::PageCache;
use crate::read_index::{self, ASSUME_UNCHANGED, Entry, ReadIndex, SKIP_WORKTREE};
use crate::stat::Stat;
use git2::{Error, Index, IndexEntry};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Entries to set in git's index, and paths to remove from it.
#[derive(Default)]
pub(crate) struct IndexChanges {
    pub(crate) set: Vec<IndexEntry>,
    pub(crate) remove: Vec<Vec<u8>>,
}

impl IndexChanges {
    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

/// Finds the entry of a path.
pub(crate) type FindEntry<'a> = &'a dyn Fn(&[u8]) -> Option<Entry>;

impl Git {
    /// Makes the changes that `decide` asks for when it has seen the entries. Reads the index once: with 50,000 entries, each
    /// reading takes as long as all the rest of a change. Nobody else's change is lost: if the index was written meanwhile,
    /// this fails. Returns `false` if there is no index, as [`Git::rebuild_if_lost`].
    pub(crate) fn edit_index(&self, decide: impl Fn(FindEntry<'_>) -> IndexChanges) -> Result<bool, Error> {
        if self.index_file().exists() {
            let mut is_readable = true;
            let edited = self.edit_existing_index(&decide, &mut is_readable);
            if is_readable {
                return edited.map(|()| true);
            }
        }
        if !self.rebuild_if_lost()? {
            return Ok(false);
        }
        self.edit_existing_index(&decide, &mut true).map(|()| true)
    }

    fn edit_existing_index(&self, decide: &impl Fn(FindEntry<'_>) -> IndexChanges, is_readable: &mut bool) -> Result<(), Error> {
        self.replace_index(|ours| {
            match fs::copy(self.index_file(), ours) {
                // Before the first commit there is none.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                copied => drop(copied.map_err(from_io)?),
            }
            let read = read_index::read(&self.folder, &self.own_folder(), ours);
            let mut index = read.inspect_err(|_| *is_readable = false)?;
            let changes = decide(&|path| index.get(path));
            if changes.is_empty() {
                return Ok(false);
            }
            match &mut index {
                ReadIndex::Readable(index) => write_changes(index, &changes)?,
                ReadIndex::Listed(_) => self.change_through_git(ours, &changes).map_err(from_io)?,
            }
            Ok(true)
        })
    }

    /// Lets the user's git change this copy of its index. It takes several runs, so the index itself is replaced after them.
    fn change_through_git(&self, ours: &Path, IndexChanges { set, remove }: &IndexChanges) -> io::Result<()> {
        let own = self.own_folder();
        let run = |arguments: &[&str], input: &[u8]| git_program::run(&self.folder, &own, ours, arguments, input);
        let mut changes = Vec::new();
        for IndexEntry { mode, id, path, .. } in set {
            changes.extend(format!("{mode:o} {id}\t").into_bytes());
            changes.extend([path.as_slice(), b"\0"].concat());
        }
        for path in remove {
            changes.extend(format!("0 {}\t", git2::Oid::ZERO_SHA1).into_bytes());
            changes.extend([path.as_slice(), b"\0"].concat());
        }
        // git does not expand the last folder of a sparse index when a file in it is added, so the index is expanded first.
        run(&["-c", "index.sparse=false", "update-index", "-z", "--index-info"], &changes)?;
        let is_assumed_unchanged = |entry: &IndexEntry| entry.flags & ASSUME_UNCHANGED != 0;
        let is_skip_worktree = |entry: &IndexEntry| entry.flags_extended & SKIP_WORKTREE != 0;
        mark(&run, "--assume-unchanged", set.iter().filter(|entry| is_assumed_unchanged(entry)))?;
        // The last run, so that git makes the index sparse again.
        mark(&run, "--skip-worktree", set.iter().filter(|entry| is_skip_worktree(entry)))
    }

    /// Puts a new index in place, which `write` writes to the given file. If `write` returns `false`, the old one stays.
    ///
    /// The file is fsynced before the rename: some file systems take many times as long to rename unwritten data over an
    /// existing file.
    pub(crate) fn replace_index(&self, write: impl FnOnce(&Path) -> Result<bool, Error>) -> Result<(), Error> {
        self.remove_own_index_lock();
        let (ours, lock) = (self.own_index_file(), self.index_lock());
        let before = self.index_stat();
        let written = write(&ours);
        if !matches!(written, Ok(true)) {
            let _ = fs::remove_file(&ours);
            return written.map(drop);
        }
        if lock.exists() {
            let _ = fs::remove_file(&ours);
            return Err(locked_by_git());
        }
        self.install_index(&ours, &lock, before)?;
        self.note_own_index_write(before);
        Ok(())
    }

    fn install_index(&self, ours: &Path, lock: &Path, before: Option<Stat>) -> Result<(), Error> {
        File::options().write(true).open(ours).and_then(|file| disk::sync_file(&file)).map_err(from_io)?;
        match fs::hard_link(ours, lock) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(locked_by_git()),
            // Not every file system has hard links. A copy works as well but takes longer.
            Err(_) => {
                let mut locked = File::create_new(lock).map_err(|_| locked_by_git())?;
                let copied = File::open(ours).and_then(|mut ours| io::copy(&mut ours, &mut locked));
                copied.and_then(|_| disk::sync_file(&locked)).map_err(from_io)?;
            }
        }
        if self.index_stat() != before {
            self.remove_own_index_lock();
            return Err(Error::from_str("another git process has just written it"));
        }
        fs::rename(lock, self.index_file()).and_then(|()| fs::remove_file(ours)).map_err(from_io)
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

    pub(crate) fn index_lock(&self) -> PathBuf {
        self.repo.path().join("index.lock")
    }
}

fn write_changes(index: &mut Index, IndexChanges { set, remove }: &IndexChanges) -> Result<(), Error> {
    for path in remove {
        index.remove(Path::new(&*String::from_utf8_lossy(path)), 0)?;
    }
    // The index is open without a repository, so adding an entry need not look for its object.
    set.iter().try_for_each(|entry| index.add(entry))?;
    index.write()
}

/// Lets git set a flag of these entries.
fn mark<'a>(
    run: &impl Fn(&[&str], &[u8]) -> io::Result<Vec<u8>>,
    flag: &str,
    entries: impl Iterator<Item = &'a IndexEntry>,
) -> io::Result<()> {
    let paths: Vec<u8> = entries.flat_map(|entry| [entry.path.as_slice(), b"\0"].concat()).collect();
    if paths.is_empty() { Ok(()) } else { run(&["update-index", "-z", flag, "--stdin"], &paths).map(drop) }
}

fn locked_by_git() -> Error {
    Error::from_str("another git process holds its lock, .git/index.lock, or has left it")
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
fn from_io(error: io::Error) -> Error {
    Error::from_str(&error.to_string())
}
