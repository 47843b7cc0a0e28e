//! This computer's clock, compared with that of the service.

use crate::verify::IdTokenError;
use growqr_core::clock::Timestamp;
use growqr_http::amount;
use std::fmt;

/// A difference up to this, in seconds, is corrected: tokens are then judged by the clock of the service.
const TOLERATED: i64 = 5 * 60;

/// A token was refused because of this computer's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockError {
    /// How far it is ahead of the service's clock (negative: behind), in seconds.
    pub ahead: i64,
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.ahead < 0 { "behind" } else { "ahead of" };
        write!(f, "this computer's clock is {} {direction} the sign-in service's", amount(self.ahead))
    }
}

impl std::error::Error for ClockError {}

/// The difference between both clocks when a response arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Skew {
    now: Timestamp,
    ahead: Option<i64>,
}

impl Skew {
    /// `server_time`: what the response says, in seconds.
    pub fn new(now: Timestamp, server_time: Option<i64>) -> Self {
        Self { now, ahead: server_time.map(|time| now.seconds().saturating_sub(time)) }
    }

    /// The time by which the tokens of the response are judged.
    pub fn time(self) -> Timestamp {
        match self.ahead {
            Some(ahead) if ahead.abs() <= TOLERATED => Timestamp(self.now.0.saturating_sub(ahead.saturating_mul(1000))),
            _ => self.now,
        }
    }

    /// The error of the clock, if it is the reason for this refusal. A service whose own clock agrees with ours has sent a token
    /// that is wrong.
    pub fn explains(self, refusal: IdTokenError) -> Option<ClockError> {
        let ahead = self.ahead.filter(|ahead| ahead.abs() > TOLERATED)?;
        refusal.is_clock_error().then_some(ClockError { ahead })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skew(ahead: i64) -> Skew {
        Skew::new(Timestamp(1_000_000_000), Some(1_000_000 - ahead))
    }

    #[test]
    fn a_small_difference_is_corrected_and_a_large_one_is_named() {
        assert_eq!(skew(-90).time(), Timestamp(1_000_090_000));
        assert_eq!(skew(300).time(), Timestamp(999_700_000));
        assert_eq!(skew(301).time(), Timestamp(1_000_000_000));
        assert_eq!(Skew::new(Timestamp(5_000), None).time(), Timestamp(5_000));
        assert_eq!(skew(300).explains(IdTokenError::Early), None);
        let error = skew(-600).explains(IdTokenError::Early).unwrap();
        assert_eq!(error.to_string(), "this computer's clock is 10 minutes behind the sign-in service's");
        let error = skew(34_560_000).explains(IdTokenError::Expired).unwrap();
        assert_eq!(error.to_string(), "this computer's clock is 400 days ahead of the sign-in service's");
        assert_eq!(skew(600).explains(IdTokenError::Nonce), None);
    }
}
