//! Parser for server-sent events. Accepts the bytes in chunks of any size and does not interpret the events.
//!
//! It is more generous than the standard: servers also part events by a single newline, omit the last blank line, and send a
//! JSON object on a line of its own. Bytes that are not UTF-8 become U+FFFD.

use serde::de::IgnoredAny;

/// Larger events are refused. A whole answer has at most 128,000 tokens, so this leaves ample room.
pub(super) const EVENT_LIMIT: usize = 16 * 1024 * 1024;

/// Why bytes cannot be parsed as an event stream.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    #[error("an event of the stream is too large")]
    TooLarge,
}

/// Turns bytes into the `data` of each complete event. Event names, ids and comments are dropped.
#[derive(Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    data: Option<String>,
    /// Whether the data was already tested for being complete. Incomplete JSON never becomes complete by another object.
    is_tested: bool,
    after_cr: bool,
    begun: bool,
}

impl Parser {
    /// Adds bytes and returns the events that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, SseError> {
        let mut events = Vec::new();
        for byte in bytes {
            let follows_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if follows_cr => {}
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    self.end_line(&mut events);
                }
                other => self.line.push(*other),
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > EVENT_LIMIT {
                return Err(SseError::TooLarge);
            }
        }
        Ok(events)
    }

    /// The events that the end of the stream completes. Data that the end has cut is dropped.
    pub fn end(&mut self) -> Vec<String> {
        let mut events = Vec::new();
        if !self.line.is_empty() {
            self.end_line(&mut events);
        }
        events.extend(self.take_data().filter(|data| is_whole(data)));
        events
    }

    /// Whether the data of an event is arriving.
    pub fn is_in_data(&self) -> bool {
        self.data.is_some() || self.line.starts_with(b"data:")
    }

    /// Processes a complete line. An empty line ends the event.
    fn end_line(&mut self, events: &mut Vec<String>) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let mut line = line.as_ref();
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            events.extend(self.take_data());
            return;
        }
        if line.trim_start().starts_with('{') && is_whole(line) {
            events.extend(self.take_data());
            events.push(line.trim().to_owned());
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field != "data" {
            return;
        }
        let value = value.strip_prefix(' ').unwrap_or(value);
        if self.ends_before(value) {
            events.extend(self.take_data());
        }
        match &mut self.data {
            None => self.data = Some(value.to_owned()),
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
        }
    }

    /// Whether `next` begins another event although no empty line came before it.
    fn ends_before(&mut self, next: &str) -> bool {
        let Some(data) = &self.data else { return false };
        // A second test of a growing text could make the time quadratic.
        let is_due = !data.contains('\n') || !self.is_tested && next.trim_start().starts_with(['{', '[']);
        self.is_tested |= is_due && data.contains('\n');
        is_due && is_whole(data)
    }

    fn take_data(&mut self) -> Option<String> {
        self.is_tested = false;
        self.data.take()
    }
}

/// Whether a text is one complete JSON value, or the word that ends a stream.
fn is_whole(data: &str) -> bool {
    data.trim() == "[DONE]" || serde_json::from_str::<IgnoredAny>(data).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8], size: usize) -> Vec<String> {
        let mut parser = Parser::default();
        let mut events: Vec<String> = bytes.chunks(size).flat_map(|chunk| parser.push(chunk).unwrap()).collect();
        events.extend(parser.end());
        events
    }

    #[test]
    fn chunk_boundaries_do_not_change_the_events() {
        let stream = "\u{feff}event: a\r\ndata: {\"x\":\"grüße 🌱\"}\r\n\r\n: a comment\n\ndata:one\r\ndata: two\r\nid: 7\n\nretry: 1\rdata: three\r\rdata: unfinished\n";
        let expected = vec!["{\"x\":\"grüße 🌱\"}".to_owned(), "one\ntwo".to_owned(), "three".to_owned()];
        for size in 1..=stream.len() {
            assert_eq!(parse(stream.as_bytes(), size), expected, "chunks of {size} bytes");
        }
    }

    #[test]
    fn events_parted_by_one_newline_are_separate_and_the_last_needs_no_newline() {
        let stream = "data: {\"a\":1}\nevent: b\ndata: {\"b\":\ndata: 2}\n{\"c\":3}\ndata: [DONE]";
        assert_eq!(parse(stream.as_bytes(), 4), ["{\"a\":1}", "{\"b\":\n2}", "{\"c\":3}", "[DONE]"]);
        assert_eq!(parse(b"data: {\"a\":1}\n\ndata: {\"b\":", 3), ["{\"a\":1}"], "a cut event is dropped");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(parse(b"data: \"a\xff\xfe\"\n\n", 2), ["\"a\u{fffd}\u{fffd}\""]);
    }

    #[test]
    fn an_endless_line_is_refused_before_it_fills_the_memory() {
        let mut parser = Parser::default();
        let chunk = vec![b'x'; 1024 * 1024];
        let refused = (0..32).any(|_| parser.push(&chunk) == Err(SseError::TooLarge));
        assert!(refused);
    }
}
