//! Changes entries of git's index, with one write. What the user has staged stays staged.

use crate::git::Git;
use crate::history::is_earlier_version;
use crate::on_disk::OnDisk;
use crate::path;
use crate::stat::Stat;
use crate::work_tree;
use git2::{Index, IndexEntry, IndexEntryExtendedFlag, IndexTime, Oid};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Extended flag of an entry: git does not expect the file in the folder.
pub(crate) const SKIP_WORKTREE: u16 = IndexEntryExtendedFlag::SKIP_WORKTREE.bits();

/// A version that git's index should have.
pub(crate) struct Wanted<'a> {
    pub(crate) path: &'a str,
    /// The version before the commit, if that is known.
    pub(crate) old: Option<Oid>,
    pub(crate) new: Option<Oid>,
    /// The stat of the file with the version `new`, if that is known.
    pub(crate) stat: Option<Stat>,
}

impl Git {
    /// Writes the index once, if it needs to be. `is_complete`: `wanted` has all pages, so entries of other pages are compared
    /// too. An index that is lost or damaged is rebuilt first.
    pub(crate) fn update_entries(&self, wanted: &[Wanted<'_>], is_complete: bool) -> Result<(), git2::Error> {
        match self.try_update_entries(wanted, is_complete) {
            Err(_) if self.index().is_ok() => self.try_update_entries(wanted, is_complete),
            done => done,
        }
    }

    fn try_update_entries(&self, wanted: &[Wanted<'_>], is_complete: bool) -> Result<(), git2::Error> {
        let file = self.repo.path().join("index");
        self.replace_index(|ours| {
            fs::copy(&file, ours).map_err(|error| git2::Error::from_str(&error.to_string()))?;
            // An index without a repository: adding an entry need not look for its object.
            let mut index = Index::open(ours)?;
            let (set, remove) = self.entry_changes(&index, wanted, is_complete);
            if set.is_empty() && remove.is_empty() {
                return Ok(false);
            }
            remove.iter().try_for_each(|path| index.remove(Path::new(path), 0))?;
            set.iter().try_for_each(|entry| index.add(entry))?;
            index.write()?;
            Ok(true)
        })
    }

    /// The entries to set, and the paths of those to remove.
    fn entry_changes(&self, index: &Index, wanted: &[Wanted<'_>], is_complete: bool) -> (Vec<IndexEntry>, Vec<String>) {
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for Wanted { path, old, new, stat } in wanted {
            let entry = index.get_path(Path::new(path), 0);
            let has = entry.as_ref().map(|entry| entry.id);
            if has == *new || entry.as_ref().is_some_and(|entry| entry.flags_extended & SKIP_WORKTREE != 0) {
                continue;
            }
            let is_staged = has.is_some_and(|has| Some(has) != *old && !is_earlier_version(self, path, has));
            match new {
                _ if is_staged => {}
                Some(new) => set.push(self.entry_with_stat(path, *new, *stat, entry.as_ref())),
                None if has.is_some() => remove.push((*path).to_owned()),
                None => {}
            }
        }
        if is_complete {
            let pages: HashSet<&[u8]> = wanted.iter().map(|wanted| wanted.path.as_bytes()).collect();
            let others = index.iter().filter(|entry| !pages.contains(entry.path.as_slice()));
            remove.extend(others.filter_map(|entry| {
                let page = String::from_utf8(entry.path).ok().filter(|page| path::check(page).is_ok())?;
                let is_shown = entry.flags_extended & SKIP_WORKTREE == 0;
                let is_gone = is_shown && matches!(self.inspect(&page), OnDisk::Absent);
                (is_gone && is_earlier_version(self, &page, entry.id)).then_some(page)
            }));
        }
        (set, remove)
    }

    /// An entry for a page. With the stat of its file if the file still has it, so that git need not read the file.
    fn entry_with_stat(&self, path: &str, id: Oid, stat: Option<Stat>, known: Option<&IndexEntry>) -> IndexEntry {
        let plain = entry(path, id, known.map(|entry| entry.mode));
        let metadata = fs::symlink_metadata(work_tree::file_of(&self.folder, path)).ok();
        match (stat, metadata) {
            (Some(stat), Some(metadata)) if Stat::of(&metadata) == stat => with_stat(plain, &stat, &metadata),
            _ => plain,
        }
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

/// An entry without file times: git compares the content once and fills them in.
pub(crate) fn entry(path: &str, id: Oid, known_mode: Option<u32>) -> IndexEntry {
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
