//! What `growqr db status`, `db migrate` and `audit verify` show.

use crate::rows::number;
use crate::schema::Shape;
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::StoreError;

/// The migrations before and after opening; equal if there was nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The last migration found; 0 in a new database.
    pub from: i64,
    /// The last migration now. Larger than this build's own if a newer build was here and left it readable.
    pub to: i64,
}

/// A database at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DbStatus {
    /// `sqlite` or `postgres`.
    pub backend: &'static str,
    /// The last migration of this build.
    pub known: i64,
    /// The last migration of the database; 0 if it is empty.
    pub applied: i64,
    /// The oldest build that understands it; `None` if it is empty.
    pub min_app_version: Option<String>,
    /// Its size with its log; `None` where the server does not tell.
    pub bytes: Option<u64>,
    /// What is in it; `None` if it is empty.
    pub counts: Option<Counts>,
    /// Whether messages are searched by an index; `None` where it has no messages yet.
    pub indexed: Option<bool>,
}

impl DbStatus {
    pub(crate) fn new(backend: &'static str, known: i64, shape: Shape) -> DbStatus {
        let (applied, min_app_version) = (shape.version(), shape.min_app_version);
        DbStatus { backend, known, applied, min_app_version, bytes: None, counts: None, indexed: None }
    }
}

/// How much there is, over all profiles.
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

/// What walking all journals of a profile found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Journals walked.
    pub agents: u64,
    /// Events walked and found sound.
    pub events: u64,
    /// The first thing that is wrong; `None` if all is well.
    pub broken: Option<Broken>,
}

/// Where a journal is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Whose journal.
    pub agent: AgentId,
    /// Which event.
    pub seq: Seq,
    /// Its position in the profile.
    pub position: Position,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A position before this event is missing.
    PositionGap,
    /// An event of the same agent before this one is missing.
    SeqGap,
    /// It does not follow the event before it.
    Unlinked,
    /// Its content is not what was hashed.
    Altered,
    /// The journal ends here, but another end is recorded.
    WrongEnd,
    /// No end of this journal is recorded.
    NoEnd,
}

impl Fault {
    /// For people.
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
