//! Brings git's index up to date after a scan, with one write, and with the stats of the files, so that the user's next
//! `git status` reads none of them. What the user has staged stays staged.

use crate::git::Git;
use crate::hidden::HiddenFile;
use crate::history::is_earlier_version;
use crate::index::SKIP_WORKTREE;
use crate::on_disk::OnDisk;
use crate::page_cache::{PageCache, Seen};
use crate::path;
use crate::plan::FileChange;
use crate::scan::Scan;
use crate::stat::Stat;
use crate::work_tree;
use git2::{Index, IndexEntry, IndexTime, Oid};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A version that git's index should have.
struct Wanted<'a> {
    path: &'a str,
    /// The version before the commit.
    old: Option<Oid>,
    new: Option<Oid>,
    /// The stat of the file with the version `new`, if that is known.
    stat: Option<Stat>,
}

impl Git {
    /// Where the cache of pages is saved.
    pub(crate) fn page_cache_file(&self) -> PathBuf {
        self.staged.with_file_name("pages")
    }

    /// The stat of git's index; `None` if there is no index.
    pub(crate) fn index_stat(&self) -> Option<Stat> {
        fs::symlink_metadata(self.repo.path().join("index")).ok().map(|metadata| Stat::of(&metadata))
    }

    /// Paths that git does not expect in the folder, because of a sparse checkout. `None`: git's index cannot be read, so that
    /// may be so of every path.
    pub(crate) fn files_outside_checkout(&self) -> Option<HashSet<String>> {
        let file = self.repo.path().join("index");
        match Index::open(&file) {
            Ok(index) => {
                let outside = index.iter().filter(|entry| entry.flags_extended & SKIP_WORKTREE != 0);
                Some(outside.filter_map(|entry| String::from_utf8(entry.path).ok()).collect())
            }
            Err(error) => {
                tracing::debug!(%error, "git's index cannot be read");
                if self.has_sparse_patterns() { None } else { Some(HashSet::new()) }
            }
        }
    }

    /// Whether the user has ever chosen which files are checked out.
    pub(crate) fn has_sparse_patterns(&self) -> bool {
        self.repo.path().join("info").join("sparse-checkout").exists()
    }

    /// Updates git's index after a scan whose hand edits are committed, and notes its stat in the cache. A failure is only
    /// logged; the next scan tries again.
    pub(crate) fn index_scan(&self, scan: &Scan, cache: &mut PageCache) {
        self.own_index_writes.take();
        let before = self.index_stat();
        let updated = self.try_index_scan(scan, cache);
        let writes = self.own_index_writes.take();
        cache.index = match (updated, writes) {
            (Ok(()), None) => before,
            (Ok(()), Some((first, last))) if first == before => last,
            // Somebody else has written it meanwhile.
            (Ok(()), Some(_)) => None,
            (Err(error), _) => {
                tracing::warn!(%error, "git's index could not be updated; the next scan will try again");
                None
            }
        };
    }

    fn try_index_scan(&self, scan: &Scan, cache: &PageCache) -> Result<(), git2::Error> {
        self.unindexed.take();
        let changed: HashMap<&str, &FileChange> = scan.changed.iter().map(|file| (file.path.as_str(), file)).collect();
        let mut wanted = Vec::new();
        let mut hidden: &[HiddenFile] = &scan.hidden;
        if scan.is_index_unknown {
            wanted.extend(cache.pages.iter().map(|page| page.path.as_str()));
        } else {
            wanted.extend(scan.since.iter().map(String::as_str));
            if scan.since.is_empty() {
                hidden = &[];
            }
        }
        wanted.extend(scan.changed.iter().map(|file| file.path.as_str()));
        wanted.sort_unstable();
        wanted.dedup();
        let version = |path| {
            let place = cache.pages.binary_search_by(|page| page.path.as_str().cmp(path)).ok();
            let page = place.map(|place| &cache.pages[place]);
            if page.is_some_and(|page| page.seen == Seen::NotInFolder) {
                return None;
            }
            let new = page.and_then(|page| page.in_head);
            let stat = match page.map(|page| page.seen) {
                Some(Seen::Page(stat, oid)) if Some(oid) == new => Some(stat),
                _ => None,
            };
            Some(Wanted { path, old: changed.get(path).map_or(new, |file| file.old), new, stat })
        };
        let wanted: Vec<Wanted<'_>> = wanted.into_iter().filter_map(version).collect();
        self.update_entries(&wanted, scan.is_index_unknown)?;
        self.hide_in_index(hidden);
        Ok(())
    }

    /// Writes the index once. `is_complete`: `wanted` has all pages, so entries of other pages are compared too.
    fn update_entries(&self, wanted: &[Wanted<'_>], is_complete: bool) -> Result<(), git2::Error> {
        let index = self.index()?;
        let known: HashMap<Vec<u8>, IndexEntry> = index.iter().map(|entry| (entry.path.clone(), entry)).collect();
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for Wanted { path, old, new, stat } in wanted {
            let entry = known.get(path.as_bytes());
            let has = entry.map(|entry| entry.id);
            if has == *new || entry.is_some_and(|entry| entry.flags_extended & SKIP_WORKTREE != 0) {
                continue;
            }
            let is_staged = has.is_some_and(|has| Some(has) != *old && !is_earlier_version(self, path, has));
            match new {
                _ if is_staged => {}
                Some(new) => set.push(self.entry_with_stat(path, *new, *stat, entry)),
                None if has.is_some() => remove.push(path.as_bytes().to_vec()),
                None => {}
            }
        }
        if is_complete {
            let pages: HashSet<&[u8]> = wanted.iter().map(|wanted| wanted.path.as_bytes()).collect();
            remove.extend(known.into_values().filter(|entry| !pages.contains(entry.path.as_slice())).filter_map(|entry| {
                let page = String::from_utf8(entry.path).ok().filter(|page| path::check(page).is_ok())?;
                let is_shown = entry.flags_extended & SKIP_WORKTREE == 0;
                let is_gone = is_shown && matches!(self.inspect(&page), OnDisk::Absent);
                (is_gone && is_earlier_version(self, &page, entry.id)).then(|| page.into_bytes())
            }));
        }
        if set.is_empty() && remove.is_empty() { Ok(()) } else { self.rewrite_index(&set, &remove) }
    }

    /// An entry for a page. With the stat of its file if the file still has it, so that git need not read the file.
    fn entry_with_stat(&self, path: &str, id: Oid, stat: Option<Stat>, known: Option<&IndexEntry>) -> IndexEntry {
        let plain = crate::index::entry(path, id, known.map(|entry| entry.mode));
        let metadata = fs::symlink_metadata(work_tree::file_of(&self.folder, path)).ok();
        match (stat, metadata) {
            (Some(stat), Some(metadata)) if Stat::of(&metadata) == stat => with_stat(plain, &stat, &metadata),
            _ => plain,
        }
    }

    /// Writes a copy of the index with these changes, and puts it in place under git's own lock.
    fn rewrite_index(&self, set: &[IndexEntry], remove: &[Vec<u8>]) -> Result<(), git2::Error> {
        let file = self.repo.path().join("index");
        self.replace_index(|ours| {
            if file.exists() {
                fs::copy(&file, ours).map_err(|error| git2::Error::from_str(&error.to_string()))?;
            }
            // An index without a repository: adding an entry need not look for its object.
            let mut index = Index::open(ours)?;
            for path in remove {
                index.remove(Path::new(&*String::from_utf8_lossy(path)), 0)?;
            }
            for entry in set {
                index.add(entry)?;
            }
            index.write()
        })
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
