//! Delivery of mail: from the outbox to its receiver's inbox, until the receiver has recorded it. At least once; the
//! receiver takes each id once.

use crate::host::{Host, HostError};
use growqr_core::agent::Input;
use growqr_core::id::{EffectId, Seq};
use growqr_core::journal::StoreError;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Letters read from the outbox at once, as long as some of them can be delivered.
const PAGE: u32 = 100;

/// How long to leave mail alone after it could not be delivered.
const PAUSE: Duration = Duration::from_secs(1);

/// Delivers whenever there is mail, until told to stop.
pub(crate) async fn run(host: Host, mail: Arc<Notify>, stop: CancellationToken) {
    loop {
        let stuck = tokio::select! {
            () = stop.cancelled() => return,
            stuck = deliver(&host) => stuck,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = mail.notified() => {}
            () = tokio::time::sleep(PAUSE), if stuck => {}
        }
    }
}

/// Delivers all that waits. True if something could not be delivered and should be tried again.
async fn deliver(host: &Host) -> bool {
    let mut page = PAGE;
    loop {
        let waiting = match host.store().waiting(page).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be read");
                return true;
            }
        };
        if waiting.is_empty() {
            return false;
        }
        let is_full = waiting.len() >= page as usize;
        let mut taken = Vec::with_capacity(waiting.len());
        // Mail must not overtake mail: who could not be reached once is left alone until the next round.
        let mut unreached = BTreeSet::new();
        for mail in waiting {
            let (id, to) = (mail.id.clone(), mail.to.clone());
            if unreached.contains(&to) {
                continue;
            }
            match host.post(&to, Input::Mail(mail)).await {
                // An agent to which nothing has happened yet was not born by it either.
                Ok(view) if view.seq == Seq(0) => drop(unreached.insert(to)),
                Ok(_) => taken.push(id),
                Err(HostError::Stopping) => return false,
                Err(error) => {
                    tracing::warn!(%error, "mail waits");
                    unreached.insert(to);
                }
            }
        }
        if let Err(error) = mark(host, &taken).await {
            // It will be delivered again, and taken once all the same.
            tracing::warn!(%error, "delivered mail could not be marked");
            return true;
        }
        if !unreached.is_empty() && is_full && taken.is_empty() {
            // Who cannot be reached must not keep mail from those who stand behind.
            page = page.saturating_mul(2);
        } else if !unreached.is_empty() {
            return true;
        }
    }
}

async fn mark(host: &Host, taken: &[EffectId]) -> Result<(), StoreError> {
    if taken.is_empty() { Ok(()) } else { host.store().delivered(taken).await }
}
