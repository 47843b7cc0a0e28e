//! Time and random jitter, passed in so that tests do not wait.

use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The clock, sleep and jitter that a provider uses between attempts.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Time since some fixed moment. Monotonic.
    fn now(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, wait: Duration);
    /// A random duration from zero to `most`, inclusive.
    fn jitter(&self, most: Duration) -> Duration;
}

/// The timer outside of tests, on tokio's clock.
pub struct SystemTimer {
    begun: tokio::time::Instant,
    random: Mutex<StdRng>,
}

impl SystemTimer {
    /// A timer whose jitter is derived from `seed`. Two processes should not use the same seed.
    #[must_use]
    pub fn new(seed: u64) -> SystemTimer {
        SystemTimer { begun: tokio::time::Instant::now(), random: Mutex::new(StdRng::seed_from_u64(seed)) }
    }
}

#[async_trait]
impl Timer for SystemTimer {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    fn jitter(&self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(random.random_range(0..=most))
    }
}
