//! The port to the tools of agents: the tools on offer, the executors of calls, and the results.
//!
//! An *executor* carries out calls. The turn machine knows a catalogue of names ([`CatalogueEntry`]), never the code behind them.
//! Before a call is carried out, the turn machine records the call's executor and whether the call may be repeated.

use crate::clock::Timestamp;
use crate::id::ExecutorId;
use crate::memory::{CommitPlan, Origin};
use crate::prompt::Tool;
use crate::raw::RawJson;
use crate::rules::ArgumentField;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::sync::Arc;

/// Whether the model providers accept this name of a tool: `[a-zA-Z0-9_-]{1,64}`.
#[must_use]
pub fn is_valid_tool_name(name: &str) -> bool {
    is_identifier(name, 64)
}

/// Whether the model providers accept this id of a tool call: `[a-zA-Z0-9_-]{1,128}`.
#[must_use]
pub fn is_valid_call_id(id: &str) -> bool {
    is_identifier(id, 128)
}

fn is_identifier(text: &str, max_len: usize) -> bool {
    (1..=max_len).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// How to continue with a call that was running when the program stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// The call has no effect: carry it out again.
    Safe,
    /// Ask the executor whether the effect with this id happened; if not, carry the call out again.
    LookUp,
    /// It cannot be found out: the model and the person are told that it may have happened.
    Unknown,
}

/// One tool of a segment, as it is recorded when the segment begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    /// The name that the model uses.
    pub name: String,
    /// The executor of its calls.
    pub executor: ExecutorId,
    /// How to continue with calls that a stop of the program interrupted.
    pub repeat: Repeat,
}

/// A tool on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedTool {
    /// Name, description and input schema for the model.
    pub tool: Tool,
    /// The executor of its calls.
    pub executor: ExecutorId,
    /// How to continue with calls that a stop of the program interrupted.
    pub repeat: Repeat,
    /// The argument that rules compare.
    pub argument: Option<ArgumentField>,
    /// Hash of the program that defines the tool, its description and its schema; `None` for tools of GrowQR. The person's "always"
    /// is about this definition.
    pub hash: Option<String>,
}

impl OfferedTool {
    /// The part that the turn machine needs.
    #[must_use]
    pub fn entry(&self) -> CatalogueEntry {
        CatalogueEntry { name: self.tool.name.clone(), executor: self.executor.clone(), repeat: self.repeat }
    }
}

/// A recorded call, as an executor gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// Its executor.
    pub executor: ExecutorId,
    /// The tool's name.
    pub name: String,
    /// The input's JSON text as the model sent it: not checked against the tool's schema.
    pub input: RawJson,
    /// The agent, its turn and the id of the effect.
    pub origin: Origin,
    /// When the call was recorded. Also the time of the change that it makes.
    pub at: Timestamp,
    /// The change is made on a branch of its own, where it waits for the person's approval.
    pub held: bool,
    /// The [`OfferedTool::hash`] with which the call was decided. Its executor calls no other definition.
    pub definition: Option<String>,
}

/// The outcome of carrying out a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performed {
    /// The call succeeded or failed.
    Finished(ToolResult),
    /// A memory change is prepared. It must be recorded before it is committed; nothing of it is visible yet.
    Planned(CommitPlan),
}

/// An executor's answer about a call that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookedUp {
    /// The call had its effect, and this is its result.
    Happened(ToolResult),
    /// The call had no effect.
    NothingHappened,
    /// The executor cannot find out.
    Unknown,
}

/// Carries out tool calls.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Its id.
    fn id(&self) -> ExecutorId;

    /// The tools that it offers now.
    fn tools(&self) -> Vec<OfferedTool>;

    /// Prepares a call before it is recorded, as far as that has no effect; `None` if it cannot be prepared. Saves one append and
    /// the wait for it.
    async fn prepare(&self, call: &ToolCall) -> Option<Performed> {
        let _ = call;
        None
    }

    /// Carries out a recorded call; `plan` is the recorded change, if there is one. Invalid input gives a result that says what
    /// to send instead.
    async fn perform(&self, call: &ToolCall, plan: Option<&CommitPlan>) -> Performed;

    /// Finds out the result of an interrupted call. Only for tools with [`Repeat::LookUp`]. The task that carried out the call
    /// has ended. A request that it sent to another system may still be under way; the executor must take that into account.
    async fn look_up(&self, call: &ToolCall) -> LookedUp {
        let _ = call;
        LookedUp::Unknown
    }
}

/// All tools for the agents of a profile.
pub trait Tools: Send + Sync {
    /// The tools of the next segment, in the order in which they are sent. Names satisfy [`is_valid_tool_name`] and are
    /// distinct. Returns the same list as long as nothing changes.
    fn offered(&self) -> Arc<[OfferedTool]>;

    /// The executor with this id; `None` if it no longer exists.
    fn executor(&self, id: &ExecutorId) -> Option<Arc<dyn Executor>>;
}

/// One part of a tool's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContentBlock {
    /// Text for the model.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Image {
        /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
        media_type: String,
        /// Its bytes in base64.
        data: String,
    },
    /// A resource that can be read elsewhere.
    Link {
        /// Its address.
        uri: String,
        /// Its title; may be empty.
        title: String,
    },
}

/// The content of a tool's result. One block of text is stored as a plain JSON string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredContent", into = "StoredContent")]
pub struct ToolContent(pub Vec<ContentBlock>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredContent {
    Text(String),
    Blocks(Vec<ContentBlock>),
}

impl From<StoredContent> for ToolContent {
    fn from(stored: StoredContent) -> ToolContent {
        match stored {
            StoredContent::Text(text) => ToolContent::text(text),
            StoredContent::Blocks(blocks) => ToolContent(blocks),
        }
    }
}

impl From<ToolContent> for StoredContent {
    fn from(ToolContent(mut blocks): ToolContent) -> StoredContent {
        match (blocks.pop(), blocks.is_empty()) {
            (Some(ContentBlock::Text { text }), true) => StoredContent::Text(text),
            (Some(last), _) => {
                blocks.push(last);
                StoredContent::Blocks(blocks)
            }
            (None, _) => StoredContent::Blocks(blocks),
        }
    }
}

impl ToolContent {
    /// Content with one text block.
    #[must_use]
    pub fn text(text: impl Into<String>) -> ToolContent {
        ToolContent(vec![ContentBlock::Text { text: text.into() }])
    }

    /// All text, and one line for each other block: for people, and for models that cannot see pictures.
    #[must_use]
    pub fn plain(&self) -> Cow<'_, str> {
        match &self.0[..] {
            [ContentBlock::Text { text }] => Cow::Borrowed(text),
            blocks => Cow::Owned(blocks.iter().map(ContentBlock::plain).collect::<Vec<_>>().join("\n")),
        }
    }

    /// Whether it has no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|block| matches!(block, ContentBlock::Text { text } if text.trim().is_empty()))
    }
}

impl ContentBlock {
    fn plain(&self) -> Cow<'_, str> {
        match self {
            ContentBlock::Text { text } => Cow::Borrowed(text),
            ContentBlock::Image { media_type, data } => {
                Cow::Owned(format!("[a picture ({media_type}, {} bytes)]", data.len() / 4 * 3))
            }
            ContentBlock::Link { uri, title } if title.is_empty() => Cow::Owned(format!("[link: {uri}]")),
            ContentBlock::Link { uri, title } => Cow::Owned(format!("[link: {title}, {uri}]")),
        }
    }

    /// Whether providers accept the picture: one of four types, valid base64, not too large.
    fn is_valid_image(&self) -> bool {
        let ContentBlock::Image { media_type, data } = self else { return false };
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        matches!(media_type.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp")
            && (4..=MAX_IMAGE_BYTES).contains(&data.len())
            && data.len().is_multiple_of(4)
            && data.bytes().all(is_base64)
    }

    /// The block of the Messages API. A link becomes text: the API has no such block for a tool's result.
    #[must_use]
    pub fn to_api(&self) -> serde_json::Value {
        match self {
            ContentBlock::Image { media_type, data } => {
                json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}})
            }
            ContentBlock::Text { .. } | ContentBlock::Link { .. } => json!({"type": "text", "text": self.plain()}),
        }
    }
}

/// The most text of one result, in bytes: more than any model reads at once.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// The most pictures and the most blocks of any kind in one result.
const MAX_IMAGES: usize = 20;
const MAX_BLOCKS: usize = 1_000;

/// The largest size of one picture in base64 bytes; the Messages API accepts 10 MB.
const MAX_IMAGE_BYTES: usize = 5 << 20;

/// The result of a tool call for the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// For the model.
    pub content: ToolContent,
    /// Whether the call failed.
    pub is_error: bool,
}

impl ToolResult {
    /// Result of a successful call.
    #[must_use]
    pub fn ok(text: impl Into<String>) -> ToolResult {
        ToolResult { content: ToolContent::text(text), is_error: false }
    }

    /// The result with all limits applied, ready to be recorded and sent; executors are not trusted to keep the limits. A picture
    /// that no provider accepts (another type or size, or in an error) becomes a line of text; text beyond the limit is cut, with
    /// a note.
    #[must_use]
    pub fn within_limits(self) -> ToolResult {
        let ToolResult { content: ToolContent(blocks), is_error } = self;
        let mut text_left = MAX_TEXT_BYTES;
        let mut images_left = MAX_IMAGES;
        let fit = |block: ContentBlock| {
            let is_valid = !is_error && images_left > 0 && block.is_valid_image();
            let text = match &block {
                ContentBlock::Image { .. } if is_valid => {
                    images_left -= 1;
                    return block;
                }
                ContentBlock::Link { .. } if block.plain().len() <= text_left => {
                    text_left -= block.plain().len();
                    return block;
                }
                other => other.plain(),
            };
            let end = text.floor_char_boundary(text_left);
            text_left -= end;
            let cut = text.len() - end;
            let note = if cut > 0 { format!("\n[{cut} more bytes are left out]") } else { String::new() };
            ContentBlock::Text { text: format!("{}{note}", &text[..end]) }
        };
        let mut blocks: Vec<ContentBlock> = blocks.into_iter().take(MAX_BLOCKS).map(fit).collect();
        if is_error && blocks.len() > 1 {
            blocks = ToolContent::text(ToolContent(blocks).plain()).0;
        }
        ToolResult { content: ToolContent(blocks), is_error }
    }

    /// Result of a failed call; the text says what to do next.
    #[must_use]
    pub fn error(text: impl Into<String>) -> ToolResult {
        ToolResult { content: ToolContent::text(text), is_error: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(content: &ToolContent) -> String {
        let stored = serde_json::to_string(content).unwrap();
        assert_eq!(serde_json::from_str::<ToolContent>(&stored).unwrap(), *content);
        stored
    }

    #[test]
    fn text_alone_is_stored_as_a_string_and_everything_else_as_blocks() {
        assert_eq!(round_trip(&ToolContent::text("found")), "\"found\"");
        assert_eq!(round_trip(&ToolContent(vec![])), "[]");
        let link = ContentBlock::Link { uri: "file:///a".to_owned(), title: String::new() };
        let stored = round_trip(&ToolContent(vec![ContentBlock::Text { text: "see".to_owned() }, link]));
        assert_eq!(stored, r#"[{"type":"text","text":"see"},{"type":"link","uri":"file:///a","title":""}]"#);
    }

    #[test]
    fn content_that_no_provider_accepts_becomes_text() {
        let image =
            |media_type: &str, data: &str| ContentBlock::Image { media_type: media_type.to_owned(), data: data.to_owned() };
        let fit = |blocks: Vec<ContentBlock>, is_error| ToolResult { content: ToolContent(blocks), is_error }.within_limits();
        let valid = image("image/png", "AAAA");
        assert_eq!(fit(vec![valid.clone()], false).content.0, std::slice::from_ref(&valid));
        for image in [image("image/svg+xml", "AAAA"), image("image/png", "not base64!"), image("image/png", "")] {
            assert!(matches!(&fit(vec![image], false).content.0[..], [ContentBlock::Text { .. }]));
        }
        let error = fit(vec![ContentBlock::Text { text: "it failed".to_owned() }, valid.clone()], true);
        assert_eq!(error.content, ToolContent::text("it failed\n[a picture (image/png, 3 bytes)]"));
        assert_eq!(fit(vec![valid; 30], false).content.0.iter().filter(|block| block.is_valid_image()).count(), MAX_IMAGES);
        let long = fit(vec![ContentBlock::Text { text: "ü".repeat(MAX_TEXT_BYTES) }], false).content;
        assert!(long.plain().len() < MAX_TEXT_BYTES + 100 && long.plain().ends_with("more bytes are left out]"));
    }

    #[test]
    fn a_block_without_text_is_described_in_one_line() {
        let image = ContentBlock::Image { media_type: "image/png".to_owned(), data: "AAAA".to_owned() };
        let content = ToolContent(vec![ContentBlock::Text { text: "see".to_owned() }, image]);
        assert_eq!(content.plain(), "see\n[a picture (image/png, 3 bytes)]");
        assert!(!content.is_empty() && ToolContent::text(" ").is_empty() && ToolContent(vec![]).is_empty());
    }
}
