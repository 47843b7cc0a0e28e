//! The host: the process that holds the profile lock runs the agents and serves the local socket.

use crate::error::AppError;
use crate::host::adoption::Adoption;
use crate::host::handler::Handler;
use crate::host::host_events::HostEvents;
use crate::host::open_profile::OpenProfile;
use crate::host::{server, socket};
use crate::{SystemClock, attachments, memory_link};
use growqr_actors::{Host, HostConfig};
use growqr_core::clock::Clock;
use growqr_memory::Watch;
use growqr_store::ProfileClaim;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// After this time a host asks the provider for its models. A host that answers a single message ends earlier and need
/// not.
const MODEL_REFRESH_DELAY: Duration = Duration::from_secs(5);

/// How long agents wait for the keychain: without its key, the built-in guide would answer instead of the model. A
/// keychain that is locked or does not answer is reported earlier than this.
const KEYCHAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A running host with its socket and its background tasks.
pub(crate) struct RunningHost {
    /// Shared with the socket's connections.
    handler: Arc<Handler>,
    stop: CancellationToken,
    socket: JoinHandle<()>,
    watch: JoinHandle<Option<Watch>>,
    /// Loads keys, then asks the provider for its models; notes in memory how far the conversation is; stops the agents when the
    /// claim is lost. Aborted when this is dropped.
    refresh: JoinSet<()>,
    claim: Arc<ProfileClaim>,
    /// How many clients of other processes end with this host.
    clients: watch::Receiver<usize>,
}

impl RunningHost {
    /// Starts the profile's agents. Open work continues at once, and the returned event stream misses nothing of it.
    ///
    /// # Errors
    /// If the store cannot be read or the socket cannot be created.
    pub(crate) async fn start(profile: OpenProfile) -> Result<(RunningHost, HostEvents), AppError> {
        let listener = socket::listen(profile.library.profile())?;
        // Watching and committing what was edited take a while, and no message may wait for that.
        let memory_changes = profile.memory_changes.clone();
        let (repo, stop) = (Arc::clone(&profile.memory), CancellationToken::new());
        let adoption = Adoption { changed: memory_changes.clone(), progress: watch::Sender::default(), stop: stop.clone() };
        let progress = adoption.progress.clone();
        let watch = tokio::task::spawn_blocking(move || adoption.start(&repo));
        let setups = Arc::clone(&profile.setups);
        let (loaded, keys) = oneshot::channel();
        let mut refresh = JoinSet::new();
        refresh.spawn(async move {
            setups.load_keys().await;
            // Fails if the receiver has already timed out.
            let _ = loaded.send(());
            tokio::time::sleep(MODEL_REFRESH_DELAY).await;
            setups.refresh_models().await;
        });
        let _ = tokio::time::timeout(KEYCHAIN_TIMEOUT, keys).await;
        // Before the first turn, so that the turn knows the model's context window.
        profile.setups.probe_server().await;
        // Their tools belong to the first segment. A store that cannot be read now is told by everything else.
        if let Err(error) = profile.tool_servers.load().await {
            tracing::warn!(%error, "the servers of tools are not started");
        }
        refresh.spawn(Arc::clone(&profile.tool_servers).follow());
        let tool_servers = Arc::clone(&profile.tool_servers);
        refresh.spawn(async move { tool_servers.tidy().await });
        let store = Arc::clone(&profile.store);
        refresh.spawn(async move {
            if let Err(error) = attachments::delete_unused(&*store, SystemClock.now()).await {
                tracing::warn!(%error, "files that no message has are not deleted");
            }
        });
        let host = Host::start(profile.ports(), HostConfig { process: profile.process, ..HostConfig::default() }).await?;
        // The rules may have changed while no host ran.
        if let Err(error) = host.rules_changed().await {
            tracing::warn!(%error, "the open asks could not be checked against the rules");
        }
        let claim = Arc::clone(&profile.claim);
        let (linked, store) = (profile.library.profile().clone(), Arc::clone(&profile.store));
        let handler = Arc::new(Handler::with_agents(profile, host, memory_changes, progress));
        let subscribe = || handler.subscribe().ok_or_else(|| AppError::Internal("a host without agents".to_owned()));
        let events = subscribe()?;
        refresh.spawn(memory_link::keep_noting(linked, store, subscribe()?));
        refresh.spawn(handler.log().keep(subscribe()?));
        handler.keep_containers().await;
        let (counter, clients) = watch::channel(0);
        let socket = tokio::spawn(server::serve(listener, Arc::clone(&handler), counter, stop.clone()));
        refresh.spawn(stop_when_lost(Arc::clone(&claim), Arc::downgrade(&handler)));
        Ok((RunningHost { handler, stop, socket, watch, refresh, claim, clients }, events))
    }

    /// Waits until a host of another computer has claimed the profile, and returns what to tell the person. The agents stop by
    /// themselves. Cancel-safe.
    pub(crate) async fn lost(&self) -> AppError {
        AppError::ClaimLost { holder: self.claim.lost().await }
    }

    /// How many clients of other processes end with this host.
    pub(crate) fn clients(&self) -> watch::Receiver<usize> {
        self.clients.clone()
    }

    /// The request handler. Drop all clones of it before [`RunningHost::stop`].
    pub(crate) fn handler(&self) -> &Arc<Handler> {
        &self.handler
    }

    /// Stops all agents where they are and closes everything. Open work continues at the next start.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.refresh.shutdown().await;
        self.handler.stop_agents().await;
        // The handler has the other one.
        drop(self.claim);
        // Both tasks end by themselves, and their errors no longer matter.
        let _ = self.socket.await;
        drop(self.watch.await);
        if let Some(handler) = Arc::into_inner(self.handler) {
            handler.close().await;
        }
    }
}

/// Ends model calls and other work that nobody could record any more.
async fn stop_when_lost(claim: Arc<ProfileClaim>, handler: Weak<Handler>) {
    let holder = claim.lost().await;
    tracing::error!(holder, "another host uses this profile now; the agents of this one stop");
    if let Some(handler) = handler.upgrade() {
        handler.stop_agents().await;
    }
}
