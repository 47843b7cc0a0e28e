//! An append made ready for writing, the same for both databases: bytes, hashes, positions. Pure.

use growqr_core::event::{Event, SCHEMA_VERSION, entry_hash};
use growqr_core::journal::{AgentView, Append, Author, Head, StoreError};
use growqr_core::mail::Mail;

/// One row of `events`, but for its position.
pub(crate) struct EventRow {
    pub(crate) seq: i64,
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) prev_hash: [u8; 32],
    pub(crate) hash: [u8; 32],
}

/// The events of an append in their chain, and where the journal ends with them.
pub(crate) struct Chain {
    pub(crate) events: Vec<EventRow>,
    pub(crate) head: Head,
}

impl Chain {
    /// Encodes and hashes. Fails for an append without events, which no caller makes.
    pub(crate) fn of(append: &Append) -> Result<Chain, StoreError> {
        if append.events.is_empty() {
            return Err(StoreError::Failed("an append without events".to_owned()));
        }
        let mut head = append.head;
        let mut events = Vec::with_capacity(append.events.len());
        for event in &append.events {
            let (seq, kind, body) = (head.seq.next(), event.kind(), event.encode());
            let hash = entry_hash(&head.hash, &append.agent.agent, seq, append.at, kind, SCHEMA_VERSION, &body);
            events.push(EventRow { seq: stored(seq.0)?, kind, body, prev_hash: head.hash, hash });
            head = Head { seq, hash };
        }
        Ok(Chain { events, head })
    }

    /// How many events.
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

/// The mail of the events, the first of which stands at `first`.
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

/// One row of `messages`.
pub(crate) struct NewMessage {
    pub(crate) seq: i64,
    pub(crate) position: i64,
    pub(crate) author: Option<String>,
    pub(crate) text: String,
    pub(crate) folded: String,
    pub(crate) at: i64,
}

/// The new lines of the transcript; the first event of the append stands at `first`.
pub(crate) fn message_rows(append: &Append, first: i64) -> Result<Vec<NewMessage>, StoreError> {
    let before = first - stored(append.head.seq.0)? - 1;
    append
        .messages
        .iter()
        .map(|message| {
            let seq = stored(message.seq.0)?;
            let text = shown(&message.text);
            Ok(NewMessage {
                seq,
                position: before + seq,
                author: match &message.author {
                    Author::Person => None,
                    Author::Agent(agent) => Some(agent.as_str().to_owned()),
                },
                folded: text.to_lowercase(),
                text,
                at: message.at.0,
            })
        })
        .collect()
}

/// The numbers of an agent's row in the database's own type.
pub(crate) struct AgentNumbers {
    pub(crate) turn: i64,
    pub(crate) spent: i64,
    pub(crate) unknown: i64,
    pub(crate) allowance: Option<i64>,
}

impl AgentNumbers {
    pub(crate) fn of(agent: &AgentView) -> Result<AgentNumbers, StoreError> {
        Ok(AgentNumbers {
            turn: stored(agent.turn)?,
            spent: stored(agent.spent.0)?,
            unknown: stored(agent.unknown.0)?,
            allowance: agent.allowance.map(|money| stored(money.0)).transpose()?,
        })
    }
}

/// A number as both databases keep it.
pub(crate) fn stored(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Failed(format!("{number} is too large to store")))
}

/// Text for a view. Postgres cannot hold NUL in text; the journal keeps the bytes as they were.
pub(crate) fn shown(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A `like` pattern for anything that contains `text`; `\` is the escape.
pub(crate) fn containing(text: &str) -> String {
    let escaped = shown(text).to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_ordinary_letters() {
        assert_eq!(containing(r"50% Of_a\b"), r"%50\% of\_a\\b%");
    }
}
