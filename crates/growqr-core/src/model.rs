//! The port to a language model, and what is known about each model.

use crate::attachment::AttachmentKind;
use crate::id::{AgentId, ContentHash};
use crate::money::{Money, Prices, per_million};
use crate::prompt::{Effort, Message, Segment};
use crate::raw::RawJson;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Properties of a model that a client needs before it calls the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The provider's id.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Tokens of prompt and answer together.
    pub context_tokens: u64,
    /// The largest `max_tokens` accepted.
    pub max_output_tokens: u64,
    /// `None`: the price is unknown, and so is every cost.
    pub prices: Option<Prices>,
    /// The effort to request; `None` if the model refuses the setting.
    pub effort: Option<Effort>,
    /// The kinds of attached files that it reads besides text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<AttachmentKind>,
}

impl ModelCard {
    /// Whether it reads attached files of this kind. Every model reads text.
    #[must_use]
    pub fn reads(&self, kind: AttachmentKind) -> bool {
        kind == AttachmentKind::Text || self.reads.contains(&kind)
    }
}

/// The contents of attached files, by their hash. Its `Debug` names only the hashes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Files(pub Arc<BTreeMap<ContentHash, Vec<u8>>>);

impl Files {
    /// The content of a file; `None` if it is missing.
    #[must_use]
    pub fn get(&self, hash: &ContentHash) -> Option<&[u8]> {
        self.0.get(hash).map(Vec::as_slice)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Tokens counted by the provider for one call. The whole prompt is the sum of the four input kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Neither read from nor written to the cache.
    pub input_tokens: u64,
    /// Thinking included.
    pub output_tokens: u64,
    /// Read from the cache.
    pub cache_read_tokens: u64,
    /// Written to the five-minute cache.
    pub cache_write_5m_tokens: u64,
    /// Written to the one-hour cache.
    pub cache_write_1h_tokens: u64,
    /// Whether some of the counts are this program's estimate, because the provider sent none that can be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_estimate: bool,
}

impl Usage {
    /// The size of the whole prompt in tokens.
    #[must_use]
    pub fn prompt_tokens(&self) -> u64 {
        let cached = self.cache_read_tokens.saturating_add(self.cache_write_5m_tokens).saturating_add(self.cache_write_1h_tokens);
        self.input_tokens.saturating_add(cached)
    }
}

impl Prices {
    /// What one call cost, rounded up once. `None` if there are no price cards.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<Money> {
        let card = self.card(usage.prompt_tokens())?;
        let total = [
            (usage.input_tokens, card.input),
            (usage.cache_write_5m_tokens, card.write_5m),
            (usage.cache_write_1h_tokens, card.write_1h),
            (usage.cache_read_tokens, card.read),
            (usage.output_tokens, card.output),
        ]
        .iter()
        .map(|(tokens, price)| u128::from(*tokens) * u128::from(*price))
        .sum();
        Some(per_million(total))
    }
}

/// Why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It finished its answer.
    EndTurn,
    /// It waits for tool results.
    ToolUse,
    /// The output limit cut it; a tool call at the end is cut as well.
    MaxTokens,
    /// A configured stop text appeared.
    StopSequence,
    /// A server-side tool paused; the same request continues it.
    PauseTurn,
    /// The context window is full; the answer is valid but cut.
    ContextFull,
    /// It refused; partial output is not used.
    Refusal {
        /// The provider's explanation, possibly empty.
        explanation: String,
    },
    /// A reason this program does not know.
    Other(String),
}

/// One complete answer. Exists only if the provider said that the message is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The content array as received; may be `[]`.
    pub content: RawJson,
    /// Why it ended.
    pub stop: StopReason,
    /// Tokens counted.
    pub usage: Usage,
    /// The model that answered, which may differ from the requested one.
    pub model: String,
    /// The provider's id of this request, for support questions.
    pub request_id: Option<String>,
    /// `None`: unknown price.
    pub cost: Option<Money>,
}

/// What kind of failure ended a call, after the provider's own retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The key is missing, wrong or may not do this.
    Key,
    /// The account has no credit, or its spend cap is reached.
    NoCredit,
    /// The provider refuses the request itself.
    Rejected,
    /// The request is too large.
    TooLarge,
    /// The context window is too small for this conversation.
    PromptTooLong,
    /// The provider no longer accepts earlier content, such as the signature of a thinking block.
    PastRefused,
    /// No such model.
    UnknownModel,
    /// Rate limited or overloaded for too long.
    Busy,
    /// The provider has an internal failure.
    Unavailable,
    /// No connection.
    Offline,
    /// The answer is incomplete: the stream ended early, timed out, or contained invalid data. It may have been billed.
    Broken,
    /// The provider aborted the answer and said so. The output up to then may have been billed.
    Aborted,
    /// This program stopped while the answer was under way. It may have been billed.
    Interrupted,
}

impl FailureKind {
    /// Whether the same bytes may be sent again without asking the person.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, FailureKind::Broken | FailureKind::Aborted | FailureKind::Interrupted)
    }

    /// Whether the provider may have billed the failed call.
    #[must_use]
    pub fn may_be_billed(self) -> bool {
        matches!(self, FailureKind::Broken | FailureKind::Aborted | FailureKind::Interrupted)
    }
}

/// A call that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Decides how the caller reacts.
    pub kind: FailureKind,
    /// One sentence for the person, without secrets; includes the provider's own message where that helps.
    pub message: String,
    /// The provider's id of the request, if the provider received it.
    pub request_id: Option<String>,
}

/// A part of an answer in progress. Shown to the person, never recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// More text.
    Text(String),
    /// More visible thinking.
    Thinking(String),
    /// The model begins a tool call.
    Call {
        /// Which tool.
        name: String,
    },
    /// The text and thinking streamed so far do not belong to the answer; what follows replaces them.
    Discarded {
        /// The reason: a short text for the person.
        reason: String,
    },
    /// Nothing has arrived yet.
    Waiting {
        /// From where, and for how long: a short text for the person.
        reason: String,
    },
    /// The provider waits before it tries again.
    Retrying {
        /// 1 for the first retry.
        attempt: u32,
        /// How long it waits, in milliseconds.
        wait_ms: u64,
        /// The reason: a short text for the person.
        reason: String,
    },
}

/// One request, complete and deterministic: equal requests serialise to equal bytes.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The agent; for logs and fair queueing only, never sent.
    pub agent: AgentId,
    /// Everything that is sent before the messages.
    pub segment: Arc<Segment>,
    /// The conversation so far; the last message is the user's.
    pub messages: Vec<Message>,
    /// The output limit in tokens, thinking included.
    pub max_tokens: u64,
    /// The contents of the attached files that the messages name ([`crate::prompt::Block::Attachment`]).
    pub files: Files,
}

/// A provider of models.
#[async_trait]
pub trait Model: Send + Sync {
    /// The provider's name, as in [`Segment::provider`].
    fn provider(&self) -> &'static str;

    /// What is known about a model; an unknown id gets a cautious card without prices.
    fn card(&self, model: &str) -> ModelCard;

    /// Requests an answer. Retries on its own what is safe to retry before the answer begins; calls `on_delta` as parts of the
    /// answer arrive. Dropping the future closes the connection.
    ///
    /// # Errors
    /// [`Failure`]; also if the stream ends early, regardless of what arrived before.
    async fn call(&self, request: &ModelRequest, on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure>;
}
