//! A node as a process of its own: the test program itself, which runs [`as_a_node`].

use growqr_actors::conformance::scripted_ports;
use growqr_actors::{Host, HostConfig, Notification, Placement};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, MessageId, ProfileId};
use growqr_core::journal::Store;
use growqr_core::secret::Secret;
use growqr_node::engine::{EngineAccess, Node};
use growqr_node::metrics::Metrics;
use growqr_store::{DatabaseUrl, Db, DbConfig};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// How long a test waits before it fails.
pub const TIMEOUT: Duration = Duration::from_secs(90);

/// What a process gets as JSON in this variable.
const VARIABLE: &str = "GROWQR_TEST_NODE";

/// The line with which it says that it runs agents.
const READY: &str = "the node is ready";

/// The line with which it says that a part of an answer has come.
const STREAMS: &str = "the model answers";

/// What a test writes to a node that is to drain.
const DRAIN: &str = "drain";

/// How often the alarm of an agent at work sounds. Rivet allows no less.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What a node is to do.
#[derive(Serialize, Deserialize)]
pub struct Assignment {
    pub engine: String,
    pub token: String,
    pub namespace: String,
    pub database: String,
    /// When its clock begins.
    pub started: i64,
    /// Whether its model answers what hangs elsewhere.
    pub answers: bool,
    /// What its person says at first.
    pub says: Option<String>,
}

/// A node as a process. It is killed when this is dropped.
pub struct NodeProcess {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl NodeProcess {
    /// Starts it and waits until it is ready.
    pub fn start(assignment: &Assignment) -> NodeProcess {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["--exact", "node_process::as_a_node", "--ignored", "--nocapture"]);
        program.env(VARIABLE, serde_json::to_string(assignment).unwrap());
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (sender, lines) = mpsc::channel();
        // Nobody may be left who reads them.
        std::thread::spawn(move || printed.for_each(|line| drop(sender.send(line))));
        let node = NodeProcess { child, lines };
        node.until_it_prints(READY);
        node
    }

    /// Waits until a part of an answer has come from its model.
    pub fn until_its_model_answers(&self) {
        self.until_it_prints(STREAMS);
    }

    fn until_it_prints(&self, wanted: &str) {
        while !self.lines.recv_timeout(TIMEOUT).expect("it prints this before it ends").contains(wanted) {}
    }

    /// Tells it to drain and waits until it has ended.
    pub fn drain(&mut self) {
        self.child.stdin.take().unwrap().write_all(DRAIN.as_bytes()).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    pub fn kill_9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
    let config = HostConfig { process: u64::from(std::process::id()), ..HostConfig::default() };
    let host = node.open(profile(), ports, config).await.unwrap();
    let mut news = host.subscribe();
    tokio::spawn(async move {
        while let Ok(news) = news.recv().await {
            if matches!(news, Notification::Delta { .. }) {
                println!("{STREAMS}");
            }
        }
    });
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

/// The profile of all nodes.
pub fn profile() -> ProfileId {
    ProfileId::new("team")
}

/// Its data.
pub async fn store(database: &str) -> Arc<dyn Store> {
    let db = Db::open(&DbConfig::Postgres { url: DatabaseUrl::new(database) }).await.unwrap();
    db.profile(&profile(), Timestamp(1)).await.unwrap()
}
