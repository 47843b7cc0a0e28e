//! The events of an agent's journal.
//!
//! An event is stored as its kind, the version of its shape, and its JSON bytes; the bytes are hashed into a chain and never
//! rewritten. To add an event: add a struct in `body.rs` (or `session.rs`) and a line in `events!`, then follow the compiler.
//!
//! An event records the decision itself, so that applying it needs no rule, no setting and no parser. Version 1 did not record
//! every decision: the fields that it lacks are `Option`s, `None` only in events of that version, and `agent/version_1.rs` holds
//! the rules that compute their values.

mod body;
mod session;

pub use body::*;
pub use session::*;

use crate::clock::Timestamp;
use crate::id::{AgentId, Seq};
use crate::mail::Mail;
use crate::raw::RawJson;
use sha2::{Digest, Sha256};
use std::slice;

/// The version of the events' shapes that this build writes. It reads older versions and refuses newer ones.
///
/// Version 2 adds: the decisions about an answer, a tool call and a failed call; the tools of a segment; the journal's name;
/// results of several blocks; charges. Version 3 adds: rules, asks, limits of a whole tree, the origin of untrusted text,
/// sessions, and conflicts of memory. Version 4 adds: decisions in Gitea, with the accounts of comments. Version 5 adds: requests
/// that hold messages, asks about scheduled runs. Kinds of events that are added later do not raise it: an earlier build refuses them
/// by name. A new value of an existing kind does: an earlier build would take the journal for damaged.
pub const SCHEMA_VERSION: u32 = 5;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident => $kind:literal,)*) => {
        /// One recorded change of an agent.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $name($name),)* }

        impl Event {
            /// All kinds.
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
    /// The agent was created.
    AgentCreated => "agent_created",
    /// The journal got its name.
    JournalNamed => "journal_named",
    /// The person sent the agent a message.
    UserSaid => "user_said",
    /// The person writes an earlier message anew. What was said from that message on is set aside: the next segment does not have it.
    SaidAgain => "said_again",
    /// The person asks for a fresh start, which takes effect once the turn under way has ended.
    FreshRequested => "fresh_requested",
    /// A fresh start: the next segment begins without the past.
    FreshStarted => "fresh_started",
    /// Mail arrived.
    MailReceived => "mail_received",
    /// Provider, model, system text or tools changed.
    SegmentStarted => "segment_started",
    /// A turn begins.
    TurnStarted => "turn_started",
    /// A model call is about to be made.
    ModelRequested => "model_requested",
    /// The model answered the call.
    ModelAnswered => "model_answered",
    /// A model call gave no answer.
    ModelFailed => "model_failed",
    /// A tool call is about to be carried out.
    ToolStarted => "tool_started",
    /// The program stopped while a tool call was running; its executor is asked for the outcome.
    ToolInterrupted => "tool_interrupted",
    /// An interrupted tool call had no effect and is carried out again.
    ToolResumed => "tool_resumed",
    /// A memory change is about to be committed.
    CommitIntended => "commit_intended",
    /// A tool call has its result.
    ToolFinished => "tool_finished",
    /// A sub-agent is started.
    ChildRequested => "child_requested",
    /// A scheduled run, or a step of a quest, begins: a sub-agent is started.
    ScheduledWorkStarted => "scheduled_work_started",
    /// A sub-agent is sent another message.
    ChildTold => "child_told",
    /// A sub-agent is told to stop.
    ChildCancelled => "child_cancelled",
    /// The person, or the agent's parent, asks the agent to stop.
    CancelRequested => "cancel_requested",
    /// Money is reserved for something other than a model call of the agent's own loop.
    ChargeReserved => "charge_reserved",
    /// A charge got its final cost.
    ChargeSettled => "charge_settled",
    /// The money for a model call of a session could not be reserved: the session comes to its end.
    ChargeRefused => "charge_refused",
    /// A session in the workbench is about to be sent a prompt.
    SessionIntended => "session_intended",
    /// The workbench has named the session.
    SessionStarted => "session_started",
    /// What the session has done meanwhile.
    SessionProgressed => "session_progressed",
    /// A rule has decided a request of the session.
    SessionDecided => "session_decided",
    /// A request of the session has its reply.
    SessionReplied => "session_replied",
    /// The session has finished with the prompt, or was stopped.
    SessionEnded => "session_ended",
    /// The person is asked something.
    AskRaised => "ask_raised",
    /// An ask has its answer, or needs none any more.
    AskSettled => "ask_settled",
    /// A held change of memory that the person has approved is about to be committed.
    ReviewIntended => "review_intended",
    /// A held change of memory is committed or dropped, or could not be committed.
    ReviewClosed => "review_closed",
    /// The person, or the agent's parent, asks the agent to finish: no further calls, a report of what it has.
    FinishRequested => "finish_requested",
    /// A limit is reached; the turn waits for money that comes back, or for the person.
    TurnPaused => "turn_paused",
    /// The person takes back a message that the model has not read yet.
    MessageWithdrawn => "message_withdrawn",
    /// The person changes a message that the model has not read yet.
    MessageEdited => "message_edited",
    /// A sub-agent's turn will end in this way as soon as its own sub-agents have stopped.
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
        /// The parser's error.
        source: serde_json::Error,
    },
}

/// An event with its place and time in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the agent's journal.
    pub seq: Seq,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

impl Event {
    /// The mail that this event puts into the outbox.
    #[must_use]
    pub fn mail(&self) -> &[Mail] {
        match self {
            Event::ChildRequested(body) => slice::from_ref(&body.mail),
            Event::ScheduledWorkStarted(body) => slice::from_ref(&body.mail),
            Event::ChildTold(body) => slice::from_ref(&body.mail),
            Event::ChildCancelled(body) => slice::from_ref(&body.mail),
            Event::AskRaised(body) => &body.notices,
            Event::AskSettled(body) => &body.notices,
            Event::ReviewClosed(body) => &body.notices,
            Event::MailReceived(body) => &body.forwarded,
            Event::FinishRequested(body) => &body.mail,
            Event::TurnEnded(body) => &body.reports,
            _ => &[],
        }
    }
}

/// The hash of one entry: SHA-256 over the previous hash and all stored fields of the entry.
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
