//! Where the time and the money of a turn went, and what each agent at work does now: computed from the journals alone.

mod fold;
pub(crate) mod open_turns;
mod read;
mod sums;
pub(crate) mod words;

use crate::SystemClock;
use crate::error::AppError;
use crate::library::Library;
use fold::{Part, TurnFold};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::AgentId;
use growqr_core::journal::{AgentView, Status};
use growqr_wire as wire;
use growqr_wire::{AgentStep, PartKind, Timeline, TimelinePart};
use std::collections::HashMap;

/// The most parts of a turn that are listed. The sums count all.
const PARTS: usize = 2_000;

impl Library {
    /// What each agent at work does now, in the order of [`Library::agents`].
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn agent_steps(&self) -> Result<Vec<AgentStep>, AppError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let agents = store.agents().await?;
        let mut known = self.open_turns.0.lock().await;
        known.retain(|id, _| agents.iter().any(|agent| agent.agent == *id && agent.status.is_at_work()));
        let mut steps = Vec::new();
        for agent in agents.iter().filter(|agent| agent.status.is_at_work()) {
            let (seq, fold) = match known.remove(&agent.agent) {
                Some((seq, fold)) => read::further(&**store, agent, seq, fold).await?,
                None => (agent.seq, read::turn(&**store, agent, wanted(agent)).await?),
            };
            steps.extend(step(agent, &fold));
            known.insert(agent.agent.clone(), (seq, fold));
        }
        Ok(steps)
    }

    /// One turn of an agent; without a number, the latest one, which may still run or wait to begin.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is no such agent or turn.
    pub async fn timeline(&self, id: &str, turn: Option<u64>) -> Result<Timeline, AppError> {
        let missing = |what: String| AppError::Missing { what, next_step: "List the agents: growqr agents list".to_owned() };
        let Some(store) = &self.store else { return Err(missing(format!("agent {id:?}"))) };
        let agent = store.agent(&AgentId::new(id)).await?.ok_or_else(|| missing(format!("agent {id:?}")))?;
        let turns = wanted(&agent);
        let turn = turn.unwrap_or(turns);
        if turn == 0 || turn > turns {
            return Err(AppError::Missing {
                what: format!("turn {turn} of {}", agent.name),
                next_step: match turns {
                    0 => "It has not begun to work yet.".to_owned(),
                    _ => format!("Its turns have the numbers 1 to {turns}."),
                },
            });
        }
        let fold = read::turn(&**store, &agent, turn).await?;
        let mut names = HashMap::new();
        if fold.parts.iter().any(|part| part.agent.is_some()) {
            names.extend(store.agents().await?.into_iter().map(|agent| (agent.agent, agent.name)));
        }
        Ok(timeline(&agent, (turn, turns), &fold, &names, SystemClock.now()))
    }
}

/// The number of the latest turn, with one that waits to begin.
fn wanted(agent: &AgentView) -> u64 {
    agent.turn + u64::from(agent.status == Status::Queued)
}

/// The turn as it is at a time.
fn timeline(
    agent: &AgentView,
    (turn, turns): (u64, u64),
    fold: &TurnFold,
    names: &HashMap<AgentId, String>,
    now: Timestamp,
) -> Timeline {
    let ended_at = fold.ended.as_ref().map(|(at, _)| at.0);
    let began_at = fold.start().unwrap_or(fold.last).0;
    let until = ended_at.unwrap_or(now.0).max(began_at);
    let mut parts = fold.parts.clone();
    if fold.is_queued() {
        parts.push(fold.queue());
    }
    let sums = sums::sums(&parts, began_at, until);
    let mut rows: Vec<TimelinePart> = parts.iter().map(|part| row(part, names)).collect();
    rows.sort_by_key(|part| part.from);
    let left_out = rows.len().saturating_sub(PARTS);
    rows.drain(..left_out);
    let body = fold.ended.as_ref().map(|(_, body)| body);
    Timeline {
        agent: agent.agent.to_string(),
        name: agent.name.clone(),
        turn,
        turns,
        began_at,
        ended_at,
        until,
        ended: body.map(|body| crate::convert::same_json(&body.ended)),
        shortfall: body.and_then(|body| body.shortfall.as_ref()).map(crate::convert::same_json),
        parts: rows,
        left_out: left_out as u64,
        sums,
    }
}

fn row(part: &Part, names: &HashMap<AgentId, String>) -> wire::TimelinePart {
    // A message to a known sub-agent names it by its id only.
    let name = part.agent.as_ref().and_then(|agent| names.get(agent));
    let label = if part.to.is_none() { &part.doing } else { &part.done };
    wire::TimelinePart {
        kind: part.kind,
        state: part.state,
        label: name.unwrap_or(label).clone(),
        from: part.from.0,
        to: part.to.map(|to| to.0),
        cost: part.cost.map(|cost| cost.0),
        unknown: part.unknown.0,
        agent: part.agent.as_ref().map(AgentId::to_string),
        effect: part.effect.as_ref().map(ToString::to_string),
    }
}

/// The step of an agent at work; `None` if nothing of its turn is read.
fn step(agent: &AgentView, fold: &TurnFold) -> Option<AgentStep> {
    let began_at = fold.start()?.0;
    let queue = fold.is_queued().then(|| fold.queue());
    let open = fold.parts.iter().chain(&queue).filter(|part| part.to.is_none());
    let current = open.max_by_key(|part| (std::cmp::Reverse(urgency(part.kind)), part.from));
    let (kind, label, since) = match current {
        Some(part) if part.kind == PartKind::SubAgent => (PartKind::Waiting, format!("Waiting for {}", part.doing), part.from),
        Some(part) => (part.kind, part.doing.clone(), part.from),
        None => (PartKind::Other, "Between two steps".to_owned(), fold.last),
    };
    Some(AgentStep { agent: agent.agent.to_string(), began_at, kind, label, since: since.0 })
}

/// Which of several open parts is the step: what waits for the person comes first.
fn urgency(kind: PartKind) -> u8 {
    match kind {
        PartKind::Person => 0,
        PartKind::Limit => 1,
        PartKind::Tool => 2,
        PartKind::Session => 3,
        PartKind::Model => 4,
        PartKind::Waiting => 5,
        PartKind::SubAgent => 6,
        PartKind::Queue | PartKind::Cut | PartKind::Other => 7,
    }
}

#[cfg(test)]
mod tests;
