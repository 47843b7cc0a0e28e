//! What the task for the containers is told. An order stays until the task takes it; giving it twice is giving it once.

use growqr_wire::OrphanKey;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Orders that were not taken yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pending {
    /// The store says what is wanted now; true: missing images may be downloaded.
    pub(crate) wanted: Option<bool>,
    /// The store says that everything is to be removed with its data.
    pub(crate) reset: bool,
    /// Remove these if they belong to no profile.
    pub(crate) remove_orphans: Vec<OrphanKey>,
    /// Compare memory with its copy; true: also with a copy that is not the one from before.
    pub(crate) sync: Option<bool>,
    /// Look again now.
    pub(crate) look: bool,
}

impl Pending {
    /// Whether a round that is under way is given up for it.
    fn is_urgent(&self) -> bool {
        self.wanted.is_some() || self.reset || !self.remove_orphans.is_empty()
    }
}

/// The orders for one task.
#[derive(Default)]
pub(crate) struct Orders {
    pending: Mutex<Pending>,
    given: Notify,
}

impl Orders {
    /// Gives an order. Returns at once.
    pub(crate) fn give(&self, order: impl FnOnce(&mut Pending)) {
        order(&mut self.pending());
        self.given.notify_one();
    }

    /// Does this if no order waits. An order that is given meanwhile waits for the end of it.
    pub(crate) fn if_none(&self, work: impl FnOnce()) {
        let pending = self.pending();
        if *pending == Pending::default() {
            work();
        }
    }

    /// Takes the next orders. Cancel-safe.
    pub(crate) async fn next(&self) -> Pending {
        self.next_if(|pending| *pending != Pending::default()).await
    }

    /// Takes the next orders once one of them is urgent. Cancel-safe.
    pub(crate) async fn next_urgent(&self) -> Pending {
        self.next_if(Pending::is_urgent).await
    }

    async fn next_if(&self, wanted: impl Fn(&Pending) -> bool) -> Pending {
        loop {
            {
                let mut pending = self.pending();
                if wanted(&pending) {
                    return std::mem::take(&mut *pending);
                }
            }
            self.given.notified().await;
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn only_an_urgent_order_interrupts_and_none_is_lost() {
        let orders = Orders::default();
        orders.give(|pending| pending.look = true);
        let waited = tokio::time::timeout(Duration::from_millis(20), orders.next_urgent()).await;
        assert!(waited.is_err());
        orders.give(|pending| pending.wanted = Some(true));
        let expected = Pending { look: true, wanted: Some(true), ..Pending::default() };
        assert_eq!(orders.next_urgent().await, expected);
        assert!(tokio::time::timeout(Duration::from_millis(20), orders.next()).await.is_err());
    }
}
