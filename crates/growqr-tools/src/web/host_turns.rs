//! One fetch at a time from each host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The hosts from which something is being fetched.
#[derive(Default)]
pub(crate) struct HostTurns(Mutex<HashMap<String, Arc<Semaphore>>>);

impl HostTurns {
    /// Waits until nothing else is being fetched from this host. The turn ends when the permit is dropped.
    pub(crate) async fn wait(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody fetches from a host whose semaphore only this map knows.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(1))))
        };
        turn.acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn two_fetches_from_one_host_come_one_after_the_other() {
        let turns = HostTurns::default();
        let first = turns.wait("a.example").await;
        assert!(tokio::time::timeout(Duration::ZERO, turns.wait("a.example")).await.is_err());
        assert!(turns.wait("b.example").await.is_some());
        drop(first);
        assert!(turns.wait("a.example").await.is_some());
    }
}
