//! The parts of a turn, as the state stores them: its phase, its calls, and what waits for the next request.

use super::open_session::OpenPrompt;
use crate::ask::Ask;
use crate::attachment::Attachment;
use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::id::{AgentId, AskId, CallId, EffectId, ExecutorId, Seq};
use crate::limits::LimitReached;
use crate::mail::{ChangeDecided, Report};
use crate::memory::{CommitPlan, ConflictPage, Review};
use crate::money::Money;
use crate::quota::QuotaUse;
use crate::raw::RawJson;
use crate::tool::{Repeat, ToolResult};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The agent's phase within a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Between turns.
    Idle,
    /// A model call is open.
    Calling {
        attempt: u32,
        request_hash: String,
        max_tokens: u64,
        reservation: Option<Money>,
        tokens: Option<u64>,
        since: Timestamp,
    },
    /// Tool calls of the last answer are open.
    Tools(Vec<Call>),
    /// Its session in the workbench works on a prompt.
    Session(Box<OpenPrompt>),
    /// The model has answered and no call is open: the turn ends, or waits for sub-agents.
    Waiting,
}

/// One tool call of the last answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) name: String,
    pub(super) input: RawJson,
    pub(super) effect: EffectId,
    pub(super) executor: ExecutorId,
    pub(super) repeat: Repeat,
    pub(super) at: Timestamp,
    /// The line because of which its change of memory is held.
    pub(super) held: Option<String>,
    /// The hash of the tool's definition when the call was decided.
    pub(super) definition: Option<String>,
    pub(super) progress: Progress,
}

/// The progress of a tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Progress {
    /// Started.
    Running,
    /// The person must allow it first.
    AwaitingPermission(AskId),
    /// Allowed, and not started yet.
    Permitted,
    /// The program stopped while it was running; the executor is asked for the outcome.
    Interrupted,
    /// Waits until none of these sub-agents is at work.
    Waiting(Vec<AgentId>),
    /// A memory change is recorded; its commit is under way.
    Committing(CommitPlan),
    /// Has its result.
    Done(ToolResult),
}

/// An item for the next user message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Pending {
    /// A message of the person, with the event that recorded it.
    UserMessage { seq: Seq, text: String, at: Timestamp, attachments: Vec<Attachment> },
    /// A sub-agent's task.
    Task { from: AgentId, text: String, at: Timestamp },
    /// A message from another agent.
    AgentMessage { from: AgentId, text: String, at: Timestamp },
    /// A sub-agent's report.
    Report { from: AgentId, report: Report },
    /// The model is to finish.
    Finish,
    /// The model's answer was empty; it is asked once more.
    AnswerWasEmpty,
    /// The model's answer was cut at the output limit; it is asked for a shorter one.
    AnswerWasCut,
    /// The answer to a question of the agent; `None` if the person will not answer. `in_time` is false for a default.
    Answer { ask: AskId, question: String, answer: Option<String>, in_time: bool },
    /// The person wants the agent to merge pages that memory has in two versions; `more` of them are not in `pages`.
    MergePages { ask: AskId, pages: Vec<ConflictPage>, more: u64, remark: Option<String> },
    /// The person has decided about a change of memory that was held. `from`: the agent that passes it on.
    Reviewed { from: Option<AgentId>, decided: Box<ChangeDecided> },
    /// A sub-agent waits for an answer of the person.
    SubAgentAsks { from: AgentId, ask: AskId, text: String },
    /// A new segment was started in the middle of a turn. The text, if any, is the request that is still to be answered.
    Continue(String),
    /// The files of messages that are still to be answered, which a new segment has taken over.
    Attached(Vec<Attachment>),
}

impl Pending {
    /// Whether it is a message, of the person or of another agent.
    pub(super) fn is_message(&self) -> bool {
        matches!(self, Pending::UserMessage { .. } | Pending::AgentMessage { .. })
    }
}

/// The past with which the next segment begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum NextPast {
    /// All of it.
    #[default]
    Whole,
    /// As `Whole`; once the turn under way has ended, `Only(None)`. Has the messages of the person that wait for that.
    FreshAfterTurn(Vec<Pending>),
    /// This text. The next turn begins a segment.
    Only(Option<String>),
}

/// A held change that the person has decided about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reviewed {
    pub(super) review: Review,
    /// The ask, which is raised again if the change cannot be committed.
    pub(super) asked: Ask,
    pub(super) remark: Option<String>,
    /// See [`ChangeDecided::remark_by`].
    pub(super) remark_by: Option<String>,
    /// The recorded commit that brings the change into memory.
    pub(super) plan: Option<CommitPlan>,
}

impl Call {
    pub(super) fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Done(_))
    }
}

/// A turn that waits at a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pause {
    pub(super) limit: LimitReached,
    /// The ask, once it is raised: as long as sub-agents work, their money may still come back.
    pub(super) ask: Option<AskId>,
    pub(super) answer: Option<PauseAnswer>,
}

/// The answer at a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum PauseAnswer {
    /// Go on.
    GoOn,
    /// End the turn.
    Stop,
}

/// How many times in a row the same call was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Repeated {
    /// SHA-256 of the tool's name and the input, whose fields are sorted and whose spaces are left out.
    pub(super) call: [u8; 32],
    pub(super) count: u32,
}

impl Repeated {
    pub(super) fn hash(name: &str, input: &RawJson) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
        match serde_json::from_str::<Value>(input.text()) {
            Ok(mut value) => {
                value.sort_all_objects();
                hash.update(value.to_string());
            }
            Err(_) => hash.update(input.text()),
        }
        hash.finalize().into()
    }

    /// How many times in a row this call is made, once it is made again.
    pub(super) fn times_with(&self, name: &str, input: &RawJson) -> u32 {
        if self.call == Repeated::hash(name, input) { self.count.saturating_add(1) } else { 1 }
    }

    /// Counts another call.
    pub(super) fn add(&mut self, name: &str, input: &RawJson) {
        *self = Repeated { call: Repeated::hash(name, input), count: self.times_with(name, input) };
    }
}

/// Counters for the limits of one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counters {
    pub(super) calls: u32,
    /// Added to the limit of calls by the person.
    pub(super) calls_raised: u32,
    /// The model was asked once more after an answer that could not be used.
    pub(super) nudged: bool,
    /// A new segment was started because the model refused the past.
    pub(super) past_was_carried: bool,
}

/// What counted for the message on which a turn works, when the first message came that it has not read yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EarlierMessage {
    pub(super) counters: Counters,
    pub(super) budget: Budget,
    pub(super) quota: QuotaUse,
    /// The messages since then came after the person was asked about a limit: they have no budget of their own as long as this turn
    /// goes on. Snapshots of earlier builds do not have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) at_limit: bool,
}
