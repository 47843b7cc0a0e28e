//! Delivery of mail: posts the mail in the outbox to its receivers until they have recorded it. Mail is delivered at least once;
//! the receiver processes each id once.
//!
//! A receiver that cannot be reached is tried again after 1 s, 2 s, 4 s and so on, up to a minute, and at once when it works
//! again. From the second failure on the health of the host names it.

use crate::backoff::Backoff;
use crate::health::{HealthBoard, HeldMail};
use crate::placement::{Placement, PostError};
use growqr_core::agent::Input;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, EffectId, Seq};
use growqr_core::journal::{Outbox, StoreError};
use growqr_core::mail::Mail;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Number of mails read from the outbox at once. Doubled as long as no mail of a full page can be delivered.
const PAGE: u32 = 100;

/// Delivers mail until stopped. An append that puts mail into the outbox notifies `mail`.
pub(crate) async fn run(
    placement: Arc<dyn Placement>,
    store: Arc<dyn Outbox>,
    health: Arc<HealthBoard>,
    clock: Arc<dyn Clock>,
    mail: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut delivery = Delivery { placement, store, health, clock, unreachable: BTreeMap::new(), outbox: Backoff::default() };
    loop {
        let retry_at = tokio::select! {
            () = stop.cancelled() => return,
            retry_at = delivery.deliver() => retry_at,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = mail.notified() => {}
            () = tokio::time::sleep_until(retry_at.unwrap_or_else(Instant::now)), if retry_at.is_some() => {}
        }
    }
}

struct Delivery {
    placement: Arc<dyn Placement>,
    store: Arc<dyn Outbox>,
    health: Arc<HealthBoard>,
    clock: Arc<dyn Clock>,
    /// The receivers that could not be reached.
    unreachable: BTreeMap<AgentId, Unreachable>,
    /// Failures of the outbox itself.
    outbox: Backoff,
}

struct Unreachable {
    since: Timestamp,
    cause: String,
    failures: u32,
    backoff: Backoff,
    retry_at: Instant,
    /// The receiver itself is in trouble: mail is delivered as soon as it goes on.
    is_in_trouble: bool,
}

impl Delivery {
    /// Delivers the waiting mail. Returns when to try again; `None` if all of it is delivered.
    async fn deliver(&mut self) -> Option<Instant> {
        let health = Arc::clone(&self.health);
        for (to, receiver) in &mut self.unreachable {
            if receiver.is_in_trouble && !health.is_in_trouble(to) {
                receiver.retry_at = Instant::now();
            }
        }
        let mut page = PAGE;
        loop {
            let waiting = match self.store.undelivered(page).await {
                Ok(waiting) => waiting,
                Err(error) => return Some(self.outbox_failed("the outbox could not be read", &error)),
            };
            let is_full = waiting.len() >= page as usize;
            let receivers: Vec<(EffectId, AgentId)> = waiting.iter().map(|mail| (mail.id.clone(), mail.to.clone())).collect();
            let delivered = self.post_all(waiting).await?;
            if !delivered.is_empty()
                && let Err(error) = self.store.delivered(&delivered.iter().cloned().collect::<Vec<_>>()).await
            {
                // The mail will be delivered again; the receiver ignores the second copy.
                return Some(self.outbox_failed("mail could not be marked as delivered", &error));
            }
            self.outbox.reset();
            if !is_full {
                let held = receivers.into_iter().filter(|(id, _)| !delivered.contains(id)).map(|(_, to)| to);
                return self.publish(held);
            }
            if delivered.is_empty() {
                // The whole page is undeliverable. Read a larger page, so that it does not block the mail behind it.
                page = page.saturating_mul(2);
            }
        }
    }

    /// Posts mail in its order: after a failed delivery the receiver gets no more mail in this round. Returns what is delivered;
    /// `None` if the host stops.
    async fn post_all(&mut self, waiting: Vec<Mail>) -> Option<BTreeSet<EffectId>> {
        let (mut delivered, mut held) = (BTreeSet::new(), BTreeSet::new());
        for mail in waiting {
            let (id, to) = (mail.id.clone(), mail.to.clone());
            let waits = self.unreachable.get(&to).is_some_and(|receiver| receiver.retry_at > Instant::now());
            if waits || held.contains(&to) {
                continue;
            }
            let failure = match self.placement.post(&to, Input::Mail(mail)).await {
                // This mail does not create the receiver. The mail that creates it is still under way.
                Ok(posted) if posted.view.seq == Seq(0) => "there is no such agent yet".to_owned(),
                Ok(_) => {
                    self.unreachable.remove(&to);
                    delivered.insert(id);
                    continue;
                }
                Err(PostError::Stopping) => return None,
                Err(error) => with_source(&error),
            };
            self.failed(&to, failure);
            held.insert(to);
        }
        Some(delivered)
    }

    fn failed(&mut self, to: &AgentId, cause: String) {
        let since = self.clock.now();
        let receiver = self.unreachable.entry(to.clone()).or_insert_with(|| Unreachable {
            since,
            cause: String::new(),
            failures: 0,
            backoff: Backoff::default(),
            retry_at: Instant::now(),
            is_in_trouble: false,
        });
        receiver.cause = cause;
        receiver.failures += 1;
        receiver.retry_at = Instant::now() + receiver.backoff.next_delay();
        receiver.is_in_trouble = self.health.is_in_trouble(to);
    }

    /// Tells the health of the host which mail waits for a receiver that has failed more than once; `held` are the receivers of
    /// all mail that is not delivered. Returns when to try again.
    fn publish(&mut self, held: impl Iterator<Item = AgentId>) -> Option<Instant> {
        let mut counts: BTreeMap<AgentId, usize> = BTreeMap::new();
        held.for_each(|to| *counts.entry(to).or_default() += 1);
        self.unreachable.retain(|to, _| counts.contains_key(to));
        let failing = self.unreachable.iter().filter(|(_, receiver)| receiver.failures > 1);
        let failing = failing.map(|(to, Unreachable { cause, since, .. })| {
            let count = counts.get(to).copied().unwrap_or_default();
            (to.clone(), HeldMail { count, cause: cause.clone(), since: *since })
        });
        self.health.set_held_mail(failing.collect());
        self.unreachable.values().map(|receiver| receiver.retry_at).min()
    }

    fn outbox_failed(&mut self, what: &str, error: &StoreError) -> Instant {
        if self.outbox.may_warn() {
            tracing::warn!(%error, "{what}; trying again");
        }
        Instant::now() + self.outbox.next_delay()
    }
}

/// The error with its cause.
fn with_source(error: &PostError) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests;
