//! Settles held changes of memory as the person has decided.

use crate::perform::blocking;
use growqr_core::agent::Input;
use growqr_core::id::AskId;
use growqr_core::memory::{Change, CommitPlan, Edit, Memory, MemoryError, Review, ReviewProblem};
use std::sync::Arc;

/// Drops a rejected change. Prepares the commit of an approved change, and makes it once `plan` is recorded.
pub(crate) async fn settle(memory: Arc<dyn Memory>, ask: AskId, review: Review, plan: Option<CommitPlan>) -> Input {
    let base = review.base.clone();
    let done = blocking(move || Settling { memory: &*memory, review: &review }.next_step(plan.as_ref())).await;
    match done {
        Some(Ok(Step::Prepared(plan))) => Input::ReviewPrepared { ask, plan },
        Some(Ok(Step::Settled(commit))) => Input::ReviewSettled { ask, settled: Ok(commit) },
        Some(Err(problem)) => Input::ReviewSettled { ask, settled: Err(problem) },
        None => {
            let text = "memory failed with an internal error of GrowQR".to_owned();
            Input::ReviewSettled { ask, settled: Err(ReviewProblem { text, base }) }
        }
    }
}

enum Step {
    /// This commit must be recorded first.
    Prepared(CommitPlan),
    /// Done, with this commit.
    Settled(Option<String>),
}

struct Settling<'a> {
    memory: &'a dyn Memory,
    review: &'a Review,
}

impl Settling<'_> {
    fn next_step(&self, plan: Option<&CommitPlan>) -> Result<Step, ReviewProblem> {
        if !self.review.approved {
            return self.release(None);
        }
        let Some(plan) = plan else { return self.prepare() };
        for _ in 0..2 {
            match self.memory.commit(plan) {
                Ok(()) => return self.release(Some(plan.commit.clone())),
                Err(MemoryError::HeadMoved) => {}
                Err(error) => return Err(self.problem(&error)),
            }
            match self.prepare()? {
                // The plan is the same: its objects were lost in a crash or removed by the person's git, and now exist again.
                Step::Prepared(fresh) if fresh == *plan => {}
                step => return Ok(step),
            }
        }
        Err(self.problem(&MemoryError::HeadMoved))
    }

    fn prepare(&self) -> Result<Step, ReviewProblem> {
        let Review { held, origin, message, at, base, .. } = self.review;
        let edit = match self.text().map_err(|error| self.problem(&error))? {
            Some(content) => Edit::Write { content, base: base.clone() },
            None => match self.memory.read(&held.path) {
                Ok(page) if base.as_ref().is_none_or(|base| *base == page.version) => Edit::Delete,
                Ok(page) => return Err(self.changed_before_deletion(Some(page.version))),
                Err(MemoryError::Missing { .. }) => return self.release(None),
                Err(error) => return Err(self.problem(&error)),
            },
        };
        let edited = if self.review.edited.is_some() { "Edited and approved" } else { "Approved" };
        let message = format!("{message}\n\n{edited} by the person.");
        match self.memory.prepare(&Change { path: held.path.clone(), edit, message, origin: origin.clone(), at: *at }) {
            // The page was saved between the look at it and the preparation.
            Ok(plan) if plan.new_blob.is_none() && base.is_some() && plan.old_blob != *base => {
                Err(self.changed_before_deletion(plan.old_blob))
            }
            Ok(plan) => Ok(Step::Prepared(plan)),
            Err(MemoryError::Unchanged { .. }) => self.release(None),
            Err(error) => Err(self.problem(&error)),
        }
    }

    /// The text to commit; `None` to delete the page.
    fn text(&self) -> Result<Option<String>, MemoryError> {
        match &self.review.edited {
            Some(text) => Ok(Some(text.clone())),
            None => self.memory.held_text(&self.review.held),
        }
    }

    fn changed_before_deletion(&self, base: Option<String>) -> ReviewProblem {
        ReviewProblem { text: format!("the page {} has changed since, so it was not deleted", self.review.held.path), base }
    }

    fn release(&self, commit: Option<String>) -> Result<Step, ReviewProblem> {
        if let Err(error) = self.memory.release(&self.review.held) {
            tracing::warn!(%error, "the branch of a settled change stays");
        }
        Ok(Step::Settled(commit))
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
