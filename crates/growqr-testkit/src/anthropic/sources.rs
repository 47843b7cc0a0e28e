//! Checks the sources of pictures and documents as the service does, and counts their tokens.

use super::api_error::ApiError;
use super::checks::{object, one_of, only, required_at};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The largest picture, in bytes of base64.
const PICTURE_BYTES: usize = 10 << 20;

/// The most pixels of a side of a picture, and the most in a request with more than [`FEW`] pictures.
const SIDE: u32 = 8_000;
const SIDE_OF_MANY: u32 = 2_000;
const FEW: usize = 20;

/// The most pages of the documents of a request.
const PAGES: usize = 100;

/// The most tokens of a picture.
const PICTURE_TOKENS: u64 = 4_784;

/// The tokens of a page of a document: its text, and the picture of it.
const PAGE_TOKENS: u64 = 3_000;

/// Checks the source of an `image` or a `document`.
pub(super) fn check(path: &str, block: &Map<String, Value>, is_image: bool) -> Result<(), ApiError> {
    let source =
        object(&format!("{path}.source"), block.get("source").ok_or_else(|| ApiError::required(&format!("{path}.source")))?)?;
    let known: &[&str] = if is_image { &["base64", "url", "file"] } else { &["base64", "url", "file", "text", "content"] };
    let path = format!("{path}.source");
    let kind = one_of(&format!("{path}.type"), source.get("type"), known)?;
    let path = format!("{path}.{kind}");
    match kind {
        "base64" => {
            only(&path, source, &["type", "media_type", "data"])?;
            required_at(&path, source, "data", Value::is_string)?;
            check_data(&path, source, is_image)
        }
        "text" => {
            only(&path, source, &["type", "media_type", "data"])?;
            one_of(&format!("{path}.media_type"), source.get("media_type"), &["text/plain"])?;
            required_at(&path, source, "data", Value::is_string)?;
            match source["data"].as_str() {
                Some("") => Err(ApiError::invalid(format!("{path}.data: text documents must be non-empty"))),
                _ => check_title(block),
            }
        }
        _ => Ok(()),
    }
}

fn check_title(block: &Map<String, Value>) -> Result<(), ApiError> {
    match block.get("title").and_then(Value::as_str) {
        Some(title) if title.is_empty() || title.chars().count() > 500 => {
            Err(ApiError::invalid("document.title: String should have at least 1 and at most 500 characters"))
        }
        _ => Ok(()),
    }
}

fn check_data(path: &str, source: &Map<String, Value>, is_image: bool) -> Result<(), ApiError> {
    const PICTURES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];
    let known = if is_image { PICTURES } else { &["application/pdf"] };
    let media_type = one_of(&format!("{path}.media_type"), source.get("media_type"), known)?;
    let data = source["data"].as_str().unwrap_or_default();
    let Ok(bytes) = STANDARD.decode(data) else { return Err(ApiError::invalid(format!("{path}.data: invalid base64 data"))) };
    if !is_image {
        return if bytes.starts_with(b"%PDF-") { Ok(()) } else { Err(ApiError::invalid("The PDF specified was not valid.")) };
    }
    if data.len() > PICTURE_BYTES {
        let found = data.len();
        return Err(ApiError::invalid(format!("{path}: image exceeds 10 MB maximum: {found} bytes > {PICTURE_BYTES} bytes")));
    }
    if type_of(&bytes) != Some(media_type) {
        return Err(ApiError::invalid(format!("{path}: Image does not match the provided media type {media_type}")));
    }
    match pixels(&bytes) {
        Some((width, height)) if width == 0 || height == 0 => Err(ApiError::invalid("Could not process image")),
        Some((width, height)) if width.max(height) > SIDE => Err(too_wide(path, SIDE)),
        _ => Ok(()),
    }
}

fn too_wide(path: &str, side: u32) -> ApiError {
    ApiError::invalid(format!("{path}.data: At least one of the image dimensions exceed max allowed size: {side} pixels"))
}

fn type_of(bytes: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &str); 3] =
        [(b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif")];
    let found = starts.into_iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, media_type)| media_type);
    found.or_else(|| (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")).then_some("image/webp"))
}

/// The size of a PNG; other pictures are not measured.
fn pixels(bytes: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if type_of(bytes) == Some("image/png") { Some((side(16)?, side(20)?)) } else { None }
}

fn data(block: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(block["source"]["data"].as_str()?).ok()
}

/// Checks the limits of all pictures and documents together. `blocks` are those of the whole prompt, each with its path.
pub(super) fn check_together(blocks: &[(String, &Value)]) -> Result<(), ApiError> {
    let of_kind = |wanted: &'static str| blocks.iter().filter(move |(_, block)| block["type"] == wanted);
    if of_kind("image").count() > FEW {
        let is_wide = |block: &Value| {
            data(block).and_then(|bytes| pixels(&bytes)).is_some_and(|(width, height)| width.max(height) > SIDE_OF_MANY)
        };
        if let Some((path, _)) = of_kind("image").find(|(_, block)| is_wide(block)) {
            return Err(too_wide(path, SIDE_OF_MANY));
        }
    }
    let pages: usize = of_kind("document").map(|(_, block)| pages(block)).sum();
    if pages > PAGES {
        return Err(ApiError::invalid(format!("A maximum of {PAGES} PDF pages may be provided.")));
    }
    Ok(())
}

/// The pages of a document that stand in it uncompressed; 0 for a text.
fn pages(block: &Value) -> usize {
    let Some(bytes) = data(block).filter(|bytes| bytes.starts_with(b"%PDF-")) else { return 0 };
    let text = String::from_utf8_lossy(&bytes).replace("/Type /Page", "/Type/Page");
    text.matches("/Type/Page").count() - text.matches("/Type/Pages").count()
}

/// The tokens of a picture or a PDF document; `None` for other blocks, which cost by their text.
pub(super) fn tokens(block: &Value) -> Option<u64> {
    match block["type"].as_str()? {
        "image" => {
            let squares = |side: u32| u64::from(side.div_ceil(28));
            let tokens = pixels(&data(block)?).map(|(width, height)| squares(width) * squares(height));
            Some(tokens.unwrap_or(PICTURE_TOKENS).min(PICTURE_TOKENS))
        }
        "document" if block["source"]["type"] == "base64" => Some(pages(block) as u64 * PAGE_TOKENS),
        _ => None,
    }
}
