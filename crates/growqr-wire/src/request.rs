//! The language of the local socket: one JSON object a line, in both directions.
//!
//! A client sends [`Call`]s; the host sends [`FromHost`]: one [`Answer`] per call, in any order, and pushes once the
//! client follows. Everything here is for the same user on the same machine.

use crate::error::Error;
use crate::rows::{Agent, EventLine, Key, LocalServer};
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// A text that is never shown. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What a client may ask of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Who is there? Answered by [`Reply::Hello`].
    Hello {
        /// The client's [`crate::VERSION`].
        version: u32,
    },
    /// Say something to an agent. Answered by [`Reply::Said`] once it is recorded.
    Say {
        /// To whom; `grow` is the Grow Agent.
        agent: String,
        /// Chosen by the client; the same id twice is one message.
        id: String,
        /// What.
        text: String,
    },
    /// Stop an agent's turn and its sub-agents.
    Cancel {
        /// Whom.
        agent: String,
    },
    /// Let an agent go on where it stopped.
    Resume {
        /// Whom.
        agent: String,
        /// Chosen by the client, as in `Say`.
        id: String,
    },
    /// Be told everything that happens, by [`Push`]es, from now on.
    Follow,
    /// Write a page of memory as the person. Answered by [`Reply::Changed`].
    WriteMemory {
        /// Its path.
        path: String,
        /// Its whole new text.
        text: String,
        /// The version it replaces, if there is one.
        base: Option<String>,
    },
    /// Undo a change of memory by a new one. Answered by [`Reply::Changed`].
    RestoreMemory {
        /// The change to undo.
        rev: String,
    },
    /// Set a setting, or go back to the default.
    SetSetting {
        /// Its name.
        name: String,
        /// `None` for the default.
        value: Option<String>,
    },
    /// Keep a key, or forget it.
    SetKey {
        /// `anthropic` or `openai`.
        name: String,
        /// `None` to forget it.
        #[ts(type = "string | null")]
        value: Option<Secret>,
    },
    /// Which keys are known. Answered by [`Reply::Keys`].
    Keys,
    /// Which OpenAI-compatible servers answer, on the usual ports of this machine and at the address that is set. Takes
    /// less than a second. Answered by [`Reply::LocalServers`].
    LocalServers,
}

/// What a host answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Here I am.
    Hello {
        /// The host's [`crate::VERSION`].
        version: u32,
        /// Its process.
        pid: u32,
        /// The profile it holds.
        profile: String,
    },
    /// The message is on disk.
    Said {
        /// The agent that recorded it, afterwards.
        agent: Agent,
    },
    /// It is done.
    Done,
    /// A change of memory was made.
    Changed {
        /// The commit's id.
        commit: String,
        /// The pages it touched.
        paths: Vec<String>,
    },
    /// The keys that are known.
    Keys {
        /// Never with values.
        keys: Vec<Key>,
    },
    /// The servers that answered.
    LocalServers {
        /// The one at the address that is set comes first.
        servers: Vec<LocalServer>,
    },
}

/// What part of an answer is arriving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DeltaKind {
    /// Words.
    Text,
    /// Thinking, as far as it may be shown.
    Thinking,
    /// A tool call begins; the text is the tool's name.
    Call,
    /// The provider is asked again after a wait; the text says why.
    Retrying,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Push {
    /// Events were recorded.
    Recorded {
        /// The agent afterwards.
        agent: Agent,
        /// The events, in order.
        events: Vec<EventLine>,
    },
    /// Part of an answer arrived. Not recorded; the whole answer comes as an event.
    Delta {
        /// Whose answer.
        agent: String,
        /// Which part.
        kind: DeltaKind,
        /// The part.
        text: String,
    },
    /// The client is too slow and has missed some; it reads on from its last position.
    Missed,
    /// An agent had to stop; its work is kept.
    Stopped {
        /// Which.
        agent: String,
        /// Why, and what to do.
        error: Error,
    },
}

/// One line from a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Chosen by the client; comes back with the answer.
    pub id: u64,
    /// What it asks.
    pub request: Request,
}

/// The answer to one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The call's id.
    pub id: u64,
    /// What came of it.
    pub result: Result<Reply, Error>,
}

/// One line from a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromHost {
    /// The answer to a call.
    Answer(Answer),
    /// Something that happened.
    Push(Push),
}
