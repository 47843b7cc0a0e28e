//! What follows for a schedule, with sleeps, clocks that jump and kills between any two steps.

use super::*;
use crate::money::Money;
use crate::schedule::When;
use proptest::prelude::*;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn at(time: &str) -> Timestamp {
    Timestamp(time.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn schedule(when: When, on_missed: OnMissed, now: Timestamp) -> Schedule {
    let next_at = when.next(now, &berlin());
    Schedule {
        id: ScheduleId::new("s-1"),
        name: "News".to_owned(),
        task: "Read the news".to_owned(),
        words: String::new(),
        when,
        on_missed,
        budget: Money::usd(1),
        state: ScheduleState::Active,
        next_at,
        settled_to: now,
        by_agent: None,
        created_at: now,
        revision: 1,
    }
}

fn repeated(pattern: &str, on_missed: OnMissed, now: &str) -> World {
    World::new(schedule(When::Repeated { pattern: pattern.parse().unwrap(), zone: String::new() }, on_missed, at(now)))
}

/// A schedule with what the store keeps of it.
struct World {
    schedule: Schedule,
    settled: BTreeMap<Timestamp, Occurrence>,
    is_busy: bool,
}

impl World {
    fn new(schedule: Schedule) -> World {
        World { schedule, settled: BTreeMap::new(), is_busy: false }
    }

    fn claim(&self, now: Timestamp) -> Option<Claim> {
        let since = self.schedule.settled_since(now);
        let later: Vec<Occurrence> = self.settled.values().filter(|other| other.last > since).cloned().collect();
        settle(&self.schedule, now, &berlin(), &later, self.is_busy)
    }

    /// As the store does it: all of it, or nothing.
    fn write(&mut self, claim: Claim) {
        assert_eq!(claim.revision, self.schedule.revision);
        if let Some(after) = claim.forget_after {
            self.settled.retain(|_, other| other.due <= after || !matches!(other.fate, Fate::Missed(_)));
        }
        for new in claim.settled {
            let is_replaced = |old: &Occurrence| matches!((old.fate, new.fate), (Fate::Missed(_), Fate::Missed(_)));
            assert!(self.settled.get(&new.due).is_none_or(is_replaced), "{new:?} was settled before");
            self.settled.insert(new.due, new);
        }
        (self.schedule.state, self.schedule.next_at, self.schedule.settled_to) = (claim.state, claim.next_at, claim.settled_to);
        self.schedule.revision += 1;
    }

    /// Looks at the schedule until nothing follows. Returns what was settled, in short.
    fn look(&mut self, now: &str) -> Vec<String> {
        let mut all = Vec::new();
        while let Some(claim) = self.claim(at(now)) {
            let time = |at: Timestamp| jiff::Timestamp::from_millisecond(at.0).unwrap().strftime("%d %H:%M").to_string();
            all.extend(claim.settled.iter().map(|it| match it.count {
                1 => format!("{} {}", it.fate.as_str(), time(it.due)),
                count => format!("{} {count} from {} to {}", it.fate.as_str(), time(it.due), time(it.last)),
            }));
            self.write(claim);
        }
        all
    }
}

#[test]
fn an_occurrence_runs_at_its_time_and_once() {
    let mut world = repeated("0 8 * * *", OnMissed::RunOnce, "2026-11-30T12:00:00Z");
    assert!(world.look("2026-12-01T06:59:59Z").is_empty());
    assert_eq!(world.look("2026-12-01T07:00:00Z"), ["run 01 07:00"]);
    assert!(world.look("2026-12-01T07:00:01Z").is_empty());
    assert_eq!(world.look("2026-12-02T07:00:40Z"), ["run 02 07:00"]);
}

#[test]
fn after_a_sleep_the_last_runs_is_skipped_or_is_asked_about() {
    let slept = |on_missed, until: &str| repeated("0 8 * * *", on_missed, "2026-11-30T12:00:00Z").look(until);
    let (noon, soon) = ("2026-12-03T12:00:00Z", "2026-12-03T07:05:00Z");
    let before = "missed 2 from 01 07:00 to 02 07:00";
    assert_eq!(slept(OnMissed::RunOnce, noon), [before, "run 03 07:00"]);
    assert_eq!(slept(OnMissed::Skip, noon), ["missed 3 from 01 07:00 to 03 07:00"]);
    assert_eq!(slept(OnMissed::Ask, noon), [before, "ask 03 07:00"]);
    for on_missed in OnMissed::ALL {
        assert_eq!(slept(on_missed, soon), [before, "run 03 07:00"], "five minutes late is on time");
    }
}

#[test]
fn a_sleep_of_six_hours_leaves_one_run_of_what_is_due_every_hour() {
    let mut world = repeated("0 * * * *", OnMissed::RunOnce, "2026-11-30T12:30:00Z");
    assert_eq!(world.look("2026-11-30T18:45:00Z"), ["missed 5 from 30 13:00 to 30 17:00", "run 30 18:00"]);
    assert_eq!(world.look("2026-11-30T19:00:05Z"), ["run 30 19:00"]);
}

#[test]
fn nothing_runs_while_the_run_before_is_at_work() {
    let mut world = repeated("*/15 * * * *", OnMissed::RunOnce, "2026-11-30T12:00:00Z");
    assert_eq!(world.look("2026-11-30T12:15:00Z"), ["run 30 12:15"]);
    world.is_busy = true;
    assert_eq!(world.look("2026-11-30T12:30:00Z"), ["busy 30 12:30"]);
    assert_eq!(world.look("2026-11-30T12:45:00Z"), ["busy 2 from 30 12:30 to 30 12:45"]);
    assert_eq!(world.look("2026-11-30T13:00:00Z"), ["busy 3 from 30 12:30 to 30 13:00"]);
    assert_eq!(world.settled.len(), 2, "what is left out one after the other is one row");
    world.is_busy = false;
    assert_eq!(world.look("2026-11-30T13:15:00Z"), ["run 30 13:15"]);
    world.is_busy = true;
    assert_eq!(world.look("2026-11-30T13:30:00Z"), ["busy 30 13:30"]);
}

#[test]
fn a_run_by_hand_at_the_very_time_is_the_run_of_that_time() {
    let mut world = repeated("0 8 * * *", OnMissed::RunOnce, "2026-11-30T12:00:00Z");
    let by_hand = Occurrence::by_hand(&world.schedule, at("2026-12-01T07:00:00Z"));
    world.settled.insert(by_hand.due, by_hand);
    assert!(world.look("2026-12-01T07:00:00Z").is_empty());
    assert_eq!(world.schedule.next_at, Some(at("2026-12-02T07:00:00Z")));
}

#[test]
fn what_is_due_once_is_done_afterwards() {
    let start = at("2026-11-30T12:00:00Z");
    let once = |on_missed| World::new(schedule(When::Once(Timestamp(start.0 + HOUR)), on_missed, start));
    let mut world = once(OnMissed::RunOnce);
    assert_eq!(world.look("2026-11-30T13:00:00Z"), ["run 30 13:00"]);
    assert_eq!((world.schedule.state, world.schedule.next_at), (ScheduleState::Done, None));
    let mut world = once(OnMissed::Skip);
    assert_eq!(world.look("2026-12-30T13:00:00Z"), ["missed 30 13:00"]);
    assert_eq!(world.schedule.state, ScheduleState::Done);
}

#[test]
fn a_clock_that_is_set_back_runs_nothing_twice_and_silences_nothing() {
    let mut world = repeated("0 8 * * *", OnMissed::RunOnce, "2026-11-30T12:00:00Z");
    assert_eq!(world.look("2026-12-01T07:00:00Z"), ["run 01 07:00"]);
    assert!(world.look("2026-12-01T06:00:00Z").is_empty(), "an hour back");
    assert!(world.look("2026-12-01T07:00:00Z").is_empty(), "it has run");
    // The battery was empty, and the clock is years ahead until the time server answers.
    let ahead = world.look("2031-01-01T12:00:00Z");
    assert_eq!((ahead.len(), ahead[0].starts_with("missed 1000 from 02 07:00"), &ahead[1][..]), (2, true, "run 01 07:00"));
    assert!(world.look("2026-12-01T12:00:00Z").is_empty());
    assert_eq!(world.look("2026-12-02T07:00:00Z"), ["run 02 07:00"], "tomorrow is not lost");
    world.look("2031-02-01T12:00:00Z");
    assert_eq!(world.look("2026-12-03T07:01:00Z"), ["run 03 07:00"], "nor is what has just become due");
    let missed = world.settled.values().filter(|other| matches!(other.fate, Fate::Missed(_))).count();
    assert_eq!(missed, 0, "what a wrong clock has counted is forgotten");
}

#[test]
fn what_was_due_before_the_schedule_was_made_does_not_run_when_the_clock_is_set_back_a_little() {
    let mut world = repeated("0 8 * * *", OnMissed::RunOnce, "2026-12-01T07:05:00Z");
    assert!(world.look("2026-12-01T07:04:58Z").is_empty());
    assert_eq!(world.schedule.next_at, Some(at("2026-12-02T07:00:00Z")));
    // It was made while the clock was years ahead.
    let mut world = repeated("0 8 * * *", OnMissed::RunOnce, "2031-01-01T12:00:00Z");
    assert!(world.look("2026-12-01T06:00:00Z").is_empty());
    assert_eq!(world.look("2026-12-01T07:00:00Z"), ["run 01 07:00"]);
}

#[test]
fn a_clock_that_is_years_late_for_a_while_runs_nothing_again_and_nothing_from_before_the_schedule() {
    for pattern in ["0 8 * * *", "* * * * *"] {
        let mut world = repeated(pattern, OnMissed::RunOnce, "2026-11-30T12:00:00Z");
        let runs = |lines: Vec<String>| lines.into_iter().filter(|line| line.starts_with("run")).collect::<Vec<_>>();
        assert_eq!(runs(world.look("2026-12-01T07:00:00Z")), ["run 01 07:00"]);
        // The program starts before the time server answers.
        assert!(world.look("2015-01-01T00:00:30Z").is_empty());
        assert!(runs(world.look("2026-12-01T07:00:30Z")).is_empty(), "{pattern}: it has run");
        assert!(world.settled.values().all(|it| it.due >= world.schedule.created_at), "{pattern}");
        assert!(runs(world.look("2026-12-01T07:00:40Z")).is_empty());
        assert_eq!(runs(world.look("2026-12-02T07:00:00Z")), ["run 02 07:00"]);
    }
}

#[test]
fn what_a_wrong_clock_has_skipped_once_is_due_again() {
    let start = at("2026-11-30T12:00:00Z");
    let mut world = World::new(schedule(When::Once(Timestamp(start.0 + DAY)), OnMissed::Skip, start));
    assert_eq!(world.look("2030-01-01T00:00:00Z"), ["missed 01 12:00"]);
    assert!(world.look("2026-11-30T13:00:00Z").is_empty());
    assert_eq!((world.schedule.state, world.settled.len()), (ScheduleState::Active, 0));
    assert_eq!(world.look("2026-12-01T12:00:00Z"), ["run 01 12:00"]);
}

#[test]
fn a_range_of_missed_occurrences_is_cut_where_the_clock_is_set_back_to() {
    let mut world = repeated("0 8 * * *", OnMissed::Skip, "2026-11-30T12:00:00Z");
    assert_eq!(world.look("2026-12-20T12:00:00Z"), ["missed 20 from 01 07:00 to 20 07:00"]);
    assert_eq!(world.look("2026-12-03T12:00:00Z"), ["missed 3 from 01 07:00 to 03 07:00"]);
    assert_eq!(world.look("2026-12-04T07:00:00Z"), ["run 04 07:00"]);
    let settled: Vec<u32> = world.settled.values().map(|other| other.count).collect();
    assert_eq!(settled, [3, 1]);
}

#[test]
fn a_paused_schedule_is_not_due_and_goes_on_with_what_comes_after() {
    let mut world = repeated("0 8 * * *", OnMissed::RunOnce, "2026-11-30T12:00:00Z");
    world.schedule = world.schedule.clone().paused();
    assert!(world.look("2026-12-05T12:00:00Z").is_empty());
    world.schedule = world.schedule.clone().resumed(at("2026-12-05T12:00:00Z"), &berlin());
    assert!(world.look("2026-12-05T12:00:01Z").is_empty(), "what was due meanwhile is no occurrence");
    assert_eq!(world.look("2026-12-06T07:00:00Z"), ["run 06 07:00"]);
    world.schedule = world.schedule.clone().removed();
    assert!(world.look("2026-12-09T12:00:00Z").is_empty());
}

#[derive(Clone, Debug)]
enum Step {
    /// The clock goes on by this many seconds, and the schedule is looked at.
    Passes(i64),
    /// The clock is set by this many seconds.
    Jumps(i64),
    /// A claim is prepared, and the program is killed before it is written.
    Killed,
    /// Two hosts prepare a claim; only the first is written.
    TwoHosts,
    Busy(bool),
}

fn steps(jumps: i64) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (1_i64..7_200).prop_map(Step::Passes),
        3 => (1_i64..300_000).prop_map(Step::Passes),
        2 => (-jumps..=jumps).prop_map(Step::Jumps),
        1 => Just(Step::Killed),
        1 => Just(Step::TwoHosts),
        1 => any::<bool>().prop_map(Step::Busy),
    ];
    prop::collection::vec(step, 1..40)
}

/// A few days before the clocks in Berlin are set forward, or back.
const STARTS: [&str; 2] = ["2027-03-26T10:00:00Z", "2027-10-29T10:00:00Z"];

/// Runs the steps; checks after each that nothing has run twice and that the next occurrence is not skipped.
fn story(pattern: &str, on_missed: OnMissed, start: &str, steps: Vec<Step>) -> (World, Timestamp) {
    let (mut world, mut now) = (repeated(pattern, on_missed, start), at(start));
    for step in steps {
        match step {
            Step::Passes(seconds) => now.0 += seconds * 1_000,
            Step::Jumps(seconds) => now.0 = (now.0 + seconds * 1_000).max(at(start).0),
            Step::Killed => drop(world.claim(now)),
            Step::TwoHosts => {
                let (one, two) = (world.claim(now), world.claim(now));
                assert_eq!(one, two, "two hosts come to the same");
                if let Some(claim) = one {
                    let revision = world.schedule.revision;
                    world.write(claim);
                    assert!(two.is_some_and(|two| two.revision == revision), "the second is refused by its revision");
                }
            }
            Step::Busy(is_busy) => world.is_busy = is_busy,
        }
        let mut claims = 0;
        while let Some(claim) = world.claim(now) {
            // `write` refuses what was settled before.
            world.write(claim);
            claims += 1;
            assert!(claims <= 2, "a look comes to an end");
        }
        let settled = &world.settled;
        let has_run = |due: &Timestamp| settled.get(due).is_some_and(|it| !matches!(it.fate, Fate::Missed(_)));
        let mut next =
            std::iter::successors(world.schedule.when.next(now, &berlin()), |due| world.schedule.when.next(*due, &berlin()));
        assert_eq!(world.schedule.next_at, next.find(|due| !has_run(due)), "nothing that is to come is skipped");
    }
    (world, now)
}

fn patterns() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["0 8 * * *", "30 2 * * *", "0 * * * *", "*/20 * * * *", "0 9 * * 1-5", "15 1,2 * * *"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever the clock does, nothing runs twice, and nothing that is still to come is lost.
    #[test]
    fn no_occurrence_runs_twice_whatever_the_clock_does(
        pattern in patterns(),
        on_missed in prop::sample::select(OnMissed::ALL.to_vec()),
        start in prop::sample::select(STARTS.to_vec()),
        steps in steps(400_000),
    ) {
        story(pattern, on_missed, start, steps);
    }

    /// As long as the clock is not set back, each occurrence up to now is settled exactly once.
    #[test]
    fn every_occurrence_is_settled_exactly_once(
        pattern in patterns(),
        on_missed in prop::sample::select(OnMissed::ALL.to_vec()),
        start in prop::sample::select(STARTS.to_vec()),
        steps in steps(400_000),
    ) {
        let forward = steps.into_iter().map(|step| match step {
            Step::Jumps(seconds) => Step::Jumps(seconds.abs()),
            step => step,
        });
        let (world, now) = story(pattern, on_missed, start, forward.collect());
        let when = &world.schedule.when;
        let all = std::iter::successors(when.next(at(start), &berlin()), |due| when.next(*due, &berlin()));
        for due in all.take_while(|due| *due <= now) {
            let settles = world.settled.values().filter(|it| it.due <= due && due <= it.last).count();
            prop_assert_eq!(settles, 1, "{:?}", due);
        }
        let counted: u64 = world.settled.values().map(|it| u64::from(it.count)).sum();
        let all = std::iter::successors(when.next(at(start), &berlin()), |due| when.next(*due, &berlin()));
        if world.settled.values().all(|it| it.count < MAX_COUNTED) {
            prop_assert_eq!(counted, all.take_while(|due| *due <= now).count() as u64);
        }
    }
}
