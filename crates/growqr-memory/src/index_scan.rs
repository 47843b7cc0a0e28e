//! Brings git's index up to date after a scan. The entries get the stats of the files, so that the user's next `git status`
//! reads none of them.

use crate::git::Git;
use crate::hidden::HiddenFile;
use crate::index_entries::{SKIP_WORKTREE, Wanted};
use crate::page_cache::{PageCache, Seen};
use crate::plan::FileChange;
use crate::scan::Scan;
use crate::stat::Stat;
use git2::Index;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::PathBuf;

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
            if scan.passed_over.contains(path) || page.is_some_and(|page| page.seen == Seen::NotInFolder) {
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
}
