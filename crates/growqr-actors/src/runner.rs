//! The loop of one agent: load, then record and perform until nothing is open and no input arrives.
//!
//! Inputs, by priority: the stop token, finished work, inbox items. Inbox items come only from the host. The task owns the state;
//! its join set owns all work that it performs, so the work ends with the task. It never changes global state.

use crate::decision::Decision;
use crate::journal::{Loaded, PreparedAppend, load, prepare_append};
use crate::notification::{Notification, Recorded};
use crate::perform;
use crate::placement::{Inbox, InboxItem, Posted, RunnerHost};
use crate::ports::{HostConfig, Ports};
use growqr_core::agent::{Input, Intent, STATE_VERSION, State};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Entry, Event};
use growqr_core::id::{AgentId, EffectId, Position, Seq};
use growqr_core::journal::{AgentView, Head, Snapshot, StoreError};
use growqr_core::prompt::Segment;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{self, AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Waits between retries of a failed append, for results of work that must not be performed a second time.
const RETRY_DELAYS: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// Number of attempts to load after a conflict. The first conflict may come from the last append of a process that was just
/// killed; further ones come from a second writer.
const LOAD_ATTEMPTS: u32 = 3;

/// How long to wait for aborted work to end. Blocking work cannot be aborted.
const ABORT_TIMEOUT: Duration = Duration::from_secs(5);

/// The dependencies of a runner.
#[derive(Clone)]
pub struct RunnerDeps {
    /// The adapters.
    pub ports: Ports,
    /// Sizes and timeouts.
    pub config: HostConfig,
    /// The host that runs it.
    pub host: Arc<dyn RunnerHost>,
    /// When the host started.
    pub started: Timestamp,
    /// Stops the agent.
    pub stop: CancellationToken,
}

/// Runs one agent until its inbox is closed and its work is done, another writer has appended to its journal, or the host stops.
/// Returns the unread items: they are for the agent's next run.
pub async fn run(deps: RunnerDeps, agent: AgentId, mut inbox: impl Inbox) -> Vec<InboxItem> {
    let host = Arc::clone(&deps.host);
    let stopped = match Runner::begin(deps, &agent).await {
        Ok(mut runner) => {
            let stopped = runner.run_loop(&mut inbox).await;
            // Ends all work of this run, so that none of it runs at the same time as the next run.
            let _ = tokio::time::timeout(ABORT_TIMEOUT, runner.work.shutdown()).await;
            stopped
        }
        Err(error) => Err(error),
    };
    let mut unread = inbox.close();
    if let Err(error) = stopped {
        tracing::error!(%agent, %error, "an agent stopped because of an error");
        if !matches!(error, StoreError::Conflict { .. }) {
            // The next run would fail in the same way, so the senders get the error now.
            for item in unread.drain(..) {
                (item.ack)(Err(copy_of(&error)));
            }
        }
        host.publish(Notification::Stopped { agent, error: Arc::new(error) });
    }
    unread
}

/// A copy of the error, which is not `Clone`: each waiting sender gets one.
fn copy_of(error: &StoreError) -> StoreError {
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

struct Runner {
    deps: RunnerDeps,
    state: State,
    head: Head,
    snapshot_seq: Seq,
    /// The segment that the state names, once it is loaded.
    segment: Option<(growqr_core::id::SegmentHash, Arc<Segment>)>,
    /// Running work; each task returns the key of its intent.
    work: JoinSet<(String, Input)>,
    performing: HashMap<String, AbortHandle>,
    /// Tasks that were aborted and have not ended yet, with the keys of their intents.
    aborted: HashMap<task::Id, String>,
    /// An open intent could not be started.
    is_stalled: bool,
    /// The last append, if it returned an error and may be recorded anyway: the connection may have broken after the commit.
    unconfirmed: Option<Step>,
}

/// The state of the runner after an append, which it takes over once the append is recorded.
struct Step {
    next: State,
    entries: Vec<Entry>,
    view: AgentView,
    /// The segment that starts with this append.
    segment: Option<Arc<Segment>>,
}

impl Runner {
    /// Loads an agent and resumes its open work. After a conflict it loads again: the last append of a process that was just
    /// killed may reach the database after the journal was read.
    async fn begin(deps: RunnerDeps, agent: &AgentId) -> Result<Runner, StoreError> {
        for _ in 1..LOAD_ATTEMPTS {
            match Runner::load(deps.clone(), agent.clone()).await {
                Err(StoreError::Conflict { .. }) => {}
                other => return other,
            }
        }
        Runner::load(deps, agent.clone()).await
    }

    async fn load(deps: RunnerDeps, agent: AgentId) -> Result<Runner, StoreError> {
        let Loaded { state, head, snapshot_seq } = load(&*deps.ports.store, &agent).await?;
        let mut runner = Runner {
            deps,
            state,
            head,
            snapshot_seq,
            segment: None,
            work: JoinSet::new(),
            performing: HashMap::new(),
            aborted: HashMap::new(),
            is_stalled: false,
            unconfirmed: None,
        };
        if agent == AgentId::grow() && runner.state.seq() == Seq(0) {
            runner.process(Input::Created).await?;
        }
        runner.process(Input::Woken { started: runner.deps.started, process: runner.deps.config.process }).await?;
        Ok(runner)
    }

    async fn run_loop(&mut self, inbox: &mut impl Inbox) -> Result<(), StoreError> {
        let mut inbox_open = true;
        let mut items_read = 0;
        let stop = self.deps.stop.clone();
        loop {
            let at_work = !self.work.is_empty();
            if !inbox_open && !at_work {
                break;
            }
            let needs_retry = self.unconfirmed.is_some() || self.is_stalled;
            tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.record_stop().await;
                    break;
                }
                Some(done) = self.work.join_next_with_id(), if at_work => match done {
                    Ok((task, (key, input))) => {
                        self.aborted.remove(&task);
                        self.performing.remove(&key);
                        self.record_result_with_retry(&key, input).await?;
                    }
                    Err(error) if error.is_cancelled() => {
                        // Work that waited for the end of this task may start now.
                        self.aborted.remove(&error.id());
                        self.try_perform().await?;
                    }
                    Err(error) => return Err(StoreError::Failed(format!("a task of the agent failed: {error}"))),
                },
                item = inbox.next(), if inbox_open => match item {
                    Some(InboxItem { input, ack }) => {
                        items_read += 1;
                        let charge = charge_of(&input);
                        let recorded = self.decide_and_record(input).await;
                        let is_lost = matches!(recorded, Err(StoreError::Conflict { .. }));
                        ack(recorded.map(|is_recorded| self.posted(is_recorded, charge.as_ref())));
                        if is_lost {
                            return Err(StoreError::Conflict { agent: self.state.id().clone() });
                        }
                        self.try_perform().await?;
                    }
                    None => inbox_open = false,
                },
                () = tokio::time::sleep(RETRY_DELAYS[0]), if needs_retry => match self.resolve_unconfirmed().await {
                    Ok(()) => self.try_perform().await?,
                    Err(error @ StoreError::Conflict { .. }) => return Err(error),
                    Err(error) => tracing::warn!(%error, "cannot check yet whether the last append was recorded; trying again"),
                },
                () = tokio::time::sleep(self.deps.config.idle), if inbox_open && !at_work && !needs_retry => {
                    // If the host agrees, it closes the inbox, and the next read returns `None`.
                    if !self.deps.host.report_idle(self.state.id(), items_read).await { break }
                },
            }
        }
        self.save_snapshot().await;
        Ok(())
    }

    /// Records the interruption of an open model call, so that it counts only what it can have cost so far. If the append fails,
    /// the next start counts the time until then.
    async fn record_stop(&mut self) {
        let Decision { events, at, segment } = Decision::about(Input::Stopping, &self.state, &self.deps.ports).await;
        if !events.is_empty()
            && let Err(error) = self.record(events, at, &segment).await
        {
            tracing::warn!(%error, "the interruption of a model call could not be recorded");
        }
    }

    /// Records the result of finished work, which must not be performed a second time. Retries the append: disk-full and
    /// connection errors are often temporary.
    async fn record_result_with_retry(&mut self, key: &str, input: Input) -> Result<(), StoreError> {
        for wait in RETRY_DELAYS {
            match self.record_result(key, input.clone()).await {
                Err(StoreError::Conflict { agent }) => return Err(StoreError::Conflict { agent }),
                Err(error) => {
                    tracing::warn!(%error, "could not record; trying again");
                    tokio::select! {
                        () = self.deps.stop.cancelled() => return Err(error),
                        () = tokio::time::sleep(wait) => {}
                    }
                }
                Ok(()) => return Ok(()),
            }
        }
        self.record_result(key, input).await
    }

    /// Records the result of finished work, unless its intent is no longer open, for example because the result is already
    /// recorded.
    async fn record_result(&mut self, key: &str, input: Input) -> Result<(), StoreError> {
        self.resolve_unconfirmed().await?;
        if self.state.open_intents().iter().any(|open| self::key(open) == key) {
            self.process(input).await
        } else {
            self.perform().await
        }
    }

    /// Decides, records and applies the events, notifies subscribers, and starts the open intents.
    async fn process(&mut self, input: Input) -> Result<(), StoreError> {
        self.decide_and_record(input).await?;
        self.perform().await
    }

    /// Returns whether the input has led to events.
    async fn decide_and_record(&mut self, input: Input) -> Result<bool, StoreError> {
        self.resolve_unconfirmed().await?;
        let Decision { events, at, segment } = Decision::about(input, &self.state, &self.deps.ports).await;
        let is_recorded = !events.is_empty();
        if is_recorded {
            self.record(events, at, &segment).await?;
        }
        Ok(is_recorded)
    }

    fn posted(&self, is_recorded: bool, charge: Option<&EffectId>) -> Posted {
        let (limits, now) = (self.deps.ports.setups.setup(self.state.depth()).0.limits, self.deps.ports.clock.now());
        Posted {
            view: self.state.view(),
            is_recorded,
            charge: charge.map(|charge| self.state.charge_state(charge, &limits, now)),
            spendable: self.state.spendable(&limits, now),
        }
    }

    /// After a failed append: reloads the journal to find out whether the append was recorded, and if so, continues from there.
    async fn resolve_unconfirmed(&mut self) -> Result<(), StoreError> {
        if self.unconfirmed.is_none() {
            return Ok(());
        }
        let store = Arc::clone(&self.deps.ports.store);
        let Loaded { state, head, .. } = load(&*store, self.state.id()).await?;
        if head == self.head {
            self.unconfirmed = None;
            return Ok(());
        }
        let Some(step) = self.unconfirmed.take().filter(|step| step.next == state) else {
            return Err(StoreError::Conflict { agent: self.state.id().clone() });
        };
        let count = u32::try_from(step.entries.len()).unwrap_or(u32::MAX);
        let stored = store.events_before(None, Some(self.state.id()), count).await?;
        self.continue_from(step, head, stored.first().map_or(Position(0), |event| event.position));
        Ok(())
    }

    async fn record(&mut self, events: Vec<Event>, at: Timestamp, segment: &Arc<Segment>) -> Result<(), StoreError> {
        let PreparedAppend { next, append, entries } = prepare_append(&self.state, self.head, events, at, segment);
        let segment = append.segment.is_some().then(|| Arc::clone(segment));
        let step = Step { view: next.view(), next, entries, segment };
        #[cfg(feature = "stop-points")]
        let stop_point = crate::stop_points::before_append().await;
        let appended = match self.deps.ports.store.append(append).await {
            Ok(appended) => appended,
            Err(error @ StoreError::Conflict { .. }) => return Err(error),
            Err(error) => {
                self.unconfirmed = Some(step);
                return Err(error);
            }
        };
        #[cfg(feature = "stop-points")]
        stop_point.after_append().await;
        self.continue_from(step, appended.head, appended.position);
        Ok(())
    }

    /// Continues from the recorded state and notifies subscribers.
    fn continue_from(&mut self, Step { next, entries, view, segment }: Step, head: Head, position: Position) {
        let has_asks = entries.iter().any(|entry| matches!(entry.event, Event::AskRaised(_) | Event::AskSettled(_)));
        let has_mail = entries.iter().any(|entry| !entry.event.mail().is_empty());
        self.state = next;
        self.head = head;
        if let Some(segment) = segment {
            self.segment = self.state.segment().map(|hash| (hash.clone(), segment));
        }
        self.deps.host.publish(Notification::Recorded(Arc::new(Recorded { position, view, entries })));
        if has_mail {
            self.deps.host.notify_mail();
        }
        if has_asks {
            self.deps.host.notify_asks();
        }
    }

    /// Goes on after answers and starts the open intents. If the database cannot be used now, a later call tries again; an error
    /// is only returned if another writer has appended to the journal.
    async fn try_perform(&mut self) -> Result<(), StoreError> {
        let performed = self.perform().await;
        self.is_stalled = performed.is_err();
        match performed {
            Err(error @ StoreError::Conflict { .. }) => return Err(error),
            Err(error) => tracing::warn!(%error, "recorded work could not be started yet"),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Starts the open intents that are not yet under way, and aborts work that is no longer open. A call is looked up, and a
    /// session is stopped, only once the task that was working on it has ended.
    async fn perform(&mut self) -> Result<(), StoreError> {
        if self.state.can_continue() {
            self.decide_and_record(Input::Continue).await?;
        }
        let open = self.state.open_intents();
        let keys: Vec<String> = open.iter().map(key).collect();
        let aborted = &mut self.aborted;
        self.performing.retain(|key, handle| {
            let is_open = keys.contains(key);
            if !is_open {
                handle.abort();
                aborted.insert(handle.id(), key.clone());
            }
            is_open
        });
        for (intent, key) in open.into_iter().zip(keys) {
            let waits = match &intent {
                Intent::LookUpTool { call } => self.is_ending(&run_key(&call.origin.effect)),
                Intent::AbortSession { effect, .. } => self.is_ending(&session_key(effect)),
                _ => false,
            };
            if !waits && !self.performing.contains_key(&key) {
                let handle = self.start(intent, key.clone()).await?;
                self.performing.insert(key, handle);
            }
        }
        Ok(())
    }

    /// Whether a task whose key begins so was aborted and has not ended yet.
    fn is_ending(&self, start: &str) -> bool {
        self.aborted.values().any(|key| key.starts_with(start))
    }

    async fn start(&mut self, intent: Intent, key: String) -> Result<AbortHandle, StoreError> {
        let ports = self.deps.ports.clone();
        let host = Arc::clone(&self.deps.host);
        Ok(match intent {
            Intent::CallModel { attempt, .. } => {
                let segment = self.current_segment().await?;
                let request =
                    self.state.model_request(segment).ok_or_else(|| StoreError::Failed("no model call is open".to_owned()))?;
                let agent = self.state.id().clone();
                let publish_delta = move |delta| host.publish(Notification::Delta { agent: agent.clone(), delta });
                let answer = perform::call_model(ports, request, attempt, self.state.clone(), publish_delta);
                self.work.spawn(async move { (key, answer.await) })
            }
            Intent::RunTool { call, plan } => {
                let makes_change = plan.is_some();
                let done = perform::run_tool(ports.tools, call, plan);
                self.work.spawn(async move {
                    let done = done.await;
                    if makes_change {
                        host.memory_changed();
                    }
                    (key, done)
                })
            }
            Intent::LookUpTool { call } => {
                let done = perform::look_up_tool(ports.tools, call);
                self.work.spawn(async move { (key, done.await) })
            }
            Intent::AdvanceSession { effect, job, .. } => {
                let done = perform::advance_session(ports.sessions, effect, job, self.deps.config.abort);
                self.work.spawn(async move { (key, done.await) })
            }
            Intent::ReplySession { effect, job, request, reply } => {
                let done = perform::reply_session(ports.sessions, effect, job, request, reply);
                self.work.spawn(async move { (key, done.await) })
            }
            Intent::AbortSession { effect, job } => {
                let done = perform::abort_session(ports.sessions, effect, job, self.deps.config.abort);
                self.work.spawn(async move { (key, done.await) })
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
        let bytes = self.deps.ports.store.segment(&hash).await?.ok_or_else(missing)?;
        let segment = Arc::new(Segment::decode(&bytes).map_err(|_| missing())?);
        self.segment = Some((hash, Arc::clone(&segment)));
        Ok(segment)
    }

    /// A snapshot only saves time, so a failure is only logged.
    async fn save_snapshot(&mut self) {
        if self.head.seq.0 < self.snapshot_seq.0 + self.deps.config.snapshot_after {
            return;
        }
        let Ok(body) = serde_json::to_vec(&self.state) else { return };
        let snapshot = Snapshot { head: self.head, schema_version: STATE_VERSION, body };
        match self.deps.ports.store.save_snapshot(self.state.id(), snapshot).await {
            Ok(()) => self.snapshot_seq = self.head.seq,
            Err(error) => tracing::warn!(%error, "a snapshot could not be saved"),
        }
    }
}

/// A key that identifies an open intent, so that each is performed once.
fn key(intent: &Intent) -> String {
    match intent {
        Intent::CallModel { attempt, request_hash } => format!("call {request_hash} {attempt}"),
        Intent::RunTool { call, plan: None } => run_key(&call.origin.effect),
        Intent::RunTool { call, plan: Some(plan) } => format!("commit {} {}", call.origin.effect, plan.commit),
        Intent::LookUpTool { call } => format!("look up {}", call.origin.effect),
        Intent::AdvanceSession { effect, news, .. } => format!("{}advance {news}", session_key(effect)),
        Intent::ReplySession { effect, request, .. } => format!("{}reply {request}", session_key(effect)),
        Intent::AbortSession { effect, .. } => format!("abort {effect}"),
    }
}

/// The beginning of the keys of what is done for a prompt of a session.
fn session_key(effect: &EffectId) -> String {
    format!("session {effect} ")
}

fn run_key(effect: &EffectId) -> String {
    format!("run {effect}")
}

/// The charge that an input is about.
fn charge_of(input: &Input) -> Option<EffectId> {
    match input {
        Input::Reserve { charge, .. } | Input::Settle { charge, .. } => Some(charge.clone()),
        _ => None,
    }
}
