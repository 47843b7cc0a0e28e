//! A client of one profile: sends requests and subscribes to events, whether the agents run in this process or in
//! another.
//!
//! A [`Client`] is a handle on one task. The task owns the [`Connection`], has requests answered side by side (those of one lane
//! in their order, here or in the host process), and passes pushes on to subscribers. When the host process ends, the task of a
//! reconnecting client attaches to the next host or becomes the host itself; the task of any other client ends.

use crate::error::AppError;
use crate::host::connection::Connection;
use crate::host::host_connection::{ANSWER_TIMEOUT, Incoming, lost, timed_out};
use crate::host::lanes::Lanes;
use crate::host::no_host;
use crate::host::streaming_answers::StreamingAnswers;
use crate::host::subscription::Subscription;
use crate::profile::location::{Environment, Profile};
use growqr_core::id::AgentId;
use growqr_wire::{Error, Needs, Push, Reply, Request, Response};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many requests may wait at the same time.
const REQUEST_QUEUE: usize = 64;

/// How long a client that is closed waits for requests under way, which may wait for the keychain.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How many pushes a slow subscriber may be behind before it misses some.
const PUSH_BUFFER: usize = 1024;

/// Pause before the next attempt, when no host could be reached and none could be started.
const RECONNECT_PAUSE: Duration = Duration::from_secs(2);

/// A handle on one profile. Shared by reference; all methods may be called concurrently.
pub struct Client {
    requests: mpsc::Sender<QueuedRequest>,
    shared: Arc<Shared>,
    pushes: broadcast::WeakSender<Push>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct QueuedRequest {
    request: Request,
    reply: oneshot::Sender<Result<Reply, AppError>>,
}

/// State that the task shares with its handles.
#[derive(Default)]
struct Shared {
    streaming: Mutex<StreamingAnswers>,
    is_attached: AtomicBool,
    /// How many clients of other processes end with the host in this process; `None` if it is in another one.
    clients: Mutex<Option<watch::Receiver<usize>>>,
    /// Why the connection ended, if the host sent something that this program does not understand.
    failure: Mutex<Option<AppError>>,
}

/// The event stream of a client, from the moment at which the client was opened.
pub struct Events {
    pushes: broadcast::Receiver<Push>,
    shared: Arc<Shared>,
}

/// Sends one request, with a client for this request alone.
///
/// # Errors
/// As [`Client::open`] and [`Client::send`].
pub async fn send_request(profile: Profile, environment: &Environment, request: Request) -> Result<Reply, AppError> {
    let (client, _) = Client::open(profile, environment, request.class().needs).await?;
    let reply = client.send(request).await;
    client.close().await;
    reply
}

impl Client {
    /// Attaches to the running host, or provides in this process what `needs` names. The client ends when the host
    /// ends.
    ///
    /// # Errors
    /// [`AppError::LockHolderNotAnswering`] if a process holds the profile lock and does not answer; else the errors of
    /// opening the profile.
    pub async fn open(profile: Profile, environment: &Environment, needs: Needs) -> Result<(Client, Events), AppError> {
        Client::start(profile, environment, needs, false).await
    }

    /// Attaches to the running host, or becomes the host; and does so again whenever the host ends.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub(crate) async fn open_reconnecting(profile: Profile, environment: &Environment) -> Result<Client, AppError> {
        let (client, _) = Client::start(profile, environment, Needs::Host, true).await?;
        Ok(client)
    }

    async fn start(
        profile: Profile,
        environment: &Environment,
        needs: Needs,
        reconnects: bool,
    ) -> Result<(Client, Events), AppError> {
        let connection = Connection::open(&profile, environment, needs, reconnects, &CancellationToken::new()).await?;
        Ok(Client::over(connection, profile, environment, needs, reconnects))
    }

    /// A client over an open connection.
    fn over(
        connection: Connection,
        profile: Profile,
        environment: &Environment,
        needs: Needs,
        reconnects: bool,
    ) -> (Client, Events) {
        let is_attached = AtomicBool::new(connection.is_attached());
        let shared = Arc::new(Shared { is_attached, clients: Mutex::new(connection.clients()), ..Shared::default() });
        let (requests, inbox) = mpsc::channel(REQUEST_QUEUE);
        let (sender, receiver) = broadcast::channel(PUSH_BUFFER);
        let pushes = sender.downgrade();
        let stop = CancellationToken::new();
        let task = Task {
            profile,
            environment: environment.clone(),
            needs,
            reconnects,
            connection: Some(connection),
            no_host: None,
            stop: stop.clone(),
            pushes: sender,
            shared: Arc::clone(&shared),
            lanes: Lanes::default(),
            under_way: JoinSet::new(),
            sent: BTreeMap::new(),
        };
        let task = Mutex::new(Some(tokio::spawn(task.run(inbox))));
        let events = Events { pushes: receiver, shared: Arc::clone(&shared) };
        (Client { requests, shared, pushes, stop, task }, events)
    }

    /// Sends one request and waits for its answer. If the host of a reconnecting client ends meanwhile, a repeatable
    /// request is sent again to the next host.
    ///
    /// # Errors
    /// [`AppError`]; then nothing was changed, unless it is [`AppError::Protocol`]: then memory may have been changed,
    /// which the caller can look up. [`AppError::TooManyRequests`] if too many requests of the same lane are under way.
    pub async fn send(&self, request: Request) -> Result<Reply, AppError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(QueuedRequest { request, reply }).await.map_err(|_| AppError::stopping())?;
        answer.await.map_err(|_| AppError::stopping())?
    }

    /// Subscribes to everything that happens from now on. The stream begins with the parts that have already arrived of
    /// answers that are still streaming. After a change of host the stream continues with [`Push::Missed`].
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        // Locked until the subscription exists, so that no push is lost between the two.
        let streaming = locked(&self.shared.streaming);
        let receiver = self.pushes.upgrade().map_or_else(|| broadcast::channel(1).1, |sender| sender.subscribe());
        Subscription::new(streaming.backlog(), receiver)
    }

    /// Whether another process runs the agents.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.shared.is_attached.load(Ordering::Relaxed)
    }

    /// Whether other processes use the host in this process and end with it when the client is closed. A window does not: it
    /// becomes the host.
    #[must_use]
    pub fn is_used_by_others(&self) -> bool {
        locked(&self.shared.clients).as_ref().is_some_and(|clients| *clients.borrow() > 0)
    }

    /// Returns once no other process ends with the host in this process.
    pub async fn until_unused(&self) {
        let clients = locked(&self.shared.clients).clone();
        if let Some(mut clients) = clients {
            // An error means that the host has ended.
            let _ = clients.wait_for(|count| *count == 0).await;
        }
    }

    /// Closes the client. Agents that run in this process stop where they are and continue at the next start.
    /// Subscriptions end.
    pub async fn close(&self) {
        self.stop.cancel();
        let task = locked(&self.task).take();
        if let Some(task) = task {
            // The task ends when the token is cancelled; a panic in the task has been reported already.
            let _ = task.await;
        }
    }
}

impl Events {
    /// The next push; [`Push::Missed`] if this reader was too slow; `None` once the host has ended or the client is
    /// closed. Cancel-safe.
    ///
    /// # Errors
    /// If the host sent something that this program does not understand.
    pub async fn next(&mut self) -> Result<Option<Push>, AppError> {
        match self.pushes.recv().await {
            Ok(push) => Ok(Some(push)),
            Err(broadcast::error::RecvError::Lagged(_)) => Ok(Some(Push::Missed)),
            Err(broadcast::error::RecvError::Closed) => locked(&self.shared.failure).take().map_or(Ok(None), Err),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The task behind a client.
struct Task {
    profile: Profile,
    environment: Environment,
    needs: Needs,
    reconnects: bool,
    /// `None` while a reconnecting client has found no host and could not become the host.
    connection: Option<Connection>,
    /// The last attempt to connect, if it has failed.
    no_host: Option<NoHost>,
    stop: CancellationToken,
    pushes: broadcast::Sender<Push>,
    shared: Arc<Shared>,
    /// The order of the requests that are answered in this process.
    lanes: Lanes,
    /// Requests that are answered in this process.
    under_way: JoinSet<()>,
    /// Requests that another process answers, by the number of the request.
    sent: BTreeMap<u64, SentRequest>,
}

/// A failed attempt to connect.
struct NoHost {
    error: Error,
    retry_at: Instant,
}

/// A request that another process answers.
struct SentRequest {
    /// For the next host, if this one ends.
    retry: Option<Request>,
    reply: oneshot::Sender<Result<Reply, AppError>>,
    deadline: Instant,
}

impl Task {
    /// Checks for the stop signal first, then for requests, then for what the host sends.
    async fn run(mut self, mut requests: mpsc::Receiver<QueuedRequest>) {
        let stop = self.stop.clone();
        loop {
            let retry_at = self.no_host.as_ref().map_or_else(Instant::now, |no_host| no_host.retry_at);
            // The deadlines have the order of the requests.
            let deadline = self.sent.first_key_value().map(|(_, sent)| sent.deadline);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                queued = requests.recv() => match queued {
                    Some(queued) => self.answer(queued).await,
                    None => break,
                },
                Some(_) = self.under_way.join_next() => {}
                incoming = next_incoming(&mut self.connection, retry_at) => match incoming {
                    Ok(Some(Incoming::Push(push))) => self.publish(push),
                    Ok(Some(Incoming::Answer(answer))) => self.answered(answer),
                    ended => if !self.after_host_end(ended.err()).await {
                        break;
                    },
                },
                () = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    if let Some((_, late)) = self.sent.pop_first() {
                        let _ = late.reply.send(Err(timed_out()));
                    }
                }
            }
        }
        self.close_connection().await;
    }

    /// Closes the connection. A host of this process must not have requests under way then.
    async fn close_connection(&mut self) {
        let end = async { while self.under_way.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, end).await;
        self.under_way.shutdown().await;
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    /// Has one request answered. If the caller has gone, the request is performed all the same. Without a connection the last
    /// attempt counts until it is time for the next one: each attempt can take seconds.
    async fn answer(&mut self, QueuedRequest { request, reply }: QueuedRequest) {
        if self.connection.is_none() {
            let connected = match &self.no_host {
                Some(no_host) if Instant::now() < no_host.retry_at => Err(no_host.error.clone()),
                _ => self.connect().await,
            };
            if let Err(error) = connected {
                let _ = reply.send(Err(AppError::ErrorReply(error)));
                return;
            }
        }
        if let Some(handler) = self.connection.as_ref().and_then(Connection::handler).cloned() {
            self.answer_here(request, reply, move |request| async move { handler.answer(request).await });
            return;
        }
        let retry = (self.reconnects && request.class().repeatable).then(|| request.clone());
        match &mut self.connection {
            Some(Connection::Attached(host)) => match host.send(request) {
                Ok(number) => {
                    let deadline = Instant::now() + ANSWER_TIMEOUT;
                    self.sent.insert(number, SentRequest { retry, reply, deadline });
                }
                Err(error) => drop(reply.send(Err(error))),
            },
            _ => {
                let (profile, environment) = (self.profile.clone(), self.environment.clone());
                let answer = move |request| async move { no_host::answer(&profile, &environment, request).await };
                self.answer_here(request, reply, answer);
            }
        }
    }

    /// Answers a request in this process, after the earlier ones of its lane.
    fn answer_here<F>(
        &mut self,
        request: Request,
        reply: oneshot::Sender<Result<Reply, AppError>>,
        answer: impl FnOnce(Request) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<Reply, AppError>> + Send,
    {
        let Some(mut ticket) = self.lanes.enter(request.lane()) else {
            let _ = reply.send(Err(AppError::TooManyRequests));
            return;
        };
        self.under_way.spawn(async move {
            ticket.turn().await;
            let _ = reply.send(answer(request).await);
        });
    }

    /// Another process has answered a request.
    fn answered(&mut self, answer: Response) {
        if let Some(sent) = self.sent.remove(&answer.id) {
            let _ = sent.reply.send(answer.result.map_err(AppError::ErrorReply));
        }
    }

    /// Called when the host has ended. Returns false if this client ends too. Requests that may be repeated go to the next host, in
    /// their order.
    async fn after_host_end(&mut self, failure: Option<AppError>) -> bool {
        let unanswered = std::mem::take(&mut self.sent);
        if !self.reconnects {
            *locked(&self.shared.failure) = failure;
            unanswered.into_values().for_each(|sent| drop(sent.reply.send(Err(lost()))));
            return false;
        }
        if let Some(error) = failure {
            tracing::warn!(%error, "the host has ended with an error");
            if matches!(error, AppError::ClaimLost { .. }) {
                self.publish(Push::Stopped { agent: AgentId::grow().to_string(), error: error.into() });
            }
        }
        let failure = self.connect().await.err();
        for SentRequest { retry, reply, .. } in unanswered.into_values() {
            match (retry, &failure) {
                (Some(request), None) => self.answer(QueuedRequest { request, reply }).await,
                // Each would wait as long for a connection as this one has.
                (Some(_), Some(error)) => drop(reply.send(Err(AppError::ErrorReply(error.clone())))),
                (None, _) => drop(reply.send(Err(lost()))),
            }
        }
        true
    }

    /// Attaches to another host or becomes the host, and sends [`Push::Missed`] to subscribers. Ends when the client is closed.
    async fn connect(&mut self) -> Result<(), Error> {
        self.close_connection().await;
        let opened = Connection::open(&self.profile, &self.environment, self.needs, self.reconnects, &self.stop).await;
        let connection = opened.map_err(|error| self.record_failure(error.into()))?;
        self.no_host = None;
        self.shared.is_attached.store(connection.is_attached(), Ordering::Relaxed);
        *locked(&self.shared.clients) = connection.clients();
        self.connection = Some(connection);
        self.publish(Push::Missed);
        Ok(())
    }

    /// Warns about a failed attempt to connect, unless the one before failed for the same reason.
    fn record_failure(&mut self, error: Error) -> Error {
        if !self.stop.is_cancelled() && self.no_host.as_ref().is_none_or(|no_host| no_host.error != error) {
            tracing::warn!(%error, "no process runs the agents, and this process cannot run them; trying again until one can");
        }
        self.no_host = Some(NoHost { error: error.clone(), retry_at: Instant::now() + RECONNECT_PAUSE });
        error
    }

    fn publish(&self, push: Push) {
        let mut streaming = locked(&self.shared.streaming);
        streaming.record(&push);
        // Fails if there is no subscriber now.
        let _ = self.pushes.send(push);
    }
}

/// What the host sends next; `None` when it is time to look for a host, which is `retry_at` if there is no connection.
async fn next_incoming(connection: &mut Option<Connection>, retry_at: Instant) -> Result<Option<Incoming>, AppError> {
    match connection {
        Some(connection) => connection.next().await,
        None => {
            tokio::time::sleep_until(retry_at).await;
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests;
