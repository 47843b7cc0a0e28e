//! Rows of schedules and of their occurrences.

use super::number;
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ScheduleId};
use growqr_core::journal::StoreError;
use growqr_core::money::Money;
use growqr_core::schedule::{Fate, Occurrence, OnMissed, Pattern, PausedSchedule, Schedule, ScheduleState, When};

/// The columns of a schedule, in the order of its row.
macro_rules! schedule_columns {
    () => {
        "s.id, s.name, s.task, s.words, s.once_at, s.cron, s.zone, s.on_missed, s.budget, s.state, s.next_at, s.settled_to, \
         s.by_agent, s.created_at, s.revision"
    };
}

/// The columns of an occurrence, in the order of its row.
macro_rules! occurrence_columns {
    () => {
        "o.schedule_id, o.due_at, o.last_at, o.count, o.fate, o.by_hand, o.claimed_at, o.posted_at"
    };
}
pub(crate) use {occurrence_columns, schedule_columns};

#[derive(sqlx::FromRow)]
pub(crate) struct ScheduleRow {
    id: String,
    name: String,
    task: String,
    words: String,
    once_at: Option<i64>,
    cron: Option<String>,
    zone: Option<String>,
    on_missed: String,
    budget: i64,
    state: String,
    next_at: Option<i64>,
    settled_to: i64,
    by_agent: Option<String>,
    created_at: i64,
    revision: i64,
}

impl TryFrom<ScheduleRow> for Schedule {
    type Error = StoreError;

    fn try_from(row: ScheduleRow) -> Result<Schedule, StoreError> {
        let corrupt = |column: &str, value: &str| StoreError::Corrupt(format!("schedules.{column} is {value:?}"));
        let when = match (row.once_at, row.cron, row.zone) {
            (Some(at), None, None) => When::Once(Timestamp(at)),
            (None, Some(cron), Some(zone)) => {
                When::Repeated { pattern: cron.parse::<Pattern>().map_err(|_| corrupt("cron", &cron))?, zone }
            }
            (_, cron, _) => return Err(corrupt("cron", &cron.unwrap_or_default())),
        };
        let on_missed = OnMissed::ALL.into_iter().find(|rule| rule.as_str() == row.on_missed);
        let state = ScheduleState::ALL.into_iter().find(|state| state.as_str() == row.state);
        Ok(Schedule {
            id: ScheduleId::new(row.id),
            name: row.name,
            task: row.task,
            words: row.words,
            when,
            on_missed: on_missed.ok_or_else(|| corrupt("on_missed", &row.on_missed))?,
            budget: Money(number("schedules.budget", row.budget)?),
            state: state.ok_or_else(|| corrupt("state", &row.state))?,
            next_at: row.next_at.map(Timestamp),
            settled_to: Timestamp(row.settled_to),
            by_agent: row.by_agent.map(AgentId::new),
            created_at: Timestamp(row.created_at),
            revision: number("schedules.revision", row.revision)?,
        })
    }
}

/// What is said of a schedule that was paused, whatever the rest of its row is.
#[derive(sqlx::FromRow)]
pub(crate) struct PausedRow {
    id: String,
    name: String,
    words: String,
}

/// A database returns changed rows in no order.
pub(crate) fn paused(mut rows: Vec<PausedRow>) -> Vec<PausedSchedule> {
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    rows.into_iter().map(|PausedRow { id, name, words }| PausedSchedule { id: ScheduleId::new(id), name, words }).collect()
}

#[derive(sqlx::FromRow)]
pub(crate) struct OccurrenceRow {
    schedule_id: String,
    due_at: i64,
    last_at: i64,
    count: i64,
    fate: String,
    by_hand: bool,
    claimed_at: i64,
    posted_at: Option<i64>,
}

impl TryFrom<OccurrenceRow> for Occurrence {
    type Error = StoreError;

    fn try_from(row: OccurrenceRow) -> Result<Occurrence, StoreError> {
        let fate = Fate::ALL.into_iter().find(|fate| fate.as_str() == row.fate);
        Ok(Occurrence {
            schedule: ScheduleId::new(row.schedule_id),
            due: Timestamp(row.due_at),
            last: Timestamp(row.last_at),
            count: number("occurrences.count", row.count)?,
            fate: fate.ok_or_else(|| StoreError::Corrupt(format!("occurrences.fate is {:?}", row.fate)))?,
            by_hand: row.by_hand,
            claimed_at: Timestamp(row.claimed_at),
            posted_at: row.posted_at.map(Timestamp),
        })
    }
}

/// An occurrence with its schedule.
#[derive(sqlx::FromRow)]
pub(crate) struct UnpostedRow {
    #[sqlx(flatten)]
    schedule: ScheduleRow,
    #[sqlx(flatten)]
    occurrence: OccurrenceRow,
}

impl TryFrom<UnpostedRow> for (Schedule, Occurrence) {
    type Error = StoreError;

    fn try_from(row: UnpostedRow) -> Result<(Schedule, Occurrence), StoreError> {
        Ok((row.schedule.try_into()?, row.occurrence.try_into()?))
    }
}

/// The values of a schedule for its insert, besides its texts.
pub(crate) struct ScheduleValues<'a> {
    pub(crate) once_at: Option<i64>,
    pub(crate) cron: Option<&'a str>,
    pub(crate) zone: Option<&'a str>,
    pub(crate) budget: i64,
    pub(crate) revision: i64,
}

impl<'a> ScheduleValues<'a> {
    pub(crate) fn of(schedule: &'a Schedule) -> Result<ScheduleValues<'a>, StoreError> {
        let (once_at, cron, zone) = match &schedule.when {
            When::Once(at) => (Some(at.0), None, None),
            When::Repeated { pattern, zone } => (None, Some(pattern.as_str()), Some(zone.as_str())),
        };
        let (budget, revision) = (crate::chain::to_i64(schedule.budget.0)?, crate::chain::to_i64(schedule.revision)?);
        Ok(ScheduleValues { once_at, cron, zone, budget, revision })
    }
}
