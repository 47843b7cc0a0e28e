//! Checks all journals of a profile in the order of positions, including every hash. Independent of the kind of database.

use crate::status::{Broken, Fault, Verified};
use growqr_core::event::entry_hash;
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::{Head, Store, StoreError, StoredEvent};
use std::collections::HashMap;

/// Lines per page: about two megabytes with events of one kilobyte.
const PAGE: u32 = 2000;

/// `ends` reads the recorded ends of all journals. They are read before the check, so that later appends do not disturb it, and
/// again afterwards for journals that were created meanwhile.
pub(crate) async fn verify<F>(store: &dyn Store, ends: F) -> Result<Verified, StoreError>
where
    F: AsyncFn() -> Result<Vec<(AgentId, Head)>, StoreError>,
{
    let mut known: HashMap<AgentId, Head> = ends().await?.into_iter().collect();
    let last = store.position().await?;
    let mut walk = JournalCheck::new(known.clone());
    while walk.position < last {
        let lines = store.events(walk.position, None, PAGE).await?;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            if let Some(fault) = walk.step(&line) {
                return Ok(walk.broken_at(line.agent, line.seq, line.position, fault));
            }
        }
    }
    if walk.heads.keys().any(|agent| !known.contains_key(agent)) {
        known.extend(ends().await?);
    }
    if let Some((agent, head)) = walk.heads.iter().find(|(agent, _)| !known.contains_key(*agent)) {
        return Ok(walk.broken_at(agent.clone(), head.seq, walk.position, Fault::NoEnd));
    }
    match walk.unreached_end() {
        Some((agent, seq)) => {
            let position = walk.position;
            Ok(walk.broken_at(agent, seq, position, Fault::WrongEnd))
        }
        None => Ok(walk.result(None)),
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

    /// Checks one line; returns its fault, if any.
    fn step(&mut self, line: &StoredEvent) -> Option<Fault> {
        let head = self.heads.get(&line.agent).copied().unwrap_or_default();
        if line.position.0 != self.position.0 + 1 {
            return Some(Fault::PositionGap);
        }
        if line.seq != head.seq.next() {
            return Some(Fault::SeqGap);
        }
        if line.prev_hash != head.hash {
            return Some(Fault::Unlinked);
        }
        let hash = entry_hash(&head.hash, &line.agent, line.seq, line.at, &line.kind, line.schema_version, &line.body);
        if hash != line.hash {
            return Some(Fault::Altered);
        }
        let head = Head { seq: line.seq, hash };
        if self.ends.get(&line.agent).is_some_and(|end| *end == head) {
            self.ends.remove(&line.agent);
        }
        self.heads.insert(line.agent.clone(), head);
        self.position = line.position;
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
