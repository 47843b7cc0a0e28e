//! Delivery of mail: posts the mail in the outbox to its receivers until they have recorded it. Mail is delivered at least once;
//! the receiver processes each id once.

use crate::placement::{Placement, PostError};
use growqr_core::agent::Input;
use growqr_core::id::{EffectId, Seq};
use growqr_core::journal::{Store, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Number of mails read from the outbox at once. Doubled as long as no mail of a full page can be delivered.
const PAGE: u32 = 100;

/// Wait before a retry of mail that could not be delivered.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Delivers mail until stopped. An append that puts mail into the outbox notifies `mail`.
pub async fn run(placement: Arc<dyn Placement>, store: Arc<dyn Store>, mail: Arc<Notify>, stop: CancellationToken) {
    loop {
        let needs_retry = tokio::select! {
            () = stop.cancelled() => return,
            needs_retry = deliver(&*placement, &*store) => needs_retry,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = mail.notified() => {}
            () = tokio::time::sleep(RETRY_DELAY), if needs_retry => {}
        }
    }
}

/// Delivers all waiting mail. True if some of it could not be delivered and needs a retry.
async fn deliver(placement: &dyn Placement, store: &dyn Store) -> bool {
    let mut page = PAGE;
    loop {
        let waiting = match store.undelivered(page).await {
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
        let mut delivered = Vec::with_capacity(waiting.len());
        // Keeps the order of mail: after a failed delivery, the receiver gets no more mail in this round.
        let mut unreachable = BTreeSet::new();
        for mail in waiting {
            let (id, to) = (mail.id.clone(), mail.to.clone());
            if unreachable.contains(&to) {
                continue;
            }
            match placement.post(&to, Input::Mail(mail)).await {
                // The receiver does not exist yet, and this mail does not create it. The mail that creates it is still under way.
                Ok(posted) if posted.view.seq == Seq(0) => drop(unreachable.insert(to)),
                Ok(_) => delivered.push(id),
                Err(PostError::Stopping) => return false,
                Err(error) => {
                    tracing::warn!(%error, "mail could not be delivered; trying again");
                    unreachable.insert(to);
                }
            }
        }
        if let Err(error) = mark_delivered(store, &delivered).await {
            // The mail will be delivered again; the receiver ignores the second copy.
            tracing::warn!(%error, "mail could not be marked as delivered");
            return true;
        }
        if !unreachable.is_empty() && is_full && delivered.is_empty() {
            // The whole page is undeliverable. Read a larger page, so that it does not block the mail behind it.
            page = page.saturating_mul(2);
        } else if !unreachable.is_empty() {
            return true;
        }
    }
}

async fn mark_delivered(outbox: &dyn Store, delivered: &[EffectId]) -> Result<(), StoreError> {
    if delivered.is_empty() { Ok(()) } else { outbox.delivered(delivered).await }
}
