//! The session of an agent, as the state stores it.

use crate::clock::Timestamp;
use crate::id::{EffectId, MessageId, RequestId, SessionId};
use crate::limits::LimitReached;
use crate::money::Money;
use crate::workbench::{ChangedFile, SessionReply, SessionTokens};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The session of an agent whose mind is one, over all its turns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    /// Once the workbench has named it.
    pub(super) known: Option<KnownSession>,
    /// The files that it has changed in this turn.
    pub(super) files: Vec<ChangedFile>,
    /// How many more there are.
    pub(super) more_files: u64,
    /// It was interrupted in this turn, and went on.
    pub(super) was_resumed: bool,
    /// Money that could not be reserved for its current prompt.
    pub(super) refused: Option<Refusal>,
    /// It was told to stop, and the workbench did not answer, for this reason.
    pub(super) abandoned: Option<String>,
}

/// A session that exists in the workbench.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownSession {
    pub(super) id: SessionId,
    pub(super) started_at: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    /// The name of the outcome of its last prompt.
    pub(super) outcome: Option<String>,
}

/// Money that could not be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) limit: LimitReached,
    /// The most that the call could have cost; `None` if its price is unknown.
    pub(super) needed: Option<Money>,
    /// The most tokens that it could have used, if its price is unknown.
    pub(super) tokens: Option<u64>,
}

/// A prompt that the session works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenPrompt {
    pub(super) effect: EffectId,
    pub(super) title: String,
    pub(super) message: MessageId,
    pub(super) prompt: Arc<str>,
    pub(super) requests: Vec<OpenRequest>,
    /// Number of recorded news.
    pub(super) news: u64,
    /// Number of recorded steps.
    pub(super) steps: u64,
    /// The tokens of its model calls that are settled.
    pub(super) tokens: SessionTokens,
}

/// A request that has no reply yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenRequest {
    pub(super) id: RequestId,
    /// What it wants to do; `None` for a question.
    pub(super) what: Option<String>,
    /// The reply, once it is decided.
    pub(super) reply: Option<SessionReply>,
}
