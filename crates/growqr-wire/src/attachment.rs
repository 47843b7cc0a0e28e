//! Files that the person attaches to a message.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// The kind of an attachment, found in its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// Text of any kind.
    Text,
    /// A picture: JPEG, PNG, GIF or WebP.
    Image,
    /// A PDF document.
    Pdf,
}

/// A file that is attached to a message, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Attachment {
    /// SHA-256 of its content, in hex. [`crate::Request::Attachment`] reads the content by it.
    pub hash: String,
    /// Its name, without folders.
    pub name: String,
    /// Its kind.
    pub kind: AttachmentKind,
    /// Its media type, such as `image/png`.
    pub media_type: String,
    /// The size of its content.
    #[ts(type = "number")]
    pub bytes: u64,
    /// The size of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pixels: Option<Pixels>,
    /// The number of pages of a PDF document, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pages: Option<u32>,
}

impl Attachment {
    /// Its name, kind and size, for people. The name may have any characters but those that cannot be seen.
    #[must_use]
    pub fn words(&self) -> String {
        let kind = match self.kind {
            AttachmentKind::Text => "text",
            AttachmentKind::Image => "picture",
            AttachmentKind::Pdf => "PDF",
        };
        format!("{} ({kind}, {} kB)", self.name, self.bytes.div_ceil(1_000))
    }
}

/// The size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Pixels {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// What can be attached to the next message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AttachmentLimits {
    /// The kinds that the model reads. May be empty.
    pub kinds: Vec<AttachmentKind>,
    /// The largest size of all files of a message together, and so of a single PDF document. Pictures and texts have smaller
    /// limits of their own.
    #[ts(type = "number")]
    pub max_bytes: u64,
    /// The largest size of a picture.
    #[ts(type = "number")]
    pub max_image_bytes: u64,
    /// The largest size of a text.
    #[ts(type = "number")]
    pub max_text_bytes: u64,
    /// The most files of a message.
    pub max_files: u32,
    /// The model that would read them.
    pub model: String,
    /// Why a kind is missing, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub why_not: Option<String>,
}

/// The content of a file in base64. Its `Debug` says only how long it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FileContent(pub String);

impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileContent({} bytes of base64)", self.0.len())
    }
}
