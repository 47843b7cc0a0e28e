//! Delivery to receivers that fail. Time is tokio's, which stands still while a task runs.

use super::run;
use crate::health::{Health, HealthBoard, HeldMail, StopCause};
use crate::notification::Notification;
use crate::placement::{Placement, PostError, Posted};
use async_trait::async_trait;
use growqr_core::agent::{Input, State};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, EffectId, Seq};
use growqr_core::journal::{Outbox, StoreError};
use growqr_core::limits::Limits;
use growqr_core::mail::{Mail, MailBody};
use growqr_testkit::count_log_lines;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The outbox, the placement and the clock.
struct World {
    start: Instant,
    waiting: Mutex<Vec<Mail>>,
    failing: Mutex<BTreeSet<&'static str>>,
    /// Milliseconds since the start, and the receiver.
    posts: Mutex<Vec<(u128, String)>>,
    health: Arc<HealthBoard>,
    mail: Arc<Notify>,
}

impl World {
    fn start() -> Arc<World> {
        let world = Arc::new(World {
            start: Instant::now(),
            waiting: Mutex::default(),
            failing: Mutex::default(),
            posts: Mutex::default(),
            health: Arc::default(),
            mail: Arc::default(),
        });
        let (health, mail) = (Arc::clone(&world.health), Arc::clone(&world.mail));
        tokio::spawn(run(world.clone(), world.clone(), health, world.clone(), mail, CancellationToken::new()));
        world
    }

    fn send(&self, to: &str, count: usize) {
        let mut waiting = self.waiting.lock().unwrap();
        for _ in 0..count {
            let id = EffectId::new(format!("{to}-{}", waiting.len()));
            waiting.push(Mail { id, from: AgentId::grow(), to: AgentId::new(to), body: MailBody::Cancel });
        }
        self.mail.notify_one();
    }

    fn posts(&self, to: &str) -> Vec<u128> {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter(|(_, receiver)| receiver == to).map(|(at, _)| *at).collect()
    }

    fn held(&self) -> Vec<(String, HeldMail)> {
        self.health.subscribe().borrow().mail.iter().map(|(to, held)| (to.to_string(), held.clone())).collect()
    }

    async fn sleep_until(&self, millis: u64) {
        tokio::time::sleep_until(self.start + Duration::from_millis(millis)).await;
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp(i64::try_from(self.start.elapsed().as_millis()).unwrap())
    }
}

#[async_trait]
impl Outbox for World {
    async fn undelivered(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        Ok(self.waiting.lock().unwrap().iter().take(limit as usize).cloned().collect())
    }

    async fn delivered(&self, ids: &[EffectId]) -> Result<(), StoreError> {
        self.waiting.lock().unwrap().retain(|mail| !ids.contains(&mail.id));
        Ok(())
    }
}

#[async_trait]
impl Placement for World {
    async fn post(&self, agent: &AgentId, _: Input) -> Result<Posted, PostError> {
        self.posts.lock().unwrap().push((self.start.elapsed().as_millis(), agent.to_string()));
        if self.failing.lock().unwrap().contains(agent.as_str()) {
            return Err(PostError::Store { agent: agent.clone(), source: StoreError::DiskFull });
        }
        let state = State::new(agent.clone());
        let spendable = state.spendable(&Limits::default(), Timestamp(0));
        let mut view = state.view();
        view.seq = Seq(1);
        Ok(Posted { view, is_recorded: true, charge: None, spendable })
    }

    async fn wake(&self, _: &AgentId) -> Result<(), PostError> {
        Ok(())
    }

    fn subscribe(&self) -> broadcast::Receiver<Notification> {
        broadcast::channel(1).1
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    async fn stop(&self) {}
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_fails_is_tried_after_growing_waits_and_named_once() {
    let (log, _counting) = count_log_lines(tracing::Level::INFO);
    let world = World::start();
    world.failing.lock().unwrap().insert("a");
    world.send("a", 3);
    world.sleep_until(3_600_000).await;
    let posts = world.posts("a");
    assert_eq!(posts[..7], [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000]);
    assert!(posts.len() < 70, "{} tries in an hour", posts.len());
    assert_eq!(log.load(Ordering::SeqCst), 1);
    let held = HeldMail { count: 3, cause: "the disk is full".to_owned(), since: Timestamp(0) };
    assert_eq!(world.held(), [("a".to_owned(), held)]);
    world.failing.lock().unwrap().clear();
    world.sleep_until(3_700_000).await;
    assert!(world.held().is_empty() && world.waiting.lock().unwrap().is_empty());
    assert_eq!(log.load(Ordering::SeqCst), 2, "one line says that it works again");
}

#[tokio::test(start_paused = true)]
async fn a_single_failure_is_no_trouble() {
    let world = World::start();
    world.failing.lock().unwrap().insert("a");
    world.send("a", 1);
    world.sleep_until(500).await;
    assert!(world.held().is_empty());
    world.failing.lock().unwrap().clear();
    world.sleep_until(1_500).await;
    assert_eq!(world.posts("a"), [0, 1_000]);
    assert!(world.waiting.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn mail_for_others_is_not_held_up_by_a_full_page_for_one_that_fails() {
    let world = World::start();
    world.failing.lock().unwrap().insert("a");
    world.send("a", 350);
    world.send("b", 150);
    world.sleep_until(500).await;
    assert_eq!((world.posts("a").len(), world.posts("b").len()), (1, 150));
    world.send("b", 1);
    world.sleep_until(600).await;
    assert_eq!(world.posts("b").last(), Some(&500));
    world.failing.lock().unwrap().clear();
    world.sleep_until(1_100).await;
    assert!(world.waiting.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn mail_is_delivered_at_once_when_its_receiver_goes_on() {
    let world = World::start();
    let a = AgentId::new("a");
    world.failing.lock().unwrap().insert("a");
    world.health.agent_is_in_trouble(&a, StopCause::Store(StoreError::DiskFull), false, Timestamp(0));
    world.send("a", 1);
    world.sleep_until(40_000).await;
    world.failing.lock().unwrap().clear();
    world.health.agent_goes_on(&a);
    world.mail.notify_one();
    world.sleep_until(40_001).await;
    assert_eq!(world.posts("a").last(), Some(&40_000));
    assert!(world.held().is_empty());
}
