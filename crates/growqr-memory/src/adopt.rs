//! Hand edits: commits, in the user's name, the differences between the working tree and HEAD. Files that cannot be pages
//! stay where they are and are reported.
//!
//! The folder is scanned without the lock on the repository, so a long scan holds up nobody. The result is committed under the
//! lock, if HEAD is still what the scan has compared with; otherwise the scan is repeated, and reads only what has changed
//! since. Nothing points to the recorded blobs until then: after a kill, the next scan goes on from there.

use crate::MemoryRepo;
use crate::error_context::Context;
use crate::git::Git;
use crate::git_at_work::{self, LOOKS_OF_SCAN};
use crate::message::Author;
use crate::observer::AdoptionObserver;
use crate::open;
use crate::pack;
use crate::page_cache::{CachedPage, PageCache, Seen};
use crate::plan::{FileChange, WorkTreeFiles};
use crate::scan::{self, Scan, ScanBase};
use crate::skipped_file::SkippedFile;
use git2::{Commit, Oid};
use growqr_core::clock::Timestamp;
use growqr_core::memory::{CommitInfo, MemoryError};
use std::cell::Cell;
use std::fs;
use std::iter;
use std::path::Path;
use std::sync::PoisonError;

/// The first line of the commit of pages that were in the folder before the memory.
const WERE_HERE: &str = "Pages that were here already";

/// How many commits are looked at to find out what a change of the folder is.
const LOOKED_BACK: usize = 200;

/// How often a scan is repeated without the lock because others commit meanwhile.
const ATTEMPTS: usize = 3;

/// The result of a full scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The commit of the hand edits, if there were any.
    pub commits: Vec<CommitInfo>,
    /// Files that cannot be pages, sorted by path. They are not changed.
    pub skipped: Vec<SkippedFile>,
    /// Whether the observer has ended the scan: nothing is committed yet.
    pub is_interrupted: bool,
}

impl MemoryRepo {
    /// Scans the whole working tree. Commits all hand edits in one commit in the user's name. Reports files that cannot be
    /// pages (binary, too large, unreadable, a bad name, a link) and leaves them unchanged. Repairs git's index.
    ///
    /// # Errors
    /// [`MemoryError::Repository`], also while the user has an unfinished merge or rebase.
    pub fn adopt_hand_edits(&self, at: Timestamp) -> Result<Adopted, MemoryError> {
        self.adopt_observed(at, &crate::NoObserver)
    }

    /// Like [`MemoryRepo::adopt_hand_edits`], with an observer that follows a long adoption and can end it early. Other calls
    /// go on meanwhile.
    ///
    /// # Errors
    /// As [`MemoryRepo::adopt_hand_edits`].
    pub fn adopt_observed(&self, at: Timestamp, observer: &dyn AdoptionObserver) -> Result<Adopted, MemoryError> {
        // Before the lock on the repository, always: a second scan waits here and not there.
        let mut cache = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let mut attempts = 0..ATTEMPTS;
        loop {
            // Others use the repository meanwhile.
            let is_stopped = Cell::new(false);
            git_at_work::wait(LOOKS_OF_SCAN, || {
                let is_at_work = self.git()?.refuse_old_lock()?;
                is_stopped.set(is_at_work && observer.should_stop());
                Ok(is_at_work && !is_stopped.get())
            })?;
            if is_stopped.get() {
                return Ok(Adopted { is_interrupted: true, ..Adopted::default() });
            }
            let git = self.git()?;
            let file = git.page_cache_file();
            let base = git.scan_base()?;
            let mut cache = Cache { pages: cache.get_or_insert_with(|| PageCache::load(&file)), file: &file };
            git.follow_own_index(cache.pages);
            if attempts.next().is_none() {
                // Others commit all the time: they wait for this scan.
                let scan = cache.scan(self.folder(), &base, observer)?;
                if git.is_git_at_work() || git.index_stat() != base.index {
                    return Err(git_at_work::refused());
                }
                return git.commit_scan(scan, &base, &mut cache, at);
            }
            drop(git);
            let scan = cache.scan(self.folder(), &base, observer)?;
            let git = self.git()?;
            let is_current = || Ok::<_, MemoryError>(git.scan_base()? == base && !git.is_git_at_work());
            if scan.is_interrupted || (is_current()? && scan::has_same_rules(&git, cache.pages, &scan)?) {
                return git.commit_scan(scan, &base, &mut cache, at);
            }
        }
    }
}

/// The cache of pages, and its file.
struct Cache<'a> {
    pages: &'a mut PageCache,
    file: &'a Path,
}

impl Cache<'_> {
    fn scan(&mut self, folder: &Path, base: &ScanBase, observer: &dyn AdoptionObserver) -> Result<Scan, MemoryError> {
        let gone = || MemoryError::Repository { doing: "scan the pages", cause: "its repository is gone".to_owned() };
        let git = open::open_read_only(folder)?.ok_or_else(gone)?;
        let scan = scan::scan(&git, base, self.pages, self.file, observer);
        if scan.as_ref().is_err() {
            *self.pages = PageCache::default();
        }
        scan
    }

    /// Changes the versions in HEAD to those of a new commit.
    fn committed(&mut self, git: &Git, changed: &[FileChange]) -> Result<(), MemoryError> {
        self.pages.tree = git.head_tree()?.map(|tree| tree.id());
        for file in changed {
            let place = self.pages.pages.binary_search_by(|page| page.path.as_str().cmp(&file.path));
            match place {
                Ok(place) => self.pages.pages[place].in_head = file.new,
                // Its file is too new to be remembered.
                Err(place) => {
                    let page = CachedPage { path: file.path.clone(), in_head: file.new, seen: Seen::Unknown };
                    self.pages.pages.insert(place, page);
                }
            }
        }
        self.pages.pages.retain(|page| page.in_head.is_some() || page.seen != Seen::Unknown);
        Ok(())
    }
}

/// A commit that the person's commit has undone, and the changes of it that are to be made again.
type ToRecommit = (Oid, Vec<FileChange>);

impl Git {
    /// What a scan compares with. Finishes interrupted changes first.
    fn scan_base(&self) -> Result<ScanBase, MemoryError> {
        self.finish_interrupted()?;
        self.refuse_unfinished_merge()?;
        if let Err(error) = self.keep_unreachable() {
            tracing::warn!(%error, "it could not be checked whether all commits are still in reach");
        }
        let head = self.head()?;
        let tree = self.tree(head)?.map(|tree| tree.id());
        Ok(ScanBase { head, tree, branch: self.branch()?, behind: self.behind.borrow().clone(), index: self.index_stat() })
    }

    /// The first line of the message for what was found in the folder.
    fn title(&self, head: Option<Oid>, files: &[FileChange]) -> String {
        let names = names_of(files);
        let is_adoption = |commit: Commit<'_>| commit.message_bytes().starts_with(WERE_HERE.as_bytes());
        // A kill may have come between that commit and the end of the note.
        let is_first = self.had_pages_note().exists() && !self.last_commits(head).any(is_adoption);
        if is_first { format!("{WERE_HERE}\n\n{names}") } else { format!("Edited by hand: {names}") }
    }

    /// Splits off the changes that the person has undone by committing with an outdated index, grouped by the commit that is to be
    /// made again, the oldest first. The others were made by hand.
    fn split_reverted(
        &self,
        head: Option<Oid>,
        changed: Vec<FileChange>,
    ) -> Result<(Vec<ToRecommit>, Vec<FileChange>), MemoryError> {
        let undone = self.undone_pages().paths();
        let (mut reverted, mut by_hand): (Vec<_>, Vec<_>) = changed.into_iter().partition(|file| undone.contains(&file.path));
        let mut to_recommit = Vec::new();
        let ends = self.shallow_commits();
        for commit in self.last_commits(head) {
            if reverted.is_empty() || ends.contains(&commit.id()) {
                break;
            }
            let made = self.changes_of(&commit)?;
            let has_made = |file: &FileChange| {
                let place = made.binary_search_by(|made| made.path.cmp(&file.path));
                place.is_ok_and(|place| made[place].new == file.new && made[place].old != file.new)
            };
            let (found, rest): (Vec<_>, Vec<_>) = reverted.into_iter().partition(has_made);
            reverted = rest;
            if !found.is_empty() {
                to_recommit.push((commit.id(), found));
            }
        }
        to_recommit.reverse();
        by_hand.extend(reverted);
        by_hand.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((to_recommit, by_hand))
    }

    /// The last commits, the newest first.
    fn last_commits(&self, head: Option<Oid>) -> impl Iterator<Item = Commit<'_>> {
        let find = |oid: Oid| self.repo.find_commit(oid).ok();
        iter::successors(head.and_then(find), move |commit| commit.parent_id(0).ok().and_then(find)).take(LOOKED_BACK)
    }

    /// Commits what a scan has found.
    fn commit_scan(&self, scan: Scan, base: &ScanBase, cache: &mut Cache<'_>, at: Timestamp) -> Result<Adopted, MemoryError> {
        if scan.is_unchanged {
            self.undone_pages().forget();
            return Ok(Adopted { skipped: scan.skipped, ..Adopted::default() });
        }
        if scan.is_interrupted {
            cache.pages.index = None;
            scan::save(cache.pages, cache.file);
            return Ok(Adopted { is_interrupted: true, ..Adopted::default() });
        }
        let mut commits = Vec::new();
        if !scan.changed.is_empty() {
            let (to_recommit, by_hand) = self.split_reverted(base.head, scan.changed.clone())?;
            let mut head = base.head;
            let mut commit = |files: Vec<FileChange>, author: &Author<'_>, title: &str| {
                let mut draft = self.draft(WorkTreeFiles::UpToDate)?;
                for bytes in files.iter().filter_map(|file| scan.blobs.get(&file.new?)) {
                    draft.blob(bytes)?;
                }
                let plan = self.write_commit(draft, (head, files), author, title, at)?;
                self.apply(&plan, WorkTreeFiles::UpToDate)?;
                head = Some(plan.commit);
                let commit = self.repo.find_commit(plan.commit).context("read a commit")?;
                commits.push(self.committed(&commit)?);
                Ok::<_, MemoryError>(())
            };
            for (undone, files) in to_recommit {
                let undone = self.repo.find_commit(undone).context("read a commit")?;
                commit(files, &Author::SameAs(&undone), "")?;
            }
            if !by_hand.is_empty() {
                let title = self.title(base.head, &by_hand);
                commit(by_hand, &self.person(), &title)?;
                // If this fails, the next title finds that commit.
                let _ = fs::remove_file(self.had_pages_note());
            }
            cache.committed(self, &scan.changed)?;
        }
        self.undone_pages().forget();
        pack::release(&self.objects_folder(), pack::PAGES);
        self.index_scan(&scan, cache.pages);
        scan::save(cache.pages, cache.file);
        Ok(Adopted { commits, skipped: scan.skipped, is_interrupted: false })
    }
}

fn names_of(files: &[FileChange]) -> String {
    let names: Vec<&str> = files.iter().take(3).map(|file| file.path.as_str()).collect();
    let more = match files.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names.join(", "))
}
