//! Mail between agents.

use super::ask::AskKind;
use super::ended::{LimitReached, Quota, is_zero};
use super::workbench::Mind;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a sub-agent is created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpawnRequest {
    /// A short name, chosen by its parent. Not unique.
    pub name: String,
    /// Its task.
    pub task: String,
    /// The money that it may spend, in USD micro-cents.
    pub allowance: u64,
    /// 1 for a sub-agent of the Grow Agent.
    pub depth: u32,
    /// What it and its own sub-agents may use besides money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub quota: Option<Quota>,
    /// The sources of untrusted text that the sender had read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub untrusted: Vec<String>,
    /// What thinks for it.
    #[serde(default, skip_serializing_if = "Mind::is_model")]
    #[ts(as = "Option<Mind>", optional)]
    pub mind: Mind,
    /// Why it has this mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub why: Option<String>,
    /// The schedule, or the step of a quest, that it works for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schedule: Option<String>,
}

/// How a sub-agent's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReportEnding {
    /// It reports success.
    Done,
    /// It could not finish.
    Failed,
    /// It was told to stop.
    Cancelled,
    /// It reached a limit.
    Limit,
}

/// A sub-agent sends a report to each agent that sent it messages, each time its turn ends. Amounts are USD micro-cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub ending: ReportEnding,
    /// The text of its last answer.
    pub text: String,
    /// The money that it and its own sub-agents spent since the last report.
    pub spent: u64,
    /// The unused part of the allowance that the receiver gave; it goes back.
    pub returned: u64,
    /// The number of the receiver's last message that it has received.
    pub up_to: u64,
    /// How much of the money spent the person has added to it.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<u64>", optional)]
    pub raised: u64,
    /// How much of the money spent is more than was given and added: a bill can be higher than its reservation.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<u64>", optional)]
    pub excess: u64,
    /// The unused part of the quota that the receiver gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub quota: Option<Quota>,
    /// The sources of untrusted text that the sender had read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub untrusted: Vec<String>,
    /// The schedule, or the step of a quest, that it works for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub schedule: Option<String>,
}

/// What the person has decided about a held change of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChangeDecided {
    /// The ask.
    pub ask: String,
    /// The agent that has proposed the change.
    pub agent: String,
    /// Its name.
    pub name: String,
    /// The page.
    pub path: String,
    /// Whether the person has approved it.
    pub approved: bool,
    /// Whether the person has written another text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub edited: bool,
    /// Whether the change is in memory.
    pub is_in_memory: bool,
    /// What the person adds, or a comment in Gitea.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub remark: Option<String>,
    /// The account in Gitea that has written the remark; empty if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub remark_by: Option<String>,
    /// The text that was proposed, if its author can no longer see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub proposed: Option<String>,
    /// The sources of untrusted text that the author had read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub untrusted: Vec<String>,
}

/// The content of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MailBody {
    /// Creates the receiver and starts its task.
    Spawn(SpawnRequest),
    /// Another message for a sub-agent.
    Say {
        /// The message.
        text: String,
        /// Added to the money that it may spend, in USD micro-cents.
        allowance: u64,
        /// The limit, if no money could be added.
        limit: Option<LimitReached>,
        /// Number of messages, the task included, that the sender has sent it so far.
        number: u64,
        /// Whether the person wrote it.
        by_person: bool,
        /// Added to what it may use besides money.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        quota: Option<Quota>,
        /// The sources of untrusted text that the sender had read.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<String>>", optional)]
        untrusted: Vec<String>,
    },
    /// Stop, with all sub-agents.
    Cancel,
    /// Finish: no further calls, a report of what there is.
    Finish,
    /// A turn has ended.
    Report(Report),
    /// The sender waits for an answer of the person.
    AskRaised {
        /// The ask.
        ask: String,
        /// What it is about.
        kind: AskKind,
        /// The question, or its beginning.
        text: String,
        /// The sources of untrusted text that the sender had read.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<String>>", optional)]
        untrusted: Vec<String>,
    },
    /// The sender no longer waits for this answer.
    AskSettled {
        /// The ask.
        ask: String,
    },
    /// The person has decided about a change of memory whose author works no longer.
    ChangeDecided(ChangeDecided),
}

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Mail {
    /// The receiver processes each id once.
    pub id: String,
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// The content.
    pub body: MailBody,
}
