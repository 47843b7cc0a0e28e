//! Quests: the steps of a plan in memory, done by sub-agents for one budget.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A quest to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewQuest {
    /// Chosen by the client. A second quest with the same id is ignored.
    pub id: String,
    /// The page of memory that has the plan.
    pub path: String,
    /// What the quest may spend; `None`: 2.00 USD.
    #[ts(type = "number | null")]
    pub budget: Option<u64>,
}

/// How a quest stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum QuestState {
    /// Steps are at work, or begin as soon as agents run.
    AtWork,
    /// The person has paused it: no further step begins.
    Paused,
    /// Nothing is at work, and a step that did not succeed keeps the others from beginning.
    Blocked,
    /// Nothing is at work, and too little money is left for the next step.
    NoMoney,
    /// Every step is done or skipped.
    Done,
    /// The person has cancelled it.
    Cancelled,
}

impl QuestState {
    /// Its name, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            QuestState::AtWork => "at work",
            QuestState::Paused => "paused",
            QuestState::Blocked => "waits for your decision",
            QuestState::NoMoney => "not enough money left",
            QuestState::Done => "done",
            QuestState::Cancelled => "cancelled",
        }
    }
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It has not begun.
    Waiting,
    /// It is about to begin: GrowQR begins it as soon as agents run.
    Due,
    /// A sub-agent works on it, or waits for the person.
    AtWork,
    /// It is done.
    Done,
    /// Its sub-agent has failed.
    Failed,
    /// Its sub-agent has ended at a limit.
    Limit,
    /// Its sub-agent was stopped.
    Cancelled,
    /// The person goes on without it.
    Skipped,
}

impl StepState {
    /// Its name, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            StepState::Waiting => "not begun",
            StepState::Due => "about to begin",
            StepState::AtWork => "at work",
            StepState::Done => "done",
            StepState::Failed => "failed",
            StepState::Limit => "reached a limit",
            StepState::Cancelled => "cancelled",
            StepState::Skipped => "skipped",
        }
    }
}

/// A step of a quest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuestStep {
    /// From 1, in the order of the plan.
    pub number: u32,
    /// Its first line.
    pub title: String,
    /// How it stands.
    pub state: StepState,
    /// The sub-agent of its last attempt.
    pub agent: Option<String>,
    /// What all its attempts have spent.
    #[ts(type = "number")]
    pub spent: u64,
    /// The number of its last attempt; 0 if it has not begun.
    pub attempt: u32,
    /// It begins once this step is done or skipped; `None` if it waits for no other.
    pub after: Option<u32>,
}

/// A quest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Quest {
    /// Its id.
    pub id: String,
    /// The page of memory that has the plan.
    pub path: String,
    /// Its name: the title of the page.
    pub name: String,
    /// How it stands.
    pub state: QuestState,
    /// What it may spend.
    #[ts(type = "number")]
    pub budget: u64,
    /// What it has spent.
    #[ts(type = "number")]
    pub spent: u64,
    /// What the steps at work may still spend.
    #[ts(type = "number")]
    pub reserved: u64,
    /// When it was started, in ms since 1970.
    #[ts(type = "number")]
    pub created_at: i64,
    /// The agent that has asked for it; `None` if the person started it.
    pub by_agent: Option<String>,
    /// Its steps, in the order of the plan.
    pub steps: Vec<QuestStep>,
    /// The page is no longer as it was at the start, besides the ticks of steps that are done. The quest keeps its plan.
    pub page_changed: bool,
}

/// A step of a plan that has not been started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuestPlanStep {
    /// From 1, in the order of the plan.
    pub number: u32,
    /// Its first line.
    pub title: String,
    /// It would begin once this step is done; `None` if it waits for no other.
    pub after: Option<u32>,
    /// It is ticked in the page, so a quest would not begin it.
    pub done: bool,
}

/// What a page of memory would be as a quest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuestPlan {
    /// The page.
    pub path: String,
    /// The title of the page.
    pub name: String,
    /// Its steps.
    pub steps: Vec<QuestPlanStep>,
}
