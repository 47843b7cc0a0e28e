//! Two nodes, each a process of its own: the test program itself, which runs [`as_a_node`].

use growqr_actors::conformance::scripted_ports;
use growqr_actors::{Host, HostConfig};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, MessageId, Position, ProfileId};
use growqr_core::journal::Store;
use growqr_core::secret::Secret;
use growqr_node::engine::{EngineAccess, Node};
use growqr_node::metrics::Metrics;
use growqr_store::{DatabaseUrl, Db, DbConfig};
use growqr_testkit::measure::timed_async;
use growqr_testkit::note;
use growqr_testkit::rivet_engine::{RivetEngine, Thresholds};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// What a process gets as JSON in this variable.
const VARIABLE: &str = "GROWQR_TEST_NODE";

/// The line with which it says that it runs agents.
const READY: &str = "the node is ready";

/// What a test writes to a node that is to drain.
const DRAIN: &str = "drain";

/// How often the alarm of an agent at work sounds. Rivet allows no less.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How long a test waits before it fails.
const TIMEOUT: Duration = Duration::from_secs(90);

#[derive(Serialize, Deserialize)]
struct Assignment {
    engine: String,
    token: String,
    namespace: String,
    database: String,
    /// When its clock begins.
    started: i64,
    /// Whether its model answers what hangs elsewhere.
    answers: bool,
    /// What its person says at first.
    says: Option<String>,
}

/// A node as a process. It is killed when this is dropped.
struct NodeProcess(Child);

impl NodeProcess {
    /// Starts it and waits until it is ready.
    fn start(assignment: &Assignment) -> NodeProcess {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["--exact", "two_nodes::as_a_node", "--ignored", "--nocapture"]);
        program.env(VARIABLE, serde_json::to_string(assignment).unwrap());
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains(READY)), "the node has ended");
        std::thread::spawn(move || lines.for_each(drop));
        NodeProcess(child)
    }

    /// Tells it to drain and waits until it has ended.
    fn drain(&mut self) {
        self.0.stdin.take().unwrap().write_all(DRAIN.as_bytes()).unwrap();
        assert!(self.0.wait().unwrap().success());
    }

    fn kill_9(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        self.kill_9();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other tests run it as a process of its own"]
async fn as_a_node() {
    let Ok(assignment) = std::env::var(VARIABLE) else { return };
    let assignment: Assignment = serde_json::from_str(&assignment).unwrap();
    let access = EngineAccess {
        address: assignment.engine,
        token: Some(Secret::new(assignment.token)),
        namespace: assignment.namespace,
        heartbeat: HEARTBEAT,
    };
    let node = Node::join(access.clone(), Metrics::new().unwrap());
    let store = store(&assignment.database).await;
    let ports = scripted_ports(Arc::clone(&store), Timestamp(assignment.started), assignment.answers);
    let host = node.open(profile(), ports, HostConfig { process: rand_of_process(), ..HostConfig::default() }).await.unwrap();
    while access.check().await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{READY}");
    if let Some(text) = assignment.says {
        Host::new(Arc::new(host), store).say(&AgentId::grow(), MessageId::new("m1"), text).await.unwrap();
    }
    // Until the test has ended, or wants it to drain.
    let told = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await.unwrap().unwrap();
    if told == DRAIN {
        node.leave().await.unwrap();
    }
    std::process::exit(0);
}

fn rand_of_process() -> u64 {
    u64::from(std::process::id())
}

fn profile() -> ProfileId {
    ProfileId::new("team")
}

async fn store(database: &str) -> Arc<dyn Store> {
    let db = Db::open(&DbConfig::Postgres { url: DatabaseUrl::new(database) }).await.unwrap();
    db.profile(&profile(), Timestamp(1)).await.unwrap()
}

/// The number of events of each kind.
async fn counts(store: &dyn Store) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in store.events(Position(0), None, 10_000).await.unwrap() {
        *counts.entry(event.kind).or_default() += 1;
    }
    counts
}

async fn until(store: &dyn Store, kind: &str) {
    let wait = async {
        while !counts(store).await.contains_key(kind) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(TIMEOUT, wait).await.is_ok(), "{:?}", counts(store).await);
}

/// A cluster with one node, on which a model call is under way.
struct Story {
    engine: RivetEngine,
    database: String,
    store: Arc<dyn Store>,
    first: NodeProcess,
}

impl Story {
    async fn begin() -> Option<Story> {
        let start = || Some((RivetEngine::start(Thresholds::SHORT)?, growqr_testkit::postgres::fresh_database()?));
        let (engine, database) = tokio::task::spawn_blocking(start).await.unwrap()?;
        let first = start_node(&engine, &database, (1_000, false), Some("hang")).await;
        let store = store(&database).await;
        until(&*store, "model_requested").await;
        Some(Story { engine, database, store, first })
    }

    /// A second node, whose model answers.
    async fn second(&self) -> NodeProcess {
        start_node(&self.engine, &self.database, (1_000_000, true), None).await
    }

    /// The turn has ended once, after two attempts.
    async fn assert_it_ended_once(&self) {
        let counts = counts(&*self.store).await;
        let count = |kind: &str| counts.get(kind).copied().unwrap_or_default();
        let kinds = ["user_said", "model_requested", "model_failed", "model_answered", "turn_ended"];
        assert_eq!(kinds.map(count), [1, 2, 1, 1, 1], "{counts:?}");
    }
}

async fn start_node(engine: &RivetEngine, database: &str, (started, answers): (i64, bool), says: Option<&str>) -> NodeProcess {
    let assignment = Assignment {
        engine: engine.address(),
        token: engine.token().to_owned(),
        namespace: engine.namespace().to_owned(),
        database: database.to_owned(),
        started,
        answers,
        says: says.map(str::to_owned),
    };
    tokio::task::spawn_blocking(move || NodeProcess::start(&assignment)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_whose_node_is_killed_ends_once_on_the_other_node() {
    let Some(mut story) = Story::begin().await else { return };
    let _second = story.second().await;
    story.first.kill_9();
    let failover = timed_async(async || until(&*story.store, "turn_ended").await).await;
    note(&format!("from the kill of a node to the end of the turn: {failover:.1?}"));
    story.assert_it_ended_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_of_a_node_that_drains_goes_on_at_the_other_node() {
    let Some(mut story) = Story::begin().await else { return };
    let _second = story.second().await;
    let drain = timed_async(async || tokio::task::block_in_place(|| story.first.drain())).await;
    let move_over = timed_async(async || until(&*story.store, "turn_ended").await).await;
    note(&format!("a drain took {drain:.1?}, and the turn ended {move_over:.1?} later"));
    story.assert_it_ended_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_ends_once_although_its_engine_is_killed_and_started_again() {
    let Some(mut story) = Story::begin().await else { return };
    let _second = story.second().await;
    tokio::task::block_in_place(|| story.engine.kill_9());
    tokio::task::block_in_place(|| story.engine.restart());
    story.first.kill_9();
    let failover = timed_async(async || until(&*story.store, "turn_ended").await).await;
    note(&format!("after a kill of the engine and of a node: {failover:.1?}"));
    story.assert_it_ended_once().await;
}
