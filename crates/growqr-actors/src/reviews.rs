//! Settles held changes of memory as the person has decided.

use crate::memory_tools::proposed_by;
use crate::perform::blocking;
use crate::recorded_calls::find_recorded_call;
use growqr_core::agent::Input;
use growqr_core::id::AskId;
use growqr_core::journal::{Records, Store, StoreError};
use growqr_core::memory::{Approval, Change, CommitPlan, Edit, Memory, MemoryError, Proposal, Review, ReviewProblem, Settled};
use std::sync::Arc;

/// Drops a rejected change. Prepares the commit of an approved change, and makes it once `plan` is recorded.
pub(crate) async fn settle(
    memory: Arc<dyn Memory>,
    store: Arc<dyn Store>,
    ask: AskId,
    review: Review,
    plan: Option<CommitPlan>,
) -> Input {
    let base = review.base.clone();
    let (held, of_branch) = (review.held.clone(), Arc::clone(&memory));
    let done = async {
        let (proposal, is_lost) = match blocking(move || of_branch.proposal(&held)).await? {
            Err(MemoryError::UnknownChange { rev }) => (recorded_proposal(&*store, &review, rev).await, true),
            found => (found, false),
        };
        let settling = move || Settling { memory: &*memory, review: &review, proposal, is_lost }.next_step(plan.as_ref());
        blocking(settling).await
    };
    match done.await {
        Some(Ok(Step::Prepared(plan))) => Input::ReviewPrepared { ask, plan },
        Some(Ok(Step::Settled(settled))) => Input::ReviewSettled { ask, settled: Ok(settled) },
        Some(Err(problem)) => Input::ReviewSettled { ask, settled: Err(problem) },
        None => {
            let text = "memory failed with an internal error of GrowQR".to_owned();
            Input::ReviewSettled { ask, settled: Err(ReviewProblem { text, base }) }
        }
    }
}

/// What a change whose branch is lost has proposed: the recorded call says it. `rev` names the change in the error.
async fn recorded_proposal(records: &dyn Records, review: &Review, rev: String) -> Result<Proposal, MemoryError> {
    let proposal = find_recorded_call(records, &review.origin.agent, |call| {
        (call.effect == review.origin.effect).then(|| proposed_by(&call.name, &call.input))
    });
    let failed = |error: StoreError| MemoryError::Repository { doing: "read the recorded change", cause: error.to_string() };
    proposal.await.map_err(failed)?.flatten().ok_or(MemoryError::UnknownChange { rev })
}

enum Step {
    /// This commit must be recorded first.
    Prepared(CommitPlan),
    /// Done.
    Settled(Settled),
}

struct Settling<'a> {
    memory: &'a dyn Memory,
    review: &'a Review,
    proposal: Result<Proposal, MemoryError>,
    /// Its branch and objects are gone; the proposal is that of the recorded call.
    is_lost: bool,
}

impl Settling<'_> {
    fn next_step(&self, plan: Option<&CommitPlan>) -> Result<Step, ReviewProblem> {
        if let Some(merged) = &self.review.merged {
            return self.release(Some(merged.clone()));
        }
        if !self.review.approved {
            // The person may have merged its branch, and an approval that failed may have come as far as the commit.
            return self.release(self.commit_in_memory());
        }
        let Some(plan) = plan else { return self.prepare() };
        for _ in 0..2 {
            match self.memory.commit(plan) {
                Ok(()) => return self.release(Some(plan.commit.clone())),
                Err(MemoryError::HeadMoved) => {}
                // The commit may be made, and only its files not be in the folder yet: the next change finishes that.
                Err(error) => match self.commit_in_memory() {
                    Some(commit) if commit == plan.commit => {
                        tracing::warn!(%error, "the files of an approved change are not in the folder yet");
                        return self.release(Some(commit));
                    }
                    _ => return Err(self.problem(&error)),
                },
            }
            match self.prepare()? {
                // The plan is the same: its objects were lost in a crash or removed by the person's git, and now exist again.
                Step::Prepared(fresh) if fresh == *plan => {}
                step => return Ok(step),
            }
        }
        Err(self.problem(&MemoryError::HeadMoved))
    }

    fn commit_in_memory(&self) -> Option<String> {
        let found = self.memory.commit_of(&self.review.origin.effect, &self.review.held.path);
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "memory could not be searched for a held change");
            None
        })
    }

    fn prepare(&self) -> Result<Step, ReviewProblem> {
        let Review { held, origin, at, base, edited, .. } = self.review;
        let proposal = self.proposal.as_ref().map_err(|error| self.problem(error));
        let edit = match (edited, &held.new_blob) {
            (Some(text), _) => Edit::Write { content: text.clone(), base: base.clone() },
            (None, Some(version)) if !self.is_lost => Edit::WriteVersion { version: version.clone(), base: base.clone() },
            (None, Some(_)) => {
                let content = proposal.clone()?.text.clone().unwrap_or_default();
                Edit::Write { content, base: base.clone() }
            }
            (None, None) => match self.memory.read(&held.path) {
                Ok(page) if base.as_ref().is_none_or(|base| *base == page.version) => Edit::Delete,
                Ok(page) => return Err(self.changed_before_deletion(Some(page.version))),
                Err(MemoryError::Missing { .. }) => return self.release(None),
                Err(error) => return Err(self.problem(&error)),
            },
        };
        // An edited text needs nothing of the lost branch but the reason.
        let message = proposal.map_or_else(|_| self.review.message.clone(), |proposal| proposal.message.clone());
        let approval = Some(if edited.is_some() { Approval::Edited } else { Approval::AsProposed });
        let (path, origin) = (held.path.clone(), origin.clone());
        match self.memory.prepare(&Change { path, edit, message, origin, at: *at, approval }) {
            // The page was saved between the look at it and the preparation.
            Ok(plan) if plan.new_blob.is_none() && base.is_some() && plan.old_blob != *base => {
                Err(self.changed_before_deletion(plan.old_blob))
            }
            Ok(plan) => Ok(Step::Prepared(plan)),
            Err(MemoryError::Unchanged { .. }) => self.release(None),
            Err(error) => Err(self.problem(&error)),
        }
    }

    fn changed_before_deletion(&self, base: Option<String>) -> ReviewProblem {
        ReviewProblem { text: format!("the page {} has changed since, so it was not deleted", self.review.held.path), base }
    }

    fn release(&self, commit: Option<String>) -> Result<Step, ReviewProblem> {
        if let Err(error) = self.memory.release(&self.review.held) {
            tracing::warn!(%error, "the branch of a settled change stays");
        }
        let proposed = self.proposal.as_ref().ok().and_then(|proposal| proposal.text.clone());
        Ok(Step::Settled(Settled { commit, proposed }))
    }

    fn problem(&self, error: &MemoryError) -> ReviewProblem {
        let path = &self.review.held.path;
        let base = self.review.base.clone();
        match error {
            MemoryError::Conflict { version, .. } => ReviewProblem {
                text: format!("the page {path} has changed in the same lines since: to approve now replaces the whole page"),
                base: Some(version.clone()),
            },
            MemoryError::Missing { .. } => {
                ReviewProblem { text: format!("the page {path} was deleted since: to approve now adds it again"), base: None }
            }
            MemoryError::UnknownChange { .. } => {
                let text = "the change is no longer in the repository: reject it, and ask for it again".to_owned();
                ReviewProblem { text, base }
            }
            error => ReviewProblem { text: error.to_string(), base },
        }
    }
}
