//! The computer's clock and its random bits.

use growqr_core::clock::{Clock, Random, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};

/// The clock of this computer.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The random bits of the operating system.
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    fn bits(&self) -> u128 {
        rand::random()
    }
}
