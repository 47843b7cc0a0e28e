//! Scheduled work: begun once, whatever the clock does, whoever looks and whenever the host is killed.

use super::TestEnvironment;
use super::hooked_store::{AppendBehavior, HookedStore, StoreHooks};
use super::world::{RunningHost, World, grow};
use growqr_core::agent::Input;
use growqr_core::ask::{Answer, RUN};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{ScheduleId, child_id};
use growqr_core::journal::{Status, Store};
use growqr_core::money::Money;
use growqr_core::schedule::{Fate, MissedBecause, Occurrence, OnMissed, Schedule, ScheduleState, When, occurrence_id};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// The first full hour on the clock of the tests.
fn hour(hours: i64) -> Timestamp {
    Timestamp(hours * HOUR)
}

/// A schedule that is due every hour, and makes a sub-agent read this line.
fn hourly(id: &str, task: &str, on_missed: OnMissed, now: Timestamp) -> Schedule {
    let when = When::Repeated { pattern: "0 * * * *".parse().expect("a pattern"), zone: "UTC".to_owned() };
    let utc = when.time_zone(&Utc).expect("every computer knows it");
    Schedule {
        id: ScheduleId::new(id),
        name: format!("work {id}"),
        task: task.to_owned(),
        words: "every hour".to_owned(),
        on_missed,
        budget: Money::usd(1),
        state: ScheduleState::Active,
        next_at: when.next(now, &utc),
        settled_to: now,
        when,
        by_agent: None,
        created_at: now,
        revision: 1,
    }
}

struct Utc;

impl Clock for Utc {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

impl World {
    /// Sets the clock, and has the host look at it at once, as it does at least once a minute.
    fn set_clock(&self, at: Timestamp) {
        self.clock.0.store(at.0, Ordering::SeqCst);
        self.ports.schedules_changed.notify_one();
    }

    async fn add_schedule(&self, schedule: &Schedule) {
        assert!(self.ports.store.add_schedule(schedule).await.expect("the store works"), "a new id");
        self.ports.schedules_changed.notify_one();
    }

    /// What became of the occurrences, the first first: the hour, how many, and how.
    async fn settled(&self) -> Vec<(i64, u32, Fate)> {
        let mut all = self.ports.store.occurrences(None, 1_000).await.expect("the store works");
        all.sort_by_key(|it| (it.due, it.schedule.clone()));
        all.into_iter().map(|it| (it.due.0 / HOUR, it.count, it.fate)).collect()
    }

    /// The number of agents with this status.
    async fn with_status(&self, status: Status) -> usize {
        self.agents().await.iter().filter(|agent| agent.status == status).count()
    }

    /// The sub-agents of runs that have reported.
    async fn done(&self) -> usize {
        self.agents().await.iter().filter(|agent| agent.depth == 1 && agent.status == Status::Done).count()
    }
}

impl RunningHost {
    /// Returns once this many runs have reported, and nothing is left to do.
    async fn until_done(&self, world: &World, runs: usize) {
        self.until(async || {
            let unposted = world.ports.store.unposted().await.expect("the store works");
            unposted.is_empty() && world.done().await >= runs && world.count(&grow(), "mail_received").await >= runs
        })
        .await;
        self.until_idle().await;
    }
}

/// No turn of the Grow Agent is needed for it, and none begins with its report.
pub async fn a_scheduled_run_works_and_reports_without_a_turn_of_the_grow_agent(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    world.add_schedule(&hourly("s-1", "read the news", OnMissed::RunOnce, Timestamp(1_000))).await;
    world.set_clock(hour(1));
    host.until_done(&world, 1).await;
    assert_eq!(world.settled().await, [(1, 1, Fate::Run)]);
    let run = child_id(&occurrence_id(&ScheduleId::new("s-1"), hour(1)));
    let agents = world.agents().await;
    let agent = agents.iter().find(|agent| agent.agent == run).expect("its id is made from the occurrence");
    assert_eq!((agent.name.as_str(), agent.task.as_deref()), ("work s-1", Some("read the news")));
    assert_eq!(world.count(&grow(), "turn_started").await, 0);
    host.say(0, "what is new?").await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "turn_started").await, 1);
}

/// Six hours pass while the host is stopped.
pub async fn after_a_sleep_the_last_run_is_made_up_for_skipped_or_asked_about(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    for (id, on_missed) in [("s-1", OnMissed::RunOnce), ("s-2", OnMissed::Skip), ("s-3", OnMissed::Ask)] {
        world.add_schedule(&hourly(id, "report", on_missed, Timestamp(1_000))).await;
    }
    host.stop().await;
    world.set_clock(Timestamp(hour(6).0 + 30 * MINUTE));
    let host = world.start().await;
    host.until_done(&world, 1).await;
    let missed = Fate::Missed(MissedBecause::Away);
    let settled = [(1, 5, missed), (1, 6, missed), (1, 5, missed), (6, 1, Fate::Run), (6, 1, Fate::Ask)];
    assert_eq!(world.settled().await, settled);
    let open = world.ports.store.open_asks().await.expect("the store works");
    let answer = Answer { option: Some(RUN.to_owned()), ..Answer::default() };
    host.handle.answer(&open[0].ask.id, Some(answer)).await.expect("it is open");
    host.until_done(&world, 2).await;
    assert_eq!((open.len(), world.done().await), (1, 2), "the person wants it");
    world.set_clock(hour(7));
    host.until_done(&world, 5).await;
    host.stop().await;
    assert_eq!(world.done().await, 5, "all three are on time again");
}

/// The clock of the computer is wrong for a while, in both directions.
pub async fn a_clock_that_jumps_runs_no_occurrence_twice(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    world.add_schedule(&hourly("s-1", "report", OnMissed::RunOnce, Timestamp(1_000))).await;
    for (at, runs) in [(1, 1), (2, 2), (1, 2), (2, 2), (50, 3), (3, 4), (2, 4), (3, 4), (4, 5)] {
        world.set_clock(hour(at));
        host.until_done(&world, runs).await;
    }
    host.stop().await;
    let ran: Vec<i64> = world.settled().await.into_iter().filter(|it| it.2 == Fate::Run).map(|it| it.0).collect();
    assert_eq!(ran, [1, 2, 3, 4, 50]);
    assert_eq!(world.count(&grow(), "scheduled_work_started").await, 5);
}

/// The next occurrence does not run beside it, also if a run that was started by hand meanwhile is over.
pub async fn an_occurrence_is_left_out_while_the_run_before_is_at_work(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    world.add_schedule(&hourly("s-1", "later", OnMissed::RunOnce, Timestamp(1_000))).await;
    world.set_clock(hour(1));
    host.until(async || world.with_status(Status::Thinking).await == 1).await;
    let schedule = world.ports.store.schedules().await.expect("the store works").remove(0);
    let by_hand = Occurrence::by_hand(&schedule, Timestamp(hour(1).0 + MINUTE));
    assert!(world.ports.store.add_run(&by_hand).await.expect("the store works"));
    world.set_clock(by_hand.due);
    host.until(async || world.with_status(Status::Thinking).await == 2).await;
    host.handle.control(&child_id(&by_hand.effect()), Input::Cancel { tree: true }).await.expect("it is recorded");
    host.until(async || world.with_status(Status::Cancelled).await == 1).await;
    world.set_clock(hour(2));
    host.until(async || world.settled().await.len() == 3).await;
    world.release();
    host.until_done(&world, 1).await;
    world.set_clock(hour(3));
    host.until_done(&world, 2).await;
    host.stop().await;
    let busy = Fate::Missed(MissedBecause::Busy);
    assert_eq!(world.settled().await, [(1, 1, Fate::Run), (1, 1, Fate::Run), (2, 1, busy), (3, 1, Fate::Run)]);
}

/// One kill before or after each write, the claim and its note included: every occurrence runs once.
pub async fn a_scheduled_run_is_made_once_when_killed_at_any_append(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let (mut hours, mut runs) = (0, 0);
    world.add_schedule(&hourly("s-1", "report", OnMissed::RunOnce, Timestamp(1_000))).await;
    // The claim, the start, the note, the sub-agent's birth and request, its answer, its report.
    for at in 1..9 {
        for behavior in [AppendBehavior::StopBefore, AppendBehavior::StopAfter] {
            (hours, runs) = (hours + 1, runs + 1);
            let store = world.other_store().await;
            let hooked = Arc::new(HookedStore::new(store, StoreHooks { append: Some((at, behavior)), ..StoreHooks::default() }));
            world.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
            world.set_clock(hour(hours));
            let host = world.start().await;
            tokio::select! {
                () = hooked.stopped() => {}
                () = host.until_done(&world, runs) => {}
            }
            host.kill().await;
            world.ports.store = world.other_store().await;
            let host = world.start().await;
            host.until_done(&world, runs).await;
            host.stop().await;
            let (started, begun) = (world.count(&grow(), "scheduled_work_started").await, world.done().await);
            assert_eq!((started, begun), (runs, runs), "{behavior:?} {at}");
        }
    }
    assert_eq!(world.settled().await, (1..=hours).map(|hour| (hour, 1, Fate::Run)).collect::<Vec<_>>());
    let all = world.ports.store.occurrences(None, 1_000).await.expect("the store works");
    assert!(all.iter().all(|it| it.posted_at.is_some()));
}

/// The person starts it by hand, also while it is paused; that settles no other occurrence.
pub async fn a_run_by_hand_comes_besides_the_schedule(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let schedule = hourly("s-1", "report", OnMissed::RunOnce, Timestamp(1_000));
    world.add_schedule(&schedule).await;
    assert!(world.ports.store.change_schedule(&schedule.clone().paused()).await.expect("the store works"));
    let by_hand = Occurrence::by_hand(&schedule, Timestamp(20 * MINUTE));
    assert!(world.ports.store.add_run(&by_hand).await.expect("the store works"));
    world.set_clock(hour(2));
    host.until_done(&world, 1).await;
    assert_eq!(world.settled().await, [(0, 1, Fate::Run)], "a paused schedule is not due");
    host.stop().await;
}
