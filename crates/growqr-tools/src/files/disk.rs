//! The disk of a folder: at most a few threads wait for it. One that does not answer keeps these, and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many calls read or write in a folder at the same time.
const AT_ONCE: usize = 4;

/// The disk of a folder.
pub(super) struct Disk {
    places: Arc<Semaphore>,
    is_late: AtomicBool,
}

/// The place of a call, which its thread keeps until the disk has answered.
pub(super) struct Place {
    disk: Arc<Disk>,
    _permit: OwnedSemaphorePermit,
}

impl Disk {
    /// Waits for a place. `None` if all are taken by calls that the disk does not answer.
    pub(super) async fn enter(self: Arc<Self>) -> Option<Place> {
        let free = Arc::clone(&self.places).try_acquire_owned().ok();
        let permit = match free {
            Some(permit) => permit,
            None if self.is_late.load(Ordering::Relaxed) => return None,
            None => Arc::clone(&self.places).acquire_owned().await.ok()?,
        };
        Some(Place { disk: self, _permit: permit })
    }

    /// A call has waited for too long.
    pub(super) fn has_not_answered(&self) {
        self.is_late.store(true, Ordering::Relaxed);
    }
}

impl Default for Disk {
    fn default() -> Disk {
        Disk { places: Arc::new(Semaphore::new(AT_ONCE)), is_late: AtomicBool::new(false) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.disk.is_late.store(false, Ordering::Relaxed);
    }
}
