//! The intents that the turn machine gives to the driver.

use crate::id::{EffectId, RequestId};
use crate::memory::CommitPlan;
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
    /// Stop the session; settled by [`super::Input::SessionNews`] with its end.
    AbortSession {
        /// The prompt.
        effect: EffectId,
        /// The prompt with all that is recorded of it.
        job: SessionJob,
    },
}
