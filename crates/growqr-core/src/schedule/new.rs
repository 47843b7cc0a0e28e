//! A new schedule, made from what a person or an agent has written.

use super::words::{self, WordsError};
use super::{OnMissed, Schedule, ScheduleState};
use crate::budget::MIN_ALLOWANCE;
use crate::clock::{Clock, Timestamp, Zone};
use crate::id::{AgentId, ScheduleId};
use crate::money::Money;
use crate::raw::RawJson;
use serde_json::Value;

/// The tool with which an agent asks for work at a set time.
pub const TOOL: &str = "schedule_work";

/// What a run may spend if nothing else is said.
pub const DEFAULT_BUDGET: Money = Money(50_000_000);

/// The most that a run may spend.
const MAX_BUDGET: Money = Money::usd(1_000);

/// The most characters of a name, of a task and of the words.
const MAX_NAME: usize = 60;
const MAX_TASK: usize = 20_000;
const MAX_WORDS: usize = 200;

/// The most schedules at the same time; those that are done do not count.
pub const MAX_SCHEDULES: usize = 200;

/// Whether there is no place for another schedule beside these.
#[must_use]
pub fn is_full(schedules: &[Schedule]) -> bool {
    let counts = |schedule: &&Schedule| matches!(schedule.state, ScheduleState::Active | ScheduleState::Paused);
    schedules.iter().filter(counts).count() >= MAX_SCHEDULES
}

/// What makes a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSchedule {
    /// Its id.
    pub id: ScheduleId,
    /// A short name.
    pub name: String,
    /// The task of each run.
    pub task: String,
    /// When it is due ([`words`]).
    pub words: String,
    /// The time zone of the words; `None`: that of this computer.
    pub zone: Option<String>,
    /// What happens with a run whose time has passed.
    pub on_missed: OnMissed,
    /// What one run may spend; `None`: [`DEFAULT_BUDGET`].
    pub budget: Option<Money>,
    /// The agent that asks for it; `None` for the person.
    pub by_agent: Option<AgentId>,
}

/// Why it is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewScheduleError {
    /// When it is due is not clear.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// A text is missing or too long.
    #[error("the {what} is missing, or longer than {limit} characters")]
    Text {
        /// Which text.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// This computer does not know the time zone.
    #[error("this computer knows no time zone {0:?}; a name looks like Europe/Berlin")]
    Zone(String),
    /// This computer does not tell the name of its time zone, and the name is needed when clocks are changed.
    #[error("the time zone of this computer has no name; give it with --zone")]
    NoZone,
    /// A budget that pays for nothing, or that nobody means.
    #[error("a run may spend between ${MIN_ALLOWANCE} and ${MAX_BUDGET}")]
    Budget,
}

impl NewSchedule {
    /// The schedule, if it is made now.
    ///
    /// # Errors
    /// [`NewScheduleError`].
    pub fn make(self, clock: &dyn Clock) -> Result<Schedule, NewScheduleError> {
        let now = clock.now();
        let name = line(&self.name);
        let is_long = |text: &str, limit: usize| text.chars().count() > limit;
        let checked = |what, text: &str, limit| match text.trim().is_empty() || is_long(text, limit) {
            true => Err(NewScheduleError::Text { what, limit }),
            false => Ok(()),
        };
        checked("task", &self.task, MAX_TASK)?;
        checked("name", &name, MAX_NAME)?;
        if is_long(&self.words, MAX_WORDS) {
            return Err(NewScheduleError::Text { what: "time", limit: MAX_WORDS });
        }
        let budget = self.budget.unwrap_or(DEFAULT_BUDGET);
        if !(MIN_ALLOWANCE..=MAX_BUDGET).contains(&budget) {
            return Err(NewScheduleError::Budget);
        }
        let zone_name = self.zone.map_or_else(|| zone_of_computer(clock, now), Ok)?;
        let Some(zone) = clock.named_zone(&zone_name) else { return Err(NewScheduleError::Zone(zone_name)) };
        let when = words::parse(&self.words, now, &zone, &zone_name)?;
        Ok(Schedule {
            id: self.id,
            name,
            task: self.task.trim().to_owned(),
            words: line(&self.words),
            next_at: when.next(now, &zone),
            when,
            on_missed: self.on_missed,
            budget,
            state: ScheduleState::Active,
            settled_to: now,
            by_agent: self.by_agent,
            created_at: now,
            revision: 1,
        })
    }
}

impl Schedule {
    /// The next `count` times at which it is due after this one.
    #[must_use]
    pub fn times_after(&self, after: Timestamp, count: usize, clock: &dyn Clock) -> Vec<Timestamp> {
        let Some(zone) = self.when.time_zone(clock) else { return Vec::new() };
        let next = |after: &Timestamp| self.when.next(*after, &zone);
        std::iter::successors(next(&after), next).take(count).collect()
    }
}

/// When, for how much and under which name a call of an agent wants work done: a question about the call shows it. `None` for other
/// tools, and for what the tool refuses anyway.
#[must_use]
pub fn wanted(tool: &str, input: &RawJson) -> Option<String> {
    let input: Value = serde_json::from_str(input.text()).ok().filter(|_| tool == TOOL)?;
    let text = |field: &str, limit: usize| Some(line(input.get(field)?.as_str()?).chars().take(limit).collect::<String>());
    let budget: Money = input.get("budget_usd")?.as_str()?.trim().trim_start_matches('$').parse().ok()?;
    Some(format!("{}, up to ${budget} a run: {}", text("when", MAX_WORDS)?, text("name", MAX_NAME)?))
}

/// The name of this computer's time zone.
///
/// # Errors
/// [`NewScheduleError::NoZone`]: it has none, and is not UTC.
fn zone_of_computer(clock: &dyn Clock, now: Timestamp) -> Result<String, NewScheduleError> {
    match clock.zone(now) {
        Zone { name: Some(name), .. } => Ok(name),
        Zone { offset_minutes: 0, .. } => Ok("UTC".to_owned()),
        _ => Err(NewScheduleError::NoZone),
    }
}

/// The text in one line, without characters that move the text around them.
pub(crate) fn line(text: &str) -> String {
    let is_shown = |c: &char| !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text.replace(['\n', '\t'], " ").chars().filter(is_shown).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::When;
    use jiff::tz::TimeZone;

    /// Monday, 2026-11-30, 10:30 in a zone that this test calls Berlin.
    struct Monday;

    impl Clock for Monday {
        fn now(&self) -> Timestamp {
            Timestamp(1_796_031_000_000)
        }

        fn zone(&self, _: Timestamp) -> Zone {
            Zone { offset_minutes: 60, name: Some("Europe/Berlin".to_owned()) }
        }

        fn named_zone(&self, name: &str) -> Option<TimeZone> {
            match name {
                "UTC" => Some(TimeZone::UTC),
                "Europe/Berlin" => TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").ok(),
                _ => None,
            }
        }
    }

    fn new(words: &str) -> NewSchedule {
        NewSchedule {
            id: ScheduleId::new("s-1"),
            name: " The\nnews ".to_owned(),
            task: "Read the news.\nSay what matters.\n".to_owned(),
            words: words.to_owned(),
            zone: None,
            on_missed: OnMissed::RunOnce,
            budget: None,
            by_agent: None,
        }
    }

    #[test]
    fn it_is_due_on_the_clock_of_the_computer_or_of_the_zone_that_is_said() {
        let made = new("tomorrow at 9").make(&Monday).unwrap();
        assert_eq!((made.name.as_str(), made.task.as_str()), ("The news", "Read the news.\nSay what matters."));
        assert_eq!((made.next_at, made.budget), (Some(Timestamp(1_796_112_000_000)), DEFAULT_BUDGET));
        let utc = NewSchedule { zone: Some("UTC".to_owned()), ..new("tomorrow at 9") }.make(&Monday).unwrap();
        assert_eq!(utc.next_at, Some(Timestamp(1_796_115_600_000)));
        let repeated = new("every day at 9").make(&Monday).unwrap();
        assert_eq!(repeated.when.zone(), Some("Europe/Berlin"));
        let days: Vec<i64> = repeated.times_after(repeated.created_at, 3, &Monday).into_iter().map(Timestamp::day).collect();
        assert_eq!(days, [20_788, 20_789, 20_790]);
        assert_eq!(made.times_after(made.created_at, 3, &Monday).len(), 1);
    }

    /// A computer whose zone has no name.
    struct Nameless(i32);

    impl Clock for Nameless {
        fn now(&self) -> Timestamp {
            Monday.now()
        }

        fn zone(&self, _: Timestamp) -> Zone {
            Zone { offset_minutes: self.0, name: None }
        }
    }

    #[test]
    fn a_zone_without_a_name_is_not_taken_for_utc() {
        assert_eq!(new("every day at 9").make(&Nameless(330)), Err(NewScheduleError::NoZone));
        let said = NewSchedule { zone: Some("UTC".to_owned()), ..new("every day at 9") };
        assert_eq!(said.make(&Nameless(330)).unwrap().when.zone(), Some("UTC"));
        assert_eq!(new("every day at 9").make(&Nameless(0)).unwrap().when.zone(), Some("UTC"));
    }

    #[test]
    fn a_question_about_a_wanted_schedule_shows_when_how_much_and_its_name() {
        let input = RawJson::of(&serde_json::json!({
            "task": "Read the news", "name": "News\nof today", "when": "every weekday at 8", "budget_usd": "$0.5",
        }));
        let shown = wanted("schedule_work", &input);
        assert_eq!(shown.as_deref(), Some("every weekday at 8, up to $0.50 a run: News of today"));
        assert_eq!(wanted("other__schedule_work", &input), None);
        assert_eq!(wanted("schedule_work", &RawJson::of("every weekday at 8")), None);
    }

    #[test]
    fn what_is_done_takes_no_place() {
        let schedule = new("at 9").make(&Monday).unwrap();
        let mut all = vec![schedule.clone(); MAX_SCHEDULES];
        assert!(is_full(&all));
        all[0].state = ScheduleState::Paused;
        assert!(is_full(&all));
        all[0].state = ScheduleState::Done;
        assert!(!is_full(&all));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let problem = |new: NewSchedule| new.make(&Monday).unwrap_err();
        assert_eq!(problem(new("soon")), NewScheduleError::Words(WordsError::Word("soon".to_owned())));
        assert_eq!(
            problem(NewSchedule { zone: Some("Mars".to_owned()), ..new("at 9") }),
            NewScheduleError::Zone("Mars".to_owned())
        );
        for budget in [Money::ZERO, Money(1), Money::usd(5_000)] {
            assert_eq!(problem(NewSchedule { budget: Some(budget), ..new("at 9") }), NewScheduleError::Budget);
        }
        for name in ["", " \n ", &"x".repeat(61)] {
            let problem = problem(NewSchedule { name: name.to_owned(), ..new("at 9") });
            assert!(matches!(problem, NewScheduleError::Text { what: "name", .. }), "{name:?}");
        }
        assert!(matches!(
            problem(NewSchedule { task: " ".to_owned(), ..new("at 9") }),
            NewScheduleError::Text { what: "task", .. }
        ));
        for (letters, is_made) in [(MAX_TASK, true), (MAX_TASK + 1, false)] {
            let task = "क".repeat(letters);
            assert_eq!(NewSchedule { task, ..new("at 9") }.make(&Monday).is_ok(), is_made, "{letters} letters of three bytes");
        }
        let When::Once(_) = new("at 9").make(&Monday).unwrap().when else { panic!("it is due once") };
    }
}
