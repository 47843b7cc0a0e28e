//! Time and randomness as values. The product gets both only through the ports [`Clock`] and [`Random`].

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Milliseconds in one day.
const DAY_MS: i64 = 86_400_000;

impl Timestamp {
    /// The number of whole UTC days since 1970-01-01. Used for day budgets.
    #[must_use]
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY_MS)
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The UTC calendar date as (year, month 1..=12, day 1..=31).
    #[must_use]
    pub fn date(self) -> (i64, i64, i64) {
        // Howard Hinnant's civil_from_days, exact for the proleptic Gregorian calendar.
        let days = self.day() + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        (year_of_era + era * 400 + i64::from(month <= 2), month, day)
    }

    /// A number that differs between any two UTC months and grows with time. Used for month budgets.
    #[must_use]
    pub fn month(self) -> i64 {
        let (year, month, _) = self.date();
        year * 12 + month - 1
    }
}

/// The time zone of the person at some moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    /// Minutes east of UTC.
    pub offset_minutes: i32,
    /// Its name, such as Europe/Berlin, if the system tells it.
    pub name: Option<String>,
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Timestamp {
    /// Weekday, date, time and zone on the person's clock, such as `Sunday, 2026-11-29, 14:05, UTC+01:00 (Europe/Berlin)`.
    #[must_use]
    pub fn in_words(self, zone: &Zone) -> String {
        let local = Timestamp(self.0.saturating_add(i64::from(zone.offset_minutes) * 60_000));
        let (year, month, day) = local.date();
        // 1970-01-01 was a Thursday.
        let weekday = WEEKDAYS[usize::try_from((local.day() + 3).rem_euclid(7)).unwrap_or_default()];
        let minute = local.0.rem_euclid(DAY_MS) / 60_000;
        let (sign, offset) = if zone.offset_minutes < 0 { ('-', -zone.offset_minutes) } else { ('+', zone.offset_minutes) };
        let name = zone.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!(
            "{weekday}, {year:04}-{month:02}-{day:02}, {:02}:{:02}, UTC{sign}{:02}:{:02}{name}",
            minute / 60,
            minute % 60,
            offset / 60,
            offset % 60
        )
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// The person's time zone at this time. UTC if the clock does not know it.
    fn zone(&self, _at: Timestamp) -> Zone {
        Zone::default()
    }

    /// The time zone with this name, such as Europe/Berlin. `None` if this computer does not know it.
    fn named_zone(&self, name: &str) -> Option<TimeZone> {
        (name == "UTC").then_some(TimeZone::UTC)
    }
}

/// Gives random bits. Not for cryptographic keys.
pub trait Random: Send + Sync {
    /// New bits at each call.
    fn bits(&self) -> u128;
}

/// Inputs of a decision that are not in the state: time and random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time of the decision.
    pub at: Timestamp,
    /// Random bits for it.
    pub random: u128,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(Timestamp(0).date(), (1970, 1, 1));
        assert_eq!(Timestamp(951_782_400_000).date(), (2000, 2, 29));
        assert_eq!(Timestamp(1_795_305_600_000).date(), (2026, 11, 22));
        assert_eq!(Timestamp(-1).date(), (1969, 12, 31));
    }

    #[test]
    fn a_time_reads_as_on_the_clock_of_the_person() {
        let at = Timestamp(1_795_957_500_000);
        let zone = |offset_minutes: i32, name: Option<&str>| Zone { offset_minutes, name: name.map(str::to_owned) };
        assert_eq!(at.in_words(&Zone::default()), "Sunday, 2026-11-29, 13:05, UTC+00:00");
        assert_eq!(at.in_words(&zone(60, Some("Europe/Berlin"))), "Sunday, 2026-11-29, 14:05, UTC+01:00 (Europe/Berlin)");
        assert_eq!(at.in_words(&zone(-14 * 60 + 30, None)), "Saturday, 2026-11-28, 23:35, UTC-13:30");
        assert_eq!(Timestamp(0).in_words(&Zone::default()), "Thursday, 1970-01-01, 00:00, UTC+00:00");
    }

    #[test]
    fn a_month_number_changes_at_the_first_of_the_month() {
        let last = Timestamp(1_796_083_199_999);
        assert_eq!(last.date(), (2026, 11, 30));
        assert_eq!(Timestamp(last.0 + 1).month(), last.month() + 1);
    }
}
