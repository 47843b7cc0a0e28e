//! Schedules and their occurrences: each is claimed once, whoever looks.

use super::on_both;
use crate::fixtures::{NOW, World};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId, ScheduleId};
use growqr_core::journal::Store;
use growqr_core::money::Money;
use growqr_core::schedule::{Claim, Fate, Occurrence, OnMissed, Schedule, ScheduleState, When, settle};
use jiff::tz::TimeZone;
use std::sync::Arc;

const HOUR: i64 = 3_600_000;

fn in_hours(hours: i64) -> Timestamp {
    Timestamp(NOW.0 + hours * HOUR)
}

/// Due every hour, in two ways of missing it; `NOW` is a full hour.
fn hourly(id: &str, on_missed: OnMissed) -> Schedule {
    let when = When::Repeated { pattern: "0 * * * *".parse().unwrap(), zone: "Europe/Berlin".to_owned() };
    Schedule {
        id: ScheduleId::new(id),
        name: "News".to_owned(),
        task: "Read the news.\nThen say what matters.".to_owned(),
        words: "every hour".to_owned(),
        when,
        on_missed,
        budget: Money::usd(1),
        state: ScheduleState::Active,
        next_at: Some(in_hours(1)),
        settled_to: NOW,
        by_agent: None,
        created_at: NOW,
        revision: 1,
    }
}

fn once(id: &str) -> Schedule {
    let by_agent = Some(AgentId::grow());
    Schedule { when: When::Once(in_hours(2)), next_at: Some(in_hours(2)), by_agent, ..hourly(id, OnMissed::Ask) }
}

/// What a host does when it looks at a schedule.
async fn claim_at(store: &dyn Store, id: &str, now: Timestamp) -> Option<Claim> {
    let schedule = store.schedule(&ScheduleId::new(id)).await.unwrap().unwrap();
    let later = store.occurrences_after(&schedule.id, schedule.settled_since(now)).await.unwrap();
    settle(&schedule, now, &TimeZone::UTC, &later, false)
}

/// What became of the occurrences, the first first.
async fn fates(store: &dyn Store) -> Vec<(i64, u32, &'static str)> {
    let mut all = store.occurrences(None, 100).await.unwrap();
    all.sort_by_key(|it| (it.due, it.schedule.clone()));
    all.into_iter().map(|it| ((it.due.0 - NOW.0) / HOUR, it.count, it.fate.as_str())).collect()
}

on_both! {
    async fn a_schedule_comes_back_as_it_was_added(world: World) {
        let store = world.store().await;
        let (repeated, once) = (hourly("s-1", OnMissed::Skip), once("s-2"));
        assert!(store.add_schedule(&repeated).await.unwrap() && store.add_schedule(&once).await.unwrap());
        assert!(!store.add_schedule(&once).await.unwrap(), "one id is one schedule");
        assert_eq!(store.schedules().await.unwrap(), [repeated, once]);
        assert_eq!(store.schedule(&ScheduleId::new("s-3")).await.unwrap(), None);
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert!(other.schedules().await.unwrap().is_empty());
    }

    async fn a_change_counts_only_for_the_revision_that_it_names(world: World) {
        let store = world.store().await;
        let schedule = hourly("s-1", OnMissed::RunOnce);
        store.add_schedule(&schedule).await.unwrap();
        let paused = schedule.clone().paused();
        assert!(store.change_schedule(&paused).await.unwrap());
        assert!(!store.change_schedule(&schedule.clone().removed()).await.unwrap(), "it was paused meanwhile");
        let now = store.schedules().await.unwrap().remove(0);
        assert_eq!((now.state, now.next_at, now.revision), (ScheduleState::Paused, None, 2));
        assert!(store.change_schedule(&now.removed()).await.unwrap());
        assert!(store.schedules().await.unwrap().is_empty());
        let removed = store.schedule(&schedule.id).await.unwrap().unwrap();
        assert_eq!(removed.state, ScheduleState::Removed, "its history can still be named");
        assert!(!store.add_run(&Occurrence::by_hand(&removed, in_hours(1))).await.unwrap());
    }

    /// Both hosts have read the same; the claim of one of them counts as a whole, that of the other not at all.
    async fn two_hosts_that_claim_the_same_occurrence_get_it_once(world: World) {
        let (one, two) = (world.store().await, world.store().await);
        one.add_schedule(&hourly("s-1", OnMissed::RunOnce)).await.unwrap();
        for hour in 1..=20 {
            let now = in_hours(hour);
            let claim = claim_at(&*one, "s-1", now).await.unwrap();
            let same = claim_at(&*two, "s-1", now).await.unwrap();
            let (first, second) = tokio::join!(one.claim(&claim), two.claim(&same));
            assert!(first.unwrap() != second.unwrap(), "one of them");
            assert_eq!(claim_at(&*two, "s-1", now).await, None);
        }
        let all = fates(&*one).await;
        assert_eq!(all, (1..=20).map(|hour| (hour, 1, "run")).collect::<Vec<_>>());
        assert_eq!(one.schedules().await.unwrap()[0].revision, 21);
    }

    /// Many at once, each with its own connection.
    async fn many_hosts_claim_one_occurrence_once(world: World) {
        let first = world.store().await;
        first.add_schedule(&hourly("s-1", OnMissed::RunOnce)).await.unwrap();
        let claim = Arc::new(claim_at(&*first, "s-1", in_hours(5)).await.unwrap());
        let mut tries = Vec::new();
        for _ in 0..8 {
            let (store, claim) = (world.store().await, Arc::clone(&claim));
            tries.push(tokio::spawn(async move { store.claim(&claim).await.unwrap() }));
        }
        let mut won = 0;
        for one in tries {
            won += u32::from(one.await.unwrap());
        }
        assert_eq!(won, 1);
        assert_eq!(fates(&*first).await, [(1, 4, "missed"), (5, 1, "run")]);
    }

    /// A claim that breaks off half-way, or that would settle something twice, leaves no trace.
    async fn a_claim_is_written_as_a_whole_or_not_at_all(world: World) {
        let store = world.store().await;
        let schedule = hourly("s-1", OnMissed::RunOnce);
        store.add_schedule(&schedule).await.unwrap();
        let by_hand = Occurrence::by_hand(&schedule, in_hours(2));
        assert!(store.add_run(&by_hand).await.unwrap());
        assert!(!store.add_run(&by_hand).await.unwrap(), "a second click in the same moment");
        let claim = claim_at(&*store, "s-1", in_hours(1)).await.unwrap();
        let twice = Occurrence { fate: Fate::Ask, by_hand: false, ..by_hand.clone() };
        let bad = Claim { settled: [claim.settled.clone(), vec![twice]].concat(), ..claim.clone() };
        assert!(!store.claim(&bad).await.unwrap());
        assert_eq!(store.schedules().await.unwrap(), [schedule]);
        assert_eq!(store.occurrences(None, 10).await.unwrap(), [by_hand]);
        assert!(store.claim(&claim).await.unwrap(), "the writer still works");
        let claim = claim_at(&*store, "s-1", in_hours(3)).await.unwrap();
        assert!(store.claim(&claim).await.unwrap());
        assert_eq!(fates(&*store).await, [(1, 1, "run"), (2, 1, "run"), (3, 1, "run")], "the hour of the run by hand is settled");
    }

    async fn what_is_claimed_is_unposted_until_the_grow_agent_has_recorded_it(world: World) {
        let store = world.store().await;
        let (run, ask) = (hourly("s-1", OnMissed::Skip), once("s-2"));
        for schedule in [&run, &ask] {
            store.add_schedule(schedule).await.unwrap();
        }
        for (id, hour) in [("s-1", 4), ("s-2", 5)] {
            let claim = claim_at(&*store, id, in_hours(hour)).await.unwrap();
            assert!(store.claim(&claim).await.unwrap());
        }
        assert_eq!(fates(&*store).await, [(1, 3, "missed"), (2, 1, "ask"), (4, 1, "run")]);
        let unposted = store.unposted().await.unwrap();
        let named: Vec<(&str, Fate)> = unposted.iter().map(|(schedule, it)| (schedule.id.as_str(), it.fate)).collect();
        assert_eq!(named, [("s-1", Fate::Run), ("s-2", Fate::Ask)], "the oldest claim first, nothing that was missed");
        assert_eq!(unposted[1].0.state, ScheduleState::Done);
        store.posted(&run.id, in_hours(4), in_hours(5)).await.unwrap();
        store.posted(&run.id, in_hours(4), in_hours(9)).await.unwrap();
        assert_eq!(store.unposted().await.unwrap().len(), 1);
        let first = &store.occurrences(Some(&run.id), 1).await.unwrap()[0];
        assert_eq!((first.due, first.posted_at), (in_hours(4), Some(in_hours(5))), "recorded once");
    }

    async fn runs_are_found_behind_any_number_of_missed_occurrences_and_can_be_left_out(world: World) {
        let store = world.store().await;
        let schedule = hourly("s-1", OnMissed::Skip);
        store.add_schedule(&schedule).await.unwrap();
        store.add_schedule(&once("s-2")).await.unwrap();
        for hour in 1..=60 {
            let seen = store.schedule(&schedule.id).await.unwrap().unwrap();
            let later = store.occurrences_after(&schedule.id, seen.settled_since(in_hours(hour))).await.unwrap();
            let claim = settle(&seen, in_hours(hour), &TimeZone::UTC, &later, hour > 1).unwrap();
            assert!(store.claim(&claim).await.unwrap());
        }
        let claim = claim_at(&*store, "s-2", in_hours(61)).await.unwrap();
        assert!(store.claim(&claim).await.unwrap());
        let due = |runs: Vec<Occurrence>| -> Vec<(String, i64)> {
            runs.into_iter().map(|run| (run.schedule.to_string(), (run.due.0 - NOW.0) / HOUR)).collect()
        };
        assert_eq!(due(store.runs(Some(&schedule.id), 50).await.unwrap()), [("s-1".to_owned(), 1)]);
        assert_eq!(due(store.runs(None, 50).await.unwrap()), [("s-2".to_owned(), 2), ("s-1".to_owned(), 1)]);
        store.posted(&schedule.id, in_hours(1), in_hours(61)).await.unwrap();
        assert_eq!(store.miss_unposted(Some(&schedule.id)).await.unwrap(), 0, "the other schedule has it");
        assert_eq!(store.miss_unposted(Some(&ScheduleId::new("s-2"))).await.unwrap(), 1);
        assert_eq!(store.miss_unposted(None).await.unwrap(), 0);
        assert!(store.unposted().await.unwrap().is_empty());
        assert_eq!(due(store.runs(None, 50).await.unwrap()), [("s-1".to_owned(), 1)], "what is recorded stays a run");
    }

    async fn what_a_wrong_clock_has_counted_as_missed_is_forgotten_and_what_has_run_stays(world: World) {
        let store = world.store().await;
        store.add_schedule(&hourly("s-1", OnMissed::RunOnce)).await.unwrap();
        for hour in [1, 100, 3, 3, 4] {
            if let Some(claim) = claim_at(&*store, "s-1", in_hours(hour)).await {
                assert!(store.claim(&claim).await.unwrap(), "at hour {hour}");
            }
        }
        assert_eq!(fates(&*store).await, [(1, 1, "run"), (2, 1, "missed"), (3, 1, "run"), (4, 1, "run"), (100, 1, "run")]);
    }

    async fn a_row_that_this_build_cannot_read_hides_no_other(world: World) {
        let store = world.store().await;
        for id in ["s-1", "s-2"] {
            store.add_schedule(&hourly(id, OnMissed::RunOnce)).await.unwrap();
        }
        world.run_sql("update schedules set cron = 'at dawn' where id = 's-1'").await;
        let left: Vec<ScheduleId> = store.schedules().await.unwrap().into_iter().map(|schedule| schedule.id).collect();
        assert_eq!(left, [ScheduleId::new("s-2")]);
        assert!(store.schedule(&ScheduleId::new("s-1")).await.is_err());
    }

    /// A restored backup: a schedule can also begin if this build cannot read it, or if the clock is set back later.
    async fn all_schedules_are_paused_whatever_their_rows_say(world: World) {
        let store = world.store().await;
        for id in ["s-1", "s-2", "s-3", "s-4"] {
            store.add_schedule(&hourly(id, OnMissed::RunOnce)).await.unwrap();
        }
        world.run_sql("update schedules set cron = 'at dawn' where id = 's-1'").await;
        world.run_sql("update schedules set state = 'done', next_at = null, settled_to = 9000000000000000 where id = 's-2'").await;
        world.run_sql("update schedules set state = 'removed', next_at = null where id = 's-4'").await;
        let paused: Vec<String> = store.pause_schedules().await.unwrap().into_iter().map(|it| it.id.to_string()).collect();
        assert_eq!(paused, ["s-1", "s-2", "s-3"]);
        assert!(store.pause_schedules().await.unwrap().is_empty());
        let left = store.schedules().await.unwrap();
        assert!(left.len() == 2 && left.iter().all(|it| it.state == ScheduleState::Paused && it.revision == 2), "{left:?}");
        assert_eq!(claim_at(&*store, "s-2", in_hours(5)).await, None, "it is not taken up when the clock is right again");
        world.run_sql("update schedules set cron = '0 * * * *' where id = 's-1'").await;
        let read = store.schedule(&ScheduleId::new("s-1")).await.unwrap().unwrap();
        assert_eq!((read.state, read.next_at), (ScheduleState::Paused, None));
        let removed = store.schedule(&ScheduleId::new("s-4")).await.unwrap().unwrap();
        assert_eq!(removed.state, ScheduleState::Removed);
    }
}
