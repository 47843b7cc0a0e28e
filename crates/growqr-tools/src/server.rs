//! The task of one server: starts it when it is needed, keeps its list of tools, and ends it when it is idle.

use crate::calls::{CallGuard, Calls};
use crate::connect_error::ConnectError;
use crate::connection::{Caller, Connection, Ended, last_words};
use crate::list_changes::ChangedList;
use crate::listing::Listing;
use crate::log::{Log, LogLine, LogSource};
use crate::server_config::{KeptValues, ServerConfig};
use crate::server_status::{ServerState, ServerStatus};
use crate::sign_in::{AccessTokens, SignIns};
use growqr_core::clock::{Clock, Timestamp};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A server that nobody calls for this long is ended; the next call starts it again.
const IDLE_LIMIT: Duration = Duration::from_secs(10 * 60);

/// How often idleness is looked at.
const IDLE_CHECK: Duration = Duration::from_secs(30);

/// The waits before a server whose tools are not known is started again after a failure. After the last one it stays as it is
/// until it is needed, or until the person starts it.
const RETRY_DELAYS: [Duration; 5] =
    [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(15), Duration::from_secs(60), Duration::from_secs(300)];

/// A call within this time after a failure gets that failure, and does not start the server once more.
const FAILURE_IS_FRESH: Duration = Duration::from_secs(2);

/// How long a server may take to end before its task is given up, which kills it.
const CLOSE_LIMIT: Duration = Duration::from_secs(8);

/// How long calls go on at a server that demands a sign-in.
const SIGNED_OUT_LIMIT: Duration = Duration::from_secs(2);

/// Waiting commands for one server.
const QUEUE: usize = 256;

enum Command {
    /// A call wants to be made.
    Connect(oneshot::Sender<Result<Caller, ConnectError>>),
    /// Start again, whatever it does now.
    Restart,
}

/// What the task and those who ask share.
struct Shared {
    state: Mutex<ServerState>,
    /// Restarts that were asked for and not begun yet. Until then the state is that of a start.
    restarts: AtomicUsize,
    introduction: Mutex<String>,
    listing: Mutex<Option<Arc<Listing>>>,
    calls: Calls,
    /// Counts changes of anything that people see, of all servers together.
    changes: watch::Sender<u64>,
}

fn lock<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Tells the state, unless a restart is asked for: nobody who waits for it may take the state of the earlier run for its outcome.
    fn set_state(&self, state: ServerState) {
        let mut current = lock(&self.state);
        if self.restarts.load(Ordering::Relaxed) == 0 || matches!(state, ServerState::Starting { .. }) {
            *current = state;
        }
        drop(current);
        self.changes.send_modify(|count| *count += 1);
    }
}

/// One server and its task, which ends with this value.
pub(crate) struct Server {
    pub config: ServerConfig,
    pub log: Arc<Log>,
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    /// Begins the task of a server. With a list of its tools it rests until the first call; without one it is started at once.
    pub(crate) fn begin(
        config: ServerConfig,
        listing: Option<Arc<Listing>>,
        (kept, sign_ins): (Arc<dyn KeptValues>, Arc<SignIns>),
        clock: Arc<dyn Clock>,
        changes: watch::Sender<u64>,
    ) -> Server {
        let (commands, receiver) = mpsc::channel(QUEUE);
        let state = if listing.is_some() { ServerState::Resting } else { ServerState::Starting { since: clock.now() } };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            restarts: AtomicUsize::new(0),
            introduction: Mutex::default(),
            listing: Mutex::new(listing),
            calls: Calls::new(),
            changes,
        });
        let log = Arc::new(Log::default());
        let stop = CancellationToken::new();
        let task = Task {
            config: config.clone(),
            log: Arc::clone(&log),
            kept,
            sign_ins,
            clock,
            shared: Arc::clone(&shared),
            commands: receiver,
            waiting: Vec::new(),
            stop: stop.clone(),
        };
        let task = Mutex::new(Some(tokio::spawn(task.run())));
        Server { config, log, shared, commands, stop, task }
    }

    /// A connected server, started if need be.
    pub(crate) async fn caller(&self) -> Result<(Caller, CallGuard<'_>), ConnectError> {
        let guard = self.shared.calls.begin();
        let (sender, receiver) = oneshot::channel();
        self.commands.send(Command::Connect(sender)).await.map_err(|_| ConnectError::Removed)?;
        let caller = receiver.await.map_err(|_| ConnectError::Removed)??;
        Ok((caller, guard))
    }

    /// Ends the server if it runs, and starts it. From now on its state is that of the new run.
    pub(crate) async fn restart(&self, now: Timestamp) {
        {
            let mut state = lock(&self.shared.state);
            self.shared.restarts.fetch_add(1, Ordering::Relaxed);
            *state = ServerState::Starting { since: now };
        }
        self.shared.changes.send_modify(|count| *count += 1);
        // If the task has ended, there is nothing to restart.
        let _ = self.commands.send(Command::Restart).await;
    }

    pub(crate) fn listing(&self) -> Option<Arc<Listing>> {
        lock(&self.shared.listing).clone()
    }

    pub(crate) fn status(&self) -> ServerStatus {
        ServerStatus {
            name: self.config.name.clone(),
            state: lock(&self.shared.state).clone(),
            introduction: lock(&self.shared.introduction).clone(),
            listing: self.listing(),
            calls: self.shared.calls.count(),
        }
    }

    pub(crate) fn log_lines(&self) -> Vec<LogLine> {
        self.log.lines()
    }

    /// Ends the server; returns when it is gone.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        let task = lock(&self.task).take();
        if let Some(mut task) = task {
            // A panic of the task has ended the server too.
            if tokio::time::timeout(CLOSE_LIMIT, &mut task).await.is_err() {
                task.abort();
                let _ = task.await;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Why a running server is not used any more.
enum End {
    Stopped,
    Idle,
    Restart,
    Failed(ConnectError),
}

/// How an attempt to open a server ended.
enum Opening {
    Stopped,
    Restart,
    Opened(Result<Connection, ConnectError>),
}

struct Task {
    config: ServerConfig,
    log: Arc<Log>,
    kept: Arc<dyn KeptValues>,
    sign_ins: Arc<SignIns>,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Command>,
    /// Calls that wait for the server.
    waiting: Vec<oneshot::Sender<Result<Caller, ConnectError>>>,
    stop: CancellationToken,
}

impl Task {
    async fn run(mut self) {
        let mut failures = 0;
        let mut must_start = lock(&self.shared.listing).is_none();
        loop {
            if !must_start && !self.rest().await {
                return;
            }
            let began = self.clock.now();
            self.shared.set_state(ServerState::Starting { since: began });
            self.note("starting");
            let end = match self.open_or_restart().await {
                Opening::Stopped => return,
                Opening::Restart => End::Restart,
                Opening::Opened(Err(error)) => End::Failed(error),
                Opening::Opened(Ok(connection)) => {
                    let end = self.serve(connection).await;
                    // A server that ends at its first call would otherwise be started without a pause.
                    failures = if self.clock.now().0 - began.0 > 10_000 { 0 } else { failures };
                    end
                }
            };
            match end {
                End::Stopped => return,
                End::Idle => {
                    self.note("ended, because nobody used it");
                    self.shared.set_state(ServerState::Resting);
                    must_start = false;
                }
                End::Restart => must_start = true,
                End::Failed(error) => {
                    let Some(start) = self.after_failure(error, failures).await else { return };
                    failures += 1;
                    must_start = start;
                }
            }
        }
    }

    /// Waits until somebody needs the server. `false` when the task should end.
    async fn rest(&mut self) -> bool {
        let command = tokio::select! {
            () = self.stop.cancelled() => return false,
            command = self.commands.recv() => command,
        };
        match command {
            Some(Command::Connect(call)) => self.waiting.push(call),
            Some(Command::Restart) => self.restart_begins(),
            None => return false,
        }
        true
    }

    /// Opens the server, unless it should end or begin again meanwhile. Calls that come meanwhile wait.
    async fn open_or_restart(&mut self) -> Opening {
        let tokens = self.sign_ins.tokens(&self.config);
        let kept = Arc::clone(&self.kept);
        let opening = Task::open(self.config.clone(), kept, tokens, Arc::clone(&self.log), Arc::clone(&self.clock));
        tokio::pin!(opening);
        let opened = loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Opening::Stopped,
                command = self.commands.recv() => match command {
                    Some(Command::Connect(call)) => self.waiting.push(call),
                    Some(Command::Restart) => {
                        self.restart_begins();
                        return Opening::Restart;
                    }
                    None => return Opening::Stopped,
                },
                opened = &mut opening => break opened,
            }
        };
        Opening::Opened(opened.map(|(connection, listing)| {
            *lock(&self.shared.introduction) = connection.introduction();
            self.keep(listing);
            connection
        }))
    }

    /// The state of the run that begins now counts again.
    fn restart_begins(&self) {
        let _state = lock(&self.shared.state);
        self.shared.restarts.fetch_sub(1, Ordering::Relaxed);
    }

    /// Connects and lists the tools; without a list a server is of no use.
    async fn open(
        config: ServerConfig,
        kept: Arc<dyn KeptValues>,
        tokens: Option<AccessTokens>,
        log: Arc<Log>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Connection, Listing), ConnectError> {
        let connection = Connection::open(&config, &*kept, tokens.clone(), &log, &clock).await?;
        match connection.caller().list(&config.name).await {
            Ok(listing) => Ok((connection, listing)),
            Err(error) => {
                connection.close().await;
                let refusal = tokens.and_then(|tokens| tokens.refusal());
                Err(refusal.map_or_else(|| ConnectError::NoTools(error.to_string()), ConnectError::NeedsSignIn))
            }
        }
    }

    fn keep(&self, listing: Listing) {
        for tool in &listing.left_out {
            self.note(&format!("the tool {} is left out: {}", tool.name, tool.reason));
        }
        let mut known = lock(&self.shared.listing);
        // An equal list keeps its pointer: nothing has changed.
        if known.as_deref() != Some(&listing) {
            *known = Some(Arc::new(listing));
        }
    }

    /// Serves calls until the server ends or is not needed any more.
    async fn serve(&mut self, mut connection: Connection) -> End {
        let began = self.clock.now();
        self.shared.set_state(ServerState::Ready { since: began });
        self.note("ready");
        self.shared.calls.restart_idle_time();
        let caller = connection.caller();
        self.answer_waiting(&caller);
        let tools_changed = Arc::clone(&connection.tools_changed);
        let mut list = ChangedList::default();
        let mut idle_check = tokio::time::interval(IDLE_CHECK);
        let end = loop {
            tokio::select! {
                // What the server has said about its tools comes before the next call of one.
                biased;
                () = self.stop.cancelled() => break End::Stopped,
                ended = connection.ended() => break End::Failed(match ended {
                    Ended::SignedOut(reason) => {
                        // Calls that the server has taken may end, and the refused one hears why.
                        let _ = tokio::time::timeout(SIGNED_OUT_LIMIT, self.shared.calls.until_none()).await;
                        ConnectError::NeedsSignIn(reason)
                    }
                    Ended::Gone => {
                        // Its last words arrive by another pipe, a moment later.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        ConnectError::Gone(last_words(&self.log, began))
                    }
                }),
                () = tools_changed.notified(), if list.is_listened_to() => {
                    if !list.on_change(caller.clone(), self.config.name.clone()) {
                        self.note("it changes its tools all the time; until it is started again they stay as they are");
                    }
                }
                listed = list.read() => {
                    match listed {
                        Some(Ok(listing)) => {
                            self.keep(listing);
                            self.shared.set_state(ServerState::Ready { since: began });
                        }
                        None => self.note("its changed list of tools does not come; calls no longer wait for it"),
                        Some(Err(error)) => self.note(&format!("its changed list of tools cannot be read: {error}")),
                    }
                    self.answer_waiting(&caller);
                }
                _ = idle_check.tick() => {
                    if self.shared.calls.are_idle_for(IDLE_LIMIT) {
                        break End::Idle;
                    }
                }
                command = self.commands.recv() => match command {
                    // It would be compared with a list that does not hold any more.
                    Some(Command::Connect(call)) if list.holds_up_calls() => {
                        self.waiting.push(call);
                        list.hurry();
                    }
                    Some(Command::Connect(call)) => drop(call.send(Ok(caller.clone()))),
                    Some(Command::Restart) => {
                        self.restart_begins();
                        break End::Restart;
                    }
                    None => break End::Stopped,
                },
            }
        };
        connection.close().await;
        end
    }

    /// Lets the calls that wait be made.
    fn answer_waiting(&mut self, caller: &Caller) {
        for call in self.waiting.drain(..) {
            // A call that was stopped meanwhile has nobody who waits.
            let _ = call.send(Ok(caller.clone()));
        }
    }

    /// Tells everybody about a failure. Then waits until the server should be started again (`true`), or rests (`false`); `None`
    /// when the task should end.
    async fn after_failure(&mut self, cause: ConnectError, failures: usize) -> Option<bool> {
        let needs_sign_in = matches!(cause, ConnectError::NeedsSignIn(_));
        self.note(&format!("{}: {cause}", if needs_sign_in { "needs a sign-in" } else { "failed" }));
        for call in self.waiting.drain(..) {
            let _ = call.send(Err(cause.clone()));
        }
        // With a list of its tools the next call is the next try.
        let is_needed = lock(&self.shared.listing).is_none() && !cause.is_lasting();
        let delay = RETRY_DELAYS.get(failures).copied().filter(|_| is_needed);
        let at = self.clock.now();
        let next_try = delay.map(|delay| Timestamp(at.0.saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))));
        self.shared.set_state(match &cause {
            ConnectError::NeedsSignIn(reason) => ServerState::NeedsSignIn { since: at, reason: reason.clone() },
            _ => ServerState::Failed { at, cause: cause.clone(), next_try },
        });
        let failed_at = Instant::now();
        let retry = async move {
            match delay {
                Some(delay) => tokio::time::sleep(delay).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(retry);
        loop {
            let command = tokio::select! {
                () = self.stop.cancelled() => return None,
                () = &mut retry => return Some(true),
                command = self.commands.recv() => command,
            };
            match command {
                Some(Command::Connect(call)) if failed_at.elapsed() < FAILURE_IS_FRESH => {
                    let _ = call.send(Err(cause.clone()));
                }
                Some(Command::Connect(call)) => {
                    self.waiting.push(call);
                    return Some(true);
                }
                Some(Command::Restart) => {
                    self.restart_begins();
                    return Some(true);
                }
                None => return None,
            }
        }
    }

    fn note(&self, text: &str) {
        self.log.push(self.clock.now(), LogSource::GrowQr, text);
        tracing::debug!(server = %self.config.name, "MCP server: {text}");
    }
}
