//! The intents that the turn machine gives to the driver.

use super::state::State;
use super::turn::{Call, Phase, Progress};
use crate::id::{AskId, EffectId, RequestId};
use crate::memory::{CommitPlan, Review};
use crate::tool::ToolCall;
use crate::workbench::{SessionJob, SessionReply};

/// An action outside the agent. An event announces it, and an input reports its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Ask the model; settled by [`super::Input::Answered`] or [`super::Input::Failed`].
    CallModel {
        /// Number of the attempt.
        attempt: u32,
        /// The recorded hash of the request.
        request_hash: String,
    },
    /// Carry out a tool call. Settled by [`super::Input::Finished`], or by [`super::Input::Intended`] if a memory change must be recorded first
    /// or if memory has changed since the last plan was recorded.
    RunTool {
        /// The call.
        call: ToolCall,
        /// The recorded memory change, if there is one.
        plan: Option<CommitPlan>,
    },
    /// Find out the result of an interrupted call; settled by [`super::Input::LookedUp`].
    LookUpTool {
        /// The call.
        call: ToolCall,
    },
    /// Bring a prompt of the session on until there is something new: [`super::Input::SessionNews`]. Open as long as the session works.
    AdvanceSession {
        /// The prompt.
        effect: EffectId,
        /// The prompt with all that is recorded of it.
        job: SessionJob,
        /// Number of recorded news.
        news: u64,
    },
    /// Reply to a request of the session; settled by [`super::Input::SessionReplied`].
    ReplySession {
        /// The prompt.
        effect: EffectId,
        /// The prompt with all that is recorded of it.
        job: SessionJob,
        /// The request.
        request: RequestId,
        /// The reply.
        reply: SessionReply,
    },
    /// Settle a held change of memory as the person has decided. Settled by [`super::Input::ReviewSettled`], or by
    /// [`super::Input::ReviewPrepared`] if a commit must be recorded first or if memory has changed since the last one was
    /// recorded.
    SettleReview {
        /// The ask.
        ask: AskId,
        /// The change and the decision.
        review: Review,
        /// The recorded commit, if there is one.
        plan: Option<CommitPlan>,
    },
    /// Stop the session; settled by [`super::Input::SessionNews`] with its end.
    AbortSession {
        /// The prompt.
        effect: EffectId,
        /// The prompt with all that is recorded of it.
        job: SessionJob,
    },
}

impl State {
    fn intent(&self, call: &Call) -> Option<Intent> {
        let plan = match &call.progress {
            Progress::Running | Progress::Interrupted => None,
            Progress::Committing(plan) => Some(plan.clone()),
            Progress::AwaitingPermission(_) | Progress::Permitted | Progress::Waiting(_) | Progress::Done(_) => return None,
        };
        let origin = self.origin(call.effect.clone());
        let (executor, name, input, at, held) =
            (call.executor.clone(), call.name.clone(), call.input.clone(), call.at, call.held.is_some());
        let is_interrupted = call.progress == Progress::Interrupted;
        let definition = call.definition.clone();
        let call = ToolCall { executor, name, input, origin, at, held, definition };
        Some(if is_interrupted { Intent::LookUpTool { call } } else { Intent::RunTool { call, plan } })
    }

    /// Intents that are announced in the journal and not settled.
    #[must_use]
    pub fn open_intents(&self) -> Vec<Intent> {
        let mut intents = match &self.phase {
            Phase::Idle | Phase::Waiting => Vec::new(),
            Phase::Calling { attempt, request_hash, .. } => {
                vec![Intent::CallModel { attempt: *attempt, request_hash: request_hash.clone() }]
            }
            Phase::Tools(calls) => calls.iter().filter_map(|call| self.intent(call)).collect(),
            Phase::Session(open) => self.session_intents(open),
        };
        intents.extend(self.review_intents());
        intents
    }
}
