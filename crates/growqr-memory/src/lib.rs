//! The memory repository: a git repository with a working tree that the user owns and may edit at any time.
//!
//! It implements core's [`Memory`] with libgit2, and the functions for users (history, undo, hand edits, watching). It
//! decides nothing about agents and reads no clock. It obeys the user's ignore files and attributes, converts line ends as the
//! user's git does, leaves filtered pages alone, and runs no hooks, filters or signing programs.
//!
//! Each way in which a path is no ordinary page has a word of its own:
//!
//! | word | meaning |
//! |---|---|
//! | ignored | git ignores it and does not track it, so it is private |
//! | nested | it is a git repository of its own inside the folder, or in one |
//! | left alone | ignored or nested: memory neither shows nor changes it |
//! | skipped | reported with the reason: nested, or it cannot be a page (not text, too large, a link, a bad name) |
//! | left to git | git runs a filter on it, so it can be read but not changed |
//! | outside | it is committed, but git does not expect it in the folder (skip-worktree, as in a sparse checkout, or assume-unchanged) |
//! | hidden | it is committed but cannot be a page here, so it is not in the folder, and its entry in git's index is skip-worktree |
//! | behind | it is committed, but its file still has the version before, because another program has it open |
//!
//! A change has two phases. `prepare` commits the user's own edit of the page, if there is one, merges, and writes objects
//! to which no ref points yet. The caller records the plan. `commit` moves the ref and replaces the files.
//!
//! The modules:
//! - names and files: `path`, `spellings`, `address`, `leftover`, `work_tree`, `on_disk`, `disk`;
//! - finding the pages: `walk`, `stat`, `skipped_file`, `listing`, `survey`, `conflict_copy`, `search`, `needle`, `parallel`;
//! - what is left alone: `ignore_rules`, `ignore_file`, `ignore_sources`, `git_config`, `rules_outside`, `tracked` (what git
//!   ignores), `nested` (repositories inside), `left_alone` (both, for a single page), `hidden` (files of the server that cannot
//!   be pages), `outside`, `outside_set`, `sparse_patterns`, `index_marks` (what git does not expect in the folder);
//! - content: `text`, `line_ends`, `conversion`, `attributes`, `attribute_file`; patterns: `path_pattern`, `glob`;
//! - the repository: `git`, `git_folder`, `kept_settings`, `open`, `opening_error`, `mark`, `examine`, `objects`, `plan`, `message`, `history`, `blame`, `tree_diff`, `tree_entry`;
//! - a change: `person`, `prepare`, `draft`, `commit`, `object_writer`, `staged`, `checkout` (the only one that moves the ref or
//!   replaces files), `unreachable`, `index`, `read_index`, `git_index`, `write_index`, `git_program`, `unindexed`, `undone`, `git_at_work`;
//! - held changes: `held_change`, `comparison`, `held_copies` (their branches on the server); undoing many changes: `undo_all`;
//! - hand edits: `watch`, `adopt`, `scan`, `read_pages`, `page_cache`, `pack`, `index_scan`, `observer`;
//! - the server: `remote`, `sync`, `sync_error`, `merge_trees`, `conflicts`;
//! - `probe` (crash tests), `error_context` (errors of libraries).

mod address;
mod adopt;
mod attribute_file;
mod attributes;
mod blame;
mod by_agents;
mod checkout;
mod commit;
mod comparison;
mod conflict_copy;
mod conflicts;
mod conversion;
mod disk;
mod draft;
mod error_context;
mod examine;
mod git;
mod git_at_work;
mod git_config;
mod git_folder;
mod git_index;
mod git_program;
mod glob;
mod held_change;
mod held_copies;
mod hidden;
mod history;
mod ignore_file;
mod ignore_rules;
mod ignore_sources;
mod index;
mod index_marks;
mod index_scan;
mod kept_settings;
mod left_alone;
mod leftover;
mod line_ends;
mod listing;
mod mark;
mod merge_trees;
mod message;
mod needle;
mod nested;
mod object_writer;
mod objects;
mod observer;
mod on_disk;
mod open;
mod opening_error;
mod outside;
mod outside_set;
mod pack;
mod page_cache;
mod parallel;
mod path;
mod path_pattern;
mod person;
mod plan;
mod prepare;
mod probe;
mod read_index;
mod read_pages;
mod remarks;
mod remote;
mod rules_outside;
mod scan;
mod search;
mod skipped_file;
mod sparse_patterns;
mod spellings;
mod staged;
mod stat;
mod survey;
mod sync;
mod sync_error;
mod text;
mod tracked;
mod tree_diff;
mod tree_entry;
mod undo_all;
mod undone;
mod unindexed;
mod unreachable;
mod walk;
mod watch;
mod work_tree;
mod write_index;

pub use adopt::Adopted;
pub use comparison::{Comparison, diff_texts};
pub use conflict_copy::conflict_copy_of;
pub use conflicts::OpenConflicts;
pub use held_copies::MergedPage;
pub use kept_settings::{kept_settings, write_settings};
pub use listing::Listing;
pub use mark::{Mark, MemoryUser};
pub use merge_trees::PageConflict;
pub use observer::{AdoptionObserver, NoObserver};
pub use outside::leave_outside;
pub use path::{MAX_DEPTH, MAX_PART, MAX_PATH};
pub use probe::{NoProbe, Probe, Step};
pub use remarks::IndexLock;
pub use remote::Remote;
pub use skipped_file::SkippedFile;
pub use survey::{Remark, RemarkKind, Survey, has_pages};
pub use sync::Synced;
pub use sync_error::SyncError;
pub use text::MAX_PAGE_BYTES;
pub use undo_all::{ChangesOf, Others, UndoPreview, UndoneAll};
pub use unreachable::UnreachableCommits;
pub use watch::{QUIET, Watch};

use conversion::Conversion;
use git::Git;
use git2::Repository;
use growqr_core::clock::Timestamp;
use growqr_core::id::EffectId;
use growqr_core::memory::{
    AgentsPage, BlamedLine, Change, CommitInfo, CommitPlan, FoundLine, Memory, MemoryError, Page, PageInfo, Proposal,
};
use page_cache::PageCache;
use plan::WorkTreeFiles;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The memory of one profile. It can be shared between threads; a lock serialises changes.
///
/// Every method blocks on the disk. Reads ([`Memory::read`], `list`, `search`) see the working tree, hand edits included, and
/// need no repository. If the repository cannot be opened, the other methods say why, and each call tries again.
pub struct MemoryRepo {
    folder: PathBuf,
    opening: Opening,
    /// `None` until the repository could be opened.
    git: Mutex<Option<Git>>,
    /// Why the repository must not be used. See [`MemoryRepo::withhold`].
    withheld: Mutex<Option<String>>,
    /// The handle with which pages are read, while no thread reads one.
    reading: Mutex<Option<Repository>>,
    /// What the last scan has seen; `None` before the first. Locked before `git`, if both are.
    pages: Mutex<Option<PageCache>>,
}

/// How the repository is opened.
enum Opening {
    ForWriting { at: Timestamp, probe: Arc<dyn Probe> },
    ReadOnly,
}

/// The open repository, locked.
struct OpenGit<'a>(MutexGuard<'a, Option<Git>>);

impl Deref for OpenGit<'_> {
    type Target = Git;

    fn deref(&self) -> &Git {
        self.0.as_ref().expect("it is made only of an open repository")
    }
}

impl MemoryRepo {
    /// Opens the memory in `folder` and finishes changes that a crash interrupted. Creates the memory, with its first pages,
    /// if there is none; `at` is the time of that first commit. Existing files in the folder are not changed.
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if the folder cannot be written or holds a damaged or bare repository.
    pub fn open(folder: &Path, at: Timestamp) -> Result<MemoryRepo, MemoryError> {
        MemoryRepo::open_probed(folder, at, Arc::new(NoProbe))
    }

    /// Like [`MemoryRepo::open`], with a `probe` that is called after every step: for crash tests.
    ///
    /// # Errors
    /// As [`MemoryRepo::open`], and errors of the probe.
    pub fn open_probed(folder: &Path, at: Timestamp, probe: Arc<dyn Probe>) -> Result<MemoryRepo, MemoryError> {
        let memory = MemoryRepo::open_when_possible(folder, at, probe);
        memory.git()?;
        Ok(memory)
    }

    /// Like [`MemoryRepo::open_probed`], but opens the repository with the first call that needs it. A repository that cannot
    /// be opened now is tried again with every such call.
    #[must_use]
    pub fn open_when_possible(folder: &Path, at: Timestamp, probe: Arc<dyn Probe>) -> MemoryRepo {
        MemoryRepo {
            folder: folder.to_owned(),
            opening: Opening::ForWriting { at, probe },
            git: Mutex::default(),
            withheld: Mutex::default(),
            reading: Mutex::default(),
            pages: Mutex::default(),
        }
    }

    /// Opens an existing memory for reading, while any process may be writing to it. `None` if there is no memory and the folder
    /// has no files either. Only reading methods may be called on the result. If the repository cannot be opened, or there is none
    /// yet, the pages can be read all the same.
    #[must_use]
    pub fn open_read_only(folder: &Path) -> Option<MemoryRepo> {
        let git = open::open_read_only(folder).unwrap_or_else(|error| {
            tracing::debug!(%error, "memory is read without its repository");
            None
        });
        let has_files = || fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
        let exists = git.is_some() || has_files();
        exists.then(|| MemoryRepo {
            folder: folder.to_owned(),
            opening: Opening::ReadOnly,
            git: Mutex::new(git),
            withheld: Mutex::default(),
            reading: Mutex::default(),
            pages: Mutex::default(),
        })
    }

    /// What keeps memory from being changed now, and how that ends. `None` if it can be changed. Changes nothing.
    #[must_use]
    pub fn problem(&self) -> Option<MemoryError> {
        let check = || {
            let git = self.git()?;
            git.refuse_unfinished_merge()?;
            git.refuse_locked_branch()?;
            git.head_tree().map(drop)
        };
        check().err()
    }

    /// Like [`MemoryRepo::problem`], but also tries to write where changes write. It leaves nothing behind.
    #[must_use]
    pub fn examine(&self) -> Option<MemoryError> {
        self.problem().or_else(|| self.git().and_then(|git| git.refuse_read_only()).err())
    }

    /// With a reason, keeps the repository from being used: all methods that need it return the reason, and pages can only be
    /// read. With `None`, allows it again.
    pub fn withhold(&self, reason: Option<String>) {
        *lock(&self.withheld) = reason;
    }

    /// Whether [`MemoryRepo::withhold`] keeps the repository from being used.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        lock(&self.withheld).is_some()
    }

    /// The folder of the working tree.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The pages whose path begins with `prefix`, also those that are committed but not in the folder, and how much git ignores.
    /// In a large folder opens few files: then a page here may turn out not to be text.
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if the folder cannot be read.
    pub fn listing(&self, prefix: &str) -> Result<Listing, MemoryError> {
        let mut listing = listing::list(&self.folder, prefix)?;
        if outside::may_exist(&self.folder) {
            let key = path::lookup_key(prefix);
            let looks_same = |path: &str| !prefix.is_ascii() && path::lookup_key(path).starts_with(&key);
            let outside = self.git().and_then(|git| git.pages_outside()).unwrap_or_default();
            let outside = outside.into_iter().map(PageInfo::from);
            listing.pages.extend(outside.filter(|page| page.path.starts_with(prefix) || looks_same(&page.path)));
            listing.pages.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Ok(listing)
    }

    /// All that can be told of the folder: pages, files that cannot be pages, how many git ignores, and what the person should
    /// know. Walks the folder once and reads every file.
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if the folder cannot be read.
    pub fn survey(&self) -> Result<Survey, MemoryError> {
        survey::survey(self)
    }

    /// At most `limit` changes, newest first; only those of one page if `path` is given. The page may be deleted by now.
    ///
    /// # Errors
    /// [`MemoryError::BadPath`], [`MemoryError::Repository`].
    pub fn history(&self, path: Option<&str>, limit: usize) -> Result<Vec<CommitInfo>, MemoryError> {
        self.git()?.history(path, limit)
    }

    /// The unified diff of a change. `rev` is its id, a prefix of the id, or an expression such as `HEAD` or `HEAD~1`.
    ///
    /// # Errors
    /// [`MemoryError::UnknownChange`].
    pub fn diff(&self, rev: &str) -> Result<String, MemoryError> {
        self.git()?.diff(rev)
    }

    /// The change that each line of the last committed version of a page comes from.
    ///
    /// # Errors
    /// [`MemoryError::Missing`] if it was never committed.
    pub fn blame(&self, path: &str) -> Result<Vec<BlamedLine>, MemoryError> {
        self.git()?.blame(path)
    }

    /// The version of a page after the change `rev`.
    ///
    /// # Errors
    /// [`MemoryError::UnknownChange`], [`MemoryError::Missing`].
    pub fn page_at(&self, path: &str, rev: &str) -> Result<Page, MemoryError> {
        self.git()?.page_at(path, rev)
    }

    /// Calls `then` when the working tree has changed and then stayed unchanged for `quiet` (see [`QUIET`]). Changes inside
    /// `.git` do not count; changes by this program do. `then` runs on the watcher's thread and should call
    /// [`MemoryRepo::adopt_hand_edits`].
    ///
    /// # Errors
    /// [`MemoryError::Repository`] if the system cannot watch this folder.
    pub fn watch(&self, quiet: Duration, then: impl Fn() + Send + 'static) -> Result<Watch, MemoryError> {
        Watch::start(&self.folder, quiet, then)
    }

    /// Commits hand edits first if the person has renamed the page, or a folder above it, to another spelling since the last scan:
    /// otherwise the old name would be in the way.
    fn adopt_rename(&self, page: &str, at: Timestamp) -> Result<(), MemoryError> {
        if self.git()?.is_renamed_by_hand(page)? {
            self.adopt_hand_edits(at)?;
        }
        Ok(())
    }

    /// The open repository; opens it first if that has not succeeded yet. Ignores a poisoned lock: all state is on disk, so a
    /// panic leaves nothing inconsistent in memory.
    fn git(&self) -> Result<OpenGit<'_>, MemoryError> {
        if let Some(cause) = &*lock(&self.withheld) {
            return Err(MemoryError::Repository { doing: "be changed", cause: cause.clone() });
        }
        let mut git = lock(&self.git);
        if git.is_some() && is_absent(&self.folder.join(".git")) {
            return Err(no_repository());
        }
        if git.is_none() {
            *git = Some(match &self.opening {
                Opening::ForWriting { at, probe } => open::open(&self.folder, *at, Arc::clone(probe))?,
                Opening::ReadOnly => open::open_read_only(&self.folder)?.ok_or_else(no_repository)?,
            });
        }
        if let Some(git) = git.as_mut() {
            git.begin_operation();
        }
        Ok(OpenGit(git))
    }
}

fn no_repository() -> MemoryError {
    MemoryError::Repository {
        doing: "open",
        cause: "its .git folder is gone. Put it back, or start GrowQR again: it then begins a new history with these pages"
            .to_owned(),
    }
}

/// Ignores a poisoned lock: what it guards is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there is certainly nothing at this path.
fn is_absent(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

impl Memory for MemoryRepo {
    fn read(&self, path: &str) -> Result<Page, MemoryError> {
        path::check(path)?;
        let page = address::on_disk(&self.folder, path)?;
        left_alone::refuse(&self.folder, &page)?;
        let conversion = Conversion::load(&self.folder, lock(&self.reading).take());
        let read = work_tree::read(&self.folder, &conversion, &page);
        *lock(&self.reading) = conversion.into_handle();
        match read {
            Err(MemoryError::Missing { path }) if !is_absent(&self.folder.join(".git")) => match self.git() {
                Ok(git) => git.read_outside(&path),
                Err(_) => Err(MemoryError::Missing { path }),
            },
            read => read,
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<PageInfo>, MemoryError> {
        Ok(self.listing(prefix)?.pages)
    }

    fn search(&self, query: &str, limit: usize) -> Result<Vec<FoundLine>, MemoryError> {
        let is_any_outside = outside::may_exist(&self.folder);
        let outside = if is_any_outside { self.git().and_then(|git| git.pages_outside()) } else { Ok(Vec::new()) };
        search::search(&self.folder, &outside.unwrap_or_default(), query, limit)
    }

    fn prepare(&self, change: &Change) -> Result<CommitPlan, MemoryError> {
        self.adopt_rename(&change.path, change.at)?;
        self.git()?.prepare(change)
    }

    fn commit(&self, plan: &CommitPlan) -> Result<(), MemoryError> {
        let git = self.git()?;
        git.finish_interrupted_checkouts()?;
        git.apply(&prepare::parse_plan(plan)?, WorkTreeFiles::ToReplace)
    }

    fn hold(&self, plan: &CommitPlan) -> Result<(), MemoryError> {
        self.git()?.hold(&prepare::parse_plan(plan)?)
    }

    fn proposal(&self, held: &CommitPlan) -> Result<Proposal, MemoryError> {
        self.git()?.proposal(&prepare::parse_plan(held)?)
    }

    fn commit_of(&self, effect: &EffectId, path: &str) -> Result<Option<String>, MemoryError> {
        self.git()?.commit_of(effect, path)
    }

    fn by_agents(&self, folder: &str) -> Result<BTreeMap<String, AgentsPage>, MemoryError> {
        self.git()?.by_agents(folder)
    }

    fn release(&self, held: &CommitPlan) -> Result<(), MemoryError> {
        self.git()?.release(&prepare::parse_plan(held)?)
    }

    fn remark(&self) -> Option<String> {
        self.git().ok().and_then(|git| remarks::without_branch(&git.repo))
    }

    fn tidy(&self) -> Result<(), MemoryError> {
        self.git()?.update_index()
    }
}
