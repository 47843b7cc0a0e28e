//! Mail between agents.

use super::ended::LimitReached;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a sub-agent begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpawnRequest {
    /// A short name, chosen by its parent. Not unique.
    pub name: String,
    /// Its task.
    pub task: String,
    /// What it may spend, in USD micro-cents.
    pub allowance: u64,
    /// 1 for a sub-agent of the Grow Agent.
    pub depth: u32,
}

/// How a sub-agent's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReportEnding {
    /// It says it is done.
    Done,
    /// It could not finish.
    Failed,
    /// It was told to stop.
    Cancelled,
    /// It reached a limit.
    Limit,
}

/// What a sub-agent sends, each time its turn ends, to every agent that gave it messages. Amounts are USD micro-cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub ending: ReportEnding,
    /// Its last words.
    pub text: String,
    /// What it and its own sub-agents spent since the last report.
    pub spent: u64,
    /// What is left of the receiver's allowance and goes back.
    pub returned: u64,
    /// The number of the receiver's last message that it has read.
    pub up_to: u64,
}

/// The content of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MailBody {
    /// Create the receiver and start its task.
    Spawn(SpawnRequest),
    /// Another message for a sub-agent.
    Say {
        /// The message.
        text: String,
        /// Added to what it may spend, in USD micro-cents.
        allowance: u64,
        /// Why nothing could be added.
        limit: Option<LimitReached>,
        /// Number of messages, the task included, that the sender has sent it so far.
        number: u64,
        /// Whether the person wrote it.
        by_person: bool,
    },
    /// Stop, with all sub-agents.
    Cancel,
    /// A turn has ended.
    Report(Report),
}

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Mail {
    /// Taken once by the receiver.
    pub id: String,
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// The content.
    pub body: MailBody,
}
