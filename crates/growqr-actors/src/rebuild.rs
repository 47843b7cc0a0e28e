//! Rebuilds the views from the journal: applies every entry again, and compares the rows that an append would have written with
//! the stored rows. Performs no intent and wakes no agent.

use growqr_core::agent::{State, views};
use growqr_core::event::{Entry, Event};
use growqr_core::id::{AgentId, EffectId, Position, Seq};
use growqr_core::journal::{Head, MessageView, Store, StoreError, View};
use growqr_core::rebuild::{Differences, ReplayedPage, Views};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Entries per page.
const PAGE: u32 = 2_000;

/// The result of a rebuild.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Number of journals read.
    pub agents: u64,
    /// Number of events read.
    pub events: u64,
    /// Rows that were replaced, added or deleted; only those of agents that have a journal.
    pub differences: Differences,
    /// Rows that were deleted because their agent has no journal.
    pub orphans: u64,
}

/// Rebuilds all views of a profile, one transaction per agent. The caller must hold the profile's lock. If it is interrupted,
/// each agent has either its old or its new views; another run rebuilds the rest.
///
/// # Errors
/// [`StoreError::Corrupt`] if a journal is incomplete, before the views of its agent are changed; errors of the database.
pub async fn rebuild(store: &dyn Store, target: &dyn Views) -> Result<Rebuilt, StoreError> {
    let journals = target.journals().await?;
    let FirstPass { received, mut edits } = first_pass(store, &journals).await?;
    let mut rebuilt = Rebuilt::default();
    for (agent, end) in &journals {
        let mut rows = target.rebuild(agent).await?;
        let edits = edits.remove(agent).unwrap_or_default();
        let mut journal = Replay::of(agent);
        while let Some(entries) = journal.next_page(store).await? {
            rebuilt.events += entries.len() as u64;
            let plain: Vec<Entry> = entries.iter().map(|(_, entry)| entry.clone()).collect();
            let mail = plain.iter().flat_map(|entry| entry.event.mail());
            let delivered = mail.map(|mail| &mail.id).filter(|id| received.contains(*id)).cloned().collect();
            let views = apply_edits(views(&journal.state, &plain), &edits);
            rows.add_page(ReplayedPage { views, entries, delivered }).await?;
        }
        journal.check_end(*end)?;
        rebuilt.differences += rows.finish(*end).await?;
        rebuilt.agents += 1;
    }
    rebuilt.orphans = target.delete_orphans().await?;
    Ok(rebuilt)
}

/// The last change of each message: its new text, or `None` if it was taken back.
type Edits = BTreeMap<Seq, Option<String>>;

/// What must be known of all journals before any view is rebuilt.
#[derive(Default)]
struct FirstPass {
    /// Ids of all mail that some agent has received.
    received: HashSet<EffectId>,
    /// The changes of messages, by agent.
    edits: HashMap<AgentId, Edits>,
}

async fn first_pass(store: &dyn Store, journals: &[(AgentId, Head)]) -> Result<FirstPass, StoreError> {
    let mut pass = FirstPass::default();
    for (agent, end) in journals {
        let mut journal = Replay::of(agent);
        let mut edits = Edits::new();
        while let Some(entries) = journal.next_page(store).await? {
            for (_, entry) in entries {
                match entry.event {
                    Event::MessageWithdrawn(body) => drop(edits.insert(body.message, None)),
                    Event::MessageEdited(body) => drop(edits.insert(body.message, Some(body.text))),
                    _ => {}
                }
            }
        }
        journal.check_end(*end)?;
        pass.received.extend(journal.state.received_mail().cloned());
        pass.edits.insert(agent.clone(), edits);
    }
    Ok(pass)
}

/// The view changes with each message as it is after all changes.
fn apply_edits(views: Vec<View>, edits: &Edits) -> Vec<View> {
    let changed = views.into_iter().filter_map(|view| match view {
        View::Message(message) => match edits.get(&message.seq) {
            None => Some(View::Message(message)),
            Some(None) => None,
            Some(Some(text)) => Some(View::Message(MessageView { text: text.clone(), ..message })),
        },
        View::MessageWithdrawn(_) | View::MessageEdited { .. } => None,
        other => Some(other),
    });
    changed.collect()
}

/// Replays one journal from its beginning, page by page.
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
    async fn next_page(&mut self, store: &dyn Store) -> Result<Option<Vec<(Position, Entry)>>, StoreError> {
        let page = store.events(self.position, Some(self.state.id()), PAGE).await?;
        let mut entries = Vec::with_capacity(page.len());
        for stored in page {
            if stored.seq != self.head.seq.next() || stored.prev_hash != self.head.hash {
                return Err(self.corrupt(format!("event {} does not follow event {}", stored.seq, self.head.seq)));
            }
            let entry = stored.entry()?;
            (self.head, self.position) = (Head { seq: stored.seq, hash: stored.hash }, stored.position);
            self.state.apply(&entry);
            entries.push((stored.position, entry));
        }
        Ok(Some(entries).filter(|entries| !entries.is_empty()))
    }

    fn check_end(&self, end: Head) -> Result<(), StoreError> {
        if self.head == end {
            return Ok(());
        }
        Err(self.corrupt(format!("it ends at event {}, its recorded end is event {}", self.head.seq, end.seq)))
    }

    fn corrupt(&self, problem: String) -> StoreError {
        StoreError::Corrupt(format!("the journal of {}: {problem}", self.state.id()))
    }
}
