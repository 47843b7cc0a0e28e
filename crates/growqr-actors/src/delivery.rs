//! Delivery of mail: from the outbox to its receiver, until the receiver has recorded it. At least once; the receiver takes
//! each id once.

use crate::placement::{Placement, PostError};
use growqr_core::agent::Input;
use growqr_core::id::{EffectId, Seq};
use growqr_core::journal::{Store, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Mail read from the outbox at once, as long as some of it can be delivered.
const PAGE: u32 = 100;

/// Wait before mail that could not be delivered is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Delivers whenever there is mail, until told to stop. `mail` is notified when an append has put some into the outbox.
pub async fn run(placement: Arc<dyn Placement>, store: Arc<dyn Store>, mail: Arc<Notify>, stop: CancellationToken) {
    loop {
        let stuck = tokio::select! {
            () = stop.cancelled() => return,
            stuck = deliver(&*placement, &*store) => stuck,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = mail.notified() => {}
            () = tokio::time::sleep(PAUSE), if stuck => {}
        }
    }
}

/// Delivers all that waits. True if something could not be delivered and should be tried again.
async fn deliver(placement: &dyn Placement, store: &dyn Store) -> bool {
    let mut page = PAGE;
    loop {
        let waiting = match store.waiting(page).await {
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
        // Mail must not overtake mail: a receiver that could not be reached is left alone until the next round.
        let mut unreached = BTreeSet::new();
        for mail in waiting {
            let (id, to) = (mail.id.clone(), mail.to.clone());
            if unreached.contains(&to) {
                continue;
            }
            match placement.post(&to, Input::Mail(mail)).await {
                // The receiver does not exist yet, and this mail does not create it: the mail that does is on its way.
                Ok(posted) if posted.view.seq == Seq(0) => drop(unreached.insert(to)),
                Ok(_) => taken.push(id),
                Err(PostError::Stopping) => return false,
                Err(error) => {
                    tracing::warn!(%error, "mail waits");
                    unreached.insert(to);
                }
            }
        }
        if let Err(error) = mark(store, &taken).await {
            // It will be delivered again, and taken once all the same.
            tracing::warn!(%error, "delivered mail could not be marked");
            return true;
        }
        if !unreached.is_empty() && is_full && taken.is_empty() {
            // Mail that cannot be delivered must not keep back the mail behind it.
            page = page.saturating_mul(2);
        } else if !unreached.is_empty() {
            return true;
        }
    }
}

async fn mark(outbox: &dyn Store, taken: &[EffectId]) -> Result<(), StoreError> {
    if taken.is_empty() { Ok(()) } else { outbox.delivered(taken).await }
}
