//! What goes into the turn machine, and what comes out of it to be done.

use super::tools;
use crate::clock::Timestamp;
use crate::event::Limits;
use crate::id::{AgentId, EffectId, MessageId, SegmentHash};
use crate::mail::Mail;
use crate::memory::CommitPlan;
use crate::model::{Failure, ModelCard, Reply};
use serde::{Deserialize, Serialize};

/// Something that an agent must react to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The Grow Agent comes to be. Sub-agents come to be by mail.
    Created,
    /// The person says something to the Grow Agent.
    Said {
        /// Chosen by the sender; the same id twice is one message.
        id: MessageId,
        /// What.
        text: String,
    },
    /// The person says something to a sub-agent, out of the Grow Agent's budget.
    Tell {
        /// To whom.
        agent: AgentId,
        /// Chosen by the sender; the same id twice is one message.
        id: MessageId,
        /// What.
        text: String,
    },
    /// Mail from another agent.
    Mail(Mail),
    /// The model answered the open call.
    Answered {
        /// Which attempt.
        attempt: u32,
        /// What.
        reply: Reply,
        /// What came of [`lookups`], by index of the tool call.
        looked_up: Vec<(usize, LookedUp)>,
    },
    /// The open call gave no answer.
    Failed {
        /// Which attempt.
        attempt: u32,
        /// Why.
        failure: Failure,
    },
    /// A memory change is worked out and wants to be committed.
    Intended {
        /// The tool call.
        effect: EffectId,
        /// The change.
        plan: CommitPlan,
    },
    /// A tool call has its result.
    Finished {
        /// The tool call.
        effect: EffectId,
        /// Its result.
        result: ToolResult,
    },
    /// Stop.
    Cancel,
    /// The program is about to stop in good order; nothing will be performed any more.
    Stopping,
    /// The journal was just replayed after a stop of the program.
    Woken,
}

/// What a tool call gives the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// Text for the model.
    pub content: String,
    /// Whether the call failed.
    pub is_error: bool,
}

impl ToolResult {
    /// The call did what it should.
    #[must_use]
    pub fn ok(content: impl Into<String>) -> ToolResult {
        ToolResult { content: content.into(), is_error: false }
    }

    /// The call failed; the text says what to do next.
    #[must_use]
    pub fn error(content: impl Into<String>) -> ToolResult {
        ToolResult { content: content.into(), is_error: true }
    }
}

/// What was found out about a tool call before the answer was recorded. None of it has an effect, so none of it needs
/// to be announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookedUp {
    /// A read's result, or why a change cannot be made.
    Result(ToolResult),
    /// A change worked out; nothing of it is visible yet.
    Plan(CommitPlan),
}

/// What the person has chosen: the segment that the next turn shall use, and the limits of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Hash of the stored segment.
    pub segment: SegmentHash,
    /// Its provider.
    pub provider: String,
    /// What is known about its model.
    pub card: ModelCard,
    /// Bytes of system text and tools.
    pub bytes: u64,
    /// Limits.
    pub limits: Limits,
}

/// Something to do in the outside world. Each is announced in the journal, and settled there by an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Ask the model; settled by [`Input::Answered`] or [`Input::Failed`].
    CallModel {
        /// Which attempt.
        attempt: u32,
        /// The recorded hash of the request.
        request_hash: String,
    },
    /// Run a memory tool; settled by [`Input::Intended`] or [`Input::Finished`].
    RunTool {
        /// The tool call.
        effect: EffectId,
        /// What exactly.
        call: tools::MemoryCall,
        /// When the call was recorded: the time of a commit it makes.
        at: Timestamp,
    },
    /// Carry a recorded memory change out; settled by [`Input::Intended`] if memory has moved on, else by
    /// [`Input::Finished`].
    Commit {
        /// The tool call.
        effect: EffectId,
        /// What was asked, to work the change out again if memory has moved on.
        call: tools::MemoryCall,
        /// The recorded change.
        plan: CommitPlan,
        /// When the call was recorded.
        at: Timestamp,
    },
}
