//! Held changes as pull requests in Gitea: opened while Gitea is up and known to have the copy of this memory, and settled on both
//! sides whichever side decides. `steps` says what to do, `wording` the texts; this file asks both sides and does it.

mod steps;
mod wording;

use crate::stack::deps::{REPOSITORY, StackDeps};
use growqr_actors::PostError;
use growqr_core::ask::{AskDetail, AskKind, SettledBy};
use growqr_core::id::AskId;
use growqr_core::journal::{AskView, StoreError};
use growqr_core::memory::{CommitPlan, DecidedInGitea, GiteaComment, Memory, MemoryError};
use growqr_memory::{MemoryRepo, Remote, SyncError};
use growqr_stack::gitea_server::{GiteaError, GiteaServer, NewPull, Pull, PullComment, PullState};
use growqr_wire::PullRequest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use steps::{Commented, Here, PullThere, StateThere, Step, There, needs_comments, steps};
use tokio::task::JoinError;

/// What was last seen of the pull requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldPulls {
    /// Those that wait.
    pub(crate) pulls: Vec<PullRequest>,
    /// Why not all held changes could be brought to the same state on both sides.
    pub(crate) problem: Option<String>,
    /// The asks about held changes that waited.
    asks: BTreeSet<AskId>,
    /// A decision was being carried out, or a merge has to come into memory first.
    is_unfinished: bool,
}

impl HeldPulls {
    /// Whether they are to be looked at again soon, after a look that was not (`before`).
    pub(crate) fn is_due_again(&self, before: &HeldPulls) -> bool {
        self.is_unfinished && !before.is_unfinished
    }

    /// What waits, as the end of a sentence; empty if nothing does.
    pub(crate) fn words(&self) -> String {
        let mut words = match self.pulls.len() {
            0 => String::new(),
            1 => "; 1 held change waits there as a pull request".to_owned(),
            count => format!("; {count} held changes wait there as pull requests"),
        };
        if self.pulls.iter().any(|pull| pull.changed) {
            words.push_str(" (changed there: look again before you decide)");
        }
        if let Some(problem) = &self.problem {
            words.push_str("; not all held changes are pull requests there: ");
            words.push_str(problem);
        }
        words
    }

    /// Whether the held changes that wait are other ones now.
    pub(crate) async fn are_outdated(&self, deps: &StackDeps) -> bool {
        let Ok(open) = deps.store.open_asks().await else { return false };
        let asks: BTreeSet<AskId> = open.into_iter().filter(is_review).map(|view| view.ask.id).collect();
        asks != self.asks
    }
}

/// Why the pull requests could not be looked at.
#[derive(Debug, thiserror::Error)]
enum PullsError {
    #[error(transparent)]
    Gitea(#[from] GiteaError),
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error("memory failed with an internal error")]
    Task(#[from] JoinError),
}

impl PullsError {
    /// Whether Gitea does not answer, so that nothing else can be done either.
    fn is_unreachable(&self) -> bool {
        matches!(self, PullsError::Gitea(GiteaError::Unreachable(_)) | PullsError::Sync(SyncError::Unreachable { .. }))
    }
}

/// A held change.
struct Change {
    view: AskView,
    held: CommitPlan,
}

/// Brings both sides to the same state, as far as that is possible now. Call it after a sync that has succeeded: then the copy is
/// known to be of this memory.
pub(crate) async fn reconcile(deps: &StackDeps, gitea: &Remote) -> HeldPulls {
    let mut held_pulls = HeldPulls::default();
    if let Err(error) = look(deps, gitea, &mut held_pulls).await {
        tracing::warn!(%error, "the pull requests of held changes could not be looked at");
        held_pulls.problem = Some(error.to_string());
    }
    held_pulls
}

async fn look(deps: &StackDeps, gitea: &Remote, held_pulls: &mut HeldPulls) -> Result<(), PullsError> {
    let waiting = by_branch(deps.store.open_asks().await?);
    held_pulls.asks = waiting.values().map(|change| change.view.ask.id.clone()).collect();
    Look::begin(deps, gitea, waiting).await?.each(held_pulls).await
}

/// One look at both sides.
struct Look<'a> {
    deps: &'a StackDeps,
    gitea: &'a Remote,
    server: GiteaServer,
    /// The page of the repository.
    page: String,
    base: String,
    /// Those that wait and those of which a branch is left in Gitea, by the names of their branches.
    changes: BTreeMap<String, Change>,
    branches_here: Vec<String>,
    branches_there: BTreeMap<String, String>,
    /// By the names of their branches.
    pulls: BTreeMap<String, Pull>,
}

impl<'a> Look<'a> {
    async fn begin(deps: &'a StackDeps, gitea: &'a Remote, waiting: BTreeMap<String, Change>) -> Result<Look<'a>, PullsError> {
        let page = gitea.url.trim_end_matches(".git").to_owned();
        let url = page.trim_end_matches(&format!("/{}/{REPOSITORY}", gitea.user));
        let server = GiteaServer::new(url, &gitea.user)?;
        let (memory, remote) = (Arc::clone(&deps.memory), gitea.clone());
        let look =
            move || Ok::<_, PullsError>((memory.synced_branch()?, memory.held_branches()?, memory.held_branches_there(&remote)?));
        let (base, branches_here, branches_there) = tokio::task::spawn_blocking(look).await??;
        let mut changes = waiting;
        for name in branches_there.keys() {
            // A branch of which nobody knows what was decided stays.
            if !changes.contains_key(name)
                && let Some(change) = known_change(deps, name).await?
            {
                changes.insert(name.clone(), change);
            }
        }
        let heads = changes.keys().map(String::as_str).collect();
        let pulls = server.pulls_of(&gitea.token, REPOSITORY, &base, &heads).await?;
        Ok(Look { deps, gitea, server, page, base, changes, branches_here, branches_there, pulls })
    }

    async fn each(&self, held_pulls: &mut HeldPulls) -> Result<(), PullsError> {
        for (name, change) in &self.changes {
            match self.reconcile_change(name, change, held_pulls).await {
                Err(error) if error.is_unreachable() => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, branch = name, "a held change and its pull request are not in the same state yet");
                    held_pulls.problem.get_or_insert_with(|| error.to_string());
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn reconcile_change(&self, name: &str, change: &Change, held_pulls: &mut HeldPulls) -> Result<(), PullsError> {
        let here = self.here(name, change).await?;
        held_pulls.is_unfinished |= here == Here::UnderWay;
        let mut pull = self.pulls.get(name).cloned();
        let comments = match &pull {
            Some(pull) if pull.has_comments && needs_comments(here, state(pull)) => self.comments(pull.number).await?,
            _ => Vec::new(),
        };
        let commented = wording::last_own(&comments, &self.gitea.user, &change.view.ask.id);
        let seen = |pull: &Pull| PullThere { state: state(pull), tip: pull.tip.clone(), commented };
        let there = There { tip: self.branches_there.get(name).cloned(), pull: pull.as_ref().map(seen) };
        for step in steps(here, &change.held.commit, &there) {
            match (step, &pull) {
                (Step::Send, _) => self.send(&change.held.commit).await?,
                (Step::Open, _) => pull = Some(self.open_pull(name, change).await?),
                (Step::Approve, Some(Pull { state: PullState::Merged { commit }, tip, .. })) => {
                    held_pulls.is_unfinished |= !self.approve(change, commit, tip).await?;
                }
                (Step::Reject, _) => self.reject(change, &comments).await?,
                (Step::OpenAgain, Some(found)) => {
                    self.server.set_pull_open(&self.gitea.token, REPOSITORY, found.number, true).await?;
                    pull = Some(Pull { state: PullState::Open, ..found.clone() });
                }
                (Step::CommentOpenAgain, Some(pull)) => {
                    self.comment(pull, &wording::open_again(&change.view.ask.id)).await?;
                }
                (Step::CommentDecision, Some(pull)) => self.comment_decision(change, pull, &there).await?,
                (Step::Close, Some(pull)) => {
                    self.server.set_pull_open(&self.gitea.token, REPOSITORY, pull.number, false).await?;
                }
                (Step::Remove { tip }, _) => self.remove(name, tip).await?,
                (Step::Approve | Step::OpenAgain | Step::CommentOpenAgain | Step::CommentDecision | Step::Close, _) => {}
            }
        }
        if let (Here::Waits, Some(Pull { number, tip, state: PullState::Open, .. })) = (here, &pull) {
            let (commit, url) = (change.held.commit.clone(), format!("{}/pulls/{number}", self.page));
            held_pulls.pulls.push(PullRequest { changed: *tip != commit, commit, url });
        }
        Ok(())
    }

    async fn here(&self, name: &str, change: &Change) -> Result<Here, StoreError> {
        let Some(settlement) = &change.view.settled else { return Ok(Here::Waits) };
        let agent = self.deps.store.agent(&change.view.agent).await?;
        let is_at_work = agent.is_some_and(|agent| agent.status.is_at_work());
        let is_left = self.branches_here.iter().any(|branch| branch == name);
        if is_left && is_at_work {
            return Ok(Here::UnderWay);
        }
        // The decision may have failed since the asks were read: then the person was asked again.
        let is_open_again = known_change(self.deps, name).await?.is_some_and(|change| change.view.settled.is_none());
        Ok(if is_open_again { Here::UnderWay } else { Here::Decided { in_gitea: settlement.by == SettledBy::Gitea } })
    }

    /// The comments on a pull request. A token of an earlier version of this program may not read them.
    async fn comments(&self, number: u64) -> Result<Vec<PullComment>, GiteaError> {
        match self.server.comments(&self.gitea.token, REPOSITORY, number).await {
            Err(GiteaError::Refused { status: 403, .. }) => Ok(Vec::new()),
            comments => comments,
        }
    }

    async fn send(&self, commit: &str) -> Result<(), PullsError> {
        let (memory, remote, commit) = (Arc::clone(&self.deps.memory), self.gitea.clone(), commit.to_owned());
        tokio::task::spawn_blocking(move || memory.send_held_branch(&remote, &commit)).await??;
        Ok(())
    }

    async fn open_pull(&self, name: &str, change: &Change) -> Result<Pull, GiteaError> {
        let message = match &change.view.ask.detail {
            Some(AskDetail::Review { message, .. }) => message.as_str(),
            _ => "",
        };
        let (title, body) = (wording::title(message), wording::description(&change.view));
        let new = NewPull { base: &self.base, head: name, title: &title, body: &body };
        self.server.open_pull(&self.gitea.token, REPOSITORY, new).await
    }

    /// Settles a change that was merged in Gitea. Returns whether the merge is in memory; if not, the next sync brings it.
    async fn approve(&self, change: &Change, commit: &str, tip: &str) -> Result<bool, PullsError> {
        let (memory, merge, path) = (Arc::clone(&self.deps.memory), commit.to_owned(), change.held.path.clone());
        let Some(page) = tokio::task::spawn_blocking(move || memory.merged_page(&merge, &path)).await?? else { return Ok(false) };
        let edited = page.edited(&change.held, tip);
        self.decided(change, DecidedInGitea::Merged { commit: commit.to_owned(), edited }).await?;
        Ok(true)
    }

    async fn reject(&self, change: &Change, comments: &[PullComment]) -> Result<(), PullsError> {
        let comment = wording::last_comment(comments, &self.gitea.user);
        let comment = comment.map(|PullComment { user, text }| GiteaComment { user: user.clone(), text: text.clone() });
        self.decided(change, DecidedInGitea::Closed { comment }).await
    }

    /// Records a decision. Without agents in this process it is found again by the next one.
    async fn decided(&self, change: &Change, decided: DecidedInGitea) -> Result<(), PullsError> {
        if let Some(host) = self.deps.host.get() {
            host.decided_in_gitea(&change.view.agent, change.view.ask.id.clone(), decided).await?;
        }
        Ok(())
    }

    async fn comment_decision(&self, change: &Change, pull: &Pull, there: &There) -> Result<(), PullsError> {
        let Some(AskDetail::Review { effect, .. }) = &change.view.ask.detail else { return Ok(()) };
        let (memory, effect, path) = (Arc::clone(&self.deps.memory), effect.clone(), change.held.path.clone());
        let commit = tokio::task::spawn_blocking(move || memory.commit_of(&effect, &path)).await??;
        let is_closed_here = there.pull.as_ref().is_some_and(|pull| pull.commented == Commented::EarlierDecision);
        let is_late = match pull.state {
            PullState::Open => false,
            PullState::Closed => !is_closed_here,
            PullState::Merged { .. } => true,
        };
        let stays = there.tip.as_ref().is_some_and(|tip| *tip != change.held.commit);
        Ok(self.comment(pull, &wording::settled(&change.view, commit.as_deref(), is_late, stays)).await?)
    }

    /// Comments on a pull request. A token of an earlier version of this program may not.
    async fn comment(&self, pull: &Pull, text: &str) -> Result<(), GiteaError> {
        match self.server.comment(&self.gitea.token, REPOSITORY, pull.number, text).await {
            Err(GiteaError::Refused { status: 403, .. }) => Ok(()),
            commented => commented,
        }
    }

    async fn remove(&self, name: &str, tip: String) -> Result<(), PullsError> {
        let (memory, remote, name) = (Arc::clone(&self.deps.memory), self.gitea.clone(), name.to_owned());
        tokio::task::spawn_blocking(move || memory.remove_held_branch_there(&remote, &name, &tip)).await??;
        Ok(())
    }
}

fn state(pull: &Pull) -> StateThere {
    match pull.state {
        PullState::Open => StateThere::Open,
        PullState::Closed => StateThere::Closed,
        PullState::Merged { .. } => StateThere::Merged,
    }
}

fn is_review(view: &AskView) -> bool {
    view.ask.kind == AskKind::Review
}

/// The held change of this branch, if an ask is known about it. One that is asked about now counts before one that is settled.
async fn known_change(deps: &StackDeps, name: &str) -> Result<Option<Change>, StoreError> {
    let Some(beginning) = MemoryRepo::held_commit_beginning(name) else { return Ok(None) };
    Ok(by_branch(deps.store.asks_about_commit(beginning).await?).remove(name))
}

/// The held changes that these asks are about, by the names of their branches. Of several asks about one change the first counts.
fn by_branch(views: Vec<AskView>) -> BTreeMap<String, Change> {
    let mut changes = BTreeMap::new();
    for view in views {
        let Some(AskDetail::Review { held, .. }) = &view.ask.detail else { continue };
        let held = CommitPlan::clone(held);
        if let Ok(name) = MemoryRepo::held_branch(&held.commit) {
            changes.entry(name).or_insert(Change { view, held });
        }
    }
    changes
}
