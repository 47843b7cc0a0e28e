//! Words about times that repeat, as a cron pattern: "every weekday at 8", "daily at noon", "every 15 minutes".

use super::clock_words::{count, day_of_year, optional_time, ordinal, time, weekday};
use super::{Words, WordsError};
use jiff::civil::{Time, Weekday};

/// The cron pattern of the words; `None` if they are not about times that repeat.
pub(super) fn parse(words: &mut Words<'_>) -> Result<Option<String>, WordsError> {
    let first_time = leading_time(words)?;
    if !words.skip(&["every", "each", "on"]) {
        return shorthand(words, first_time);
    }
    if words.words[words.at - 1] == "on" && !is_plural_weekday(words) {
        words.at = 0;
        return Ok(None);
    }
    if first_time.is_none()
        && let Some(pattern) = interval(words)?
    {
        return Ok(Some(pattern));
    }
    let days = days(words)?;
    with_times(words, first_time, &days).map(Some)
}

/// "at 8 every day": the time that comes before `every`.
fn leading_time(words: &mut Words<'_>) -> Result<Option<Time>, WordsError> {
    if words.peek() != Some("at") {
        return Ok(None);
    }
    words.at += 1;
    let time = time(words)?;
    let behind = words.at;
    let is_shorthand = |words: &Words<'_>| {
        let word = words.peek().unwrap_or_default();
        ["every", "each", "daily", "weekdays", "weekends"].contains(&word) || is_plural_weekday(words)
    };
    words.skip(&["on"]);
    let repeats = is_shorthand(words);
    words.at = if repeats { behind } else { 0 };
    Ok(repeats.then_some(time))
}

/// "daily at 8", "weekdays at 8", "mondays at 8", "hourly", "monthly on the 1st at 7".
fn shorthand(words: &mut Words<'_>, first_time: Option<Time>) -> Result<Option<String>, WordsError> {
    let days = match words.peek() {
        Some("hourly") => {
            words.at += 1;
            return Ok(Some("0 * * * *".to_owned()));
        }
        Some("daily") => "* * *".to_owned(),
        Some("weekdays") => "* * 1-5".to_owned(),
        Some("weekends") => "* * 0,6".to_owned(),
        Some("monthly") => {
            words.at += 1;
            let days = month_days(words, true)?;
            return with_times(words, first_time, &days).map(Some);
        }
        _ if is_plural_weekday(words) => {
            let days = weekdays(words)?;
            return with_times(words, first_time, &days).map(Some);
        }
        _ => {
            words.at = 0;
            return Ok(None);
        }
    };
    words.at += 1;
    with_times(words, first_time, &days).map(Some)
}

fn is_plural_weekday(words: &Words<'_>) -> bool {
    words.peek().is_some_and(|word| word.ends_with('s') && weekday(word).is_some())
}

/// "minute", "15 minutes", "half hour", "hour", "2 hours".
fn interval(words: &mut Words<'_>) -> Result<Option<String>, WordsError> {
    let start = words.at;
    if words.skip(&["half"]) {
        words.skip(&["a", "an"]);
        return match words.next()? {
            "hour" => Ok(Some("*/30 * * * *".to_owned())),
            other => Err(WordsError::Word(other.to_owned())),
        };
    }
    let count = words.peek().and_then(count);
    words.at += usize::from(count.is_some());
    let pattern = match (words.peek(), count.unwrap_or(1)) {
        (Some("minute" | "minutes" | "min"), 1) => "* * * * *".to_owned(),
        (Some("minute" | "minutes" | "min"), 60) | (Some("hour" | "hours"), 1) => "0 * * * *".to_owned(),
        (Some("minute" | "minutes" | "min"), count) if count > 0 && 60 % count == 0 => format!("*/{count} * * * *"),
        (Some("minute" | "minutes" | "min"), number) => {
            let allowed = "1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60 minutes";
            return Err(WordsError::Uneven { number, unit: "minutes", allowed });
        }
        (Some("hour" | "hours"), count) if count > 0 && count < 24 && 24 % count == 0 => format!("0 */{count} * * *"),
        (Some("hour" | "hours"), number) => {
            return Err(WordsError::Uneven { number, unit: "hours", allowed: "1, 2, 3, 4, 6, 8 or 12 hours" });
        }
        _ => {
            words.at = start;
            return Ok(None);
        }
    };
    words.at += 1;
    Ok(Some(pattern))
}

/// The last three fields of the pattern: day of the month, month, day of the week.
fn days(words: &mut Words<'_>) -> Result<String, WordsError> {
    match words.peek() {
        Some("day") => words.next().map(|_| "* * *".to_owned()),
        Some("weekday" | "workday") => words.next().map(|_| "* * 1-5".to_owned()),
        Some("weekend") => words.next().map(|_| "* * 0,6".to_owned()),
        Some("month") => {
            words.at += 1;
            month_days(words, true)
        }
        Some("year") => {
            words.at += 1;
            words.skip(&["on"]);
            year_day(words)
        }
        Some(word) if weekday(word).is_some() => weekdays(words),
        Some(_) => month_days(words, false),
        None => Err(words.incomplete()),
    }
}

/// "monday, wednesday and friday".
fn weekdays(words: &mut Words<'_>) -> Result<String, WordsError> {
    let mut numbers = Vec::new();
    while let Some(day) = words.peek().and_then(weekday) {
        words.at += 1;
        numbers.push(day.to_sunday_zero_offset().to_string());
        words.skip(&["and"]);
    }
    if numbers.is_empty() {
        return Err(words.peek().map_or_else(|| words.incomplete(), |word| WordsError::Word(word.to_owned())));
    }
    Ok(format!("* * {}", numbers.join(",")))
}

/// "1st and 15th of the month", "last day of the month", "first monday of the month", "24th of december", each perhaps after "on the".
/// `is_monthly`: the month was said before. Otherwise "every second day" must not become the second day of the month.
fn month_days(words: &mut Words<'_>, is_monthly: bool) -> Result<String, WordsError> {
    words.skip(&["on"]);
    words.skip(&["the"]);
    if let Some((month, day)) = day_of_year(words)? {
        return Ok(format!("{day} {month} *"));
    }
    let (mut days, mut is_clear) = (Vec::new(), is_monthly);
    loop {
        let word = words.next()?;
        let day = match word {
            "last" => "L".to_owned(),
            _ => ordinal(word).filter(|day| (1..=31).contains(day)).ok_or_else(|| unknown(word))?.to_string(),
        };
        is_clear |= word.starts_with(|c: char| c.is_ascii_digit());
        days.push((word, day));
        if let Some(weekday) = words.peek().and_then(weekday) {
            words.at += 1;
            of_the_month(words, is_monthly)?;
            return nth_weekdays(&days, weekday);
        }
        // "Every 2nd day" is more often meant as every other day.
        let is_day = words.skip(&["day", "days"]);
        is_clear &= is_monthly || !is_day;
        if !words.skip(&["and"]) && words.peek().and_then(ordinal).is_none() {
            break;
        }
    }
    of_the_month(words, is_clear)?;
    let days: Vec<String> = days.into_iter().map(|(_, day)| day).collect();
    Ok(format!("{} * *", days.join(",")))
}

/// "first and third monday": these of the month, each with the word that says which.
fn nth_weekdays(which: &[(&str, String)], day: Weekday) -> Result<String, WordsError> {
    let day = day.to_sunday_zero_offset();
    let one = |(word, which): &(&str, String)| match &which[..] {
        "L" => Ok(format!("{day}L")),
        "1" | "2" | "3" | "4" | "5" => Ok(format!("{day}#{which}")),
        _ => Err(unknown(word)),
    };
    let days: Vec<String> = which.iter().map(one).collect::<Result<_, _>>()?;
    Ok(format!("* * {}", days.join(",")))
}

fn unknown(word: &str) -> WordsError {
    WordsError::Word(word.to_owned())
}

/// Passes "of the month" or "of every month"; also nothing, if it is clear without.
fn of_the_month(words: &mut Words<'_>, is_clear: bool) -> Result<(), WordsError> {
    if words.skip(&["of", "in"]) {
        words.skip(&["the", "every", "each"]);
        let word = words.next()?;
        return if word == "month" { Ok(()) } else { Err(WordsError::Word(word.to_owned())) };
    }
    if is_clear { Ok(()) } else { Err(WordsError::NotMonthly) }
}

fn year_day(words: &mut Words<'_>) -> Result<String, WordsError> {
    words.skip(&["the"]);
    match day_of_year(words)? {
        Some((month, day)) => Ok(format!("{day} {month} *")),
        None => Err(words.peek().map_or_else(|| words.incomplete(), |word| WordsError::Word(word.to_owned()))),
    }
}

/// The pattern of these days at the times that follow.
fn with_times(words: &mut Words<'_>, first_time: Option<Time>, days: &str) -> Result<String, WordsError> {
    let mut times: Vec<Time> = first_time.into_iter().collect();
    if times.is_empty() {
        times.push(optional_time(words)?.ok_or(WordsError::NoTime)?);
        while words.skip(&["and"]) {
            words.skip(&["at"]);
            let time = time(words)?;
            if time.minute() != times[0].minute() {
                return Err(WordsError::Minutes);
            }
            times.push(time);
        }
    }
    let hours: Vec<String> = times.iter().map(|time| time.hour().to_string()).collect();
    Ok(format!("{} {} {days}", times[0].minute(), hours.join(",")))
}
