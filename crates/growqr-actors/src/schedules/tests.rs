//! Hosts that look at the schedules of one database at the same time, and a Grow Agent that cannot be reached.

use super::{MAX_WAIT, Schedules, run};
use crate::backoff::Backoff;
use crate::health::Health;
use crate::notification::Notification;
use crate::placement::{Placement, PostError, Posted};
use async_trait::async_trait;
use growqr_core::agent::{Input, State};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, ProfileId, ScheduleId};
use growqr_core::journal::Store;
use growqr_core::limits::Limits;
use growqr_core::money::Money;
use growqr_core::schedule::{Fate, Occurrence, OnMissed, Schedule, ScheduleState, When};
use growqr_store::{DatabaseUrl, Db, DbConfig};
use growqr_testkit::count_log_lines;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const HOUR: i64 = 3_600_000;
const LIMIT: Duration = Duration::from_secs(60);

/// The Grow Agent of every host, and their clock.
#[derive(Default)]
struct Shared {
    now: AtomicI64,
    /// The runs that were brought to it.
    posts: Mutex<Vec<(ScheduleId, Timestamp)>>,
    /// How often it cannot be reached.
    failures: AtomicUsize,
}

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Placement for Shared {
    async fn post(&self, agent: &AgentId, input: Input) -> Result<Posted, PostError> {
        let is_down = self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_down {
            return Err(PostError::Overloaded(agent.clone()));
        }
        if let Input::Due { work, .. } = input {
            self.posts.lock().unwrap().push((work.schedule, work.due));
        }
        let state = State::new(agent.clone());
        let spendable = state.spendable(&Limits::default(), Timestamp(0));
        Ok(Posted { view: state.view(), is_recorded: true, charge: None, spendable })
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

async fn store(config: &DbConfig) -> Arc<dyn Store> {
    Db::open(config).await.unwrap().profile(&ProfileId::new("local"), Timestamp(1)).await.unwrap()
}

fn hourly(id: &str, zone: &str) -> Schedule {
    let when = When::Repeated { pattern: "0 * * * *".parse().expect("a pattern"), zone: zone.to_owned() };
    Schedule {
        id: ScheduleId::new(id),
        name: id.to_owned(),
        task: "report".to_owned(),
        words: "every hour".to_owned(),
        when,
        on_missed: OnMissed::RunOnce,
        budget: Money::usd(1),
        state: ScheduleState::Active,
        next_at: Some(Timestamp(HOUR)),
        settled_to: Timestamp(1),
        by_agent: None,
        created_at: Timestamp(1),
        revision: 1,
    }
}

/// Several hosts of one database, each with connections of its own.
struct Hosts {
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    changed: Vec<Arc<Notify>>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Hosts {
    async fn start(config: &DbConfig, count: usize) -> Hosts {
        let (shared, stop) = (Arc::new(Shared::default()), CancellationToken::new());
        let mut hosts = Hosts { shared, store: store(config).await, changed: Vec::new(), stop, tasks: Vec::new() };
        // The time at which the schedules are made.
        hosts.shared.now.store(1, Ordering::SeqCst);
        for _ in 0..count {
            let (changed, shared) = (Arc::new(Notify::new()), Arc::clone(&hosts.shared));
            hosts.changed.push(Arc::clone(&changed));
            let task = run(Arc::clone(&shared) as Arc<_>, store(config).await, shared, changed, hosts.stop.clone());
            hosts.tasks.push(tokio::spawn(task));
        }
        hosts
    }

    async fn add(&self, id: &str, zone: &str) {
        assert!(self.store.add_schedule(&hourly(id, zone)).await.unwrap());
    }

    /// All hosts look at the same time.
    fn look(&self, at: i64) {
        self.shared.now.store(at, Ordering::SeqCst);
        self.changed.iter().for_each(|changed| changed.notify_one());
    }

    /// Returns once this many runs are claimed, and the Grow Agent has recorded all of them.
    async fn until(&self, runs: usize) -> Vec<Occurrence> {
        let wait = async {
            loop {
                let all = self.store.occurrences(None, 1_000).await.unwrap();
                let ran: Vec<Occurrence> = all.into_iter().filter(|it| it.fate == Fate::Run).collect();
                if ran.len() >= runs && ran.iter().all(|it| it.posted_at.is_some()) {
                    return ran;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, wait).await.expect("it is claimed and posted")
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            timeout(LIMIT, task).await.expect("a stop does not take long").unwrap();
        }
    }
}

/// The journal takes each occurrence once, so a host that brings it again does no harm; here each is claimed once.
async fn each_occurrence_is_claimed_once_by_three_hosts(config: DbConfig) {
    let hosts = Hosts::start(&config, 3).await;
    for id in ["s-1", "s-2"] {
        hosts.add(id, "UTC").await;
    }
    for hour in 1..=60_usize {
        hosts.look(i64::try_from(hour).unwrap() * HOUR + 3);
        // No journal has the sub-agents, so the first run counts as not begun, and the later occurrences are left out.
        hosts.until(2).await;
        timeout(LIMIT, async {
            while hosts.store.schedules().await.unwrap().iter().any(|it| it.settled_to.0 < i64::try_from(hour).unwrap() * HOUR) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("it is settled");
    }
    let all = hosts.store.occurrences(None, 1_000).await.unwrap();
    let settled: BTreeSet<(ScheduleId, Timestamp)> = all.iter().map(|it| (it.schedule.clone(), it.due)).collect();
    // One that runs, and one row for the others of each schedule.
    assert_eq!((all.len(), settled.len()), (4, 4), "{all:?}");
    assert_eq!(all.iter().map(|it| it.count).sum::<u32>(), 120, "each hour of each schedule is counted once: {all:?}");
    let posts: BTreeSet<(ScheduleId, Timestamp)> = hosts.shared.posts.lock().unwrap().iter().cloned().collect();
    let runs: BTreeSet<_> = all.iter().filter(|it| it.fate == Fate::Run).map(|it| (it.schedule.clone(), it.due)).collect();
    assert_eq!(runs.len(), 2, "however many occurrences were left out since");
    assert_eq!(posts, runs, "what is claimed as a run is brought to the Grow Agent, and nothing else");
    assert_eq!(hosts.store.schedules().await.unwrap().iter().map(|it| it.revision).collect::<Vec<_>>(), [61, 61]);
    hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_occurrence_is_claimed_once_by_three_hosts_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    each_occurrence_is_claimed_once_by_three_hosts(DbConfig::Sqlite { path: folder.path().join("growqr.db") }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_occurrence_is_claimed_once_by_three_hosts_on_postgres() {
    let url = tokio::task::spawn_blocking(growqr_testkit::postgres::fresh_database).await.unwrap();
    if let Some(url) = url {
        each_occurrence_is_claimed_once_by_three_hosts(DbConfig::Postgres { url: DatabaseUrl::new(url) }).await;
    }
}

#[tokio::test]
async fn a_grow_agent_that_cannot_be_reached_gets_the_run_later() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = Hosts::start(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }, 1).await;
    hosts.add("s-1", "UTC").await;
    hosts.shared.failures.store(1, Ordering::SeqCst);
    hosts.look(HOUR);
    hosts.until(1).await;
    assert_eq!(hosts.shared.posts.lock().unwrap().len(), 1);
    hosts.stop().await;
}

#[tokio::test]
async fn a_time_zone_that_this_computer_does_not_know_holds_up_no_other_schedule() {
    let folder = tempfile::tempdir().unwrap();
    let (warnings, _counting) = count_log_lines(tracing::Level::WARN);
    let hosts = Hosts::start(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }, 1).await;
    hosts.add("s-1", "Mars/Olympus").await;
    hosts.add("s-2", "UTC").await;
    hosts.look(HOUR);
    let ran = hosts.until(1).await;
    hosts.look(HOUR + 1);
    hosts.until(1).await;
    assert_eq!((ran.len(), ran[0].schedule.as_str()), (1, "s-2"));
    assert_eq!(warnings.load(Ordering::SeqCst), 1, "it is said once");
    hosts.stop().await;
}

#[tokio::test]
async fn the_clock_is_looked_at_as_long_as_there_are_schedules() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }).await;
    let shared = Arc::new(Shared::default());
    let mut schedules = Schedules {
        placement: Arc::clone(&shared) as Arc<dyn Placement>,
        store: Arc::clone(&store),
        clock: shared,
        failures: Backoff::default(),
        unknown_zones: BTreeSet::new(),
    };
    assert_eq!(schedules.look().await, None);
    let done = Schedule { state: ScheduleState::Done, next_at: None, settled_to: Timestamp(0), ..hourly("s-1", "UTC") };
    assert!(store.add_schedule(&done).await.unwrap());
    assert_eq!(schedules.look().await, Some(MAX_WAIT), "a clock that is set back makes it due again");
}
