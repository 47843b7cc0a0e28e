//! An engine, and this process as its node. The engine's library has one node per process, so all tests share it, each with a
//! profile and a database of its own.

use growqr_core::secret::Secret;
use growqr_node::engine::{EngineAccess, Node};
use growqr_node::metrics::Metrics;
use growqr_testkit::rivet_engine::{RivetEngine, Thresholds};
use std::sync::OnceLock;
use std::time::Duration;

/// The engine with its node.
pub struct Cluster {
    pub node: Node,
    _engine: RivetEngine,
    _runtime: tokio::runtime::Runtime,
}

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();

/// The cluster of this process; `None` if the engine cannot be installed.
pub async fn cluster() -> Option<&'static Cluster> {
    tokio::task::spawn_blocking(|| CLUSTER.get_or_init(start).as_ref()).await.unwrap()
}

fn start() -> Option<Cluster> {
    let engine = RivetEngine::start(Thresholds::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let access = EngineAccess {
        address: engine.address(),
        token: Some(Secret::new(engine.token())),
        namespace: engine.namespace().to_owned(),
        heartbeat: Duration::from_secs(5),
    };
    let node = runtime.block_on(async { Node::join(access, Metrics::new().unwrap()) });
    Some(Cluster { node, _engine: engine, _runtime: runtime })
}
