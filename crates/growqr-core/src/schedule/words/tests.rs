//! What people write, and what it means on a clock in Berlin.

use super::*;
use crate::schedule::When;

/// Monday, 2026-11-30, 10:30 in Berlin.
const MONDAY: &str = "2026-11-30T09:30:00Z";

fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn at(time: &str) -> Timestamp {
    Timestamp(time.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// The meaning: the cron pattern, or the time in UTC.
fn said_at(now: &str, text: &str) -> Result<String, WordsError> {
    Ok(match parse(text, at(now), &berlin(), "Europe/Berlin")? {
        When::Once(at) => jiff::Timestamp::from_millisecond(at.0).unwrap().to_string(),
        When::Repeated { pattern, zone } => {
            assert_eq!(zone, "Europe/Berlin");
            pattern.as_str().to_owned()
        }
    })
}

fn meaning(text: &str) -> String {
    said_at(MONDAY, text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn problem(text: &str) -> WordsError {
    match said_at(MONDAY, text) {
        Err(error) => error,
        Ok(meaning) => panic!("{text} means {meaning}"),
    }
}

#[test]
fn times_that_repeat_become_patterns() {
    for (text, pattern) in [
        ("every weekday at 8", "0 8 * * 1-5"),
        ("Every Weekday at 8:00", "0 8 * * 1-5"),
        ("weekdays at 8am", "0 8 * * 1-5"),
        ("every day at 17:30", "30 17 * * *"),
        ("daily at 5:30 p.m.", "30 17 * * *"),
        ("at 8 every day", "0 8 * * *"),
        ("every day at noon", "0 12 * * *"),
        ("every day at 12 am", "0 0 * * *"),
        ("every day at 8 and 18", "0 8,18 * * *"),
        ("every weekend at 10", "0 10 * * 0,6"),
        ("every monday at 9", "0 9 * * 1"),
        ("every Monday, Wednesday and Friday at 9", "0 9 * * 1,3,5"),
        ("mondays at nine", "0 9 * * 1"),
        ("on fridays at 16:15", "15 16 * * 5"),
        ("at 16:15 on fridays", "15 16 * * 5"),
        ("every sun at 20", "0 20 * * 0"),
        ("every minute", "* * * * *"),
        ("every 15 minutes", "*/15 * * * *"),
        ("every half hour", "*/30 * * * *"),
        ("every hour", "0 * * * *"),
        ("hourly", "0 * * * *"),
        ("every two hours", "0 */2 * * *"),
        ("every 1st of the month at 7", "0 7 1 * *"),
        ("every 1st and 15th of the month at 7", "0 7 1,15 * *"),
        ("every month on the 1st at 7", "0 7 1 * *"),
        ("monthly on the first at 7", "0 7 1 * *"),
        ("every last day of the month at 18", "0 18 L * *"),
        ("every first monday of the month at 9", "0 9 * * 1#1"),
        ("every last friday of the month at 9", "0 9 * * 5L"),
        ("every 1st and 3rd monday of the month at 9", "0 9 * * 1#1,1#3"),
        ("every first, third and last monday of the month at 9", "0 9 * * 1#1,1#3,1L"),
        ("monthly on the 2nd and 4th friday at 9", "0 9 * * 5#2,5#4"),
        ("every 2nd day of the month at 8", "0 8 2 * *"),
        ("every 1st and 15th day of the month at 7", "0 7 1,15 * *"),
        ("every month on the 2nd day at 8", "0 8 2 * *"),
        ("every year on december 24th at 18", "0 18 24 12 *"),
        ("every 24th of december at 18", "0 18 24 12 *"),
        ("0 8 * * 1-5", "0 8 * * 1-5"),
        ("cron: 5 4 * * sun", "5 4 * * sun"),
        ("*/10  9-17 * * MON-FRI", "*/10 9-17 * * MON-FRI"),
    ] {
        assert_eq!(meaning(text), pattern, "{text}");
    }
}

#[test]
fn one_time_is_the_next_moment_at_which_the_clock_shows_it() {
    for (text, moment) in [
        ("in two hours", "2026-11-30T11:30:00Z"),
        ("in 45 minutes", "2026-11-30T10:15:00Z"),
        ("in half an hour", "2026-11-30T10:00:00Z"),
        ("in an hour and 5 minutes", "2026-11-30T10:35:00Z"),
        ("in 3 days", "2026-12-03T09:30:00Z"),
        ("in a week at 8", "2026-12-07T07:00:00Z"),
        ("in 2 months", "2027-01-30T09:30:00Z"),
        ("at 11", "2026-11-30T10:00:00Z"),
        ("at 9", "2026-12-01T08:00:00Z"),
        ("today at 17:30", "2026-11-30T16:30:00Z"),
        ("tomorrow at 9:30", "2026-12-01T08:30:00Z"),
        ("tomorrow 9:30", "2026-12-01T08:30:00Z"),
        ("at 8 tomorrow", "2026-12-01T07:00:00Z"),
        ("on friday at 10", "2026-12-04T09:00:00Z"),
        ("friday at 10 am", "2026-12-04T09:00:00Z"),
        ("monday at 11", "2026-11-30T10:00:00Z"),
        ("monday at 10", "2026-12-07T09:00:00Z"),
        ("next monday at 11", "2026-12-07T10:00:00Z"),
        ("on 2027-03-01 at 18:00", "2027-03-01T17:00:00Z"),
        ("2027-07-01 18:00", "2027-07-01T16:00:00Z"),
        ("on 24 december at 18", "2026-12-24T17:00:00Z"),
        ("on January 5th at 7", "2027-01-05T06:00:00Z"),
        ("on 29 february at 7", "2028-02-29T06:00:00Z"),
        ("on 24 december 2030 at 18", "2030-12-24T17:00:00Z"),
    ] {
        assert_eq!(meaning(text), moment, "{text}");
    }
}

#[test]
fn hours_pass_and_days_are_counted_on_the_calendar_when_clocks_change() {
    // On Sunday, 2027-03-28, clocks are set from 2:00 to 3:00.
    let saturday = "2027-03-27T11:00:00Z";
    assert_eq!(said_at(saturday, "in 24 hours").unwrap(), "2027-03-28T11:00:00Z");
    assert_eq!(said_at(saturday, "in 1 day").unwrap(), "2027-03-28T10:00:00Z");
    assert_eq!(said_at(saturday, "tomorrow at 2:30").unwrap(), "2027-03-28T01:30:00Z", "it becomes 3:30");
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_reason() {
    let word = |word: &str| WordsError::Word(word.to_owned());
    for (text, expected) in [
        ("", WordsError::Empty),
        (" , ", WordsError::Empty),
        ("soon", word("soon")),
        ("every", WordsError::Incomplete("every".to_owned())),
        ("every day", WordsError::NoTime),
        ("tomorrow", WordsError::NoTime),
        ("every day at 25", WordsError::Time("25".to_owned())),
        ("every day at 13 pm", WordsError::Time("13 pm".to_owned())),
        ("every day at 8:5", WordsError::Time("8:5".to_owned())),
        ("every day at a", WordsError::Time("a".to_owned())),
        ("every day at 8 sharp", word("sharp")),
        ("every day at 8 and 17:30", WordsError::Minutes),
        ("every second day at 8", WordsError::NotMonthly),
        ("every 2nd day at 8", WordsError::NotMonthly),
        ("every 1st and 15th day at 8", WordsError::NotMonthly),
        ("every 6th monday of the month at 9", word("6th")),
        ("every 1st and 15th monday of the month at 9", word("15th")),
        ("every other day at 8", word("other")),
        ("every evening at 8", word("evening")),
        ("today at 9", WordsError::Past),
        ("on 2020-01-01 at 9", WordsError::Past),
        ("on 2027-02-29 at 9", WordsError::Date("2027-02-29".to_owned())),
        ("on 31 april at 9", WordsError::Date("31 april".to_owned())),
        ("in 99999 days", WordsError::TooFar),
        ("in two", WordsError::Incomplete("two".to_owned())),
        ("in two fortnights", word("fortnights")),
        ("0 8 * *", word("0")),
        ("0 8 30 2 *", WordsError::Pattern(PatternError::Never("0 8 30 2 *".to_owned()))),
        ("0 8 * * 1-5 2030", WordsError::Pattern(PatternError::Fields("0 8 * * 1-5 2030".to_owned()))),
    ] {
        assert_eq!(problem(text), expected, "{text}");
    }
    assert!(matches!(problem("every 7 minutes"), WordsError::Uneven { number: 7, unit: "minutes", .. }));
    assert!(matches!(problem("every 5 hours"), WordsError::Uneven { number: 5, unit: "hours", .. }));
    assert!(matches!(problem("0 25 * * *"), WordsError::Pattern(PatternError::Invalid { .. })));
}

#[test]
fn a_refusal_says_what_to_write_instead() {
    let allowed = "1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60 minutes";
    assert_eq!(problem("every 7 minutes").to_string(), format!("every 7 minutes is not possible. Use {allowed}"));
    assert_eq!(problem("on 31 april at 9").to_string(), "\"31 april\" is not a valid date");
}

#[test]
fn every_example_is_understood() {
    for example in EXAMPLES.split(" · ") {
        meaning(example);
    }
}

#[test]
fn no_text_makes_the_parser_panic() {
    let pieces =
        ["every", "at", "on", "1st", "24", "8:30", "am", "monday", "month", "of", "the", "in", "and", "é", "½", "::", "a"];
    for one in pieces {
        for two in pieces {
            for three in pieces {
                let _ = said_at(MONDAY, &format!("{one} {two} {three}"));
            }
        }
    }
}

#[test]
fn the_rule_for_missed_occurrences_is_found_by_its_name() {
    assert_eq!(on_missed("run once"), Some(OnMissed::RunOnce));
    assert_eq!(on_missed("run-once"), Some(OnMissed::RunOnce));
    assert_eq!(on_missed("ask"), Some(OnMissed::Ask));
    assert_eq!(on_missed("always"), None);
}
