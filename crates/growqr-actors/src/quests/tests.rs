//! Hosts that carry out the quests of one database at the same time.

use super::{Quests, run};
use crate::backoff::Backoff;
use crate::health::Health;
use crate::notification::Notification;
use crate::placement::{Placement, PostError, Posted};
use async_trait::async_trait;
use growqr_core::agent::{Input, State};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, EffectId, ProfileId, QuestId};
use growqr_core::journal::Store;
use growqr_core::limits::Limits;
use growqr_core::memory::{Memory, Page};
use growqr_core::money::Money;
use growqr_core::quest::{Attempt, NewQuest, Quest};
use growqr_memory::MemoryRepo;
use growqr_store::{DatabaseUrl, Db, DbConfig};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const LIMIT: Duration = Duration::from_secs(60);

/// The Grow Agent of every host, and their clock.
struct Shared {
    now: AtomicI64,
    /// The attempts that were brought to it.
    posts: Mutex<Vec<EffectId>>,
    /// How often it cannot be reached.
    failures: AtomicUsize,
    /// It takes no step of this quest.
    broken: Mutex<Option<QuestId>>,
    notifications: broadcast::Sender<Notification>,
}

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.fetch_add(1, Ordering::SeqCst))
    }
}

#[async_trait]
impl Placement for Shared {
    async fn post(&self, agent: &AgentId, input: Input) -> Result<Posted, PostError> {
        let is_down = self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_down {
            return Err(PostError::Overloaded(agent.clone()));
        }
        if let Input::StepDue { work, .. } = input {
            let broken = self.broken.lock().unwrap().clone();
            if broken.is_some_and(|quest| work.schedule.as_str().starts_with(&format!("{quest}-"))) {
                return Err(PostError::Overloaded(agent.clone()));
            }
            self.posts.lock().unwrap().push(work.effect());
        }
        let state = State::new(agent.clone());
        let spendable = state.spendable(&Limits::default(), Timestamp(0));
        Ok(Posted { view: state.view(), is_recorded: true, charge: None, spendable })
    }

    async fn wake(&self, _: &AgentId) -> Result<(), PostError> {
        Ok(())
    }

    fn subscribe(&self) -> broadcast::Receiver<Notification> {
        self.notifications.subscribe()
    }

    fn health(&self) -> watch::Receiver<Health> {
        watch::channel(Health::default()).1
    }

    async fn stop(&self) {}
}

async fn store(config: &DbConfig) -> Arc<dyn Store> {
    Db::open(config).await.unwrap().profile(&ProfileId::new("local"), Timestamp(1)).await.unwrap()
}

fn side_by_side(number: usize) -> Quest {
    let content = "- [ ] One\n- [ ] Two\n- [ ] Three\n".to_owned();
    let page = Page { path: format!("quests/{number}.md"), content, version: String::new() };
    let new = NewQuest { id: QuestId::new(format!("q-{number}")), page, budget: Some(Money::usd(3)), by_agent: None };
    new.make(Timestamp(1)).expect("a plan")
}

/// Several hosts of one database, each with connections of its own.
struct Hosts {
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    changed: Vec<Arc<Notify>>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Hosts {
    async fn start(config: &DbConfig, count: usize) -> Hosts {
        let folder = tempfile::tempdir().unwrap();
        let memory: Arc<dyn Memory> = Arc::new(MemoryRepo::open(folder.path(), Timestamp(1)).unwrap());
        let shared = Arc::new(Shared {
            now: AtomicI64::new(1_000),
            posts: Mutex::default(),
            failures: AtomicUsize::new(0),
            broken: Mutex::default(),
            notifications: broadcast::channel(8).0,
        });
        let stop = CancellationToken::new();
        let mut hosts =
            Hosts { shared, store: store(config).await, changed: Vec::new(), stop, tasks: Vec::new(), _folder: folder };
        for _ in 0..count {
            let changed = Arc::new(Notify::new());
            hosts.changed.push(Arc::clone(&changed));
            let quests = Quests {
                placement: Arc::clone(&hosts.shared) as Arc<_>,
                store: store(config).await,
                memory: Arc::clone(&memory),
                clock: Arc::clone(&hosts.shared) as Arc<_>,
                changed,
                memory_changes: watch::Sender::default(),
                tidy: Arc::default(),
                failures: Backoff::new(Duration::from_millis(5), Duration::from_millis(20)),
            };
            hosts.tasks.push(tokio::spawn(run(quests, hosts.stop.clone())));
        }
        hosts
    }

    /// All hosts look at the same time.
    fn look(&self) {
        self.changed.iter().for_each(|changed| changed.notify_one());
    }

    /// Returns once this many attempts are claimed, and the Grow Agent has recorded all of them.
    async fn until(&self, count: usize) -> Vec<Attempt> {
        let wait = async {
            loop {
                let all = self.store.last_attempts(1_000).await.unwrap();
                if all.len() >= count && all.iter().all(|attempt| attempt.posted_at.is_some()) {
                    return all;
                }
                self.look();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, wait).await.expect("each is claimed and posted")
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            timeout(LIMIT, task).await.expect("a stop does not take long").unwrap();
        }
    }
}

async fn each_step_is_claimed_once_by_three_hosts(config: DbConfig) {
    const QUESTS: usize = 20;
    let hosts = Hosts::start(&config, 3).await;
    for number in 0..QUESTS {
        assert!(hosts.store.add_quest(&side_by_side(number)).await.unwrap());
        hosts.look();
    }
    let all = hosts.until(3 * QUESTS).await;
    hosts.look();
    let keys: BTreeSet<(QuestId, u32)> = all.iter().map(|attempt| (attempt.quest.clone(), attempt.step)).collect();
    assert_eq!((all.len(), keys.len()), (3 * QUESTS, 3 * QUESTS), "one attempt of each step");
    assert!(all.iter().all(|attempt| attempt.number == 1 && attempt.allowance == Money::usd(1)));
    let posts: BTreeSet<EffectId> = hosts.shared.posts.lock().unwrap().iter().cloned().collect();
    assert_eq!(
        posts,
        all.iter().map(Attempt::effect).collect(),
        "what is claimed is brought to the Grow Agent, and nothing else"
    );
    assert!(hosts.store.quests().await.unwrap().iter().all(|quest| quest.revision == 2));
    hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_step_is_claimed_once_by_three_hosts_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    each_step_is_claimed_once_by_three_hosts(DbConfig::Sqlite { path: folder.path().join("growqr.db") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_step_is_claimed_once_by_three_hosts_on_postgres() {
    let url = tokio::task::spawn_blocking(growqr_testkit::postgres::fresh_database).await.unwrap();
    if let Some(url) = url {
        each_step_is_claimed_once_by_three_hosts(DbConfig::Postgres { url: DatabaseUrl::new(url) }).await;
    }
}

#[tokio::test]
async fn a_grow_agent_that_cannot_be_reached_gets_the_steps_later() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = Hosts::start(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }, 1).await;
    hosts.shared.failures.store(2, Ordering::SeqCst);
    assert!(hosts.store.add_quest(&side_by_side(1)).await.unwrap());
    hosts.until(3).await;
    assert_eq!(hosts.shared.posts.lock().unwrap().len(), 3);
    hosts.stop().await;
}

#[tokio::test]
async fn a_quest_that_cannot_be_carried_on_does_not_stop_younger_ones() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = Hosts::start(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }, 1).await;
    *hosts.shared.broken.lock().unwrap() = Some(QuestId::new("q-1"));
    for number in 1..3 {
        assert!(hosts.store.add_quest(&side_by_side(number)).await.unwrap());
    }
    let younger = async {
        while hosts.shared.posts.lock().unwrap().len() < 3 {
            hosts.look();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, younger).await.expect("the younger one goes on");
    hosts.stop().await;
}
