//! The local host: places agents in this process.
//!
//! One task, the registrar, alone owns the map of awake agents. Requests to it come from [`Host`] handles and from
//! runners that have been idle. An agent that goes to sleep is `Leaving` until its task has ended, so that no agent
//! ever runs twice; letters that come meanwhile wake it again.

use crate::delivery;
use crate::ports::{HostConfig, Ports};
use crate::runner::{self, Happened, Letter, Links, Publisher};
use crate::tidying;
use growqr_core::agent::Input;
use growqr_core::id::{AgentId, MessageId};
use growqr_core::journal::{AgentView, Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Events that a slow subscriber may fall behind; then it reads on from the store.
const BACKLOG: usize = 4_096;

/// Why an agent could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// No such agent.
    #[error("there is no agent {0}")]
    Unknown(AgentId),
    /// Its inbox is full.
    #[error("agent {0} has too many messages waiting")]
    Overloaded(AgentId),
    /// The host is going down.
    #[error("GrowQR is stopping")]
    Stopping,
    /// The message is not recorded.
    #[error("what happened to agent {agent} could not be recorded")]
    Store {
        /// Which agent.
        agent: AgentId,
        /// Why.
        source: StoreError,
    },
}

/// A handle to a running host. Cheap to clone; the host runs until [`Host::stop`].
#[derive(Clone)]
pub struct Host {
    requests: mpsc::Sender<Request>,
    publish: Publisher,
    store: Arc<dyn Store>,
    stop: CancellationToken,
    ended: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
}

struct Request {
    agent: AgentId,
    letter: Letter,
}

impl Host {
    /// Starts a host and takes up what is open: agents at work, and mail on its way.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn start(ports: Ports, config: HostConfig) -> Result<Host, StoreError> {
        let stop = CancellationToken::new();
        let (requests, inbox) = mpsc::channel(config.inbox);
        let (idle_sender, idle) = mpsc::channel(config.inbox);
        let publish = Publisher(broadcast::channel(BACKLOG).0);
        let (mail, changed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let memory = Arc::clone(&ports.memory);
        let store = Arc::clone(&ports.store);
        let open: Vec<AgentId> =
            store.agents().await?.into_iter().filter(|agent| agent.status.is_at_work()).map(|agent| agent.agent).collect();
        let links = Links {
            ports,
            config,
            publish: publish.clone(),
            mail: Arc::clone(&mail),
            idle: idle_sender,
            stop: stop.clone(),
            changed: Arc::clone(&changed),
        };
        let host = Host { requests, publish, store, stop: stop.clone(), ended: Arc::default() };
        let mut registrar = Registrar { links, awake: HashMap::new(), tasks: JoinSet::new(), names: HashMap::new() };
        open.into_iter().for_each(|agent| registrar.wake(agent, Vec::new()));
        let deliverer = host.clone();
        let task = tokio::spawn(async move {
            let tidied = tidying::run(memory, changed, stop.clone());
            tokio::join!(registrar.run(inbox, idle), delivery::run(deliverer, mail, stop), tidied);
        });
        *host.ended.lock().await = Some(task);
        Ok(host)
    }

    /// Says something to an agent as the person. Returns once it is on disk, not once it is answered. To a sub-agent
    /// it goes through the Grow Agent, whose budget pays for it.
    ///
    /// # Errors
    /// [`HostError`]; then nothing was said.
    pub async fn say(&self, agent: &AgentId, id: MessageId, text: String) -> Result<AgentView, HostError> {
        if *agent == AgentId::grow() {
            return self.post(agent, Input::Said { id, text }).await;
        }
        self.known(agent).await?;
        self.post(&AgentId::grow(), Input::Tell { agent: agent.clone(), id, text }).await
    }

    /// Stops an agent's turn and its sub-agents. Does nothing if there is nothing to stop.
    ///
    /// # Errors
    /// [`HostError`]; then nothing was stopped.
    pub async fn cancel(&self, agent: &AgentId) -> Result<AgentView, HostError> {
        self.known(agent).await?;
        self.post(agent, Input::Cancel).await
    }

    /// Everything that happens from now on. A subscriber that falls behind is told so, and reads on from the store.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Happened> {
        self.publish.0.subscribe()
    }

    /// Stops all agents where they are, and returns when their tasks have ended. Open work goes on at the next start.
    pub async fn stop(&self) {
        self.stop.cancel();
        let task = self.ended.lock().await.take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the host ended badly");
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Brings an input to an agent, waking it if need be, and returns once it is recorded.
    pub(crate) async fn post(&self, agent: &AgentId, input: Input) -> Result<AgentView, HostError> {
        let (ack, recorded) = oneshot::channel();
        let request = Request { agent: agent.clone(), letter: Letter { input, ack } };
        self.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => HostError::Overloaded(agent.clone()),
            mpsc::error::TrySendError::Closed(_) => HostError::Stopping,
        })?;
        match recorded.await {
            Ok(Ok(view)) => Ok(view),
            Ok(Err(source)) => Err(HostError::Store { agent: agent.clone(), source }),
            Err(_) if self.stop.is_cancelled() => Err(HostError::Stopping),
            Err(_) => Err(HostError::Overloaded(agent.clone())),
        }
    }

    async fn known(&self, agent: &AgentId) -> Result<AgentView, HostError> {
        match self.store.agent(agent).await {
            Ok(Some(view)) => Ok(view),
            Ok(None) => Err(HostError::Unknown(agent.clone())),
            Err(source) => Err(HostError::Store { agent: agent.clone(), source }),
        }
    }
}

enum Place {
    /// Its inbox, and how many letters were ever put into it.
    Awake(mpsc::Sender<Letter>, u64),
    /// Its inbox is closed and its task is ending; these letters wake it again.
    Leaving(Vec<Letter>),
}

struct Registrar {
    links: Links,
    awake: HashMap<AgentId, Place>,
    tasks: JoinSet<Vec<Letter>>,
    names: HashMap<tokio::task::Id, AgentId>,
}

impl Registrar {
    async fn run(mut self, mut inbox: mpsc::Receiver<Request>, mut idle: mpsc::Receiver<(AgentId, u64)>) {
        let stop = self.links.stop.clone();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => match ended {
                    Ok((task, unread)) => self.ended(task, unread),
                    Err(error) => self.ended(error.id(), Vec::new()),
                },
                Some(request) = inbox.recv() => self.place(request),
                Some((agent, read)) = idle.recv() => self.let_sleep(&agent, read),
            }
        }
        // Refuse what comes from now on, and let every runner notice the stop by itself: it may be saving its state.
        inbox.close();
        self.awake.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    /// A letter that finds no room is dropped with its answer channel; the sender reads that as overloaded.
    fn place(&mut self, request: Request) {
        let Request { agent, letter } = request;
        match self.awake.get_mut(&agent) {
            Some(Place::Leaving(letters)) if letters.len() < self.links.config.inbox => letters.push(letter),
            Some(Place::Leaving(_)) => {}
            Some(Place::Awake(inbox, put)) => match inbox.try_send(letter) {
                Ok(()) => *put += 1,
                Err(mpsc::error::TrySendError::Closed(letter)) => {
                    self.awake.insert(agent, Place::Leaving(vec![letter]));
                }
                Err(mpsc::error::TrySendError::Full(_)) => {}
            },
            None => self.wake(agent, vec![letter]),
        }
    }

    fn wake(&mut self, agent: AgentId, letters: Vec<Letter>) {
        let (sender, inbox) = mpsc::channel(self.links.config.inbox);
        // One that finds no room is dropped, which its sender reads as overloaded.
        let put = letters.into_iter().filter_map(|letter| sender.try_send(letter).ok()).count() as u64;
        let handle = self.tasks.spawn(runner::run(self.links.clone(), agent.clone(), inbox));
        self.names.insert(handle.id(), agent.clone());
        self.awake.insert(agent, Place::Awake(sender, put));
    }

    /// Closes the inbox of an agent that had nothing to do after so many letters, unless it was sent more since.
    fn let_sleep(&mut self, agent: &AgentId, read: u64) {
        if let Some(Place::Awake(_, put)) = self.awake.get(agent)
            && *put == read
        {
            self.awake.insert(agent.clone(), Place::Leaving(Vec::new()));
        }
    }

    /// An agent's task has ended; letters that came too late for it wake the agent again.
    fn ended(&mut self, task: tokio::task::Id, mut unread: Vec<Letter>) {
        let Some(agent) = self.names.remove(&task) else { return };
        if let Some(Place::Leaving(letters)) = self.awake.remove(&agent) {
            unread.extend(letters);
        }
        if !unread.is_empty() {
            self.wake(agent, unread);
        }
    }
}
