//! Reads the bill of a forwarded reply from the bytes that pass through: an event stream, or one JSON object.

use super::usage::Counts;
use crate::http::Parser;
use growqr_core::upstream::Billed;
use serde::Deserialize;

/// A JSON object that is larger is not read, and its bill is unknown.
const JSON_LIMIT: usize = 16 * 1024 * 1024;

/// The fields of an event that tell something about the bill.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    message: Option<Message>,
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Message {
    model: Option<String>,
    usage: Option<Counts>,
}

/// The bill of one reply.
pub(super) struct BillReader {
    format: Format,
    begun: bool,
    model: String,
    counts: Counts,
    billed: Billed,
}

enum Format {
    Events(Parser),
    Json(Vec<u8>),
    /// The bytes cannot be read; the rest of them is ignored.
    Unreadable,
}

impl BillReader {
    /// A reader for a reply with this content type; `None` if the service sends no such replies.
    pub fn for_content_type(kind: &str) -> Option<BillReader> {
        let format = if kind.starts_with("text/event-stream") {
            Format::Events(Parser::default())
        } else if kind.starts_with("application/json") {
            Format::Json(Vec::new())
        } else {
            return None;
        };
        Some(BillReader { format, begun: false, model: String::new(), counts: Counts::default(), billed: Billed::Unknown })
    }

    /// Reads the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let events = match &mut self.format {
            Format::Events(parser) => parser.push(bytes).ok(),
            Format::Json(json) if json.len() + bytes.len() <= JSON_LIMIT => {
                json.extend_from_slice(bytes);
                return;
            }
            Format::Json(_) => None,
            Format::Unreadable => return,
        };
        let is_read = events.is_some_and(|events| events.iter().all(|event| self.push_event(event)));
        if !is_read {
            self.format = Format::Unreadable;
        }
    }

    /// The reply has ended.
    pub fn end(&mut self) {
        let Format::Json(json) = &self.format else { return };
        let Ok(message) = serde_json::from_slice::<Message>(json) else { return };
        if let (Some(model), Some(usage)) = (message.model, message.usage) {
            let (usage, cost) = usage.usage_and_cost(&model);
            self.billed = Billed::Complete { usage, cost };
        }
    }

    /// The bill so far.
    pub fn billed(&self) -> Billed {
        self.billed
    }

    /// Returns `false` if the event cannot be read.
    fn push_event(&mut self, data: &str) -> bool {
        let Ok(event) = serde_json::from_str::<Event>(data) else { return false };
        match event.kind.as_str() {
            "message_start" => {
                let Some(message) = event.message else { return false };
                self.begun = true;
                self.model = message.model.unwrap_or_default();
                self.counts.update(message.usage.unwrap_or_default());
            }
            "message_delta" => self.counts.update(event.usage.unwrap_or_default()),
            "message_stop" if self.begun => {
                let (usage, cost) = self.counts.usage_and_cost(&self.model);
                self.billed = Billed::Complete { usage, cost };
            }
            // Before the reply begins nothing is billed, and the error means that the service is overloaded.
            "error" if !self.begun => self.billed = Billed::Nothing,
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::model::Usage;
    use growqr_core::money::Money;

    const START: &str = "data: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-opus-4-7\",\"usage\":{\"input_tokens\":2,\
                         \"cache_read_input_tokens\":10}}}\n\n";

    fn read(stream: &str) -> Billed {
        let mut reader = BillReader::for_content_type("text/event-stream; charset=utf-8").unwrap();
        stream.as_bytes().chunks(3).for_each(|bytes| reader.push(bytes));
        reader.end();
        reader.billed()
    }

    #[test]
    fn a_complete_stream_names_its_usage_and_cost() {
        let stream = format!(
            "{START}data: {{\"type\":\"message_delta\",\"usage\":{{\"output_tokens\":4}}}}\n\ndata: {{\"type\":\"message_stop\"}}\n\n"
        );
        let usage = Usage { input_tokens: 2, output_tokens: 4, cache_read_tokens: 10, ..Usage::default() };
        assert_eq!(read(&stream), Billed::Complete { usage, cost: Some(Money(1_000 + 10_000 + 500)) });
    }

    #[test]
    fn only_an_error_before_the_start_is_free() {
        let error = "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n";
        assert_eq!(read(error), Billed::Nothing);
        assert_eq!(read(&format!("{START}{error}")), Billed::Unknown);
        assert_eq!(read(START), Billed::Unknown);
        assert_eq!(read("data: nonsense\n\n"), Billed::Unknown);
        assert_eq!(read(&format!("data: nonsense\n\n{error}")), Billed::Unknown);
    }

    #[test]
    fn a_reply_that_is_not_streamed_is_billed_at_its_end() {
        let mut reader = BillReader::for_content_type("application/json").unwrap();
        reader.push(br#"{"model":"claude-opus-4-7","content":[],"usage":{"input_tokens":3,"#);
        assert_eq!(reader.billed(), Billed::Unknown);
        reader.push(br#""output_tokens":0}}"#);
        reader.end();
        let usage = Usage { input_tokens: 3, ..Usage::default() };
        assert_eq!(reader.billed(), Billed::Complete { usage, cost: Some(Money(1_500)) });
        assert!(BillReader::for_content_type("text/html").is_none());
    }
}
