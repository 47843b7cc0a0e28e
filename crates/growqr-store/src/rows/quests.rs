//! Rows of quests and of the attempts to do their steps.

use super::{json, number};
use crate::chain::to_i64;
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, QuestId};
use growqr_core::journal::StoreError;
use growqr_core::money::Money;
use growqr_core::quest::{Attempt, Finished, Quest, QuestState};
use serde::Serialize;

/// The columns of a quest, in the order of its row.
macro_rules! quest_columns {
    () => {
        "q.id, q.path, q.name, q.plan, q.steps, q.budget, q.state, q.skipped, q.by_agent, q.created_at, q.changed_at, q.revision"
    };
}

/// The columns of an attempt, in the order of its row.
macro_rules! attempt_columns {
    () => {
        "a.quest_id, a.step, a.attempt, a.allowance, a.claimed_at, a.posted_at, a.done_at, a.report, a.sources, a.closed_at"
    };
}

/// Which quests a host has something to do about, from the alias of the quests on.
macro_rules! quests_to_tend {
    () => {
        " and (q.state in ('active', 'paused') or exists (select 1 from quest_attempts a where a.profile_id = q.profile_id \
         and a.quest_id = q.id and a.closed_at is null and (q.state = 'cancelled' or a.done_at is not null))) \
         order by q.created_at, q.id"
    };
}
pub(crate) use {attempt_columns, quest_columns, quests_to_tend};

#[derive(sqlx::FromRow)]
pub(crate) struct QuestRow {
    id: String,
    path: String,
    name: String,
    plan: String,
    steps: String,
    budget: i64,
    state: String,
    skipped: String,
    by_agent: Option<String>,
    created_at: i64,
    changed_at: i64,
    revision: i64,
}

impl TryFrom<QuestRow> for Quest {
    type Error = StoreError;

    fn try_from(row: QuestRow) -> Result<Quest, StoreError> {
        let state = QuestState::ALL.into_iter().find(|state| state.as_str() == row.state);
        Ok(Quest {
            id: QuestId::new(row.id),
            path: row.path,
            name: row.name,
            plan: row.plan,
            steps: json("quests.steps", &row.steps)?,
            budget: Money(number("quests.budget", row.budget)?),
            state: state.ok_or_else(|| StoreError::Corrupt(format!("quests.state is {:?}", row.state)))?,
            skipped: json("quests.skipped", &row.skipped)?,
            by_agent: row.by_agent.map(AgentId::new),
            created_at: Timestamp(row.created_at),
            changed_at: Timestamp(row.changed_at),
            revision: number("quests.revision", row.revision)?,
        })
    }
}

/// The id and the name of a quest, whatever the rest of its row is. A database returns changed rows in no order.
pub(crate) fn paused_quests(mut rows: Vec<(String, String)>) -> Vec<(QuestId, String)> {
    rows.sort();
    rows.into_iter().map(|(id, name)| (QuestId::new(id), name)).collect()
}

#[derive(sqlx::FromRow)]
pub(crate) struct AttemptRow {
    quest_id: String,
    step: i64,
    attempt: i64,
    allowance: i64,
    claimed_at: i64,
    posted_at: Option<i64>,
    done_at: Option<i64>,
    report: Option<String>,
    sources: Option<String>,
    closed_at: Option<i64>,
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = StoreError;

    fn try_from(row: AttemptRow) -> Result<Attempt, StoreError> {
        let done = match row.done_at {
            None => None,
            Some(at) => Some(Finished {
                at: Timestamp(at),
                report: row.report.unwrap_or_default(),
                sources: row.sources.map(|sources| json("quest_attempts.sources", &sources)).transpose()?.unwrap_or_default(),
            }),
        };
        Ok(Attempt {
            quest: QuestId::new(row.quest_id),
            step: number("quest_attempts.step", row.step)?,
            number: number("quest_attempts.attempt", row.attempt)?,
            allowance: Money(number("quest_attempts.allowance", row.allowance)?),
            claimed_at: Timestamp(row.claimed_at),
            posted_at: row.posted_at.map(Timestamp),
            done,
            closed_at: row.closed_at.map(Timestamp),
        })
    }
}

/// The values of a quest that are stored in another form.
pub(crate) struct QuestValues {
    pub(crate) steps: String,
    pub(crate) budget: i64,
    pub(crate) skipped: String,
    pub(crate) revision: i64,
}

impl QuestValues {
    pub(crate) fn of(quest: &Quest) -> Result<QuestValues, StoreError> {
        let (budget, revision) = (to_i64(quest.budget.0)?, to_i64(quest.revision)?);
        Ok(QuestValues { steps: text("steps", &quest.steps)?, budget, skipped: text("skipped steps", &quest.skipped)?, revision })
    }
}

/// The values of the end of an attempt.
pub(crate) struct EndValues {
    pub(crate) done_at: Option<i64>,
    pub(crate) report: Option<String>,
    pub(crate) sources: Option<String>,
}

impl EndValues {
    pub(crate) fn of(attempt: &Attempt) -> Result<EndValues, StoreError> {
        let Some(done) = &attempt.done else { return Ok(EndValues { done_at: None, report: None, sources: None }) };
        let report = crate::text::without_nul(&done.report);
        Ok(EndValues { done_at: Some(done.at.0), report: Some(report), sources: Some(text("sources", &done.sources)?) })
    }
}

fn text(what: &str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(format!("write the {what} of a quest: {error}")))
}
