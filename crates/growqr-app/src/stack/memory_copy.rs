//! Keeps the copy of the memory repository on Gitea the same as the memory on this computer. Commits made while Gitea does not
//! answer wait; nothing is ever forced.

use crate::SystemClock;
use crate::error::AppError;
use crate::stack::conflicts::MemoryConflicts;
use crate::stack::deps::{REPOSITORY, StackDeps};
use crate::stack::pull_requests::{self, HeldPulls};
use crate::stack::view::StackView;
use growqr_core::clock::Clock;
use growqr_core::journal::StoreError;
use growqr_core::memory::ConflictPage;
use growqr_core::stack::StackRepo;
use growqr_memory::{Remote, SyncError, Synced};
use growqr_wire::{MemorySync, MemorySyncState};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

/// How often Gitea is asked for changes that were made in its pages.
const POLL: Duration = Duration::from_secs(30);

/// How often this computer's own branch is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// The longest pause after failed comparisons.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The most paths of pages with two versions that the state names.
const SHOWN_PAGES: usize = 5;

/// How long a round waits for a comparison. A Gitea that hangs must not hold up the other work of the rounds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Compares and sends.
pub(crate) struct MemoryCopy {
    deps: StackDeps,
    view: StackView,
    /// The label of the containers, once it is known.
    install: Option<String>,
    /// Another data folder that has used the copy. Only the person decides what follows.
    used_by: Option<String>,
    last: Option<Instant>,
    /// The copy is not the one from before; only the person decides what follows.
    is_stopped: bool,
    /// The person has asked for a comparison; `true`: also with a copy that is not the one from before.
    asked: Option<bool>,
    running: Option<Comparison>,
    /// Failed comparisons in a row.
    failures: u32,
    /// When the next one is due after a failure.
    next_try: Option<Instant>,
    /// Gitea refuses the token, or has no such repository.
    is_refused: bool,
    conflicts: MemoryConflicts,
    /// The pull requests of held changes, as of the last comparison.
    held_pulls: HeldPulls,
    /// They are to be looked at again soon.
    looks_again: bool,
}

/// What a comparison has found, with the pull requests if it has succeeded.
type Compared = (Result<Synced, SyncError>, HeldPulls);

/// A task that ends when this is dropped.
struct OwnedTask(JoinHandle<Result<Compared, JoinError>>);

impl Drop for OwnedTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A comparison that runs. Dropped, it ends at the next step.
struct Comparison {
    task: OwnedTask,
    result: Option<Result<Compared, JoinError>>,
    gitea: Remote,
    is_asked: bool,
}

impl Comparison {
    /// Waits for its end. Can be dropped and called again.
    async fn until_done(&mut self) {
        if self.result.is_none() {
            self.result = Some((&mut self.task.0).await.and_then(|compared| compared));
        }
    }
}

impl MemoryCopy {
    pub(crate) fn new(deps: StackDeps, view: StackView) -> MemoryCopy {
        MemoryCopy {
            conflicts: MemoryConflicts::new(deps.clone()),
            deps,
            view,
            install: None,
            used_by: None,
            last: None,
            is_stopped: false,
            asked: None,
            running: None,
            failures: 0,
            next_try: None,
            is_refused: false,
            held_pulls: HeldPulls::default(),
            looks_again: false,
        }
    }

    /// The containers have this label. Returns whether what the store says is about others: those of the data folder from which
    /// this one was copied. Then it is to be forgotten with [`MemoryCopy::forget`].
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn belongs_to(&mut self, install: &str) -> Result<bool, AppError> {
        self.install = Some(install.to_owned());
        let recorded = self.recorded().await?.and_then(|repo| repo.install);
        Ok(recorded.is_some_and(|recorded| recorded != install))
    }

    /// Another data folder has used the copy, or none has: nothing is compared until the person joins both.
    pub(crate) fn used_by(&mut self, folder: Option<&str>) {
        self.used_by = folder.map(str::to_owned);
    }

    /// Whether Gitea must be prepared anew: it refuses the token, or has no such repository. Told once.
    pub(crate) fn take_refusal(&mut self) -> bool {
        let is_refused = std::mem::take(&mut self.is_refused);
        if is_refused {
            // Compared once Gitea is prepared, after the pause that follows a failure.
            self.last = None;
        }
        is_refused
    }

    /// Looks for pages that earlier comparisons have kept in two versions, and has the person asked about them.
    pub(crate) async fn look_for_conflicts(&mut self) {
        self.conflicts.look().await;
    }

    /// Whether the last comparison has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// Whether a comparison runs that the person has asked for.
    pub(crate) fn is_awaited(&self) -> bool {
        self.asked.is_some() || self.running.as_ref().is_some_and(|running| running.is_asked)
    }

    /// What was last seen of the copy.
    ///
    /// # Errors
    /// If the store cannot be read: then nothing is compared, because a copy that was emptied would not be recognised.
    async fn recorded(&self) -> Result<Option<StackRepo>, StoreError> {
        Ok(self.deps.store.repos().await?.into_iter().find(|repo| repo.name == REPOSITORY))
    }

    /// Like [`MemoryCopy::recorded`], to show it.
    async fn known(&self) -> Option<StackRepo> {
        self.recorded().await.ok().flatten()
    }

    /// How many commits Gitea does not have yet. Asks only this computer.
    async fn behind(&self, head: Option<String>) -> u64 {
        let memory = Arc::clone(&self.deps.memory);
        let counted = tokio::task::spawn_blocking(move || memory.unpushed(head.as_deref())).await;
        counted.ok().and_then(Result::ok).map_or(0, |count| count as u64)
    }

    /// Compares if it is time to, or if it is asked for. `join`: also with a copy that is not the one from before. A comparison
    /// that takes longer goes on after the round; [`MemoryCopy::until_news`] tells when it is done.
    pub(crate) async fn round(&mut self, gitea: Option<&Remote>, asked: Option<bool>) {
        self.asked = self.asked.max(asked);
        if let Some(folder) = self.used_by.clone() {
            self.asked = None;
            return self.show_used_by(&folder).await;
        }
        let Some(gitea) = gitea else {
            self.asked = None;
            return self.offline().await;
        };
        while self.running.is_some() || self.start(gitea).await {
            let Some(running) = &mut self.running else { return };
            if tokio::time::timeout(PATIENCE, running.until_done()).await.is_err() {
                return self.show_waiting().await;
            }
            self.finish().await;
            // Asked for while the last one ran.
            if self.asked.is_none() {
                return;
            }
        }
    }

    async fn show_used_by(&self, folder: &str) {
        let synced_at = self.known().await.and_then(|repo| repo.synced_at).map(|at| at.0);
        let found = format!("the data folder {folder}, a copy of this one, has used this Gitea, so its memory may be there");
        let step = "To merge it with the memory on this computer: growqr stack sync --join. Nothing is overwritten. To go on without \
                    it: growqr stack reset, then growqr stack up";
        self.show(MemorySyncState::Stopped, 0, synced_at, found, Some(step.to_owned()));
    }

    /// Starts a comparison if there is a reason to.
    async fn start(&mut self, gitea: &Remote) -> bool {
        let head = match self.recorded().await {
            Ok(repo) => repo.and_then(|repo| repo.head),
            Err(error) => {
                tracing::warn!(%error, "what Gitea had cannot be read, so memory is not compared with its copy now");
                self.asked = None;
                return false;
            }
        };
        let waits = self.next_try.is_some_and(|at| Instant::now() < at);
        let is_due = !waits
            && (self.last.is_none_or(|last| last.elapsed() >= POLL)
                || self.looks_again
                || self.behind(head.clone()).await > 0
                || self.held_pulls.are_outdated(&self.deps).await);
        let asked = self.asked.take();
        if asked != Some(true) && (self.is_stopped || !(is_due || asked.is_some())) {
            return false;
        }
        self.looks_again = false;
        let expected = if asked == Some(true) { None } else { head };
        let (remote, deps) = (gitea.clone(), self.deps.clone());
        let task = OwnedTask(tokio::spawn(async move { compare(&deps, remote, expected).await }));
        self.running = Some(Comparison { task, result: None, gitea: gitea.clone(), is_asked: asked.is_some() });
        true
    }

    /// Shows and records what a comparison that is done has found.
    async fn finish(&mut self) {
        let Some(Comparison { result: Some(result), gitea, .. }) = self.running.take() else { return };
        self.last = Some(Instant::now());
        // A merge may have been made even if the push has failed.
        self.conflicts.look().await;
        match result {
            Ok((Ok(synced), held_pulls)) => {
                self.looks_again = held_pulls.is_due_again(&self.held_pulls);
                self.held_pulls = held_pulls;
                self.synced(&gitea, &synced).await;
            }
            Ok((Err(error), _)) => {
                self.failures = self.failures.saturating_add(1);
                let pause = LOOK.saturating_mul(1 << self.failures.min(8)).min(LONGEST_PAUSE);
                self.next_try = Some(Instant::now() + pause);
                self.is_refused = matches!(error, SyncError::Denied | SyncError::Missing);
                let known = self.known().await;
                let behind = self.behind(known.as_ref().and_then(|repo| repo.head.clone())).await;
                self.failed(known, behind, &error);
            }
            Err(error) => tracing::warn!(%error, "memory could not be compared with its copy"),
        }
    }

    async fn show_waiting(&self) {
        let Some(known) = self.known().await else { return };
        let behind = self.behind(known.head).await;
        let found = "Gitea has not answered yet".to_owned();
        let (state, found) = match behind {
            0 => (MemorySyncState::Syncing, found),
            _ => (MemorySyncState::Behind, format!("{found}; {}", waiting(behind))),
        };
        self.show(state, behind, known.synced_at.map(|at| at.0), found, None);
    }

    async fn synced(&mut self, gitea: &Remote, synced: &Synced) {
        (self.is_stopped, self.is_refused, self.failures, self.next_try) = (false, false, 0, None);
        let repo = StackRepo {
            name: REPOSITORY.to_owned(),
            owner: gitea.user.clone(),
            head: Some(synced.head.clone()),
            synced_at: Some(SystemClock.now()),
            install: self.install.clone(),
        };
        if let Err(error) = self.deps.store.save_repo(&repo).await {
            tracing::warn!(%error, "what Gitea has cannot be recorded; it is compared again");
        }
        if synced.pulled > 0 {
            self.deps.memory_changes.send_replace(());
        }
        let found = format!("the copy on Gitea is the same{}", self.held_pulls.words());
        self.show(MemorySyncState::Same, 0, repo.synced_at.map(|at| at.0), found, None);
    }

    fn failed(&mut self, known: Option<StackRepo>, behind: u64, error: &SyncError) {
        let at = known.and_then(|repo| repo.synced_at).map(|at| at.0);
        let step = match error {
            SyncError::Wiped { .. } | SyncError::Rewound { .. } => Some(
                "If this is what you want, merge it with the memory on this computer: growqr stack sync --join. Nothing is overwritten.",
            ),
            SyncError::Foreign { .. } => {
                Some("Rename or delete the repository \"memory\" in Gitea's pages, then try again: growqr stack sync --join")
            }
            SyncError::Missing | SyncError::Denied => Some("It is set up again by itself."),
            SyncError::Refused { .. } => Some("Look at the settings of the repository in Gitea's pages."),
            SyncError::Unreachable { .. } | SyncError::Raced | SyncError::Memory(_) => None,
        };
        self.is_stopped = matches!(error, SyncError::Wiped { .. } | SyncError::Rewound { .. } | SyncError::Foreign { .. });
        let state = if self.is_stopped { MemorySyncState::Stopped } else { MemorySyncState::Behind };
        let found = if behind == 0 { error.to_string() } else { format!("{error}; {}", waiting(behind)) };
        self.show(state, behind, at, found, step.map(str::to_owned));
    }

    /// Waits until a comparison is done, or this computer has commits that Gitea does not have. For ever while there is no copy,
    /// or it is stopped.
    pub(crate) async fn until_news(&mut self) {
        if let Some(running) = &mut self.running {
            return running.until_done().await;
        }
        loop {
            tokio::time::sleep(LOOK).await;
            if self.next_try.is_some_and(|at| Instant::now() < at) {
                continue;
            }
            let (false, Some(known), true) = (self.is_stopped || self.used_by.is_some(), self.known().await, self.last.is_some())
            else {
                continue;
            };
            if self.looks_again || self.behind(known.head).await > 0 || self.held_pulls.are_outdated(&self.deps).await {
                return;
            }
        }
    }

    /// Gitea does not run.
    pub(crate) async fn offline(&mut self) {
        (self.last, self.running, self.held_pulls) = (None, None, HeldPulls::default());
        let Some(known) = self.known().await else { return };
        let behind = self.behind(known.head.clone()).await;
        let found = if behind == 0 { "Gitea is stopped; everything had been sent to it".to_owned() } else { waiting(behind) };
        self.show(MemorySyncState::Behind, behind, known.synced_at.map(|at| at.0), found, None);
    }

    /// The copy was removed.
    ///
    /// # Errors
    /// If the store cannot record it.
    pub(crate) async fn forget(&mut self) -> Result<(), AppError> {
        self.deps.store.forget_repo(REPOSITORY).await?;
        (self.last, self.is_stopped, self.running) = (None, false, None);
        self.view.change(|stack| stack.memory = None);
        Ok(())
    }

    fn show(&self, state: MemorySyncState, behind: u64, synced_at: Option<i64>, found: String, next_step: Option<String>) {
        let (found, next_step) = with_conflicts(found, next_step, self.conflicts.pages());
        let memory = MemorySync { state, behind, synced_at, found, next_step, pulls: self.held_pulls.pulls.clone() };
        self.view.change(|stack| stack.memory = Some(memory));
    }
}

/// Compares and sends. If both sides are the same then, brings held changes and their pull requests to the same state too.
async fn compare(deps: &StackDeps, remote: Remote, expected: Option<String>) -> Result<Compared, JoinError> {
    let (memory, gitea) = (Arc::clone(&deps.memory), remote.clone());
    let work = move || memory.sync(&gitea, expected.as_deref(), SystemClock.now());
    let synced = tokio::task::spawn_blocking(work).await?;
    let held_pulls = if synced.is_ok() { pull_requests::reconcile(deps, &remote).await } else { HeldPulls::default() };
    Ok((synced, held_pulls))
}

/// What was found, with the pages that have two versions. Another next step comes before theirs.
fn with_conflicts<'a>(
    found: String,
    next_step: Option<String>,
    pages: impl Iterator<Item = &'a ConflictPage>,
) -> (String, Option<String>) {
    let (pages, copies): (Vec<&str>, Vec<&str>) = pages.map(|page| (page.path.as_str(), page.copy.as_str())).unzip();
    if pages.is_empty() {
        return (found, next_step);
    }
    let compare = format!(
        "Compare with {}, keep what is right, and delete the other page. Or let the Grow Agent do it: growqr asks list",
        listed(&copies)
    );
    (format!("{found}; both sides had changed {}; both versions are kept", listed(&pages)), next_step.or(Some(compare)))
}

/// The first few of these paths, and the number of the others.
fn listed(paths: &[&str]) -> String {
    match paths.len().checked_sub(SHOWN_PAGES) {
        None | Some(0) => paths.join(", "),
        Some(more) => format!("{} and {more} more", paths[..SHOWN_PAGES].join(", ")),
    }
}

fn waiting(behind: u64) -> String {
    match behind {
        0 => String::new(),
        1 => "behind by 1 change, which waits on this computer".to_owned(),
        _ => format!("behind by {behind} changes, which wait on this computer"),
    }
}
