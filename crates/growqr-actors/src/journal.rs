//! Loads agents from their journals and prepares appends.

use crate::decision::Decision;
use crate::ports::Ports;
use growqr_core::agent::{Input, STATE_VERSION, State, views};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Entry, Event};
use growqr_core::id::{AgentId, Seq};
use growqr_core::journal::{AgentView, Append, Head, Store, StoreError};
use growqr_core::prompt::Segment;

/// Entries read at once when an agent wakes.
const PAGE: u32 = 5_000;

/// An agent loaded from its journal.
pub struct Loaded {
    /// The state after the last entry.
    pub state: State,
    /// The end of the journal.
    pub head: Head,
    /// The last entry in the snapshot that was used; 0 without one.
    pub snapshot_seq: Seq,
}

/// Loads an agent from its snapshot and journal. Performs no intent and wakes no agent. An unknown agent is returned as a new
/// one.
///
/// # Errors
/// If the store cannot be read.
pub async fn load(store: &dyn Store, agent: &AgentId) -> Result<Loaded, StoreError> {
    let snapshot = store.snapshot(agent).await?.filter(|snapshot| snapshot.schema_version == STATE_VERSION);
    let restored = snapshot.and_then(|snapshot| Some((serde_json::from_slice::<State>(&snapshot.body).ok()?, snapshot.head)));
    let (mut state, mut head) = restored.unwrap_or_else(|| (State::new(agent.clone()), Head::default()));
    let snapshot_seq = head.seq;
    loop {
        let (entries, end) = store.entries(agent, head.seq, PAGE).await?;
        let Some(end) = end else { break };
        entries.iter().for_each(|entry| state.apply(entry));
        head = end;
        if entries.len() < PAGE as usize {
            break;
        }
    }
    Ok(Loaded { state, head, snapshot_seq })
}

/// The agent before an event of its journal, and the event. `None` if it has no such event.
///
/// # Errors
/// If the store cannot be read.
pub async fn load_before(store: &dyn Store, agent: &AgentId, seq: Seq) -> Result<Option<(State, Event)>, StoreError> {
    let mut state = State::new(agent.clone());
    loop {
        let (entries, _) = store.entries(agent, state.seq(), PAGE).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        for entry in entries {
            if entry.seq == seq {
                return Ok(Some((state, entry.event)));
            }
            state.apply(&entry);
        }
    }
}

/// The result of [`record`].
pub struct RecordedInput {
    /// The agent afterwards.
    pub view: AgentView,
    /// Whether the input changed anything.
    pub is_changed: bool,
}

/// Records the events for an input and performs no intent: for an agent that no host runs. Its open work goes on at the next
/// start, or stays stopped. Returns the agent afterwards.
///
/// # Errors
/// If the store cannot be read or written; then nothing is recorded.
pub async fn record(ports: &Ports, agent: &AgentId, input: Input) -> Result<RecordedInput, StoreError> {
    let Loaded { state, head, .. } = load(&*ports.store, agent).await?;
    let Decision { events, at, segment } = Decision::about(input, state.depth(), &state, ports, |_| true).await;
    if events.is_empty() {
        return Ok(RecordedInput { view: state.view(), is_changed: false });
    }
    let PreparedAppend { next, append, .. } = prepare_append(&state, head, events, at, &segment);
    ports.store.append(append).await?;
    Ok(RecordedInput { view: next.view(), is_changed: true })
}

/// A prepared append and the state after it.
pub(crate) struct PreparedAppend {
    pub(crate) next: State,
    pub(crate) append: Append,
    pub(crate) entries: Vec<Entry>,
}

pub(crate) fn prepare_append(state: &State, head: Head, events: Vec<Event>, at: Timestamp, segment: &Segment) -> PreparedAppend {
    let mut next = state.clone();
    let mut entries = Vec::with_capacity(events.len());
    for event in &events {
        let entry = Entry { seq: next.seq().next(), at, event: event.clone() };
        next.apply(&entry);
        entries.push(entry);
    }
    let has_new_segment = events.iter().any(|event| matches!(event, Event::SegmentStarted(_)));
    let segment = has_new_segment.then(|| segment.encode());
    let append = Append { agent: state.id().clone(), head, at, views: views(&next, &entries), segment, events };
    PreparedAppend { next, append, entries }
}
