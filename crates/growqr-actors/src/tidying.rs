//! Tidying memory up after changes: soon, once for changes that follow one another, and with nobody waiting for it.

use crate::perform::blocking;
use growqr_core::memory::Memory;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long after a change: less than a person needs to look at it with their own git.
const SOON: Duration = Duration::from_millis(200);

/// One for all agents of a profile.
#[derive(Default)]
pub(crate) struct Tidying {
    is_due: AtomicBool,
}

impl Tidying {
    /// Memory has changed. What a stop cuts off is made up for at the next start.
    pub(crate) fn soon(self: &Arc<Self>, memory: Arc<dyn Memory>) {
        if self.is_due.swap(true, Ordering::AcqRel) {
            return;
        }
        let tidying = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(SOON).await;
            // Before the work, so that a change in the middle of it has its own.
            tidying.is_due.store(false, Ordering::Release);
            if let Some(Err(error)) = blocking(move || memory.tidy()).await {
                tracing::warn!(%error, "memory could not be tidied up; the next start sees to it");
            }
        });
    }
}
