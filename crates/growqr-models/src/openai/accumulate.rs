//! Builds a reply in the journal's format (thinking, text, tool calls) from the events of a chat completion, or from a whole one.
//!
//! Servers differ in how they stream tool calls: in pieces with an `index`, whole in one event, all with the same index,
//! without ids, with ids that are used twice, as words. This file handles all of these. Fields are read one by one: a field that
//! cannot be read counts as missing.

use super::call_pieces::{CallPiece, Calls};
use super::called_words::{Heard, calls_in};
use super::words::{Part, Words};
use crate::http::{OnDelta, Progress, ReplyBuilder, Stage, StreamError};
use crate::lenient::{count, index, is_error, join_halves, mark_halves, reason, scalar};
use crate::shown::Shown;
use growqr_core::model::{Delta, ModelRequest, StopReason, Usage};
use growqr_core::prompt::Tool;
use growqr_core::raw::RawJson;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The data that ends a stream.
const DONE: &str = "[DONE]";

/// Token counts. A count that cannot be read is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub prompt: Option<u64>,
    pub cached: u64,
    pub output: Option<u64>,
}

/// The state of the reply that is being streamed.
#[derive(Default)]
pub(super) struct Accumulator {
    /// The tools of the request, to recognise calls that are written as words.
    tools: Vec<Tool>,
    /// The conversation, to tell a call that is written as words from a quotation.
    heard: Heard,
    model: Option<String>,
    /// The index of the choice that is read.
    choice: Option<i64>,
    thinking: Text,
    text: Text,
    words: Words,
    refusal: String,
    calls: Calls,
    counts: Option<Counts>,
    finish: Option<String>,
    /// Whether half surrogate pairs have arrived.
    has_halves: bool,
    complete: bool,
}

/// Text that is shown as it arrives.
#[derive(Default)]
struct Text {
    all: String,
    shown: Shown,
}

/// A complete reply.
#[derive(Debug)]
pub(super) struct CompleteReply {
    pub model: Option<String>,
    pub content: RawJson,
    pub stop: StopReason,
    /// The token counts that the server sent.
    pub counts: Counts,
    /// Size of the thinking, text and tool calls, for an estimate of the tokens.
    pub bytes: u64,
}

impl ReplyBuilder for Accumulator {
    fn push_event(&mut self, data: &str, on_delta: OnDelta<'_>) -> Result<Progress, StreamError> {
        let data = data.trim().trim_start_matches("data:").trim_start();
        if data == DONE {
            if self.finish.is_none() {
                return Err(StreamError::Unfinished);
            }
            self.complete = true;
            return Ok(Progress::Alive);
        }
        // Words such as "ping" keep the connection alive.
        if !data.starts_with(['{', '[']) {
            return Ok(Progress::None);
        }
        let marked = mark_halves(data);
        self.has_halves |= matches!(marked, Cow::Owned(_));
        let value: Value = serde_json::from_str(&marked).map_err(|_| StreamError::Unreadable)?;
        match value {
            Value::Array(events) => events.iter().try_fold(Progress::None, |progress, event| {
                let brought = self.push(event, on_delta)?;
                Ok(if progress == Progress::None { brought } else { progress })
            }),
            event => self.push(&event, on_delta),
        }
    }

    fn end(&mut self, on_delta: OnDelta<'_>) -> bool {
        if !self.may_end() {
            return false;
        }
        let (parts, words) = self.words.end();
        parts.into_iter().for_each(|part| self.add_part(part, on_delta));
        if let Some(words) = words {
            let may_call = self.calls.is_empty() && self.heard.allows(&words);
            match calls_in(&words, &self.tools).filter(|_| may_call) {
                Some(calls) => calls.into_iter().for_each(|call| {
                    self.calls.add_whole(call.name.clone(), call.arguments);
                    on_delta(Delta::Call { name: call.name });
                }),
                None => self.add_part(Part::Text(words), on_delta),
            }
        }
        self.thinking.shown.end(on_delta, Delta::Thinking);
        self.text.shown.end(on_delta, Delta::Text);
        true
    }

    fn stage(&self) -> Stage {
        if self.size() > 0 { Stage::Begun } else { Stage::Early }
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
    /// Reads the reply to this request.
    pub fn new(request: &ModelRequest) -> Accumulator {
        Accumulator { tools: request.segment.tools.clone(), heard: Heard::of(request), ..Accumulator::default() }
    }

    fn push(&mut self, event: &Value, on_delta: OnDelta<'_>) -> Result<Progress, StreamError> {
        let choices = match &event["choices"] {
            Value::Array(choices) => choices.as_slice(),
            choice @ Value::Object(_) => std::slice::from_ref(choice),
            _ => &[],
        };
        let says_only_why =
            choices.is_empty() && !event["usage"].is_object() && (event["detail"].is_string() || event["message"].is_string());
        if is_error(event) || says_only_why {
            // An error after the end changes nothing: the answer is complete.
            return if self.finish.is_some() { Ok(Progress::None) } else { Err(StreamError::FromService(event.clone())) };
        }
        if let Some(model) = scalar(&event["model"]).filter(|model| !model.is_empty()) {
            self.model = Some(model);
        }
        let before = self.size();
        for choice in choices {
            let at = index(&choice["index"]).unwrap_or(0);
            if *self.choice.get_or_insert(at) == at {
                self.choice(choice, on_delta)?;
            }
        }
        let has_counts = event["usage"].is_object();
        if has_counts {
            self.counts = Some(Counts::read(&event["usage"]));
            // Counts that come with a part of the answer may not be the last event.
            self.complete = self.finish.is_some() && choices.is_empty();
        }
        let is_empty = choices.is_empty() && !has_counts;
        Ok(match self.size() != before {
            true => Progress::Content,
            false if is_empty => Progress::None,
            false => Progress::Alive,
        })
    }

    fn choice(&mut self, choice: &Value, on_delta: OnDelta<'_>) -> Result<(), StreamError> {
        let is_whole = !choice["delta"].is_object() && choice["message"].is_object();
        let piece = if is_whole { &choice["message"] } else { &choice["delta"] };
        self.add(piece, on_delta);
        let finish = reason(&choice["finish_reason"]);
        if finish.as_deref() == Some("error") {
            return Err(StreamError::FromService(json!({"error": "it ended the answer with an error"})));
        }
        self.finish = finish.or(self.finish.take()).or(is_whole.then(|| "stop".to_owned()));
        Ok(())
    }

    fn add(&mut self, piece: &Value, on_delta: OnDelta<'_>) {
        let names = ["reasoning_content", "reasoning", "thinking"];
        let thought = names.iter().map(|name| text_of(&piece[*name], &[])).find(|thought| !thought.is_empty());
        self.add_part(Part::Thought(thought.unwrap_or_default() + &thoughts_of(&piece["content"])), on_delta);
        let said = text_of(&piece["content"], &["thinking", "reasoning"]);
        for part in self.words.push(&said) {
            self.add_part(part, on_delta);
        }
        self.refusal.push_str(&scalar(&piece["refusal"]).unwrap_or_default());
        let pieces = match &piece["tool_calls"] {
            Value::Array(pieces) => pieces.as_slice(),
            one @ Value::Object(_) => std::slice::from_ref(one),
            _ => &[],
        };
        // The older form has one call without an id.
        let older =
            piece["function_call"].is_object().then(|| CallPiece::read(&json!({"index": 0, "function": piece["function_call"]})));
        for name in self.calls.add(pieces.iter().map(CallPiece::read).chain(older)) {
            on_delta(Delta::Call { name });
        }
    }

    fn add_part(&mut self, part: Part, on_delta: OnDelta<'_>) {
        match part {
            Part::Text(text) => self.text.add(&text, on_delta, Delta::Text),
            Part::Thought(thought) => self.thinking.add(&thought, on_delta, Delta::Thinking),
            Part::AllWasThought => {
                let thought = std::mem::take(&mut self.text).all;
                on_delta(Delta::Discarded { reason: "that was thinking; the answer follows".to_owned() });
                self.thinking.add(&thought, on_delta, Delta::Thinking);
            }
        }
    }

    fn size(&self) -> usize {
        self.thinking.all.len() + self.text.all.len() + self.words.held() + self.refusal.len() + self.calls.bytes()
    }

    /// The reply. Call it only after [`ReplyBuilder::end`]. Call ids that are missing, invalid or in `used_ids` are replaced by an
    /// id made from `message_count`, which differs for each reply of the conversation, and the position of the call.
    pub fn into_reply(self, used_ids: &BTreeSet<String>, message_count: usize) -> CompleteReply {
        let bytes = self.size() as u64;
        let stop = self.stop();
        let mut content = Vec::new();
        if !self.thinking.all.is_empty() {
            content.push(RawJson::of(&json!({"type": "thinking", "thinking": self.thinking.all})));
        }
        if !self.text.all.trim().is_empty() {
            content.push(RawJson::of(&json!({"type": "text", "text": self.text.all})));
        }
        content.extend(self.calls.encode(used_ids, message_count, &self.tools));
        let content = RawJson::of(&content);
        let content = match self.has_halves {
            true => RawJson::parse(join_halves(content.text())).expect("only characters inside of strings are replaced"),
            false => content,
        };
        CompleteReply { model: self.model, content, stop, counts: self.counts.unwrap_or_default(), bytes }
    }

    fn stop(&self) -> StopReason {
        if !self.refusal.is_empty() {
            return StopReason::Refusal { explanation: self.refusal.clone() };
        }
        match self.finish.as_deref().unwrap_or_default() {
            "length" | "max_tokens" | "max_output_tokens" | "model_length" => StopReason::MaxTokens,
            "content_filter" | "safety" | "refusal" => {
                StopReason::Refusal { explanation: "The service filtered the answer.".to_owned() }
            }
            // Some servers send `stop`, or a reason of their own, for tool calls as well.
            _ if !self.calls.is_empty() => StopReason::ToolUse,
            "stop" | "tool_calls" | "tool_call" | "tool_use" | "function_call" | "end_turn" | "eos" | "eos_token"
            | "completed" => StopReason::EndTurn,
            other => StopReason::Other(other.to_owned()),
        }
    }
}

impl Text {
    fn add(&mut self, more: &str, on_delta: OnDelta<'_>, delta: fn(String) -> Delta) {
        self.all.push_str(more);
        self.shown.add(more, on_delta, delta);
    }
}

impl Counts {
    fn read(usage: &Value) -> Counts {
        let first = |names: [&str; 2]| names.iter().find_map(|name| count(&usage[*name]));
        let cached = count(&usage["prompt_tokens_details"]["cached_tokens"]).or(count(&usage["prompt_cache_hit_tokens"]));
        Counts {
            // A prompt is never empty, so a zero was not counted.
            prompt: first(["prompt_tokens", "input_tokens"]).filter(|tokens| *tokens > 0),
            cached: cached.unwrap_or(0),
            output: first(["completion_tokens", "output_tokens"]),
        }
    }

    /// The usage. Counts that are missing are taken from `estimate`, and the usage is marked.
    pub fn usage(self, estimate: &Usage) -> Usage {
        // Zero tokens for an answer that has some were not counted either.
        let output = self.output.filter(|tokens| *tokens > 0 || estimate.output_tokens == 0);
        let cached = self.prompt.map_or(0, |prompt| self.cached.min(prompt));
        Usage {
            input_tokens: self.prompt.map_or(estimate.input_tokens, |prompt| prompt - cached),
            output_tokens: output.unwrap_or(estimate.output_tokens),
            cache_read_tokens: cached,
            is_estimate: self.prompt.is_none() || output.is_none(),
            ..Usage::default()
        }
    }
}

/// The text of a string, or of all parts of an array except those of the types `without`.
fn text_of(value: &Value, without: &[&str]) -> String {
    match value {
        Value::Array(parts) => {
            let kept = parts.iter().filter(|part| !part["type"].as_str().is_some_and(|kind| without.contains(&kind)));
            kept.map(|part| text_of(part, without)).collect()
        }
        Value::Object(part) => {
            let fields = ["text", "content", "thinking"].iter().filter_map(|name| part.get(*name));
            fields.map(|field| text_of(field, without)).find(|text| !text.is_empty()).unwrap_or_default()
        }
        other => scalar(other).unwrap_or_default(),
    }
}

/// The thoughts among the parts of an answer, as Mistral sends them.
fn thoughts_of(content: &Value) -> String {
    let parts = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let thoughts = parts.iter().filter(|part| part["type"] == "thinking" || part["type"] == "reasoning");
    thoughts.map(|part| text_of(part, &[])).collect()
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
        assert!(answer.end(&|_| ()));
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
        let estimate = Usage { input_tokens: 100, output_tokens: 50, ..Usage::default() };
        let expected = Usage { input_tokens: 6, cache_read_tokens: 3, output_tokens: 2, ..Usage::default() };
        assert_eq!((found.counts.usage(&estimate), found.stop), (expected, StopReason::EndTurn));
        assert_eq!(answered(&[end]).counts.usage(&estimate), Usage { is_estimate: true, ..estimate });
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
                Err(StreamError::FromService(serde_json::from_str(data).unwrap())),
                "{data}"
            );
        }
    }
}
