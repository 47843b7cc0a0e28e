//! Two nodes of one engine and one database.

use crate::node_process::{Assignment, NodeProcess, TIMEOUT, store};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, Position, ScheduleId, child_id};
use growqr_core::journal::{Status, Store};
use growqr_core::money::Money;
use growqr_core::schedule::{OnMissed, Schedule, ScheduleState, When, occurrence_id};
use growqr_testkit::measure::timed_async;
use growqr_testkit::note;
use growqr_testkit::rivet_engine::{RivetEngine, Thresholds};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The number of events of each kind, of one agent or of all.
async fn counts(store: &dyn Store, agent: Option<&AgentId>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let events = store.events(Position(0), None, 10_000).await.unwrap();
    for event in events.into_iter().filter(|event| agent.is_none_or(|agent| event.agent == *agent)) {
        *counts.entry(event.kind).or_default() += 1;
    }
    counts
}

/// Returns once there are at least so many events of this kind.
async fn until(store: &dyn Store, kind: &str, count: usize) {
    let wait = async {
        while counts(store, None).await.get(kind).is_none_or(|found| *found < count) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(TIMEOUT, wait).await.is_ok(), "{:?}", counts(store, None).await);
}

/// An engine and a database.
struct Cluster {
    engine: RivetEngine,
    database: String,
    store: Arc<dyn Store>,
}

impl Cluster {
    async fn start() -> Option<Cluster> {
        let start = || Some((RivetEngine::start(Thresholds::SHORT)?, growqr_testkit::postgres::fresh_database()?));
        let (engine, database) = tokio::task::spawn_blocking(start).await.unwrap()?;
        let store = store(&database).await;
        Some(Cluster { engine, database, store })
    }

    /// A node whose clock begins at `started`.
    async fn node(&self, (started, answers): (i64, bool), says: Option<&str>) -> NodeProcess {
        let assignment = Assignment {
            engine: self.engine.address(),
            token: self.engine.token().to_owned(),
            namespace: self.engine.namespace().to_owned(),
            database: self.database.clone(),
            started,
            answers,
            says: says.map(str::to_owned),
        };
        tokio::task::spawn_blocking(move || NodeProcess::start(&assignment)).await.unwrap()
    }

    /// A node whose model does not end its answers to what the person says.
    async fn node_that_hangs(&self, says: &str) -> NodeProcess {
        self.node((1_000, false), Some(says)).await
    }

    /// A node whose model answers, and whose clock is later.
    async fn node_that_answers(&self) -> NodeProcess {
        self.node((1_000_000, true), None).await
    }

    /// A node with half an answer of its model, and a second node.
    async fn in_the_middle_of_an_answer(&self) -> (NodeProcess, NodeProcess) {
        let first = self.node_that_hangs("hang").await;
        tokio::task::block_in_place(|| first.until_its_model_answers());
        (first, self.node_that_answers().await)
    }

    /// The turn has ended once, after two attempts.
    async fn assert_that_it_ended_once(&self) {
        let counts = counts(&*self.store, None).await;
        let count = |kind: &str| counts.get(kind).copied().unwrap_or_default();
        let kinds = ["user_said", "model_requested", "model_failed", "model_answered", "turn_ended"];
        assert_eq!(kinds.map(count), [1, 2, 1, 1, 1], "{counts:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_whose_node_is_killed_in_the_middle_of_an_answer_ends_once_on_the_other_node() {
    let Some(cluster) = Cluster::start().await else { return };
    let (mut first, _second) = cluster.in_the_middle_of_an_answer().await;
    first.kill_9();
    let failover = timed_async(async || until(&*cluster.store, "turn_ended", 1).await).await;
    note(&format!("from the kill of a node to the end of the turn: {failover:.1?}"));
    cluster.assert_that_it_ended_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_of_a_node_that_drains_goes_on_at_the_other_node() {
    let Some(cluster) = Cluster::start().await else { return };
    let (mut first, _second) = cluster.in_the_middle_of_an_answer().await;
    let drain = timed_async(async || tokio::task::block_in_place(|| first.drain())).await;
    let move_over = timed_async(async || until(&*cluster.store, "turn_ended", 1).await).await;
    note(&format!("a drain took {drain:.1?}, and the turn ended {move_over:.1?} later"));
    cluster.assert_that_it_ended_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_ends_once_although_its_engine_is_killed_and_started_again() {
    let Some(cluster) = Cluster::start().await else { return };
    let (mut first, _second) = cluster.in_the_middle_of_an_answer().await;
    tokio::task::block_in_place(|| cluster.engine.kill_9());
    tokio::task::block_in_place(|| cluster.engine.restart());
    first.kill_9();
    let failover = timed_async(async || until(&*cluster.store, "turn_ended", 1).await).await;
    note(&format!("after a kill of the engine and of a node: {failover:.1?}"));
    cluster.assert_that_it_ended_once().await;
}

/// Each of the sub-agents of the first node has reported, once.
async fn assert_that_all_report_once(cluster: &Cluster, count: usize) {
    until(&*cluster.store, "mail_received", count).await;
    assert_eq!(counts(&*cluster.store, None).await["agent_created"], count + 1);
    assert_eq!(counts(&*cluster.store, Some(&AgentId::grow())).await["mail_received"], count);
    let agents = cluster.store.agents().await.unwrap();
    assert!(agents.iter().all(|agent| agent.depth == 0 || agent.status == Status::Done), "{agents:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_agents_of_a_node_that_is_killed_report_once_each_from_the_other_node() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut first = cluster.node_that_hangs("spawn 3: hang").await;
    until(&*cluster.store, "agent_created", 4).await;
    let _second = cluster.node_that_answers().await;
    first.kill_9();
    assert_that_all_report_once(&cluster, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_sub_agents_of_a_node_that_drains_report_once_each_from_the_other_node() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut first = cluster.node_that_hangs("spawn 30: hang").await;
    until(&*cluster.store, "agent_created", 31).await;
    let _second = cluster.node_that_answers().await;
    let drain = timed_async(async || tokio::task::block_in_place(|| first.drain())).await;
    let move_over = timed_async(async || assert_that_all_report_once(&cluster, 30).await).await;
    note(&format!("a drain of 31 agents took {drain:.1?}, and they had ended {move_over:.1?} later"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduled_run_is_begun_once_although_two_nodes_look_at_the_schedules() {
    let Some(cluster) = Cluster::start().await else { return };
    let due = Timestamp(500_000);
    let schedule = Schedule {
        id: ScheduleId::new("s-1"),
        name: "news".to_owned(),
        task: "read the news".to_owned(),
        words: "once".to_owned(),
        on_missed: OnMissed::RunOnce,
        budget: Money::usd(1),
        state: ScheduleState::Active,
        next_at: Some(due),
        settled_to: Timestamp(1),
        when: When::Once(due),
        by_agent: None,
        created_at: Timestamp(1),
        revision: 1,
    };
    assert!(cluster.store.add_schedule(&schedule).await.unwrap());
    let (_first, _second) = tokio::join!(cluster.node_that_answers(), cluster.node_that_answers());
    until(&*cluster.store, "mail_received", 1).await;
    let counts = counts(&*cluster.store, None).await;
    let kinds = ["scheduled_work_started", "agent_created", "mail_received"];
    assert_eq!(kinds.map(|kind| counts[kind]), [1, 2, 1], "{counts:?}");
    let run = cluster.store.agent(&child_id(&occurrence_id(&schedule.id, due))).await.unwrap().unwrap();
    assert_eq!((run.name.as_str(), run.status), ("news", Status::Done));
}
