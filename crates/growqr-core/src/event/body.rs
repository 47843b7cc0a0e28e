//! The body of each kind of event. `event/mod.rs` lists and describes the kinds.

use crate::ask::{Answer, Ask, AskOutcome, SettledBy};
use crate::attachment::Attachment;
use crate::clock::Timestamp;
use crate::id::{AgentId, AskId, CallId, EffectId, EffectSalt, ExecutorId, JournalName, MessageId, ScheduleId, SegmentHash, Seq};
use crate::limits::{LimitReached, Limits, Raise, Shortfall};
use crate::mail::{Mail, SpawnRequest};
use crate::memory::CommitPlan;
use crate::model::{Failure, FailureKind, ModelCard, Reply, Usage};
use crate::money::Money;
use crate::raw::RawJson;
use crate::tool::{CatalogueEntry, Repeat, ToolContent};
use serde::{Deserialize, Serialize};

/// See [`super::Event::AgentCreated`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentCreated {
    /// `None` for the Grow Agent.
    pub birth: Option<SpawnRequest>,
    /// The agent that started it.
    pub parent: Option<AgentId>,
    /// The mail that created it.
    pub mail: Option<EffectId>,
}

/// See [`super::Event::JournalNamed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalNamed {
    /// Random; part of every effect id from this event on.
    pub name: JournalName,
}

/// See [`super::Event::UserSaid`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSaid {
    /// Chosen by the sender. A second message with the same id is ignored.
    pub id: MessageId,
    /// The message.
    pub text: String,
    /// The person had been asked about a limit: the message is read with the work that the answer lets go on, and counts with it.
    /// False in events of earlier builds, where each message began a budget of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub at_limit: bool,
    /// The attached files. Their content is stored apart, before this event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// See [`super::Event::SaidAgain`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidAgain {
    /// Chosen by the sender. A second message with the same id is ignored.
    pub id: MessageId,
    /// The event that recorded the earlier message.
    pub message: Seq,
    /// The new message.
    pub text: String,
    /// The past up to the earlier message, with which the next segment begins; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<String>,
    /// The attached files, as in [`UserSaid`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// See [`super::Event::FreshRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshRequested {
    /// Chosen by the sender. A second request with the same id is ignored.
    pub id: MessageId,
}

/// See [`super::Event::FreshStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshStarted {}

/// See [`super::Event::MailReceived`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailReceived {
    /// The mail.
    pub mail: Mail,
    /// The same mail for the agent above: this one works no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forwarded: Vec<Mail>,
    /// See [`ReviewClosed::counts_with_work`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub counts_with_work: bool,
}

impl MailReceived {
    /// Of mail that is not passed on.
    #[must_use]
    pub fn new(mail: Mail) -> MailReceived {
        MailReceived { mail, forwarded: Vec::new(), counts_with_work: false }
    }
}

/// See [`super::Event::SegmentStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentStarted {
    /// Hash of the stored segment.
    pub segment: SegmentHash,
    /// Its provider.
    pub provider: String,
    /// What was known about the segment's model.
    pub card: ModelCard,
    /// Bytes of system text and tools, for the estimate of a first request.
    pub bytes: u64,
    /// The past, rendered as one user message; `None` if there is no past.
    pub carried: Option<String>,
    /// A picture of memory, with which the segment begins. `None` if memory is empty, and in earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The segment's tools with their executors. `None` in version 1.
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
    /// 1 for the first time that this request is sent.
    pub attempt: u32,
    /// SHA-256 over segment, messages and `max_tokens`; the provider's bytes are a function of these.
    pub request_hash: String,
    /// The output limit in tokens.
    pub max_tokens: u64,
    /// The most this call can cost; `None` if the price is unknown.
    pub reservation: Option<Money>,
    /// The most tokens that the call can use, if its price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// True if long texts lost their middle because an earlier request with the full texts was too expensive.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shortened: bool,
    /// True if the service still carries out a call of its own: messages then wait, because only results may follow such a call.
    #[serde(default, skip_serializing_if = "is_false")]
    pub holds_messages: bool,
    /// The content of the user message that the request adds to the transcript, exactly as it is sent. `None` if it adds none (a
    /// further attempt), and in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<RawJson>,
    /// Random; part of the effect ids of the answer's tool calls. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<EffectSalt>,
}

/// See [`super::Event::ModelAnswered`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelAnswered {
    /// The answer as received.
    pub reply: Reply,
    /// Whether the answer is used. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What counts as spent although the bill is not known. `None` for nothing, and before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Money>,
    /// Sources of the untrusted text that the provider has given the model while it answered. Empty in events of earlier builds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untrusted: Vec<String>,
}

/// Whether an answer is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its content goes into the transcript.
    Kept {
        /// Indices of content blocks that are left out: empty text, which the Messages API does not accept in a request.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<usize>,
        /// The number of tool calls in it; that many [`ToolStarted`] events follow.
        #[serde(default, skip_serializing_if = "is_zero")]
        calls: usize,
    },
    /// Nothing of it goes into the transcript.
    Void {
        /// A remark for the model with the next request, if any.
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
    /// The reason.
    pub failure: Failure,
    /// An upper bound of the bill, if it is lower than the call's reservation. Version 1 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Money>,
    /// How much of the reservation counts as spent. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// The model that was asked. `None` before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What counts as spent although the bill is not known. `None` for nothing, and before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Money>,
}

/// How much a call without a bill counts as spent.
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
    /// The executor of the call. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<ExecutorId>,
    /// How to continue with the call if the program stops meanwhile. `None` in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// The sub-agents whose reports it waits for; `None` for a call that does not wait, and in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Vec<AgentId>>,
    /// The line of the rules that decided the call. `None` before version 3, and for a call that is not carried out for another
    /// reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The ask that must be settled before the call is carried out. The ask is raised by the next event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<AskId>,
    /// The line because of which the change of memory waits for the person's approval on a branch of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The hash of the tool's definition ([`crate::tool::OfferedTool::hash`]) when the call was decided: no other one is called.
    /// `None` for tools of GrowQR, and in journals of builds that did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
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
    /// Where the content comes from, if it is untrusted: the id of the executor, or the address or file that the executor names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// See [`super::Event::ChildRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildRequested {
    /// The tool call.
    pub effect: EffectId,
    /// The mail that creates the sub-agent.
    pub mail: Mail,
}

/// See [`super::Event::ScheduledWorkStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledWorkStarted {
    /// The schedule, or the step of a quest.
    pub schedule: ScheduleId,
    /// The occurrence.
    pub due: Timestamp,
    /// The mail that creates the sub-agent. Its id is made from schedule and occurrence.
    pub mail: Mail,
}

/// See [`super::Event::ChildTold`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildTold {
    /// The mail with the message.
    pub mail: Mail,
    /// The id of the person's message, if the person wrote it.
    pub message: Option<MessageId>,
    /// The person's message is paid from the budget of the work that is under way. False if there is none: then the message has a
    /// budget of its own, as each had in earlier builds.
    #[serde(default, skip_serializing_if = "is_false")]
    pub counts_with_work: bool,
}

/// See [`super::Event::ChildCancelled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildCancelled {
    /// The mail with the order to stop.
    pub mail: Mail,
}

/// See [`super::Event::CancelRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequested {
    /// True if the person asked; false if its parent did.
    pub by_person: bool,
}

/// See [`super::Event::ChargeReserved`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeReserved {
    /// Chosen by the caller; one id is one charge.
    pub charge: EffectId,
    /// What the money is for: a short text for the person.
    pub purpose: String,
    /// The most that it can cost; `None` if the price is unknown.
    pub reservation: Option<Money>,
    /// The most tokens that it can use, if its price is unknown. `None` for what is not counted in tokens. Builds before this field
    /// did not count calls without a price, so a turn that they recorded replays with the tokens of its other calls only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// The most that it can have cost if it is cut early. `None` if only the reservation is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<CostBound>,
}

/// The most that a call can have cost after some time, if that is less than its reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostBound {
    /// As soon as it is sent: the prompt.
    pub at_once: Money,
    /// For each second: the output of the fastest model.
    pub per_second: Money,
}

/// See [`super::Event::ChargeSettled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeSettled {
    /// The charge.
    pub charge: EffectId,
    /// What it cost. `None` if that will never be known.
    pub cost: Option<Money>,
    /// What the money was for. `None` before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// What counts as spent although the bill is not known. `None` for nothing, and before version 3, where the whole reservation
    /// counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Money>,
    /// The tokens that the provider has counted, if it was a model call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// See [`super::Event::ChargeRefused`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRefused {
    /// Chosen by the caller.
    pub charge: EffectId,
    /// What the money was for: a short text for the person.
    pub purpose: String,
    /// The most that it could have cost; `None` if the price is unknown.
    pub reservation: Option<Money>,
    /// The most tokens that it could have used, if its price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// The limit that does not cover it.
    pub limit: LimitReached,
}

/// See [`super::Event::AskRaised`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskRaised {
    /// The question.
    pub ask: Box<Ask>,
    /// Tells the agents that wait for this one that it waits for the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Mail>,
}

/// See [`super::Event::AskSettled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskSettled {
    /// The ask.
    pub ask: AskId,
    /// Who settled it.
    pub by: SettledBy,
    /// The answer. `None` if there is none: the person will not answer, or the question is void. A question that is withdrawn has
    /// the reason as its text, if there is one to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// The line that an answer with the scope "this agent" or "always" adds, or the line that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What follows for the call or the limit that it was about. `None` for a question or a conflict, and if nobody needs the
    /// answer any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<AskOutcome>,
    /// The commit of memory that contains the held change, if the person has merged its pull request in Gitea.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<String>,
    /// The account in Gitea whose comment the text of the answer is. `None` if it is the person's text; in events of version 3 that
    /// Gitea has settled the account is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commented_by: Option<String>,
    /// Tells the agents that wait for this one that it no longer waits for the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Mail>,
    /// The model calls that follow from the answer are counted with those before. False if they are counted anew, as in events of
    /// earlier builds, and if the answer begins work.
    #[serde(default, skip_serializing_if = "is_false")]
    pub counts_with_work: bool,
}

/// See [`super::Event::ReviewIntended`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewIntended {
    /// The ask with which the person has approved the change.
    pub ask: AskId,
    /// The commit that brings the change into memory.
    pub plan: CommitPlan,
}

/// See [`super::Event::ReviewClosed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewClosed {
    /// The ask with which the person has decided.
    pub ask: AskId,
    /// The commit that has brought the change into memory; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Why the approved change could not be committed. The next event asks the person again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The text that a rejected change has proposed, if the agent is to read it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// Mail that tells the agent above, if this one works no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Mail>,
    /// What the agent does about a rejection is paid from the budget, and counted in the model calls, of the work that is under way.
    /// False in events of earlier builds, where model calls were counted anew, and if the rejection begins work.
    #[serde(default, skip_serializing_if = "is_false")]
    pub counts_with_work: bool,
}

/// See [`super::Event::FinishRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishRequested {
    /// True if the person asked; false if its parent did.
    pub by_person: bool,
    /// Mail that passes it on to the sub-agents at work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mail: Vec<Mail>,
}

/// See [`super::Event::TurnPaused`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnPaused {
    /// The limit.
    pub limit: LimitReached,
}

/// See [`super::Event::MessageWithdrawn`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageWithdrawn {
    /// The event that recorded the message.
    pub message: Seq,
    /// What the person has added at a limit since the message came; it stays added. Zero in events of earlier builds, where it was
    /// lost.
    #[serde(default, skip_serializing_if = "is_no_raise")]
    pub raised: Raise,
}

/// See [`super::Event::MessageEdited`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEdited {
    /// The event that recorded the message.
    pub message: Seq,
    /// The new text.
    pub text: String,
}

/// See [`super::Event::TurnEnding`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnEnding {
    /// How it will end.
    pub ended: Ended,
}

/// See [`super::Event::TurnEnded`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnEnded {
    /// The number of the turn.
    pub turn: u64,
    /// How it ended.
    pub ended: Ended,
    /// A sub-agent's reports, one for each agent that sent it messages.
    pub reports: Vec<Mail>,
    /// If a budget ended it: the money that the next request needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortfall: Option<Shortfall>,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The model finished its answer.
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
    /// The model call failed.
    Failed(Failure),
    /// The model stopped for a reason this program does not know.
    Unknown(String),
}

impl Ended {
    /// Whether the provider will not accept the same conversation again, so that a new segment must carry a shortened past.
    pub(crate) fn needs_new_segment(&self) -> bool {
        let Ended::Failed(Failure { kind, .. }) = self else { return false };
        matches!(kind, FailureKind::PromptTooLong | FailureKind::TooLarge | FailureKind::PastRefused)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}

fn is_no_raise(raise: &Raise) -> bool {
    *raise == Raise::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}
