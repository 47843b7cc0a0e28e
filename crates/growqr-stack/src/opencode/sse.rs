//! Parser for the event stream: each event is one `data:` line. Accepts the bytes in chunks of any size.

/// Larger events are dropped with their connection. A finished part with long tool output has some hundred kilobytes.
const EVENT_LIMIT: usize = 16 * 1024 * 1024;

/// An event that is too large.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Turns bytes into the `data` of each event.
#[derive(Default)]
pub(super) struct Parser {
    line: Vec<u8>,
}

impl Parser {
    /// Adds bytes and returns the data lines that they complete. Lines that are not UTF-8 are skipped.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLarge> {
        let mut events = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.line.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            events.extend(data_of(&std::mem::take(&mut self.line)));
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > EVENT_LIMIT { Err(TooLarge) } else { Ok(events) }
    }
}

fn data_of(line: &[u8]) -> Option<String> {
    let data = std::str::from_utf8(line).ok()?.strip_prefix("data:")?;
    Some(data.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_boundaries_do_not_change_the_events() {
        let stream = ": hello\ndata: {\"x\":\"grüße\"}\n\ndata:two\r\n\r\nid: 7\ndata: unfinished".as_bytes();
        for size in 1..=stream.len() {
            let mut parser = Parser::default();
            let events: Vec<String> = stream.chunks(size).flat_map(|chunk| parser.push(chunk).unwrap()).collect();
            assert_eq!(events, ["{\"x\":\"grüße\"}", "two"], "chunks of {size} bytes");
        }
    }

    #[test]
    fn an_endless_line_is_refused_before_it_fills_the_memory() {
        let mut parser = Parser::default();
        let chunk = vec![b'x'; 1024 * 1024];
        assert!((0..32).any(|_| parser.push(&chunk) == Err(TooLarge)));
    }
}
