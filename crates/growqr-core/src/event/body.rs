//! What each kind of event says. The kinds are described where they are listed, in `event/mod.rs`.

use crate::id::{AgentId, CallId, EffectId, EffectSalt, ExecutorId, JournalName, MessageId, SegmentHash};
use crate::limits::{LimitReached, Limits, Shortfall};
use crate::mail::{Birth, Mail};
use crate::memory::CommitPlan;
use crate::model::{Failure, ModelCard, Reply};
use crate::money::Money;
use crate::raw::RawJson;
use crate::tool::{CatalogueEntry, Repeat, ToolContent};
use serde::{Deserialize, Serialize};

/// See [`super::Event::AgentCreated`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentCreated {
    /// `None` for the Grow Agent.
    pub birth: Option<Birth>,
    /// The agent that sent it to work.
    pub parent: Option<AgentId>,
    /// The mail that created it.
    pub mail: Option<EffectId>,
}

/// See [`super::Event::JournalNamed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalNamed {
    /// Random; part of every effect id from here on.
    pub name: JournalName,
}

/// See [`super::Event::UserSaid`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSaid {
    /// Chosen by the sender; a message of the same id is taken once.
    pub id: MessageId,
    /// The message.
    pub text: String,
}

/// See [`super::Event::MailReceived`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailReceived {
    /// The mail.
    pub mail: Mail,
}

/// See [`super::Event::SegmentStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentStarted {
    /// Hash of the stored segment.
    pub segment: SegmentHash,
    /// Its provider.
    pub provider: String,
    /// What was known about its model.
    pub card: ModelCard,
    /// Bytes of system text and tools, for the estimate of a first request.
    pub bytes: u64,
    /// The past, rendered as one user message; `None` if there is none.
    pub carried: Option<String>,
    /// Its tools, and which executor has each. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<CatalogueEntry>>,
}

/// See [`super::Event::TurnStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnStarted {
    /// 1 for the first.
    pub turn: u64,
    /// The limits in force.
    pub limits: Limits,
}

/// See [`super::Event::ModelRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRequested {
    /// 1 for the first time these bytes are sent.
    pub attempt: u32,
    /// SHA-256 over segment, messages and `max_tokens`; the provider's bytes are a function of these.
    pub request_hash: String,
    /// The output limit in tokens.
    pub max_tokens: u64,
    /// The most this call can cost; `None` if the price is unknown.
    pub reservation: Option<Money>,
    /// True if the middle of long texts was left out because an earlier request with all of them was too expensive.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shortened: bool,
    /// The content of the user message that the request adds to the transcript, as it is sent. `None` if it adds none (a
    /// further attempt), and in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<RawJson>,
    /// Random; part of the ids of the effects that the answer wants. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<EffectSalt>,
}

/// See [`super::Event::ModelAnswered`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelAnswered {
    /// The answer as received.
    pub reply: Reply,
    /// Whether it is used. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// Whether an answer is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its content goes into the transcript.
    Kept {
        /// Indices of content blocks that are left out: empty text, which the Messages API does not take back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<usize>,
        /// The number of tool calls in it; their [`ToolStarted`] events follow.
        #[serde(default, skip_serializing_if = "is_zero")]
        calls: usize,
    },
    /// Nothing of it goes into the transcript.
    Void {
        /// What the model is told with the next request, if anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nudge: Option<Nudge>,
    },
}

/// A remark to the model about its last answer, which was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nudge {
    /// It was empty.
    Empty,
    /// It was cut at the output limit.
    Shorter,
}

/// See [`super::Event::ModelFailed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFailed {
    /// Why.
    pub failure: Failure,
    /// The most that was billed, where more is known about it than the call's reservation. Version 1 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Money>,
    /// What of the reservation counts as spent. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
}

/// What a call without a bill counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// It was not billed.
    Nothing,
    /// It may have been billed up to its reservation.
    Reservation,
    /// It may have been billed up to this amount.
    AtMost(Money),
}

/// See [`super::Event::ToolStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolStarted {
    /// The model's id of the call.
    pub call: CallId,
    /// The tool's name as the model gave it.
    pub name: String,
    /// The input's JSON text as received.
    pub input: RawJson,
    /// The id of the call's effect.
    pub effect: EffectId,
    /// Who carries it out. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<ExecutorId>,
    /// What is done about it if the program stops meanwhile. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// The sub-agents whose reports it waits for; `None` for a call that does not wait, and in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Vec<AgentId>>,
}

/// See [`super::Event::ToolInterrupted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolInterrupted {
    /// The tool call.
    pub effect: EffectId,
}

/// See [`super::Event::ToolResumed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResumed {
    /// The tool call.
    pub effect: EffectId,
}

/// See [`super::Event::CommitIntended`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitIntended {
    /// The tool call.
    pub effect: EffectId,
    /// The change.
    pub plan: CommitPlan,
}

/// See [`super::Event::ToolFinished`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolFinished {
    /// The tool call.
    pub effect: EffectId,
    /// Its result.
    pub content: ToolContent,
    /// Whether the call failed.
    pub is_error: bool,
}

/// See [`super::Event::ChildRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildRequested {
    /// The tool call.
    pub effect: EffectId,
    /// The mail that creates the sub-agent.
    pub mail: Mail,
}

/// See [`super::Event::ChildTold`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildTold {
    /// The mail with the message.
    pub mail: Mail,
    /// The id of the person's message, if the person wrote it.
    pub message: Option<MessageId>,
}

/// See [`super::Event::ChildCancelled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildCancelled {
    /// The mail that says so.
    pub mail: Mail,
}

/// See [`super::Event::CancelRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequested {
    /// Whether the person asked, rather than the agent that sent it to work.
    pub by_person: bool,
}

/// See [`super::Event::ChargeReserved`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeReserved {
    /// Chosen by whoever spends; the same id is one charge.
    pub charge: EffectId,
    /// What the money is for, in a few words for the person.
    pub purpose: String,
    /// The most that it can cost; `None` if the price is unknown.
    pub reservation: Option<Money>,
}

/// See [`super::Event::ChargeSettled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeSettled {
    /// The charge.
    pub charge: EffectId,
    /// What it cost; `None` if that will never be known: it then counts with its whole reservation.
    pub cost: Option<Money>,
}

/// See [`super::Event::TurnEnding`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnEnding {
    /// How.
    pub ended: Ended,
}

/// See [`super::Event::TurnEnded`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnEnded {
    /// Which turn.
    pub turn: u64,
    /// How.
    pub ended: Ended,
    /// A sub-agent's reports, one for each agent that sent it messages.
    pub reports: Vec<Mail>,
    /// Where a budget ended it: what the next request would have cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortfall: Option<Shortfall>,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The model had nothing more to say.
    Done,
    /// It was cancelled.
    Cancelled,
    /// The output limit or the context window cut the answer.
    Cut,
    /// The model refused.
    Refused(String),
    /// The model gave an empty answer twice.
    Silent,
    /// A limit was reached.
    Limit(LimitReached),
    /// The model could not be asked.
    Failed(Failure),
    /// The model stopped for a reason this program does not know.
    Unknown(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}
