//! Quests: the steps of a plan in memory, done by sub-agents for one budget.
//!
//! What it is: [`Quest`], the [`Plan`] that it was started with, how it stands ([`Standing`]: from its rows and from the views of the
//! agents), which steps begin now and with which money ([`BeginSteps`], which the store writes in one transaction, so that every
//! attempt is claimed once), and what a step's sub-agent is told ([`due`]).
//! What it is not: nothing here reads the clock, memory or the store.

mod new;
mod plan;
mod standing;
mod task;

pub use new::{DEFAULT_BUDGET, MAX_QUESTS, NewQuest, NewQuestError, TOOL, checked_budget, is_full, wanted};
pub use plan::{FOLDER, HOW, MAX_STEPS, Plan, PlanError, Step, has_changed, ticked};
pub use standing::{AgentFacts, QuestStanding, RetryError, Standing, StepStanding, StepState, begin, facts, retry, standing};
pub use task::{MAX_REPORT, due};

use crate::clock::Timestamp;
use crate::id::{AgentId, EffectId, QuestId, ScheduleId, child_id};
use crate::money::Money;
use crate::schedule::occurrence_id;
use std::collections::BTreeSet;

/// A plan that is being carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quest {
    /// Random, or made from the tool call that has asked for it.
    pub id: QuestId,
    /// The page that has the plan.
    pub path: String,
    /// The title of the page.
    pub name: String,
    /// The page as it was at the start: what is written there later changes nothing.
    pub plan: String,
    /// Its steps, as they were read then.
    pub steps: Vec<Step>,
    /// What it may spend.
    pub budget: Money,
    /// What the person, or the end, has made of it.
    pub state: QuestState,
    /// The steps without which it goes on.
    pub skipped: BTreeSet<u32>,
    /// The agent that has asked for it; `None` if the person started it.
    pub by_agent: Option<AgentId>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// Grows with each change: a change names the one that it replaces.
    pub revision: u64,
}

/// Whether a quest goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestState {
    /// Its steps begin in their order.
    Active,
    /// No further step begins.
    Paused,
    /// Every step is done or skipped.
    Done,
    /// The person has cancelled it.
    Cancelled,
}

impl QuestState {
    /// All of them.
    pub const ALL: [QuestState; 4] = [QuestState::Active, QuestState::Paused, QuestState::Done, QuestState::Cancelled];

    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            QuestState::Active => "active",
            QuestState::Paused => "paused",
            QuestState::Done => "done",
            QuestState::Cancelled => "cancelled",
        }
    }

    /// Whether it has not ended: there is one such quest of a page.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, QuestState::Active | QuestState::Paused)
    }
}

impl Quest {
    /// A step by its number.
    #[must_use]
    pub fn step(&self, number: u32) -> Option<&Step> {
        self.steps.iter().find(|step| step.number == number)
    }
}

/// A try to do a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The quest.
    pub quest: QuestId,
    /// The step.
    pub step: u32,
    /// From 1.
    pub number: u32,
    /// What it may spend.
    pub allowance: Money,
    /// When it was claimed: later than the attempt before. The id of its sub-agent is made from it.
    pub claimed_at: Timestamp,
    /// When the Grow Agent recorded it; `None`: not yet.
    pub posted_at: Option<Timestamp>,
    /// What it has reported once its work was done. Nothing that its sub-agent does later changes that.
    pub done: Option<Finished>,
    /// When there was nothing more to do about it: the page has its tick; or, if it is not done, its sub-agent was stopped or has ended
    /// without success.
    pub closed_at: Option<Timestamp>,
}

/// The end of a step that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// When that was noted.
    pub at: Timestamp,
    /// The beginning of its report; data, not operator text.
    pub report: String,
    /// The sources of untrusted text that it had read.
    pub sources: Vec<String>,
}

impl Attempt {
    /// The id with which its sub-agent, its report and the events name the step: in the place of a schedule's.
    #[must_use]
    pub fn work_id(&self) -> ScheduleId {
        ScheduleId::new(format!("{}-{}", self.quest, self.step))
    }

    /// The id of its effect: the same for every host and every try.
    #[must_use]
    pub fn effect(&self) -> EffectId {
        occurrence_id(&self.work_id(), self.claimed_at)
    }

    /// Whether it has ended without success. What its sub-agent does later counts for nothing.
    #[must_use]
    pub fn has_given_up(&self) -> bool {
        self.done.is_none() && self.closed_at.is_some()
    }

    /// Its sub-agent, which may not exist yet.
    #[must_use]
    pub fn agent(&self) -> AgentId {
        child_id(&self.effect())
    }
}

/// Attempts that begin. They count only if the quest still has the revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginSteps {
    /// The quest.
    pub quest: QuestId,
    /// Its revision before.
    pub revision: u64,
    /// The attempts, of different steps.
    pub attempts: Vec<Attempt>,
}
