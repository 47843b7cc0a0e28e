//! Keeps git's index equal to HEAD where this program has moved HEAD, so that the user's own `git status` is clean. What the user
//! has staged stays staged. No agent waits for the index: it is updated after a change. If that fails, it is tried again after
//! the next one.

use crate::error_context::Context;
use crate::git::Git;
use crate::hidden::{HiddenFile, Leaf};
use crate::on_disk::OnDisk;
use crate::plan::FileChange;
use crate::probe::Step;
use crate::read_index::{Entry, SKIP_WORKTREE};
use crate::stat::Stat;
use crate::tree_entry::blob_at;
use crate::work_tree;
use crate::write_index::{FindEntry, IndexChanges};
use git2::{Index, IndexEntry, IndexEntryFlag, IndexTime, Oid};
use growqr_core::memory::MemoryError;
use std::fs;
use std::path::{Path, PathBuf};

/// Up to this number of pages, an update reads their files, so that the user's git need not.
const MAX_VERIFIED: usize = 64;

const SUBMODULE: u32 = 0o160_000;

/// Why missing pages are not taken for deleted, and what ends that.
pub(crate) const NO_INDEX: &str = "git has no index in the memory folder and some committed pages are missing there, so they are not \
                                   taken for deleted. To bring them back: git read-tree HEAD && git checkout-index -q -a (pages that you \
                                   have edited stay as they are). To delete them: git reset";

/// The version of a page that git's index should have.
pub(crate) struct Wanted<'a> {
    pub(crate) path: &'a str,
    pub(crate) new: Option<Oid>,
    /// The stat of the file with the version `new`, if that is known: then git need not read the file.
    pub(crate) stat: Option<Stat>,
}

impl Git {
    /// Notes that HEAD is about to move, so that these files must be updated in the index.
    pub(crate) fn record_unindexed(&self, files: &[FileChange]) -> Result<(), MemoryError> {
        self.unindexed.borrow_mut().record(&self.unindexed_file(), files).context("note what git's index lacks")
    }

    /// Updates the index for all files that need it.
    pub(crate) fn update_index(&self) -> Result<(), MemoryError> {
        if self.unindexed.borrow().is_empty() {
            return Ok(());
        }
        let paths: Vec<String> = self.unindexed.borrow().paths().cloned().collect();
        let head = self.head_tree()?;
        let is_undone = |path: &&String| self.unindexed.borrow().was_in_head(path, blob_at(head.as_ref(), path));
        self.undone_pages().note(paths.iter().filter(is_undone));
        let is_short = paths.len() <= MAX_VERIFIED;
        let version = |path: &String| {
            let new = blob_at(head.as_ref(), path);
            (new, new.filter(|_| is_short).and_then(|new| self.stat_of_version(path, new)))
        };
        let wanted: Vec<Wanted<'_>> = paths
            .iter()
            .map(|path| {
                let (new, stat) = version(path);
                Wanted { path, new, stat }
            })
            .collect();
        if let Err(error) = self.index_versions(&wanted) {
            tracing::warn!(
                "git's index in {} could not be updated ({error}). Do not commit with git before it is: this is tried again at the \
                 next change and the next start",
                self.folder.display()
            );
        }
        self.probe.reached(Step::IndexWritten)
    }

    /// Puts these versions into the index, for all files that need it. Entries with a version that HEAD never had stay.
    pub(crate) fn index_versions(&self, wanted: &[Wanted<'_>]) -> Result<(), git2::Error> {
        if self.edit_index(|find| self.outdated(wanted, find))? {
            self.unindexed.borrow_mut().clear(&self.unindexed_file());
        }
        Ok(())
    }

    /// The changes with which the index has the wanted versions.
    fn outdated(&self, wanted: &[Wanted<'_>], find: FindEntry<'_>) -> IndexChanges {
        let IndexChanges { mut set, mut remove } = IndexChanges::default();
        for Wanted { path, new, stat } in wanted {
            let known = find(path.as_bytes()).filter(|entry| !entry.is_intent_to_add);
            let has = known.map(|entry| entry.id);
            let gets_stat = stat.is_some() && known.is_some_and(|entry| entry.is_without_stat && !entry.is_skip_worktree);
            let is_outdated = has != *new && self.unindexed.borrow().was_in_head(path, has);
            if !(is_outdated || has == *new && gets_stat) {
                continue;
            }
            let Some(new) = new else {
                remove.push(path.as_bytes().to_vec());
                continue;
            };
            let plain = entry(path, *new, known.map(|entry| entry.mode));
            match known {
                Some(known) if known.is_skip_worktree => set.push(hidden_entry(plain)),
                None if self.stays_outside(path) => set.extend(self.entry_outside(plain, path)),
                Some(known) if known.is_assumed_unchanged => {
                    let plain = self.with_stat_of_file(plain, path, *stat);
                    set.push(IndexEntry { flags: IndexEntryFlag::VALID.bits(), ..plain });
                }
                _ => set.push(self.with_stat_of_file(plain, path, *stat)),
            }
        }
        IndexChanges { set, remove }
    }

    /// The entry of a new page that stays outside the folder. `None`: it must have none, because a private file of its name is in
    /// the folder, and git would take it for the page.
    fn entry_outside(&self, plain: IndexEntry, path: &str) -> Option<IndexEntry> {
        let is_in_folder = fs::symlink_metadata(work_tree::file_of(&self.folder, path)).is_ok();
        match (is_in_folder, self.is_private(path)) {
            // In a sparse checkout, git forgets the flag of a file that is in the folder.
            (true, true) if self.conversion().is_sparse() => None,
            (true, false) => Some(plain),
            _ => Some(hidden_entry(plain)),
        }
    }

    /// Tells the user's git not to expect these files in the folder. Files that are in the folder are the user's own business. A
    /// failure is only logged; the next scan tries again.
    pub(crate) fn hide_in_index(&self, files: &[HiddenFile]) {
        if !files.is_empty()
            && let Err(error) = self.edit_index(|find| self.not_yet_hidden(files, find))
        {
            tracing::warn!(%error, "git's index could not be updated; the next scan will try again");
        }
    }

    /// Tells the user's git not to expect these committed files in the folder.
    pub(crate) fn leave_outside(&self, paths: &[&str]) -> Result<(), git2::Error> {
        let hidden = |path: &&str, known: Entry| hidden_entry(entry(path, known.id, Some(known.mode)));
        let set = |find: FindEntry<'_>| paths.iter().filter_map(|path| Some(hidden(path, find(path.as_bytes())?))).collect();
        self.edit_index(|find| IndexChanges { set: set(find), remove: Vec::new() }).map(drop)
    }

    /// The changes with which the index has these files as hidden.
    fn not_yet_hidden(&self, files: &[HiddenFile], find: FindEntry<'_>) -> IndexChanges {
        let IndexChanges { mut set, mut remove } = IndexChanges::default();
        for HiddenFile { path, leaf } in files {
            let shown = String::from_utf8_lossy(path);
            let known = find(path);
            if known.map(|entry| entry.id) == leaf.map(|leaf| leaf.oid) || self.folder.join(&*shown).exists() {
                continue;
            }
            match leaf {
                Some(leaf) => {
                    let plain = entry(&shown, leaf.oid, u32::try_from(leaf.mode).ok());
                    set.push(hidden_entry(IndexEntry { path: path.clone(), ..plain }));
                }
                None => remove.push(path.clone()),
            }
        }
        IndexChanges { set, remove }
    }

    /// Makes the index anew from HEAD if it is missing or damaged. A damaged one is kept beside it. Returns `false` if it is missing
    /// and has to stay so, because pages of HEAD are missing too: with an index they would count as deleted.
    pub(crate) fn rebuild_if_lost(&self) -> Result<bool, git2::Error> {
        let file = self.index_file();
        let is_missing = !file.exists();
        if !is_missing {
            if self.open_index().is_ok() || !self.is_index_damaged() {
                return Ok(true);
            }
            tracing::warn!("git's index is damaged; it is kept as index.bak and made anew");
            let kept = fs::rename(&file, file.with_file_name("index.bak"));
            kept.map_err(|error| git2::Error::from_str(&error.to_string()))?;
        }
        let Ok(tree) = self.repo.head().and_then(|head| head.peel_to_tree()) else { return Ok(true) };
        let mut index = Index::new()?;
        index.read_tree(&tree)?;
        self.hide_files(&mut index)?;
        let is_expected = |entry: IndexEntry| entry.flags_extended & SKIP_WORKTREE == 0 && self.is_not_in_folder(&entry);
        if is_missing && index.iter().any(is_expected) {
            tracing::warn!("{NO_INDEX}");
            return Ok(false);
        }
        self.replace_index(|ours| {
            let mut copy = Index::open(ours)?;
            index.iter().try_for_each(|entry| copy.add(&entry))?;
            copy.write().map(|()| true)
        })?;
        Ok(true)
    }

    fn is_not_in_folder(&self, entry: &IndexEntry) -> bool {
        !self.folder.join(&*String::from_utf8_lossy(&entry.path)).exists()
    }

    /// Marks files that git is not to expect in the folder, in an index that was just read from HEAD: those that git ignores,
    /// because a private file of their name may be there; those that are missing and cannot be pages; and all that are missing if
    /// the user keeps only a part of the pages in the folder.
    fn hide_files(&self, index: &mut Index) -> Result<(), git2::Error> {
        let is_sparse = self.conversion().is_sparse();
        let is_private = |entry: &IndexEntry| {
            entry.mode != SUBMODULE && std::str::from_utf8(&entry.path).is_ok_and(|path| self.is_private(path))
        };
        let is_no_page = |entry: &IndexEntry| {
            let leaf = Leaf { oid: entry.id, mode: i32::try_from(entry.mode).unwrap_or_default() };
            !self.is_page(&entry.path, leaf)
        };
        for entry in index.iter().collect::<Vec<_>>() {
            let is_missing = self.is_not_in_folder(&entry);
            if is_sparse && !is_missing && is_private(&entry) {
                // In a sparse checkout, git forgets the flag of a file that is in the folder.
                index.remove(Path::new(&*String::from_utf8_lossy(&entry.path)), 0)?;
            } else if is_private(&entry) || is_missing && (is_sparse || is_no_page(&entry)) {
                index.add(&hidden_entry(entry))?;
            }
        }
        Ok(())
    }

    /// The stat of a page's file, if the file has this version.
    fn stat_of_version(&self, path: &str, version: Oid) -> Option<Stat> {
        let stat = Stat::of(&fs::symlink_metadata(work_tree::file_of(&self.folder, path)).ok()?);
        matches!(self.inspect(path), OnDisk::File(_, oid) if oid == version).then_some(stat)
    }

    /// The entry with the stat of its file, if the file still has it.
    fn with_stat_of_file(&self, plain: IndexEntry, path: &str, stat: Option<Stat>) -> IndexEntry {
        let metadata = fs::symlink_metadata(work_tree::file_of(&self.folder, path)).ok();
        match (stat, metadata) {
            (Some(stat), Some(metadata)) if Stat::of(&metadata) == stat => with_stat(plain, &stat, &metadata),
            _ => plain,
        }
    }

    pub(crate) fn unindexed_file(&self) -> PathBuf {
        self.own_folder().join("unindexed")
    }
}

/// The same entry, for a file that git does not expect in the folder.
fn hidden_entry(entry: IndexEntry) -> IndexEntry {
    IndexEntry { flags: IndexEntryFlag::EXTENDED.bits(), flags_extended: SKIP_WORKTREE, ..entry }
}

/// An entry without file times: git compares the content once and fills them in.
fn entry(path: &str, id: Oid, known_mode: Option<u32>) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: known_mode.unwrap_or(0o100_644),
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

/// What git remembers of a file. It does not compare the device.
fn with_stat(entry: IndexEntry, stat: &Stat, metadata: &fs::Metadata) -> IndexEntry {
    let time = |ns: i64| {
        let seconds = i32::try_from(ns.div_euclid(1_000_000_000)).unwrap_or_default();
        IndexTime::new(seconds, u32::try_from(ns.rem_euclid(1_000_000_000)).unwrap_or_default())
    };
    let (uid, gid) = owner(metadata);
    // git keeps the lower half of these numbers.
    #[expect(clippy::cast_possible_truncation, reason = "so does git")]
    let (ino, dev, file_size) = (stat.inode as u32, stat.device as u32, stat.size as u32);
    IndexEntry { ctime: time(stat.ctime_ns), mtime: time(stat.mtime_ns), dev, ino, uid, gid, file_size, ..entry }
}

#[cfg(unix)]
fn owner(metadata: &fs::Metadata) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt;
    (metadata.uid(), metadata.gid())
}

#[cfg(not(unix))]
fn owner(_: &fs::Metadata) -> (u32, u32) {
    (0, 0)
}
