//! The log: what happened, in plain words, in channels.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything of all agents.
pub const CHANNEL_ALL: &str = "#all";

/// The containers.
pub const CHANNEL_STACK: &str = "#stack";

/// Changes of memory.
pub const CHANNEL_MEMORY: &str = "#memory";

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogLine {
    /// Names the line in all channels.
    pub id: String,
    /// When, in ms since 1970.
    pub at: i64,
    /// The agent; `None` if it is about something else.
    pub agent: Option<String>,
    /// Who or what it is about, for people. A model may have chosen it.
    pub name: String,
    /// What happened.
    pub text: String,
    /// How it is to be taken.
    pub tone: LogTone,
}

/// How a line of the log is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LogTone {
    /// It happened.
    Quiet,
    /// It went well.
    Good,
    /// The person may have to do something.
    Warn,
    /// It failed.
    Bad,
}

/// How far a channel was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogCursor {
    /// The position of the last event of the journals that was read.
    pub events: u64,
    /// The number of the last line that was read of what the host keeps in memory.
    pub host: u64,
    /// The host that keeps them; 0 without one. The numbers begin anew with each.
    pub run: u64,
}

/// A part of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogPage {
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Lines after this are newer than those of this part.
    pub after: LogCursor,
    /// The position before which there may be older lines; `None` if these are the oldest.
    pub before: Option<u64>,
    /// Whether more lines are there already.
    pub has_more: bool,
    /// How many lines of the host were lost, because there were too many since the last reading.
    pub lost: u64,
}
