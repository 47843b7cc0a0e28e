//! The quests and the attempts to do their steps. A claim is one transaction, and a change names the revision that it replaces.

use super::SqliteStore;
use crate::chain::to_i64;
use crate::error::while_doing;
use crate::rows::{
    self, AttemptRow, EndValues, QuestRow, QuestValues, attempt_columns, paused_quests, quest_columns, quests_to_tend,
};
use crate::text::without_nul;
use async_trait::async_trait;
use growqr_core::id::QuestId;
use growqr_core::journal::{Quests, StoreError};
use growqr_core::quest::{Attempt, BeginSteps, Quest};
use sqlx::Executor;

const ALL: &str =
    concat!("select ", quest_columns!(), " from quests q where q.profile_id = ?1 order by q.created_at desc, q.id desc");
const ONE: &str = concat!("select ", quest_columns!(), " from quests q where q.profile_id = ?1 and q.id = ?2");
const TO_TEND: &str = concat!("select ", quest_columns!(), " from quests q where q.profile_id = ?1", quests_to_tend!());
/// A quest of this id, or an open one of this page, stands in the way.
const ADD: &str = "insert into quests (profile_id, id, path, name, plan, steps, budget, state, skipped, by_agent, created_at, \
    changed_at, revision) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) on conflict do nothing";
const CHANGE: &str = "update quests set budget = ?4, state = ?5, skipped = ?6, changed_at = ?7, revision = revision + 1 \
    where profile_id = ?1 and id = ?2 and revision = ?3";
const PAUSE: &str =
    "update quests set state = 'paused', revision = revision + 1 where profile_id = ?1 and state = 'active' returning id, name";
const MOVE_ON: &str = "update quests set revision = revision + 1 where profile_id = ?1 and id = ?2 and revision = ?3";
const BEGIN: &str = "insert into quest_attempts (profile_id, quest_id, step, attempt, allowance, claimed_at) \
    values (?1, ?2, ?3, ?4, ?5, ?6) on conflict do nothing";
const ATTEMPTS: &str = concat!(
    "select ",
    attempt_columns!(),
    " from quest_attempts a where a.profile_id = ?1 and a.quest_id = ?2 order by a.step, a.attempt"
);
const LAST: &str = concat!(
    "select ",
    attempt_columns!(),
    " from quest_attempts a where a.profile_id = ?1 order by a.claimed_at desc, a.quest_id, a.step desc limit ?2"
);
const NOTE: &str = "update quest_attempts set posted_at = coalesce(posted_at, ?5), report = coalesce(report, ?7), \
    sources = coalesce(sources, ?8), done_at = coalesce(done_at, ?6), closed_at = coalesce(closed_at, ?9) \
    where profile_id = ?1 and quest_id = ?2 and step = ?3 and attempt = ?4";

#[async_trait]
impl Quests for SqliteStore {
    async fn quests(&self) -> Result<Vec<Quest>, StoreError> {
        let rows: Vec<QuestRow> =
            sqlx::query_as(ALL).bind(self.profile()).fetch_all(&self.db.readers).await.map_err(while_doing("list the quests"))?;
        Ok(rows::readable("a quest", rows))
    }

    async fn quest(&self, id: &QuestId) -> Result<Option<Quest>, StoreError> {
        let query = sqlx::query_as(ONE).bind(self.profile()).bind(id.as_str());
        let row: Option<QuestRow> = query.fetch_optional(&self.db.readers).await.map_err(while_doing("read a quest"))?;
        row.map(Quest::try_from).transpose()
    }

    async fn quests_to_tend(&self) -> Result<Vec<Quest>, StoreError> {
        let rows: Vec<QuestRow> = sqlx::query_as(TO_TEND)
            .bind(self.profile())
            .fetch_all(&self.db.readers)
            .await
            .map_err(while_doing("list the open quests"))?;
        Ok(rows::readable("a quest", rows))
    }

    async fn add_quest(&self, quest: &Quest) -> Result<bool, StoreError> {
        let QuestValues { steps, budget, skipped, revision } = QuestValues::of(quest)?;
        let query = sqlx::query(ADD)
            .bind(self.profile())
            .bind(quest.id.as_str())
            .bind(without_nul(&quest.path))
            .bind(without_nul(&quest.name))
            .bind(without_nul(&quest.plan))
            .bind(steps)
            .bind(budget)
            .bind(quest.state.as_str())
            .bind(skipped)
            .bind(quest.by_agent.as_ref().map(|agent| agent.as_str()))
            .bind(quest.created_at.0)
            .bind(quest.changed_at.0)
            .bind(revision);
        let mut writer = self.db.writer().await?;
        let done = query.execute(&mut *writer).await.map_err(while_doing("add a quest"))?;
        writer.release();
        Ok(done.rows_affected() > 0)
    }

    async fn change_quest(&self, changed: &Quest) -> Result<bool, StoreError> {
        let QuestValues { budget, skipped, revision, .. } = QuestValues::of(changed)?;
        let query = sqlx::query(CHANGE)
            .bind(self.profile())
            .bind(changed.id.as_str())
            .bind(revision)
            .bind(budget)
            .bind(changed.state.as_str())
            .bind(skipped)
            .bind(changed.changed_at.0);
        let mut writer = self.db.writer().await?;
        let done = query.execute(&mut *writer).await.map_err(while_doing("change a quest"))?;
        writer.release();
        Ok(done.rows_affected() > 0)
    }

    async fn pause_quests(&self) -> Result<Vec<(QuestId, String)>, StoreError> {
        let query = sqlx::query_as(PAUSE).bind(self.profile());
        let mut writer = self.db.writer().await?;
        let rows: Vec<(String, String)> = query.fetch_all(&mut *writer).await.map_err(while_doing("pause the quests"))?;
        writer.release();
        Ok(paused_quests(rows))
    }

    async fn begin_steps(&self, begin: &BeginSteps) -> Result<bool, StoreError> {
        let doing = || while_doing("claim the steps of a quest");
        let quest = begin.quest.as_str();
        let mut writer = self.db.writer().await?;
        writer.execute("begin immediate").await.map_err(doing())?;
        let moved = sqlx::query(MOVE_ON).bind(self.profile()).bind(quest).bind(to_i64(begin.revision)?);
        if moved.execute(&mut *writer).await.map_err(doing())?.rows_affected() == 0 {
            // Dropping the writer rolls back.
            return Ok(false);
        }
        for attempt in &begin.attempts {
            let query = sqlx::query(BEGIN)
                .bind(self.profile())
                .bind(quest)
                .bind(i64::from(attempt.step))
                .bind(i64::from(attempt.number))
                .bind(to_i64(attempt.allowance.0)?)
                .bind(attempt.claimed_at.0);
            if query.execute(&mut *writer).await.map_err(doing())?.rows_affected() == 0 {
                return Ok(false);
            }
        }
        writer.execute("commit").await.map_err(doing())?;
        writer.release();
        Ok(true)
    }

    async fn attempts(&self, quest: &QuestId) -> Result<Vec<Attempt>, StoreError> {
        let query = sqlx::query_as(ATTEMPTS).bind(self.profile()).bind(quest.as_str());
        let rows: Vec<AttemptRow> =
            query.fetch_all(&self.db.readers).await.map_err(while_doing("list the attempts of a quest"))?;
        Ok(rows::readable("an attempt", rows))
    }

    async fn last_attempts(&self, limit: u32) -> Result<Vec<Attempt>, StoreError> {
        let query = sqlx::query_as(LAST).bind(self.profile()).bind(i64::from(limit));
        let rows: Vec<AttemptRow> = query.fetch_all(&self.db.readers).await.map_err(while_doing("list the last attempts"))?;
        Ok(rows::readable("an attempt", rows))
    }

    async fn note_attempt(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let EndValues { done_at, report, sources } = EndValues::of(attempt)?;
        let query = sqlx::query(NOTE)
            .bind(self.profile())
            .bind(attempt.quest.as_str())
            .bind(i64::from(attempt.step))
            .bind(i64::from(attempt.number))
            .bind(attempt.posted_at.map(|at| at.0))
            .bind(done_at)
            .bind(report)
            .bind(sources)
            .bind(attempt.closed_at.map(|at| at.0));
        let mut writer = self.db.writer().await?;
        query.execute(&mut *writer).await.map_err(while_doing("note what came of a step"))?;
        writer.release();
        Ok(())
    }
}
