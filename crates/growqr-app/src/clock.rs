//! The computer's clock and its random bits.

use growqr_core::clock::{Clock, Random, Timestamp, Zone};
use jiff::tz::TimeZone;
use std::time::{SystemTime, UNIX_EPOCH};

/// The clock of this computer.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// The zone that the computer is set to.
    fn zone(&self, at: Timestamp) -> Zone {
        let zone = TimeZone::system();
        let seconds = jiff::Timestamp::from_millisecond(at.0).map_or(0, |at| zone.to_offset(at).seconds());
        Zone { offset_minutes: seconds / 60, name: zone.iana_name().filter(|name| *name != "Etc/Unknown").map(str::to_owned) }
    }

    fn named_zone(&self, name: &str) -> Option<TimeZone> {
        TimeZone::get(name).ok()
    }
}

/// The time now, and by how many minutes the local time is ahead of UTC.
#[must_use]
pub fn local_now() -> (Timestamp, i32) {
    let now = SystemClock.now();
    (now, SystemClock.zone(now).offset_minutes)
}

/// The random bits of the operating system.
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    fn bits(&self) -> u128 {
        rand::random()
    }
}
