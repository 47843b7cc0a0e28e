//! What goes into the turn machine, and what comes out of it to be done.

use crate::id::{AgentId, EffectId, MessageId, SegmentHash};
use crate::limits::Limits;
use crate::mail::Mail;
use crate::memory::CommitPlan;
use crate::model::{Failure, ModelCard, Reply};
use crate::money::Money;
use crate::prompt::Segment;
use crate::tool::{CatalogueEntry, LookedUp, OfferedTool, Performed, ToolCall, ToolResult};

/// Something that an agent must react to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Creates the Grow Agent. Sub-agents are created by mail.
    Created,
    /// The person sends the Grow Agent a message.
    Said {
        /// Chosen by the sender; the same id twice is one message.
        id: MessageId,
        /// The message.
        text: String,
    },
    /// The person sends a sub-agent a message, paid from the Grow Agent's budget.
    Tell {
        /// To whom.
        agent: AgentId,
        /// Chosen by the sender; the same id twice is one message.
        id: MessageId,
        /// The message.
        text: String,
    },
    /// Mail from another agent.
    Mail(Mail),
    /// The model answered the open call.
    Answered {
        /// Which attempt.
        attempt: u32,
        /// The answer.
        reply: Reply,
        /// Calls of it ([`super::wanted_calls`]) that were worked out already, by index. None of them has had an effect.
        prepared: Vec<(usize, Performed)>,
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
    /// What an executor knows of an interrupted call.
    LookedUp {
        /// The tool call.
        effect: EffectId,
        /// What it knows.
        found: LookedUp,
    },
    /// Money is to be set aside for something other than a model call of the agent's own loop. [`super::State::charge_standing`] tells
    /// whether it was.
    Reserve {
        /// Chosen by whoever spends; the same id twice is one charge.
        charge: EffectId,
        /// What the money is for, in a few words for the person.
        purpose: String,
        /// The most that it can cost; `None` if the price is unknown.
        reservation: Option<Money>,
    },
    /// A charge is over.
    Settle {
        /// Which.
        charge: EffectId,
        /// What it cost; `None` if that will never be known.
        cost: Option<Money>,
    },
    /// Stop.
    Cancel,
    /// The program is about to stop in good order; nothing will be performed any more.
    Stopping,
    /// The journal was just replayed after a stop of the program.
    Woken,
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
    /// Its tools.
    pub tools: Vec<CatalogueEntry>,
    /// Limits.
    pub limits: Limits,
}

impl Setup {
    /// The choice of this segment, whose tools are `offered`.
    #[must_use]
    pub fn of(segment: &Segment, card: ModelCard, offered: &[OfferedTool], limits: Limits) -> Setup {
        let (hash, bytes) = segment.encode();
        let tools = offered.iter().map(OfferedTool::entry).collect();
        Setup { segment: hash, provider: segment.provider.clone(), card, bytes: bytes.len() as u64, tools, limits }
    }
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
    /// Carry a tool call out; settled by [`Input::Finished`], or by [`Input::Intended`] where a change of memory must be
    /// recorded first, or where memory has changed since it was.
    RunTool {
        /// The call.
        call: ToolCall,
        /// The recorded change of memory, if there is one.
        plan: Option<CommitPlan>,
    },
    /// Find out what became of an interrupted call; settled by [`Input::LookedUp`].
    LookUpTool {
        /// The call.
        call: ToolCall,
    },
}
