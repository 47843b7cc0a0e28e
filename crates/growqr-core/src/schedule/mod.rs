//! Schedules: work that begins at a set time.
//!
//! What it is: [`Schedule`], when it is due ([`When`], [`Pattern`]), the plain words in which people write that ([`words`]), and what
//! follows at a time ([`settle`]): one [`Claim`], which the store writes in one transaction, so that every occurrence is claimed once.
//! What it is not: nothing here reads the clock or looks up a time zone; both are arguments.

mod due;
mod new;
mod pattern;
pub mod words;

pub use due::{Claim, Fate, MissedBecause, ON_TIME, Occurrence, settle};
pub(crate) use new::line;
pub use new::{DEFAULT_BUDGET, MAX_SCHEDULES, NewSchedule, NewScheduleError, TOOL, is_full, wanted};
pub use pattern::{Pattern, PatternError};

use crate::clock::{Clock, Timestamp};
use crate::id::{AgentId, EffectId, ScheduleId, hex};
use crate::money::Money;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Work at a set time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Random, or made from the tool call that has asked for it.
    pub id: ScheduleId,
    /// A short name for lists, and of the sub-agents that do the work.
    pub name: String,
    /// The task of each of these sub-agents.
    pub task: String,
    /// When it is due, as it was written.
    pub words: String,
    /// When it is due.
    pub when: When,
    /// What happens with an occurrence whose time has passed while nothing ran.
    pub on_missed: OnMissed,
    /// What one run may spend.
    pub budget: Money,
    /// Whether it goes on.
    pub state: ScheduleState,
    /// The next occurrence; `None` if there is none, or if it is paused.
    pub next_at: Option<Timestamp>,
    /// Every occurrence up to this time is settled.
    pub settled_to: Timestamp,
    /// The agent that has asked for it; `None` if the person made it.
    pub by_agent: Option<AgentId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Grows with each change: a change names the one that it replaces.
    pub revision: u64,
}

/// A schedule that was paused together with all others, as a person knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedSchedule {
    /// Its id.
    pub id: ScheduleId,
    /// Its name.
    pub name: String,
    /// When it is due, as it was written.
    pub words: String,
}

/// When a schedule is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Once.
    Once(Timestamp),
    /// Again and again, on the clock of a time zone.
    Repeated {
        /// The times.
        pattern: Pattern,
        /// The name of the zone, such as Europe/Berlin.
        zone: String,
    },
}

/// What happens with an occurrence whose time has passed while nothing ran: the computer slept, or GrowQR was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissed {
    /// The last of them runs, late.
    #[default]
    RunOnce,
    /// None of them runs.
    Skip,
    /// The person is asked whether the last of them is to run.
    Ask,
}

impl OnMissed {
    /// All of them.
    pub const ALL: [OnMissed; 3] = [OnMissed::RunOnce, OnMissed::Skip, OnMissed::Ask];

    /// Its name in SQL, JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OnMissed::RunOnce => "run_once",
            OnMissed::Skip => "skip",
            OnMissed::Ask => "ask",
        }
    }
}

/// Whether a schedule goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleState {
    /// It is due at its times.
    Active,
    /// The person has paused it: what comes meanwhile is no occurrence.
    Paused,
    /// It was due once, and that is settled.
    Done,
    /// The person has removed it. Its runs stay in the history.
    Removed,
}

impl ScheduleState {
    /// All of them.
    pub const ALL: [ScheduleState; 4] =
        [ScheduleState::Active, ScheduleState::Paused, ScheduleState::Done, ScheduleState::Removed];

    /// Its name in SQL, JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ScheduleState::Active => "active",
            ScheduleState::Paused => "paused",
            ScheduleState::Done => "done",
            ScheduleState::Removed => "removed",
        }
    }
}

impl When {
    /// The time zone that it needs; `None` if it needs none.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        match self {
            When::Once(_) => None,
            When::Repeated { zone, .. } => Some(zone),
        }
    }

    /// The time zone that it needs, if this computer knows it.
    #[must_use]
    pub fn time_zone(&self, clock: &dyn Clock) -> Option<TimeZone> {
        self.zone().map_or(Some(TimeZone::UTC), |name| clock.named_zone(name))
    }

    /// The first occurrence after this time. `zone` is the time zone that [`When::zone`] names.
    #[must_use]
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            When::Once(at) => Some(*at).filter(|at| *at > after),
            When::Repeated { pattern, .. } => pattern.next(after, zone),
        }
    }

    /// The last occurrence after `after` and not after `until`.
    #[must_use]
    pub fn latest(&self, after: Timestamp, until: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // Occurrences can be minutes or years apart, so the search begins near the end.
        let mut span = 3_600_000_i64;
        loop {
            let start = Timestamp(until.0.saturating_sub(span).max(after.0));
            let mut found = None;
            while let Some(next) = self.next(found.unwrap_or(start), zone).filter(|next| *next <= until) {
                found = Some(next);
            }
            if found.is_some() || start <= after {
                return found;
            }
            span = span.saturating_mul(8);
        }
    }
}

impl Schedule {
    /// What was settled after this time decides what follows now.
    #[must_use]
    pub fn settled_since(&self, now: Timestamp) -> Timestamp {
        Timestamp(self.settled_to.min(now).0.saturating_sub(ON_TIME))
    }

    /// The schedule, paused at this time.
    #[must_use]
    pub fn paused(self) -> Schedule {
        Schedule { state: ScheduleState::Paused, next_at: None, ..self }
    }

    /// The schedule, going on after this time. What was due while it was paused is no occurrence.
    #[must_use]
    pub fn resumed(self, now: Timestamp, zone: &TimeZone) -> Schedule {
        let settled_to = self.settled_to.max(now);
        let next_at = self.when.next(settled_to, zone);
        let state = if next_at.is_some() { ScheduleState::Active } else { ScheduleState::Done };
        Schedule { state, next_at, settled_to, ..self }
    }

    /// The schedule, removed.
    #[must_use]
    pub fn removed(self) -> Schedule {
        Schedule { state: ScheduleState::Removed, next_at: None, ..self }
    }
}

/// A run that is due, as the Grow Agent begins it, or asks about it; also an attempt of a step of a quest ([`crate::quest`]), which has
/// an id of its own in the place of a schedule's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueWork {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The occurrence.
    pub due: Timestamp,
    /// The name of the sub-agent that does it.
    pub name: String,
    /// Its task.
    pub task: String,
    /// What it may spend.
    pub budget: Money,
    /// The agent that has asked for the schedule; `None` if the person made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_agent: Option<AgentId>,
}

impl DueWork {
    /// The run of this occurrence.
    #[must_use]
    pub fn of(schedule: &Schedule, due: Timestamp) -> DueWork {
        DueWork {
            schedule: schedule.id.clone(),
            due,
            name: schedule.name.clone(),
            task: schedule.task.clone(),
            budget: schedule.budget,
            by_agent: schedule.by_agent.clone(),
        }
    }

    /// The id of its effect.
    #[must_use]
    pub fn effect(&self) -> EffectId {
        occurrence_id(&self.schedule, self.due)
    }
}

/// The id of the effect of an occurrence: the same for every host and every try. The id of its sub-agent, and of its ask, is made
/// from it.
#[must_use]
pub fn occurrence_id(schedule: &ScheduleId, due: Timestamp) -> EffectId {
    let mut hash = Sha256::new();
    hash.update("schedule\n");
    hash.update(schedule.as_str());
    hash.update(format!("\n{}", due.0));
    EffectId::new(hex(&hash.finalize()[..8]))
}
