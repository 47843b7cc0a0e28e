//! The hours of the day without notifications.

use growqr_core::clock::Timestamp;
use std::time::Duration;

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// A part of each day, such as 22:00-07:00, in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// Minute of the day at which it begins.
    from: u32,
    /// Minute of the day at which it ends; earlier than `from` if midnight lies between.
    to: u32,
}

impl QuietHours {
    /// Reads hours such as `22:00-07:00`.
    ///
    /// # Errors
    /// A sentence about the valid form.
    pub(crate) fn parse(text: &str) -> Result<QuietHours, String> {
        let form = || "write the hours as 22:00-07:00, or none".to_owned();
        let (from, to) = text.split_once('-').ok_or_else(form)?;
        match (minute(from), minute(to)) {
            (Some(from), Some(to)) if from != to => Ok(QuietHours { from, to }),
            _ => Err(form()),
        }
    }

    /// How long they still last; `None` outside them.
    #[must_use]
    pub fn left(self, now: Timestamp, offset_minutes: i32) -> Option<Duration> {
        let local = now.0.saturating_add(i64::from(offset_minutes) * 60_000).rem_euclid(i64::from(DAY) * 60_000);
        let local = u64::try_from(local).unwrap_or_default();
        let minute = u32::try_from(local / 60_000).unwrap_or_default();
        let is_quiet =
            if self.from < self.to { (self.from..self.to).contains(&minute) } else { minute >= self.from || minute < self.to };
        let minutes_left = u64::from((self.to + DAY - minute) % DAY);
        is_quiet.then(|| Duration::from_millis(minutes_left * 60_000 - local % 60_000))
    }
}

/// `07:05` as a minute of the day.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str, most: u32| {
        let is_number = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| is_number && *number <= most)
    };
    if minute.len() != 2 {
        return None;
    }
    Some(number(hour, 23)? * 60 + number(minute, 59)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time of day in UTC, on the first day of 1970.
    fn at(hour: i64, minute: i64) -> Timestamp {
        Timestamp((hour * 60 + minute) * 60_000)
    }

    #[test]
    fn quiet_hours_may_include_midnight() {
        let table = [
            ("22:00-07:00", 21, 59, None),
            ("22:00-07:00", 22, 0, Some(9 * 60)),
            ("22:00-07:00", 23, 30, Some(7 * 60 + 30)),
            ("22:00-07:00", 0, 0, Some(7 * 60)),
            ("22:00-07:00", 6, 59, Some(1)),
            ("22:00-07:00", 7, 0, None),
            ("9:00-17:30", 8, 59, None),
            ("9:00-17:30", 9, 0, Some(8 * 60 + 30)),
            ("9:00-17:30", 17, 30, None),
        ];
        for (hours, hour, minute, left) in table {
            let expected = left.map(|minutes| Duration::from_secs(minutes * 60));
            assert_eq!(QuietHours::parse(hours).unwrap().left(at(hour, minute), 0), expected, "{hours} at {hour}:{minute}");
        }
    }

    #[test]
    fn quiet_hours_are_in_local_time() {
        let night = QuietHours::parse("22:00-07:00").unwrap();
        assert!(night.left(at(20, 30), 0).is_none());
        assert!(night.left(at(20, 30), 120).is_some(), "it is 22:30 two hours east");
        assert!(night.left(at(3, 0), -300).is_some(), "it is 22:00 of the day before");
        assert!(night.left(at(12, 0), 330).is_none(), "it is 17:30");
    }

    #[test]
    fn the_rest_is_exact_within_a_minute() {
        let night = QuietHours::parse("22:00-07:00").unwrap();
        assert_eq!(night.left(Timestamp(at(6, 59).0 + 15_000), 0), Some(Duration::from_secs(45)));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "22:00", "22-7", "24:00-07:00", "22:60-07:00", "22:0-07:00", "07:00-07:00", "a:00-b:00", "+1:00-07:00"] {
            assert!(QuietHours::parse(text).is_err(), "{text:?}");
        }
    }
}
