//! What a body is, by its header and its first bytes.

use super::error::FetchError;

/// How a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Html,
    /// Read as it stands.
    Text,
}

/// The first bytes of files that are not text, and their names.
const MAGIC: [(&[u8], &str); 12] = [
    (b"%PDF-", "a PDF file"),
    (b"\x89PNG", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"PK\x03\x04", "an archive or an office file"),
    (b"PK\x05\x06", "an archive"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"ID3", "a sound"),
    (b"\xd0\xcf\x11\xe0", "an office file"),
];

/// Text that is named otherwise than `text/…`, `…+json` and `…+xml`.
const OTHER_TEXT: [&str; 9] = [
    "application/json",
    "application/ld+json",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/toml",
    "application/javascript",
    "application/x-ndjson",
    "application/graphql",
];

/// How many first bytes are looked at.
const SNIFFED: usize = 512;

/// The kind of a body with this `Content-Type`.
///
/// # Errors
/// [`FetchError::NotText`].
pub(crate) fn kind(content_type: Option<&str>, bytes: &[u8]) -> Result<Kind, FetchError> {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(FetchError::NotText((*name).to_owned()));
    }
    let name = content_type.map(essence).unwrap_or_default();
    match name.as_str() {
        "text/html" | "application/xhtml+xml" if is_text(head, content_type) => Ok(Kind::Html),
        // Servers use the last two for what they do not know.
        "" | "application/octet-stream" | "binary/octet-stream" if is_text(head, content_type) => {
            Ok(if looks_like_html(head) { Kind::Html } else { Kind::Text })
        }
        named if is_named_text(named) && is_text(head, content_type) => Ok(Kind::Text),
        "" | "application/octet-stream" | "binary/octet-stream" => Err(FetchError::NotText("a file that is not text".to_owned())),
        "application/pdf" => Err(FetchError::NotText("a PDF file".to_owned())),
        named => Err(FetchError::NotText(format!("a file of the type {}", shown(named)))),
    }
}

/// The charset that a `Content-Type` names.
pub(crate) fn charset(content_type: &str) -> Option<&str> {
    let parameter = |part: &&str| part.trim_start().get(..8).is_some_and(|name| name.eq_ignore_ascii_case("charset="));
    let value = content_type.split(';').skip(1).find(parameter)?.trim();
    Some(value.get(8..)?.trim_matches(|c| c == '"' || c == '\'' || c == ' '))
}

/// The type without parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_named_text(name: &str) -> bool {
    name.starts_with("text/") || name.ends_with("+json") || name.ends_with("+xml") || OTHER_TEXT.contains(&name)
}

/// No text has a byte 0, but for UTF-16.
fn is_text(head: &[u8], content_type: Option<&str>) -> bool {
    let is_utf_16 = head.starts_with(b"\xff\xfe")
        || head.starts_with(b"\xfe\xff")
        || content_type.and_then(charset).is_some_and(|charset| charset.to_ascii_lowercase().starts_with("utf-16"));
    is_utf_16 || !head.contains(&0)
}

fn looks_like_html(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body", "<!--"].iter().any(|start| text.starts_with(start))
}

/// A type that a server named, for people and models.
fn shown(name: &str) -> String {
    let is_shown = |c: &char| c.is_ascii_alphanumeric() || "/+-._".contains(*c);
    name.chars().filter(is_shown).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_first_bytes_decide_together() {
        let of = |header: &str, bytes: &[u8]| kind(Some(header), bytes).ok();
        assert_eq!(of("text/html; charset=utf-8", b"<p>hello"), Some(Kind::Html));
        assert_eq!(of("APPLICATION/XHTML+XML", b"<html/>"), Some(Kind::Html));
        assert_eq!(of("text/plain", b"<!doctype html>"), Some(Kind::Text));
        assert_eq!(of("application/feed+json", b"{}"), Some(Kind::Text));
        assert_eq!(of("application/octet-stream", b" <!DOCTYPE html>"), Some(Kind::Html));
        assert_eq!(kind(None, b"plain words").ok(), Some(Kind::Text));
        assert_eq!(kind(None, b"").ok(), Some(Kind::Text));
        assert_eq!(of("text/plain; charset=utf-16le", b"a\0b\0"), Some(Kind::Text));
        assert_eq!(of("text/plain", b"\xff\xfea\0"), Some(Kind::Text));
    }

    #[test]
    fn what_is_not_text_is_named_whatever_its_header_says() {
        let problem = |header: Option<&str>, bytes: &[u8]| kind(header, bytes).unwrap_err().to_string();
        assert!(problem(Some("text/html"), b"%PDF-1.7").contains("a PDF file"));
        assert!(problem(Some("application/pdf"), b"").contains("a PDF file"));
        assert!(problem(Some("text/plain"), b"\x89PNG\r\n").contains("a picture"));
        assert!(problem(Some("text/html"), b"ab\0cd").contains("text/html"));
        assert!(problem(None, b"ab\0cd").contains("not text"));
        let odd = problem(Some("video/mp4\u{202e}\"<b>"), b"..");
        assert!(odd.contains("video/mp4b") && !odd.contains('<'), "{odd}");
    }

    #[test]
    fn the_charset_of_a_header_is_found_in_any_spelling() {
        for header in ["text/html;charset=koi8-r", "text/html; x=y; Charset=\"koi8-r\"", "text/html; charset='koi8-r' "] {
            assert_eq!(charset(header), Some("koi8-r"));
        }
        assert_eq!(charset("text/html; ü=charset=x"), None);
    }
}
