//! A profile whose agents run in this process, and which serves the local socket meanwhile.

use crate::error::AppError;
use crate::host::open::App;
use crate::host::socket;
use crate::profile::home::Home;
use crate::{MESSAGE_LIMIT, SystemClock, agents, convert};
use growqr_actors::{Happened, Host, HostConfig};
use growqr_core::clock::Clock;
use growqr_core::id::{AgentId, MessageId};
use growqr_core::journal::AgentView;
use growqr_memory::{MemoryRepo, QUIET, Watch};
use growqr_wire::{Push, Reply, Request, VERSION};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// A host that lives this long asks the provider which models there are; one that answers a single message need not.
const SETTLED: Duration = Duration::from_secs(5);

/// How long agents wait for the keychain: one that goes on without its key would be answered by the guide instead. It
/// says by itself, before that, that it is locked or does not answer.
const KEYCHAIN: Duration = Duration::from_secs(5);

/// What is said in the person's name when they let an agent go on.
const GO_ON: &str = "Please go on where you stopped.";

/// A running host and everything that serves it.
pub struct Hosting {
    serving: Arc<Serving>,
    stop: CancellationToken,
    socket: JoinHandle<()>,
    watch: JoinHandle<Option<Watch>>,
    /// Loads keys, then asks which models there are. Ends with this.
    refresh: JoinSet<()>,
}

/// What answers requests; shared with the socket's connections.
pub(crate) struct Serving {
    app: App,
    host: Host,
    /// Waits for the person to unlock the keychain; at most one at a time. Ends with this.
    unlocking: Mutex<JoinSet<()>>,
    /// Marked as changed whenever the person has changed memory.
    memory: watch::Sender<()>,
}

impl Hosting {
    /// Runs the profile's agents. Work that was open goes on at once.
    ///
    /// # Errors
    /// If the store cannot be read or the socket cannot be made.
    pub async fn start(app: App) -> Result<Hosting, AppError> {
        let listener = socket::listen(app.library.home())?;
        // Walking the folder takes a while, and nothing waits for it.
        let memory = watch::Sender::new(());
        let (repo, changed) = (Arc::clone(&app.memory), memory.clone());
        let watch = tokio::task::spawn_blocking(move || watch(&repo, changed));
        let choices = Arc::clone(&app.choices);
        let (loaded, keys) = oneshot::channel();
        let mut refresh = JoinSet::new();
        refresh.spawn(async move {
            choices.load_keys().await;
            // Nobody waits any more if it took too long.
            let _ = loaded.send(());
            tokio::time::sleep(SETTLED).await;
            choices.refresh_models().await;
        });
        let _ = tokio::time::timeout(KEYCHAIN, keys).await;
        // The first turn shall know how much its model can read.
        app.choices.learn().await;
        let host = Host::start(app.ports(), HostConfig::default()).await?;
        let serving = Arc::new(Serving { app, host, unlocking: Mutex::default(), memory });
        let stop = CancellationToken::new();
        let socket = tokio::spawn(socket::serve(listener, Arc::clone(&serving), stop.clone()));
        Ok(Hosting { serving, stop, socket, watch, refresh })
    }

    /// Answers one request.
    ///
    /// # Errors
    /// [`AppError`]; then nothing was changed.
    pub async fn handle(&self, request: Request) -> Result<Reply, AppError> {
        self.serving.handle(request).await
    }

    /// Who answers, for a question beside which others go on. Does not outlive [`Hosting::stop`].
    pub(crate) fn serving(&self) -> Arc<Serving> {
        Arc::clone(&self.serving)
    }

    /// Everything that happens from now on.
    #[must_use]
    pub fn follow(&self) -> Pushes {
        self.serving.follow()
    }

    /// The reading side.
    #[must_use]
    pub fn library(&self) -> &crate::Library {
        self.serving.app.library()
    }

    /// Stops all agents where they are and closes everything. Open work goes on at the next start.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.refresh.abort_all();
        self.serving.host.stop().await;
        // Both end by themselves, and cannot fail in a way that matters now.
        let _ = self.socket.await;
        drop(self.watch.await);
        if let Ok(serving) = Arc::try_unwrap(self.serving) {
            let Serving { app, host, unlocking, .. } = serving;
            drop(unlocking);
            drop(host);
            app.close().await;
        }
    }
}

impl Serving {
    pub(crate) async fn handle(&self, request: Request) -> Result<Reply, AppError> {
        match request {
            Request::Say { agent, id, text } => {
                check_text(&text)?;
                self.say(agent, id, text).await
            }
            Request::Resume { agent, id } => self.resume(agent, id).await,
            Request::Cancel { agent } => {
                let view = self.host.cancel(&AgentId::new(agent)).await?;
                Ok(said(&view))
            }
            Request::Follow => Ok(Reply::Done),
            Request::SetKey { .. } => {
                let reply = self.app.handle(request).await;
                self.offer_to_unlock().await;
                reply
            }
            change @ (Request::WriteMemory { .. } | Request::RestoreMemory { .. } | Request::DeleteMemory { .. }) => {
                let reply = self.app.handle(change).await?;
                self.memory.send_replace(());
                Ok(reply)
            }
            other => self.app.handle(other).await,
        }
    }

    /// A key that had to stay in memory is a reason to have the person asked by the system. Nobody waits for the answer.
    async fn offer_to_unlock(&self) {
        if !self.app.choices.keys().waits_for_unlocking().await {
            return;
        }
        let choices = Arc::clone(&self.app.choices);
        let mut unlocking = self.unlocking.lock().unwrap_or_else(PoisonError::into_inner);
        while unlocking.try_join_next().is_some() {}
        if unlocking.is_empty() {
            unlocking.spawn(async move { choices.unlock_keys().await });
        }
    }

    async fn say(&self, agent: String, id: String, text: String) -> Result<Reply, AppError> {
        if agent.is_empty() || agent.len() > 64 || id.is_empty() || id.len() > 128 {
            return Err(agents::no_agent(&agent));
        }
        let view = self.host.say(&AgentId::new(agent), MessageId::new(id), text).await?;
        Ok(said(&view))
    }

    /// Lets an agent go on that was stopped or could not. Whoever has ended in good order has nothing to go on with, and
    /// would only be paid for saying so.
    async fn resume(&self, agent: String, id: String) -> Result<Reply, AppError> {
        let found = self.app.library.agent(&agent).await?;
        if found.is_at_work() {
            return Ok(Reply::Said { agent: found });
        }
        if matches!(found.status.as_str(), "limit" | "cancelled" | "failed") {
            return self.say(agent, id, GO_ON.to_owned()).await;
        }
        Err(AppError::BadRequest {
            message: format!("{} has nothing to go on with: what it was told is done", found.name),
            next_step: format!("Tell it more: growqr agents say {agent} \"…\""),
        })
    }

    pub(crate) fn follow(&self) -> Pushes {
        Pushes { happened: self.host.subscribe(), memory: self.memory.subscribe() }
    }
}

/// What happens, as it happens. Nothing waits for a slow reader: it gets [`Push::Missed`] and goes on from there.
pub struct Pushes {
    happened: broadcast::Receiver<Happened>,
    memory: watch::Receiver<()>,
}

impl Pushes {
    /// The next one; `None` once the host has ended. Safe to drop half-way.
    pub async fn next(&mut self) -> Option<Push> {
        let happened = tokio::select! {
            biased;
            happened = self.happened.recv() => happened,
            Ok(()) = self.memory.changed() => return Some(Push::MemoryChanged),
        };
        match happened {
            Ok(happened) => Some(convert::push(happened)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Push::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

fn said(view: &AgentView) -> Reply {
    Reply::Said { agent: convert::agent(view) }
}

fn check_text(text: &str) -> Result<(), AppError> {
    if text.trim().is_empty() {
        return Err(AppError::bad("the message is empty", "Say something."));
    }
    if text.len() > MESSAGE_LIMIT {
        return Err(AppError::TooLarge { what: "message", bytes: text.len(), limit: MESSAGE_LIMIT });
    }
    Ok(())
}

/// Answers a client's greeting.
pub(crate) fn hello(version: u32, home: &Home) -> Result<Reply, AppError> {
    if version != VERSION {
        let problem = format!("speaks version {VERSION} of the local protocol, this program version {version}");
        return Err(AppError::Protocol { problem });
    }
    Ok(Reply::Hello { version: VERSION, pid: std::process::id(), profile: home.profile().to_string() })
}

/// Hand edits become commits of the person's own after a while of quiet. Without notices from the system they are
/// taken up at the next start.
fn watch(memory: &Arc<MemoryRepo>, changed: watch::Sender<()>) -> Option<Watch> {
    let adopter = Arc::clone(memory);
    let adopt = move || match adopter.adopt_hand_edits(SystemClock.now()) {
        Ok(adopted) if adopted.commits.is_empty() => {}
        Ok(_) => changed.send_replace(()),
        Err(error) => tracing::warn!(%error, "hand edits could not be taken up yet"),
    };
    match memory.watch(QUIET, adopt) {
        Ok(watch) => Some(watch),
        Err(error) => {
            tracing::warn!(%error, "the memory folder cannot be watched");
            None
        }
    }
}
