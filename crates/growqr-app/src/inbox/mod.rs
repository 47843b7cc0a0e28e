//! The inbox besides the asks: failures, and long work that has ended.
//!
//! Entries about turns are derived from the journals, the others from what the host knows now. Only what the person has seen is
//! stored, as a text beside the settings.

mod conditions;
mod presence;
mod seen;
mod turns;

use crate::error::AppError;
use crate::library::Library;
use crate::profile::settings::{self, Preferences};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, Seq, child_id};
use growqr_core::journal::{AgentView, Status, Store};
use growqr_core::quest::Attempt;
use growqr_wire::{Health, InboxEntry, Stack};
use presence::Presence;
use seen::Seen;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use turns::Scope;

/// Turns that ended earlier than this are no longer listed, in ms.
const KEPT: i64 = 7 * 86_400_000;

/// At most so many agents are looked at, those that did something last.
const AGENTS: usize = 100;

/// Of how many scheduled runs, and of how many steps of quests, the reports are listed.
const RUNS: u32 = 200;

/// How long the answer counts whether memory can be changed: finding out writes to the disk.
const MEMORY_CHECK: Duration = Duration::from_secs(60);

/// The inbox of one profile.
#[derive(Default)]
pub(crate) struct Inbox(Mutex<Known>);

#[derive(Default)]
struct Known {
    turns: HashMap<AgentId, Turns>,
    conditions: Presence,
    memory: Option<(Instant, Option<String>)>,
}

/// The entry of an agent, with what it was made from.
struct Turns {
    seq: Seq,
    key: turns::Key,
    long: Duration,
    entry: Option<InboxEntry>,
}

/// What the host knows besides the journals.
#[derive(Default)]
pub(crate) struct HostFacts {
    /// What keeps agents and mail from going on.
    pub(crate) health: Health,
    /// The containers, if the host keeps them.
    pub(crate) stack: Option<Stack>,
}

impl Inbox {
    /// All entries, newest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn entries(
        &self,
        library: &Library,
        facts: &HostFacts,
        now: Timestamp,
    ) -> Result<Vec<InboxEntry>, AppError> {
        let Some(store) = &library.store else { return Ok(Vec::new()) };
        let mut known = self.0.lock().await;
        let stored = settings::stored(&**store).await?;
        let long = Preferences::parse_lenient(&stored).notifications.long_work;
        let agents = store.agents().await?;
        let mut entries = known.turns(&**store, &agents, long, now).await?;
        let mut seen = Seen::read(&stored, now);
        entries.extend(known.conditions(library, facts, &agents, &mut seen, now).await?);
        entries.sort_by(|a, b| b.since.cmp(&a.since).then_with(|| a.id.cmp(&b.id)));
        seen.mark(&mut entries);
        Ok(entries)
    }

    /// The person has seen these entries. Ids of entries that are not listed now are ignored.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub(crate) async fn see(&self, library: &Library, facts: &HostFacts, ids: &[String], now: Timestamp) -> Result<(), AppError> {
        let entries = self.entries(library, facts, now).await?;
        let Some(store) = &library.store else { return Ok(()) };
        let _known = self.0.lock().await;
        let mut seen = Seen::read(&settings::stored(&**store).await?, now);
        seen.forget_turns_before(Timestamp(now.0.saturating_sub(KEPT)));
        entries.iter().filter(|entry| ids.contains(&entry.id)).for_each(|entry| seen.add(entry));
        seen.store(&**store, now).await
    }
}

impl Known {
    /// The entries of turns that have failed, or were long.
    async fn turns(
        &mut self,
        store: &dyn Store,
        agents: &[AgentView],
        long: Duration,
        now: Timestamp,
    ) -> Result<Vec<InboxEntry>, AppError> {
        let oldest = Timestamp(now.0.saturating_sub(KEPT));
        let mut recent: Vec<&AgentView> = agents.iter().filter(|agent| agent.updated_at >= oldest).collect();
        // A failure does not give way to agents that are busy.
        recent.sort_by_key(|agent| (agent.status != Status::Failed, std::cmp::Reverse(agent.updated_at)));
        recent.truncate(AGENTS);
        self.turns.retain(|id, _| recent.iter().any(|agent| agent.agent == *id));
        let scheduled = scheduled_agents(store).await?;
        let mut entries = Vec::new();
        for agent in recent {
            // The person was not there, however short the work was.
            let long = if scheduled.contains(&agent.agent) { Duration::ZERO } else { long };
            let known = self.turns.remove(&agent.agent).filter(|known| known.long == long);
            let known = match known {
                Some(known) if known.seq == agent.seq => known,
                known => {
                    // Most events are of other kinds, and bodies of messages are long.
                    let key = turns::key(store, agent).await?;
                    let entry = match known {
                        Some(known) if known.key == key => known.entry,
                        _ => turns::latest(store, agent, &Scope { long, oldest }).await?,
                    };
                    Turns { seq: agent.seq, key, long, entry }
                }
            };
            entries.extend(known.entry.clone().filter(|entry| entry.since >= oldest.0));
            self.turns.insert(agent.agent.clone(), known);
        }
        Ok(entries)
    }

    /// The entries of what holds now. One that has ended and begins again is not seen any more.
    async fn conditions(
        &mut self,
        library: &Library,
        facts: &HostFacts,
        agents: &[AgentView],
        seen: &mut Seen,
        now: Timestamp,
    ) -> Result<Vec<InboxEntry>, AppError> {
        let mut entries = conditions::of_agents(&facts.health, agents);
        entries.extend(facts.stack.iter().flat_map(conditions::of_stack));
        entries.extend(conditions::of_quests(&library.quests().await?));
        entries.extend(self.memory(library).await?);
        let is_changed = self.conditions.update(&mut entries, |id| conditions::is_known(id, facts), seen, now);
        if let Some(store) = library.store.as_ref().filter(|_| is_changed) {
            // The inbox can be read also when nothing can be written.
            if let Err(error) = seen.store(&**store, now).await {
                tracing::warn!(%error, "what has ended stays marked as seen");
            }
        }
        Ok(entries)
    }

    async fn memory(&mut self, library: &Library) -> Result<Option<InboxEntry>, AppError> {
        if let Some(notice) = library.memory_notice().await?.filter(|notice| notice.needs_decision) {
            return Ok(Some(conditions::memory(notice.text, Some(notice.next_step))));
        }
        let problem = match &self.memory {
            Some((at, problem)) if at.elapsed() < MEMORY_CHECK => problem.clone(),
            _ => {
                let repository = library.memory.get().cloned();
                let examine = move || repository.and_then(|memory| memory.examine()).map(|problem| problem.to_string());
                tokio::task::spawn_blocking(examine).await.map_err(|error| AppError::Internal(error.to_string()))?
            }
        };
        if self.memory.as_ref().is_none_or(|(at, _)| at.elapsed() >= MEMORY_CHECK) {
            self.memory = Some((Instant::now(), problem.clone()));
        }
        Ok(problem.map(|problem| conditions::memory(problem, None)))
    }
}

/// The sub-agents of the last scheduled runs, and of the last steps of quests.
async fn scheduled_agents(store: &dyn Store) -> Result<HashSet<AgentId>, AppError> {
    let runs = store.runs(None, RUNS).await?;
    let steps = store.last_attempts(RUNS).await?;
    Ok(runs.iter().map(|run| child_id(&run.effect())).chain(steps.iter().map(Attempt::agent)).collect())
}

#[cfg(test)]
mod tests;
