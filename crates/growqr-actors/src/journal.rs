//! Loads agents from their journals and prepares appends.

use crate::decision::Decision;
use crate::ports::Ports;
use growqr_core::agent::{BeforeMessage, Input, STATE_VERSION, State, views};
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

/// An event of a journal.
pub struct EarlierEvent {
    /// The agent before the model has read it, if it is a message ([`BeforeMessage`]).
    pub before: State,
    /// The event.
    pub event: Event,
    /// Whether a message that was written anew has set it aside.
    pub is_set_aside: bool,
    /// The last event of the journal when it was read.
    pub as_of: Seq,
}

/// Finds an event of an agent's journal. `None` if there is none with this number.
///
/// # Errors
/// If the store cannot be read.
pub async fn load_earlier(store: &dyn Store, agent: &AgentId, seq: Seq) -> Result<Option<EarlierEvent>, StoreError> {
    let (mut before, mut event, mut is_set_aside, mut after) = (BeforeMessage::new(agent.clone(), seq), None, false, Seq(0));
    loop {
        let (entries, _) = store.entries(agent, after, PAGE).await?;
        let Some(last) = entries.last() else { break };
        after = last.seq;
        for entry in entries {
            before.apply(&entry);
            if entry.seq == seq {
                event = Some(entry.event);
            } else if let Event::SaidAgain(again) = entry.event {
                is_set_aside |= again.message <= seq;
            }
        }
    }
    Ok(event.map(|event| EarlierEvent { before: before.finish(), event, is_set_aside, as_of: after }))
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
    record_with(ports, agent, input, None).await
}

/// As [`record`]; `may_begin` as in [`Decision::about`].
pub(crate) async fn record_with(
    ports: &Ports,
    agent: &AgentId,
    input: Input,
    may_begin: Option<&(dyn Fn(usize) -> bool + Sync)>,
) -> Result<RecordedInput, StoreError> {
    let Loaded { state, head, .. } = load(&*ports.store, agent).await?;
    let Decision { events, at, segment } = Decision::about(input, state.depth(), &state, ports, may_begin).await;
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
