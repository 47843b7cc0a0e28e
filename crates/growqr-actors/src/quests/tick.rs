//! The tick of a step that is done, in the page with the plan.

use crate::perform::blocking;
use growqr_core::clock::Timestamp;
use growqr_core::id::EffectId;
use growqr_core::journal::AgentView;
use growqr_core::memory::{Change, Edit, Memory, MemoryError, Origin};
use growqr_core::quest::{Attempt, Quest, Step, ticked};
use std::sync::Arc;

/// How often a commit is prepared again because another one came first.
const TRIES: u32 = 5;

/// Ticks the step of this attempt in the page of its quest, as a change of its sub-agent: one commit, however often this is called.
/// A page without this step as it was, or that cannot be changed, stays as it is. Returns whether there is nothing left to do; if not,
/// memory or the disk failed, and the next look tries again.
pub(super) async fn tick(memory: &Arc<dyn Memory>, quest: &Quest, attempt: &Attempt, agent: &AgentView, at: Timestamp) -> bool {
    let Some(step) = quest.step(attempt.step).cloned() else { return true };
    let origin = Origin {
        agent: agent.agent.clone(),
        name: agent.name.clone(),
        turn: agent.turn,
        effect: EffectId::new(format!("tick-{}", attempt.effect())),
    };
    let (memory, path, message) = (Arc::clone(memory), quest.path.clone(), message(&quest.name, &step));
    let done = blocking(move || write(&*memory, &path, &step, &message, &origin, at)).await;
    match done {
        Some(Ok(())) => true,
        Some(Err(MemoryError::Repository { doing, cause })) => {
            tracing::debug!(quest = %quest.id, doing, cause, "a step could not be ticked now");
            false
        }
        Some(Err(MemoryError::HeadMoved)) => false,
        Some(Err(error)) => {
            tracing::info!(quest = %quest.id, %error, "the page of a quest was left without a tick");
            true
        }
        // It panicked, and would again.
        None => true,
    }
}

fn write(memory: &dyn Memory, path: &str, step: &Step, message: &str, origin: &Origin, at: Timestamp) -> Result<(), MemoryError> {
    for _ in 0..TRIES {
        if memory.commit_of(&origin.effect, path)?.is_some() {
            return Ok(());
        }
        let page = memory.read(path)?;
        let Some(content) = ticked(&page.content, step) else { return Ok(()) };
        let edit = Edit::Write { content, base: Some(page.version) };
        let change =
            Change { path: path.to_owned(), edit, message: message.to_owned(), origin: origin.clone(), at, approval: None };
        match memory.prepare(&change).and_then(|plan| memory.commit(&plan)) {
            Err(MemoryError::HeadMoved) => {}
            Err(MemoryError::Unchanged { .. }) => return Ok(()),
            done => return done,
        }
    }
    Err(MemoryError::HeadMoved)
}

fn message(quest: &str, step: &Step) -> String {
    format!("Quest \"{quest}\": step {} done", step.number)
}
