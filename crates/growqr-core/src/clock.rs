//! Time and randomness as values. The product gets both only through the ports [`Clock`] and [`Random`].

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

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
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
    fn a_month_number_changes_at_the_first_of_the_month() {
        let last = Timestamp(1_796_083_199_999);
        assert_eq!(last.date(), (2026, 11, 30));
        assert_eq!(Timestamp(last.0 + 1).month(), last.month() + 1);
    }
}
