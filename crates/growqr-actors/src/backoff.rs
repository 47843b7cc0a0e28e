//! Waits between retries that grow, and warnings that do not fill the log.

use std::time::Duration;
use tokio::time::Instant;

/// The shortest time between two warnings about the same failure.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// The waits and warnings of one run of failures. Each wait is twice as long as the one before.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    last_delay: Option<Duration>,
    warned_at: Option<Instant>,
}

impl Default for Backoff {
    /// Waits of 1 s up to a minute.
    fn default() -> Backoff {
        Backoff::new(Duration::from_secs(1), Duration::from_secs(60))
    }
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff { first, longest, last_delay: None, warned_at: None }
    }

    /// The wait before the next retry.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let delay = self.last_delay.map_or(self.first, |last| (last * 2).min(self.longest));
        self.last_delay = Some(delay);
        delay
    }

    /// True for the first failure, then at most once in [`WARNING_INTERVAL`].
    pub(crate) fn may_warn(&mut self) -> bool {
        let now = Instant::now();
        let may_warn = self.warned_at.is_none_or(|at| now >= at + WARNING_INTERVAL);
        if may_warn {
            self.warned_at = Some(now);
        }
        may_warn
    }

    /// The failures have ended: the next wait is the first one again.
    pub(crate) fn reset(&mut self) {
        *self = Backoff::new(self.first, self.longest);
    }
}
