//! Remembers which agents have charges that are being settled. The next call of such an agent waits, because money that is about to
//! be returned would otherwise be missing.

use growqr_core::id::AgentId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// The number of charges that are being settled, by agent.
#[derive(Default)]
pub(crate) struct Settling {
    open: Mutex<HashMap<AgentId, usize>>,
    changed: Notify,
}

/// One charge that is being settled, until this is dropped.
pub(crate) struct Mark {
    settling: Arc<Settling>,
    agent: AgentId,
}

impl Settling {
    /// A charge of this agent is being settled from now on.
    pub fn begin(self: &Arc<Self>, agent: &AgentId) -> Mark {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner).entry(agent.clone()).or_default() += 1;
        Mark { settling: self.clone(), agent: agent.clone() }
    }

    /// Waits until any charge is settled, from this call on.
    pub fn next_end(&self) -> impl Future<Output = ()> {
        self.changed.notified()
    }

    /// Waits until no charge of this agent is being settled.
    pub async fn wait(&self, agent: &AgentId) {
        loop {
            let changed = self.changed.notified();
            if !self.open.lock().unwrap_or_else(PoisonError::into_inner).contains_key(agent) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        let mut open = self.settling.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.agent) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.agent);
            }
        }
        drop(open);
        self.settling.changed.notify_waiters();
    }
}
