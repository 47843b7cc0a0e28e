//! Requests to a model and its answers, in the form that the journal stores.
//!
//! That form is the content-block array of the Messages API, kept as raw JSON; adapters of other providers translate to and from
//! it. A [`Segment`] is everything that is sent before the messages. Within a segment, messages are only appended, so the
//! serialised beginning of a request equals the previous request byte for byte.

use crate::attachment::{Attachment, AttachmentKind};
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
pub const MAX_SEARCHES: u64 = 3;

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
    /// A file that the person attached. Its content takes its place when the request is sent.
    Attachment(Box<Attachment>),
    /// Any other type of block; it is sent back unchanged.
    Other(String),
}

/// Where an `image` or `document` block of the journal gets its content from: a stored file. No provider sees this form.
#[derive(Serialize, Deserialize)]
struct AttachedSource {
    #[serde(rename = "type")]
    kind: AttachedTag,
    /// What was counted for it when the request was decided.
    tokens: u64,
    file: Attachment,
}

#[derive(Serialize, Deserialize)]
enum AttachedTag {
    #[serde(rename = "attachment")]
    Attachment,
}

/// The block for an attached file.
#[must_use]
pub fn attachment_block(file: &Attachment) -> RawJson {
    #[derive(Serialize)]
    struct AttachedBlock {
        #[serde(rename = "type")]
        kind: &'static str,
        source: AttachedSource,
    }
    let kind = if file.kind == AttachmentKind::Image { "image" } else { "document" };
    let source = AttachedSource { kind: AttachedTag::Attachment, tokens: file.token_bound(), file: file.clone() };
    RawJson::of(&AttachedBlock { kind, source })
}

/// An attached text for models that get only text: in an element that nothing in the text, or in its name, can end.
#[must_use]
pub fn attached_text(file: &Attachment, text: &str) -> String {
    let (element, name) = ("attached_file", RawJson::of(&file.name.replace(['<', '>'], " ")));
    format!("<{element} name={}>\n{}\n</{element}>", name.text(), escape_closing_tag(text, element))
}

/// What a request has in place of a file whose content is missing.
#[must_use]
pub fn missing_attachment(file: &Attachment) -> String {
    format!("(The content of the attached file {} is missing on this computer.)", RawJson::of(&file.name).text())
}

/// Escapes this element's closing tag in data, so that the data cannot end the element around it.
pub(crate) fn escape_closing_tag(text: &str, element: &str) -> String {
    text.replace(&format!("</{element}"), &format!("<\\/{element}"))
}

/// The attached files of some content, in order.
#[must_use]
pub fn attachments_of(content: &RawJson) -> Vec<Attachment> {
    if !content.text().contains(ATTACHED) {
        return Vec::new();
    }
    let attached = |block| match block {
        Block::Attachment(file) => Some(*file),
        _ => None,
    };
    blocks(content).into_iter().filter_map(attached).collect()
}

/// Stands in every content with an attached file. Text in it has its quotes escaped.
pub(crate) const ATTACHED: &str = r#"{"type":"attachment","#;

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
    #[serde(borrow)]
    source: Option<&'a RawValue>,
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
        "image" | "document" if let Some(file) = fields.source.and_then(attached) => Block::Attachment(Box::new(file)),
        other => Block::Other(other.to_owned()),
    }
}

fn attached(source: &RawValue) -> Option<Attachment> {
    serde_json::from_str::<AttachedSource>(source.get()).ok().map(|source| source.file)
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

/// All text of a content array, in order, blocks separated by a blank line. Of a text that the service has divided to cite its sources
/// the pieces follow each other as received: one of them can be the only space between two others.
#[must_use]
pub fn text_of(content: &RawJson) -> String {
    let is_divided = content.text().contains(CITES);
    let (mut all, mut follows_text) = (String::new(), false);
    for block in blocks(content) {
        let Block::Text(text) = block else {
            follows_text = false;
            continue;
        };
        let is_continued = is_divided && follows_text;
        if text.trim().is_empty() {
            all.push_str(if is_continued { &text } else { "" });
            continue;
        }
        if !all.is_empty() && !is_continued {
            all.push_str("\n\n");
        }
        all.push_str(&text);
        follows_text = true;
    }
    all
}

/// What the content array of an answer with citations has.
const CITES: &str = r#""citations":[{"#;

/// Like [`blocks`], but a text that the service has divided to cite its sources is one block.
pub(crate) fn joined_blocks(content: &RawJson) -> Vec<Block> {
    let all = blocks(content);
    if !content.text().contains(CITES) {
        return all;
    }
    let mut joined: Vec<Block> = Vec::new();
    for block in all {
        match (joined.last_mut(), block) {
            (Some(Block::Text(text)), Block::Text(more)) => text.push_str(&more),
            (_, block) => joined.push(block),
        }
    }
    joined
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
    fn a_text_that_was_divided_to_cite_is_one_text() {
        let content = r#"[{"type":"text","text":"Take "},{"type":"text","text":"70","citations":[{"type":"x"}]},{"type":"text","text":" degrees."},
            {"type":"web_search_tool_result"},{"type":"text","text":"More."}]"#;
        assert_eq!(text_of(&RawJson::parse(content).unwrap()), "Take 70 degrees.\n\nMore.");
        let whole = r#"[{"type":"text","text":"One."},{"type":"text","text":"Two.","citations":[]}]"#;
        assert_eq!(text_of(&RawJson::parse(whole).unwrap()), "One.\n\nTwo.");
        let spaced = r#"[{"type":"text","text":" "},{"type":"text","text":"One.","citations":[{"type":"x"}]},{"type":"text","text":" "},
            {"type":"text","text":"Two.","citations":[{"type":"x"}]},{"type":"server_tool_use"},{"type":"text","text":"\n"},{"type":"text","text":"Three."}]"#;
        assert_eq!(text_of(&RawJson::parse(spaced).unwrap()), "One. Two.\n\nThree.");
        let empty = r#"[{"type":"text","text":"One."},{"type":"text","text":"\n\n"},{"type":"text","text":"Two."}]"#;
        assert_eq!(text_of(&RawJson::parse(empty).unwrap()), "One.\n\nTwo.");
    }

    #[test]
    fn unknown_blocks_keep_their_type() {
        let content = RawJson::parse(r#"[{"type":"hologram","x":1},{"type":"text","text":"hi"},7]"#).unwrap();
        assert_eq!(blocks(&content), [Block::Other("hologram".into()), Block::Text("hi".into()), Block::Other(String::new())]);
        assert_eq!(text_of(&content), "hi");
    }
}
