//! The times of a cron pattern on the clock of a time zone.
//!
//! The library only says which times of a wall clock match. What happens when clocks are changed is defined here:
//! - A time that does not exist, because clocks are set forward over it, is as much later as clocks are set forward: 2:30 becomes 3:30.
//! - A time that comes twice, because clocks are set back, is due the first time only; but where the pattern says every hour, the
//!   work goes on in the second hour as well.
//! - Two times that become the same are due once.

use crate::clock::Timestamp;
use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How far from a change of the clocks its effect is looked for: no zone has ever changed its clocks by more.
const AROUND_CHANGE: SignedDuration = SignedDuration::from_hours(25);

/// A cron pattern of five fields: minute, hour, day of the month, month, day of the week. Names, ranges, steps, `L`, `W` and `#` are
/// understood.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    cron: Arc<Cron>,
    /// It says every hour.
    is_hourly: bool,
}

/// Why a text is not a cron pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Not five fields.
    #[error("a cron pattern has five fields (minute, hour, day of the month, month, day of the week), and {0:?} has not")]
    Fields(String),
    /// A field that cannot be read.
    #[error("the cron pattern {text:?} cannot be read: {problem}")]
    Invalid {
        /// The pattern.
        text: String,
        /// The library's words.
        problem: String,
    },
    /// No date matches.
    #[error("no date matches the cron pattern {0:?}")]
    Never(String),
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Pattern, PatternError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let &[_, hour, ..] = &fields[..] else { return Err(PatternError::Fields(text.trim().to_owned())) };
        let text = fields.join(" ");
        if fields.len() != 5 {
            return Err(PatternError::Fields(text));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = match parser.parse(&text) {
            Ok(cron) => Arc::new(cron),
            Err(error) => return Err(PatternError::Invalid { problem: words_of(&error), text }),
        };
        let is_hourly = hour == "*" || hour == "*/1";
        if cron.find_next_occurrence(&DateTime::constant(2000, 1, 1, 0, 0, 0, 0), true).is_err() {
            return Err(PatternError::Never(text));
        }
        Ok(Pattern { text, cron, is_hourly })
    }
}

fn words_of(error: &CronError) -> String {
    match error {
        CronError::InvalidPattern(words) | CronError::IllegalCharacters(words) | CronError::ComponentError(words) => {
            words.clone()
        }
        other => other.to_string(),
    }
}

impl Pattern {
    /// The pattern, with one space between its fields.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time after this one. `None` if the calendar of the library ends before.
    #[must_use]
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_millisecond(after.0).ok()?;
        let local = zone.to_datetime(after);
        let near = change_near(after, zone);
        let mut civil = local.checked_sub(near).ok()?;
        let mut best: Option<jiff::Timestamp> = None;
        loop {
            civil = self.cron.find_next_occurrence(&civil, false).ok()?;
            // Only a change of the clocks can bring a later time of the wall clock forward.
            if let Some(best) = best
                && civil > zone.to_datetime(best).saturating_add(change_near(best, zone))
            {
                return Some(Timestamp(best.as_millisecond()));
            }
            let earliest = self.times(civil, zone).into_iter().flatten().filter(|time| *time > after).min();
            best = best.into_iter().chain(earliest).min();
        }
    }

    /// The moments at which a clock in this zone shows this time.
    fn times(&self, civil: DateTime, zone: &TimeZone) -> [Option<jiff::Timestamp>; 2] {
        let ambiguous = zone.to_ambiguous_timestamp(civil);
        let second = match ambiguous.offset() {
            AmbiguousOffset::Fold { .. } if self.is_hourly => ambiguous.later().ok(),
            _ => None,
        };
        [ambiguous.compatible().ok(), second]
    }
}

/// By how much clocks are changed near this time; zero almost always.
fn change_near(time: jiff::Timestamp, zone: &TimeZone) -> SignedDuration {
    let offset = |time: jiff::Timestamp| zone.to_offset(time).seconds();
    let (earlier, later) = (time.saturating_sub(AROUND_CHANGE), time.saturating_add(AROUND_CHANGE));
    let (Ok(earlier), Ok(later)) = (earlier, later) else { return SignedDuration::ZERO };
    let (before, now, after) = (offset(earlier), offset(time), offset(later));
    SignedDuration::from_secs(i64::from((now - before).abs().max((after - now).abs())))
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

#[cfg(test)]
mod tests;
