//! Requests to a model and its answers, in the form that the journal stores.
//!
//! That form is the content-block array of the Messages API, kept as raw JSON; adapters of other providers translate to and from
//! it. A [`Segment`] is everything that is sent before the messages. Within a segment, messages are only appended, so the
//! serialised beginning of a request equals the previous request byte for byte.

use crate::id::{CallId, SegmentHash, sha256_hex};
use crate::raw::RawJson;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The effort of a model; sent explicitly to every model that has this setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // The names are the API's own.
pub enum Effort {
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

/// One tool as the model sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `[a-zA-Z0-9_-]{1,64}`.
    pub name: String,
    /// Three or four sentences for the model.
    pub description: String,
    /// A JSON Schema object.
    pub input_schema: RawJson,
}

/// Provider, model, effort, system text and tools: they must not change while a cached conversation continues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// `anthropic`, `openai` or `guide`.
    pub provider: String,
    /// The provider's model id.
    pub model: String,
    /// `None` where the model has no such setting.
    pub effort: Option<Effort>,
    /// Operator text. Never contains text from outside.
    pub system: String,
    /// In the order in which they are sent.
    pub tools: Vec<Tool>,
    /// The address of the server, if the choice of the model names one. `None`: the server that is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The provider searches the web for the model, at most [`MAX_SEARCHES`] times in a call, and bills each search.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub web_search: bool,
}

/// The most searches of the web in one call.
pub const MAX_SEARCHES: u64 = 5;

impl Segment {
    /// The bytes that are stored, and their hash.
    #[must_use]
    pub fn encode(&self) -> (SegmentHash, Vec<u8>) {
        let bytes = RawJson::of(self).text().as_bytes().to_vec();
        (SegmentHash::new(sha256_hex(&bytes)), bytes)
    }

    /// Reads stored bytes back.
    ///
    /// # Errors
    /// If the bytes are not a segment.
    pub fn decode(bytes: &[u8]) -> Result<Segment, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// The sender of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person, tool results and mail.
    User,
    /// The model.
    Assistant,
}

/// One message of a prompt. Two neighbours may have the same role; the API merges them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The sender.
    pub role: Role,
    /// A non-empty JSON array of content blocks.
    pub content: RawJson,
}

/// A content block, as far as this program reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Text.
    Text(String),
    /// A thinking block's visible text, possibly empty.
    Thinking(String),
    /// The model calls a tool.
    Call {
        /// The model's id of the call.
        id: CallId,
        /// The tool's name.
        name: String,
        /// The input's JSON text as received.
        input: RawJson,
    },
    /// The result of a call.
    Result {
        /// The id of the call.
        id: CallId,
        /// The result as text; a placeholder stands for a picture.
        content: String,
        /// Whether the call failed.
        is_error: bool,
    },
    /// Any other type of block; it is sent back unchanged.
    Other(String),
}

#[derive(Deserialize)]
struct BlockFields<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    thinking: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_use_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    is_error: Option<bool>,
}

/// Reads a content array. An array that does not parse has no blocks: it came from outside and is stored, but not trusted.
#[must_use]
pub fn blocks(content: &RawJson) -> Vec<Block> {
    let Ok(raw) = serde_json::from_str::<Vec<&RawValue>>(content.text()) else { return Vec::new() };
    raw.into_iter().map(block).collect()
}

fn block(raw: &RawValue) -> Block {
    let Ok(fields) = serde_json::from_str::<BlockFields>(raw.get()) else { return Block::Other(String::new()) };
    let text = |field: Option<Cow<str>>| field.unwrap_or_default().into_owned();
    match fields.kind.as_ref() {
        "text" => Block::Text(text(fields.text)),
        "thinking" => Block::Thinking(text(fields.thinking)),
        "tool_use" => Block::Call {
            id: CallId::new(text(fields.id)),
            name: text(fields.name),
            input: fields
                .input
                .and_then(|raw| RawJson::parse(raw.get()).ok())
                .unwrap_or_else(|| RawJson::of(&serde_json::json!({}))),
        },
        "tool_result" => Block::Result {
            id: CallId::new(text(fields.tool_use_id)),
            content: fields.content.map(result_text).unwrap_or_default(),
            is_error: fields.is_error.unwrap_or(false),
        },
        other => Block::Other(other.to_owned()),
    }
}

/// The content of a tool's result as text: it is a string, or an array of blocks.
fn result_text(content: &RawValue) -> String {
    if let Ok(text) = serde_json::from_str(content.get()) {
        return text;
    }
    let Ok(blocks) = serde_json::from_str::<Vec<&RawValue>>(content.get()) else { return String::new() };
    let lines: Vec<String> = blocks
        .into_iter()
        .map(|raw| match block(raw) {
            Block::Text(text) => text,
            Block::Other(kind) if kind == "image" => "[a picture, which cannot be shown as text]".to_owned(),
            _ => String::new(),
        })
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}

/// All text of a content array, in order, blocks separated by a blank line.
#[must_use]
pub fn text_of(content: &RawJson) -> String {
    let texts: Vec<String> = blocks(content)
        .into_iter()
        .filter_map(|block| match block {
            Block::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        })
        .collect();
    texts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_input_keeps_its_text() {
        let content = RawJson::parse(r#"[{"type":"tool_use","id":"t","name":"n","input":{"a": 1.0, "b":"\u0041"}}]"#).unwrap();
        let Some(Block::Call { input, .. }) = blocks(&content).pop() else { panic!("a call") };
        assert_eq!(input.text(), r#"{"a": 1.0, "b":"\u0041"}"#);
    }

    #[test]
    fn a_result_of_several_blocks_reads_as_text() {
        let image = r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}"#;
        let content =
            format!(r#"[{{"type":"tool_result","tool_use_id":"t","content":[{{"type":"text","text":"see"}},{image}]}}]"#);
        let Some(Block::Result { content, .. }) = blocks(&RawJson::parse(content).unwrap()).pop() else { panic!("a result") };
        assert_eq!(content, "see\n[a picture, which cannot be shown as text]");
    }

    #[test]
    fn unknown_blocks_keep_their_type() {
        let content = RawJson::parse(r#"[{"type":"hologram","x":1},{"type":"text","text":"hi"},7]"#).unwrap();
        assert_eq!(blocks(&content), [Block::Other("hologram".into()), Block::Text("hi".into()), Block::Other(String::new())]);
        assert_eq!(text_of(&content), "hi");
    }
}
