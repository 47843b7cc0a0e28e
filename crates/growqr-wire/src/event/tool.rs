//! Tool calls: handling after an interruption, results, and planned memory changes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How to continue with a call that was running when the program stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// It has no effect and is carried out again.
    Safe,
    /// Its executor is asked whether it happened; if not, it is carried out again.
    LookUp,
    /// It cannot be found out: the model and the person are told that it may have happened.
    Unknown,
}

/// The content of a tool's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum ToolContent {
    /// One block of text.
    Text(String),
    /// Anything else.
    Blocks(Vec<ContentBlock>),
}

/// One part of a tool's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
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

impl ToolContent {
    /// The content for a terminal: its texts, and a line for every other block.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            ToolContent::Text(text) => text.clone(),
            ToolContent::Blocks(blocks) => blocks.iter().map(ContentBlock::plain).collect::<Vec<_>>().join("\n"),
        }
    }
}

impl ContentBlock {
    fn plain(&self) -> String {
        match self {
            ContentBlock::Text { text } => text.clone(),
            ContentBlock::Image { .. } => "[picture]".to_owned(),
            ContentBlock::Link { uri, title } if title.is_empty() => format!("[link: {uri}]"),
            ContentBlock::Link { uri, title } => format!("[link: {title}, {uri}]"),
        }
    }
}

/// A prepared memory change with the id of its commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CommitPlan {
    /// The page's path.
    pub path: String,
    /// The commit before it; `None` in an empty repository.
    pub base_head: Option<String>,
    /// The page's blob before; `None` if the page is new.
    pub old_blob: Option<String>,
    /// The page's blob after; `None` if the page is deleted.
    pub new_blob: Option<String>,
    /// The commit's id.
    pub commit: String,
    /// Whether another change to the page was merged in.
    pub merged: bool,
}
