//! The local placement: agents in this process.
//!
//! One task, the registrar, owns the map of awake agents. It gets requests from [`LocalHost`] handles and from idle runners. An
//! agent that goes to sleep is `Closing` until its task has ended, so that no agent runs twice. Items that arrive meanwhile
//! wake it again.

use crate::health::{Health, StopCause};
use crate::host_board::HostBoard;
use crate::notification::Notification;
use crate::placement::{Inbox, InboxItem, Placement, PostError, Posted};
use crate::ports::{HostConfig, Ports};
use crate::runner_host::RunnerHost;
use crate::supervisor::{self, RunnerDeps};
use async_trait::async_trait;
use growqr_core::agent::Input;
use growqr_core::id::AgentId;
use growqr_core::journal::{AgentView, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// A handle to the agents of this process. Cheap to clone. The agents run until [`Placement::stop`].
#[derive(Clone)]
pub struct LocalHost {
    requests: mpsc::Sender<Request>,
    board: Arc<HostBoard>,
    stop: CancellationToken,
    task: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
}

enum Request {
    Post(AgentId, Box<InboxItem>),
    Wake(AgentId),
}

impl LocalHost {
    /// Starts a host and resumes open work: agents at work, and undelivered mail.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn start(ports: Ports, config: HostConfig) -> Result<LocalHost, StoreError> {
        let stop = CancellationToken::new();
        let (requests, inbox) = mpsc::channel(config.inbox);
        let (idle_sender, idle) = mpsc::channel(config.inbox);
        let started = ports.clock.now();
        let at_work: Vec<AgentView> = ports.store.agents().await?.into_iter().filter(|agent| agent.status.is_at_work()).collect();
        let board = Arc::new(HostBoard::new(&ports, &at_work));
        let runner_host = LocalRunnerHost { board: Arc::clone(&board), idle: idle_sender };
        let deps = RunnerDeps { ports, config, host: Arc::new(runner_host), started, stop: stop.clone() };
        let host = LocalHost { requests, board: Arc::clone(&board), stop: stop.clone(), task: Arc::default() };
        let mut registrar = Registrar { deps, slots: HashMap::new(), tasks: JoinSet::new(), agents_by_task: HashMap::new() };
        at_work.into_iter().for_each(|agent| registrar.start_task(agent.agent, Vec::new()));
        let placement: Arc<dyn Placement> = Arc::new(host.clone());
        let task = tokio::spawn(async move {
            tokio::join!(registrar.run(inbox, idle), board.run(placement, stop));
        });
        *host.task.lock().await = Some(task);
        Ok(host)
    }

    /// For tests: ends everything at once, like a kill of the process. Saves nothing.
    pub async fn kill(&self) {
        if let Some(task) = self.task.lock().await.take() {
            task.abort();
            // The abort makes the task return an error, which is expected.
            let _ = task.await;
        }
    }

    fn send_request(&self, agent: &AgentId, request: Request) -> Result<(), PostError> {
        self.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => PostError::Overloaded(agent.clone()),
            mpsc::error::TrySendError::Closed(_) => PostError::Stopping,
        })
    }
}

#[async_trait]
impl Placement for LocalHost {
    async fn post(&self, agent: &AgentId, input: Input) -> Result<Posted, PostError> {
        let (sender, recorded) = oneshot::channel();
        // The sender may have stopped waiting; the input is recorded anyway.
        let ack = Box::new(move |posted| drop(sender.send(posted)));
        self.send_request(agent, Request::Post(agent.clone(), Box::new(InboxItem { input, ack })))?;
        match recorded.await {
            Ok(Ok(posted)) => Ok(posted),
            Ok(Err(StopCause::Store(source))) => Err(PostError::Store { agent: agent.clone(), source }),
            Ok(Err(StopCause::Panic(message))) => Err(PostError::Crashed { agent: agent.clone(), message }),
            Err(_) if self.stop.is_cancelled() || self.requests.is_closed() => Err(PostError::Stopping),
            Err(_) => Err(PostError::Overloaded(agent.clone())),
        }
    }

    async fn wake(&self, agent: &AgentId) -> Result<(), PostError> {
        self.send_request(agent, Request::Wake(agent.clone()))
    }

    fn subscribe(&self) -> broadcast::Receiver<Notification> {
        self.board.subscribe()
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.board.health()
    }

    async fn stop(&self) {
        self.stop.cancel();
        // It stays in its place until it has ended: a caller that is cancelled leaves it to the next one.
        let mut task = self.task.lock().await;
        if let Some(running) = &mut *task {
            if let Err(error) = running.await {
                tracing::error!(%error, "the task of the host failed");
            }
            *task = None;
        }
    }
}

/// The runners' connection to their host.
struct LocalRunnerHost {
    board: Arc<HostBoard>,
    idle: mpsc::Sender<(AgentId, u64)>,
}

#[async_trait]
impl RunnerHost for LocalRunnerHost {
    fn board(&self) -> &HostBoard {
        &self.board
    }

    async fn report_idle(&self, agent: &AgentId, read: u64) -> bool {
        self.idle.send((agent.clone(), read)).await.is_ok()
    }
}

#[async_trait]
impl Inbox for mpsc::Receiver<InboxItem> {
    async fn next(&mut self) -> Option<InboxItem> {
        self.recv().await
    }

    fn close(&mut self) -> Vec<InboxItem> {
        mpsc::Receiver::close(self);
        std::iter::from_fn(|| self.try_recv().ok()).collect()
    }
}

enum AgentSlot {
    /// Its inbox, and the number of items that were ever put into it.
    Awake(mpsc::Sender<InboxItem>, u64),
    /// Its inbox is closed and its task is ending. Afterwards, the items that arrived meanwhile wake it again; so does a wake
    /// request (`true`).
    Closing(Vec<InboxItem>, bool),
}

struct Registrar {
    deps: RunnerDeps,
    slots: HashMap<AgentId, AgentSlot>,
    tasks: JoinSet<Vec<InboxItem>>,
    agents_by_task: HashMap<tokio::task::Id, AgentId>,
}

impl Registrar {
    async fn run(mut self, mut inbox: mpsc::Receiver<Request>, mut idle: mpsc::Receiver<(AgentId, u64)>) {
        let stop = self.deps.stop.clone();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => match ended {
                    Ok((task, unread)) => self.on_task_end(task, unread),
                    Err(error) => {
                        tracing::error!(%error, "the task of an agent failed");
                        self.on_task_end(error.id(), Vec::new());
                    }
                },
                Some(request) = inbox.recv() => match request {
                    Request::Post(agent, item) => self.enqueue(agent, *item),
                    Request::Wake(agent) => self.wake(agent),
                },
                Some((agent, read)) = idle.recv() => self.close_if_idle(&agent, read),
            }
        }
        // Refuse new requests. Each runner notices the stop token itself and is not aborted: it may be saving its state.
        inbox.close();
        idle.close();
        self.slots.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    /// If the inbox is full, drops the item with its answer channel, which the sender reads as [`PostError::Overloaded`].
    fn enqueue(&mut self, agent: AgentId, item: InboxItem) {
        match self.slots.get_mut(&agent) {
            Some(AgentSlot::Closing(items, _)) if items.len() < self.deps.config.inbox => items.push(item),
            Some(AgentSlot::Closing(..)) => {}
            Some(AgentSlot::Awake(inbox, enqueued)) => match inbox.try_send(item) {
                Ok(()) => *enqueued += 1,
                Err(mpsc::error::TrySendError::Closed(item)) => {
                    self.slots.insert(agent, AgentSlot::Closing(vec![item], false));
                }
                Err(mpsc::error::TrySendError::Full(_)) => {}
            },
            None => self.start_task(agent, vec![item]),
        }
    }

    /// Wakes an agent that is asleep; one whose task is ending is woken after that.
    fn wake(&mut self, agent: AgentId) {
        match self.slots.get_mut(&agent) {
            None => self.start_task(agent, Vec::new()),
            Some(AgentSlot::Closing(_, wakes_again)) => *wakes_again = true,
            // Its task is ending because of an error.
            Some(AgentSlot::Awake(inbox, _)) if inbox.is_closed() => {
                self.slots.insert(agent, AgentSlot::Closing(Vec::new(), true));
            }
            Some(AgentSlot::Awake(..)) => {}
        }
    }

    /// Starts the task of an agent that has none.
    fn start_task(&mut self, agent: AgentId, items: Vec<InboxItem>) {
        let (sender, inbox) = mpsc::channel(self.deps.config.inbox);
        // If the inbox is full, the item is dropped and its sender gets `Overloaded`.
        let enqueued = items.into_iter().filter_map(|item| sender.try_send(item).ok()).count() as u64;
        let handle = self.tasks.spawn(supervisor::run(self.deps.clone(), agent.clone(), inbox));
        self.agents_by_task.insert(handle.id(), agent.clone());
        self.slots.insert(agent, AgentSlot::Awake(sender, enqueued));
    }

    /// Closes the inbox of an idle agent, unless more items were put into it than the `read` ones that the agent has read.
    fn close_if_idle(&mut self, agent: &AgentId, read: u64) {
        if let Some(AgentSlot::Awake(_, enqueued)) = self.slots.get(agent)
            && *enqueued == read
        {
            self.slots.insert(agent.clone(), AgentSlot::Closing(Vec::new(), false));
        }
    }

    /// Called when an agent's task has ended. Items that it did not read wake the agent again.
    fn on_task_end(&mut self, task: tokio::task::Id, mut unread: Vec<InboxItem>) {
        let Some(agent) = self.agents_by_task.remove(&task) else { return };
        let mut wakes_again = false;
        if let Some(AgentSlot::Closing(items, wake)) = self.slots.remove(&agent) {
            unread.extend(items);
            wakes_again = wake;
        }
        if wakes_again || !unread.is_empty() {
            self.start_task(agent, unread);
        }
    }
}
