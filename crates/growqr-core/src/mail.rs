//! Messages between agents. One transaction writes mail into the sender's journal and outbox. Mail is delivered at least once;
//! the receiver processes each id once.

use crate::id::{AgentId, EffectId};
use crate::limits::LimitReached;
use crate::money::Money;
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
    },
    /// Stop, and stop your own sub-agents.
    Cancel,
    /// A turn has ended.
    Report(Report),
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
