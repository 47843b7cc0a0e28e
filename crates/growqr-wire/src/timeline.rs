//! Where the time and the money of a turn went, and what each agent does now.

use crate::event::{Ended, Shortfall};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What an agent at work does now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AgentStep {
    /// The agent.
    pub agent: String,
    /// When its turn began, in ms since 1970, or when it began to wait for its turn.
    pub began_at: i64,
    /// What kind of work it is.
    pub kind: PartKind,
    /// The step, in words.
    pub label: String,
    /// Since when, in ms since 1970.
    pub since: i64,
}

/// One turn of an agent, in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Timeline {
    /// The agent.
    pub agent: String,
    /// Its name.
    pub name: String,
    /// The number of the turn; 1 for the first.
    pub turn: u64,
    /// The number of turns that the agent has begun, with one that waits to begin.
    pub turns: u64,
    /// When it began, in ms since 1970, with the wait for its turn.
    pub began_at: i64,
    /// When it ended; `None` while it runs.
    pub ended_at: Option<i64>,
    /// The time up to which the sums count: the end of the turn, or now.
    pub until: i64,
    /// How it ended; `None` while it runs.
    pub ended: Option<Ended>,
    /// The money that was missing, if a budget ended the turn.
    pub shortfall: Option<Shortfall>,
    /// The parts by the time at which they began. Parts may overlap.
    pub parts: Vec<TimelinePart>,
    /// How many parts are left out of `parts`, because there are too many. The sums count them.
    pub left_out: u64,
    /// The sums of each kind. The times add up to the length of the turn.
    pub sums: Vec<PartSum>,
}

/// One thing that a turn did, or waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimelinePart {
    /// What kind it is.
    pub kind: PartKind,
    /// What became of it.
    pub state: TimelinePartState,
    /// What it is, in words.
    pub label: String,
    /// When it began, in ms since 1970.
    pub from: i64,
    /// When it ended; `None` while it goes on.
    pub to: Option<i64>,
    /// The known cost; `None` if it cost nothing by itself, or if the cost is not known yet.
    pub cost: Option<u64>,
    /// What counts as spent although the bill is not known.
    pub unknown: u64,
    /// The sub-agent that it is about.
    pub agent: Option<String>,
    /// The tool call that it is about.
    pub effect: Option<String>,
}

/// What a part of a turn is. Where parts overlap, the sums count the time for the kind that comes first here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A call of a model.
    Model,
    /// A tool call.
    Tool,
    /// It waits for the person.
    Person,
    /// It waits at a limit.
    Limit,
    /// Work that was cut off because GrowQR stopped, up to its next start. Only in sums.
    Cut,
    /// A prompt of a session in the workbench.
    Session,
    /// It waits for its sub-agents.
    Waiting,
    /// A sub-agent works.
    SubAgent,
    /// It waits for its turn.
    Queue,
    /// Nothing of the above. Only in sums.
    Other,
}

impl PartKind {
    /// Its name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            PartKind::Model => "Model",
            PartKind::Tool => "Tools",
            PartKind::Session => "Workbench",
            PartKind::Person => "Waiting for you",
            PartKind::Limit => "Waiting at a limit",
            PartKind::Waiting => "Waiting for sub-agents",
            PartKind::SubAgent => "Sub-agents",
            PartKind::Queue => "Waiting for its turn",
            PartKind::Cut => "Cut off when GrowQR stopped",
            PartKind::Other => "Between steps",
        }
    }
}

/// What became of a part of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TimelinePartState {
    /// It goes on.
    Running,
    /// It has ended.
    Done,
    /// It has failed.
    Failed,
    /// The turn was stopped meanwhile.
    Stopped,
    /// GrowQR stopped meanwhile. The part ends when GrowQR had started again.
    Cut,
    /// It went on after the turn.
    GoesOn,
}

/// The sums of one kind of parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PartSum {
    /// The kind.
    pub kind: PartKind,
    /// How long, in ms. Each moment of a turn counts once: see [`PartKind`].
    pub time: i64,
    /// The known cost.
    pub cost: u64,
    /// What counts as spent although the bill is not known.
    pub unknown: u64,
    /// The number of parts.
    pub parts: u64,
}
