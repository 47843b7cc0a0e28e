//! The body of an answer. It is judged by its first bytes and not by its content type: an event stream, JSON, or the HTML page
//! of another program.

use super::sse::{EVENT_LIMIT, Parser, SseError};
use serde_json::value::RawValue;

/// How many of the first bytes are kept, to quote a body that is no answer.
const PREVIEW: usize = 2048;

/// Turns the bytes of a body into JSON texts: the data of each event, or the whole body.
#[derive(Default)]
pub(crate) struct BodyParser {
    format: Format,
    preview: Vec<u8>,
}

#[derive(Default)]
enum Format {
    /// Only white space so far.
    #[default]
    Unknown,
    Events(Parser),
    /// JSON that may go on over several lines.
    Json(Vec<u8>),
    Html,
}

impl BodyParser {
    /// Adds bytes and returns the texts that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, SseError> {
        let room = PREVIEW.saturating_sub(self.preview.len()).min(bytes.len());
        self.preview.extend_from_slice(&bytes[..room]);
        let mut bytes = bytes;
        if matches!(self.format, Format::Unknown) {
            // A byte order mark may be cut, so its bytes are skipped one by one.
            let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte));
            let Some(start) = start else { return Ok(Vec::new()) };
            bytes = &bytes[start..];
            self.format = match bytes[0] {
                b'{' | b'[' => Format::Json(Vec::new()),
                b'<' => Format::Html,
                _ => Format::Events(Parser::default()),
            };
        }
        match &mut self.format {
            Format::Unknown | Format::Html => Ok(Vec::new()),
            Format::Events(parser) => parser.push(bytes),
            Format::Json(json) => {
                let seen = json.len();
                json.extend_from_slice(bytes);
                if json.len() > EVENT_LIMIT {
                    return Err(SseError::TooLarge);
                }
                // A first line that is a whole object means that each line is an event.
                let newline = bytes.iter().position(|byte| *byte == b'\n').map(|at| seen + at);
                match newline.filter(|end| is_first_line(&json[..*end]) && as_object(&json[..*end])) {
                    None => Ok(Vec::new()),
                    Some(_) => {
                        let json = std::mem::take(json);
                        let mut parser = Parser::default();
                        let events = parser.push(&json);
                        self.format = Format::Events(parser);
                        events
                    }
                }
            }
        }
    }

    /// The texts that the end of the body completes.
    pub fn end(&mut self) -> Vec<String> {
        match &mut self.format {
            Format::Unknown | Format::Html => Vec::new(),
            Format::Events(parser) => parser.end(),
            Format::Json(json) => {
                let json = String::from_utf8_lossy(json);
                let json = json.trim_start_matches('\u{feff}');
                let values: Result<Vec<Box<RawValue>>, _> = serde_json::Deserializer::from_str(json).into_iter().collect();
                match values {
                    Ok(values) => values.into_iter().map(|value| value.get().to_owned()).collect(),
                    // JSON at first and something else after it.
                    Err(_) => {
                        let mut parser = Parser::default();
                        let mut events = parser.push(json.as_bytes()).unwrap_or_default();
                        events.extend(parser.end());
                        events
                    }
                }
            }
        }
    }

    /// Whether the body is an HTML page.
    pub fn is_html(&self) -> bool {
        matches!(self.format, Format::Html)
    }

    /// Whether a text is arriving that is not complete yet.
    pub fn is_in_data(&self) -> bool {
        match &self.format {
            Format::Unknown | Format::Html => false,
            Format::Events(parser) => parser.is_in_data(),
            Format::Json(_) => true,
        }
    }

    /// The beginning of a body that is neither an event stream nor JSON.
    pub fn foreign_text(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.preview);
        let text = text.trim_start_matches('\u{feff}').trim();
        let is_stream = ["data", "event", "id:", "retry:", ":", "{", "["].iter().any(|start| text.starts_with(start));
        (!text.is_empty() && !is_stream).then(|| text.to_owned())
    }
}

fn is_first_line(before: &[u8]) -> bool {
    !before.trim_ascii_start().contains(&b'\n')
}

fn as_object(line: &[u8]) -> bool {
    line.trim_ascii_start().first() == Some(&b'{') && serde_json::from_slice::<&RawValue>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str, size: usize) -> Vec<String> {
        let mut parser = BodyParser::default();
        let mut texts: Vec<String> = body.as_bytes().chunks(size).flat_map(|chunk| parser.push(chunk).unwrap()).collect();
        texts.extend(parser.end());
        texts
    }

    #[test]
    fn a_body_is_judged_by_its_content() {
        for size in [1, 3, 100] {
            assert_eq!(parse("\n {\n \"a\": 1\n}\n", size), ["{\n \"a\": 1\n}"], "whole JSON");
            assert_eq!(parse(" \r\n {\"a\":1} \r\n ", size), ["{\"a\":1}"], "white space around it");
            assert_eq!(parse("{\"a\":1}\n{\"b\":2}\n", size), ["{\"a\":1}", "{\"b\":2}"], "an object on each line");
            assert_eq!(parse("\n\n: x\n\ndata: {\"a\":1}\n\n", size), ["{\"a\":1}"], "events");
            assert_eq!(parse("\u{feff}data: {\"a\":1}\n\n", size), ["{\"a\":1}"], "a byte order mark");
            assert_eq!(parse("{\"a\":1}\n\ndata: {\"b\":2}\n", size), ["{\"a\":1}", "{\"b\":2}"], "both");
            assert!(parse("<html>{}</html>", size).is_empty());
        }
    }

    #[test]
    fn only_text_of_another_kind_is_quoted() {
        let quoted = |body: &str| {
            let mut parser = BodyParser::default();
            parser.push(body.as_bytes()).unwrap();
            parser.foreign_text()
        };
        assert_eq!(quoted("upstream gone\n").as_deref(), Some("upstream gone"));
        assert_eq!(quoted("data: {\"cho"), None);
    }
}
