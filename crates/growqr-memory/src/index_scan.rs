//! Brings git's index up to date after a scan, with one write, and with the stats of the files, so that the user's next
//! `git status` reads none of them.

use crate::git::Git;
use crate::hidden::HiddenFile;
use crate::index::Wanted;
use crate::page_cache::{PageCache, Seen};
use crate::scan::Scan;
use std::path::PathBuf;

impl Git {
    /// Where the cache of pages is saved.
    pub(crate) fn page_cache_file(&self) -> PathBuf {
        self.staged.with_file_name("pages")
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
        let paths: Vec<String> = self.unindexed.borrow().paths().cloned().collect();
        let wanted = |path| {
            let place = cache.pages.binary_search_by(|page| page.path.as_str().cmp(path)).ok();
            let page = place.map(|place| &cache.pages[place]);
            let new = page.and_then(|page| page.in_head);
            let stat = match page.map(|page| page.seen) {
                Some(Seen::Page(stat, oid)) if Some(oid) == new => Some(stat),
                _ => None,
            };
            Wanted { path, new, stat }
        };
        let wanted: Vec<Wanted<'_>> = paths.iter().map(|path| wanted(path.as_str())).collect();
        if !wanted.is_empty() {
            self.index_versions(&wanted)?;
        } else if scan.is_index_unknown {
            self.rebuild_if_lost()?;
        }
        // Without a change of HEAD or of the index, they are hidden already.
        let hidden: &[HiddenFile] = if scan.is_index_unknown || scan.has_new_head { &scan.hidden } else { &[] };
        self.hide_in_index(hidden);
        Ok(())
    }
}
