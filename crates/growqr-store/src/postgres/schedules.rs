//! The schedules and their occurrences. A claim is one transaction, and a change names the revision that it replaces.
//!
//! A claim does not compare the fence: what a host has claimed that has lost the profile, it cannot post, so the next host does.

use super::PostgresStore;
use crate::chain::to_i64;
use crate::error::while_doing;
use crate::rows::{
    self, OccurrenceRow, PausedRow, ScheduleRow, ScheduleValues, UnpostedRow, occurrence_columns, schedule_columns,
};
use crate::text::without_nul;
use async_trait::async_trait;
use growqr_core::clock::Timestamp;
use growqr_core::id::ScheduleId;
use growqr_core::journal::{Schedules, StoreError};
use growqr_core::schedule::{Claim, Occurrence, PausedSchedule, Schedule};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

const ALL: &str = concat!(
    "select ",
    schedule_columns!(),
    " from schedules s where s.profile_id = $1 and s.state <> 'removed' order by s.created_at, s.id"
);
const ONE: &str = concat!("select ", schedule_columns!(), " from schedules s where s.profile_id = $1 and s.id = $2");
const ADD: &str = "insert into schedules (profile_id, id, name, task, words, once_at, cron, zone, on_missed, budget, state, \
    next_at, settled_to, by_agent, created_at, revision) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict (profile_id, id) do nothing";
const CHANGE: &str = "update schedules set state = $4, next_at = $5, settled_to = $6, revision = revision + 1 \
    where profile_id = $1 and id = $2 and revision = $3";
const PAUSE: &str = "update schedules set state = 'paused', next_at = null, revision = revision + 1 \
    where profile_id = $1 and state not in ('paused', 'removed') returning id, name, words";
const FORGET: &str =
    "delete from occurrences where profile_id = $1 and schedule_id = $2 and due_at > $3 and fate in ('missed', 'busy')";
/// Only a range of missed occurrences that a wrong clock has counted is written again.
const SETTLE: &str = "insert into occurrences \
    (profile_id, schedule_id, due_at, last_at, count, fate, by_hand, claimed_at, posted_at) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (profile_id, schedule_id, due_at) \
    do update set last_at = excluded.last_at, count = excluded.count where occurrences.fate in ('missed', 'busy')";
const ADD_RUN: &str = "insert into occurrences \
    (profile_id, schedule_id, due_at, last_at, count, fate, by_hand, claimed_at, posted_at) \
    select $1, $2, $3, $4, $5, $6, $7, $8, $9 from schedules s where s.profile_id = $1 and s.id = $2 and s.state <> 'removed' \
    on conflict (profile_id, schedule_id, due_at) do nothing";
const UNPOSTED: &str = concat!(
    "select ",
    schedule_columns!(),
    ", ",
    occurrence_columns!(),
    " from occurrences o join schedules s on s.profile_id = o.profile_id and s.id = o.schedule_id \
     where o.profile_id = $1 and o.posted_at is null and o.fate in ('run', 'ask') order by o.claimed_at, o.schedule_id, o.due_at"
);
const POSTED: &str = "update occurrences set posted_at = $4 \
    where profile_id = $1 and schedule_id = $2 and due_at = $3 and posted_at is null";
const LATEST: &str = concat!(
    "select ",
    occurrence_columns!(),
    " from occurrences o where o.profile_id = $1 order by o.claimed_at desc, o.due_at desc limit $2"
);
const LATEST_OF_ONE: &str = concat!(
    "select ",
    occurrence_columns!(),
    " from occurrences o where o.profile_id = $1 and o.schedule_id = $3 order by o.claimed_at desc, o.due_at desc limit $2"
);
const RUNS: &str = concat!(
    "select ",
    occurrence_columns!(),
    " from occurrences o where o.profile_id = $1 and o.fate in ('run', 'ask') order by o.claimed_at desc, o.due_at desc limit $2"
);
const RUNS_OF_ONE: &str = concat!(
    "select ",
    occurrence_columns!(),
    " from occurrences o where o.profile_id = $1 and o.schedule_id = $3 and o.fate in ('run', 'ask') \
     order by o.claimed_at desc, o.due_at desc limit $2"
);
const MISS_UNPOSTED: &str = "update occurrences set fate = 'missed' \
    where profile_id = $1 and posted_at is null and fate in ('run', 'ask')";
const MISS_UNPOSTED_OF_ONE: &str = "update occurrences set fate = 'missed' \
    where profile_id = $1 and schedule_id = $2 and posted_at is null and fate in ('run', 'ask')";
const AFTER: &str = concat!(
    "select ",
    occurrence_columns!(),
    " from occurrences o where o.profile_id = $1 and o.schedule_id = $2 and o.last_at > $3 order by o.due_at"
);

#[async_trait]
impl Schedules for PostgresStore {
    async fn schedules(&self) -> Result<Vec<Schedule>, StoreError> {
        let query = sqlx::query_as(ALL).bind(self.profile());
        let rows: Vec<ScheduleRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the schedules"))?;
        Ok(rows::readable("a schedule", rows))
    }

    async fn schedule(&self, id: &ScheduleId) -> Result<Option<Schedule>, StoreError> {
        let query = sqlx::query_as(ONE).bind(self.profile()).bind(id.as_str());
        let row: Option<ScheduleRow> = query.fetch_optional(&self.db.pool).await.map_err(while_doing("read a schedule"))?;
        row.map(Schedule::try_from).transpose()
    }

    async fn add_schedule(&self, schedule: &Schedule) -> Result<bool, StoreError> {
        let ScheduleValues { once_at, cron, zone, budget, revision } = ScheduleValues::of(schedule)?;
        let query = sqlx::query(ADD)
            .bind(self.profile())
            .bind(schedule.id.as_str())
            .bind(without_nul(&schedule.name))
            .bind(without_nul(&schedule.task))
            .bind(without_nul(&schedule.words))
            .bind(once_at)
            .bind(cron)
            .bind(zone)
            .bind(schedule.on_missed.as_str())
            .bind(budget)
            .bind(schedule.state.as_str())
            .bind(schedule.next_at.map(|at| at.0))
            .bind(schedule.settled_to.0)
            .bind(schedule.by_agent.as_ref().map(|agent| agent.as_str()))
            .bind(schedule.created_at.0)
            .bind(revision);
        let done = query.execute(&self.db.pool).await.map_err(while_doing("add a schedule"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn change_schedule(&self, changed: &Schedule) -> Result<bool, StoreError> {
        let query = sqlx::query(CHANGE)
            .bind(self.profile())
            .bind(changed.id.as_str())
            .bind(to_i64(changed.revision)?)
            .bind(changed.state.as_str())
            .bind(changed.next_at.map(|at| at.0))
            .bind(changed.settled_to.0);
        let done = query.execute(&self.db.pool).await.map_err(while_doing("change a schedule"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn pause_schedules(&self) -> Result<Vec<PausedSchedule>, StoreError> {
        let query = sqlx::query_as(PAUSE).bind(self.profile());
        let rows: Vec<PausedRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("pause the schedules"))?;
        Ok(rows::paused(rows))
    }

    async fn claim(&self, claim: &Claim) -> Result<bool, StoreError> {
        let doing = || while_doing("claim the occurrences of a schedule");
        let mut writer = self.db.begin().await?;
        let moved = sqlx::query(CHANGE)
            .bind(self.profile())
            .bind(claim.schedule.as_str())
            .bind(to_i64(claim.revision)?)
            .bind(claim.state.as_str())
            .bind(claim.next_at.map(|at| at.0))
            .bind(claim.settled_to.0);
        if moved.execute(&mut *writer).await.map_err(doing())?.rows_affected() == 0 {
            // Dropping the transaction rolls it back.
            return Ok(false);
        }
        if let Some(after) = claim.forget_after {
            let forgotten = sqlx::query(FORGET).bind(self.profile()).bind(claim.schedule.as_str()).bind(after.0);
            forgotten.execute(&mut *writer).await.map_err(doing())?;
        }
        for occurrence in &claim.settled {
            if self.insert(SETTLE, occurrence).execute(&mut *writer).await.map_err(doing())?.rows_affected() == 0 {
                return Ok(false);
            }
        }
        writer.commit().await.map_err(doing())?;
        Ok(true)
    }

    async fn add_run(&self, run: &Occurrence) -> Result<bool, StoreError> {
        let query = self.insert(ADD_RUN, run);
        let done = query.execute(&self.db.pool).await.map_err(while_doing("add a run"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn unposted(&self) -> Result<Vec<(Schedule, Occurrence)>, StoreError> {
        let query = sqlx::query_as(UNPOSTED).bind(self.profile());
        let rows: Vec<UnpostedRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the claimed runs"))?;
        Ok(rows::readable("a claimed run", rows))
    }

    async fn posted(&self, schedule: &ScheduleId, due: Timestamp, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(POSTED).bind(self.profile()).bind(schedule.as_str()).bind(due.0).bind(at.0);
        query.execute(&self.db.pool).await.map_err(while_doing("keep that a run was recorded"))?;
        Ok(())
    }

    async fn occurrences(&self, schedule: Option<&ScheduleId>, limit: u32) -> Result<Vec<Occurrence>, StoreError> {
        self.latest(if schedule.is_some() { LATEST_OF_ONE } else { LATEST }, schedule, limit).await
    }

    async fn runs(&self, schedule: Option<&ScheduleId>, limit: u32) -> Result<Vec<Occurrence>, StoreError> {
        self.latest(if schedule.is_some() { RUNS_OF_ONE } else { RUNS }, schedule, limit).await
    }

    async fn miss_unposted(&self, schedule: Option<&ScheduleId>) -> Result<u64, StoreError> {
        let query = match schedule {
            Some(schedule) => sqlx::query(MISS_UNPOSTED_OF_ONE).bind(self.profile()).bind(schedule.as_str()),
            None => sqlx::query(MISS_UNPOSTED).bind(self.profile()),
        };
        let done = query.execute(&self.db.pool).await.map_err(while_doing("leave out the claimed runs"))?;
        Ok(done.rows_affected())
    }

    async fn occurrences_after(&self, schedule: &ScheduleId, after: Timestamp) -> Result<Vec<Occurrence>, StoreError> {
        let query = sqlx::query_as(AFTER).bind(self.profile()).bind(schedule.as_str()).bind(after.0);
        let rows: Vec<OccurrenceRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the occurrences"))?;
        rows::all(rows)
    }
}

impl PostgresStore {
    /// `sql` needs a schedule if there is one.
    async fn latest(&self, sql: &'static str, schedule: Option<&ScheduleId>, limit: u32) -> Result<Vec<Occurrence>, StoreError> {
        let mut query = sqlx::query_as(sql).bind(self.profile()).bind(i64::from(limit));
        if let Some(schedule) = schedule {
            query = query.bind(schedule.as_str());
        }
        let rows: Vec<OccurrenceRow> = query.fetch_all(&self.db.pool).await.map_err(while_doing("list the occurrences"))?;
        Ok(rows::readable("an occurrence", rows))
    }

    fn insert<'q>(&'q self, sql: &'static str, occurrence: &'q Occurrence) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(sql)
            .bind(self.profile())
            .bind(occurrence.schedule.as_str())
            .bind(occurrence.due.0)
            .bind(occurrence.last.0)
            .bind(i64::from(occurrence.count))
            .bind(occurrence.fate.as_str())
            .bind(occurrence.by_hand)
            .bind(occurrence.claimed_at.0)
            .bind(occurrence.posted_at.map(|at| at.0))
    }
}
