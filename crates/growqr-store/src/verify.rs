//! Checks all journals of a profile in the order of positions, including every hash. Independent of the kind of database.

use crate::status::{Broken, Fault, Verified};
use growqr_core::event::entry_hash;
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::{Head, Store, StoreError, StoredEvent};
use std::collections::HashMap;

/// Events per page: about two megabytes if each event has one kilobyte.
const PAGE: u32 = 2000;

/// `ends` reads the recorded ends of all journals. They are read before the check, so that later appends do not disturb it, and
/// again afterwards for journals that were created meanwhile.
pub(crate) async fn verify<F>(store: &dyn Store, ends: F) -> Result<Verified, StoreError>
where
    F: AsyncFn() -> Result<Vec<(AgentId, Head)>, StoreError>,
{
    let mut known: HashMap<AgentId, Head> = ends().await?.into_iter().collect();
    let last = store.position().await?;
    let mut check = JournalCheck::new(known.clone());
    while check.position < last {
        let events = store.events(check.position, None, PAGE).await?;
        if events.is_empty() {
            break;
        }
        for event in events {
            if let Some(fault) = check.step(&event) {
                return Ok(check.broken_at(event.agent, event.seq, event.position, fault));
            }
        }
    }
    if check.heads.keys().any(|agent| !known.contains_key(agent)) {
        known.extend(ends().await?);
    }
    if let Some((agent, head)) = check.heads.iter().find(|(agent, _)| !known.contains_key(*agent)) {
        return Ok(check.broken_at(agent.clone(), head.seq, check.position, Fault::NoEnd));
    }
    match check.unreached_end() {
        Some((agent, seq)) => {
            let position = check.position;
            Ok(check.broken_at(agent, seq, position, Fault::WrongEnd))
        }
        None => Ok(check.result(None)),
    }
}

struct JournalCheck {
    position: Position,
    events: u64,
    /// The end of each journal as checked so far.
    heads: HashMap<AgentId, Head>,
    /// Recorded ends that the check has not reached yet.
    ends: HashMap<AgentId, Head>,
}

impl JournalCheck {
    fn new(ends: HashMap<AgentId, Head>) -> JournalCheck {
        JournalCheck { position: Position::default(), events: 0, heads: HashMap::new(), ends }
    }

    /// Checks the next event; returns its fault, if any.
    fn step(&mut self, event: &StoredEvent) -> Option<Fault> {
        let head = self.heads.get(&event.agent).copied().unwrap_or_default();
        if event.position.0 != self.position.0 + 1 {
            return Some(Fault::PositionGap);
        }
        if event.seq != head.seq.next() {
            return Some(Fault::SeqGap);
        }
        if event.prev_hash != head.hash {
            return Some(Fault::Unlinked);
        }
        let hash = entry_hash(&head.hash, &event.agent, event.seq, event.at, &event.kind, event.schema_version, &event.body);
        if hash != event.hash {
            return Some(Fault::Altered);
        }
        let head = Head { seq: event.seq, hash };
        if self.ends.get(&event.agent).is_some_and(|end| *end == head) {
            self.ends.remove(&event.agent);
        }
        self.heads.insert(event.agent.clone(), head);
        self.position = event.position;
        self.events += 1;
        None
    }

    /// An agent whose journal does not reach its recorded end.
    fn unreached_end(&self) -> Option<(AgentId, Seq)> {
        let agent = self.ends.keys().min()?;
        Some((agent.clone(), self.heads.get(agent).map_or(Seq(0), |head| head.seq)))
    }

    fn broken_at(&self, agent: AgentId, seq: Seq, position: Position, fault: Fault) -> Verified {
        self.result(Some(Broken { agent, seq, position, fault }))
    }

    fn result(&self, broken: Option<Broken>) -> Verified {
        Verified { agents: self.heads.len() as u64, events: self.events, broken }
    }
}
