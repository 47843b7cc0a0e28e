//! The port to the tools of agents: what is offered, who carries a call out, and what a call gives.
//!
//! An *executor* carries calls out. The turn machine knows a catalogue of names ([`CatalogueEntry`]), never the code
//! behind them; it records which executor a call has and whether the call may be repeated, before anything happens.

use crate::clock::Timestamp;
use crate::id::ExecutorId;
use crate::memory::{CommitPlan, Origin};
use crate::prompt::Tool;
use crate::raw::RawJson;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::sync::Arc;

/// What is done about a call that was under way when the program stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// It has no effect: it is carried out again.
    Safe,
    /// Its executor is asked whether its effect id happened; if not, it is carried out again.
    LookUp,
    /// Nobody can tell: model and person are told that it may have happened.
    Unknown,
}

/// One tool of a segment, as it is recorded when the segment begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    /// The name that the model uses.
    pub name: String,
    /// Who carries its calls out.
    pub executor: ExecutorId,
    /// What is done about calls that a stop of the program interrupted.
    pub repeat: Repeat,
}

/// A tool as it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedTool {
    /// What the model is told.
    pub tool: Tool,
    /// Who carries its calls out.
    pub executor: ExecutorId,
    /// What is done about calls that a stop of the program interrupted.
    pub repeat: Repeat,
}

impl OfferedTool {
    /// What the turn machine needs to know.
    #[must_use]
    pub fn entry(&self) -> CatalogueEntry {
        CatalogueEntry { name: self.tool.name.clone(), executor: self.executor.clone(), repeat: self.repeat }
    }
}

/// A recorded call that an executor carries out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// Who carries it out.
    pub executor: ExecutorId,
    /// The tool's name.
    pub name: String,
    /// The input's JSON text as the model sent it: not checked against the tool's schema.
    pub input: RawJson,
    /// The agent, its turn and the id of the effect.
    pub origin: Origin,
    /// When the call was recorded: the time of what it makes.
    pub at: Timestamp,
}

/// What came of carrying a call out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performed {
    /// It is done, or failed.
    Finished(ToolResult),
    /// A change of memory is worked out and must be recorded before it is made; nothing of it is visible yet.
    Planned(CommitPlan),
}

/// What an executor knows of a call that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookedUp {
    /// It had its effect, and this is its result.
    Happened(ToolResult),
    /// It had no effect.
    NothingHappened,
    /// That cannot be found out.
    Unknown,
}

/// Carries tool calls out.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Its id.
    fn id(&self) -> ExecutorId;

    /// The tools that it offers now.
    fn tools(&self) -> Vec<OfferedTool>;

    /// Works a call out before it is recorded, as far as that has no effect; `None` if nothing can be said yet. Saves an
    /// append and the wait for it.
    async fn prepare(&self, call: &ToolCall) -> Option<Performed> {
        let _ = call;
        None
    }

    /// Carries a recorded call out; `plan` is the recorded change, if one was worked out. Wrong input is a result that
    /// says what to send instead.
    async fn perform(&self, call: &ToolCall, plan: Option<&CommitPlan>) -> Performed;

    /// Finds out what became of an interrupted call. Only for tools that are [`Repeat::LookUp`]. The task that carried it out
    /// has ended; a request that it sent elsewhere may still be under way, which the executor must know.
    async fn look_up(&self, call: &ToolCall) -> LookedUp {
        let _ = call;
        LookedUp::Unknown
    }
}

/// All tools there are for the agents of a profile.
pub trait Tools: Send + Sync {
    /// What the next segment offers, in the order in which it is sent. Names are `[a-zA-Z0-9_-]{1,64}` and distinct. As long
    /// as nothing changes, the same list is given.
    fn offered(&self) -> Arc<[OfferedTool]>;

    /// The executor of this id; `None` if it is gone.
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
    /// One block of text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> ToolContent {
        ToolContent(vec![ContentBlock::Text { text: text.into() }])
    }

    /// All that is text, and a line for each other block: for people, and for models that cannot see pictures.
    #[must_use]
    pub fn plain(&self) -> Cow<'_, str> {
        match &self.0[..] {
            [ContentBlock::Text { text }] => Cow::Borrowed(text),
            blocks => Cow::Owned(blocks.iter().map(ContentBlock::plain).collect::<Vec<_>>().join("\n")),
        }
    }

    /// Whether it says nothing.
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

    /// Whether providers accept it: one of four types, base64, not too large.
    fn is_sound_image(&self) -> bool {
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

/// The most text of one result: more than any model reads at once.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// The most pictures of one result, and blocks of any kind.
const MAX_IMAGES: usize = 20;
const MAX_BLOCKS: usize = 1_000;

/// The most bytes of one picture in base64; the Messages API takes 10 MB.
const MAX_IMAGE_BYTES: usize = 5 << 20;

/// What a tool call gives the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// For the model.
    pub content: ToolContent,
    /// Whether the call failed.
    pub is_error: bool,
}

impl ToolResult {
    /// The call did what it should.
    #[must_use]
    pub fn ok(text: impl Into<String>) -> ToolResult {
        ToolResult { content: ToolContent::text(text), is_error: false }
    }

    /// The result as it may be recorded and sent: executors are not trusted with that. What no provider accepts becomes a line
    /// of text: a picture of another type or size, or in an error; text beyond the limit is cut, with a note.
    #[must_use]
    pub fn within_limits(self) -> ToolResult {
        let ToolResult { content: ToolContent(blocks), is_error } = self;
        let mut text_left = MAX_TEXT_BYTES;
        let mut images_left = MAX_IMAGES;
        let fit = |block: ContentBlock| {
            let is_sound = !is_error && images_left > 0 && block.is_sound_image();
            let text = match &block {
                ContentBlock::Image { .. } if is_sound => {
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

    /// The call failed; the text says what to do next.
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
    fn what_no_provider_accepts_becomes_text() {
        let image =
            |media_type: &str, data: &str| ContentBlock::Image { media_type: media_type.to_owned(), data: data.to_owned() };
        let fit = |blocks: Vec<ContentBlock>, is_error| ToolResult { content: ToolContent(blocks), is_error }.within_limits();
        let sound = image("image/png", "AAAA");
        assert_eq!(fit(vec![sound.clone()], false).content.0, std::slice::from_ref(&sound));
        for odd in [image("image/svg+xml", "AAAA"), image("image/png", "not base64!"), image("image/png", "")] {
            assert!(matches!(&fit(vec![odd], false).content.0[..], [ContentBlock::Text { .. }]));
        }
        let error = fit(vec![ContentBlock::Text { text: "it failed".to_owned() }, sound.clone()], true);
        assert_eq!(error.content, ToolContent::text("it failed\n[a picture (image/png, 3 bytes)]"));
        assert_eq!(fit(vec![sound; 30], false).content.0.iter().filter(|block| block.is_sound_image()).count(), MAX_IMAGES);
        let long = fit(vec![ContentBlock::Text { text: "ü".repeat(MAX_TEXT_BYTES) }], false).content;
        assert!(long.plain().len() < MAX_TEXT_BYTES + 100 && long.plain().ends_with("more bytes are left out]"));
    }

    #[test]
    fn a_block_without_text_has_a_line_for_people() {
        let image = ContentBlock::Image { media_type: "image/png".to_owned(), data: "AAAA".to_owned() };
        let content = ToolContent(vec![ContentBlock::Text { text: "see".to_owned() }, image]);
        assert_eq!(content.plain(), "see\n[a picture (image/png, 3 bytes)]");
        assert!(!content.is_empty() && ToolContent::text(" ").is_empty() && ToolContent(vec![]).is_empty());
    }
}
