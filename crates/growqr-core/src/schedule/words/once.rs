//! Words about one time: "in two hours", "tomorrow at 9:30", "on friday at 10", "at 17:30".

use super::clock_words::{count, optional_date, optional_time, time, weekday};
use super::{Words, WordsError, moment};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// The largest number of any unit.
const MOST: u32 = 10_000;

/// The time that the words say; `None` if they are not about one time.
pub(super) fn parse(words: &mut Words<'_>, now: Timestamp, zone: &TimeZone) -> Result<Option<Timestamp>, WordsError> {
    let here = zone.to_datetime(now);
    let today = here.date();
    if words.skip(&["in"]) {
        return after(words, now, zone).map(Some);
    }
    if words.skip(&["at"]) {
        let time = time(words)?;
        words.skip(&["on"]);
        let day = day(words, today, false)?;
        return next_at(day, today, time, now, zone).map(Some);
    }
    words.skip(&["on"]);
    let is_next = words.skip(&["next"]);
    let Some(day) = day(words, today, is_next)? else {
        return if is_next { Err(words.incomplete()) } else { Ok(None) };
    };
    let Some(time) = optional_time(words)? else { return Err(WordsError::NoTime) };
    next_at(Some(day), today, time, now, zone).map(Some)
}

/// A day, and whether the same weekday a week later is meant if its time has passed.
struct Day {
    date: Date,
    is_weekday: bool,
}

/// The day that follows, if one does. `is_next`: a weekday is not today.
fn day(words: &mut Words<'_>, today: Date, is_next: bool) -> Result<Option<Day>, WordsError> {
    let later = |days: i64| today.checked_add(Span::new().days(days)).map_err(|_| WordsError::TooFar);
    let fixed = |date: Date| Some(Day { date, is_weekday: false });
    if words.skip(&["today"]) {
        return Ok(fixed(today));
    }
    if words.skip(&["tomorrow"]) {
        return Ok(fixed(later(1)?));
    }
    if let Some(weekday) = words.peek().and_then(weekday) {
        words.at += 1;
        let ahead = i64::from(today.weekday().until(weekday));
        let ahead = if is_next && ahead == 0 { 7 } else { ahead };
        return Ok(Some(Day { date: later(ahead)?, is_weekday: true }));
    }
    Ok(optional_date(words, today)?.and_then(fixed))
}

/// The moment at that time on that day; without a day, the next one.
fn next_at(day: Option<Day>, today: Date, time: Time, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, WordsError> {
    let (date, step) = match day {
        Some(Day { date, is_weekday }) => (date, if is_weekday { 7 } else { 0 }),
        None => (today, 1),
    };
    let at = moment(date.to_datetime(time), zone)?;
    if at > now || step == 0 {
        return Ok(at);
    }
    let date = date.checked_add(Span::new().days(step)).map_err(|_| WordsError::TooFar)?;
    moment(date.to_datetime(time), zone)
}

/// The time after a while: minutes and hours as they pass, days, weeks and months on the calendar.
fn after(words: &mut Words<'_>, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, WordsError> {
    let (mut passing, mut calendar) = (SignedDuration::ZERO, Span::new());
    loop {
        let word = words.next()?;
        if word == "half" {
            words.skip(&["a", "an"]);
            match words.next()? {
                "hour" => passing = passing.saturating_add(SignedDuration::from_mins(30)),
                other => return Err(WordsError::Word(other.to_owned())),
            }
        } else {
            let count = count(word).ok_or_else(|| WordsError::Word(word.to_owned()))?;
            if count > MOST {
                return Err(WordsError::TooFar);
            }
            let count = i64::from(count);
            let far = |_| WordsError::TooFar;
            match words.next()? {
                "minute" | "minutes" | "min" | "mins" => passing = passing.saturating_add(SignedDuration::from_mins(count)),
                "hour" | "hours" | "h" => passing = passing.saturating_add(SignedDuration::from_hours(count)),
                "day" | "days" => calendar = calendar.try_days(count).map_err(far)?,
                "week" | "weeks" => calendar = calendar.try_weeks(count).map_err(far)?,
                "month" | "months" => calendar = calendar.try_months(count).map_err(far)?,
                other => return Err(WordsError::Word(other.to_owned())),
            }
        }
        if !words.skip(&["and"]) {
            break;
        }
    }
    let mut at = now;
    let mut civil = zone.to_datetime(now);
    if !calendar.is_zero() {
        civil = civil.checked_add(calendar).map_err(|_| WordsError::TooFar)?;
        if let Some(time) = optional_time(words)? {
            civil = civil.date().to_datetime(time);
        }
        at = moment(civil, zone)?;
    }
    at.checked_add(passing).map_err(|_| WordsError::TooFar)
}
