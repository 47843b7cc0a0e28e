//! Models, answers and failures.

use super::raw::Raw;
use super::tool::Repeat;
use crate::attachment::AttachmentKind;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The effort of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the API's own")]
pub enum Effort {
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

/// A model's prices for prompts of more than `above` tokens, in USD micro-cents per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Price {
    /// Applies to prompts of more tokens than this.
    pub above: u64,
    /// Uncached input.
    pub input: u64,
    /// Output, thinking included.
    pub output: u64,
    /// Input written to the five-minute cache.
    pub write_5m: u64,
    /// Input written to the one-hour cache.
    pub write_1h: u64,
    /// Input read from the cache.
    pub read: u64,
}

/// What was known about a model when a segment began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelCard {
    /// The provider's id.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Tokens of prompt and answer together.
    pub context_tokens: u64,
    /// The largest `max_tokens` accepted.
    pub max_output_tokens: u64,
    /// Its prices; `None` if they are unknown.
    pub prices: Option<Vec<Price>>,
    /// The effort to request; `None` if the model refuses the setting.
    pub effort: Option<Effort>,
    /// The kinds of attached files that it reads besides text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<AttachmentKind>>", optional)]
    pub reads: Vec<AttachmentKind>,
}

/// One tool of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CatalogueEntry {
    /// The name that the model uses.
    pub name: String,
    /// The executor of its calls.
    pub executor: String,
    /// How to continue with interrupted calls.
    pub repeat: Repeat,
}

/// Tokens counted by the provider for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
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
    /// Whether some of the counts are estimates: the provider sent none that can be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub is_estimate: bool,
}

/// Why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It finished its answer.
    EndTurn,
    /// It waits for tool results.
    ToolUse,
    /// The output limit cut it.
    MaxTokens,
    /// A configured stop text appeared.
    StopSequence,
    /// A server-side tool paused.
    PauseTurn,
    /// The context window is full.
    ContextFull,
    /// It refused.
    Refusal {
        /// The provider's explanation, possibly empty.
        explanation: String,
    },
    /// A reason that this program does not know.
    Other(String),
}

/// A block of an answer of a kind that is shown. Answers may contain other kinds, and blocks may have more fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// Visible thinking.
    Thinking {
        /// The text.
        thinking: String,
    },
    /// A tool call.
    ToolUse {
        /// Its id.
        id: String,
        /// The tool.
        name: String,
        /// The input.
        #[ts(type = "unknown")]
        input: serde_json::Value,
    },
}

/// One complete answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelReply {
    /// The content array as received; [`ModelReply::blocks`] reads it.
    #[ts(as = "Vec<Block>")]
    pub content: Raw,
    /// Why the model stopped.
    pub stop: StopReason,
    /// Tokens counted.
    pub usage: Usage,
    /// The model that answered.
    pub model: String,
    /// The provider's id of the request, for support questions.
    pub request_id: Option<String>,
    /// USD micro-cents; `None`: unknown price.
    pub cost: Option<u64>,
}

impl ModelReply {
    /// The blocks that can be shown, in order.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let blocks: Vec<Box<serde_json::value::RawValue>> = self.content.read().unwrap_or_default();
        blocks.iter().filter_map(|block| serde_json::from_str(block.get()).ok()).collect()
    }

    /// Its text. A service divides a text where it cites; other texts are separated by a blank line.
    #[must_use]
    pub fn text(&self) -> String {
        words(&self.values())
    }

    /// The pages that its text cites, each once, in their order. People must be shown them with the text.
    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        for citation in self.values().iter().flat_map(citations) {
            let url = citation["url"].as_str().unwrap_or_default();
            let is_web = url.starts_with("https://") || url.starts_with("http://");
            if is_web && sources.len() < MAX_SOURCES && sources.iter().all(|source| source.url != url) {
                let title = citation["title"].as_str().map(str::trim).filter(|title| !title.is_empty()).unwrap_or(url);
                sources.push(Source { url: url.to_owned(), title: title.to_owned() });
            }
        }
        sources
    }

    /// What the service has searched the web for, in order.
    #[must_use]
    pub fn searches(&self) -> Vec<String> {
        let is_search = |block: &&serde_json::Value| block["type"] == "server_tool_use" && block["name"] == "web_search";
        self.values().iter().filter(is_search).filter_map(|block| Some(block["input"]["query"].as_str()?.to_owned())).collect()
    }

    fn values(&self) -> Vec<serde_json::Value> {
        self.content.read().unwrap_or_default()
    }
}

fn citations(block: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    block["citations"].as_array().into_iter().flatten()
}

/// The most sources of an answer that are shown.
const MAX_SOURCES: usize = 50;

/// A page of the web that a text cites. Both come from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its address: `http` or `https`.
    pub url: String,
    /// Its title; the address if it has none.
    pub title: String,
}

/// What kind of failure ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The key is missing or wrong.
    Key,
    /// The account has no credit.
    NoCredit,
    /// The provider refuses the request itself.
    Rejected,
    /// The request is too large.
    TooLarge,
    /// The context window is too small for this conversation.
    PromptTooLong,
    /// The provider no longer accepts earlier messages.
    PastRefused,
    /// No such model.
    UnknownModel,
    /// Rate limited or overloaded for too long.
    Busy,
    /// The provider has an internal failure.
    Unavailable,
    /// No connection.
    Offline,
    /// The answer is incomplete.
    Broken,
    /// The provider aborted the answer and said so.
    Aborted,
    /// This program stopped during the call.
    Interrupted,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: &[FailureKind] = &[
        FailureKind::Key,
        FailureKind::NoCredit,
        FailureKind::Rejected,
        FailureKind::TooLarge,
        FailureKind::PromptTooLong,
        FailureKind::PastRefused,
        FailureKind::UnknownModel,
        FailureKind::Busy,
        FailureKind::Unavailable,
        FailureKind::Offline,
        FailureKind::Broken,
        FailureKind::Aborted,
        FailureKind::Interrupted,
    ];
}

/// A call that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Failure {
    /// Decides how interfaces react.
    pub kind: FailureKind,
    /// One sentence for the person.
    pub message: String,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// Whether an answer is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its content goes into the transcript.
    Kept {
        /// Indices of content blocks that are left out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<u64>>", optional)]
        left_out: Vec<u64>,
        /// The number of tool calls in it.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[ts(as = "Option<u64>", optional)]
        calls: u64,
    },
    /// Nothing of it goes into the transcript.
    Void {
        /// A remark for the model with the next request, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        nudge: Option<Nudge>,
    },
}

/// A remark to the model about its last answer, which was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Nudge {
    /// It was empty.
    Empty,
    /// It was cut at the output limit.
    Shorter,
}

/// How much a call without a bill counts as spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// It was not billed.
    Nothing,
    /// It may have been billed up to its reservation.
    Reservation,
    /// It may have been billed up to this amount.
    AtMost(u64),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

fn words(blocks: &[serde_json::Value]) -> String {
    let is_divided = blocks.iter().any(|block| citations(block).next().is_some());
    let (mut words, mut follows_text) = (String::new(), false);
    for block in blocks {
        let piece = block["text"].as_str().filter(|_| block["type"] == "text");
        let is_continued = is_divided && follows_text;
        if let Some(space) = piece.filter(|piece| piece.trim().is_empty()) {
            // All that is between two pieces that cite.
            words.push_str(if is_continued { space } else { "" });
            continue;
        }
        if let Some(piece) = piece {
            if !words.is_empty() && !is_continued {
                words.push_str("\n\n");
            }
            words.push_str(piece);
        }
        follows_text = piece.is_some();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_space_between_two_citations_is_kept() {
        let cited = |text: &str| json!({"type": "text", "text": text, "citations": [{"type": "x"}]});
        let plain = |text: &str| json!({"type": "text", "text": text});
        assert_eq!(words(&[plain(" "), cited("Green tea."), plain(" "), cited("Black tea.")]), "Green tea. Black tea.");
        assert_eq!(words(&[plain("One."), plain(" "), plain("Two.")]), "One.\n\nTwo.");
    }
}
