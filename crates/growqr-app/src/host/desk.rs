//! The profile as a window uses it: many callers at once, whoever runs the agents, for as long as the window lives.
//!
//! A [`Desk`] is a handle and one task. The task owns the [`Client`], asks one thing after another, and passes on what
//! happens. When the process that ran the agents ends, the task attaches to the next one or runs them itself. Reading
//! goes past the task, straight to the store and the memory.

use crate::check_key;
use crate::error::AppError;
use crate::host::client::Client;
use crate::host::following::Following;
use crate::host::under_way::UnderWay;
use crate::library::Library;
use crate::profile::home::{Environment, Home};
use growqr_wire::{Agent, Push, Reply, Request};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
pub struct Desk {
    environment: Environment,
    library: Arc<Library>,
    asks: mpsc::Sender<Ask>,
    pushes: broadcast::WeakSender<Push>,
    under_way: Arc<Mutex<UnderWay>>,
    is_host: Arc<AtomicBool>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Ask {
    request: Request,
    reply: oneshot::Sender<Result<Reply, AppError>>,
}

impl Desk {
    /// Attaches to the running host, or becomes it.
    ///
    /// # Errors
    /// As [`Client::hosting`], and if what there is cannot be read.
    pub async fn open(home: Home, environment: Environment) -> Result<Desk, AppError> {
        let client = Client::hosting(home.clone(), &environment).await?;
        let library = match Library::open_all(home.clone()).await {
            Ok(library) => Arc::new(library),
            Err(error) => {
                client.close().await;
                return Err(error);
            }
        };
        let (asks, inbox) = mpsc::channel(ASKS);
        let (sender, _) = broadcast::channel(PUSHES);
        let pushes = sender.downgrade();
        let under_way = Arc::default();
        let is_host = Arc::new(AtomicBool::new(!client.is_attached()));
        let stop = CancellationToken::new();
        let own = environment.clone();
        let driver = Driver {
            home,
            environment,
            client: Some(client),
            pushes: sender,
            under_way: Arc::clone(&under_way),
            is_host: Arc::clone(&is_host),
            beside: JoinSet::new(),
        };
        let task = tokio::spawn(driver.run(inbox, stop.clone()));
        Ok(Desk { environment: own, library, asks, pushes, under_way, is_host, stop, task: Mutex::new(Some(task)) })
    }

    /// Asks one thing. Should the host end meanwhile, it is asked again of the next one where twice is the same as once.
    ///
    /// # Errors
    /// [`AppError`]; then nothing was changed, unless it is [`AppError::Protocol`]: then a change of memory may have
    /// been made, and can be looked up.
    pub async fn ask(&self, request: Request) -> Result<Reply, AppError> {
        if let Request::CheckKey { name, value } = &request {
            // No host is needed for it, and what happens meanwhile is not held up by a slow network.
            return Ok(Reply::KeyChecked { check: check_key(self.library.home(), &self.environment, name, &value.0).await? });
        }
        let (reply, answer) = oneshot::channel();
        self.asks.send(Ask { request, reply }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Everything that happens from now on, behind what there is already of answers that are under way. After a change of
    /// host it goes on with [`Push::Missed`].
    #[must_use]
    pub fn follow(&self) -> Following {
        // Held until this follower is there, so that no push falls between the two.
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.pushes.upgrade().map_or_else(|| broadcast::channel(1).1, |sender| sender.subscribe());
        Following::new(under_way.so_far(), receiver)
    }

    /// The reading side, memory included. Its memory methods block on the disk: use [`Desk::read_memory`].
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Reads memory on a thread that may block.
    ///
    /// # Errors
    /// What the work says.
    pub async fn read_memory<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Library) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let library = Arc::clone(&self.library);
        tokio::task::spawn_blocking(move || work(&library)).await.map_err(|error| AppError::Internal(error.to_string()))?
    }

    /// How many agents would stop at their work if this were closed now. None, if another process runs them.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn at_work(&self) -> Result<usize, AppError> {
        if !self.is_host.load(Ordering::Relaxed) {
            return Ok(0);
        }
        Ok(self.library.agents().await?.iter().filter(|agent| Agent::is_at_work(agent)).count())
    }

    /// Ends it in good order. Agents that run here stop where they are and go on at the next start. Followers end.
    pub async fn close(&self) {
        self.stop.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It ends with the token; a panic in it has been reported already.
            let _ = task.await;
        }
    }
}

fn closed() -> AppError {
    AppError::Host(growqr_actors::HostError::Stopping)
}

/// The task behind a desk.
struct Driver {
    home: Home,
    environment: Environment,
    /// `None` while nobody runs the agents.
    client: Option<Client>,
    pushes: broadcast::Sender<Push>,
    under_way: Arc<Mutex<UnderWay>>,
    is_host: Arc<AtomicBool>,
    /// Answers that wait for other programs, and hold nothing up.
    beside: JoinSet<()>,
}

impl Driver {
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
                push = next(&mut self.client) => match push {
                    Some(push) => self.pass_on(push),
                    None => {
                        if let Err(error) = self.connect().await {
                            tracing::warn!(%error, "nobody runs the agents, and this process cannot");
                        }
                    }
                },
            }
        }
        self.beside.shutdown().await;
        if let Some(client) = self.client {
            client.close().await;
        }
    }

    /// Whoever asked may have gone; what was asked is done all the same.
    async fn answer(&mut self, Ask { request, reply }: Ask) {
        let handler = self.client.as_ref().and_then(Client::handler);
        match (request, handler) {
            (request @ Request::LocalServers, Some(handler)) => {
                while self.beside.try_join_next().is_some() {}
                self.beside.spawn(async move {
                    let _ = reply.send(handler.answer(request).await);
                });
            }
            (request, _) => {
                let _ = reply.send(self.ask(request).await);
            }
        }
    }

    async fn ask(&mut self, request: Request) -> Result<Reply, AppError> {
        let again = is_the_same_twice(&request).then(|| request.clone());
        match self.client().await?.ask(request).await {
            Err(lost @ AppError::Protocol { .. }) => {
                self.connect().await?;
                match again {
                    Some(request) => self.client().await?.ask(request).await,
                    None => Err(lost),
                }
            }
            other => other,
        }
    }

    async fn client(&mut self) -> Result<&mut Client, AppError> {
        if self.client.is_none() {
            self.connect().await?;
        }
        self.client.as_mut().ok_or_else(closed)
    }

    /// Finds another host, or becomes it, and tells followers to read on.
    async fn connect(&mut self) -> Result<(), AppError> {
        self.client = None;
        let client = Client::hosting(self.home.clone(), &self.environment).await?;
        self.is_host.store(!client.is_attached(), Ordering::Relaxed);
        self.client = Some(client);
        self.pass_on(Push::Missed);
        Ok(())
    }

    fn pass_on(&self, push: Push) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.take(&push);
        // Nobody may be following just now.
        let _ = self.pushes.send(push);
    }
}

/// The next thing that happens; `None` once it is time to look for a host.
async fn next(client: &mut Option<Client>) -> Option<Push> {
    match client {
        Some(client) => client.next().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the running host is not understood");
            None
        }),
        None => {
            tokio::time::sleep(AGAIN).await;
            None
        }
    }
}

/// Messages carry an id of their own, and settings and keys are as they were set. Changes of memory are not so.
fn is_the_same_twice(request: &Request) -> bool {
    match request {
        Request::WriteMemory { .. } | Request::DeleteMemory { .. } | Request::RestoreMemory { .. } => false,
        Request::Hello { .. }
        | Request::Say { .. }
        | Request::Cancel { .. }
        | Request::Resume { .. }
        | Request::Follow
        | Request::SetSetting { .. }
        | Request::SetKey { .. }
        | Request::CheckKey { .. }
        | Request::Keys
        | Request::LocalServers => true,
    }
}
