//! The bodies of the events of a session. `event/mod.rs` lists and describes the kinds.

use crate::id::{EffectId, EffectSalt, MessageId, RequestId, SessionId};
use crate::workbench::{ChangedFile, SessionOutcome, SessionReply, SessionTokens};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// See [`super::Event::SessionIntended`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionIntended {
    /// The id of the prompt's effect.
    pub effect: EffectId,
    /// The title of the session: the agent's id. A session with this title is used, never made twice.
    pub title: String,
    /// The id of the prompt in the workbench, made from the effect. A prompt that is there is never sent again.
    pub message: MessageId,
    /// The prompt: all that was pending.
    pub prompt: Arc<str>,
    /// Random; part of the effect's id.
    pub salt: EffectSalt,
    /// The session was interrupted, and this lets it go on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub resumes: bool,
}

/// See [`super::Event::SessionStarted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStarted {
    /// The prompt.
    pub effect: EffectId,
    /// The session.
    pub session: SessionId,
}

/// See [`super::Event::SessionProgressed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionProgressed {
    /// The prompt.
    pub effect: EffectId,
    /// Short texts, one for each step.
    pub steps: Vec<String>,
}

/// See [`super::Event::SessionDecided`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionDecided {
    /// The prompt.
    pub effect: EffectId,
    /// The request.
    pub request: RequestId,
    /// The session that asks.
    pub session: SessionId,
    /// What it wants to do, as the workbench names it.
    pub what: String,
    /// What exactly, in short: the command, path or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// The line of the rules that decided; `None` if too many questions wait already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The reply.
    pub reply: SessionReply,
}

/// See [`super::Event::SessionReplied`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionReplied {
    /// The prompt.
    pub effect: EffectId,
    /// The request.
    pub request: RequestId,
    /// The session no longer waited for the reply.
    #[serde(default, skip_serializing_if = "is_false")]
    pub was_gone: bool,
    /// The source of untrusted text that the session may read from now on, because it was allowed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// See [`super::Event::SessionEnded`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// The prompt.
    pub effect: EffectId,
    /// Its last words; data, not operator text.
    pub words: String,
    /// The files that it has changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ChangedFile>,
    /// How many changed files are left out here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_files: u64,
    /// The tokens of its model calls since the prompt, as far as the provider has counted them.
    pub tokens: SessionTokens,
    /// How it ended.
    pub outcome: SessionOutcome,
    /// Where its words come from: untrusted text.
    pub source: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}
