//! The conformance suite of all placements, on the engine with PostgreSQL.

use crate::cluster::{Cluster, cluster};
use async_trait::async_trait;
use growqr_actors::conformance::{KillablePlacement, TestEnvironment};
use growqr_actors::{Health, HostConfig, Notification, Placement, Ports, PostError, Posted};
use growqr_core::agent::Input;
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId};
use growqr_core::journal::Store;
use growqr_node::engine::EngineHost;
use growqr_store::{DatabaseUrl, Db, DbConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::{broadcast, watch};

static PROFILES: AtomicU32 = AtomicU32::new(0);

/// A profile on the engine, with a database of its own.
struct OnEngine {
    cluster: &'static Cluster,
    config: DbConfig,
    profile: ProfileId,
}

#[async_trait]
impl TestEnvironment for OnEngine {
    async fn store(&self) -> Arc<dyn Store> {
        let db = Db::open(&self.config).await.unwrap();
        db.profile(&self.profile, Timestamp(1)).await.unwrap()
    }

    async fn start(&self, ports: Ports, config: HostConfig) -> Arc<dyn KillablePlacement> {
        Arc::new(Killable(self.cluster.node.open(self.profile.clone(), ports, config).await.unwrap()))
    }
}

/// A host that a test can kill. The trait and the host are of other crates.
struct Killable(EngineHost);

#[async_trait]
impl Placement for Killable {
    async fn post(&self, agent: &AgentId, input: Input) -> Result<Posted, PostError> {
        self.0.post(agent, input).await
    }

    async fn wake(&self, agent: &AgentId) -> Result<(), PostError> {
        self.0.wake(agent).await
    }

    fn subscribe(&self) -> broadcast::Receiver<Notification> {
        self.0.subscribe()
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.0.health()
    }

    async fn stop(&self) {
        self.0.stop().await;
    }
}

#[async_trait]
impl KillablePlacement for Killable {
    async fn kill(&self) {
        self.0.kill().await;
    }
}

async fn on_engine() -> Option<OnEngine> {
    let cluster = cluster().await?;
    let url = tokio::task::spawn_blocking(growqr_testkit::postgres::fresh_database).await.unwrap()?;
    let profile = ProfileId::new(format!("profile-{}", PROFILES.fetch_add(1, Ordering::Relaxed)));
    Some(OnEngine { cluster, config: DbConfig::Postgres { url: DatabaseUrl::new(url) }, profile })
}

growqr_actors::placement_conformance!(on_engine());
