//! Times of patterns around changes of the clocks, in zones that are written out, so that no list of zones is needed.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Clocks are set by an hour, at 2:00 and 3:00; by half an hour, at 2:00, in the south; never.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const LORD_HOWE: &str = "LHST-10:30LHDT-11,M10.1.0,M4.1.0";
const KOLKATA: &str = "IST-5:30";

fn zone(rule: &str) -> TimeZone {
    TimeZone::posix(rule).unwrap()
}

fn pattern(text: &str) -> Pattern {
    text.parse().unwrap()
}

fn at(time: &str) -> Timestamp {
    Timestamp(time.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// The next `count` times, in UTC.
fn times(text: &str, rule: &str, after: &str, count: usize) -> Vec<String> {
    let (pattern, zone) = (pattern(text), zone(rule));
    let next = |after: &Timestamp| pattern.next(*after, &zone);
    std::iter::successors(next(&at(after)), next)
        .take(count)
        .map(|time| jiff::Timestamp::from_millisecond(time.0).unwrap().to_string())
        .collect()
}

#[test]
fn a_time_is_the_same_on_the_clock_in_summer_and_winter() {
    let around = times("0 8 * * *", BERLIN, "2027-03-26T12:00:00Z", 3);
    assert_eq!(around, ["2027-03-27T07:00:00Z", "2027-03-28T06:00:00Z", "2027-03-29T06:00:00Z"]);
    let around = times("0 8 * * 1-5", BERLIN, "2027-10-29T12:00:00Z", 2);
    assert_eq!(around, ["2027-11-01T07:00:00Z", "2027-11-02T07:00:00Z"]);
}

#[test]
fn a_time_that_does_not_exist_is_as_much_later_as_the_clocks_are_set_forward() {
    let around = times("30 2 * * *", BERLIN, "2027-03-27T12:00:00Z", 2);
    assert_eq!(around, ["2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"], "3:30 on the day of the change");
    let around = times("10 2 * * *", LORD_HOWE, "2027-10-02T12:00:00Z", 2);
    assert_eq!(around, ["2027-10-02T15:40:00Z", "2027-10-03T15:10:00Z"], "2:40 on the day of the change");
}

#[test]
fn a_time_that_comes_twice_is_due_once() {
    let around = times("30 2 * * *", BERLIN, "2027-10-30T12:00:00Z", 2);
    assert_eq!(around, ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]);
    let around = times("0 */2 * * *", BERLIN, "2027-10-30T21:30:00Z", 3);
    assert_eq!(around, ["2027-10-30T22:00:00Z", "2027-10-31T00:00:00Z", "2027-10-31T03:00:00Z"], "0:00, 2:00 and 4:00");
}

#[test]
fn what_is_due_every_hour_is_due_every_hour_that_passes() {
    let around = times("15 * * * *", BERLIN, "2027-10-30T23:00:00Z", 4);
    let hours = ["2027-10-30T23:15:00Z", "2027-10-31T00:15:00Z", "2027-10-31T01:15:00Z", "2027-10-31T02:15:00Z"];
    assert_eq!(around, hours);
    let around = times("*/30 * * * *", BERLIN, "2027-03-28T00:10:00Z", 4);
    assert_eq!(around, ["2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z", "2027-03-28T02:00:00Z"]);
}

#[test]
fn days_of_the_calendar_are_found() {
    let days = |text: &str, count: usize| times(text, "UTC0", "2026-11-30T12:00:00Z", count);
    assert_eq!(days("0 7 1 * *", 2), ["2026-12-01T07:00:00Z", "2027-01-01T07:00:00Z"]);
    assert_eq!(days("0 7 31 * *", 2), ["2026-12-31T07:00:00Z", "2027-01-31T07:00:00Z"], "and no other day in February");
    assert_eq!(days("0 7 L * *", 3), ["2026-12-31T07:00:00Z", "2027-01-31T07:00:00Z", "2027-02-28T07:00:00Z"]);
    assert_eq!(days("0 7 * * 5L", 2), ["2026-12-25T07:00:00Z", "2027-01-29T07:00:00Z"]);
    assert_eq!(days("0 7 * * 1#1", 2), ["2026-12-07T07:00:00Z", "2027-01-04T07:00:00Z"]);
    assert_eq!(days("0 7 29 2 *", 2), ["2028-02-29T07:00:00Z", "2032-02-29T07:00:00Z"]);
    assert_eq!(days("0 7 * * sun", 1), days("0 7 * * 7", 1));
    assert_eq!(days("0 7 13 * 5", 2), ["2026-12-04T07:00:00Z", "2026-12-11T07:00:00Z"], "as cron: the 13th, and every Friday");
}

#[test]
fn what_is_no_pattern_is_refused() {
    for text in ["", "* * * *", "* * * * * *", "@daily"] {
        assert!(matches!(text.parse::<Pattern>(), Err(PatternError::Fields(_))), "{text}");
    }
    for text in ["60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "x * * * *", "*/0 * * * *"] {
        assert!(matches!(text.parse::<Pattern>(), Err(PatternError::Invalid { .. })), "{text}");
    }
    for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
        assert!(matches!(text.parse::<Pattern>(), Err(PatternError::Never(_))), "{text}");
    }
}

#[test]
fn the_last_time_before_is_found_over_minutes_and_over_years() {
    let latest = |text: &str, after: &str, until: &str| {
        let when = crate::schedule::When::Repeated { pattern: pattern(text), zone: "UTC".to_owned() };
        when.latest(at(after), at(until), &TimeZone::UTC)
    };
    assert_eq!(latest("* * * * *", "2000-01-01T00:00:00Z", "2027-01-01T00:00:30Z"), Some(at("2027-01-01T00:00:00Z")));
    assert_eq!(latest("0 0 29 2 *", "2000-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), Some(at("2024-02-29T00:00:00Z")));
    assert_eq!(latest("0 8 * * *", "2027-01-01T08:00:00Z", "2027-01-02T07:59:59Z"), None, "the beginning is not included");
    assert_eq!(latest("0 8 * * *", "2027-01-01T08:00:00Z", "2027-01-02T08:00:00Z"), Some(at("2027-01-02T08:00:00Z")));
}

/// The times of a pattern between two moments, each found by looking at every minute of the wall clock.
fn by_hand(pattern: &Pattern, zone: &TimeZone, from: Timestamp, until: Timestamp) -> BTreeSet<Timestamp> {
    let day = SignedDuration::from_hours(26);
    let local = |at: Timestamp| zone.to_datetime(jiff::Timestamp::from_millisecond(at.0).unwrap());
    let (mut civil, end) = (local(from).checked_sub(day).unwrap(), local(until).checked_add(day).unwrap());
    civil = civil.with().second(0).subsec_nanosecond(0).build().unwrap();
    let mut found = BTreeSet::new();
    while civil < end {
        if pattern.cron.is_time_matching(&civil).unwrap() {
            let times = pattern.times(civil, zone).into_iter().flatten();
            found.extend(times.map(|time| Timestamp(time.as_millisecond())));
        }
        civil = civil.checked_add(SignedDuration::from_mins(1)).unwrap();
    }
    found.into_iter().filter(|time| *time > from && *time <= until).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// One after the other, all of them, each once: also around changes of the clocks.
    #[test]
    fn every_time_is_found_once(
        text in prop::sample::select(vec![
            "* * * * *", "*/20 * * * *", "5,35 * * * *", "0 * * * *", "10,35 2 * * *", "30 2,3 * * *", "0 */2 * * *", "*/10 0-4 * * *",
            "15 1 * * 0", "59 23 * * *",
        ]),
        rule in prop::sample::select(vec![BERLIN, LORD_HOWE, KOLKATA]),
        change in prop::sample::select(vec![date(2027, 3, 28), date(2027, 10, 31), date(2027, 4, 4), date(2027, 10, 3)]),
        minutes in -2_000_i64..1_000,
    ) {
        let (pattern, zone) = (pattern(text), zone(rule));
        let midnight = change.to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond();
        let from = Timestamp(midnight + minutes * 60_000 + 17);
        let until = Timestamp(from.0 + 30 * 3_600_000);
        let next = |after: &Timestamp| pattern.next(*after, &zone);
        let found: Vec<Timestamp> = std::iter::successors(next(&from), next).take_while(|time| *time <= until).collect();
        let expected: Vec<Timestamp> = by_hand(&pattern, &zone, from, until).into_iter().collect();
        prop_assert_eq!(found, expected);
    }
}
