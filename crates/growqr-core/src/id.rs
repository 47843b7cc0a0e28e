//! Ids. The id of every effect is made from the journal, so that performing it twice has the same effect as once.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// The owner of the data: `local`, or one profile per signed-in identity. Part of every table's key.
    ProfileId
}
text_id! {
    /// An agent within a profile. The Grow Agent is [`AgentId::grow`]; a sub-agent's id is made from its spawn.
    AgentId
}
text_id! {
    /// One effect outside the state (a sub-agent, a commit, a mail), made from the agent and its tool call.
    EffectId
}
text_id! {
    /// The random name of a journal, part of the ids of its effects. Another journal of the same agent, in an emptied or another
    /// database, therefore has other effect ids. A copied database keeps the name; there [`EffectSalt`] makes the ids differ.
    JournalName
}
text_id! {
    /// Random text of one model request, part of the effect ids of the answer's tool calls. A restored or copied database repeats
    /// the request with another salt, so that an effect from before is not mistaken for a new one.
    EffectSalt
}
text_id! {
    /// The random name of a profile's conversation in its database. A copy of the database on the same computer gets another one.
    ConversationName
}
text_id! {
    /// The random name of a memory repository, kept beside its history, never in it.
    MemoryName
}
text_id! {
    /// The executor of a tool call: `journal`, `memory`, `schedules`, `quests`, `workbench`, `mcp:<server>`, `web`, `model`.
    ExecutorId
}
text_id! {
    /// The id of one message of the person, chosen by the sender, so that a message sent twice is recorded once.
    MessageId
}
text_id! {
    /// A question to the person: `ask-` and an id made from the journal of the agent that asks.
    AskId
}
text_id! {
    /// A session in the workbench, as the workbench names it.
    SessionId
}
text_id! {
    /// A request of a session for a permission or an answer, as the workbench names it.
    RequestId
}
text_id! {
    /// A schedule: `s-` and random text, or an id made from the tool call that has asked for it. Work for a step of a quest has the
    /// quest's id and the step's number in its place.
    ScheduleId
}
text_id! {
    /// A quest: `q-` and random text, or an id made from the tool call that has asked for it.
    QuestId
}
text_id! {
    /// A tool call's id as the model gave it. Unique within one answer only.
    CallId
}
text_id! {
    /// SHA-256 in lower-case hex of a stored segment.
    SegmentHash
}
text_id! {
    /// SHA-256 in lower-case hex of the content of an attached file.
    ContentHash
}

impl AgentId {
    /// The id of the person's Grow Agent.
    #[must_use]
    pub fn grow() -> AgentId {
        AgentId::new("grow")
    }
}

impl ExecutorId {
    /// Executor of calls that need only the journal: sub-agents and their mail.
    #[must_use]
    pub fn journal() -> ExecutorId {
        ExecutorId::new("journal")
    }

    /// Executor of calls that add schedules.
    #[must_use]
    pub fn schedules() -> ExecutorId {
        ExecutorId::new("schedules")
    }

    /// Executor of calls that start quests.
    #[must_use]
    pub fn quests() -> ExecutorId {
        ExecutorId::new("quests")
    }

    /// Executor of calls that read or change the memory repository.
    #[must_use]
    pub fn memory() -> ExecutorId {
        ExecutorId::new("memory")
    }

    /// Executor of tools that the provider of the model runs itself; their calls are a part of its answers.
    #[must_use]
    pub fn model() -> ExecutorId {
        ExecutorId::new("model")
    }

    /// Executor of calls that fetch pages of the web.
    #[must_use]
    pub fn web() -> ExecutorId {
        ExecutorId::new("web")
    }

    /// Executor of the search among the tools of other programs.
    #[must_use]
    pub fn tool_search() -> ExecutorId {
        ExecutorId::new("tool_search")
    }

    /// Executor of calls that read skills.
    #[must_use]
    pub fn skills() -> ExecutorId {
        ExecutorId::new("skills")
    }
}

impl JournalName {
    /// A name from random bits.
    #[must_use]
    pub fn random(bits: u128) -> JournalName {
        JournalName::new(format!("{bits:032x}"))
    }
}

impl ConversationName {
    /// A name from random bits.
    #[must_use]
    pub fn random(bits: u128) -> ConversationName {
        ConversationName::new(format!("{bits:032x}"))
    }
}

impl MemoryName {
    /// A name from random bits.
    #[must_use]
    pub fn random(bits: u128) -> MemoryName {
        MemoryName::new(format!("{bits:032x}"))
    }
}

impl EffectSalt {
    /// A salt from random bits.
    #[must_use]
    pub fn random(bits: u128) -> EffectSalt {
        EffectSalt::new(format!("{:016x}", bits as u64))
    }
}

/// Position in one agent's journal: 1 for the first event, gap-free. 0 means "before anything".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Position of an event among all events of a profile: a total order for readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

/// The base of an effect id; the number of the effect is added.
#[derive(Clone, Copy, Debug)]
pub struct EffectScope<'a> {
    /// `None` in journals of version 1 that have no name yet.
    pub journal: Option<&'a JournalName>,
    /// `None` after a request that a build of version 1 made.
    pub salt: Option<&'a EffectSalt>,
    /// What makes the effect: the agent's id for its tool calls, `<agent>/mail/<receiver>` for its mail.
    pub place: &'a str,
    /// The turn.
    pub turn: u64,
}

impl EffectScope<'_> {
    /// The id of the effect with this number: of a tool call in its turn, or of a mail's event in its journal. Does not depend on
    /// ids from the model.
    #[must_use]
    pub fn effect(&self, ordinal: u64) -> EffectId {
        let mut hash = Sha256::new();
        // Without a name and a salt, the hash is the same as in version 1.
        for part in [self.journal.map(JournalName::as_str), self.salt.map(EffectSalt::as_str)].into_iter().flatten() {
            hash.update(part);
            hash.update("\n");
        }
        hash.update(format!("{}\n{}\n{ordinal}", self.place, self.turn));
        EffectId::new(hex(&hash.finalize()[..8]))
    }
}

/// The id of the sub-agent that this spawn creates.
#[must_use]
pub fn child_id(spawn: &EffectId) -> AgentId {
    AgentId::new(format!("a-{spawn}"))
}

/// The id of the message that this prompt of a session becomes in the workbench: the same prompt always has the same id.
#[must_use]
pub fn prompt_id(effect: &EffectId) -> MessageId {
    MessageId::new(format!("msg_{effect}"))
}

/// The id of a model call that is made for a session: a random number of the process that makes it, one of its gateway, and the
/// number of the call.
#[must_use]
pub fn charge_id(process: u64, gateway: u64, call: u64) -> EffectId {
    EffectId::new(format!("gateway-{process:016x}{gateway:016x}-{call}"))
}

/// Whether the process with this number has made the charge's id.
#[must_use]
pub fn is_charge_of(charge: &EffectId, process: u64) -> bool {
    charge.as_str().starts_with(&format!("gateway-{process:016x}"))
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)] as char, DIGITS[usize::from(byte & 15)] as char]).collect()
}

/// SHA-256 of some bytes in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
