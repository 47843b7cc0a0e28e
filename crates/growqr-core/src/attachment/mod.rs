//! Files that the person attaches to a message: what they are, what they cost, and their limits.
//!
//! Journals and prompts have only this description. The content is stored apart, by its hash ([`crate::journal::Attachments`]), and
//! becomes a part of a request when it is sent ([`crate::model::ModelRequest::files`]).

mod document;
mod examine;
mod picture;

pub use examine::{AttachmentError, Examined, examine};

use crate::id::ContentHash;
use serde::{Deserialize, Serialize};

/// The most files of one message.
pub const MAX_FILES: usize = 5;

/// The largest size of one picture, in bytes.
pub const MAX_IMAGE_BYTES: usize = 5 << 20;

/// The most pixels of each side of a picture.
pub const MAX_SIDE: u32 = 8_000;

/// The largest size of a text, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 200_000;

/// The most pages of all PDF documents of one request.
pub const MAX_PAGES: u32 = 100;

/// The largest size of all files of one request. In base64 this is 28 MB: it leaves room for the conversation in the 32 MB that
/// Anthropic accepts.
pub const MAX_TOTAL_BYTES: u64 = 20 << 20;

/// The most pictures of one request: with more, Anthropic accepts only small ones.
pub const MAX_IMAGES: usize = 20;

/// The most tokens of one picture: larger ones are scaled down.
pub const MAX_IMAGE_TOKENS: u64 = 4_784;

/// A picture costs one token for each square of this many pixels a side.
const SQUARE: u32 = 28;

/// The estimate for one page of a PDF document: 3,000 tokens of text, and a picture of the page.
pub const TOKENS_PER_PAGE: u64 = 4_600;

/// The size of a page in a document whose number of pages is not known.
const BYTES_PER_PAGE: u64 = 50_000;

/// Tokens for the name and the frame of a file.
const FRAME_TOKENS: u64 = 100;

/// Most texts have more bytes per token than this.
const LOW_BYTES_PER_TOKEN: u64 = 3;

/// The kind of an attachment, found in its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// Text of any kind, in UTF-8.
    Text,
    /// A picture: JPEG, PNG, GIF or WebP.
    Image,
    /// A PDF document.
    Pdf,
}

impl AttachmentKind {
    /// All of them.
    pub const ALL: [AttachmentKind; 3] = [AttachmentKind::Text, AttachmentKind::Image, AttachmentKind::Pdf];

    /// Several of them, in a sentence.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            AttachmentKind::Text => "text files",
            AttachmentKind::Image => "pictures",
            AttachmentKind::Pdf => "PDF documents",
        }
    }
}

/// The size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pixels {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// A file that is attached to a message, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Names the stored content.
    pub hash: ContentHash,
    /// Its name, without folders and control characters.
    pub name: String,
    /// Its kind.
    pub kind: AttachmentKind,
    /// Its media type.
    pub media_type: String,
    /// The size of its content.
    pub bytes: u64,
    /// The size of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<Pixels>,
    /// The number of pages of a PDF document, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
}

impl Attachment {
    /// An upper bound of its tokens, to reserve their cost. For a PDF document it is an estimate.
    #[must_use]
    pub fn token_bound(&self) -> u64 {
        FRAME_TOKENS
            + match self.kind {
                AttachmentKind::Text => self.bytes,
                AttachmentKind::Image => self.picture_tokens(),
                AttachmentKind::Pdf => u64::from(self.counted_pages()) * TOKENS_PER_PAGE,
            }
    }

    /// A high estimate of its tokens, to see whether it fits into a context window.
    #[must_use]
    pub fn token_estimate(&self) -> u64 {
        match (self.kind, self.pages) {
            (AttachmentKind::Text, _) => self.bytes.div_ceil(LOW_BYTES_PER_TOKEN) + FRAME_TOKENS,
            (AttachmentKind::Pdf, None) => {
                let pages = self.bytes.div_ceil(BYTES_PER_PAGE).clamp(1, u64::from(MAX_PAGES));
                pages * TOKENS_PER_PAGE + FRAME_TOKENS
            }
            (AttachmentKind::Image | AttachmentKind::Pdf, _) => self.token_bound(),
        }
    }

    /// Its pages, or the most that it may have if they are not known. 0 for other files.
    #[must_use]
    pub fn counted_pages(&self) -> u32 {
        match (self.kind, self.pages) {
            (AttachmentKind::Pdf, pages) => pages.unwrap_or(MAX_PAGES),
            (AttachmentKind::Text | AttachmentKind::Image, _) => 0,
        }
    }

    fn picture_tokens(&self) -> u64 {
        let squares = |side: u32| u64::from(side.div_ceil(SQUARE));
        let tokens = self.pixels.map(|pixels| squares(pixels.width).saturating_mul(squares(pixels.height)));
        tokens.unwrap_or(MAX_IMAGE_TOKENS).min(MAX_IMAGE_TOKENS)
    }
}

/// The sums that limits are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes of all files.
    pub bytes: u64,
    /// The number of pictures.
    pub images: usize,
    /// Pages of PDF documents.
    pub pages: u32,
    /// The estimate of their tokens.
    pub tokens: u64,
}

impl Totals {
    /// The sums of these files.
    #[must_use]
    pub fn of<'a>(files: impl IntoIterator<Item = &'a Attachment>) -> Totals {
        files.into_iter().fold(Totals::default(), Totals::with)
    }

    /// The sums with one more file.
    #[must_use]
    pub fn with(self, file: &Attachment) -> Totals {
        Totals {
            bytes: self.bytes.saturating_add(file.bytes),
            images: self.images + usize::from(file.kind == AttachmentKind::Image),
            pages: self.pages.saturating_add(file.counted_pages()),
            tokens: self.tokens.saturating_add(file.token_estimate()),
        }
    }

    /// Whether one request may have all of them.
    #[must_use]
    pub fn fit_into_request(&self) -> bool {
        self.bytes <= MAX_TOTAL_BYTES && self.images <= MAX_IMAGES && self.pages <= MAX_PAGES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32) -> Attachment {
        Attachment {
            hash: ContentHash::new("h"),
            name: "a.png".to_owned(),
            kind: AttachmentKind::Image,
            media_type: "image/png".to_owned(),
            bytes: 1_000_000,
            pixels: Some(Pixels { width, height }),
            pages: None,
        }
    }

    #[test]
    fn a_picture_costs_by_its_pixels_and_a_document_by_its_pages() {
        for (width, height, tokens) in
            [(1, 1, 1), (28, 28, 1), (29, 28, 2), (1_000, 1_000, 1_296), (8_000, 8_000, MAX_IMAGE_TOKENS)]
        {
            assert_eq!(image(width, height).token_bound(), tokens + FRAME_TOKENS, "{width}x{height}");
        }
        let pdf = |pages| Attachment { kind: AttachmentKind::Pdf, pages, pixels: None, ..image(0, 0) };
        assert_eq!(pdf(Some(7)).token_bound(), 7 * TOKENS_PER_PAGE + FRAME_TOKENS);
        assert_eq!(pdf(None).token_bound(), u64::from(MAX_PAGES) * TOKENS_PER_PAGE + FRAME_TOKENS, "what it may cost");
        assert_eq!(pdf(None).token_estimate(), 20 * TOKENS_PER_PAGE + FRAME_TOKENS, "by its bytes");
        assert!(!Totals::of([&pdf(None), &pdf(Some(1))]).fit_into_request());
        let text = Attachment { kind: AttachmentKind::Text, pixels: None, ..image(0, 0) };
        assert_eq!(text.token_bound(), 1_000_000 + FRAME_TOKENS, "a token has at least one byte");
    }

    #[test]
    fn a_request_has_limits_for_all_of_its_files_together() {
        let many = vec![image(10, 10); MAX_IMAGES];
        assert!(Totals::of(&many).fit_into_request());
        assert!(!Totals::of(&many).with(&image(10, 10)).fit_into_request());
        let large = Attachment { bytes: MAX_TOTAL_BYTES, ..image(10, 10) };
        assert!(Totals::of([&large]).fit_into_request() && !Totals::of([&large, &image(1, 1)]).fit_into_request());
    }
}
