//! A client of one profile: asks and follows, whether the agents run in this process or in another.
//!
//! A [`Client`] is a handle and one task. The task owns the [`Connection`], answers one request after another, and passes
//! on what happens. A request that may be answered beside others gets a task of its own. When the process that ran the
//! agents ends, the task of a lasting client attaches to the next one or runs the agents itself; any other client ends.

use crate::error::AppError;
use crate::host::connection::{Connection, attach};
use crate::host::following::Following;
use crate::host::under_way::UnderWay;
use crate::host::without;
use crate::profile::home::{Environment, Home};
use growqr_wire::{Needs, Push, Reply, Request, VERSION};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Requests that may wait at once.
const ASKS: usize = 64;

/// Pushes that a slow follower may be behind before it misses some.
const PUSHES: usize = 1024;

/// How long to wait before trying again, when no host could be reached and none could be started.
const AGAIN: Duration = Duration::from_secs(2);

/// A handle on one profile. Shared by reference; every method may be called at the same time as any other.
pub struct Client {
    asks: mpsc::Sender<Ask>,
    shared: Arc<Shared>,
    pushes: broadcast::WeakSender<Push>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Ask {
    request: Request,
    reply: oneshot::Sender<Result<Reply, AppError>>,
}

/// What the task tells its handles.
#[derive(Default)]
struct Shared {
    under_way: Mutex<UnderWay>,
    is_attached: AtomicBool,
    /// Why the connection ended, if the other end sent something strange.
    failure: Mutex<Option<AppError>>,
}

/// The event stream of a client: everything that happens from the moment at which the client was opened.
pub struct Events {
    pushes: broadcast::Receiver<Push>,
    shared: Arc<Shared>,
}

/// Asks one thing, with a client for this request alone.
///
/// # Errors
/// As [`Client::open`] and [`Client::ask`].
pub async fn ask(home: Home, environment: &Environment, request: Request) -> Result<Reply, AppError> {
    let (client, _) = Client::open(home, environment, request.class().needs).await?;
    let reply = client.ask(request).await;
    client.close().await;
    reply
}

impl Client {
    /// Attaches to the running host, or provides in this process what is needed. Ends when the host ends.
    ///
    /// # Errors
    /// [`AppError::Held`] if a process holds the profile and does not answer; else what opening says.
    pub async fn open(home: Home, environment: &Environment, needs: Needs) -> Result<(Client, Events), AppError> {
        Client::start(home, environment, needs, false).await
    }

    /// Attaches to the running host, or becomes it; and does so again when the host ends.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub(crate) async fn open_lasting(home: Home, environment: &Environment) -> Result<Client, AppError> {
        let (client, _) = Client::start(home, environment, Needs::Host, true).await?;
        Ok(client)
    }

    async fn start(home: Home, environment: &Environment, needs: Needs, is_lasting: bool) -> Result<(Client, Events), AppError> {
        let connection = Connection::open(&home, environment, needs).await?;
        let shared = Arc::new(Shared { is_attached: AtomicBool::new(connection.is_attached()), ..Shared::default() });
        let (asks, inbox) = mpsc::channel(ASKS);
        let (sender, receiver) = broadcast::channel(PUSHES);
        let pushes = sender.downgrade();
        let stop = CancellationToken::new();
        let task = Task {
            home,
            environment: environment.clone(),
            needs,
            is_lasting,
            connection: Some(connection),
            pushes: sender,
            shared: Arc::clone(&shared),
            beside: JoinSet::new(),
        };
        let task = Mutex::new(Some(tokio::spawn(task.run(inbox, stop.clone()))));
        let events = Events { pushes: receiver, shared: Arc::clone(&shared) };
        Ok((Client { asks, shared, pushes, stop, task }, events))
    }

    /// Asks one thing. If the host of a lasting client ends meanwhile, a repeatable request is asked again of the next.
    ///
    /// # Errors
    /// [`AppError`]; then nothing was changed, unless it is [`AppError::Protocol`]: then a change of memory may have
    /// been made, and can be looked up.
    pub async fn ask(&self, request: Request) -> Result<Reply, AppError> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(Ask { request, reply }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Everything that happens from now on, behind what there is already of answers that are under way. After a change of
    /// host it goes on with [`Push::Missed`].
    #[must_use]
    pub fn follow(&self) -> Following {
        // Held until this follower is there, so that no push falls between the two.
        let under_way = locked(&self.shared.under_way);
        let receiver = self.pushes.upgrade().map_or_else(|| broadcast::channel(1).1, |sender| sender.subscribe());
        Following::new(under_way.so_far(), receiver)
    }

    /// Whether another process runs the agents.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.shared.is_attached.load(Ordering::Relaxed)
    }

    /// Ends it in good order. Agents that run here stop where they are and go on at the next start. Followers end.
    pub async fn close(&self) {
        self.stop.cancel();
        let task = locked(&self.task).take();
        if let Some(task) = task {
            // It ends with the token; a panic in it has been reported already.
            let _ = task.await;
        }
    }
}

impl Events {
    /// The next thing that happens, [`Push::Missed`] where this reader was too slow; `None` once the host has ended or the
    /// client is closed. Safe to drop half-way.
    ///
    /// # Errors
    /// If the other end sent something that this program does not understand.
    pub async fn next(&mut self) -> Result<Option<Push>, AppError> {
        match self.pushes.recv().await {
            Ok(push) => Ok(Some(push)),
            Err(broadcast::error::RecvError::Lagged(_)) => Ok(Some(Push::Missed)),
            Err(broadcast::error::RecvError::Closed) => locked(&self.shared.failure).take().map_or(Ok(None), Err),
        }
    }
}

fn closed() -> AppError {
    AppError::Host(growqr_actors::PostError::Stopping)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The task behind a client.
struct Task {
    home: Home,
    environment: Environment,
    needs: Needs,
    is_lasting: bool,
    /// `None` while a lasting client has found no host and could not become it.
    connection: Option<Connection>,
    pushes: broadcast::Sender<Push>,
    shared: Arc<Shared>,
    /// Answers that wait for other programs, and hold nothing up.
    beside: JoinSet<()>,
}

impl Task {
    /// Stop first, then requests, then what happens.
    async fn run(mut self, mut asks: mpsc::Receiver<Ask>, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                ask = asks.recv() => match ask {
                    Some(ask) => self.answer(ask).await,
                    None => break,
                },
                push = next(&mut self.connection) => match push {
                    Ok(Some(push)) => self.pass_on(push),
                    ended => if !self.goes_on(ended.err()).await {
                        break;
                    },
                },
            }
        }
        self.beside.shutdown().await;
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }

    /// Whoever asked may have gone; what was asked is done all the same.
    async fn answer(&mut self, Ask { request, reply }: Ask) {
        if request.class().beside {
            while self.beside.try_join_next().is_some() {}
            let answer = self.answer_beside(request);
            self.beside.spawn(async move { drop(reply.send(answer.await)) });
            return;
        }
        let again = (self.is_lasting && request.class().repeatable).then(|| request.clone());
        let answered = match (self.send(request).await, again) {
            (Err(lost @ AppError::Protocol { .. }), again) if self.is_lasting => match (self.connect().await, again) {
                (Ok(()), Some(request)) => self.send(request).await,
                (Ok(()), None) => Err(lost),
                (Err(error), _) => Err(error),
            },
            (answered, _) => answered,
        };
        let _ = reply.send(answered);
    }

    async fn send(&mut self, request: Request) -> Result<Reply, AppError> {
        if self.connection.is_none() {
            self.connect().await?;
        }
        match self.connection.as_mut().ok_or_else(closed)? {
            Connection::Attached(attached) => attached.call(request).await,
            Connection::Hosting(hosting, _) => hosting.handler().answer(request).await,
            Connection::Holding(handler) => handler.answer(request).await,
            Connection::Nobody => without::answer(&self.home, &self.environment, request).await,
        }
    }

    /// Another host is asked over a connection of its own, since a connection answers one request after another.
    fn answer_beside(&self, request: Request) -> impl Future<Output = Result<Reply, AppError>> + Send + 'static {
        let handler = self.connection.as_ref().and_then(Connection::handler).cloned();
        let (home, environment) = (self.home.clone(), self.environment.clone());
        async move {
            if let Some(handler) = handler {
                return handler.answer(request).await;
            }
            match attach(&home, &[Request::Hello { version: VERSION }]).await {
                Ok(Some(mut attached)) => attached.call(request).await,
                Ok(None) | Err(_) => without::answer(&home, &environment, request).await,
            }
        }
    }

    /// What follows when the host has ended. `false`: this client ends too.
    async fn goes_on(&mut self, failure: Option<AppError>) -> bool {
        if !self.is_lasting {
            *locked(&self.shared.failure) = failure;
            return false;
        }
        if let Some(error) = failure {
            tracing::warn!(%error, "the running host is not understood");
        }
        if let Err(error) = self.connect().await {
            tracing::warn!(%error, "nobody runs the agents, and this process cannot");
        }
        true
    }

    /// Finds another host, or becomes it, and tells followers to read on.
    async fn connect(&mut self) -> Result<(), AppError> {
        self.connection = None;
        let connection = Connection::open(&self.home, &self.environment, self.needs).await?;
        self.shared.is_attached.store(connection.is_attached(), Ordering::Relaxed);
        self.connection = Some(connection);
        self.pass_on(Push::Missed);
        Ok(())
    }

    fn pass_on(&self, push: Push) {
        let mut under_way = locked(&self.shared.under_way);
        under_way.take(&push);
        // Nobody may be following just now.
        let _ = self.pushes.send(push);
    }
}

/// The next thing that happens; `None` once it is time to look for a host.
async fn next(connection: &mut Option<Connection>) -> Result<Option<Push>, AppError> {
    match connection {
        Some(connection) => connection.next().await,
        None => {
            tokio::time::sleep(AGAIN).await;
            Ok(None)
        }
    }
}
