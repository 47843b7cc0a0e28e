//! Results of `growqr db status`, `db migrate` and `audit verify`.

use crate::rows::number;
use crate::schema::SchemaState;
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::StoreError;
use std::fmt;

/// The migrations before and after opening; equal if there was nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The last migration found; 0 in a new database.
    pub from: i64,
    /// The last migration now. Higher than this build's own if a newer build migrated the database and this build can still use
    /// it.
    pub to: i64,
}

/// The status of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DbStatus {
    /// `sqlite` or `postgres`.
    pub backend: &'static str,
    /// The last migration of this build.
    pub known: i64,
    /// The last migration of the database; 0 if it is empty.
    pub applied: i64,
    /// The oldest build that can use it; `None` if it is empty.
    pub min_app_version: Option<String>,
    /// Its size including the log; `None` if the server does not report it.
    pub bytes: Option<u64>,
    /// Its content; `None` if it is empty.
    pub counts: Option<Counts>,
    /// Whether an index is used to search messages; `None` if there is no messages table yet.
    pub indexed: Option<bool>,
}

impl DbStatus {
    pub(crate) fn new(backend: &'static str, known: i64, schema: SchemaState) -> DbStatus {
        let (applied, min_app_version) = (schema.version(), schema.min_app_version);
        DbStatus { backend, known, applied, min_app_version, bytes: None, counts: None, indexed: None }
    }
}

/// Numbers of rows over all profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Profiles.
    pub profiles: u64,
    /// Agents.
    pub agents: u64,
    /// Events.
    pub events: u64,
}

impl TryFrom<(i64, i64, i64)> for Counts {
    type Error = StoreError;

    fn try_from((profiles, agents, events): (i64, i64, i64)) -> Result<Counts, StoreError> {
        Ok(Counts { profiles: number("count", profiles)?, agents: number("count", agents)?, events: number("count", events)? })
    }
}

/// The result of checking all journals of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of journals checked.
    pub agents: u64,
    /// Number of events checked without a fault.
    pub events: u64,
    /// The first fault; `None` if there is none.
    pub broken: Option<Broken>,
}

/// The place of a fault in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The agent.
    pub agent: AgentId,
    /// The event.
    pub seq: Seq,
    /// Its position in the profile.
    pub position: Position,
    /// The fault.
    pub fault: Fault,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Broken { agent, seq, position, fault } = self;
        write!(f, "event {seq} of agent {agent} (position {}): {}", position.0, fault.as_str())
    }
}

/// A fault of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A position before this event is missing.
    PositionGap,
    /// An event of the same agent before this one is missing.
    SeqGap,
    /// Its previous hash is not the hash of the event before it.
    Unlinked,
    /// Its content does not match its hash.
    Altered,
    /// The journal ends here, but the recorded end is different.
    WrongEnd,
    /// The journal has no recorded end.
    NoEnd,
}

impl Fault {
    /// A description for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::PositionGap => "an event before it is missing",
            Fault::SeqGap => "an event of this agent before it is missing",
            Fault::Unlinked => "it does not follow the event before it",
            Fault::Altered => "it was altered after it was written",
            Fault::WrongEnd => "the journal does not end where its recorded end is",
            Fault::NoEnd => "no end of this journal is recorded",
        }
    }
}
