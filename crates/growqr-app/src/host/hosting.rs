//! A host: the process that holds the profile runs its agents and serves the local socket meanwhile.

use crate::SystemClock;
use crate::error::AppError;
use crate::host::handler::Handler;
use crate::host::open::App;
use crate::host::pushes::Pushes;
use crate::host::{server, socket};
use growqr_actors::{Host, HostConfig};
use growqr_core::clock::Clock;
use growqr_memory::{MemoryRepo, QUIET, Watch};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// A host that lives this long asks the provider which models there are; one that answers a single message need not.
const SETTLED: Duration = Duration::from_secs(5);

/// How long agents wait for the keychain: one that goes on without its key would be answered by the guide instead. It
/// says by itself, before that, that it is locked or does not answer.
const KEYCHAIN: Duration = Duration::from_secs(5);

/// A running host and everything that serves it.
pub(crate) struct Hosting {
    /// Shared with the socket's connections.
    handler: Arc<Handler>,
    stop: CancellationToken,
    socket: JoinHandle<()>,
    watch: JoinHandle<Option<Watch>>,
    /// Loads keys, then asks which models there are. Ends with this.
    refresh: JoinSet<()>,
}

impl Hosting {
    /// Runs the profile's agents. Work that was open goes on at once; the event stream misses nothing of it.
    ///
    /// # Errors
    /// If the store cannot be read or the socket cannot be made.
    pub(crate) async fn start(app: App) -> Result<(Hosting, Pushes), AppError> {
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
        let pushes = Pushes::new(host.subscribe(), memory.subscribe());
        let handler = Arc::new(Handler::with_agents(app, host, memory));
        let stop = CancellationToken::new();
        let socket = tokio::spawn(server::serve(listener, Arc::clone(&handler), stop.clone()));
        Ok((Hosting { handler, stop, socket, watch, refresh }, pushes))
    }

    /// What answers requests. Let go of it before [`Hosting::stop`].
    pub(crate) fn handler(&self) -> &Arc<Handler> {
        &self.handler
    }

    /// Stops all agents where they are and closes everything. Open work goes on at the next start.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.refresh.abort_all();
        self.handler.stop_agents().await;
        // Both end by themselves, and cannot fail in a way that matters now.
        let _ = self.socket.await;
        drop(self.watch.await);
        if let Some(handler) = Arc::into_inner(self.handler) {
            handler.close().await;
        }
    }
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
