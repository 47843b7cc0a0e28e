//! The event stream of a host in this process.

use crate::convert;
use crate::host::adoption::AdoptionProgress;
use growqr_actors::{Health, Notification};
use growqr_wire::{Push, Stack};
use tokio::sync::{broadcast, watch};

/// The pushes of a host, in the order in which they happen. A slow reader delays nothing: it gets [`Push::Missed`] and
/// continues from there.
pub(crate) struct HostEvents {
    notifications: broadcast::Receiver<Notification>,
    memory_changes: watch::Receiver<()>,
    adoption: watch::Receiver<AdoptionProgress>,
    stack: watch::Receiver<Stack>,
    health: watch::Receiver<Health>,
}

impl HostEvents {
    /// The stream of all events of agents from now on, of each change of memory by the person, of a long adoption of
    /// hand edits, of the state of the stack, and of what keeps agents and mail from going on. A state that is replaced before it
    /// is read is left out.
    pub(crate) fn new(
        notifications: broadcast::Receiver<Notification>,
        memory_changes: watch::Receiver<()>,
        adoption: watch::Receiver<AdoptionProgress>,
        stack: watch::Receiver<Stack>,
        mut health: watch::Receiver<Health>,
    ) -> HostEvents {
        // A new subscriber is told about trouble that exists already.
        let is_healthy = {
            let health = health.borrow();
            health.agents.is_empty() && health.mail.is_empty()
        };
        if !is_healthy {
            health.mark_changed();
        }
        HostEvents { notifications, memory_changes, adoption, stack, health }
    }

    /// The next push; `None` once the host has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Push> {
        let notification = tokio::select! {
            biased;
            notification = self.notifications.recv() => notification,
            Ok(()) = self.memory_changes.changed() => return Some(Push::MemoryChanged),
            Ok(()) = self.adoption.changed() => {
                let AdoptionProgress { done, total } = *self.adoption.borrow_and_update();
                return Some(Push::MemoryProgress { done: done as u64, total: total as u64 });
            }
            Ok(()) = self.stack.changed() => {
                return Some(Push::StackChanged { stack: self.stack.borrow_and_update().clone() });
            }
            Ok(()) = self.health.changed() => {
                return Some(Push::HealthChanged { health: convert::health(&self.health.borrow_and_update()) });
            }
        };
        match notification {
            Ok(notification) => Some(convert::push(notification)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Push::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
