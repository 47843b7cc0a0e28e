//! Time and chance, passed in so that tests wait for nothing.

use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How the provider waits between attempts.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Time since some fixed moment; never goes back.
    fn now(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, wait: Duration);
    /// A random duration up to and with `most`.
    fn jitter(&self, most: Duration) -> Duration;
}

/// Waits on tokio's clock.
pub struct SystemTimer {
    begun: tokio::time::Instant,
    random: Mutex<StdRng>,
}

impl SystemTimer {
    /// A pace whose jitter comes from `seed`; different processes should use different ones.
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
