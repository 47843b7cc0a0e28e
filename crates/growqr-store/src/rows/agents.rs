//! Rows about agents and their sessions.

use super::{damaged, number};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, Seq, SessionId};
use growqr_core::journal::{AgentView, LimitsView, SessionStatus, SessionView, Status, StoreError};
use growqr_core::money::Money;
use growqr_core::workbench::Mind;

/// Selects [`AgentRow`]s; `seq` is the end of the journal.
macro_rules! select_agents {
    ($rest:literal) => {
        concat!(
            "select agent_id, name, parent_id, depth, task, status, model, turn, spent, unknown_cost, allowance, reserved, \
            asks, mind, mind_reason, created_at, updated_at, budget, seq from agents join journals using (profile_id, agent_id) ",
            $rest
        )
    };
}

pub(crate) use select_agents;

#[derive(sqlx::FromRow)]
pub(crate) struct AgentRow {
    agent_id: String,
    name: String,
    parent_id: Option<String>,
    depth: i64,
    task: Option<String>,
    status: String,
    model: String,
    turn: i64,
    spent: i64,
    unknown_cost: i64,
    allowance: Option<i64>,
    reserved: i64,
    asks: i64,
    mind: String,
    mind_reason: Option<String>,
    created_at: i64,
    updated_at: i64,
    budget: Option<String>,
    seq: i64,
}

impl TryFrom<AgentRow> for AgentView {
    type Error = StoreError;

    fn try_from(row: AgentRow) -> Result<AgentView, StoreError> {
        let status = Status::ALL.into_iter().find(|status| status.as_str() == row.status);
        let mind = Mind::ALL.into_iter().find(|mind| mind.as_str() == row.mind);
        Ok(AgentView {
            status: status.ok_or_else(|| damaged("agents.status", &row.status))?,
            agent: AgentId::new(row.agent_id),
            name: row.name,
            parent: row.parent_id.map(AgentId::new),
            depth: number("agents.depth", row.depth)?,
            task: row.task,
            model: row.model,
            mind: mind.ok_or_else(|| damaged("agents.mind", &row.mind))?,
            why: row.mind_reason,
            turn: number("agents.turn", row.turn)?,
            spent: Money(number("agents.spent", row.spent)?),
            unknown: Money(number("agents.unknown_cost", row.unknown_cost)?),
            allowance: row.allowance.map(|money| number("agents.allowance", money).map(Money)).transpose()?,
            reserved: Money(number("agents.reserved", row.reserved)?),
            asks: number("agents.asks", row.asks)?,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
            limits: row.budget.and_then(|text| limits(&text)),
            seq: Seq(number("journals.seq", row.seq)?),
        })
    }
}

/// All columns of a session.
#[derive(sqlx::FromRow)]
pub(crate) struct SessionRow {
    agent_id: String,
    session_id: String,
    title: String,
    state: String,
    why: Option<String>,
    started_at: i64,
    ended_at: Option<i64>,
    outcome: Option<String>,
}

impl TryFrom<SessionRow> for SessionView {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<SessionView, StoreError> {
        let status = SessionStatus::ALL.into_iter().find(|status| status.as_str() == row.state);
        Ok(SessionView {
            agent: AgentId::new(row.agent_id),
            session: SessionId::new(row.session_id),
            title: row.title,
            status: status.ok_or_else(|| damaged("sessions.state", &row.state))?,
            why: row.why,
            started_at: Timestamp(row.started_at),
            ended_at: row.ended_at.map(Timestamp),
            outcome: row.outcome,
        })
    }
}

/// `None` if another build wrote a shape that this one does not know; the journal still has it.
fn limits(text: &str) -> Option<Box<LimitsView>> {
    serde_json::from_str(text).inspect_err(|error| tracing::debug!(%error, "what an agent has used cannot be read")).ok()
}
