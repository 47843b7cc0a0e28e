//! Everything that can stand in an agent's journal.
//!
//! An event is stored as its kind, the version of its shape, and its JSON bytes; the bytes are hashed into a chain
//! and never rewritten. To add one: add a struct and a line in `events!`, then follow the compiler.

use crate::clock::Timestamp;
use crate::id::{AgentId, CallId, EffectId, MessageId, SegmentHash, Seq};
use crate::mail::{Birth, Mail};
use crate::memory::CommitPlan;
use crate::model::{Failure, ModelCard, Reply};
use crate::money::Money;
use crate::raw::RawJson;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::slice;

/// The version of the events' shapes that this build writes. Older ones are read; newer ones are refused.
pub const SCHEMA_VERSION: u32 = 1;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident => $kind:literal,)*) => {
        /// Something that happened to an agent.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $name($name),)* }

        impl Event {
            /// All kinds there are.
            pub const KINDS: &[&str] = &[$($kind),*];

            /// The kind's name in the journal and in every listing.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Event::$name(_) => $kind,)* }
            }

            /// The bytes to store.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self { $(Event::$name(body) => RawJson::of(body).text().as_bytes().to_vec(),)* }
            }

            /// Reads stored bytes back.
            ///
            /// # Errors
            /// [`DecodeError`] for a kind or version of a later build, or damaged bytes.
            pub fn decode(kind: &str, schema_version: u32, body: &[u8]) -> Result<Event, DecodeError> {
                if schema_version > SCHEMA_VERSION {
                    return Err(DecodeError::Newer { kind: kind.to_owned(), schema_version });
                }
                match kind {
                    $($kind => serde_json::from_slice(body).map(Event::$name)
                        .map_err(|source| DecodeError::Damaged { kind: kind.to_owned(), source }),)*
                    _ => Err(DecodeError::Newer { kind: kind.to_owned(), schema_version }),
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(body: $name) -> Event { Event::$name(body) }
        })*
    };
}

events! {
    /// The agent came to be.
    AgentCreated => "agent_created",
    /// The person said something to it.
    UserSaid => "user_said",
    /// Mail arrived.
    MailReceived => "mail_received",
    /// Provider, model, system text or tools changed.
    SegmentStarted => "segment_started",
    /// The agent begins to work on what it was told.
    TurnStarted => "turn_started",
    /// A model call is about to be made.
    ModelRequested => "model_requested",
    /// The model answered.
    ModelAnswered => "model_answered",
    /// A model call gave no answer.
    ModelFailed => "model_failed",
    /// A tool call is about to be carried out.
    ToolStarted => "tool_started",
    /// A memory change is about to be committed.
    CommitIntended => "commit_intended",
    /// A tool call has its result.
    ToolFinished => "tool_finished",
    /// A sub-agent is sent to work.
    ChildRequested => "child_requested",
    /// A sub-agent is told more.
    ChildTold => "child_told",
    /// A sub-agent is told to stop.
    ChildCancelled => "child_cancelled",
    /// The person, or whoever sent it, wants the agent to stop.
    CancelRequested => "cancel_requested",
    /// A sub-agent's turn will end so, once its own sub-agents have stopped.
    TurnEnding => "turn_ending",
    /// The agent's turn has ended.
    TurnEnded => "turn_ended",
}

/// Why stored bytes are not an event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a later build.
    #[error("an event of kind {kind:?}, version {schema_version}, was written by a newer GrowQR")]
    Newer {
        /// Its kind.
        kind: String,
        /// Its version.
        schema_version: u32,
    },
    /// The bytes do not have the shape of their kind.
    #[error("an event of kind {kind:?} is damaged")]
    Damaged {
        /// Its kind.
        kind: String,
        /// The parser's words.
        source: serde_json::Error,
    },
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the agent's journal.
    pub seq: Seq,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// The limits in force for a turn, as the person set them; recorded so that a replay decides the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// What one message of the person may cost, sub-agents included.
    pub per_message: Money,
    /// What a UTC day may cost.
    pub per_day: Money,
    /// What a UTC month may cost; `None` for no limit.
    pub per_month: Option<Money>,
    /// The largest `max_tokens` asked for.
    pub max_tokens: u64,
    /// Model calls for one message.
    pub calls: u32,
    /// Sub-agents for one message.
    pub children: u32,
    /// Sub-agents at work at the same time.
    pub children_at_once: u32,
    /// How many levels of sub-agents there may be below the Grow Agent.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            per_message: Money::usd(2),
            per_day: Money::usd(10),
            per_month: None,
            max_tokens: 16_000,
            calls: 25,
            children: 20,
            children_at_once: 8,
            depth: 2,
        }
    }
}

#[allow(missing_docs)] // Each is named by its event above.
mod bodies {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct AgentCreated {
        /// `None` for the Grow Agent.
        pub birth: Option<Birth>,
        /// Who sent it to work.
        pub parent: Option<AgentId>,
        /// The mail that brought it to life.
        pub mail: Option<EffectId>,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct UserSaid {
        pub id: MessageId,
        pub text: String,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct MailReceived {
        pub mail: Mail,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct SegmentStarted {
        pub segment: SegmentHash,
        pub provider: String,
        pub card: ModelCard,
        /// Bytes of system text and tools, for the estimate of a first request.
        pub bytes: u64,
        /// The past, rendered as one user message; `None` if there is none.
        pub carried: Option<String>,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct TurnStarted {
        /// 1 for the first.
        pub turn: u64,
        pub limits: Limits,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ModelRequested {
        /// 1 for the first time these bytes are sent.
        pub attempt: u32,
        /// SHA-256 over segment, messages and `max_tokens`; the provider's bytes are a function of these.
        pub request_hash: String,
        pub max_tokens: u64,
        /// The most this call can cost; `None` if the price is unknown.
        pub reservation: Option<Money>,
        /// Whether the middle was left out of what was too dear for an earlier request.
        #[serde(default, skip_serializing_if = "is_false")]
        pub shortened: bool,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ModelAnswered {
        pub reply: Reply,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ModelFailed {
        pub failure: Failure,
        /// The most that was billed, where that is known better than by the call's reservation.
        pub bound: Option<Money>,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ToolStarted {
        pub call: CallId,
        pub name: String,
        pub input: RawJson,
        pub effect: EffectId,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct CommitIntended {
        pub effect: EffectId,
        pub plan: CommitPlan,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ToolFinished {
        pub effect: EffectId,
        pub content: String,
        pub is_error: bool,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ChildRequested {
        pub effect: EffectId,
        pub mail: Mail,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ChildTold {
        pub mail: Mail,
        /// The person's message, if these are the person's words.
        pub message: Option<MessageId>,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct ChildCancelled {
        pub mail: Mail,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct CancelRequested {
        /// Whether the person asked, rather than the agent that sent it to work.
        pub by_person: bool,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct TurnEnding {
        pub ended: Ended,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct TurnEnded {
        pub turn: u64,
        pub ended: Ended,
        /// A sub-agent's reports to whoever gave it words.
        pub reports: Vec<Mail>,
        /// Where a budget ended it: what the next request wanted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub shortfall: Option<Shortfall>,
    }
}
pub use bodies::*;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The model had no more to say.
    Done,
    /// Somebody stopped it.
    Cancelled,
    /// The output limit or the context window cut the answer.
    Cut,
    /// The model refused.
    Refused(String),
    /// The model said nothing, twice.
    Silent,
    /// A limit was reached.
    Limit(LimitReached),
    /// The model could not be asked.
    Failed(Failure),
    /// The model stopped for a reason this program does not know.
    Unknown(String),
}

/// The next request can cost more than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortfall {
    /// The most that it costs with the shortest useful answer.
    pub needed: Money,
    /// What may be used.
    pub available: Money,
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitReached {
    /// The budget of one message.
    PerMessage,
    /// The budget of a day.
    PerDay,
    /// The budget of a month.
    PerMonth,
    /// A sub-agent's allowance.
    Allowance,
    /// Model calls for one message.
    Calls,
}

impl Event {
    /// The mail that this event puts into the outbox.
    #[must_use]
    pub fn mail(&self) -> &[Mail] {
        match self {
            Event::ChildRequested(body) => slice::from_ref(&body.mail),
            Event::ChildTold(body) => slice::from_ref(&body.mail),
            Event::ChildCancelled(body) => slice::from_ref(&body.mail),
            Event::TurnEnded(body) => &body.reports,
            _ => &[],
        }
    }
}

/// The hash of one entry: SHA-256 over the hash before it and everything that is stored of it.
#[must_use]
pub fn entry_hash(
    previous: &[u8; 32],
    agent: &AgentId,
    seq: Seq,
    at: Timestamp,
    kind: &str,
    schema_version: u32,
    body: &[u8],
) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(previous);
    for part in [agent.as_str().as_bytes(), kind.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(seq.0.to_be_bytes());
    hash.update(at.0.to_be_bytes());
    hash.update(schema_version.to_be_bytes());
    hash.finalize().into()
}
