//! A profile's placement on the engine.
//!
//! An input goes to its agent through the engine, which wakes the agent on one of its nodes. Mail is delivered, deadlines are kept,
//! and scheduled work is begun by each node that has the profile open: a mail that comes twice is received once, and an occurrence
//! of a schedule is claimed by one node, in a transaction of the store. A node that has died is noticed by the alarms of its
//! agents, and by the others, which look at intervals for agents at work that nobody runs.

use super::error_text::error_text;
use super::exchange::{AGENT, Outcome, Post, Wake, can_be_sent_again};
use super::open_profiles::{OpenProfiles, ProfileHost};
use crate::metrics::Metrics;
use async_trait::async_trait;
use growqr_actors::{Health, HostBoard, HostConfig, Notification, Placement, Ports, PostError, Posted, StopCause};
use growqr_core::agent::Input;
use growqr_core::id::{AgentId, ProfileId};
use growqr_core::journal::{AgentView, StoreError};
use rivetkit::Action;
use rivetkit::client::{Client, GetOrCreateOptions};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The first and the longest wait before an input is sent again.
const FIRST_RETRY: Duration = Duration::from_millis(5);
const LONGEST_RETRY: Duration = Duration::from_millis(500);

/// How long an agent may not be reached before a person or a program is told.
const SENDER_LIMIT: Duration = Duration::from_secs(40);

/// The same for the tasks of the board: while mail waits for one agent, no other gets any. They try again later.
const BOARD_LIMIT: Duration = Duration::from_secs(10);

/// How often a node looks for work that nobody does.
const LOOK: Duration = Duration::from_secs(30);

/// Number of agents that are woken at the same time.
const WAKES: usize = 16;

/// Why a profile could not be opened on a node.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It is open there already.
    #[error("the profile {0} is already open on this node")]
    IsOpen(ProfileId),
    /// Its store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A handle to the agents of a profile on an engine. Cheap to clone.
#[derive(Clone)]
pub struct EngineHost {
    inner: Arc<Inner>,
    /// How long a call may take before its sender is told that the agent cannot be reached.
    limit: Duration,
}

struct Inner {
    id: ProfileId,
    profile: Arc<ProfileHost>,
    profiles: Arc<OpenProfiles>,
    client: Client,
    metrics: Metrics,
    /// Cancelled once no input is taken any more.
    closed: CancellationToken,
    background: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl EngineHost {
    pub(super) async fn start(
        id: ProfileId,
        (profiles, client, metrics): (Arc<OpenProfiles>, Client, Metrics),
        ports: Ports,
        config: HostConfig,
    ) -> Result<EngineHost, HostError> {
        let at_work = at_work(&ports).await?;
        let board = Arc::new(HostBoard::new(&ports, &at_work));
        let profile = Arc::new(ProfileHost::new(ports, config, board));
        if !profiles.add(&id, &profile) {
            return Err(HostError::IsOpen(id));
        }
        metrics.profiles.set(i64::try_from(profiles.count()).unwrap_or(i64::MAX));
        let (closed, background) = (CancellationToken::new(), tokio::sync::Mutex::default());
        let inner = Arc::new(Inner { id, profile, profiles, client, metrics, closed, background });
        let host = EngineHost { inner, limit: SENDER_LIMIT };
        let (placement, looking) = (Arc::new(EngineHost { limit: BOARD_LIMIT, ..host.clone() }), host.clone());
        let task = tokio::spawn(async move {
            let inner = &looking.inner;
            let look = async {
                tokio::select! {
                    () = inner.closed.cancelled() => {}
                    () = looking.look(at_work) => {}
                }
            };
            tokio::join!(inner.profile.board().run(placement, inner.closed.clone()), look);
        });
        *host.inner.background.lock().await = Some(task);
        Ok(host)
    }

    /// For tests: ends everything of this node at once, like a kill of its process. Saves nothing. The engine is told that the
    /// agents sleep, which a kill would not do.
    pub async fn kill(&self) {
        self.inner.profile.kill().cancel();
        self.inner.closed.cancel();
        if let Some(task) = self.inner.background.lock().await.take() {
            task.abort();
            // The abort makes the task return an error, which is expected.
            let _ = task.await;
        }
        self.close().await;
    }

    async fn close(&self) {
        self.inner.profile.until_all_sleep().await;
        self.inner.profiles.remove(&self.inner.id);
        self.inner.metrics.profiles.set(i64::try_from(self.inner.profiles.count()).unwrap_or(i64::MAX));
    }

    /// Wakes agents at work that do not run here: those that go on elsewhere take no place here. Looks for mail and deadlines of
    /// nodes that have died, and for schedules that were changed at other nodes. Never returns.
    async fn look(&self, mut at_work: Vec<AgentView>) {
        loop {
            let mut wakes = JoinSet::new();
            for view in at_work {
                if self.inner.profile.is_awake(&view.agent) {
                    continue;
                }
                if wakes.len() >= WAKES {
                    wakes.join_next().await;
                }
                let host = self.clone();
                wakes.spawn(async move {
                    if let Err(error) = host.wake(&view.agent).await {
                        tracing::warn!(%error, "an agent at work could not be woken; trying again");
                    }
                    if !host.inner.profile.is_awake(&view.agent) {
                        host.inner.profile.board().leave(&view.agent);
                    }
                });
            }
            while wakes.join_next().await.is_some() {}
            tokio::time::sleep(LOOK).await;
            self.inner.profile.board().notify_mail();
            self.inner.profile.board().notify_asks();
            self.inner.profile.board().notify_schedules();
            at_work = self::at_work(self.inner.profile.ports()).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the agents at work could not be read; trying again");
                Vec::new()
            });
        }
    }

    /// Calls an agent's actor until it has read the call, or it could not be reached for too long. A call that does not `repeat` is
    /// made again only if it was certainly not read.
    async fn call(&self, agent: &AgentId, action: &str, arguments: Vec<Value>, repeats: bool) -> Result<Outcome, PostError> {
        let unreachable = |cause: String| PostError::Unreachable { agent: agent.clone(), cause };
        let key = vec![self.inner.id.as_str().to_owned(), agent.as_str().to_owned()];
        let actor = self.inner.client.get_or_create(AGENT, key, GetOrCreateOptions::default());
        let actor = actor.map_err(|error| unreachable(error_text(&error)))?;
        let mut wait = FIRST_RETRY;
        let give_up = Instant::now() + self.limit;
        loop {
            let called = tokio::select! {
                biased;
                () = self.inner.closed.cancelled() => return Err(PostError::Stopping),
                called = tokio::time::timeout_at(give_up, actor.action(action, arguments.clone())) => called,
            };
            let called = called.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {} s", self.limit.as_secs())));
            let outcome = called.and_then(|answer| Ok(serde_json::from_str(answer.as_str().unwrap_or_default())?));
            let (cause, is_unread) = match outcome {
                Ok(Outcome::Asleep) => ("it did not wake".to_owned(), true),
                Ok(outcome) => return Ok(outcome),
                Err(error) => (error_text(&error), false),
            };
            if Instant::now() >= give_up || !(repeats || is_unread) {
                return Err(unreachable(cause));
            }
            tracing::debug!(%agent, cause, "a call through the engine failed");
            tokio::select! {
                () = self.inner.closed.cancelled() => return Err(PostError::Stopping),
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(LONGEST_RETRY);
        }
    }

    fn count(&self, outcome: &str) {
        self.inner.metrics.inputs.with_label_values(&[outcome]).inc();
    }
}

fn failed(agent: &AgentId, cause: StopCause) -> PostError {
    match cause {
        StopCause::Store(source) => PostError::Store { agent: agent.clone(), source },
        StopCause::Panic(message) => PostError::Crashed { agent: agent.clone(), message },
    }
}

async fn at_work(ports: &Ports) -> Result<Vec<AgentView>, StoreError> {
    Ok(ports.store.agents().await?.into_iter().filter(|agent| agent.status.is_at_work()).collect())
}

#[async_trait]
impl Placement for EngineHost {
    async fn post(&self, agent: &AgentId, input: Input) -> Result<Posted, PostError> {
        let unsent = |error: serde_json::Error| PostError::Crashed { agent: agent.clone(), message: error.to_string() };
        let post = Post { input: serde_json::to_string(&input).map_err(unsent)? };
        if !post.fits() {
            let cause = "the input is larger than an engine takes, which is 20 MiB".to_owned();
            return Err(PostError::Unreachable { agent: agent.clone(), cause });
        }
        let sent = Instant::now();
        let repeats = can_be_sent_again(&input);
        if !repeats {
            // The only try is not lost because no node has the agent yet.
            self.wake(agent).await?;
        }
        let called = self.call(agent, Post::NAME, vec![json!(post)], repeats).await;
        match called {
            Ok(outcome) => {
                self.count(outcome.name());
                match outcome {
                    Outcome::Posted(posted) => {
                        self.inner.metrics.input_seconds.observe(sent.elapsed().as_secs_f64());
                        Ok(*posted)
                    }
                    Outcome::Failed(cause) => Err(failed(agent, cause)),
                    Outcome::Awake | Outcome::Asleep | Outcome::Overloaded => Err(PostError::Overloaded(agent.clone())),
                }
            }
            Err(error) => {
                self.count("refused");
                Err(error)
            }
        }
    }

    async fn wake(&self, agent: &AgentId) -> Result<(), PostError> {
        match self.call(agent, Wake::NAME, Vec::new(), true).await? {
            Outcome::Failed(cause) => Err(failed(agent, cause)),
            _ => Ok(()),
        }
    }

    fn subscribe(&self) -> broadcast::Receiver<Notification> {
        self.inner.profile.board().subscribe()
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.inner.profile.board().health()
    }

    async fn stop(&self) {
        self.inner.closed.cancel();
        self.inner.profile.stop().cancel();
        // It stays in its place until it has ended: a caller that is cancelled leaves it to the next one.
        let mut task = self.inner.background.lock().await;
        if let Some(running) = &mut *task {
            if let Err(error) = running.await {
                tracing::error!(%error, "the task of a profile failed");
            }
            *task = None;
        }
        self.close().await;
    }
}
