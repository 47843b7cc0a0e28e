//! The memory repository: a git repository with a work tree that the person owns and edits at will.
//!
//! What it is: core's [`Memory`] on libgit2, and what people need besides (history, undo, hand edits, watching).
//! What it is not: it decides nothing about agents, asks no clock and runs no hook, filter or setting of the user's git.
//!
//! How a change goes: `prepare` finds out whether the person edited the page meanwhile and commits that first, merges,
//! and writes objects that nobody sees yet; the caller records the plan; `commit` makes it visible. The parts:
//! `path` and `place` (names and files), `message` (words and trailers), `objects` (trees and commits), `prepare`,
//! `checkout` (the only part that moves the ref or replaces files), `disk` (how systems differ there), `index`, `adopt` (hand edits), `past`, `start`, `watch`.

mod adopt;
mod checkout;
mod disk;
mod draft;
mod failure;
mod index;
mod message;
mod objects;
mod past;
mod path;
mod place;
mod prepare;
mod start;
mod watch;
mod writer;

pub use adopt::Adopted;
pub use failure::{Probe, Step, Unwatched};
pub use path::{MAX_DEPTH, MAX_PART, MAX_PATH};
pub use place::{LeftAlone, MAX_PAGE_BYTES, MAX_PAGES};
pub use watch::{QUIET, Watch};

use checkout::Files;
use failure::Doing;
use growqr_core::clock::Timestamp;
use growqr_core::memory::{BlamedLine, Change, CommitPlan, Committed, Edit, Found, Listed, Memory, MemoryError, Page};
use message::Author;
use objects::{Git, Plan};
use prepare::Wanted;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The memory of one profile. Shared between threads; changes happen one at a time.
///
/// Every method blocks on the disk. Reads ([`Memory::read`], `list`, `search`) see the work tree, hand edits included.
pub struct MemoryRepo {
    folder: PathBuf,
    git: Mutex<Git>,
}

impl MemoryRepo {
    /// Opens the memory in `folder` and finishes what a crash left; makes it, with its first pages, if there is none.
    /// `at` is the time of that first commit. Files already in the folder stay as they are.
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if the folder cannot be written or holds a damaged or bare repository.
    pub fn open(folder: &Path, at: Timestamp) -> Result<MemoryRepo, MemoryError> {
        MemoryRepo::open_probed(folder, at, Arc::new(Unwatched))
    }

    /// The same, telling `probe` of every step: for tests that stop where a crash would.
    ///
    /// # Errors
    /// As [`MemoryRepo::open`], and whatever the probe says.
    pub fn open_probed(folder: &Path, at: Timestamp, probe: Arc<dyn Probe>) -> Result<MemoryRepo, MemoryError> {
        let git = start::open(folder, at, probe)?;
        Ok(MemoryRepo { folder: git.folder.clone(), git: Mutex::new(git) })
    }

    /// Opens what is there for reading beside a writer in any process; `None` if there is nothing. Only the reading
    /// methods may be called.
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if the folder holds a damaged repository.
    pub fn open_read_only(folder: &Path) -> Result<Option<MemoryRepo>, MemoryError> {
        let git = start::open_read_only(folder)?;
        Ok(git.map(|git| MemoryRepo { folder: git.folder.clone(), git: Mutex::new(git) }))
    }

    /// The folder of the work tree.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All pages, and the files that cannot be pages, by path. Reads every file.
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if the folder cannot be read.
    pub fn survey(&self) -> Result<(Vec<Listed>, Vec<LeftAlone>), MemoryError> {
        place::survey(&self.folder)
    }

    /// Changes, the newest first, at most `limit`; only those of one page if `path` is given. The page need not exist now.
    ///
    /// # Errors
    /// [`MemoryError::BadPath`], [`MemoryError::Repository`].
    pub fn history(&self, path: Option<&str>, limit: usize) -> Result<Vec<Committed>, MemoryError> {
        self.git().history(path, limit)
    }

    /// What a change did, as unified text. `rev`: the id, its first digits, or `HEAD`, `HEAD~1`.
    ///
    /// # Errors
    /// [`MemoryError::UnknownChange`].
    pub fn diff(&self, rev: &str) -> Result<String, MemoryError> {
        self.git().diff(rev)
    }

    /// Whose line is whose in the last committed version of a page.
    ///
    /// # Errors
    /// [`MemoryError::Missing`] if it was never committed.
    pub fn blame(&self, path: &str) -> Result<Vec<BlamedLine>, MemoryError> {
        self.git().blame(path)
    }

    /// A page as it stood after the change `rev`.
    ///
    /// # Errors
    /// [`MemoryError::UnknownChange`], [`MemoryError::Missing`].
    pub fn page_at(&self, path: &str, rev: &str) -> Result<Page, MemoryError> {
        self.git().page_at(path, rev)
    }

    /// Undoes the change `rev` by a new commit of the person's; later changes to other lines stay.
    ///
    /// # Errors
    /// [`MemoryError::Conflict`] or [`MemoryError::Missing`] if a page has changed in the same lines or went away
    /// since, [`MemoryError::Unchanged`] if it is undone already; then nothing is changed.
    pub fn restore(&self, rev: &str, at: Timestamp) -> Result<Committed, MemoryError> {
        let git = self.git();
        git.finish_earlier()?;
        let plan = git.undo(rev, at)?;
        make_visible(&git, &plan)
    }

    /// Writes a page for the person. `base` as in [`Edit::Write`].
    ///
    /// # Errors
    /// As [`Memory::prepare`].
    pub fn write_as_person(
        &self,
        path: &str,
        content: &str,
        base: Option<&str>,
        message: &str,
        at: Timestamp,
    ) -> Result<Committed, MemoryError> {
        let edit = Edit::Write { content: content.to_owned(), base: base.map(str::to_owned) };
        self.change_as_person(path, &edit, None, message, at)
    }

    /// Removes a page for the person; with `base`, only if that is the version in the work tree.
    ///
    /// # Errors
    /// [`MemoryError::Missing`]; [`MemoryError::Conflict`] if the page is another version than `base`.
    pub fn delete_as_person(
        &self,
        path: &str,
        base: Option<&str>,
        message: &str,
        at: Timestamp,
    ) -> Result<Committed, MemoryError> {
        self.change_as_person(path, &Edit::Delete, base, message, at)
    }

    /// Scans the whole work tree: what the person edited by hand becomes one commit of their own; what cannot be a page
    /// (binary, too large, unreadable, a bad name, a link) is left alone and reported. Mends git's index.
    ///
    /// # Errors
    /// [`MemoryError::Repository`], also while the person has a merge or rebase of their own under way.
    pub fn adopt_hand_edits(&self, at: Timestamp) -> Result<Adopted, MemoryError> {
        self.git().adopt_all(at)
    }

    /// Calls `then` each time the work tree has been quiet for `quiet` ([`QUIET`]) after a change outside `.git`, ours
    /// included. `then` runs on the watch's own thread and should call [`MemoryRepo::adopt_hand_edits`].
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if the system gives no notices for this folder.
    pub fn watch(&self, quiet: Duration, then: impl Fn() + Send + 'static) -> Result<Watch, MemoryError> {
        Watch::start(&self.folder, quiet, then)
    }

    fn change_as_person(
        &self,
        page: &str,
        edit: &Edit,
        seen: Option<&str>,
        words: &str,
        at: Timestamp,
    ) -> Result<Committed, MemoryError> {
        path::check(page)?;
        let git = self.git();
        git.finish_earlier()?;
        if let Some(seen) = seen {
            let Page { path, content, version } = place::read(&self.folder, page)?;
            if version != seen {
                return Err(MemoryError::Conflict { path, version, content });
            }
        }
        let (plan, _) = git.work_out(&Wanted { path: page, edit, author: Author::Person, words, at })?;
        make_visible(&git, &plan)
    }

    /// A panic elsewhere leaves nothing half done in memory: all state is on the disk.
    fn git(&self) -> MutexGuard<'_, Git> {
        self.git.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn make_visible(git: &Git, plan: &Plan) -> Result<Committed, MemoryError> {
    git.carry_out(plan, Files::Ours)?;
    git.tidy()?;
    let commit = git.repo.find_commit(plan.commit).doing("read a commit")?;
    git.committed(&commit)
}

impl Memory for MemoryRepo {
    fn read(&self, path: &str) -> Result<Page, MemoryError> {
        place::read(&self.folder, path)
    }

    fn list(&self, prefix: &str) -> Result<Vec<Listed>, MemoryError> {
        let (mut pages, _) = place::walk(&self.folder)?;
        pages.retain(|page| page.path.starts_with(prefix));
        Ok(pages)
    }

    fn search(&self, query: &str, limit: usize) -> Result<Vec<Found>, MemoryError> {
        place::search(&self.folder, query, limit)
    }

    fn prepare(&self, change: &Change) -> Result<CommitPlan, MemoryError> {
        self.git().prepare(change)
    }

    fn commit(&self, plan: &CommitPlan) -> Result<(), MemoryError> {
        let git = self.git();
        git.finish_checkouts()?;
        git.carry_out(&prepare::plan(plan)?, Files::Ours)
    }

    fn tidy(&self) -> Result<(), MemoryError> {
        self.git().tidy()
    }
}
