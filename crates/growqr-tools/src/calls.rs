//! The calls of one server that are under way: as long as there is one, the server is not idle.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The calls.
pub(crate) struct Calls {
    under_way: AtomicUsize,
    last_used: Mutex<Instant>,
    one_ended: Notify,
}

/// A call under way.
pub(crate) struct CallGuard<'a>(&'a Calls);

impl Calls {
    pub(crate) fn new() -> Calls {
        Calls { under_way: AtomicUsize::new(0), last_used: Mutex::new(Instant::now()), one_ended: Notify::new() }
    }

    pub(crate) fn begin(&self) -> CallGuard<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        CallGuard(self)
    }

    pub(crate) fn count(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// The time without a call begins now.
    pub(crate) fn restart_idle_time(&self) {
        *self.last_used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether there was no call for longer than this.
    pub(crate) fn are_idle_for(&self, limit: Duration) -> bool {
        self.count() == 0 && self.last_used.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > limit
    }

    /// Waits until no call is under way.
    pub(crate) async fn until_none(&self) {
        while self.count() > 0 {
            self.one_ended.notified().await;
        }
    }
}

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
        self.0.restart_idle_time();
        self.0.one_ended.notify_one();
    }
}
