//! The content of each kind of event. The kinds are described in `mod.rs`. Amounts are USD micro-cents.

use super::ask::{Ask, AskAnswer, AskOutcome, SettledBy};
use super::ended::{Ended, LimitReached, Limits, Raise, Shortfall, is_zero};
use super::mail::{Mail, SpawnRequest};
use super::model::{CatalogueEntry, Counted, Failure, ModelCard, ModelReply, Usage, Verdict};
use super::raw::Raw;
use super::tool::{CommitPlan, Repeat, ToolContent};
use super::workbench::{ChangedFile, SessionOutcome, SessionReply, SessionTokens};
use crate::attachment::Attachment;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// See [`super::Event::AgentCreated`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AgentCreated {
    /// `None` for the Grow Agent.
    pub birth: Option<SpawnRequest>,
    /// Its parent.
    pub parent: Option<String>,
    /// The mail that created it.
    pub mail: Option<String>,
}

/// See [`super::Event::JournalNamed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JournalNamed {
    /// Random; part of every effect id from this event on.
    pub name: String,
}

/// See [`super::Event::UserSaid`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UserSaid {
    /// Chosen by the sender.
    pub id: String,
    /// The message.
    pub text: String,
    /// Whether the person had been asked about a limit: the message counts with the work that the answer lets go on.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub at_limit: bool,
    /// The attached files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Attachment>>", optional)]
    pub attachments: Vec<Attachment>,
}

/// See [`super::Event::SaidAgain`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SaidAgain {
    /// Chosen by the sender.
    pub id: String,
    /// The event that recorded the earlier message.
    pub message: u64,
    /// The new message.
    pub text: String,
    /// The past up to the earlier message, as the model reads it; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub past: Option<String>,
    /// The attached files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Attachment>>", optional)]
    pub attachments: Vec<Attachment>,
}

/// See [`super::Event::FreshRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FreshRequested {
    /// Chosen by the sender.
    pub id: String,
}

/// See [`super::Event::FreshStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FreshStarted {}

/// See [`super::Event::MailReceived`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MailReceived {
    /// The mail.
    pub mail: Mail,
    /// The same mail for the agent above: this one works no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Mail>>", optional)]
    pub forwarded: Vec<Mail>,
    /// Whether what the agent does about it is paid from the budget of the work that was under way.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub counts_with_work: bool,
}

/// See [`super::Event::SegmentStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SegmentStarted {
    /// Hash of the stored segment.
    pub segment: String,
    /// Its provider.
    pub provider: String,
    /// Its model.
    pub card: ModelCard,
    /// Bytes of system text and tools.
    pub bytes: u64,
    /// The past, rendered as one user message; `None` if there is none.
    pub carried: Option<String>,
    /// A picture of memory, with which the segment begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub picture: Option<String>,
    /// Its tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tools: Option<Vec<CatalogueEntry>>,
}

/// See [`super::Event::TurnStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TurnStarted {
    /// 1 for the first.
    pub turn: u64,
    /// The limits in force.
    pub limits: Limits,
}

/// See [`super::Event::ModelRequested`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelRequested {
    /// 1 for the first time that this request is sent.
    pub attempt: u32,
    /// SHA-256 over the request.
    pub request_hash: String,
    /// The output limit in tokens.
    pub max_tokens: u64,
    /// The most this call can cost; `None` if the price is unknown.
    pub reservation: Option<u64>,
    /// The most tokens that the call can use, if its price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tokens: Option<u64>,
    /// Whether long texts were shortened to fit the budget.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub shortened: bool,
    /// Whether messages wait, because the service still carries out a call of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub holds_messages: bool,
    /// The content of the user message that the request adds, as it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "unknown")]
    pub content: Option<Raw>,
    /// Random; part of the effect ids of the answer's tool calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub salt: Option<String>,
}

/// See [`super::Event::ModelAnswered`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelAnswered {
    /// The answer.
    pub reply: ModelReply,
    /// Whether it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub verdict: Option<Verdict>,
    /// What counts as spent although the bill is not known, in USD micro-cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unknown: Option<u64>,
    /// Sources of the untrusted text that the provider has given the model while it answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub untrusted: Vec<String>,
}

/// See [`super::Event::ModelFailed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelFailed {
    /// The reason.
    pub failure: Failure,
    /// An upper bound of the bill. Version 1 only, which wrote `null` if it was not known.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    #[ts(as = "Option<u64>", optional = nullable)]
    pub bound: Option<Option<u64>>,
    /// How much of the reservation counts as spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub counted: Option<Counted>,
    /// The model that was asked. `None` before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model: Option<String>,
    /// What counts as spent although the bill is not known, in USD micro-cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unknown: Option<u64>,
}

/// See [`super::Event::ToolStarted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ToolStarted {
    /// The model's id of the call.
    pub call: String,
    /// The tool's name.
    pub name: String,
    /// The input as received.
    #[ts(type = "unknown")]
    pub input: Raw,
    /// The id of the call's effect.
    pub effect: String,
    /// The executor of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub executor: Option<String>,
    /// How to continue with the call if the program stops meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub repeat: Option<Repeat>,
    /// The sub-agents whose reports it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub waits_for: Option<Vec<String>>,
    /// The line of the rules that decided the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rule: Option<String>,
    /// The ask that must be settled before the call is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ask: Option<String>,
    /// The line because of which the change of memory waits for the person's approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub held: Option<String>,
    /// The hash of the definition of another program's tool: no other definition is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub definition: Option<String>,
}

/// See [`super::Event::ToolInterrupted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolInterrupted {
    /// The tool call.
    pub effect: String,
}

/// See [`super::Event::ToolResumed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolResumed {
    /// The tool call.
    pub effect: String,
}

/// See [`super::Event::CommitIntended`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CommitIntended {
    /// The tool call.
    pub effect: String,
    /// The change.
    pub plan: CommitPlan,
}

/// See [`super::Event::ToolFinished`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolFinished {
    /// The tool call.
    pub effect: String,
    /// Its result.
    pub content: ToolContent,
    /// Whether the call failed.
    pub is_error: bool,
    /// Where the content comes from, if nobody vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub source: Option<String>,
}

/// See [`super::Event::ChildRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChildRequested {
    /// The tool call.
    pub effect: String,
    /// The mail that creates the sub-agent.
    pub mail: Mail,
}

/// See [`super::Event::ScheduledWorkStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ScheduledWorkStarted {
    /// The schedule, or the step of a quest.
    pub schedule: String,
    /// When it was due, in ms since 1970.
    pub due: i64,
    /// The mail that creates the sub-agent.
    pub mail: Mail,
}

/// See [`super::Event::ChildTold`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChildTold {
    /// The mail with the message.
    pub mail: Mail,
    /// The id of the person's message, if the person wrote it.
    pub message: Option<String>,
    /// Whether the person's message is paid from the budget of the work that was under way.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub counts_with_work: bool,
}

/// See [`super::Event::ChildCancelled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChildCancelled {
    /// The mail.
    pub mail: Mail,
}

/// See [`super::Event::CancelRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CancelRequested {
    /// Whether the person asked, rather than the parent agent.
    pub by_person: bool,
}

/// See [`super::Event::ChargeReserved`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChargeReserved {
    /// The charge's id.
    pub charge: String,
    /// What the money is for: a short text for the person.
    pub purpose: String,
    /// The most that it can cost; `None` if the price is unknown.
    pub reservation: Option<u64>,
    /// The most tokens that it can use, if its price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tokens: Option<u64>,
    /// The most that it can have cost if it is cut early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub bound: Option<CostBound>,
}

/// The most that a call can have cost after some time, in USD micro-cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CostBound {
    /// As soon as it is sent.
    pub at_once: u64,
    /// For each second.
    pub per_second: u64,
}

/// See [`super::Event::ChargeSettled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChargeSettled {
    /// The charge's id.
    pub charge: String,
    /// The cost; `None` if it will never be known.
    pub cost: Option<u64>,
    /// What the money was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub purpose: Option<String>,
    /// What counts as spent although the bill is not known, in USD micro-cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unknown: Option<u64>,
    /// The tokens that the provider has counted, if it was a model call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub usage: Option<Usage>,
}

/// See [`super::Event::ChargeRefused`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChargeRefused {
    /// The charge's id.
    pub charge: String,
    /// What the money was for: a short text for the person.
    pub purpose: String,
    /// The most that it could have cost; `None` if the price is unknown.
    pub reservation: Option<u64>,
    /// The most tokens that it could have used, if its price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tokens: Option<u64>,
    /// The limit that does not cover it.
    pub limit: LimitReached,
}

/// See [`super::Event::SessionIntended`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionIntended {
    /// The id of the prompt's effect.
    pub effect: String,
    /// The title of the session.
    pub title: String,
    /// The id of the prompt in the workbench.
    pub message: String,
    /// The prompt.
    pub prompt: String,
    /// Random; part of the effect's id.
    pub salt: String,
    /// Whether it lets a session go on that was interrupted.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub resumes: bool,
}

/// See [`super::Event::SessionStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionStarted {
    /// The prompt.
    pub effect: String,
    /// The session, as the workbench names it.
    pub session: String,
}

/// See [`super::Event::SessionProgressed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionProgressed {
    /// The prompt.
    pub effect: String,
    /// Short texts, one for each step.
    pub steps: Vec<String>,
}

/// See [`super::Event::SessionDecided`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionDecided {
    /// The prompt.
    pub effect: String,
    /// The request, as the workbench names it.
    pub request: String,
    /// The session that asks.
    pub session: String,
    /// What it wants to do.
    pub what: String,
    /// The command, path or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub argument: Option<String>,
    /// The line of the rules that decided; `None` if too many questions wait already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rule: Option<String>,
    /// The reply.
    pub reply: SessionReply,
}

/// See [`super::Event::SessionReplied`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionReplied {
    /// The prompt.
    pub effect: String,
    /// The request.
    pub request: String,
    /// The session no longer waited for the reply.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub was_gone: bool,
    /// The source of untrusted text that the session may read from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub source: Option<String>,
}

/// See [`super::Event::SessionEnded`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionEnded {
    /// The prompt.
    pub effect: String,
    /// Its last words.
    pub words: String,
    /// The files that it has changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<ChangedFile>>", optional)]
    pub files: Vec<ChangedFile>,
    /// How many changed files are left out here.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<u64>", optional)]
    pub more_files: u64,
    /// The tokens of its model calls since the prompt, as far as the provider has counted them.
    pub tokens: SessionTokens,
    /// How it ended.
    pub outcome: SessionOutcome,
    /// Where its words come from: untrusted text.
    pub source: String,
}

/// See [`super::Event::AskRaised`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AskRaised {
    /// The question.
    pub ask: Ask,
    /// Mail to the agents that wait for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Mail>>", optional)]
    pub notices: Vec<Mail>,
}

/// See [`super::Event::AskSettled`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AskSettled {
    /// The ask.
    pub ask: String,
    /// Who settled it.
    pub by: SettledBy,
    /// The answer, if there is one. A question that is withdrawn may have the reason as its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub answer: Option<AskAnswer>,
    /// The line of the rules that the answer adds, or that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rule: Option<String>,
    /// What follows for the call or the limit that it was about; `None` for a question, and if it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub outcome: Option<AskOutcome>,
    /// The commit of memory that contains the held change, if the person has merged its pull request in Gitea.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub merged: Option<String>,
    /// The account in Gitea whose comment the text of the answer is; `None` if it is the person's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub commented_by: Option<String>,
    /// Mail to the agents that wait for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Mail>>", optional)]
    pub notices: Vec<Mail>,
    /// Whether the model calls that follow from the answer are counted with those before.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub counts_with_work: bool,
}

/// See [`super::Event::ReviewIntended`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReviewIntended {
    /// The ask with which the person has approved the change.
    pub ask: String,
    /// The commit that brings the change into memory.
    pub plan: CommitPlan,
}

/// See [`super::Event::ReviewClosed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReviewClosed {
    /// The ask with which the person has decided.
    pub ask: String,
    /// The commit that has brought the change into memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub commit: Option<String>,
    /// Why the approved change could not be committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub problem: Option<String>,
    /// The text that a rejected change has proposed, if the agent is to read it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub proposed: Option<String>,
    /// Mail that tells the agent above, if this one works no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Mail>>", optional)]
    pub notices: Vec<Mail>,
    /// Whether what the agent does about a rejection is paid from the budget of the work that was under way.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub counts_with_work: bool,
}

/// See [`super::Event::FinishRequested`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FinishRequested {
    /// Whether the person asked, rather than the parent agent.
    pub by_person: bool,
    /// Mail to its sub-agents at work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Mail>>", optional)]
    pub mail: Vec<Mail>,
}

/// See [`super::Event::TurnPaused`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TurnPaused {
    /// The limit.
    pub limit: LimitReached,
}

/// See [`super::Event::MessageWithdrawn`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MessageWithdrawn {
    /// The event that recorded the message.
    pub message: u64,
    /// What the person has added at a limit since the message came; it stays added.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<Raise>", optional)]
    pub raised: Raise,
}

/// See [`super::Event::MessageEdited`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MessageEdited {
    /// The event that recorded the message.
    pub message: u64,
    /// The new text.
    pub text: String,
}

/// See [`super::Event::TurnEnding`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TurnEnding {
    /// How it will end.
    pub ended: Ended,
}

/// See [`super::Event::TurnEnded`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TurnEnded {
    /// The number of the turn.
    pub turn: u64,
    /// How it ended.
    pub ended: Ended,
    /// A sub-agent's reports.
    pub reports: Vec<Mail>,
    /// If a budget ended it: the money that the next request needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub shortfall: Option<Shortfall>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Distinguishes a field that is `null` from an absent one.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<Option<u64>>, to: S) -> Result<S::Ok, S::Error> {
        value.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<u64>>, D::Error> {
        Option::deserialize(value).map(Some)
    }
}
