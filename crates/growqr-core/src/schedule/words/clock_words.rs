//! Numbers, times of day, weekdays and dates in words.

use super::{Words, WordsError};
use jiff::civil::{Date, Time, Weekday};

const NUMBERS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// How many; `a` and `an` are one.
pub(super) fn count(word: &str) -> Option<u32> {
    if let "a" | "an" = word { Some(1) } else { number(word) }
}

/// The number of a word.
pub(super) fn number(word: &str) -> Option<u32> {
    NUMBERS.iter().position(|name| *name == word).and_then(|number| u32::try_from(number).ok()).or_else(|| word.parse().ok())
}

/// The number of an ordinal: `1st`, `22nd`, `first` to `fifth`.
pub(super) fn ordinal(word: &str) -> Option<u32> {
    const NAMES: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
    if let Some(index) = NAMES.iter().position(|name| *name == word) {
        return u32::try_from(index + 1).ok();
    }
    ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).and_then(|number| number.parse().ok())
}

/// The weekday of a word: its name, its plural, or its first three letters.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let is_it = |name: &str| word == name || word.strip_suffix('s') == Some(name) || word == &name[..3];
    NAMES.iter().find(|(name, _)| is_it(name)).map(|(_, day)| *day)
}

/// The month of a word: its name, or its first three letters.
pub(super) fn month(word: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let is_it = |name: &&str| word == *name || word == &name[..3] || (word == "sept" && *name == "september");
    NAMES.iter().position(is_it).and_then(|index| i8::try_from(index + 1).ok())
}

/// The time of day that follows, perhaps after `at`. `None` if no time follows, and no word was passed.
///
/// # Errors
/// If what follows `at` is no time of day.
pub(super) fn optional_time(words: &mut Words<'_>) -> Result<Option<Time>, WordsError> {
    if words.skip(&["at", "@"]) {
        return time(words).map(Some);
    }
    match words.peek() {
        Some(word) if word == "noon" || word == "midnight" || word.starts_with(|c: char| c.is_ascii_digit()) => {
            time(words).map(Some)
        }
        _ => Ok(None),
    }
}

/// The time of day that follows.
///
/// # Errors
/// If it is none.
pub(super) fn time(words: &mut Words<'_>) -> Result<Time, WordsError> {
    let word = words.next()?;
    let half = words.peek().filter(|word| ["am", "pm"].contains(word));
    words.skip(&["am", "pm"]);
    let bad = || WordsError::Time(half.map_or_else(|| word.to_owned(), |half| format!("{word} {half}")));
    match word {
        "noon" if half.is_none() => return Ok(Time::constant(12, 0, 0, 0)),
        "midnight" if half.is_none() => return Ok(Time::midnight()),
        _ => {}
    }
    let (hour, minute) = match word.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (number(hour), number(minute)),
        Some(_) => (None, None),
        None => (number(word), Some(0)),
    };
    let (hour, minute) = hour.zip(minute).ok_or_else(bad)?;
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return Err(bad()),
        Some("am") => hour % 12,
        Some(_) => hour % 12 + 12,
    };
    let (hour, minute) = i8::try_from(hour).ok().zip(i8::try_from(minute).ok()).ok_or_else(bad)?;
    Time::new(hour, minute, 0, 0).map_err(|_| bad())
}

/// A date that follows, the next one from `today` on if no year is said: `2027-03-01`, `24 december`, `december 24th`. `None` if no
/// date follows, and no word was passed.
///
/// # Errors
/// If the calendar does not have the date.
pub(super) fn optional_date(words: &mut Words<'_>, today: Date) -> Result<Option<Date>, WordsError> {
    let start = words.at;
    let Some((month, day)) = day_of_year(words)? else {
        let Some(word) = words.peek().filter(|word| word.len() == 10 && word.as_bytes()[4] == b'-') else { return Ok(None) };
        words.at += 1;
        return word.parse::<Date>().map(Some).map_err(|_| WordsError::Date(word.to_owned()));
    };
    let said = || WordsError::Date(words.words[start..words.at.min(words.words.len())].join(" "));
    let year = words.peek().filter(|word| word.len() == 4).and_then(|word| word.parse::<i16>().ok());
    if let Some(year) = year {
        let date = Date::new(year, month, day).map_err(|_| said());
        words.at += 1;
        return date.map(Some);
    }
    // 29 February comes at least every eight years.
    let mut dates = (0..=8).filter_map(|years| Date::new(today.year().checked_add(years)?, month, day).ok());
    dates.find(|date| *date >= today).map(Some).ok_or_else(said)
}

/// A month and a day of it that follow, in either order.
///
/// # Errors
/// If no month has that many days.
pub(super) fn day_of_year(words: &mut Words<'_>) -> Result<Option<(i8, i8)>, WordsError> {
    let word = |ahead: usize| words.words.get(words.at + ahead).map(String::as_str);
    let day_in = |word: &str| ordinal(word).or_else(|| word.parse().ok());
    let skipped = usize::from(word(1) == Some("of"));
    let (Some(first), Some(second)) = (word(0), word(1 + skipped)) else { return Ok(None) };
    let found = match (day_in(first), month(second), month(first), day_in(second)) {
        (Some(day), Some(month), ..) | (.., Some(month), Some(day)) => (month, day),
        _ => return Ok(None),
    };
    words.at += 2 + skipped;
    let day = i8::try_from(found.1).ok().filter(|day| Date::new(2000, found.0, *day).is_ok());
    match day {
        Some(day) => Ok(Some((found.0, day))),
        None => Err(WordsError::Date(format!("{first} {second}"))),
    }
}
