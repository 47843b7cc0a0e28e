//! Only for tests that kill the program: `GROWQR_STOP_POINT=step:3` stops this process right after the third step of a
//! memory change, while it holds the memory's lock. For the other stop points see [`growqr_actors::stop_points`].

use growqr_actors::stop_points::is_here;
use growqr_core::memory::MemoryError;
use growqr_memory::{Probe, Step};
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the steps of memory changes.
#[derive(Default)]
pub(crate) struct Steps(AtomicU64);

impl Probe for Steps {
    fn reached(&self, _: Step) -> Result<(), MemoryError> {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        if is_here(&format!("step:{number}")) {
            loop {
                std::thread::park();
            }
        }
        Ok(())
    }
}
