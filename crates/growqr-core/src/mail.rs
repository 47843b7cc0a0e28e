//! What one agent sends another. Mail is written into the sender's journal and outbox in one transaction, delivered at
//! least once and taken once by its id.

use crate::id::{AgentId, EffectId};
use crate::limits::LimitReached;
use crate::money::Money;
use serde::{Deserialize, Serialize};

/// How a sub-agent comes to be. Its first event repeats this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birth {
    /// A short name, chosen by whoever sent it to work. Not unique.
    pub name: String,
    /// What it shall do; data, not operator text.
    pub task: String,
    /// What it may spend.
    pub allowance: Money,
    /// 1 for a sub-agent of the Grow Agent.
    pub depth: u32,
}

/// How a sub-agent's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It says it is done.
    Done,
    /// It could not finish.
    Failed,
    /// It was told to stop.
    Cancelled,
    /// It reached a limit.
    Limit,
}

/// What a sub-agent sends to everyone who gave it words, each time its turn ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub ending: Ending,
    /// Its last words; data, not operator text.
    pub text: String,
    /// What it and its own sub-agents spent since the last report, calls of unknown cost at their reservation.
    pub spent: Money,
    /// What is left of the allowance that this receiver gave, and goes back.
    pub returned: Money,
    /// The number of the receiver's last words that it has taken. If more are under way, it works on.
    pub up_to: u64,
}

/// The content of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailBody {
    /// Come to be, and begin.
    Spawn(Birth),
    /// More words for a sub-agent, with more to spend.
    Say {
        /// Data, not operator text.
        text: String,
        /// Added to what it may spend. Also while it is at work: its turn may end before it reads them.
        allowance: Money,
        /// Why nothing could be added.
        limit: Option<LimitReached>,
        /// How many letters with words, its task included, the sender has sent it by now.
        number: u64,
        /// Whether the person wrote it, through this agent's budget.
        by_person: bool,
    },
    /// Stop, and stop your own.
    Cancel,
    /// A turn has ended.
    Report(Report),
}

/// One letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Made from the sender's journal; the receiver takes each id once.
    pub id: EffectId,
    /// The sender.
    pub from: AgentId,
    /// The receiver.
    pub to: AgentId,
    /// The content.
    pub body: MailBody,
}
