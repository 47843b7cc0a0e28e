//! Work at a set time.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A schedule to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewSchedule {
    /// Chosen by the client. A second schedule with the same id is ignored.
    pub id: String,
    /// A short name.
    pub name: String,
    /// The task of each run.
    pub task: String,
    /// When it is due, such as `every weekday at 8`, `in two hours` or a cron pattern.
    pub words: String,
    /// The time zone of the words, such as Europe/Berlin; `None`: that of this computer.
    pub zone: Option<String>,
    /// What happens with a run whose time has passed.
    pub on_missed: OnMissed,
    /// What one run may spend; `None`: 0.50 USD.
    #[ts(type = "number | null")]
    pub budget: Option<u64>,
}

/// What happens with a run whose time has passed while nothing ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OnMissed {
    /// The last of them runs, late.
    #[default]
    RunOnce,
    /// None runs.
    Skip,
    /// The person is asked.
    Ask,
}

/// Whether a schedule goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleState {
    /// It is due at its times.
    Active,
    /// The person has paused it.
    Paused,
    /// It was due once, and that is over.
    Done,
    /// The person has removed it.
    Removed,
}

/// Work at a set time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Schedule {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The task of each run.
    pub task: String,
    /// When it is due, as it was written.
    pub words: String,
    /// The cron pattern of these words; `None` if it is due once.
    pub cron: Option<String>,
    /// The time zone of the pattern.
    pub zone: Option<String>,
    /// What happens with a run whose time has passed.
    pub on_missed: OnMissed,
    /// What one run may spend.
    #[ts(type = "number")]
    pub budget: u64,
    /// Whether the model in use has a known price. Without one, tokens and calls limit a run, and not its budget.
    pub has_price: bool,
    /// Whether it goes on.
    pub state: ScheduleState,
    /// When it is due next, in ms since 1970.
    #[ts(type = "number | null")]
    pub next_at: Option<i64>,
    /// The agent that has asked for it; `None` if the person made it.
    pub by_agent: Option<String>,
    /// When it was made.
    #[ts(type = "number")]
    pub created_at: i64,
    /// What became of its last occurrence.
    pub last: Option<ScheduleRun>,
    /// Why it cannot be due: this computer does not know its time zone.
    pub problem: Option<String>,
}

/// What became of an occurrence, or of several missed ones that follow one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ScheduleRun {
    /// The schedule.
    pub schedule: String,
    /// Its name.
    pub name: String,
    /// When it was due; of several, the first.
    #[ts(type = "number")]
    pub due: i64,
    /// Of several, when the last was due.
    #[ts(type = "number")]
    pub last: i64,
    /// How many. At 1000, counting stops.
    pub count: u32,
    /// What became of it.
    pub outcome: RunOutcome,
    /// The sub-agent that works for it, or has.
    pub agent: Option<String>,
    /// The question to the person about it.
    pub ask: Option<String>,
    /// The person started it by hand.
    pub by_hand: bool,
}

/// What became of an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// It is about to begin: GrowQR begins it as soon as agents run.
    Due,
    /// It is at work.
    AtWork,
    /// It has reported.
    Done,
    /// It has failed.
    Failed,
    /// It has ended at a limit.
    Limit,
    /// It was stopped.
    Cancelled,
    /// The person is asked whether it is to run, or it has begun and asks something.
    Asked,
    /// The person did not want it, or a later one took its place.
    Skipped,
    /// Nothing ran at its time.
    Missed,
    /// The run before was still at work.
    Busy,
}

impl RunOutcome {
    /// Its name, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            RunOutcome::Due => "due",
            RunOutcome::AtWork => "at work",
            RunOutcome::Done => "ran",
            RunOutcome::Failed => "failed",
            RunOutcome::Limit => "reached a limit",
            RunOutcome::Cancelled => "cancelled",
            RunOutcome::Asked => "waits for you",
            RunOutcome::Skipped => "skipped",
            RunOutcome::Missed => "missed",
            RunOutcome::Busy => "left out: the run before was still at work",
        }
    }
}

/// What words about a time mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SchedulePreview {
    /// The cron pattern; `None` if it is due once.
    pub cron: Option<String>,
    /// The time zone.
    pub zone: String,
    /// When it is due next, in ms since 1970: the first of these times.
    #[ts(type = "Array<number>")]
    pub next: Vec<i64>,
}
