//! Builds a reply in the journal's format (thinking, text, tool calls) from the events of a chat completion.
//!
//! Servers differ in how they stream tool calls: in pieces with an `index`, whole in one event, all with the same index,
//! without ids, with ids that are used twice. This file handles all of these.

use super::errors::error_message;
use crate::http::{OnDelta, ReplyBuilder, StreamError};
use crate::tool_input::tool_input_json;
use growqr_core::model::{Delta, StopReason, Usage};
use growqr_core::raw::RawJson;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The data that ends a stream.
const DONE: &str = "[DONE]";

/// The fields of an event that are used; others are ignored.
#[derive(Deserialize)]
struct Event {
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Counts>,
    error: Option<Value>,
    object: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u64,
    delta: Option<Piece>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Piece {
    content: Option<Value>,
    reasoning: Option<Value>,
    reasoning_content: Option<Value>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionPiece>,
}

#[derive(Deserialize)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<Value>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Counts {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

#[derive(Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

/// The state of the reply that is being streamed.
#[derive(Default)]
pub(super) struct Accumulator {
    model: Option<String>,
    thinking: String,
    text: String,
    refusal: String,
    calls: Vec<Call>,
    counts: Option<Counts>,
    finish: Option<String>,
    complete: bool,
}

/// A complete reply.
pub(super) struct CompleteReply {
    pub model: Option<String>,
    pub content: RawJson,
    pub stop: StopReason,
    /// `None` if the server sent no token counts.
    pub usage: Option<Usage>,
    /// Size of the thinking, text and tool calls, for an estimate of the tokens.
    pub bytes: u64,
}

impl ReplyBuilder for Accumulator {
    fn push_event(&mut self, data: &str, on_delta: OnDelta<'_>) -> Result<(), StreamError> {
        if data.trim() == DONE {
            if self.finish.is_none() {
                return Err(StreamError::Unfinished);
            }
            self.complete = true;
            return Ok(());
        }
        let value: Value = serde_json::from_str(data).map_err(|_| StreamError::Unreadable)?;
        let event: Event = serde_json::from_value(value.clone()).map_err(|_| StreamError::Unreadable)?;
        if event.error.is_some_and(|error| !error.is_null()) || event.object.as_deref() == Some("error") {
            return Err(StreamError::FromService(error_message(&value)));
        }
        self.model = event.model.filter(|model| !model.is_empty()).or(self.model.take());
        for choice in event.choices.unwrap_or_default().into_iter().filter(|choice| choice.index == 0) {
            if let Some(piece) = choice.delta {
                self.add(piece, on_delta);
            }
            self.finish = choice.finish_reason.filter(|reason| !reason.is_empty()).or(self.finish.take());
        }
        if let Some(counts) = event.usage {
            self.counts = Some(counts);
            // Counts that arrive before the finish reason are not final.
            self.complete = self.finish.is_some();
        }
        Ok(())
    }

    fn has_begun(&self) -> bool {
        !self.thinking.is_empty() || !self.text.is_empty() || !self.calls.is_empty()
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    /// Some servers close the stream without `[DONE]`, but all send a finish reason.
    fn may_end(&self) -> bool {
        self.finish.is_some()
    }
}

impl Accumulator {
    fn add(&mut self, piece: Piece, on_delta: OnDelta<'_>) {
        let thought = piece.reasoning_content.or(piece.reasoning).as_ref().map(text_of).unwrap_or_default();
        if !thought.is_empty() {
            self.thinking.push_str(&thought);
            on_delta(Delta::Thinking(thought));
        }
        let said = piece.content.as_ref().map(text_of).unwrap_or_default();
        if !said.is_empty() {
            self.text.push_str(&said);
            on_delta(Delta::Text(said));
        }
        self.refusal.push_str(&piece.refusal.unwrap_or_default());
        for call in piece.tool_calls.unwrap_or_default() {
            self.add_call(call, on_delta);
        }
    }

    fn add_call(&mut self, piece: CallPiece, on_delta: OnDelta<'_>) {
        let id = piece.id.unwrap_or_default();
        let function = piece.function.unwrap_or(FunctionPiece { name: None, arguments: None });
        let name = function.name.unwrap_or_default();
        let at = self.calls.iter().rposition(|call| call.continues(piece.index, &id, &name));
        let call = match at {
            Some(at) => &mut self.calls[at],
            None => {
                self.calls.push(Call { index: piece.index, ..Call::default() });
                self.calls.last_mut().expect("one was just added")
            }
        };
        if call.id.is_empty() {
            call.id = id;
        }
        if call.name.is_empty() && !name.is_empty() {
            on_delta(Delta::Call { name: name.clone() });
            call.name = name;
        }
        match function.arguments {
            Some(Value::String(text)) => call.arguments.push_str(&text),
            None | Some(Value::Null) => {}
            // The API requires a string, but some servers send the object itself.
            Some(other) => call.arguments.push_str(&other.to_string()),
        }
    }

    /// The reply. Call ids that are missing, invalid or in `used_ids` are replaced by an id made from `message_count`, which
    /// differs for each reply of the conversation, and the position of the call.
    pub fn into_reply(self, used_ids: &BTreeSet<String>, message_count: usize) -> CompleteReply {
        let bytes = self.thinking.len() + self.text.len() + self.calls.iter().map(Call::bytes).sum::<usize>();
        let stop = self.stop();
        let mut content = Vec::new();
        if !self.thinking.is_empty() {
            content.push(RawJson::of(&json!({"type": "thinking", "thinking": self.thinking})));
        }
        if !self.text.trim().is_empty() {
            content.push(RawJson::of(&json!({"type": "text", "text": self.text})));
        }
        let mut used_ids = used_ids.clone();
        for (position, call) in self.calls.into_iter().enumerate() {
            let generated = format!("call_{message_count}_{position}");
            let id = if is_valid_name(&call.id, 128) && !used_ids.contains(&call.id) { call.id.clone() } else { generated };
            content.push(call.encode(&id));
            used_ids.insert(id);
        }
        CompleteReply {
            model: self.model,
            content: RawJson::of(&content),
            stop,
            usage: self.counts.map(Counts::usage),
            bytes: bytes as u64,
        }
    }

    fn stop(&self) -> StopReason {
        if !self.refusal.is_empty() {
            return StopReason::Refusal { explanation: self.refusal.clone() };
        }
        match self.finish.as_deref().unwrap_or_default() {
            // Some servers send `stop` for tool calls as well.
            "stop" | "tool_calls" | "function_call" if !self.calls.is_empty() => StopReason::ToolUse,
            "stop" | "tool_calls" | "function_call" => StopReason::EndTurn,
            "length" => StopReason::MaxTokens,
            "content_filter" => StopReason::Refusal { explanation: "The service filtered the answer.".to_owned() },
            other => StopReason::Other(other.to_owned()),
        }
    }
}

impl Call {
    /// Whether a piece belongs to this call. A piece with another id begins a new call, even with the same index. So does a
    /// piece with a name, unless it is the same name and the arguments so far are not yet complete JSON.
    fn continues(&self, index: Option<u64>, id: &str, name: &str) -> bool {
        if !id.is_empty() && !self.id.is_empty() {
            return self.id == id && (index == self.index || index.is_none());
        }
        let fits = name.is_empty() || self.name.is_empty() || (self.name == name && !self.has_complete_arguments());
        fits && (index == self.index || index.is_none())
    }

    fn has_complete_arguments(&self) -> bool {
        serde_json::from_str::<Value>(&self.arguments).is_ok()
    }

    fn bytes(&self) -> usize {
        self.name.len() + self.arguments.len()
    }

    /// Encodes the call as a `tool_use` block. Characters that a tool name cannot have are replaced; the model then gets the
    /// error that there is no such tool.
    fn encode(self, id: &str) -> RawJson {
        let name = if is_valid_name(&self.name, 64) { self.name } else { replace_invalid_bytes(&self.name) };
        let input = tool_input_json(self.arguments);
        let text = format!(
            r#"{{"type":"tool_use","id":{},"name":{},"input":{input}}}"#,
            RawJson::of(id).text(),
            RawJson::of(&name).text()
        );
        RawJson::parse(text).expect("its parts are JSON")
    }
}

impl Counts {
    fn usage(self) -> Usage {
        let cached = self.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
        let cached = cached.min(self.prompt_tokens);
        Usage {
            input_tokens: self.prompt_tokens - cached,
            output_tokens: self.completion_tokens,
            cache_read_tokens: cached,
            ..Usage::default()
        }
    }
}

fn is_valid_name(text: &str, limit: usize) -> bool {
    !text.is_empty() && text.len() <= limit && text.bytes().all(is_valid_byte)
}

fn is_valid_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn replace_invalid_bytes(name: &str) -> String {
    let valid: String = name.bytes().take(64).map(|byte| if is_valid_byte(byte) { char::from(byte) } else { '_' }).collect();
    if valid.is_empty() { "unnamed".to_owned() } else { valid }
}

/// The text of a string, or of all parts of an array.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::prompt::{Block, blocks};

    fn answered(events: &[Value]) -> CompleteReply {
        let mut answer = Accumulator::default();
        for event in events {
            answer.push_event(&event.to_string(), &|_| ()).unwrap();
        }
        answer.push_event(DONE, &|_| ()).unwrap();
        answer.into_reply(&BTreeSet::from(["used".to_owned()]), 7)
    }

    fn calls(pieces: &[Value]) -> Vec<(String, String, String)> {
        let mut events: Vec<Value> = pieces.iter().map(|piece| json!({"choices": [{"delta": {"tool_calls": piece}}]})).collect();
        events.push(json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}));
        let answered = answered(&events);
        assert_eq!(answered.stop, StopReason::ToolUse);
        blocks(&answered.content)
            .into_iter()
            .map(|block| match block {
                Block::Call { id, name, input } => (id.to_string(), name, input.text().to_owned()),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn call(id: &str, name: &str, input: &str) -> (String, String, String) {
        (id.to_owned(), name.to_owned(), input.to_owned())
    }

    #[test]
    fn tool_calls_are_separated_however_a_server_streams_them() {
        let both = [call("a", "read", r#"{"p": 1}"#), call("b", "read", r#"{"p":2}"#)];
        let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
        let in_pieces = [
            json!([{"index": 0, "id": "a", "type": "function", "function": function("read", "")}]),
            json!([{"index": 0, "function": {"arguments": "{\"p\""}}]),
            json!([{"index": 0, "function": {"arguments": ": 1}"}}]),
            json!([{"index": 1, "id": "b", "type": "function", "function": function("read", "{\"p\":2}")}]),
        ];
        assert_eq!(calls(&in_pieces), both, "as OpenAI does");
        let whole = |index: Value, id: Value, p: &str| json!({"index": index, "id": id, "function": function("read", p)});
        let (one, two) = (r#"{"p": 1}"#, r#"{"p":2}"#);
        let (a, b) = (json!("a"), json!("b"));
        assert_eq!(
            calls(&[json!([whole(json!(0), a.clone(), one), whole(json!(0), b.clone(), two)])]),
            both,
            "one index for all"
        );
        assert_eq!(calls(&[json!([whole(json!(null), a.clone(), one)]), json!([whole(json!(null), b, two)])]), both, "no index");
        let generated = [call("call_7_0", "read", one), call("call_7_1", "read", two)];
        let none = json!(null);
        assert_eq!(
            calls(&[json!([whole(none.clone(), none.clone(), one)]), json!([whole(none.clone(), none.clone(), two)])]),
            generated,
            "no index, no id"
        );
        assert_eq!(calls(&[json!([whole(json!(0), json!(""), one), whole(json!(0), json!(""), two)])]), generated, "empty ids");
        let again = [whole(json!(0), a.clone(), "{\"p\""), whole(json!(0), a, ": 1}")];
        assert_eq!(calls(&[json!([again[0]]), json!([again[1]])]), both[..1], "id and name in every piece");
    }

    #[test]
    fn invalid_ids_and_names_are_replaced() {
        let one = |id: &str, name: &str| json!([{"index": 0, "id": id, "function": {"name": name, "arguments": "{}"}}]);
        assert_eq!(calls(&[one("functions.read:0", "read")]), [call("call_7_0", "read", "{}")]);
        assert_eq!(calls(&[one("used", "read")]), [call("call_7_0", "read", "{}")], "an id of an earlier reply");
        assert_eq!(calls(&[one("a", "read page")]), [call("a", "read_page", "{}")]);
        assert_eq!(calls(&[one("a", "")]), [call("a", "unnamed", "{}")]);
    }

    #[test]
    fn arguments_that_are_not_an_object_are_wrapped() {
        let with = |arguments: Value| json!([{"index": 0, "id": "a", "function": {"name": "read", "arguments": arguments}}]);
        assert_eq!(calls(&[with(json!(""))])[0].2, "{}");
        assert_eq!(calls(&[with(json!(null))])[0].2, "{}");
        assert_eq!(calls(&[with(json!({"p": 1}))])[0].2, r#"{"p":1}"#);
        assert_eq!(calls(&[with(json!("{\"p\": "))])[0].2, r#"{"INVALID_JSON":"{\"p\": "}"#);
    }

    #[test]
    fn the_last_token_counts_win_and_may_be_missing() {
        let usage = |prompt: u64| {
            json!({"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 3}}})
        };
        let end = json!({"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}], "usage": null});
        let found = answered(&[usage(4), end.clone(), usage(9)]);
        let expected = Usage { input_tokens: 6, cache_read_tokens: 3, output_tokens: 2, ..Usage::default() };
        assert_eq!((found.usage, found.stop), (Some(expected), StopReason::EndTurn));
        assert_eq!(answered(&[end]).usage, None);
    }

    #[test]
    fn a_stream_without_a_finish_reason_is_unfinished() {
        let mut answer = Accumulator::default();
        answer.push_event(r#"{"choices":[{"delta":{"content":"hi"}}]}"#, &|_| ()).unwrap();
        assert!(!answer.may_end());
        assert_eq!(answer.push_event(DONE, &|_| ()), Err(StreamError::Unfinished));
    }

    #[test]
    fn errors_in_the_stream_are_read_in_every_format() {
        for data in [r#"{"error":"no"}"#, r#"{"error":{"message":"no"}}"#, r#"{"object":"error","message":"no"}"#] {
            assert_eq!(
                Accumulator::default().push_event(data, &|_| ()),
                Err(StreamError::FromService("no".to_owned())),
                "{data}"
            );
        }
    }
}
