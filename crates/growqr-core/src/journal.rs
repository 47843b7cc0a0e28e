//! The ports to the store. The journal is the truth; agents and messages are views, written in the transaction of the
//! events that change them, and can be rebuilt from the journal. Every implementation is bound to one profile.

use crate::clock::Timestamp;
use crate::event::{DecodeError, Entry, Event};
use crate::id::{AgentId, EffectId, Position, SegmentHash, Seq};
use crate::mail::Mail;
use crate::money::Money;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// The end of an agent's journal: what an append must name to be allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Of the last entry; 0 before the first.
    pub seq: Seq,
    /// Of the last entry; zeros before the first.
    pub hash: [u8; 32],
}

/// What an agent is doing, for listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing to do.
    Idle,
    /// A model call is open.
    Thinking,
    /// Tools are at work.
    Working,
    /// It waits for its sub-agents.
    Waiting,
    /// Its last turn ended well (sub-agents only).
    Done,
    /// Its last turn reached a limit.
    Limit,
    /// Its last turn failed.
    Failed,
    /// Its last turn was stopped.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 8] = [
        Status::Idle,
        Status::Thinking,
        Status::Working,
        Status::Waiting,
        Status::Done,
        Status::Limit,
        Status::Failed,
        Status::Cancelled,
    ];

    /// Its name in SQL, JSON and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Idle => "idle",
            Status::Thinking => "thinking",
            Status::Working => "working",
            Status::Waiting => "waiting",
            Status::Done => "done",
            Status::Limit => "limit",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
    }

    /// Whether a turn is under way.
    #[must_use]
    pub fn is_at_work(self) -> bool {
        matches!(self, Status::Thinking | Status::Working | Status::Waiting)
    }
}

/// One row of the agents view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentView {
    /// Its id.
    pub agent: AgentId,
    /// Its name.
    pub name: String,
    /// Who sent it to work.
    pub parent: Option<AgentId>,
    /// 0 for the Grow Agent.
    pub depth: u32,
    /// What it was sent to do.
    pub task: Option<String>,
    /// What it is doing.
    pub status: Status,
    /// The model of its current segment; empty before the first.
    pub model: String,
    /// Turns begun.
    pub turn: u64,
    /// Known cost of its own model calls so far.
    pub spent: Money,
    /// Reservations of its own calls whose cost will never be known.
    pub unknown: Money,
    /// What a sub-agent may still spend.
    pub allowance: Option<Money>,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When anything last happened to it.
    pub updated_at: Timestamp,
    /// Where its journal ends.
    pub seq: Seq,
}

/// Who wrote a line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The person.
    Person,
    /// An agent.
    Agent(AgentId),
}

/// One row of the messages view: what people read as the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// Whose conversation.
    pub agent: AgentId,
    /// The event it came with; one event makes at most one message.
    pub seq: Seq,
    /// Who wrote it.
    pub author: Author,
    /// What.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// One change of one view, made in the transaction of the append that causes it. To add a view, see `ARCHITECTURE.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// The agent's row; replaces the former one.
    Agent(AgentView),
    /// A new row of the transcript.
    Message(MessageView),
}

/// One append: events, their mail and their views, all or nothing.
#[derive(Clone, Debug)]
pub struct Append {
    /// Whose journal, and whose views.
    pub agent: AgentId,
    /// Where the journal must end now.
    pub head: Head,
    /// When.
    pub at: Timestamp,
    /// What happened; at least one event. Their mail ([`Event::mail`]) goes to the outbox.
    pub events: Vec<Event>,
    /// What the events change in the agent's views. The positions and the journal's end are the store's own.
    pub views: Vec<View>,
    /// A segment that the events speak of for the first time: its hash and bytes.
    pub segment: Option<(SegmentHash, Vec<u8>)>,
}

/// What an append gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The new end of the journal.
    pub head: Head,
    /// The position of the first of the events; the others follow without a gap.
    pub position: Position,
}

/// A state saved to make waking fast. May be thrown away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry it contains.
    pub head: Head,
    /// The version of the state's shape.
    pub schema_version: u32,
    /// The state's bytes.
    pub body: Vec<u8>,
}

/// An event with everything a reader may want. `data` is the stored JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Total order over the profile.
    pub position: Position,
    /// Whose.
    pub agent: AgentId,
    /// Its place in that journal.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: String,
    /// The version of its shape.
    pub schema_version: u32,
    /// The stored bytes.
    pub body: Vec<u8>,
    /// The hash before it.
    pub prev_hash: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
}

impl Line {
    /// The entry in it.
    ///
    /// # Errors
    /// [`StoreError::Newer`] or [`StoreError::Corrupt`], as [`decode`] says.
    pub fn entry(&self) -> Result<Entry, StoreError> {
        decode(self.seq, self.at, &self.kind, self.schema_version, &self.body)
    }
}

/// An entry from what the store keeps of it.
///
/// # Errors
/// [`StoreError::Newer`] if a newer build wrote the event, [`StoreError::Corrupt`] if it cannot be read.
pub fn decode(seq: Seq, at: Timestamp, kind: &str, version: u32, body: &[u8]) -> Result<Entry, StoreError> {
    match Event::decode(kind, version, body) {
        Ok(event) => Ok(Entry { seq, at, event }),
        Err(DecodeError::Newer { .. }) => {
            Err(StoreError::Newer(format!("later than {} (event {kind:?}, version {version})", env!("CARGO_PKG_VERSION"))))
        }
        Err(DecodeError::Damaged { source, .. }) => Err(StoreError::Corrupt(format!("event {seq} ({kind}): {source}"))),
    }
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer appended first, in this process or another.
    #[error("somebody else has written to the journal of {agent}")]
    Conflict {
        /// Whose journal.
        agent: AgentId,
    },
    /// No room left.
    #[error("the disk is full")]
    DiskFull,
    /// The folder or file may not be written.
    #[error("the database cannot be written")]
    ReadOnly,
    /// The file is not a sound database.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The database was last used by a newer build that this one does not understand.
    #[error("the database was written by GrowQR {0} or newer")]
    Newer(String),
    /// Any other failure of the database; the text names the statement and the cause.
    #[error("the database failed: {0}")]
    Failed(String),
}

/// Writing and reading one agent's journal.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends; durable when it returns. [`StoreError::Conflict`] if the journal does not end at `append.head`.
    async fn append(&self, append: Append) -> Result<Appended, StoreError>;
    /// Up to `limit` entries after `after`, oldest first, and the head after the last of them (`None` if there are none).
    async fn entries(&self, agent: &AgentId, after: Seq, limit: u32) -> Result<(Vec<Entry>, Option<Head>), StoreError>;
    /// A stored segment.
    async fn segment(&self, hash: &SegmentHash) -> Result<Option<Vec<u8>>, StoreError>;
    /// Keeps a snapshot, replacing the agent's older one.
    async fn save_snapshot(&self, agent: &AgentId, snapshot: Snapshot) -> Result<(), StoreError>;
    /// The agent's snapshot.
    async fn snapshot(&self, agent: &AgentId) -> Result<Option<Snapshot>, StoreError>;
}

/// Mail on its way.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Mail not yet delivered, oldest first, at most `limit`.
    async fn waiting(&self, limit: u32) -> Result<Vec<Mail>, StoreError>;
    /// Marks mail as taken by its receiver. Unknown ids are ignored.
    async fn delivered(&self, ids: &[EffectId]) -> Result<(), StoreError>;
}

/// What people and interfaces read.
#[async_trait]
pub trait Records: Send + Sync {
    /// All agents, the Grow Agent first, then by age.
    async fn agents(&self) -> Result<Vec<AgentView>, StoreError>;
    /// One agent.
    async fn agent(&self, id: &AgentId) -> Result<Option<AgentView>, StoreError>;
    /// Up to `limit` lines after `after`, of one agent or of all, oldest first.
    async fn lines(&self, after: Position, agent: Option<&AgentId>, limit: u32) -> Result<Vec<Line>, StoreError>;
    /// The last `limit` lines before `before` (`None`: up to the end), of one agent or of all, oldest first.
    async fn lines_before(&self, before: Option<Position>, agent: Option<&AgentId>, limit: u32) -> Result<Vec<Line>, StoreError>;
    /// The last position in use; 0 in an empty profile.
    async fn position(&self) -> Result<Position, StoreError>;
    /// The last `limit` messages of an agent before `before` (`None`: up to the end), oldest first.
    async fn messages(&self, agent: &AgentId, before: Option<Seq>, limit: u32) -> Result<Vec<MessageView>, StoreError>;
    /// The last `limit` messages of one agent or of all that contain `text`, ignoring case, newest first.
    async fn search(&self, text: &str, agent: Option<&AgentId>, limit: u32) -> Result<Vec<MessageView>, StoreError>;
}

/// The person's settings: small texts by name.
#[async_trait]
pub trait Settings: Send + Sync {
    /// All settings, by name.
    async fn settings(&self) -> Result<Vec<(String, String)>, StoreError>;
    /// Sets one, or removes it with `None`.
    async fn set(&self, name: &str, value: Option<&str>, at: Timestamp) -> Result<(), StoreError>;
}

/// Who the identity provider said the person is: a copy for opening without a network, never a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The provider's id (`sub`).
    pub id: String,
    /// Their address, if it was given.
    pub email: Option<String>,
    /// Their name, if it was given.
    pub name: Option<String>,
    /// Where their picture is, if there is one.
    pub picture_url: Option<String>,
    /// When the provider last vouched for them.
    pub last_verified_at: Timestamp,
}

/// The people whose profile this is: one, once signed in.
#[async_trait]
pub trait Users: Send + Sync {
    /// All of them, by id.
    async fn users(&self) -> Result<Vec<User>, StoreError>;
    /// Keeps one as it is now.
    async fn save_user(&self, user: &User) -> Result<(), StoreError>;
}

/// Everything a profile's store does.
pub trait Store: Journal + Outbox + Records + Settings + Users {}

impl<T: Journal + Outbox + Records + Settings + Users> Store for T {}
