//! Finds out what a file is, and refuses what no model reads.

use super::{
    Attachment, AttachmentKind, MAX_IMAGE_BYTES, MAX_PAGES, MAX_SIDE, MAX_TEXT_BYTES, MAX_TOTAL_BYTES, Pixels, document, picture,
};
use crate::id::{ContentHash, sha256_hex};
use crate::names::is_invisible;

/// The longest name that is kept, in characters. Anthropic accepts titles of up to 500.
const NAME_CHARS: usize = 120;

/// Why a file cannot be attached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// It has no content.
    #[error("{name:?} is empty")]
    Empty {
        /// Its name.
        name: String,
    },
    /// It is of a type that cannot be attached.
    #[error("{name:?} is {what}, which cannot be attached")]
    UnknownType {
        /// Its name.
        name: String,
        /// Its type, as far as it is known.
        what: &'static str,
        /// What to do instead.
        next_step: &'static str,
    },
    /// Its content is not what its first bytes say.
    #[error("{name:?} cannot be read: the file is damaged")]
    Damaged {
        /// Its name.
        name: String,
    },
    /// It is too large.
    #[error("{name:?} is too large: {bytes} bytes; the limit for {} is {limit} bytes", .kind.plural())]
    TooLarge {
        /// Its name.
        name: String,
        /// Its kind.
        kind: AttachmentKind,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A picture has too many pixels.
    #[error("{name:?} has {} x {} pixels; the limit is {} a side", .pixels.width, .pixels.height, MAX_SIDE)]
    TooManyPixels {
        /// Its name.
        name: String,
        /// Its size.
        pixels: Pixels,
    },
    /// A document has too many pages.
    #[error("{name:?} has {pages} pages; the limit is {}", MAX_PAGES)]
    TooManyPages {
        /// Its name.
        name: String,
        /// Its pages.
        pages: u32,
    },
    /// A document needs a password.
    #[error("{name:?} is protected with a password")]
    Protected {
        /// Its name.
        name: String,
    },
}

impl AttachmentError {
    /// What the person can do.
    #[must_use]
    pub fn next_step(&self) -> &'static str {
        match self {
            AttachmentError::Empty { .. } => "Attach a file that has content.",
            AttachmentError::UnknownType { next_step, .. } => next_step,
            AttachmentError::Damaged { .. } => "Open it in another program, save it again, and attach that file.",
            AttachmentError::TooLarge { kind: AttachmentKind::Text, .. } => "Attach the part of it that matters.",
            AttachmentError::TooLarge { kind: AttachmentKind::Image, .. } | AttachmentError::TooManyPixels { .. } => {
                "Make the picture smaller, for example to 2000 pixels, and attach that."
            }
            AttachmentError::TooLarge { kind: AttachmentKind::Pdf, .. } | AttachmentError::TooManyPages { .. } => {
                "Save the pages that matter as a document of their own, and attach that."
            }
            AttachmentError::Protected { .. } => "Save a copy without a password, and attach that.",
        }
    }
}

/// A file that can be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What it is.
    pub attachment: Attachment,
    /// The content to store: as it was given; text in UTF-8.
    pub content: Vec<u8>,
}

/// Finds out what a file is, by its content alone.
///
/// # Errors
/// [`AttachmentError`]: it cannot be attached.
pub fn examine(name: &str, bytes: Vec<u8>) -> Result<Examined, AttachmentError> {
    let name = clean_name(name);
    if bytes.is_empty() {
        return Err(AttachmentError::Empty { name });
    }
    let (mut pixels, mut pages) = (None, None);
    let (kind, media_type, content) = if let Some(media_type) = picture::media_type(&bytes) {
        within(&name, AttachmentKind::Image, bytes.len(), MAX_IMAGE_BYTES)?;
        let Some(size) = picture::pixels(media_type, &bytes) else { return Err(AttachmentError::Damaged { name }) };
        if size.width > MAX_SIDE || size.height > MAX_SIDE {
            return Err(AttachmentError::TooManyPixels { name, pixels: size });
        }
        pixels = Some(size);
        (AttachmentKind::Image, media_type, bytes)
    } else if document::is_pdf(&bytes) {
        within(&name, AttachmentKind::Pdf, bytes.len(), usize::try_from(MAX_TOTAL_BYTES).unwrap_or(usize::MAX))?;
        if document::is_encrypted(&bytes) {
            return Err(AttachmentError::Protected { name });
        }
        pages = document::pages(&bytes);
        if let Some(pages) = pages.filter(|pages| *pages > MAX_PAGES) {
            return Err(AttachmentError::TooManyPages { name, pages });
        }
        (AttachmentKind::Pdf, "application/pdf", bytes)
    } else {
        let text = match text(bytes) {
            Ok(text) => text,
            Err(bytes) => {
                let (what, next_step) = unknown(&bytes);
                return Err(AttachmentError::UnknownType { name, what, next_step });
            }
        };
        within(&name, AttachmentKind::Text, text.len(), MAX_TEXT_BYTES)?;
        if text.trim().is_empty() {
            return Err(AttachmentError::Empty { name });
        }
        (AttachmentKind::Text, "text/plain", text.into_bytes())
    };
    let hash = ContentHash::new(sha256_hex(&content));
    let (media_type, size) = (media_type.to_owned(), content.len() as u64);
    Ok(Examined { attachment: Attachment { hash, name, kind, media_type, bytes: size, pixels, pages }, content })
}

fn within(name: &str, kind: AttachmentKind, bytes: usize, limit: usize) -> Result<(), AttachmentError> {
    if bytes <= limit { Ok(()) } else { Err(AttachmentError::TooLarge { name: name.to_owned(), kind, bytes, limit }) }
}

/// The text of these bytes, without a byte order mark; the bytes if they are no text.
fn text(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    let decoded = match &bytes[..] {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        all => std::str::from_utf8(all).ok().map(str::to_owned),
    };
    decoded.filter(|text| !text.contains('\0')).ok_or(bytes)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).ok().filter(|_| rest.is_empty())
}

/// What a file is that is neither a picture, nor a document, nor a text, and what to do instead.
fn unknown(bytes: &[u8]) -> (&'static str, &'static str) {
    const PICTURE: &str = "Save the picture as PNG or JPEG, and attach that.";
    const OTHER: &str = "Text, PNG, JPEG, GIF, WebP and PDF files can be attached.";
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            ("an office document or an archive", "Save it as PDF or as text, and attach that; unpack an archive first.")
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => ("an old office document", "Save it as PDF or as text, and attach that."),
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm', b'e' | b'i', ..] => ("a HEIC picture", PICTURE),
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', ..] => ("an AVIF picture", PICTURE),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => ("a video", "Attach single pictures of it."),
        [b'B', b'M', ..] | [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => ("a picture of another type", PICTURE),
        _ => ("a file of another type", OTHER),
    }
}

/// The name without folders, control characters and characters that cannot be seen.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let name = visible.trim();
    let count = name.chars().count();
    if name.is_empty() {
        return "file".to_owned();
    }
    if count <= NAME_CHARS {
        return name.to_owned();
    }
    // The end tells the type.
    let tail: String = name.chars().skip(count - 20).collect();
    let head: String = name.chars().take(NAME_CHARS - 21).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    fn padded(mut bytes: Vec<u8>, len: usize) -> Vec<u8> {
        bytes.resize(len, b' ');
        bytes
    }

    fn kind_of(name: &str, bytes: &[u8]) -> (AttachmentKind, String, u64) {
        let found = examine(name, bytes.to_vec()).unwrap().attachment;
        (found.kind, found.media_type, found.bytes)
    }

    #[test]
    fn a_file_is_judged_by_its_content_and_not_by_its_name() {
        assert_eq!(kind_of("notes.txt", &png(3, 2)), (AttachmentKind::Image, "image/png".to_owned(), 24));
        assert_eq!(kind_of("picture.png", b"hello"), (AttachmentKind::Text, "text/plain".to_owned(), 5));
        assert_eq!(kind_of("x", b"%PDF-1.4 x"), (AttachmentKind::Pdf, "application/pdf".to_owned(), 10));
    }

    #[test]
    fn text_of_other_encodings_is_stored_in_utf_8() {
        for bytes in [&b"\xef\xbb\xbfh\xc3\xa9"[..], b"\xff\xfeh\0\xe9\0", b"\xfe\xff\0h\0\xe9", b"h\xc3\xa9"] {
            let found = examine("a.txt", bytes.to_vec()).unwrap();
            assert_eq!(found.content, "hé".as_bytes());
            assert_eq!(found.attachment.hash.as_str(), sha256_hex("hé".as_bytes()), "the same text is stored once");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_works_instead() {
        let pages = b"%PDF-1.4 1 0 obj <</Type/Pages/Count 101>> endobj".to_vec();
        let cases: [(&str, Vec<u8>, &str, &str); 14] = [
            ("nothing", Vec::new(), "is empty", "has content"),
            ("blank", b" \n ".to_vec(), "is empty", "has content"),
            ("a.docx", b"PK\x03\x04\0\0".to_vec(), "office document", "as PDF"),
            ("a.doc", vec![0xd0, 0xcf, 0x11, 0xe0, 0], "old office document", "as PDF"),
            ("a.heic", b"\0\0\0\x18ftypheic\0".to_vec(), "HEIC picture", "PNG or JPEG"),
            ("a.mp4", b"\0\0\0\x18ftypisom\0".to_vec(), "a video", "single pictures"),
            ("a.bmp", b"BM\0\0\0\0".to_vec(), "a picture of another type", "PNG or JPEG"),
            ("a.bin", vec![0, 1, 2, 0xff], "another type", "can be attached"),
            ("a.png", b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "damaged", "save it again"),
            ("wide.png", png(8_001, 1), "8001 x 1 pixels", "smaller"),
            ("large.png", padded(png(1, 1), MAX_IMAGE_BYTES + 1), "the limit for pictures is 5242880", "smaller"),
            ("long.txt", vec![b'a'; MAX_TEXT_BYTES + 1], "the limit for text files is 200000", "part of it"),
            ("book.pdf", pages, "101 pages", "pages that matter"),
            ("secret.pdf", b"%PDF-1.4 trailer <</Encrypt 1 0 R>>".to_vec(), "password", "without a password"),
        ];
        for (name, bytes, problem, next_step) in cases {
            let error = examine(name, bytes).unwrap_err();
            assert!(error.to_string().contains(problem), "{name}: {error}");
            assert!(error.next_step().contains(next_step), "{name}: {}", error.next_step());
        }
        for bytes in [padded(png(8_000, 8_000), MAX_IMAGE_BYTES), vec![b'a'; MAX_TEXT_BYTES]] {
            examine("at the limit", bytes).unwrap();
        }
    }

    #[test]
    fn a_name_has_no_folders_and_nothing_that_cannot_be_seen() {
        let name = |name: &str| examine(name, b"x".to_vec()).unwrap().attachment.name;
        assert_eq!(name("/folder/a b.txt"), "a b.txt");
        assert_eq!(name("C:\\files\\report\u{202e}fdp.txt\n"), "reportfdp.txt");
        assert_eq!(name(" \u{7}/"), "file");
        let long = name(&format!("{}.tar.gz", "x".repeat(300)));
        assert!(long.chars().count() == NAME_CHARS && long.ends_with(".tar.gz"), "{long}");
    }
}
