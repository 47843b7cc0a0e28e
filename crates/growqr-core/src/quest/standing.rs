//! How a quest stands, and which of its steps begin.
//!
//! One budget pays for all attempts: what ended attempts have spent, and what those at work were given, is no longer there. What the
//! person allows a sub-agent beyond its allowance takes nothing from the others. A step that begins gets an equal share of the rest, so
//! later steps are left with money too.

use super::{Attempt, BeginSteps, Quest, QuestState, Step};
use crate::budget::MIN_ALLOWANCE;
use crate::clock::Timestamp;
use crate::id::AgentId;
use crate::money::Money;
use crate::views::{AgentView, Status};
use std::collections::{BTreeMap, HashMap};

/// What is known of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentFacts {
    /// Its status.
    pub status: Status,
    /// What it and the agents below it have spent, with what of it is only known as a bound.
    pub spent: Money,
}

/// The facts about all agents.
#[must_use]
pub fn facts(agents: &[AgentView]) -> HashMap<AgentId, AgentFacts> {
    let mut facts: HashMap<AgentId, AgentFacts> =
        agents.iter().map(|view| (view.agent.clone(), AgentFacts { status: view.status, spent: Money::ZERO })).collect();
    let parents: HashMap<&AgentId, &AgentId> =
        agents.iter().filter_map(|view| Some((&view.agent, view.parent.as_ref()?))).collect();
    for view in agents {
        let above = std::iter::successors(Some(&view.agent), |agent| parents.get(agent).copied());
        // Damaged rows could name each other as parents.
        for agent in above.take(agents.len()) {
            if let Some(facts) = facts.get_mut(agent) {
                facts.spent += view.spent + view.unknown;
            }
        }
    }
    facts
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It has not begun.
    Waiting,
    /// It is claimed, and has no sub-agent yet.
    Due,
    /// Its sub-agent is at work, or waits for the person.
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
    /// Whether the steps after it may begin.
    #[must_use]
    pub fn has_ended_well(self) -> bool {
        matches!(self, StepState::Done | StepState::Skipped)
    }

    /// Whether its money is still in use.
    #[must_use]
    pub fn is_at_work(self) -> bool {
        matches!(self, StepState::Due | StepState::AtWork)
    }
}

/// A step, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStanding {
    /// Its number.
    pub number: u32,
    /// How it stands.
    pub state: StepState,
    /// The number of its last attempt; 0 if there was none.
    pub attempt: u32,
    /// The sub-agent of this attempt, if there is one.
    pub agent: Option<AgentId>,
    /// What all its attempts have spent.
    pub spent: Money,
}

/// How a quest stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestStanding {
    /// Steps are at work, or begin with the next look of a host.
    AtWork,
    /// The person has paused it.
    Paused,
    /// A step that did not succeed keeps the rest from beginning.
    Blocked,
    /// Too little money is left for the next step.
    NoMoney,
    /// Every step is done or skipped.
    Done,
    /// The person has cancelled it.
    Cancelled,
}

/// A quest, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The whole of it.
    pub state: QuestStanding,
    /// What all attempts have spent.
    pub spent: Money,
    /// What of it comes out of the budget: of each attempt at most its allowance.
    pub charged: Money,
    /// What those at work may still spend.
    pub reserved: Money,
    /// The steps, in their order.
    pub steps: Vec<StepStanding>,
}

impl Standing {
    /// A step by its number.
    #[must_use]
    pub fn step(&self, number: u32) -> Option<&StepStanding> {
        self.steps.iter().find(|step| step.number == number)
    }

    /// What is left of a budget.
    fn left(&self, budget: Money) -> Money {
        budget.saturating_sub(self.charged).saturating_sub(self.reserved)
    }

    /// How many steps have not begun.
    fn waiting(&self) -> u64 {
        self.steps.iter().map(|step| u64::from(step.state == StepState::Waiting)).sum()
    }

    fn may_begin(&self, step: &Step) -> bool {
        let is_free = |before| self.step(before).is_none_or(|before| before.state.has_ended_well());
        self.step(step.number).is_some_and(|own| own.state == StepState::Waiting) && step.after.is_none_or(is_free)
    }
}

/// How a quest with these attempts stands. Agents that do not exist yet are not among `agents`.
#[must_use]
pub fn standing(quest: &Quest, attempts: &[Attempt], agents: &HashMap<AgentId, AgentFacts>) -> Standing {
    let mut by_step: BTreeMap<u32, Vec<&Attempt>> = BTreeMap::new();
    attempts.iter().for_each(|attempt| by_step.entry(attempt.step).or_default().push(attempt));
    let (mut spent, mut charged, mut reserved) = (Money::ZERO, Money::ZERO, Money::ZERO);
    let mut steps = Vec::with_capacity(quest.steps.len());
    for step in &quest.steps {
        let tries = by_step.get(&step.number).map(Vec::as_slice).unwrap_or_default();
        let spent_by = |attempt: &Attempt| agents.get(&attempt.agent()).map_or(Money::ZERO, |facts| facts.spent);
        let last = tries.iter().max_by_key(|attempt| attempt.number);
        let state = match last {
            _ if quest.skipped.contains(&step.number) => StepState::Skipped,
            None if step.is_ticked => StepState::Done,
            None => StepState::Waiting,
            // Also an earlier one, if it was noted at the moment of a retry.
            Some(_) if tries.iter().any(|attempt| attempt.done.is_some()) => StepState::Done,
            Some(attempt) => state_of(quest, attempt, agents),
        };
        for attempt in tries {
            charged += spent_by(attempt).min(attempt.allowance);
            // An attempt that has ended has given its money back, whatever became of the step.
            if attempt.done.is_none() && state_of(quest, attempt, agents).is_at_work() {
                reserved += attempt.allowance.saturating_sub(spent_by(attempt));
            }
        }
        let spent_by_all: Money = tries.iter().map(|attempt| spent_by(attempt)).sum();
        spent += spent_by_all;
        steps.push(StepStanding {
            number: step.number,
            state,
            attempt: last.map_or(0, |attempt| attempt.number),
            agent: last.map(|attempt| attempt.agent()).filter(|agent| agents.contains_key(agent)),
            spent: spent_by_all,
        });
    }
    let standing = Standing { state: QuestStanding::AtWork, spent, charged, reserved, steps };
    Standing { state: overall(quest, &standing), ..standing }
}

/// How an attempt stands that is not noted as done.
fn state_of(quest: &Quest, attempt: &Attempt, agents: &HashMap<AgentId, AgentFacts>) -> StepState {
    let status = agents.get(&attempt.agent()).map(|facts| facts.status);
    match status {
        // What the person has the sub-agent do later is no part of the step.
        _ if attempt.has_given_up() => match status {
            _ if quest.state == QuestState::Cancelled => StepState::Cancelled,
            Some(Status::Limit) => StepState::Limit,
            Some(Status::Cancelled) => StepState::Cancelled,
            _ => StepState::Failed,
        },
        None if quest.state == QuestState::Cancelled => StepState::Cancelled,
        None => StepState::Due,
        Some(Status::Done) => StepState::Done,
        Some(Status::Failed) => StepState::Failed,
        Some(Status::Limit) => StepState::Limit,
        Some(Status::Cancelled) => StepState::Cancelled,
        Some(Status::Idle | Status::Queued | Status::Thinking | Status::Working | Status::Waiting) => StepState::AtWork,
    }
}

fn overall(quest: &Quest, standing: &Standing) -> QuestStanding {
    let is_done = standing.steps.iter().all(|step| step.state.has_ended_well());
    match quest.state {
        QuestState::Cancelled => QuestStanding::Cancelled,
        QuestState::Done => QuestStanding::Done,
        QuestState::Active | QuestState::Paused if is_done => QuestStanding::Done,
        QuestState::Paused => QuestStanding::Paused,
        QuestState::Active if standing.steps.iter().any(|step| step.state.is_at_work()) => QuestStanding::AtWork,
        QuestState::Active if !quest.steps.iter().any(|step| standing.may_begin(step)) => QuestStanding::Blocked,
        QuestState::Active if share(standing.left(quest.budget), 1).is_none() => QuestStanding::NoMoney,
        QuestState::Active => QuestStanding::AtWork,
    }
}

/// What one of `steps` steps gets of this money; `None` if it pays for nothing.
fn share(left: Money, steps: u64) -> Option<Money> {
    let equal = Money(left.0 / steps.max(1));
    Some(equal.max(MIN_ALLOWANCE)).filter(|share| *share <= left)
}

/// The steps that begin now; `None` if none does.
#[must_use]
pub fn begin(quest: &Quest, standing: &Standing, now: Timestamp) -> Option<BeginSteps> {
    let (mut left, mut waiting) = (standing.left(quest.budget), standing.waiting());
    let mut attempts = Vec::new();
    let ready = quest.steps.iter().filter(|step| quest.state == QuestState::Active && standing.may_begin(step));
    for step in ready {
        let Some(allowance) = share(left, waiting) else { break };
        (left, waiting) = (left.saturating_sub(allowance), waiting - 1);
        attempts.push(attempt(quest, step.number, (1, now), allowance));
    }
    let (id, revision) = (quest.id.clone(), quest.revision);
    Some(BeginSteps { quest: id, revision, attempts }).filter(|begin| !begin.attempts.is_empty())
}

/// Why a step does not begin again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetryError {
    /// There is no such step.
    #[error("the quest has no step {0}")]
    NoStep(u32),
    /// It has not failed.
    #[error("step {0} has not failed")]
    NotFailed(u32),
    /// The quest is paused.
    #[error("the quest is paused")]
    Paused,
    /// The quest has ended.
    #[error("the quest has ended")]
    Ended,
    /// Too little money is left.
    #[error("too little is left of the budget")]
    NoMoney,
}

/// The next attempt of a step that has failed, has reached a limit or was cancelled. `attempts` are those of the quest.
///
/// # Errors
/// [`RetryError`].
pub fn retry(
    quest: &Quest,
    standing: &Standing,
    attempts: &[Attempt],
    step: u32,
    now: Timestamp,
) -> Result<BeginSteps, RetryError> {
    let state = standing.step(step).ok_or(RetryError::NoStep(step))?.state;
    match quest.state {
        QuestState::Active => {}
        QuestState::Paused => return Err(RetryError::Paused),
        QuestState::Done | QuestState::Cancelled => return Err(RetryError::Ended),
    }
    let last = attempts.iter().filter(|attempt| attempt.step == step).max_by_key(|attempt| attempt.number);
    let Some(last) = last.filter(|_| matches!(state, StepState::Failed | StepState::Limit | StepState::Cancelled)) else {
        return Err(RetryError::NotFailed(step));
    };
    let allowance = share(standing.left(quest.budget), standing.waiting() + 1).ok_or(RetryError::NoMoney)?;
    // Also if the clock was set back: the ids of two attempts differ.
    let at = now.max(Timestamp(last.claimed_at.0 + 1));
    let attempts = vec![attempt(quest, step, (last.number + 1, at), allowance)];
    Ok(BeginSteps { quest: quest.id.clone(), revision: quest.revision, attempts })
}

fn attempt(quest: &Quest, step: u32, (number, claimed_at): (u32, Timestamp), allowance: Money) -> Attempt {
    let quest = quest.id.clone();
    Attempt { quest, step, number, allowance, claimed_at, posted_at: None, done: None, closed_at: None }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::example;
