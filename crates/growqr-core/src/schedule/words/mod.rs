//! The plain words in which people say when something is due: "every weekday at 8", "in two hours", "tomorrow at 9:30",
//! "every 1st of the month at 7"; or a cron pattern.

mod clock_words;
mod once;
mod repeated;

use super::pattern::{Pattern, PatternError};
use super::{OnMissed, When};
use crate::clock::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Examples, for texts that explain what can be written.
pub const EXAMPLES: &str = "every weekday at 8 · every monday and thursday at 17:30 · every 1st of the month at 7 · every 2 hours · \
    in two hours · tomorrow at 9:30 · on 2027-03-01 at 18:00 · 0 8 * * 1-5";

/// Why words do not say when something is due.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// There are none.
    #[error("say when it is due")]
    Empty,
    /// A word that is not understood, or comes where it has no meaning.
    #[error("{0:?} is not understood here")]
    Word(String),
    /// The words end too early.
    #[error("something is missing after {0:?}")]
    Incomplete(String),
    /// A day without a time.
    #[error("the time of day is missing, such as: at 8")]
    NoTime,
    /// Not a time of day.
    #[error("{0:?} is no time of day, such as 8, 17:30 or 5 pm")]
    Time(String),
    /// Not a date.
    #[error("{0:?} is not a valid date")]
    Date(String),
    /// It has passed.
    #[error("that time has passed")]
    Past,
    /// It is further away than anybody plans.
    #[error("that is too far away")]
    TooFar,
    /// An interval that clocks do not repeat each hour, or each day.
    #[error("every {number} {unit} is not possible. Use {allowed}")]
    Uneven {
        /// The number.
        number: u32,
        /// Minutes or hours.
        unit: &'static str,
        /// What is possible.
        allowed: &'static str,
    },
    /// A day of which it is not clear that it is one of the month.
    #[error("say of which days: such as every 2nd day of the month, or every monday")]
    NotMonthly,
    /// Times that need two schedules.
    #[error("both times must have the same minutes; add two schedules")]
    Minutes,
    /// A cron pattern that is none.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

/// When these words say that something is due, if they are said at `now` in this time zone, whose name is `name`.
///
/// # Errors
/// [`WordsError`]: what is not understood, or not possible.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone, name: &str) -> Result<When, WordsError> {
    let repeated = |pattern: &str| -> Result<When, WordsError> {
        Ok(When::Repeated { pattern: pattern.parse::<Pattern>()?, zone: name.to_owned() })
    };
    if let Some(pattern) = as_cron(text) {
        return repeated(pattern);
    }
    let words = tokens(text);
    let mut words = Words { words: &words, at: 0 };
    let first = words.peek().ok_or(WordsError::Empty)?.to_owned();
    if let Some(pattern) = repeated::parse(&mut words)? {
        words.end()?;
        return repeated(&pattern);
    }
    let now = jiff::Timestamp::from_millisecond(now.0).map_err(|_| WordsError::TooFar)?;
    let at = once::parse(&mut words, now, zone)?.ok_or(WordsError::Word(first))?;
    words.end()?;
    if at <= now {
        return Err(WordsError::Past);
    }
    Ok(When::Once(Timestamp(at.as_millisecond())))
}

/// The rule for missed occurrences with this name.
#[must_use]
pub fn on_missed(name: &str) -> Option<OnMissed> {
    let name = name.trim().to_lowercase().replace(['-', ' '], "_");
    OnMissed::ALL.into_iter().find(|rule| rule.as_str() == name)
}

/// The text as a cron pattern, if it looks like one.
fn as_cron(text: &str) -> Option<&str> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("cron ").or_else(|| text.strip_prefix("cron:")) {
        return Some(rest);
    }
    let is_field = |field: &str| field.starts_with(|c: char| c.is_ascii_digit() || c == '*');
    let mut fields = text.split_whitespace();
    let looks_so = fields.clone().count() >= 5 && fields.by_ref().take(2).all(is_field);
    looks_so.then_some(text)
}

/// The words in lower case, without commas; "a.m." and "8am" as two words become "am" and "8 am".
fn tokens(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace("a.m.", "am").replace("p.m.", "pm").replace("o'clock", "").replace("o’clock", "");
    let mut words = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        let word = word.trim_end_matches('.');
        let number = word.strip_suffix("am").or_else(|| word.strip_suffix("pm"));
        match number.filter(|number| number.starts_with(|c: char| c.is_ascii_digit())) {
            Some(number) => words.extend([number.to_owned(), word[number.len()..].to_owned()]),
            None => words.push(word.to_owned()),
        }
    }
    words
}

/// Words that are read from the first to the last.
struct Words<'a> {
    words: &'a [String],
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(String::as_str)
    }

    /// The next word, whatever it is.
    fn next(&mut self) -> Result<&'a str, WordsError> {
        let word = self.peek().ok_or_else(|| self.incomplete())?;
        self.at += 1;
        Ok(word)
    }

    /// Passes the next word if it is one of these.
    fn skip(&mut self, words: &[&str]) -> bool {
        let is_one = self.peek().is_some_and(|word| words.contains(&word));
        self.at += usize::from(is_one);
        is_one
    }

    fn incomplete(&self) -> WordsError {
        self.words.last().map_or(WordsError::Empty, |word| WordsError::Incomplete(word.clone()))
    }

    /// # Errors
    /// If words are left.
    fn end(&self) -> Result<(), WordsError> {
        self.peek().map_or(Ok(()), |word| Err(WordsError::Word(word.to_owned())))
    }
}

/// The moment at which a clock in this zone shows this time; later by the change if clocks are set forward over it.
fn moment(civil: DateTime, zone: &TimeZone) -> Result<jiff::Timestamp, WordsError> {
    zone.to_ambiguous_timestamp(civil).compatible().map_err(|_| WordsError::TooFar)
}

#[cfg(test)]
mod tests;
