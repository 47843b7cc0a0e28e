//! Rows of journals, with their snapshots and the mail that their events send.

use super::{all, hash, number};
use growqr_core::clock::Timestamp;
use growqr_core::event::Entry;
use growqr_core::id::{AgentId, EffectId, Position, Seq};
use growqr_core::journal::{Head, Snapshot, StoreError, StoredEvent, decode};
use growqr_core::mail::Mail;

/// The columns of an event that loading an agent needs.
#[derive(sqlx::FromRow)]
pub(crate) struct EntryRow {
    seq: i64,
    at: i64,
    kind: String,
    schema_version: i64,
    body: Vec<u8>,
    hash: Vec<u8>,
}

impl EntryRow {
    /// The end of the journal if this is its last entry.
    pub(crate) fn head(&self) -> Result<Head, StoreError> {
        Ok(Head { seq: Seq(number("events.seq", self.seq)?), hash: hash("events.hash", &self.hash)? })
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Entry, StoreError> {
        let seq = Seq(number("events.seq", row.seq)?);
        decode(seq, Timestamp(row.at), &row.kind, number("events.schema_version", row.schema_version)?, &row.body)
    }
}

/// All columns of an event.
#[derive(sqlx::FromRow)]
pub(crate) struct EventRow {
    position: i64,
    agent_id: String,
    seq: i64,
    at: i64,
    kind: String,
    schema_version: i64,
    body: Vec<u8>,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<StoredEvent, StoreError> {
        Ok(StoredEvent {
            position: Position(number("events.position", row.position)?),
            agent: AgentId::new(row.agent_id),
            seq: Seq(number("events.seq", row.seq)?),
            at: Timestamp(row.at),
            kind: row.kind,
            schema_version: number("events.schema_version", row.schema_version)?,
            body: row.body,
            prev_hash: hash("events.prev_hash", &row.prev_hash)?,
            hash: hash("events.hash", &row.hash)?,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct HeadRow {
    agent_id: String,
    seq: i64,
    hash: Vec<u8>,
}

impl TryFrom<HeadRow> for (AgentId, Head) {
    type Error = StoreError;

    fn try_from(row: HeadRow) -> Result<(AgentId, Head), StoreError> {
        let head = Head { seq: Seq(number("journals.seq", row.seq)?), hash: hash("journals.hash", &row.hash)? };
        Ok((AgentId::new(row.agent_id), head))
    }
}

/// A journal that has events, with its recorded end.
#[derive(sqlx::FromRow)]
pub(crate) struct JournalRow {
    agent_id: String,
    seq: Option<i64>,
    hash: Option<Vec<u8>>,
}

impl TryFrom<JournalRow> for (AgentId, Head) {
    type Error = StoreError;

    fn try_from(row: JournalRow) -> Result<(AgentId, Head), StoreError> {
        match (row.seq, row.hash) {
            (Some(seq), Some(hash)) => HeadRow { agent_id: row.agent_id, seq, hash }.try_into(),
            _ => Err(StoreError::Corrupt(format!("the journal of {} has no recorded end", row.agent_id))),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct SnapshotRow {
    seq: i64,
    hash: Vec<u8>,
    schema_version: i64,
    body: Vec<u8>,
}

impl TryFrom<SnapshotRow> for Snapshot {
    type Error = StoreError;

    fn try_from(row: SnapshotRow) -> Result<Snapshot, StoreError> {
        Ok(Snapshot {
            head: Head { seq: Seq(number("snapshots.seq", row.seq)?), hash: hash("snapshots.hash", &row.hash)? },
            schema_version: number("snapshots.schema_version", row.schema_version)?,
            body: row.body,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct UndeliveredRow {
    id: String,
    sender: String,
    receiver: String,
    body: Vec<u8>,
}

impl TryFrom<UndeliveredRow> for Mail {
    type Error = StoreError;

    fn try_from(row: UndeliveredRow) -> Result<Mail, StoreError> {
        let body = serde_json::from_slice(&row.body).map_err(|error| StoreError::Corrupt(format!("mail {}: {error}", row.id)))?;
        Ok(Mail { id: EffectId::new(row.id), from: AgentId::new(row.sender), to: AgentId::new(row.receiver), body })
    }
}

/// Entries and the head after the last of them.
pub(crate) fn entries(rows: Vec<EntryRow>) -> Result<(Vec<Entry>, Option<Head>), StoreError> {
    let head = rows.last().map(EntryRow::head).transpose()?;
    Ok((all(rows)?, head))
}
