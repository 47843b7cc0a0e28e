//! The ports to the store. The journal is the source of truth. Agents and messages are views: the transaction that appends events
//! also writes their views, and the views can be rebuilt from the journal. Every implementation is bound to one profile.

use crate::attachment::Attachment;
use crate::clock::Timestamp;
use crate::event::{DecodeError, Entry, Event};
use crate::id::{AgentId, AskId, ContentHash, EffectId, Position, QuestId, ScheduleId, SegmentHash, Seq, SessionId};
use crate::mail::Mail;
use crate::memory_link::MemoryLink;
use crate::quest::{Attempt, BeginSteps, Quest};
use crate::schedule::{Claim, Occurrence, PausedSchedule, Schedule};
use crate::stack::{ReservedPort, StackContainer, StackPart, StackRepo};
pub use crate::views::{
    AgentView, AskView, Author, LimitsView, MessageView, SessionStatus, SessionView, Settlement, SpendingBy, SpendingSum,
    SpendingView, Status, StoredRule, View,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// The end of an agent's journal. An append names the end that it expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the last entry; 0 before the first.
    pub seq: Seq,
    /// The hash of the last entry; zeros before the first.
    pub hash: [u8; 32],
}

/// One append: events with their mail and views, written in one transaction.
#[derive(Clone, Debug)]
pub struct Append {
    /// The agent whose journal and views are written.
    pub agent: AgentId,
    /// The expected current end of the journal.
    pub head: Head,
    /// The time of the events.
    pub at: Timestamp,
    /// At least one event. Their mail ([`Event::mail`]) goes to the outbox.
    pub events: Vec<Event>,
    /// The changes of the agent's views. The store itself sets positions and the end of the journal.
    pub views: Vec<View>,
    /// The hash and bytes of a segment that the events name for the first time.
    pub segment: Option<(SegmentHash, Vec<u8>)>,
}

/// The result of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The new end of the journal.
    pub head: Head,
    /// The position of the first of the events; the others follow without a gap.
    pub position: Position,
}

/// A stored state, so that waking an agent is fast. May be deleted at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry it contains.
    pub head: Head,
    /// The version of the state's shape.
    pub schema_version: u32,
    /// The state's bytes.
    pub body: Vec<u8>,
}

/// A stored event with all its columns. `body` is the stored JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its position among all events of the profile.
    pub position: Position,
    /// The agent.
    pub agent: AgentId,
    /// Its number in the agent's journal.
    pub seq: Seq,
    /// The time.
    pub at: Timestamp,
    /// The kind of the event.
    pub kind: String,
    /// The version of its shape.
    pub schema_version: u32,
    /// The stored bytes.
    pub body: Vec<u8>,
    /// The hash of the previous entry.
    pub prev_hash: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
}

impl StoredEvent {
    /// Decodes the entry.
    ///
    /// # Errors
    /// [`StoreError::Newer`] or [`StoreError::Corrupt`], as [`decode`] does.
    pub fn entry(&self) -> Result<Entry, StoreError> {
        decode(self.seq, self.at, &self.kind, self.schema_version, &self.body)
    }
}

/// Decodes an entry from its stored columns.
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

/// Why the store failed.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreError {
    /// Another writer appended first, in this process or another.
    #[error("another writer has appended to the journal of {agent}")]
    Conflict {
        /// The agent.
        agent: AgentId,
    },
    /// Another process has claimed the profile since this one did. Nothing that this process does is recorded any more.
    #[error("this profile is used by {holder} now; this GrowQR has stopped its agents")]
    ClaimLost {
        /// That process, described for people.
        holder: String,
    },
    /// The disk has no space left.
    #[error("the disk is full")]
    DiskFull,
    /// The folder or file may not be written.
    #[error("the database cannot be written")]
    ReadOnly,
    /// The file is not a valid database.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A newer build wrote data that this build cannot read.
    #[error("the database needs a newer GrowQR: {0}")]
    Newer(String),
    /// Any other failure of the database; the text names the statement and the cause.
    #[error("the database failed: {0}")]
    Failed(String),
}

impl StoreError {
    /// Whether somebody else writes the journal now, so that trying again cannot help.
    #[must_use]
    pub fn is_other_writer(&self) -> bool {
        matches!(self, StoreError::Conflict { .. } | StoreError::ClaimLost { .. })
    }
}

/// Writes and reads the journals of agents.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends events; they are durable when this returns. [`StoreError::Conflict`] if the journal does not end at `append.head`.
    async fn append(&self, append: Append) -> Result<Appended, StoreError>;
    /// Up to `limit` entries after `after`, oldest first, and the head after the last of them (`None` if there are none).
    async fn entries(&self, agent: &AgentId, after: Seq, limit: u32) -> Result<(Vec<Entry>, Option<Head>), StoreError>;
    /// A stored segment.
    async fn segment(&self, hash: &SegmentHash) -> Result<Option<Vec<u8>>, StoreError>;
    /// Stores a snapshot and replaces the agent's older one.
    async fn save_snapshot(&self, agent: &AgentId, snapshot: Snapshot) -> Result<(), StoreError>;
    /// The agent's snapshot.
    async fn snapshot(&self, agent: &AgentId) -> Result<Option<Snapshot>, StoreError>;
}

/// Mail that is not delivered yet.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Mail not yet delivered, oldest first, at most `limit`.
    async fn undelivered(&self, limit: u32) -> Result<Vec<Mail>, StoreError>;
    /// Marks mail as received. Unknown ids are ignored.
    async fn delivered(&self, ids: &[EffectId]) -> Result<(), StoreError>;
}

/// The kinds of events that [`Records::turn_events_before`] returns.
pub const TURN_EVENTS: [&str; 5] = ["turn_started", "turn_ended", "user_said", "said_again", "mail_received"];

/// Read access for people and interfaces.
#[async_trait]
pub trait Records: Send + Sync {
    /// All agents, the Grow Agent first, then by creation time.
    async fn agents(&self) -> Result<Vec<AgentView>, StoreError>;
    /// One agent.
    async fn agent(&self, id: &AgentId) -> Result<Option<AgentView>, StoreError>;
    /// Up to `limit` events after `after`, oldest first, of one agent or of all.
    async fn events(&self, after: Position, agent: Option<&AgentId>, limit: u32) -> Result<Vec<StoredEvent>, StoreError>;
    /// The last `limit` events before `before` (`None`: up to the end), oldest first, of one agent or of all.
    async fn events_before(
        &self,
        before: Option<Position>,
        agent: Option<&AgentId>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError>;
    /// As [`Records::events_before`], of one agent, and only those with which turns begin and end and those by which messages come
    /// ([`TURN_EVENTS`]).
    async fn turn_events_before(
        &self,
        before: Option<Position>,
        agent: &AgentId,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError>;
    /// The position of the last event; 0 in an empty profile.
    async fn position(&self) -> Result<Position, StoreError>;
    /// The last `limit` messages of an agent before `before` (`None`: up to the end), oldest first.
    async fn messages(&self, agent: &AgentId, before: Option<Seq>, limit: u32) -> Result<Vec<MessageView>, StoreError>;
    /// The last `limit` messages of one agent or of all that contain `text`, ignoring case, newest first.
    async fn search(&self, text: &str, agent: Option<&AgentId>, limit: u32) -> Result<Vec<MessageView>, StoreError>;
}

/// The person's settings: short texts by name.
#[async_trait]
pub trait Settings: Send + Sync {
    /// All settings, by name.
    async fn settings(&self) -> Result<Vec<(String, String)>, StoreError>;
    /// Sets one setting, or removes it with `None`.
    async fn set(&self, name: &str, value: Option<&str>, at: Timestamp) -> Result<(), StoreError>;
}

/// What is new in a conversation that the person has looked at before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The agent.
    pub agent: AgentId,
    /// The last event that the person has seen or written.
    pub seen: Seq,
    /// The number of messages of others after it.
    pub messages: u32,
}

/// How far the person has read each conversation. No journal contains it, so these rows are not views.
#[async_trait]
pub trait ReadingMarks: Send + Sync {
    /// The agents with a mark, by id.
    async fn unread(&self) -> Result<Vec<Unread>, StoreError>;
    /// The person has seen the conversation up to this event. A mark never moves back.
    async fn saw(&self, agent: &AgentId, seq: Seq, at: Timestamp) -> Result<(), StoreError>;
}

/// A stored file, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAttachment {
    /// What it is, with the name under which it was stored last.
    pub attachment: Attachment,
    /// When it was last stored, or named by a message that was about to be recorded.
    pub at: Timestamp,
    /// The last event of the profile when it was first stored: a message with it comes later.
    pub position: Position,
}

/// The contents of attached files, by their hash. No journal contains them. A content is stored before the message that has it is
/// recorded; a content that no message has is deleted later.
#[async_trait]
pub trait Attachments: Send + Sync {
    /// Stores a file, once for each content; its name and time are replaced.
    async fn save_attachment(&self, attachment: &Attachment, content: &[u8], at: Timestamp) -> Result<(), StoreError>;
    /// Finds stored files for a message that is about to be recorded, and keeps them from being deleted meanwhile. Those that are
    /// missing are left out.
    async fn claim_attachments(&self, hashes: &[ContentHash], at: Timestamp) -> Result<Vec<Attachment>, StoreError>;
    /// A stored file without its content.
    async fn attachment(&self, hash: &ContentHash) -> Result<Option<Attachment>, StoreError>;
    /// The content of a file; `None` if it is missing.
    async fn attachment_content(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError>;
    /// The files that are not known to be part of a message and were last stored or named before this time.
    async fn unused_attachments(&self, before: Timestamp) -> Result<Vec<StoredAttachment>, StoreError>;
    /// Notes that messages have these files.
    async fn note_used_attachments(&self, hashes: &[ContentHash]) -> Result<(), StoreError>;
    /// Deletes a file that no message has, unless it was stored or named again after `at`, or noted as used.
    async fn delete_unused_attachment(&self, hash: &ContentHash, at: Timestamp) -> Result<(), StoreError>;
}

/// Reads the asks.
#[async_trait]
pub trait Asks: Send + Sync {
    /// The open asks, oldest first.
    async fn open_asks(&self) -> Result<Vec<AskView>, StoreError>;
    /// The asks that were settled last, newest first, at most `limit`.
    async fn settled_asks(&self, limit: u32) -> Result<Vec<AskView>, StoreError>;
    /// The asks about held changes of memory whose commits have ids that begin like this: open ones first, then the newest.
    async fn asks_about_commit(&self, beginning: &str) -> Result<Vec<AskView>, StoreError>;
    /// One ask.
    async fn ask(&self, id: &AskId) -> Result<Option<AskView>, StoreError>;
}

/// The rules that the person has added, by hand or with an answer.
#[async_trait]
pub trait StoredRules: Send + Sync {
    /// All of them in the order in which they were added, whoever added them; the last one that matches a call decides.
    async fn rules(&self) -> Result<Vec<StoredRule>, StoreError>;
    /// Adds a line of the person at the end; returns its id.
    async fn add_rule(&self, line: &str, at: Timestamp) -> Result<String, StoreError>;
    /// Removes a line for good; false if there is none with this id.
    async fn remove_rule(&self, id: &str, at: Timestamp) -> Result<bool, StoreError>;
}

/// A server of tools that the person has added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToolServer {
    /// Its name.
    pub name: String,
    /// Its configuration as JSON, without secrets.
    pub config: String,
    /// Its tools as JSON, as it listed them last; `None` if it never ran.
    pub listing: Option<String>,
    /// Whether its tools are offered.
    pub is_on: bool,
    /// When it was added or last changed.
    pub changed_at: Timestamp,
}

/// The servers of tools that the person has added.
#[async_trait]
pub trait ToolServers: Send + Sync {
    /// All of them, by name.
    async fn tool_servers(&self) -> Result<Vec<StoredToolServer>, StoreError>;
    /// Adds a server; false, and nothing has changed, if there is one with this name.
    async fn add_tool_server(&self, server: &StoredToolServer) -> Result<bool, StoreError>;
    /// Puts a server in the place of `earlier`, which has the same name; false, and nothing has changed, if that has another
    /// configuration now or is gone.
    async fn replace_tool_server(&self, earlier: &StoredToolServer, server: &StoredToolServer) -> Result<bool, StoreError>;
    /// Switches a server on or off, whatever its configuration is; false if there is none with this name.
    async fn switch_tool_server(&self, name: &str, is_on: bool, at: Timestamp) -> Result<bool, StoreError>;
    /// Keeps the tools of a server. Nothing happens if it is gone, or has another configuration now.
    async fn save_tool_listing(&self, name: &str, config: &str, listing: &str) -> Result<(), StoreError>;
    /// Removes a server; false, and nothing has changed, if it has another configuration now or is gone.
    async fn remove_tool_server(&self, server: &StoredToolServer) -> Result<bool, StoreError>;
}

/// The entries of keychains that may have values of servers of tools. `keychain` names one: each computer has its own.
#[async_trait]
pub trait ToolValues: Send + Sync {
    /// The noted entries of a keychain.
    async fn noted_tool_values(&self, keychain: &str) -> Result<Vec<String>, StoreError>;
    /// Notes an entry, before it is written. Once more changes nothing.
    async fn note_tool_values(&self, keychain: &str, entry: &str, at: Timestamp) -> Result<(), StoreError>;
    /// Forgets an entry, after it was removed from the keychain.
    async fn forget_tool_values(&self, keychain: &str, entry: &str) -> Result<(), StoreError>;
}

/// Reads the sessions in the workbench.
#[async_trait]
pub trait SessionRecords: Send + Sync {
    /// All of them, the newest first.
    async fn sessions(&self) -> Result<Vec<SessionView>, StoreError>;
    /// The session that the workbench names so.
    async fn session(&self, id: &SessionId) -> Result<Option<SessionView>, StoreError>;
}

/// Sums of what was spent.
#[async_trait]
pub trait Spendings: Send + Sync {
    /// The sums since a time, the largest cost first; by day the newest first.
    async fn spendings(&self, by: SpendingBy, since: Timestamp) -> Result<Vec<SpendingSum>, StoreError>;
}

/// The person, as the identity provider described them: a copy for opening without a network, never a proof of identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The provider's id (`sub`).
    pub id: String,
    /// Their address, if it was given.
    pub email: Option<String>,
    /// Their name, if it was given.
    pub name: Option<String>,
    /// The URL of their picture, if there is one.
    pub picture_url: Option<String>,
    /// When the provider last confirmed this data.
    pub last_verified_at: Timestamp,
}

/// The people of this profile: none before the first sign-in, then one.
#[async_trait]
pub trait Users: Send + Sync {
    /// All of them, by id.
    async fn users(&self) -> Result<Vec<User>, StoreError>;
    /// Inserts or replaces a user.
    async fn save_user(&self, user: &User) -> Result<(), StoreError>;
}

/// The rows about the profile's containers. They are not views: no journal says what they do.
#[async_trait]
pub trait StackRecords: Send + Sync {
    /// The containers, Gitea first.
    async fn containers(&self) -> Result<Vec<StackContainer>, StoreError>;
    /// Inserts or replaces these containers: all or none.
    async fn save_containers(&self, containers: &[StackContainer]) -> Result<(), StoreError>;
    /// Keeps which container was seen last for a part, and its image; whether it should run is not touched. Nothing happens
    /// without a row.
    async fn saw_container(&self, part: StackPart, image: &str, container: Option<&str>, at: Timestamp)
    -> Result<(), StoreError>;
    /// The containers whose removal was ordered are gone with their data. Nothing happens to those for which something else was
    /// ordered meanwhile.
    async fn removed_containers(&self, at: Timestamp) -> Result<(), StoreError>;
    /// The reserved ports, lowest first.
    async fn ports(&self) -> Result<Vec<ReservedPort>, StoreError>;
    /// Reserves a port, in place of the one that the part had. False if the other part of this profile has it.
    async fn reserve_port(&self, port: ReservedPort) -> Result<bool, StoreError>;
    /// Gives the port of a part back. Nothing happens if it has none.
    async fn free_port(&self, part: StackPart) -> Result<(), StoreError>;
    /// The repositories, by name.
    async fn repos(&self) -> Result<Vec<StackRepo>, StoreError>;
    /// Inserts or replaces a repository.
    async fn save_repo(&self, repo: &StackRepo) -> Result<(), StoreError>;
    /// Forgets a repository. Nothing happens if there is none with this name.
    async fn forget_repo(&self, name: &str) -> Result<(), StoreError>;
}

/// Keeps the link of a profile. No journal contains it, so it is not a view.
#[async_trait]
pub trait MemoryLinks: Send + Sync {
    /// The link; `None` before the profile is first opened for writing by a build that has links.
    async fn memory_link(&self) -> Result<Option<MemoryLink>, StoreError>;
    /// Inserts or replaces the link.
    async fn save_memory_link(&self, link: &MemoryLink) -> Result<(), StoreError>;
}

/// The schedules, and what became of their occurrences. No journal contains them, so these rows are not views.
///
/// Each change names the revision that it replaces, and counts only if the row still has it: of two hosts, or of a host and the
/// person, the first one counts.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// All that are not removed, in the order in which they were made.
    async fn schedules(&self) -> Result<Vec<Schedule>, StoreError>;
    /// One schedule, also a removed one.
    async fn schedule(&self, id: &ScheduleId) -> Result<Option<Schedule>, StoreError>;
    /// Adds a schedule; false, and nothing has changed, if there is one with this id, also a removed one.
    async fn add_schedule(&self, schedule: &Schedule) -> Result<bool, StoreError>;
    /// Keeps the state, the next occurrence and the settled time of a schedule, whose revision grows by one. False, and nothing has
    /// changed, if its revision is another one than `changed.revision`.
    async fn change_schedule(&self, changed: &Schedule) -> Result<bool, StoreError>;
    /// Pauses every schedule that is neither paused nor removed, also one that this build cannot read, and one that is done: a clock
    /// that is set back makes it due again. Returns them by id.
    async fn pause_schedules(&self) -> Result<Vec<PausedSchedule>, StoreError>;
    /// Settles occurrences and moves the schedule on, in one transaction. False, and nothing has changed, if the schedule has another
    /// revision by now.
    async fn claim(&self, claim: &Claim) -> Result<bool, StoreError>;
    /// Adds a run that the person starts by hand; false, and nothing has changed, if something was settled for that time, or the
    /// schedule is removed.
    async fn add_run(&self, run: &Occurrence) -> Result<bool, StoreError>;
    /// The runs and questions that the Grow Agent has not recorded yet, oldest first, each with its schedule.
    async fn unposted(&self) -> Result<Vec<(Schedule, Occurrence)>, StoreError>;
    /// The Grow Agent has recorded the occurrence. Once more changes nothing.
    async fn posted(&self, schedule: &ScheduleId, due: Timestamp, at: Timestamp) -> Result<(), StoreError>;
    /// The settled occurrences of one schedule or of all, the last claimed first, at most `limit`.
    async fn occurrences(&self, schedule: Option<&ScheduleId>, limit: u32) -> Result<Vec<Occurrence>, StoreError>;
    /// Those that were to run, or about which the person was to be asked, of one schedule or of all: the last claimed first, at most
    /// `limit`.
    async fn runs(&self, schedule: Option<&ScheduleId>, limit: u32) -> Result<Vec<Occurrence>, StoreError>;
    /// What is claimed, of one schedule or of all, and not recorded by the Grow Agent counts as missed. Returns how many runs and
    /// questions that were.
    async fn miss_unposted(&self, schedule: Option<&ScheduleId>) -> Result<u64, StoreError>;
    /// The settled occurrences of a schedule of which the last was due after this time.
    async fn occurrences_after(&self, schedule: &ScheduleId, after: Timestamp) -> Result<Vec<Occurrence>, StoreError>;
}

/// The quests, and the attempts to do their steps. No journal contains them, so these rows are not views. A change counts only if the
/// row still has the revision that it names, as for [`Schedules`].
#[async_trait]
pub trait Quests: Send + Sync {
    /// All quests, the last started first.
    async fn quests(&self) -> Result<Vec<Quest>, StoreError>;
    /// One quest.
    async fn quest(&self, id: &QuestId) -> Result<Option<Quest>, StoreError>;
    /// The quests about which a host has something to do: those that are open, those with a step that is done and not closed, and
    /// those that are cancelled and have attempts that are not closed. In the order in which they were started.
    async fn quests_to_tend(&self) -> Result<Vec<Quest>, StoreError>;
    /// Adds a quest; false, and nothing has changed, if there is one with this id, or an open one of this page.
    async fn add_quest(&self, quest: &Quest) -> Result<bool, StoreError>;
    /// Keeps the budget, the state and the skipped steps of a quest, whose revision grows by one. False, and nothing has changed, if
    /// its revision is another one than `changed.revision`.
    async fn change_quest(&self, changed: &Quest) -> Result<bool, StoreError>;
    /// Pauses every quest that is active, also one that this build cannot read. Returns their ids and names, by id.
    async fn pause_quests(&self) -> Result<Vec<(QuestId, String)>, StoreError>;
    /// Claims attempts, in one transaction; the quest's revision grows by one. False, and nothing has changed, if the quest has
    /// another revision by now, or one of the attempts exists.
    async fn begin_steps(&self, begin: &BeginSteps) -> Result<bool, StoreError>;
    /// The attempts of a quest, in the order of its steps, the first attempt of each first.
    async fn attempts(&self, quest: &QuestId) -> Result<Vec<Attempt>, StoreError>;
    /// The attempts of all quests that were claimed last, the last one first, at most `limit`.
    async fn last_attempts(&self, limit: u32) -> Result<Vec<Attempt>, StoreError>;
    /// Notes that an attempt is recorded, done or closed, whichever it is; what was noted before stays.
    async fn note_attempt(&self, attempt: &Attempt) -> Result<(), StoreError>;
}

/// All ports of a profile's store.
pub trait Store:
    Journal
    + Outbox
    + Records
    + Asks
    + StoredRules
    + ToolServers
    + ToolValues
    + SessionRecords
    + Spendings
    + Settings
    + Users
    + StackRecords
    + MemoryLinks
    + ReadingMarks
    + Attachments
    + Schedules
    + Quests
{
}

impl<T> Store for T where
    T: Journal
        + Outbox
        + Records
        + Asks
        + StoredRules
        + ToolServers
        + ToolValues
        + SessionRecords
        + Spendings
        + Settings
        + Users
        + StackRecords
        + MemoryLinks
        + ReadingMarks
        + Attachments
        + Schedules
        + Quests
{
}
