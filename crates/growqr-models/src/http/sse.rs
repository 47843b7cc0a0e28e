//! Parser for server-sent events. Accepts the bytes in chunks of any size and does not interpret the events.

/// Larger events are refused. A whole answer has at most 128,000 tokens, so this leaves ample room.
const EVENT_LIMIT: usize = 16 * 1024 * 1024;

/// Why bytes cannot be parsed as an event stream.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    #[error("the stream is not UTF-8")]
    NotUtf8,
    #[error("an event of the stream is too large")]
    TooLarge,
}

/// Turns bytes into the `data` of each complete event. Event names, ids and comments are dropped.
#[derive(Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    data: Option<String>,
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
                    events.extend(self.end_line()?);
                }
                other => self.line.push(*other),
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > EVENT_LIMIT {
                return Err(SseError::TooLarge);
            }
        }
        Ok(events)
    }

    /// Processes a complete line. An empty line ends the event.
    fn end_line(&mut self) -> Result<Option<String>, SseError> {
        let line = std::mem::take(&mut self.line);
        let mut line = std::str::from_utf8(&line).map_err(|_| SseError::NotUtf8)?;
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.data.take());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                None => self.data = Some(value.to_owned()),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8], size: usize) -> Vec<String> {
        let mut parser = Parser::default();
        bytes.chunks(size).flat_map(|chunk| parser.push(chunk).unwrap()).collect()
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
    fn bytes_that_are_not_utf8_are_refused() {
        assert_eq!(Parser::default().push(b"data: \xff\n"), Err(SseError::NotUtf8));
    }

    #[test]
    fn an_endless_line_is_refused_before_it_fills_the_memory() {
        let mut parser = Parser::default();
        let chunk = vec![b'x'; 1024 * 1024];
        let refused = (0..32).any(|_| parser.push(&chunk) == Err(SseError::TooLarge));
        assert!(refused);
    }
}
