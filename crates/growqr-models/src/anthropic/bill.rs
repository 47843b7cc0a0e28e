//! Reads the bill of a forwarded reply from the bytes that pass through: an event stream, or one JSON object.

use super::usage::Counts;
use crate::http::BodyParser;
use crate::lenient::{is_error, mark_halves, scalar};
use growqr_core::upstream::Billed;
use serde_json::Value;

/// The bill of one reply.
pub(super) struct BillReader {
    /// `None` once the bytes cannot be read; the rest of them is ignored.
    parser: Option<BodyParser>,
    /// Whether a part of the reply has arrived.
    has_begun: bool,
    /// Whether the count of the output is the last one.
    is_output_final: bool,
    model: String,
    counts: Counts,
    billed: Billed,
}

impl BillReader {
    /// A reader for a reply with this content type; `None` for a page that is meant for people. What the reply is shows its
    /// content.
    pub fn for_content_type(kind: &str) -> Option<BillReader> {
        let is_page = kind.starts_with("text/html");
        let parser = Some(BodyParser::default());
        (!is_page).then(|| BillReader {
            parser,
            has_begun: false,
            is_output_final: false,
            model: String::new(),
            counts: Counts::default(),
            billed: Billed::Unknown,
        })
    }

    /// Reads the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        match self.parser.as_mut().map(|parser| parser.push(bytes)) {
            Some(Ok(texts)) => texts.iter().for_each(|text| self.push_text(text)),
            Some(Err(_)) => self.parser = None,
            None => {}
        }
    }

    /// The reply has ended.
    pub fn end(&mut self) {
        let texts = self.parser.take().map(|mut parser| parser.end()).unwrap_or_default();
        for text in texts {
            self.push_text(&text);
        }
    }

    /// The bill so far.
    pub fn billed(&self) -> Billed {
        self.billed
    }

    /// Reads an event or a whole message. Skips what cannot be read: only the counts matter.
    fn push_text(&mut self, text: &str) {
        let text = text.trim().trim_start_matches("data:").trim_start();
        // Words such as "ping" keep the connection alive, and some proxies end every stream with "[DONE]".
        if !text.starts_with(['{', '[']) || text == "[DONE]" {
            return;
        }
        let Ok(event) = serde_json::from_str::<Value>(&mark_halves(text)) else {
            // It may have been a part of the reply.
            return self.begin();
        };
        if event["type"] == "ping" {
            return;
        }
        if is_error(&event) {
            // Before the reply begins nothing is billed, and the error means that the service is overloaded.
            if !self.has_begun {
                self.billed = Billed::Nothing;
            }
            return;
        }
        self.begin();
        match event["type"].as_str() {
            Some("message_start") => {
                let message = &event["message"];
                self.model = scalar(&message["model"]).unwrap_or_default();
                self.counts.update(Counts::read(&message["usage"]));
            }
            Some("message_delta") => self.take_last(&event["usage"]),
            Some("message_stop") => self.complete(),
            _ if event["model"].is_string() && event["usage"].is_object() => {
                self.model = scalar(&event["model"]).unwrap_or_default();
                self.take_last(&event["usage"]);
                self.complete();
            }
            _ => {}
        }
    }

    /// A part of the reply has arrived: from now on it is not free.
    fn begin(&mut self) {
        self.has_begun = true;
        if self.billed == Billed::Nothing {
            self.billed = Billed::Unknown;
        }
    }

    /// Takes counts over of which the output is the last one.
    fn take_last(&mut self, usage: &Value) {
        let counts = Counts::read(usage);
        self.is_output_final |= counts.has_output();
        self.counts.update(counts);
    }

    /// The reply is complete. Without all of its counts the bill stays unknown.
    fn complete(&mut self) {
        if self.counts.are_whole(self.is_output_final) {
            let (usage, cost) = self.counts.usage_and_cost(&self.model);
            self.billed = Billed::Complete { usage, cost };
        }
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
        assert_eq!(read(&format!("data: nonsense\n\n{error}")), Billed::Nothing);
        assert_eq!(read(&format!("data: {{\"type\":\n\n{error}")), Billed::Unknown, "it may have been content");
    }

    #[test]
    fn what_is_not_json_does_not_hide_the_bill() {
        let last = "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":4}}\n\ndata: {\"type\":\"message_stop\"}\n\n";
        let half = "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"\\ud83c\"}}";
        let expected = read(&format!("{START}{last}"));
        assert!(matches!(expected, Billed::Complete { .. }));
        for odd in ["data: ping", "data: [DONE]", "data: data: ping", "data: {\"type\":", half] {
            assert_eq!(read(&format!("{START}{odd}\n\n{last}")), expected, "{odd}");
            assert_eq!(read(&format!("{START}{last}{odd}\n\n")), expected, "{odd}");
        }
        let halves_in_model = START.replace("\"usage\"", "\"note\":\"\\udf31\",\"usage\"");
        assert_eq!(read(&format!("{halves_in_model}{last}")), expected, "counts beside a half");
    }

    #[test]
    fn an_error_after_content_is_not_free_even_without_a_start() {
        let error = "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n";
        let content = "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n";
        assert_eq!(read(&format!("{content}{error}")), Billed::Unknown);
        assert_eq!(read(&format!("{error}{content}")), Billed::Unknown, "it began after all");
        assert_eq!(read(&format!("data: {{\"type\":\"ping\"}}\n\n{error}")), Billed::Nothing);
    }

    #[test]
    fn without_both_final_counts_the_bill_is_unknown() {
        let stream = |start: &str, end: &str| {
            let start = format!("{{\"type\":\"message_start\",\"message\":{{\"model\":\"claude-opus-4-7\",\"usage\":{start}}}}}");
            let end = format!("{{\"type\":\"message_delta\",\"usage\":{end}}}");
            format!("data: {start}\n\ndata: {end}\n\ndata: {{\"type\":\"message_stop\"}}\n\n")
        };
        let known = r#"{"output_tokens":4}"#;
        for missing in ["{}", "null", r#"{"input_tokens":null}"#, r#"{"input_tokens":-3}"#, r#"{"input_tokens":"many"}"#] {
            assert_eq!(read(&stream(missing, known)), Billed::Unknown, "{missing}");
        }
        assert_eq!(read(&stream(r#"{"input_tokens":0}"#, known)), Billed::Unknown, "no prompt is empty");
        let begun = r#"{"input_tokens":2,"output_tokens":1}"#;
        for missing in ["{}", "null", r#"{"output_tokens":null}"#, r#"{"output_tokens":-1}"#, r#"{"output_tokens":"few"}"#] {
            assert_eq!(read(&stream(begun, missing)), Billed::Unknown, "{missing}");
        }
        assert_eq!(read(&stream(begun, r#"{"output_tokens":4,"iterations":[{"input_tokens":2}]}"#)), Billed::Unknown);
        assert!(matches!(read(&stream(begun, known)), Billed::Complete { .. }));
        assert_eq!(read(r#"{"model":"claude-opus-4-7","usage":{"output_tokens":4}}"#), Billed::Unknown);
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
