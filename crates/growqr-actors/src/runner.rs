//! One run of an agent: load, then record and perform until nothing is open and no input arrives.
//!
//! Inputs, by priority: the stop token, finished work, inbox items. Inbox items come only from the host. The task owns the state;
//! its join set owns all work that it performs, so the work ends with the task. It never changes global state.
//!
//! While the store fails, finished work is kept in memory and recorded as soon as the store works again; it is not performed a
//! second time. A panic ends the run; [`crate::supervisor`] starts the next one.

use crate::backoff::Backoff;
use crate::decision::Decision;
use crate::health::{StopCause, panic_message};
use crate::journal::{Loaded, PreparedAppend, load, prepare_append};
use crate::notification::{Notification, Recorded};
use crate::perform;
use crate::placement::{Inbox, InboxItem, Place, Posted};
use crate::ports::{HostConfig, Ports};
use crate::reviews;
use crate::run_inbox::RunInbox;
use crate::runner_host::RunnerHost;
use growqr_core::agent::{Input, Intent, STATE_VERSION, State};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Entry, Event};
use growqr_core::id::{AgentId, EffectId, Position, Seq};
use growqr_core::journal::{AgentView, Head, Snapshot, Status, StoreError};
use growqr_core::mail::{Mail, MailBody};
use growqr_core::prompt::Segment;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{self, AbortHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The first and the longest wait between tries to use the store again.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

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
    /// When this host began to run the agent, or any agent: what was under way before has ended by then.
    pub started: Timestamp,
    /// Stops the agent.
    pub stop: CancellationToken,
}

pub(crate) struct Runner {
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
    /// Results of finished work that are not recorded yet, oldest first, with the keys of their intents.
    kept: VecDeque<(String, Input)>,
    /// When to use the store again, after it has failed.
    retry_at: Option<Instant>,
    backoff: Backoff,
    /// The last entry that this run has recorded for an input other than the wake.
    progress: Option<Seq>,
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
    pub(crate) async fn begin(deps: RunnerDeps, agent: &AgentId) -> Result<Runner, StoreError> {
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
            kept: VecDeque::new(),
            retry_at: None,
            backoff: Backoff::new(FIRST_RETRY, LONGEST_RETRY),
            progress: None,
            unconfirmed: None,
        };
        if agent == AgentId::grow() && runner.state.seq() == Seq(0) {
            runner.process(Input::Created).await?;
        }
        runner.process(Input::Woken { started: runner.deps.started, process: runner.deps.config.process }).await?;
        runner.progress = None;
        Ok(runner)
    }

    /// The last entry that this run has recorded for an input other than the wake.
    pub(crate) fn progress(&self) -> Option<Seq> {
        self.progress
    }

    /// Ends all work of this run, so that none of it runs at the same time as the next run.
    pub(crate) async fn end_work(&mut self) {
        let _ = tokio::time::timeout(ABORT_TIMEOUT, self.work.shutdown()).await;
    }

    /// Runs until the inbox is closed and the work is done, another writer has appended to the journal, or the host stops.
    pub(crate) async fn run_loop(&mut self, inbox: &mut RunInbox<impl Inbox>) -> Result<(), StopCause> {
        let (stop, mut freed) = (self.deps.stop.clone(), self.deps.host.freed());
        // A place may have become free since the agent was loaded.
        freed.mark_changed();
        loop {
            let at_work = !self.work.is_empty();
            if !inbox.is_open() && !at_work {
                break;
            }
            let retry_at = self.retry_at;
            let is_queued = self.state.status() == Status::Queued;
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
                        self.kept.push_back((key, input));
                        self.catch_up().await?;
                    }
                    Err(error) if error.is_cancelled() => {
                        // Work that waited for the end of this task may start now.
                        self.aborted.remove(&error.id());
                        self.catch_up().await?;
                    }
                    Err(error) => return Err(StopCause::Panic(panic_message(&*error.into_panic()))),
                },
                item = inbox.next_item(), if inbox.is_open() => if let Some(item) = item {
                    self.serve(item, inbox).await?;
                },
                () = tokio::time::sleep_until(retry_at.unwrap_or_else(Instant::now)), if retry_at.is_some() => {
                    self.catch_up().await?;
                }
                Ok(()) = freed.changed(), if is_queued => self.catch_up().await?,
                () = tokio::time::sleep(self.deps.config.idle), if inbox.is_open() && !at_work && retry_at.is_none() && !is_queued => {
                    self.deps.host.report_recovery(self.state.id());
                    // If the host agrees, it closes the inbox, and the next read returns `None`.
                    if !self.deps.host.report_idle(self.state.id(), inbox.items_read()).await { break }
                },
            }
            self.save_snapshot(self.deps.config.snapshot_every).await;
        }
        self.save_snapshot(self.deps.config.snapshot_after).await;
        Ok(())
    }

    /// Records one input and tells its sender the result. What was done before is recorded first, so an input also tries at once
    /// to use a store that has failed.
    async fn serve(&mut self, item: InboxItem, inbox: &mut RunInbox<impl Inbox>) -> Result<(), StopCause> {
        let InboxItem { input, ack } = item;
        // If this panics, the supervisor tells the sender.
        inbox.keep_ack(ack);
        let charge = charge_of(&input);
        let recorded = match self.record_kept().await {
            Ok(()) => self.decide_and_record(input).await,
            Err(error) => Err(error),
        };
        let is_lost = matches!(recorded, Err(StoreError::Conflict { .. }));
        inbox.acknowledge(recorded.map(|is_recorded| self.posted(is_recorded, charge.as_ref())).map_err(StopCause::Store));
        if is_lost {
            return Err(StoreError::Conflict { agent: self.state.id().clone() }.into());
        }
        self.catch_up().await
    }

    /// Records the interruption of an open model call, so that it counts only what it can have cost so far. If the append fails,
    /// the next start counts the time until then.
    async fn record_stop(&mut self) {
        if let Err(error) = self.record_kept().await {
            tracing::warn!(%error, "finished work could not be recorded before the stop");
        }
        let (state, ports) = (&self.state, &self.deps.ports);
        let Decision { events, at, segment } =
            Decision::about(Input::Stopping, state.depth(), state, ports, Some(&|_| true)).await;
        if !events.is_empty()
            && let Err(error) = self.record(events, at, &segment).await
        {
            tracing::warn!(%error, "the interruption of a model call could not be recorded");
        }
    }

    /// Records the results of finished work and starts the open intents. If the store fails, a later call tries again, without
    /// an end; an error is only returned if another writer has appended to the journal.
    async fn catch_up(&mut self) -> Result<(), StopCause> {
        let caught_up = match self.record_kept().await {
            Ok(()) => self.perform().await,
            Err(error) => Err(error),
        };
        match caught_up {
            Ok(()) => {
                if self.retry_at.take().is_some() || self.progress.is_some() {
                    self.backoff.reset();
                    self.deps.host.report_recovery(self.state.id());
                }
            }
            Err(error @ StoreError::Conflict { .. }) => return Err(error.into()),
            Err(error) => {
                self.retry_at = Some(Instant::now() + self.backoff.next_delay());
                self.deps.host.report_trouble(self.state.id(), error.into(), false);
            }
        }
        Ok(())
    }

    /// Records the results that are kept, in their order. A result whose intent is no longer open is dropped, for example because
    /// it is already recorded.
    async fn record_kept(&mut self) -> Result<(), StoreError> {
        self.resolve_unconfirmed().await?;
        while let Some((key, input)) = self.kept.front().cloned() {
            if self.state.open_intents().iter().any(|open| self::key(open) == key) {
                self.decide_and_record(input).await?;
            }
            self.kept.pop_front();
        }
        Ok(())
    }

    /// Decides, records and applies the events, notifies subscribers, and starts the open intents.
    async fn process(&mut self, input: Input) -> Result<(), StoreError> {
        self.decide_and_record(input).await?;
        self.perform().await
    }

    /// Returns whether the input has led to events.
    async fn decide_and_record(&mut self, input: Input) -> Result<bool, StoreError> {
        self.resolve_unconfirmed().await?;
        let depth = depth_of(&self.state, &input);
        // The place is given back below if the agent does not work.
        let may_begin = |limit| depth == 0 || self.state.is_at_work() || self.deps.host.may_begin(self.state.id(), limit);
        let Decision { events, at, segment } =
            Decision::about(input, depth, &self.state, &self.deps.ports, Some(&may_begin)).await;
        let is_recorded = !events.is_empty();
        let recorded = if is_recorded { self.record(events, at, &segment).await } else { Ok(()) };
        self.note_place();
        recorded.map(|()| is_recorded)
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
        self.note_place();
        Ok(())
    }

    /// Tells the host whether this sub-agent works.
    fn note_place(&self) {
        if self.state.depth() > 0 {
            self.deps.host.note_place(self.state.id(), Place::of(&self.state));
        }
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
        self.progress = Some(self.state.seq());
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
            let is_done = self.kept.iter().any(|(kept, _)| *kept == key);
            if !waits && !is_done && !self.performing.contains_key(&key) {
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
            Intent::SettleReview { ask, review, plan } => {
                let settled = reviews::settle(ports.memory, ports.store, ask, review, plan);
                self.work.spawn(async move {
                    let settled = settled.await;
                    host.memory_changed();
                    (key, settled)
                })
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

    /// Saves a snapshot if there are this many new events. A snapshot only saves time, so a failure is only logged, and the next
    /// attempt waits for as many events again.
    async fn save_snapshot(&mut self, new_events: u64) {
        if self.head.seq.0 < self.snapshot_seq.0.saturating_add(new_events) {
            return;
        }
        self.snapshot_seq = self.head.seq;
        let Ok(body) = serde_json::to_vec(&self.state) else { return };
        let snapshot = Snapshot { head: self.head, schema_version: STATE_VERSION, body };
        if let Err(error) = self.deps.ports.store.save_snapshot(self.state.id(), snapshot).await {
            tracing::warn!(%error, "a snapshot could not be saved");
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
        Intent::SettleReview { ask, plan, .. } => {
            format!("review {ask} {}", plan.as_ref().map_or("", |plan| &plan.commit))
        }
    }
}

/// The beginning of the keys of what is done for a prompt of a session.
fn session_key(effect: &EffectId) -> String {
    format!("session {effect} ")
}

fn run_key(effect: &EffectId) -> String {
    format!("run {effect}")
}

/// The depth of the agent that decides about this input. A new sub-agent learns it from the mail that creates it.
fn depth_of(state: &State, input: &Input) -> u32 {
    match input {
        Input::Mail(Mail { body: MailBody::Spawn(request), .. }) if state.seq() == Seq(0) => request.depth,
        _ => state.depth(),
    }
}

/// The charge that an input is about.
fn charge_of(input: &Input) -> Option<EffectId> {
    match input {
        Input::Reserve { charge, .. } | Input::Settle { charge, .. } => Some(charge.clone()),
        _ => None,
    }
}
