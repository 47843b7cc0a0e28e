//! Messages between agents. One transaction writes mail into the sender's journal and outbox. Mail is delivered at least once;
//! the receiver processes each id once.

use crate::ask::AskKind;
use crate::id::{AgentId, AskId, EffectId, ScheduleId};
use crate::limits::LimitReached;
use crate::money::Money;
use crate::quota::Quota;
use crate::workbench::Mind;
use serde::{Deserialize, Serialize};

/// How a sub-agent is created. Its first event repeats this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpawnRequest {
    /// A short name, chosen by the agent that starts it. Not unique.
    pub name: String,
    /// Its task; data, not operator text.
    pub task: String,
    /// The money that it may spend.
    pub allowance: Money,
    /// 1 for a sub-agent of the Grow Agent.
    pub depth: u32,
    /// What it and its own sub-agents may use besides money. `None` before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The sources of untrusted text that the sender had read when it wrote this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untrusted: Vec<String>,
    /// What thinks for it.
    #[serde(default, skip_serializing_if = "Mind::is_model")]
    pub mind: Mind,
    /// Why it has this mind: a short text for the person. `None` before there were sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The schedule, or the step of a quest, that it works for: at a limit it asks the person, as it does in work that the person has given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleId>,
}

/// How a sub-agent's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It reports success.
    Done,
    /// It could not finish.
    Failed,
    /// It was told to stop.
    Cancelled,
    /// It reached a limit.
    Limit,
}

/// A sub-agent sends a report to each agent that sent it messages, each time its turn ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub ending: Ending,
    /// The text of its last answer; data, not operator text.
    pub text: String,
    /// The money that it and its own sub-agents spent since the last report. A call of unknown cost counts with its reservation.
    pub spent: Money,
    /// The unused part of the allowance that this receiver gave. It goes back to the receiver.
    pub returned: Money,
    /// The number of the receiver's last message that the sub-agent has received. If later ones are under way, it continues to
    /// work.
    pub up_to: u64,
    /// How much of the money spent is money that the person added to this sub-agent or below it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub raised: Money,
    /// How much of the money spent is more than was given and added: a bill can be higher than its reservation. The receiver
    /// counts it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub excess: Money,
    /// The unused part of the quota that this receiver gave. `None` before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The sources of untrusted text that it had read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untrusted: Vec<String>,
    /// The schedule, or the step of a quest, that it works for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleId>,
}

fn is_zero(amount: &Money) -> bool {
    *amount == Money::ZERO
}

/// What the person has decided about a held change of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeDecided {
    /// The ask.
    pub ask: AskId,
    /// The agent that has proposed the change.
    pub agent: AgentId,
    /// Its name; data, not operator text.
    pub name: String,
    /// The page.
    pub path: String,
    /// Whether the person has approved it.
    pub approved: bool,
    /// Whether the person has written another text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// Whether the change is in memory: also after a rejection, if its branch was merged by hand.
    pub is_in_memory: bool,
    /// What the person adds, or a comment in Gitea.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// The account in Gitea that has written the remark: it is data then. Empty if the account is not known. `None`: the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark_by: Option<String>,
    /// The text that was proposed, if the person has rejected it with a remark and its author can no longer see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// The sources of untrusted text that the author had read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untrusted: Vec<String>,
}

/// The source that a comment in Gitea has.
const GITEA: &str = "gitea";

impl ChangeDecided {
    /// The source of the remark, if the person has not written it.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.remark_by.as_ref().map(|_| GITEA)
    }

    /// The remark with a rejection: work for whoever reads it.
    #[must_use]
    pub fn objection(&self) -> Option<&str> {
        let remark = self.remark.as_deref().map(str::trim).filter(|remark| !remark.is_empty());
        if self.approved { None } else { remark }
    }
}

/// The content of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailBody {
    /// Creates a sub-agent and starts its first turn.
    Spawn(SpawnRequest),
    /// A further message for a sub-agent, with more money.
    Say {
        /// Data, not operator text.
        text: String,
        /// Added to the money that it may spend. Also added while it is at work: its turn may end before it reads the message.
        allowance: Money,
        /// The limit, if no money could be added.
        limit: Option<LimitReached>,
        /// The number of messages, the task included, that the sender has sent it up to now.
        number: u64,
        /// Whether the person wrote it, through this agent's budget.
        by_person: bool,
        /// Added to what it may use besides money.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quota: Option<Quota>,
        /// The sources of untrusted text that the sender had read when it wrote this.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        untrusted: Vec<String>,
    },
    /// Stop, and stop your own sub-agents.
    Cancel,
    /// Finish: no further calls, report what you have; and let your own sub-agents finish.
    Finish,
    /// A turn has ended.
    Report(Report),
    /// The sender waits for an answer of the person.
    AskRaised {
        /// The ask.
        ask: AskId,
        /// What it is about.
        kind: AskKind,
        /// The question, or its beginning; data, not operator text.
        text: String,
        /// The sources of untrusted text that the sender had read when it asked.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        untrusted: Vec<String>,
    },
    /// The sender no longer waits for this answer.
    AskSettled {
        /// The ask.
        ask: AskId,
    },
    /// The person has decided about a change of memory whose author works no longer.
    ChangeDecided(Box<ChangeDecided>),
}

impl MailBody {
    /// The sources of untrusted text that the sender had read when it wrote this.
    #[must_use]
    pub fn untrusted(&self) -> &[String] {
        match self {
            MailBody::Spawn(spawn) => &spawn.untrusted,
            MailBody::Say { untrusted, .. } | MailBody::AskRaised { untrusted, .. } => untrusted,
            MailBody::Report(report) => &report.untrusted,
            MailBody::ChangeDecided(decided) => &decided.untrusted,
            MailBody::Cancel | MailBody::Finish | MailBody::AskSettled { .. } => &[],
        }
    }
}

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Made from the sender's journal; the receiver processes each id once.
    pub id: EffectId,
    /// The sender.
    pub from: AgentId,
    /// The receiver.
    pub to: AgentId,
    /// The content.
    pub body: MailBody,
}
