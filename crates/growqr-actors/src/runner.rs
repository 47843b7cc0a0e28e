//! One agent's life: load, then record and act until there is nothing to do and nobody speaks.
//!
//! Inputs, by priority: the stop token, finished work, letters. Letters come from the host only. The task alone owns
//! the state; whatever it performs is owned by its join set and ends with it. It never installs anything global.

use crate::perform;
use crate::ports::{HostConfig, Ports};
use crate::tidying::Tidying;
use growqr_core::agent::{Input, Intent, STATE_VERSION, State, decide, message_view};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Entry, Event};
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::{AgentView, Append, Head, Snapshot, Store, StoreError};
use growqr_core::model::Delta;
use growqr_core::prompt::Segment;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, broadcast, mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Entries read at once when an agent wakes.
const PAGE: u32 = 5_000;

/// Waits before a failed append is tried again, when what is to be recorded cannot be had a second time.
const RETRIES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// Something that subscribers may show.
#[derive(Clone, Debug)]
pub enum Happened {
    /// Events are on disk.
    Recorded(Arc<Recorded>),
    /// The model is speaking; not recorded.
    Delta {
        /// Whose model.
        agent: AgentId,
        /// What arrived.
        delta: Delta,
    },
    /// An agent had to stop; its work is kept and goes on with the next start.
    Stopped {
        /// Which agent.
        agent: AgentId,
        /// Why.
        error: Arc<StoreError>,
    },
}

/// What one append recorded.
#[derive(Debug)]
pub struct Recorded {
    /// Position of the first entry; the others follow.
    pub position: Position,
    /// The agent afterwards.
    pub view: AgentView,
    /// What happened.
    pub entries: Vec<Entry>,
}

/// Sends to whoever listens; nobody listening is fine.
#[derive(Clone)]
pub(crate) struct Publisher(pub(crate) broadcast::Sender<Happened>);

impl Publisher {
    pub(crate) fn send(&self, happened: Happened) {
        // An error means that nobody listens.
        let _ = self.0.send(happened);
    }
}

/// An input and whom to tell once it is recorded.
pub(crate) struct Letter {
    pub(crate) input: Input,
    pub(crate) ack: oneshot::Sender<Result<AgentView, StoreError>>,
}

/// What a runner shares with its host.
#[derive(Clone)]
pub(crate) struct Links {
    pub(crate) ports: Ports,
    pub(crate) config: HostConfig,
    pub(crate) publish: Publisher,
    /// There is new mail in the outbox.
    pub(crate) mail: Arc<Notify>,
    /// The agent has had nothing to do for a while, after reading so many letters.
    pub(crate) idle: mpsc::Sender<(AgentId, u64)>,
    pub(crate) stop: CancellationToken,
    pub(crate) tidying: Arc<Tidying>,
}

/// Runs one agent until its inbox closes and its work is done, it lost its journal to another writer, or the host
/// stops. Returns letters that nobody has looked at: they are for whoever runs the agent next.
pub(crate) async fn run(links: Links, agent: AgentId, mut inbox: mpsc::Receiver<Letter>) -> Vec<Letter> {
    let publish = links.publish.clone();
    let stopped = match Runner::load(links, agent.clone()).await {
        Ok(mut runner) => runner.live(&mut inbox).await,
        Err(error) => Err(error),
    };
    inbox.close();
    let mut unread: Vec<Letter> = std::iter::from_fn(|| inbox.try_recv().ok()).collect();
    if let Err(error) = stopped {
        tracing::error!(%agent, %error, "an agent had to stop");
        if !matches!(error, StoreError::Conflict { .. }) {
            // Whoever runs it next would fail alike, so whoever waits for an answer gets the reason.
            for letter in unread.drain(..) {
                let _ = letter.ack.send(Err(again(&error)));
            }
        }
        publish.send(Happened::Stopped { agent, error: Arc::new(error) });
    }
    unread
}

/// The same error for one more listener.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Conflict { agent } => StoreError::Conflict { agent: agent.clone() },
        StoreError::DiskFull => StoreError::DiskFull,
        StoreError::ReadOnly => StoreError::ReadOnly,
        StoreError::Corrupt(what) => StoreError::Corrupt(what.clone()),
        StoreError::Unreachable(what) => StoreError::Unreachable(what.clone()),
        StoreError::Newer(version) => StoreError::Newer(version.clone()),
        StoreError::Failed(what) => StoreError::Failed(what.clone()),
    }
}

/// An agent as its journal tells.
pub struct Loaded {
    /// The fold of the journal.
    pub state: State,
    /// Where the journal ends.
    pub head: Head,
    /// Where the snapshot ended that saved a part of the way; 0 without one.
    pub saved: Seq,
}

/// Reads an agent from its snapshot and journal. Performs nothing and wakes nobody; an unknown agent is a new one.
///
/// # Errors
/// If the store cannot be read.
pub async fn load(store: &dyn Store, agent: &AgentId) -> Result<Loaded, StoreError> {
    let snapshot = store.snapshot(agent).await?.filter(|snapshot| snapshot.schema_version == STATE_VERSION);
    let restored = snapshot.and_then(|snapshot| Some((serde_json::from_slice::<State>(&snapshot.body).ok()?, snapshot.head)));
    let (mut state, mut head) = restored.unwrap_or_else(|| (State::new(agent.clone()), Head::default()));
    let saved = head.seq;
    loop {
        let (entries, end) = store.entries(agent, head.seq, PAGE).await?;
        let Some(end) = end else { break };
        entries.iter().for_each(|entry| state.apply(entry));
        head = end;
        if entries.len() < PAGE as usize {
            break;
        }
    }
    Ok(Loaded { state, head, saved })
}

/// Records what an input leads to and performs none of it: for what may be written while nobody runs the agent. Its
/// open work goes on, or stays stopped, at the next start. Returns the agent afterwards.
///
/// # Errors
/// If the store cannot be read or written; then nothing has happened.
pub async fn record(ports: &Ports, agent: &AgentId, input: Input) -> Result<AgentView, StoreError> {
    let Loaded { state, head, .. } = load(&*ports.store, agent).await?;
    let (setup, segment) = ports.setups.setup(state.depth());
    let now = ports.clock.now();
    let events = decide(&state, input, &setup, now);
    if events.is_empty() {
        return Ok(state.view());
    }
    let Written { append, .. } = write(&state, head, events, now, &segment);
    let view = append.agent.clone();
    ports.store.append(append).await?;
    Ok(view)
}

/// An append and what it leads to.
struct Written {
    next: State,
    append: Append,
    entries: Vec<Entry>,
}

fn write(state: &State, head: Head, events: Vec<Event>, at: Timestamp, segment: &Segment) -> Written {
    let mut next = state.clone();
    let mut entries = Vec::with_capacity(events.len());
    for event in &events {
        let entry = Entry { seq: next.seq().next(), at, event: event.clone() };
        next.apply(&entry);
        entries.push(entry);
    }
    let started = events.iter().any(|event| matches!(event, Event::SegmentStarted(_)));
    let messages = entries.iter().filter_map(|entry| message_view(state.id(), entry)).collect();
    let append = Append { head, at, agent: next.view(), messages, segment: started.then(|| segment.encode()), events };
    Written { next, append, entries }
}

struct Runner {
    links: Links,
    state: State,
    head: Head,
    saved: Seq,
    /// The segment that the state names, once it was needed.
    segment: Option<(growqr_core::id::SegmentHash, Arc<Segment>)>,
    work: JoinSet<Input>,
    performing: HashMap<String, AbortHandle>,
}

impl Runner {
    async fn load(links: Links, agent: AgentId) -> Result<Runner, StoreError> {
        let Loaded { state, head, saved } = load(&*links.ports.store, &agent).await?;
        let mut runner = Runner { links, state, head, saved, segment: None, work: JoinSet::new(), performing: HashMap::new() };
        if agent == AgentId::grow() && runner.state.seq() == Seq(0) {
            runner.take(Input::Created).await?;
        }
        runner.take(Input::Woken).await?;
        Ok(runner)
    }

    async fn live(&mut self, inbox: &mut mpsc::Receiver<Letter>) -> Result<(), StoreError> {
        let mut open = true;
        let mut read = 0;
        let stop = self.links.stop.clone();
        loop {
            let at_work = !self.work.is_empty();
            if !open && !at_work {
                break;
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.stop_calls().await;
                    break;
                }
                Some(done) = self.work.join_next(), if at_work => match done {
                    Ok(input) => self.insist(input).await?,
                    Err(error) if error.is_cancelled() => {}
                    Err(error) => return Err(StoreError::Failed(format!("work was lost: {error}"))),
                },
                letter = inbox.recv(), if open => match letter {
                    Some(Letter { input, ack }) => {
                        read += 1;
                        let taken = self.take(input).await;
                        let is_lost = matches!(taken, Err(StoreError::Conflict { .. }));
                        // The caller may be gone; the record stands all the same.
                        let _ = ack.send(taken.map(|()| self.state.view()));
                        if is_lost {
                            return Err(StoreError::Conflict { agent: self.state.id().clone() });
                        }
                    }
                    None => open = false,
                },
                () = tokio::time::sleep(self.links.config.idle), if open && !at_work => {
                    // The host answers by closing the inbox; if it is gone, so are we.
                    if self.links.idle.send((self.state.id().clone(), read)).await.is_err() { break }
                },
            }
        }
        self.save_snapshot().await;
        Ok(())
    }

    /// Ends an open model call in the journal, so that it counts what it can have cost and no more. If that cannot be
    /// recorded, the next start counts it in full.
    async fn stop_calls(&mut self) {
        let (setup, segment) = self.links.ports.setups.setup(self.state.depth());
        let now = self.links.ports.clock.now();
        let events = decide(&self.state, Input::Stopping, &setup, now);
        if !events.is_empty()
            && let Err(error) = self.record(events, now, &segment).await
        {
            tracing::warn!(%error, "an open model call could not be ended");
        }
    }

    /// Records what only happens once. A full disk may get room again: it is tried a few times before giving up.
    async fn insist(&mut self, input: Input) -> Result<(), StoreError> {
        for wait in RETRIES {
            match self.take(input.clone()).await {
                Err(StoreError::Conflict { agent }) => return Err(StoreError::Conflict { agent }),
                Err(error) => {
                    tracing::warn!(%error, "could not record; trying again");
                    tokio::select! {
                        () = self.links.stop.cancelled() => return Err(error),
                        () = tokio::time::sleep(wait) => {}
                    }
                }
                Ok(()) => return Ok(()),
            }
        }
        self.take(input).await
    }

    /// Decides, records, lives through it, tells, and takes up what is open.
    async fn take(&mut self, input: Input) -> Result<(), StoreError> {
        let (setup, segment) = self.links.ports.setups.setup(self.state.depth());
        let now = self.links.ports.clock.now();
        let events = decide(&self.state, input, &setup, now);
        if !events.is_empty() {
            self.record(events, now, &segment).await?;
        }
        self.perform().await
    }

    async fn record(&mut self, events: Vec<Event>, at: Timestamp, segment: &Arc<Segment>) -> Result<(), StoreError> {
        let has_mail = events.iter().any(|event| !event.mail().is_empty());
        let Written { next, append, entries } = write(&self.state, self.head, events, at, segment);
        let (view, started) = (append.agent.clone(), append.segment.is_some());
        #[cfg(feature = "hold-points")]
        let hold = crate::hold::before().await;
        let appended = self.links.ports.store.append(append).await?;
        #[cfg(feature = "hold-points")]
        hold.after().await;
        self.state = next;
        self.head = appended.head;
        if started {
            self.segment = self.state.segment().map(|hash| (hash.clone(), Arc::clone(segment)));
        }
        self.links.publish.send(Happened::Recorded(Arc::new(Recorded { position: appended.position, view, entries })));
        if has_mail {
            self.links.mail.notify_one();
        }
        Ok(())
    }

    /// Starts what is open and not yet under way; drops what is no longer wanted.
    async fn perform(&mut self) -> Result<(), StoreError> {
        let open = self.state.open_intents();
        let keys: Vec<String> = open.iter().map(key).collect();
        self.performing.retain(|key, handle| {
            let wanted = keys.contains(key);
            if !wanted {
                handle.abort();
            }
            wanted
        });
        for (intent, key) in open.into_iter().zip(keys) {
            if !self.performing.contains_key(&key) {
                let handle = self.start(intent).await?;
                self.performing.insert(key, handle);
            }
        }
        Ok(())
    }

    async fn start(&mut self, intent: Intent) -> Result<AbortHandle, StoreError> {
        let ports = self.links.ports.clone();
        let origin = |effect| perform::origin(self.state.id(), self.state.name(), self.state.turn(), effect);
        Ok(match intent {
            Intent::CallModel { attempt, .. } => {
                let segment = self.current_segment().await?;
                let request =
                    self.state.model_request(segment).ok_or_else(|| StoreError::Failed("no model call is open".to_owned()))?;
                let publish = self.links.publish.clone();
                let (name, turn) = (self.state.name().to_owned(), self.state.turn());
                let asker = perform::Asker { name, turn, effect: self.state.next_effect(0) };
                self.work.spawn(perform::call_model(ports, request, attempt, asker, publish))
            }
            Intent::RunTool { effect, call, at } => {
                let origin = origin(effect);
                self.work.spawn(perform::run_tool(ports.memory, call, origin, at))
            }
            Intent::Commit { effect, call, plan, at } => {
                let origin = origin(effect);
                let (tidying, memory) = (Arc::clone(&self.links.tidying), Arc::clone(&ports.memory));
                let done = perform::commit(ports.memory, call, plan, origin, at);
                self.work.spawn(async move {
                    let done = done.await;
                    tidying.soon(memory);
                    done
                })
            }
        })
    }

    async fn current_segment(&mut self) -> Result<Arc<Segment>, StoreError> {
        let missing = || StoreError::Corrupt("the segment of an open model call is missing".to_owned());
        let hash = self.state.segment().ok_or_else(missing)?.clone();
        if let Some((known, segment)) = &self.segment
            && *known == hash
        {
            return Ok(Arc::clone(segment));
        }
        let bytes = self.links.ports.store.segment(&hash).await?.ok_or_else(missing)?;
        let segment = Arc::new(Segment::decode(&bytes).map_err(|_| missing())?);
        self.segment = Some((hash, Arc::clone(&segment)));
        Ok(segment)
    }

    /// A snapshot only saves time, so a failure is no more than a note in the log.
    async fn save_snapshot(&mut self) {
        if self.head.seq.0 < self.saved.0 + self.links.config.snapshot_after {
            return;
        }
        let Ok(body) = serde_json::to_vec(&self.state) else { return };
        let snapshot = Snapshot { head: self.head, schema_version: STATE_VERSION, body };
        match self.links.ports.store.save_snapshot(self.state.id(), snapshot).await {
            Ok(()) => self.saved = self.head.seq,
            Err(error) => tracing::warn!(%error, "a snapshot was not kept"),
        }
    }
}

/// Tells one open intent from another, so that each is performed once.
fn key(intent: &Intent) -> String {
    match intent {
        Intent::CallModel { attempt, request_hash } => format!("call {request_hash} {attempt}"),
        Intent::RunTool { effect, .. } => format!("run {effect}"),
        Intent::Commit { effect, plan, .. } => format!("commit {effect} {}", plan.commit),
    }
}
