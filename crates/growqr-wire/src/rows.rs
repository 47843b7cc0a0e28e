//! The data of lists and pages.

use crate::attachment::Attachment;
use crate::event::{Ask, AskAnswer, Event, Kind, Mind, SettledBy};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use ts_rs::TS;

/// The program's version, and the folders of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// The profile's id.
    pub profile: String,
    /// The data folder.
    pub data_folder: String,
    /// The memory repository.
    pub memory_folder: String,
}

/// What the person must know about the memory that the conversation uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MemoryNotice {
    /// What was found.
    pub text: String,
    /// What the person can do.
    pub next_step: String,
    /// Whether memory is not changed until the person decides. If not, the notice is shown until [`crate::Request::ConfirmMemory`].
    pub needs_decision: bool,
}

/// An agent in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Agent {
    /// `grow`, or a sub-agent's id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The agent that started it.
    pub parent: Option<String>,
    /// 0 for the Grow Agent.
    pub depth: u32,
    /// Its task.
    pub task: Option<String>,
    /// `idle`, `thinking`, `working`, `waiting`, `queued`, `done`, `limit`, `failed` or `cancelled`.
    pub status: String,
    /// The model it uses; empty before its first turn. `guide` is the built-in guide, which uses no language model.
    pub model: String,
    /// What thinks for it: a model, or a session in the workbench.
    pub mind: Mind,
    /// Why it has this mind; `None` for the Grow Agent, and before there were sessions.
    pub why: Option<String>,
    /// Number of turns started.
    pub turn: u64,
    /// Known cost of its own model calls.
    pub spent: u64,
    /// Reserved for calls whose cost will never be known.
    pub unknown: u64,
    /// What a sub-agent may still spend.
    pub allowance: Option<u64>,
    /// What it has reserved now.
    pub reserved: u64,
    /// The number of its questions to the person that wait for an answer.
    pub asks: u32,
    /// When it was created.
    pub created_at: i64,
    /// The time of its last event.
    pub updated_at: i64,
    /// The number of its last event.
    pub seq: u64,
    /// The number of its last event that the person has seen; `None` if they never looked at its conversation.
    #[serde(default)]
    pub seen: Option<u64>,
    /// The number of messages of others after that event.
    #[serde(default)]
    pub unread: u32,
}

impl Agent {
    /// Whether a turn is under way or waits to begin.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        matches!(self.status.as_str(), "thinking" | "working" | "waiting" | "queued")
    }
}

/// An ask in a listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AskRow {
    /// The agent that asks.
    pub agent: String,
    /// Its name.
    pub agent_name: String,
    /// 0 for the Grow Agent.
    pub depth: u32,
    /// The event that raised it.
    pub seq: u64,
    /// The question.
    pub ask: Ask,
    /// When it was raised, in ms since 1970.
    pub raised_at: i64,
    /// `None` as long as it is open.
    pub settled: Option<AskSettlement>,
}

/// How an ask was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AskSettlement {
    /// Who settled it.
    pub by: SettledBy,
    /// The answer, if there is one. A question that is withdrawn may have the reason as its text.
    pub answer: Option<AskAnswer>,
    /// The line of the rules that it added, or that decided.
    pub rule: Option<String>,
    /// When, in ms since 1970.
    pub at: i64,
}

/// A line of the rules for tool calls. The last line that matches a call decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleRow {
    /// Names it, to remove it; `None` for a built-in line.
    pub id: Option<String>,
    /// The line: `allow|ask|hold|deny TOOL [path=P | host=P | command=P] [agent=P | depth=N | depth=N+] [as risky | as safe]`.
    pub line: String,
    /// Where it comes from.
    pub origin: RuleOrigin,
    /// When it was added, in ms since 1970; `None` for a built-in line.
    pub added_at: Option<i64>,
}

/// Where a line of the rules comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RuleOrigin {
    /// Part of the program.
    BuiltIn,
    /// The person added it.
    Person,
    /// An answer added it, for one agent or for all.
    Answer,
}

/// What the rules decide about a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuleTest {
    /// `allow`, `ask` or `deny`.
    pub decision: String,
    /// The deciding line.
    pub rule: RuleRow,
    /// The argument that rules compare, as they see it; `None` if the tool has none, or it is not clear.
    pub argument: Option<String>,
    /// The argument is missing, or can be read in more than one way: every line that asks or denies by an argument of this kind
    /// matches.
    pub is_unclear: bool,
    /// The call asks after untrusted text, even if it is allowed.
    pub is_risky: bool,
}

/// What was spent by one agent, with one model, or on one day. Amounts are USD micro-cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SpendingRow {
    /// The agent's id, the model (or what a charge was for), or the day as `YYYY-MM-DD` (UTC).
    pub key: String,
    /// For people: the agent's name, otherwise the same as `key`.
    pub name: String,
    /// Number of model calls and charges.
    pub calls: u64,
    /// Known cost.
    pub cost: u64,
    /// What counts as spent although the bill is not known.
    pub unknown: u64,
    /// What is reserved now; only by agent.
    pub reserved: u64,
    /// Tokens of the prompts, those from the cache included.
    pub input_tokens: u64,
    /// Tokens of the prompts that came from the cache.
    pub cached_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// Number of calls whose tokens are estimates, because the provider did not count them.
    pub estimates: u64,
    /// The time of the last of them, in ms since 1970.
    pub at: i64,
}

impl SpendingRow {
    /// Whether the cost contains estimates.
    #[must_use]
    pub fn is_cost_estimate(&self) -> bool {
        self.estimates > 0 && self.cost > 0
    }
}

/// How spendings are summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SpendingBy {
    /// By agent.
    Agent,
    /// By model, or by what a charge was for.
    Model,
    /// By UTC day.
    Day,
}

/// The author of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person.
    Person,
    /// The agent of this id.
    Agent(String),
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Message {
    /// The agent whose conversation it is.
    pub agent: String,
    /// The number of the event that added it.
    pub seq: u64,
    /// Who wrote it.
    pub author: Author,
    /// The text.
    pub text: String,
    /// The files that the person attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Attachment>>", optional)]
    pub attachments: Vec<Attachment>,
    /// The time.
    pub at: i64,
}

/// One event of a journal.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EventLine {
    /// Its position among all events of the profile.
    pub position: u64,
    /// The agent.
    pub agent: String,
    /// Its number in the agent's journal, gap-free from 1.
    pub seq: u64,
    /// The time.
    pub at: i64,
    /// The name of its kind. It may be a kind of a later build, which this build does not know.
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
    /// Its version. A change passes it as `base`.
    pub version: String,
}

/// A page in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PageRow {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The page that a sync program has made this one a conflict copy of, judging by its name.
    pub conflict_copy_of: Option<String>,
}

/// A part of the list of pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PageRows {
    /// Pages, sorted by path.
    pub rows: Vec<PageRow>,
    /// Where the next part begins: pass it as `after`. `None`: this is the last part.
    pub next: Option<String>,
}

/// A line that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Found {
    /// The page's path.
    pub path: String,
    /// Line number from 1.
    pub line: u64,
    /// The line.
    pub text: String,
}

/// The agent that made a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CommitOrigin {
    /// Its id.
    pub agent: String,
    /// The agent's turn.
    pub turn: u64,
    /// The tool call.
    pub tool_call: String,
}

/// A change of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Change {
    /// Commit id.
    pub commit: String,
    /// The commit message.
    pub message: String,
    /// The author's name.
    pub author: String,
    /// The time.
    pub at: i64,
    /// The agent that made it; `None` for the person.
    pub origin: Option<CommitOrigin>,
    /// The first pages that it touched.
    pub paths: Vec<String>,
    /// The number of pages that it touched besides these.
    #[ts(type = "number")]
    pub more_paths: u64,
}

/// A line with the change that last wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BlamedLine {
    /// Line number from 1.
    pub line: u64,
    /// The line.
    pub text: String,
    /// The commit that last wrote it.
    pub commit: String,
    /// That change's author.
    pub author: String,
    /// That change's time.
    pub at: i64,
    /// The agent that made it; `None` for the person.
    pub origin: Option<CommitOrigin>,
}

/// A text that is shown unchanged, such as a diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// What a call of `write_file` would change now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FileChange {
    /// The file as the agent names it: the name of a folder and the path in it.
    pub path: String,
    /// Where it is on this computer; `null` if there is no such folder any more.
    pub place: Option<String>,
    /// Whether there is no such file yet.
    pub is_new: bool,
    /// The unified diff; empty if nothing would be written.
    pub diff: String,
    /// Why nothing would be written; `null` if it would be.
    pub problem: Option<String>,
}

/// A folder whose files agents may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FileFolder {
    /// The first part of the paths of its files, as agents see them.
    pub name: String,
    /// Where it is on this computer.
    pub path: String,
    /// Whether agents may change files in it; they ask before each change.
    pub can_write: bool,
}

/// A held change of memory beside its page as it is now. Texts are `null` where there is no page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HeldChange {
    /// The page that the change was made from.
    pub base: Option<String>,
    /// The page now.
    pub now: Option<String>,
    /// The version of the page now.
    pub version: Option<String>,
    /// The page that the change proposes.
    pub proposed: Option<String>,
    /// The page after an approval: the proposal, merged into what has changed since. After a conflict, the proposal alone.
    pub result: Option<String>,
    /// Whether both sides have changed the same lines.
    pub is_conflict: bool,
    /// The unified diff from `now` to `result`: what an approval commits.
    pub diff: String,
    /// From `base` to `now`: what has changed since; empty if nothing has.
    pub yours: String,
    /// From `base` to `proposed`.
    pub proposal: String,
}

/// What undoing all changes of a turn, or of an agent, would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UndoPreview {
    /// The number of changes that are undone.
    #[ts(type = "number")]
    pub changes: u64,
    /// The unified diff of all pages; empty if all of it is undone already.
    pub diff: String,
    /// The pages that change.
    pub paths: Vec<String>,
    /// The pages that stay as they are: others have changed the same lines since, or they cannot be changed.
    pub left: Vec<String>,
    /// Changes of another conversation under the same agent and turn, which stay.
    #[serde(default)]
    pub others: OtherChanges,
    /// Stands for this preview in [`crate::Request::UndoMemory`].
    pub seen: String,
}

/// Changes of another conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OtherChanges {
    /// The newest ones.
    pub named: Vec<Change>,
    /// The number of those besides them.
    #[ts(type = "number")]
    pub more: u64,
}

/// A limit of all agents of one message together, and how much of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TreeLimit {
    /// Used for the latest message.
    pub used: u64,
    /// The most, with what the person has added for the latest message.
    pub limit: u64,
}

/// What limits the agents of one message if their model has no known price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UnpricedLimits {
    /// Model calls.
    pub calls: TreeLimit,
    /// Tokens of prompts and answers.
    pub tokens: TreeLimit,
}

/// Budgets, and how much of each is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Budget {
    /// What one message may cost.
    pub per_message: u64,
    /// What a UTC day may cost.
    pub per_day: u64,
    /// What a UTC month may cost.
    pub per_month: Option<u64>,
    /// Used for the latest message, including reservations of calls of unknown cost and money given to sub-agents.
    pub used_message: u64,
    /// Added by the person for the latest message, on top of every limit.
    pub raised: u64,
    /// Used today.
    pub used_day: u64,
    /// Used this month.
    pub used_month: u64,
    /// Known cost of all agents' calls, ever.
    pub spent: u64,
    /// Reserved for calls whose cost will never be known, ever.
    pub unknown: u64,
    /// The highest cost of the open calls. Calls that a stop of the program interrupted are included until the next
    /// start.
    pub reserved: u64,
    /// Sub-agents started for the latest message, by all agents together.
    pub children: TreeLimit,
    /// Calls and tokens; `None` if the model that answered last has a known price.
    pub unpriced: Option<UnpricedLimits>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value now.
    pub value: String,
    /// Whether the person set it; otherwise it has its default.
    pub is_set: bool,
    /// What it does.
    pub about: String,
}

/// Where a key is stored. If there are several keys with one name, the first of these sources is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// An environment variable. Setting or removing the key does not change it.
    Environment,
    /// The keychain of the operating system.
    Keychain,
    /// Only the running GrowQR; lost when it ends.
    Memory,
}

/// A known key, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Key {
    /// `anthropic` or `openai`.
    pub name: String,
    /// Where it is stored.
    pub source: KeySource,
}

/// Whether keys can be stored in the system's keychain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeychainState {
    /// They can.
    Ready,
    /// The person has to unlock it first.
    Locked,
    /// There is none yet, and the system can create one.
    NotSetUp,
    /// There is none.
    Absent,
}

/// The system's keychain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Keychain {
    /// Whether keys can be stored in it.
    pub state: KeychainState,
    /// A sentence for people.
    pub found: String,
    /// What to do, if anything.
    pub next_step: Option<String>,
}

/// The result of a key check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyCheck {
    /// The provider accepts the key.
    Accepted,
    /// The provider refuses the key.
    Refused {
        /// A sentence for people.
        message: String,
    },
    /// The provider could not be asked, for example without a network. The key may be valid.
    Unknown {
        /// A sentence for people.
        message: String,
    },
}

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelRow {
    /// The value of the setting `model`; `openai/ID@ADDRESS` for a model of an OpenAI-compatible server.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// `anthropic`, `openai` or `guide`.
    pub provider: String,
    /// Its end, if that is announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub retires: Option<Retirement>,
}

/// The announced end of a model: from then on it answers no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Retirement {
    /// The day, such as 2026-11-30; `None` if the day is not known.
    pub date: Option<String>,
    /// The model to choose in its place.
    pub successor: String,
}

impl Retirement {
    /// The remark for the person.
    #[must_use]
    pub fn text(&self) -> String {
        let date = self.date.as_ref().map_or_else(|| "soon".to_owned(), |date| format!("on {date}"));
        format!("it retires {date}; choose {} in its place", self.successor)
    }
}

/// An OpenAI-compatible server that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LocalServer {
    /// `Ollama`, `LM Studio`, `llama.cpp`, `vLLM` or `OpenAI-compatible server`.
    pub name: String,
    /// The value of the setting `openai.base_url`.
    pub url: String,
    /// The models that it offers; may be empty.
    pub models: Vec<ModelRow>,
}

/// The result of one check of the doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// No problem.
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
    /// The result.
    pub state: CheckState,
    /// What was found.
    pub found: String,
    /// What to do, if anything.
    pub next_step: Option<String>,
}

/// The result of rebuilding the views. The counts of changed rows include missing, wrong and superfluous ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rebuilt {
    /// Journals read.
    #[ts(type = "number")]
    pub agents: u64,
    /// Events read.
    #[ts(type = "number")]
    pub events: u64,
    /// Rows of the agents view that differed from the journal.
    #[ts(type = "number")]
    pub changed_agents: u64,
    /// Rows of the messages view that differed from the journal.
    #[ts(type = "number")]
    pub changed_messages: u64,
    /// Mail that differed from the journal.
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
    /// Its location, without a password.
    pub location: String,
    /// The last migration of this build.
    pub known: i64,
    /// The last applied migration; `None` if there is no database yet.
    pub applied: Option<i64>,
    /// Whether an index is used to search messages. `false`: PostgreSQL lacks the extension pg_trgm. `None` if there is
    /// no database yet.
    pub indexed: Option<bool>,
}
