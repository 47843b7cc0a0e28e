//! The views, rebuilt from the journal: every entry is applied once more, and what an append would have written for it
//! is compared with what is there. Performs nothing and wakes nobody.

use growqr_core::agent::{State, views};
use growqr_core::event::Entry;
use growqr_core::id::{AgentId, EffectId, Position};
use growqr_core::journal::{Head, Store, StoreError};
use growqr_core::rebuild::{Differences, Replayed, Views};
use std::collections::HashSet;

/// Entries read and written at once.
const PAGE: u32 = 2_000;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Journals read.
    pub agents: u64,
    /// Events read.
    pub events: u64,
    /// Rows that were replaced, added or deleted, of agents with a journal.
    pub differences: Differences,
    /// Rows deleted because no journal knows their agent.
    pub strays: u64,
}

/// Rebuilds all views of a profile, one transaction for each agent. The caller holds the profile's lock. Stopped at any
/// moment, each agent has its old views or its new ones; run again, it does the rest.
///
/// # Errors
/// [`StoreError::Corrupt`] if a journal is not whole, before the views of its agent are touched; the database's own.
pub async fn rebuild(store: &dyn Store, target: &dyn Views) -> Result<Rebuilt, StoreError> {
    let journals = target.journals().await?;
    let taken = taken(store, &journals).await?;
    let mut rebuilt = Rebuilt::default();
    for (agent, end) in &journals {
        let mut rows = target.rebuild(agent).await?;
        let mut journal = Replay::of(agent);
        while let Some(entries) = journal.next(store).await? {
            rebuilt.events += entries.len() as u64;
            let plain: Vec<Entry> = entries.iter().map(|(_, entry)| entry.clone()).collect();
            let mail = plain.iter().flat_map(|entry| entry.event.mail());
            let delivered = mail.map(|mail| &mail.id).filter(|id| taken.contains(*id)).cloned().collect();
            rows.put(Replayed { views: views(&journal.state, &plain), entries, delivered }).await?;
        }
        journal.must_end_at(*end)?;
        rebuilt.differences += rows.finish(*end).await?;
        rebuilt.agents += 1;
    }
    rebuilt.strays = target.sweep().await?;
    Ok(rebuilt)
}

/// The mail that any agent has taken.
async fn taken(store: &dyn Store, journals: &[(AgentId, Head)]) -> Result<HashSet<EffectId>, StoreError> {
    let mut taken = HashSet::new();
    for (agent, end) in journals {
        let mut journal = Replay::of(agent);
        while journal.next(store).await?.is_some() {}
        journal.must_end_at(*end)?;
        taken.extend(journal.state.taken().cloned());
    }
    Ok(taken)
}

/// One journal, read from its beginning in pages.
struct Replay {
    state: State,
    head: Head,
    position: Position,
}

impl Replay {
    fn of(agent: &AgentId) -> Replay {
        Replay { state: State::new(agent.clone()), head: Head::default(), position: Position(0) }
    }

    /// The next entries, already applied to the state; `None` at the end.
    async fn next(&mut self, store: &dyn Store) -> Result<Option<Vec<(Position, Entry)>>, StoreError> {
        let lines = store.lines(self.position, Some(self.state.id()), PAGE).await?;
        let mut entries = Vec::with_capacity(lines.len());
        for line in lines {
            if line.seq != self.head.seq.next() || line.prev_hash != self.head.hash {
                return Err(self.broken(format!("event {} does not follow event {}", line.seq, self.head.seq)));
            }
            let entry = line.entry()?;
            (self.head, self.position) = (Head { seq: line.seq, hash: line.hash }, line.position);
            self.state.apply(&entry);
            entries.push((line.position, entry));
        }
        Ok(Some(entries).filter(|entries| !entries.is_empty()))
    }

    fn must_end_at(&self, end: Head) -> Result<(), StoreError> {
        if self.head == end {
            return Ok(());
        }
        Err(self.broken(format!("it ends at event {}, its recorded end is event {}", self.head.seq, end.seq)))
    }

    fn broken(&self, problem: String) -> StoreError {
        StoreError::Corrupt(format!("the journal of {}: {problem}", self.state.id()))
    }
}
