//! This process as a node of an engine. The engine's library has one node per process.

use super::actor;
use super::error_text::error_text;
use super::host::{EngineHost, HostError};
use super::open_profiles::OpenProfiles;
use super::pool;
use super::probe::{self, End, PROBE, Ping};
use crate::metrics::Metrics;
use growqr_actors::{HostConfig, Ports};
use growqr_core::id::ProfileId;
use growqr_core::secret::Secret;
use rivetkit::client::{Client, ClientConfig, GetOrCreateOptions};
use rivetkit::{Action, EngineSpawnMode, Registry, ServeConfig};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The pool of the engine that all nodes join. All nodes of a pool have the same kinds of actors.
const POOL: &str = "growqr";

/// The number of the build: new agents go to the nodes with the highest.
const VERSION: u32 = 4;

/// How long a node that leaves waits until its probe has ended.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// How to reach an engine.
#[derive(Clone, Debug)]
pub struct EngineAccess {
    /// Its address, such as `http://127.0.0.1:6420`.
    pub address: String,
    /// Its admin token, if it has one. It never leaves the node.
    pub token: Option<Secret>,
    /// The engine's namespace.
    pub namespace: String,
    /// How often the alarm of an agent at work sounds: at least every five seconds.
    pub heartbeat: Duration,
}

impl EngineAccess {
    /// A client of the actors.
    fn client(&self) -> Client {
        let config = ClientConfig::new(self.address.clone())
            .token_opt(self.token.as_ref().map(|token| token.expose().to_owned()))
            .namespace(self.namespace.clone())
            .pool_name(POOL)
            .disable_metadata_lookup(true);
        Client::new(config)
    }

    /// Calls an actor on the engine, which starts it on one of the nodes.
    ///
    /// # Errors
    /// [`NodeError`]: the engine does not answer, or it has no node.
    pub async fn check(&self) -> Result<(), NodeError> {
        self.call_probe(Ping::NAME).await
    }

    async fn call_probe(&self, action: &str) -> Result<(), NodeError> {
        let failed = |error| NodeError::Engine(error_text(&error));
        let probe = self.client().get_or_create(PROBE, probe::key(), GetOrCreateOptions::default());
        probe.map_err(failed)?.action(action, Vec::new()).await.map(drop).map_err(failed)
    }
}

/// Why a node has left its engine.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The engine refuses this node, or does not answer.
    #[error("the engine cannot be used: {0}")]
    Engine(String),
}

/// A node that has joined an engine.
pub struct Node {
    access: EngineAccess,
    profiles: Arc<OpenProfiles>,
    metrics: Metrics,
    leave: CancellationToken,
    serving: JoinHandle<Result<(), NodeError>>,
}

impl Node {
    /// Joins an engine. Returns before the engine knows this node.
    #[must_use]
    pub fn join(access: EngineAccess, metrics: Metrics) -> Node {
        let (profiles, leave) = (Arc::new(OpenProfiles::default()), CancellationToken::new());
        let mut registry = Registry::new();
        actor::register(&mut registry, Arc::clone(&profiles), metrics.clone(), access.heartbeat);
        probe::register(&mut registry);
        let config = ServeConfig {
            version: VERSION,
            endpoint: access.address.clone(),
            token: access.token.as_ref().map(|token| token.expose().to_owned()),
            namespace: access.namespace.clone(),
            pool_name: POOL.to_owned(),
            // The person starts it.
            engine_spawn: EngineSpawnMode::Never,
            ..ServeConfig::default()
        };
        let serve = registry.serve_with_config(config, leave.clone());
        let (engine, left) = (access.clone(), leave.clone());
        let serving = tokio::spawn(async move {
            let prepared = pool::ensure(&engine.address, engine.token, &engine.namespace, POOL);
            match left.run_until_cancelled(prepared).await {
                Some(prepared) => prepared.map_err(NodeError::Engine)?,
                None => return Ok(()),
            }
            serve.await.map_err(|error| NodeError::Engine(error_text(&error)))
        });
        Node { access, profiles, metrics, leave, serving }
    }

    /// Opens a profile: its agents may run here, and inputs reach them from here wherever they run.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn open(&self, profile: ProfileId, ports: Ports, config: HostConfig) -> Result<EngineHost, HostError> {
        // A client of its own: its connections end with the runtime that made them.
        let shared = (Arc::clone(&self.profiles), self.access.client(), self.metrics.clone());
        EngineHost::start(profile, shared, ports, config).await
    }

    /// Returns once the engine cannot be used any more.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn ended(&mut self) -> Result<(), NodeError> {
        (&mut self.serving).await.unwrap_or_else(|error| Err(NodeError::Engine(error.to_string())))
    }

    /// Leaves the engine: each agent that is awake here stops in an orderly way, and the engine wakes it elsewhere.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn leave(mut self) -> Result<(), NodeError> {
        // The engine would keep it for ever. If it cannot be ended, that is all that is lost.
        let ended = tokio::time::timeout(PROBE_LIMIT, self.access.call_probe(End::NAME)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the probe of this node stays at the engine");
        }
        self.leave.cancel();
        self.ended().await
    }
}
