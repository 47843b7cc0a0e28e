//! Rows: what lists and pages are made of.

use crate::event::{Event, Kind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use ts_rs::TS;

/// What this program is, and where it keeps a profile's things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// Whose data.
    pub profile: String,
    /// The whole data folder.
    pub data_folder: String,
    /// The memory repository.
    pub memory_folder: String,
}

/// An agent in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Agent {
    /// `grow`, or a sub-agent's id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who sent it to work.
    pub parent: Option<String>,
    /// 0 for the Grow Agent.
    pub depth: u32,
    /// What it was sent to do.
    pub task: Option<String>,
    /// `idle`, `thinking`, `working`, `waiting`, `done`, `limit`, `failed` or `cancelled`.
    pub status: String,
    /// The model it uses; empty before its first turn. `guide` is the built-in guide, which is no AI.
    pub model: String,
    /// Turns begun.
    pub turn: u64,
    /// Known cost of its own model calls.
    pub spent: u64,
    /// Reserved for calls whose cost will never be known.
    pub unknown: u64,
    /// What a sub-agent may still spend.
    pub allowance: Option<u64>,
    /// When it came to be.
    pub created_at: i64,
    /// When anything last happened to it.
    pub updated_at: i64,
    /// The length of its journal.
    pub seq: u64,
}

impl Agent {
    /// Whether it has begun something and not ended it.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        matches!(self.status.as_str(), "thinking" | "working" | "waiting")
    }
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person.
    Person,
    /// The agent of this id.
    Agent(String),
}

/// A line of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Message {
    /// Whose conversation.
    pub agent: String,
    /// The event it came with.
    pub seq: u64,
    /// Who wrote it.
    pub author: Author,
    /// What.
    pub text: String,
    /// When.
    pub at: i64,
}

/// One event of a journal.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventLine {
    /// Total order over the profile.
    pub position: u64,
    /// Whose.
    pub agent: String,
    /// Its place in that journal, gap-free from 1.
    pub seq: u64,
    /// When.
    pub at: i64,
    /// The name of its kind. A later build may have written one that this build does not know.
    pub kind: String,
    /// Its content as stored. [`EventLine::event`] reads it.
    #[ts(type = "unknown")]
    pub data: Box<RawValue>,
}

impl EventLine {
    /// Its kind; `None` if this build does not know it.
    #[must_use]
    pub fn known_kind(&self) -> Option<Kind> {
        Kind::of(&self.kind)
    }

    /// The event; `None` if this build does not know its kind or shape.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        Event::read(self.known_kind()?, self.data.get()).ok()
    }
}

impl PartialEq for EventLine {
    fn eq(&self, other: &EventLine) -> bool {
        let key = |line: &EventLine| (line.position, line.agent.clone(), line.seq, line.at, line.kind.clone());
        key(self) == key(other) && self.data.get() == other.data.get()
    }
}

/// A page of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Page {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its version, to be given back as `base` with a change.
    pub version: String,
}

/// A page in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PageRow {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A line of memory that was searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Found {
    /// The page's path.
    pub path: String,
    /// Line number from 1.
    pub line: u64,
    /// The line.
    pub text: String,
}

/// The agent behind a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CommitOrigin {
    /// Its id.
    pub agent: String,
    /// The turn it was in.
    pub turn: u64,
    /// The tool call.
    pub tool_call: String,
}

/// A change of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Change {
    /// Commit id.
    pub commit: String,
    /// Why.
    pub message: String,
    /// Who.
    pub author: String,
    /// When.
    pub at: i64,
    /// The agent behind it; `None` for the person.
    pub origin: Option<CommitOrigin>,
    /// The pages it touched.
    pub paths: Vec<String>,
}

/// Whose line it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BlamedLine {
    /// Line number from 1.
    pub line: u64,
    /// The line.
    pub text: String,
    /// The change it came with.
    pub commit: String,
    /// That change's author.
    pub author: String,
    /// That change's time.
    pub at: i64,
    /// The agent behind it; `None` for the person.
    pub origin: Option<CommitOrigin>,
}

/// A text that is shown as it is, such as a diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// Limits and what is used of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Budget {
    /// What one message may cost.
    pub per_message: u64,
    /// What a UTC day may cost.
    pub per_day: u64,
    /// What a UTC month may cost.
    pub per_month: Option<u64>,
    /// Used for the latest message, reservations of calls of unknown cost and money with sub-agents included.
    pub used_message: u64,
    /// Used today.
    pub used_day: u64,
    /// Used this month.
    pub used_month: u64,
    /// Known cost of all agents' calls, ever.
    pub spent: u64,
    /// Reserved for calls whose cost will never be known, ever.
    pub unknown: u64,
    /// The most that the calls under way can cost; those that a stop of the program broke off are among them until
    /// the next start.
    pub reserved: u64,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value now.
    pub value: String,
    /// Whether the person set it; else it is the default.
    pub is_set: bool,
    /// What it does.
    pub about: String,
}

/// Where a key is kept. Where there are several of one name, the first of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// A variable of the environment; it stays there, whatever is set or removed.
    Environment,
    /// The keychain of the operating system.
    Keychain,
    /// The running GrowQR alone; gone when it ends.
    Memory,
}

/// A key that is known, never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Key {
    /// `anthropic` or `openai`.
    pub name: String,
    /// Where it is kept.
    pub source: KeySource,
}

/// Whether keys can be kept in the system's keychain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeychainState {
    /// They can.
    Ready,
    /// The person has to unlock it first.
    Locked,
    /// There is none.
    Absent,
}

/// The system's keychain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Keychain {
    /// Whether keys can be kept in it.
    pub state: KeychainState,
    /// A sentence for people.
    pub found: String,
    /// What to do, if anything.
    pub next_step: Option<String>,
}

/// What a provider says about a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyCheck {
    /// It takes the key.
    Accepted,
    /// It does not.
    Refused {
        /// A sentence for people.
        message: String,
    },
    /// It could not be asked: no network, say. The key may be right all the same.
    Unknown {
        /// A sentence for people.
        message: String,
    },
}

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelRow {
    /// What the setting `model` is set to; `openai/…` for a model of an OpenAI-compatible server.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// `anthropic`, `openai` or `guide`.
    pub provider: String,
}

/// An OpenAI-compatible server that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LocalServer {
    /// `Ollama`, `LM Studio`, `llama.cpp`, `vLLM` or `OpenAI-compatible server`.
    pub name: String,
    /// What the setting `openai.base_url` is set to.
    pub url: String,
    /// The models that it offers; none if it has none yet.
    pub models: Vec<ModelRow>,
}

/// How a check of the doctor went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// All well.
    Ok,
    /// Works, with something missing.
    Missing,
    /// Does not work.
    Failed,
}

/// One check of the doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it went.
    pub state: CheckState,
    /// What was found.
    pub found: String,
    /// What to do, if anything.
    pub next_step: Option<String>,
}

/// What rebuilding the views did. The counts of changed rows tell what had been missing or wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rebuilt {
    /// Journals read.
    #[ts(type = "number")]
    pub agents: u64,
    /// Events read.
    #[ts(type = "number")]
    pub events: u64,
    /// Rows of the list of agents that were not as the journal says.
    #[ts(type = "number")]
    pub changed_agents: u64,
    /// Messages that were not as the journal says.
    #[ts(type = "number")]
    pub changed_messages: u64,
    /// Mail that was not as the journal says.
    #[ts(type = "number")]
    pub changed_mail: u64,
    /// Rows deleted because they belong to no journal.
    #[ts(type = "number")]
    pub deleted: u64,
}

/// The state of the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Database {
    /// `sqlite` or `postgres`.
    pub backend: String,
    /// Where it is; never with a password.
    pub location: String,
    /// The newest migration this build knows.
    pub known: i64,
    /// The newest migration applied; `None` if there is no database yet.
    pub applied: Option<i64>,
    /// Whether messages are searched by an index. `false`: PostgreSQL has no extension pg_trgm for it. `None` if there is
    /// no database yet.
    pub indexed: Option<bool>,
}
