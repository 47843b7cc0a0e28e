//! Settles asks at their deadlines: tells the agents whose asks are due.

use crate::placement::Placement;
use growqr_core::agent::Input;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::AgentId;
use growqr_core::journal::{AskView, Store};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The longest wait: the clock of the computer may be set meanwhile, and stands still while the computer sleeps.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Wait before a retry if the asks cannot be read.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Runs until stopped. An append that raises or settles asks notifies `asks`.
pub async fn run(
    placement: Arc<dyn Placement>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    asks: Arc<Notify>,
    stop: CancellationToken,
) {
    loop {
        let wait = tokio::select! {
            () = stop.cancelled() => return,
            wait = settle_due(&*placement, &*store, clock.now()) => wait,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = asks.notified() => {}
            () = tokio::time::sleep(wait.unwrap_or(MAX_WAIT)), if wait.is_some() => {}
        }
    }
}

/// Tells each agent with a due ask. Returns the time to the next deadline; `None` if there is none.
async fn settle_due(placement: &dyn Placement, store: &dyn Store, now: Timestamp) -> Option<Duration> {
    let open: Vec<AskView> = match store.open_asks().await {
        Ok(open) => open,
        Err(error) => {
            tracing::warn!(%error, "the asks could not be read");
            return Some(RETRY_DELAY);
        }
    };
    let (due, later): (Vec<_>, Vec<_>) =
        open.into_iter().filter_map(|view| Some((view.ask.deadline?, view.agent))).partition(|(deadline, _)| *deadline <= now);
    let agents: BTreeSet<AgentId> = due.into_iter().map(|(_, agent)| agent).collect();
    let mut is_stuck = false;
    for agent in agents {
        if let Err(error) = placement.post(&agent, Input::Deadline).await {
            tracing::warn!(%error, "an ask at its deadline could not be settled yet");
            is_stuck = true;
        }
    }
    if is_stuck {
        return Some(RETRY_DELAY);
    }
    let next = later.into_iter().map(|(deadline, _)| deadline.0.saturating_sub(now.0)).min()?;
    Some(Duration::from_millis(u64::try_from(next).unwrap_or(0)).min(MAX_WAIT))
}
