//! Deadlines with agents that fail, ignore the input, or never answer. Time is tokio's, which stands still while a task runs.

use super::run;
use crate::health::Health;
use crate::notification::Notification;
use crate::placement::{Placement, PostError, Posted};
use async_trait::async_trait;
use growqr_core::agent::{Input, State};
use growqr_core::ask::{Ask, AskKind};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, AskId, Seq};
use growqr_core::journal::{AskView, Asks, StoreError};
use growqr_core::limits::Limits;
use growqr_testkit::count_log_lines;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What an agent does with the input; without an entry it settles its asks.
#[derive(Clone, Copy, PartialEq)]
enum Behaviour {
    Fails,
    Ignores,
    Hangs,
    /// The clock is set back by an hour just before the agent reads it.
    SetsClockBack,
}

/// The store, the placement and the clock.
struct World {
    start: Instant,
    clock_shift: AtomicI64,
    open: Mutex<Vec<AskView>>,
    is_unreadable: AtomicBool,
    reads: AtomicUsize,
    behaviours: Mutex<BTreeMap<&'static str, Behaviour>>,
    /// Milliseconds since the start, and the agent.
    posts: Mutex<Vec<(u128, String)>>,
    changed: Arc<Notify>,
    stop: CancellationToken,
}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            start: Instant::now(),
            clock_shift: AtomicI64::new(0),
            open: Mutex::default(),
            is_unreadable: AtomicBool::default(),
            reads: AtomicUsize::default(),
            behaviours: Mutex::default(),
            posts: Mutex::default(),
            changed: Arc::default(),
            stop: CancellationToken::new(),
        })
    }

    fn run(self: &Arc<World>) -> JoinHandle<()> {
        tokio::spawn(run(self.clone(), self.clone(), self.clone(), Arc::clone(&self.changed), self.stop.clone()))
    }

    /// Adds an ask with a deadline in milliseconds since the start.
    fn ask(&self, agent: &str, deadline: i64) {
        let mut open = self.open.lock().unwrap();
        let ask = Ask {
            id: AskId::new(format!("ask-{agent}-{deadline}")),
            kind: AskKind::Question,
            text: String::new(),
            detail: None,
            options: Vec::new(),
            scopes: Vec::new(),
            deadline: Some(Timestamp(deadline)),
            default: None,
        };
        open.push(AskView { agent: AgentId::new(agent), seq: Seq(1), ask, raised_at: Timestamp(0), settled: None });
        self.changed.notify_one();
    }

    fn set(&self, agent: &'static str, behaviour: Option<Behaviour>) {
        let mut behaviours = self.behaviours.lock().unwrap();
        match behaviour {
            Some(behaviour) => drop(behaviours.insert(agent, behaviour)),
            None => drop(behaviours.remove(agent)),
        }
    }

    /// When the agent was told, in milliseconds since the start.
    fn posts(&self, agent: &str) -> Vec<u128> {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter(|(_, to)| to == agent).map(|(at, _)| *at).collect()
    }

    async fn sleep_until(&self, millis: u64) {
        tokio::time::sleep_until(self.start + Duration::from_millis(millis)).await;
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.start.elapsed().as_millis()).unwrap();
        Timestamp(elapsed + self.clock_shift.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Asks for World {
    async fn open_asks(&self) -> Result<Vec<AskView>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.is_unreadable.load(Ordering::SeqCst) {
            return Err(StoreError::DiskFull);
        }
        Ok(self.open.lock().unwrap().clone())
    }

    async fn settled_asks(&self, _: u32) -> Result<Vec<AskView>, StoreError> {
        Ok(Vec::new())
    }

    async fn asks_about_commit(&self, _: &str) -> Result<Vec<AskView>, StoreError> {
        Ok(Vec::new())
    }

    async fn ask(&self, _: &AskId) -> Result<Option<AskView>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl Placement for World {
    async fn post(&self, agent: &AgentId, _: Input) -> Result<Posted, PostError> {
        self.posts.lock().unwrap().push((self.start.elapsed().as_millis(), agent.to_string()));
        let behaviour = self.behaviours.lock().unwrap().get(agent.as_str()).copied();
        match behaviour {
            Some(Behaviour::Fails) => return Err(PostError::Overloaded(agent.clone())),
            Some(Behaviour::Hangs) => std::future::pending().await,
            Some(Behaviour::SetsClockBack) => drop(self.clock_shift.swap(-3_600_000, Ordering::SeqCst)),
            Some(Behaviour::Ignores) => {}
            None => {
                let now = self.now();
                self.open.lock().unwrap().retain(|view| view.agent != *agent || view.ask.deadline > Some(now));
                self.changed.notify_one();
            }
        }
        let state = State::new(agent.clone());
        let spendable = state.spendable(&Limits::default(), Timestamp(0));
        Ok(Posted { view: state.view(), is_recorded: behaviour.is_none(), charge: None, spendable })
    }

    async fn wake(&self, _: &AgentId) -> Result<(), PostError> {
        Ok(())
    }

    fn subscribe(&self) -> broadcast::Receiver<Notification> {
        broadcast::channel(1).1
    }

    fn health(&self) -> watch::Receiver<Health> {
        watch::channel(Health::default()).1
    }

    async fn stop(&self) {}
}

/// The waits are 1 s, 2 s, 4 s ... 60 s, 60 s.
const RETRIES: [u128; 9] = [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 123_000, 183_000];

#[tokio::test(start_paused = true)]
async fn an_agent_that_cannot_be_told_is_told_again_after_growing_waits() {
    let world = World::new();
    let (warnings, _counting) = count_log_lines(tracing::Level::WARN);
    world.set("a", Some(Behaviour::Fails));
    world.ask("a", 0);
    for n in 0..50 {
        world.ask("b", 10_500 + n * 7);
    }
    let running = world.run();
    world.sleep_until(200_000).await;
    assert_eq!(world.posts("a"), RETRIES);
    let on_time: Vec<u128> = (0..50).map(|n| 10_500 + n * 7).collect();
    assert_eq!(world.posts("b"), on_time, "the deadlines of another agent are met");
    assert_eq!(warnings.load(Ordering::SeqCst), 4, "at 0, 63, 123 and 183 seconds");
    world.set("a", None);
    world.sleep_until(250_000).await;
    assert_eq!(world.posts("a")[9..], [243_000]);
    world.set("a", Some(Behaviour::Fails));
    world.ask("a", 300_000);
    world.sleep_until(304_000).await;
    assert_eq!(world.posts("a")[10..], [300_000, 301_000, 303_000], "after a success the waits are short again");
    world.stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_ignores_a_deadline_is_told_no_more_often_than_one_that_fails() {
    let world = World::new();
    world.set("a", Some(Behaviour::Ignores));
    world.ask("a", 0);
    world.run();
    for _ in 0..2_000 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.changed.notify_one();
    }
    assert_eq!(world.posts("a"), RETRIES);
    assert!(world.reads.load(Ordering::SeqCst) < 4_000);
}

#[tokio::test(start_paused = true)]
async fn a_further_ask_of_an_agent_that_waits_for_a_retry_is_told_on_time() {
    let world = World::new();
    world.set("a", Some(Behaviour::Ignores));
    world.ask("a", 0);
    world.ask("a", 20_000);
    world.run();
    world.sleep_until(19_000).await;
    world.set("a", None);
    world.sleep_until(25_000).await;
    assert_eq!(world.posts("a"), [0, 1_000, 3_000, 7_000, 15_000, 20_000]);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_never_answers_delays_no_other() {
    let world = World::new();
    world.set("a", Some(Behaviour::Hangs));
    world.ask("a", 0);
    world.ask("b", 0);
    world.ask("b", 5_000);
    let running = world.run();
    world.sleep_until(100_000).await;
    assert_eq!((world.posts("a"), world.posts("b")), (vec![0], vec![0, 5_000]));
    world.stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_only_delays_the_deadline() {
    let world = World::new();
    world.set("a", Some(Behaviour::SetsClockBack));
    world.ask("a", 5_000);
    world.run();
    world.sleep_until(6_000).await;
    world.set("a", None);
    world.sleep_until(4_000_000).await;
    assert_eq!(world.posts("a"), [5_000, 3_605_000]);
    assert!(world.reads.load(Ordering::SeqCst) < 100);
}

#[tokio::test(start_paused = true)]
async fn asks_that_cannot_be_read_are_read_again_after_growing_waits() {
    let world = World::new();
    let (warnings, _counting) = count_log_lines(tracing::Level::WARN);
    world.is_unreadable.store(true, Ordering::SeqCst);
    world.run();
    world.sleep_until(190_000).await;
    assert_eq!((world.reads.load(Ordering::SeqCst), warnings.load(Ordering::SeqCst)), (RETRIES.len(), 4));
    world.is_unreadable.store(false, Ordering::SeqCst);
    world.ask("a", 0);
    world.sleep_until(191_000).await;
    assert_eq!(world.posts("a"), [190_000]);
}
