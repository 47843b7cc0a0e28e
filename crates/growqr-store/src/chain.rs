//! Prepares the rows of an append (bytes, hashes, positions) in the same way for both databases. Pure.

use growqr_core::event::{Event, SCHEMA_VERSION, entry_hash};
use growqr_core::journal::{Append, Head, StoreError};
use growqr_core::mail::Mail;
use growqr_core::rebuild::ReplayedPage;
use std::collections::HashSet;

/// One row of `events`, without its position.
pub(crate) struct EventRow {
    pub(crate) seq: i64,
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) prev_hash: [u8; 32],
    pub(crate) hash: [u8; 32],
}

/// The rows of an append's events with their hash chain, and the new end of the journal.
pub(crate) struct Chain {
    pub(crate) events: Vec<EventRow>,
    pub(crate) head: Head,
}

impl Chain {
    /// Encodes and hashes the events. Fails for an append without events, which no caller makes.
    pub(crate) fn of(append: &Append) -> Result<Chain, StoreError> {
        if append.events.is_empty() {
            return Err(StoreError::Failed("an append without events".to_owned()));
        }
        let mut head = append.head;
        let mut events = Vec::with_capacity(append.events.len());
        for event in &append.events {
            let (seq, kind, body) = (head.seq.next(), event.kind(), event.encode());
            let hash = entry_hash(&head.hash, &append.agent, seq, append.at, kind, SCHEMA_VERSION, &body);
            events.push(EventRow { seq: to_i64(seq.0)?, kind, body, prev_hash: head.hash, hash });
            head = Head { seq, hash };
        }
        Ok(Chain { events, head })
    }

    /// The number of events.
    pub(crate) fn len(&self) -> i64 {
        i64::try_from(self.events.len()).expect("memory holds fewer events than an i64 counts")
    }
}

/// One row of `outbox`.
pub(crate) struct MailRow<'a> {
    pub(crate) mail: &'a Mail,
    pub(crate) position: i64,
    pub(crate) body: Vec<u8>,
}

/// The mail of the events; `first` is the position of the first event.
pub(crate) fn mail_rows(events: &[Event], first: i64) -> Result<Vec<MailRow<'_>>, StoreError> {
    (first..)
        .zip(events)
        .flat_map(|(position, event)| event.mail().iter().map(move |mail| (position, mail)))
        .map(|(position, mail)| {
            let body =
                serde_json::to_vec(&mail.body).map_err(|error| StoreError::Failed(format!("mail {}: {error}", mail.id)))?;
            Ok(MailRow { mail, position, body })
        })
        .collect()
}

/// One row of `outbox` as a rebuild compares it.
#[derive(PartialEq, sqlx::FromRow)]
pub(crate) struct OutboxRow {
    pub(crate) id: String,
    pub(crate) position: i64,
    pub(crate) sender: String,
    pub(crate) receiver: String,
    pub(crate) body: Vec<u8>,
    pub(crate) delivered: bool,
}

/// The mail of replayed entries, ordered by position and id. If several entries name the same mail id, the first one sends it.
/// `sent` holds the ids of earlier entries; they are skipped, and new ones are added.
pub(crate) fn outbox_rows(page: &ReplayedPage, sent: &mut HashSet<String>) -> Result<Vec<OutboxRow>, StoreError> {
    let mut rows = Vec::new();
    for (position, entry) in &page.entries {
        for row in mail_rows(std::slice::from_ref(&entry.event), to_i64(position.0)?)? {
            let (mail, id) = (row.mail, row.mail.id.as_str());
            if sent.insert(id.to_owned()) {
                rows.push(OutboxRow {
                    id: id.to_owned(),
                    position: row.position,
                    sender: mail.from.as_str().to_owned(),
                    receiver: mail.to.as_str().to_owned(),
                    body: row.body,
                    delivered: page.delivered.contains(&mail.id),
                });
            }
        }
    }
    rows.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
    Ok(rows)
}

/// A number as `i64`, the type of both databases.
pub(crate) fn to_i64(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Failed(format!("{number} is too large to store")))
}
