//! Builds a reply from the events of the Messages API, or from a whole message. A streamed reply is valid only after
//! `message_stop`.
//!
//! Servers that imitate the API leave events out and number blocks as they like. So blocks are found by their number and not by
//! their order, the end of the message closes all blocks, and fields are read one by one. A call whose beginning is missing is
//! an error: it must not be lost.

use super::block::{Block, Naming};
use super::fields::Fields;
use super::usage::Counts;
use crate::http::{OnDelta, Progress, ReplyBuilder, Stage, StreamError};
use crate::lenient::{index, is_error, join_halves, mark_halves, reason};
use crate::shown::Shown;
use growqr_core::model::{Delta, Reply, StopReason, Usage};
use growqr_core::raw::RawJson;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most texts have more bytes per token than this. Gives a high estimate of a text's tokens.
pub(super) const LOW_BYTES_PER_TOKEN: u64 = 3;

/// The state of the reply that is being streamed.
#[derive(Default)]
pub(super) struct Accumulator {
    begun: bool,
    model: String,
    blocks: Vec<Block>,
    /// The position of the block that a number stands for now.
    numbers: BTreeMap<i64, usize>,
    counts: Counts,
    /// Whether the count of the output is the last one.
    is_output_final: bool,
    stop: Option<StopReason>,
    text: Shown,
    /// Whether text was shown, and whether a result of the service has come after it.
    has_shown_text: bool,
    is_after_result: bool,
    thinking: Shown,
    has_halves: bool,
    complete: bool,
}

impl ReplyBuilder for Accumulator {
    /// Ignores events and deltas of unknown types.
    fn push_event(&mut self, data: &str, on_delta: OnDelta<'_>) -> Result<Progress, StreamError> {
        let data = data.trim().trim_start_matches("data:").trim_start();
        // Some proxies end every stream like this.
        if data == "[DONE]" {
            self.complete = self.stop.is_some();
            return if self.complete { Ok(Progress::Alive) } else { Err(StreamError::Unfinished) };
        }
        // Words such as "ping" keep the connection alive.
        if !data.starts_with(['{', '[']) {
            return Ok(Progress::None);
        }
        let marked = mark_halves(data);
        self.has_halves |= matches!(marked, Cow::Owned(_));
        let Ok(event) = serde_json::from_str::<Fields>(&marked) else {
            return match serde_json::from_str::<Value>(&marked) {
                Ok(body) if is_error(&body[0]) => Err(StreamError::FromService(body)),
                Ok(_) => Ok(Progress::None),
                Err(_) => Err(StreamError::Unreadable),
            };
        };
        self.push(&event, &marked, on_delta)
    }

    fn end(&mut self, on_delta: OnDelta<'_>) -> bool {
        self.text.end(on_delta, Delta::Text);
        self.thinking.end(on_delta, Delta::Thinking);
        self.complete
    }

    fn stage(&self) -> Stage {
        if self.begun { Stage::Begun } else { Stage::Early }
    }

    /// Whether `message_stop` has arrived.
    fn is_complete(&self) -> bool {
        self.complete
    }
}

impl Accumulator {
    /// The reply. Call it only when [`Accumulator::is_complete`]. `request_bytes`, the size of the request as text, is for an
    /// estimate of tokens that the service did not count.
    pub fn reply(mut self, request_id: Option<String>, request_bytes: u64, naming: &mut Naming) -> Reply {
        let blocks: Vec<String> = self.blocks.into_iter().filter_map(|block| block.encode(naming)).collect();
        let mut content = format!("[{}]", blocks.join(","));
        if self.has_halves {
            content = join_halves(&content);
        }
        let estimate = Usage {
            input_tokens: request_bytes.div_ceil(LOW_BYTES_PER_TOKEN),
            output_tokens: (content.len() as u64).div_ceil(LOW_BYTES_PER_TOKEN),
            ..Usage::default()
        };
        let is_estimate = self.counts.fill(&estimate, self.is_output_final);
        let (usage, cost) = self.counts.usage_and_cost(&self.model);
        let content = RawJson::parse(content).expect("each block is one JSON object");
        let stop = self.stop.unwrap_or(StopReason::Other(String::new()));
        Reply { content, stop, usage: Usage { is_estimate, ..usage }, model: self.model, request_id, cost }
    }

    fn push(&mut self, event: &Fields, text: &str, on_delta: OnDelta<'_>) -> Result<Progress, StreamError> {
        let kind = event.text("type").unwrap_or_else(|| infer_kind(event).to_owned());
        if kind == "error" || event.raw("error").is_some_and(|error| error != "null") {
            let body: Value = serde_json::from_str(text).map_err(|_| StreamError::Unreadable)?;
            if is_error(&body) {
                return Err(StreamError::FromService(body));
            }
        }
        match kind.as_str() {
            "message_start" => self.start(event)?,
            "message" => self.whole(event, on_delta),
            "content_block_start" => self.begin_block(event, on_delta),
            "content_block_delta" => self.add_delta(event, on_delta)?,
            // Blocks are closed by the end of the message.
            "content_block_stop" => return Ok(Progress::Alive),
            "message_delta" => self.message_delta(event),
            "message_stop" if self.stop.is_none() => return Err(StreamError::Unfinished),
            "message_stop" => {
                self.settle_stop();
                self.complete = true;
            }
            _ => return Ok(Progress::Alive),
        }
        self.begun = true;
        Ok(Progress::Content)
    }

    fn start(&mut self, event: &Fields) -> Result<(), StreamError> {
        if !self.blocks.is_empty() {
            return Err(StreamError::OutOfOrder);
        }
        if let Some(message) = event.object("message") {
            self.model = message.text("model").unwrap_or_default();
            self.counts.update(Counts::read(&message.value("usage").unwrap_or_default()));
        }
        Ok(())
    }

    /// Takes a whole message.
    fn whole(&mut self, message: &Fields, on_delta: OnDelta<'_>) {
        self.model = message.text("model").unwrap_or_default();
        let counts = Counts::read(&message.value("usage").unwrap_or_default());
        self.is_output_final = counts.has_output();
        self.counts.update(counts);
        let content = message.raw("content").unwrap_or("[]");
        let blocks: Vec<Fields> = match serde_json::from_str::<Vec<Box<RawValue>>>(content) {
            Ok(blocks) => blocks.iter().filter_map(|block| serde_json::from_str(block.get()).ok()).collect(),
            Err(_) => serde_json::from_str::<String>(content).map(Fields::of_text).into_iter().collect(),
        };
        for fields in blocks {
            self.show_text(&fields.text("text").unwrap_or_default(), on_delta);
            self.thinking.add(&fields.text("thinking").unwrap_or_default(), on_delta, Delta::Thinking);
            self.add_block(fields, on_delta);
        }
        self.take_stop(message);
        self.stop.get_or_insert(StopReason::EndTurn);
        self.settle_stop();
        self.complete = true;
    }

    fn begin_block(&mut self, event: &Fields, on_delta: OnDelta<'_>) {
        // Deltas of a block that cannot be read begin another one.
        let Some(fields) = event.object("content_block") else { return };
        let number = event.value("index").as_ref().and_then(index).unwrap_or(self.blocks.len() as i64);
        let open = self.numbers.get(&number).map(|at| &self.blocks[*at]);
        if open.is_some_and(|open| open.is_repeated_by(&fields)) {
            return;
        }
        if self.add_block(fields, on_delta) {
            self.numbers.insert(number, self.blocks.len() - 1);
        }
    }

    /// Returns whether the fields are a block.
    fn add_block(&mut self, fields: Fields, on_delta: OnDelta<'_>) -> bool {
        let Some(block) = Block::new(fields) else { return false };
        if block.kind == "tool_use" {
            on_delta(Delta::Call { name: block.name() });
        }
        self.is_after_result |= self.has_shown_text && block.kind.ends_with("_tool_result");
        self.blocks.push(block);
        true
    }

    /// The block for a delta of this kind: the one with its number, or a new one if that is of another kind.
    fn block_for(&mut self, event: &Fields, kind: &str) -> &mut Block {
        let number = event.value("index").as_ref().and_then(index);
        let found = match number {
            Some(number) => self.numbers.get(&number).copied(),
            None => self.blocks.len().checked_sub(1),
        };
        let at = found.filter(|at| self.blocks[*at].kind == kind).unwrap_or_else(|| {
            self.blocks.push(Block::of_kind(kind));
            let at = self.blocks.len() - 1;
            self.numbers.insert(number.unwrap_or(at as i64), at);
            at
        });
        &mut self.blocks[at]
    }

    /// The block with a call's input: the one with the delta's number, or the last call.
    fn call_for(&mut self, event: &Fields) -> Option<&mut Block> {
        let number = event.value("index").as_ref().and_then(index);
        let numbered = number.and_then(|number| self.numbers.get(&number).copied()).filter(|at| self.blocks[*at].is_call());
        let at = numbered.or_else(|| self.blocks.iter().rposition(Block::is_call))?;
        Some(&mut self.blocks[at])
    }

    fn add_delta(&mut self, event: &Fields, on_delta: OnDelta<'_>) -> Result<(), StreamError> {
        let Some(delta) = event.object("delta") else { return Ok(()) };
        let kind = delta.text("type").unwrap_or_else(|| infer_delta(&delta).to_owned());
        match kind.as_str() {
            "text_delta" => {
                if let Some(more) = delta.text("text") {
                    self.block_for(event, "text").add_text(&more);
                    self.show_text(&more, on_delta);
                }
            }
            "thinking_delta" => {
                if let Some(more) = delta.text("thinking") {
                    self.block_for(event, "thinking").add_thinking(&more);
                    self.thinking.add(&more, on_delta, Delta::Thinking);
                }
            }
            "input_json_delta" => {
                let piece = match delta.raw("partial_json").unwrap_or("null") {
                    "null" => return Ok(()),
                    text if text.starts_with('"') => delta.text("partial_json").unwrap_or_default(),
                    object => object.to_owned(),
                };
                if !piece.is_empty() {
                    self.call_for(event).ok_or(StreamError::OutOfOrder)?.input.push(piece);
                }
            }
            "signature_delta" => {
                if let Some(signature) = delta.text("signature") {
                    self.block_for(event, "thinking").sign(&signature);
                }
            }
            _ => {
                let number = event.value("index").as_ref().and_then(index);
                if let Some(at) = number.and_then(|number| self.numbers.get(&number)) {
                    self.blocks[*at].add_other(&kind, &delta);
                }
            }
        }
        Ok(())
    }

    /// Shows text, which begins anew after a result of the service.
    fn show_text(&mut self, more: &str, on_delta: OnDelta<'_>) {
        if more.is_empty() {
            return;
        }
        if std::mem::take(&mut self.is_after_result) {
            self.text.add("\n\n", on_delta, Delta::Text);
        }
        self.text.add(more, on_delta, Delta::Text);
        self.has_shown_text = true;
    }

    fn message_delta(&mut self, event: &Fields) {
        let counts = Counts::read(&event.value("usage").unwrap_or_default());
        self.is_output_final |= counts.has_output();
        self.counts.update(counts);
        if let Some(delta) = event.object("delta") {
            self.take_stop(&delta);
        }
    }

    fn take_stop(&mut self, from: &Fields) {
        let Some(reason) = from.value("stop_reason").as_ref().and_then(reason) else { return };
        let details = from.value("stop_details").unwrap_or_default();
        let explanation = || details["explanation"].as_str().unwrap_or_default().to_owned();
        self.stop = Some(match reason.as_str() {
            "end_turn" | "stop" => StopReason::EndTurn,
            "tool_use" | "tool_calls" => StopReason::ToolUse,
            "max_tokens" | "length" => StopReason::MaxTokens,
            "stop_sequence" => StopReason::StopSequence,
            "pause_turn" => StopReason::PauseTurn,
            "model_context_window_exceeded" => StopReason::ContextFull,
            "refusal" | "content_filter" => StopReason::Refusal { explanation: explanation() },
            _ => StopReason::Other(reason),
        });
    }

    /// Some servers end a message with calls as if it had none. Each call needs its result all the same.
    fn settle_stop(&mut self) {
        let has_calls = self.blocks.iter().any(|block| block.kind == "tool_use");
        if has_calls && matches!(self.stop, Some(StopReason::EndTurn | StopReason::Other(_))) {
            self.stop = Some(StopReason::ToolUse);
        }
    }
}

/// The type of an event that does not name it.
fn infer_kind(event: &Fields) -> &'static str {
    let has = |name: &str| event.raw(name).is_some_and(|raw| raw != "null");
    if has("error") {
        "error"
    } else if has("message") {
        "message_start"
    } else if has("content_block") {
        "content_block_start"
    } else if event.object("delta").is_some_and(|delta| delta.raw("stop_reason").is_some()) {
        "message_delta"
    } else if has("delta") {
        "content_block_delta"
    } else if has("content") && (has("role") || has("stop_reason")) {
        "message"
    } else {
        ""
    }
}

/// The type of a delta that does not name it.
fn infer_delta(delta: &Fields) -> &'static str {
    let names = [
        ("text", "text_delta"),
        ("thinking", "thinking_delta"),
        ("partial_json", "input_json_delta"),
        ("signature", "signature_delta"),
    ];
    names.iter().find(|(field, _)| delta.raw(field).is_some()).map_or("", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::prompt::{Block as Read, blocks};
    use serde_json::json;

    fn built(events: &[Value]) -> Result<Reply, StreamError> {
        let mut answer = Accumulator::default();
        for event in events {
            answer.push_event(&event.to_string(), &|_| ())?;
        }
        if !answer.end(&|_| ()) {
            return Err(StreamError::Unfinished);
        }
        Ok(answer.reply(None, 30, &mut Naming::default()))
    }

    fn start(number: i64, block: Value) -> Value {
        json!({"type": "content_block_start", "index": number, "content_block": block})
    }

    fn delta(number: i64, delta: Value) -> Value {
        json!({"type": "content_block_delta", "index": number, "delta": delta})
    }

    fn ended(reason: &str) -> [Value; 2] {
        [
            json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}),
            json!({"type": "message_stop"}),
        ]
    }

    #[test]
    fn blocks_are_found_by_their_number_whatever_their_order() {
        let call = || json!({"type": "tool_use", "id": 7, "name": "look", "input": {}});
        let input = || json!({"type": "input_json_delta", "partial_json": "{\"a\":1}"});
        let text = || json!({"type": "text_delta", "text": "I look."});
        let [last, stop] = ended("TOOL_USE");
        for events in [
            vec![start(0, json!({"type": "text", "text": ""})), delta(0, text()), start(3, call()), delta(3, input())],
            vec![start(0, json!({"type": "text"})), start(1, call()), delta(1, input()), delta(0, text())],
            vec![start(0, json!({"type": "text"})), delta(0, text()), start(0, call()), start(0, call()), delta(0, input())],
            vec![delta(0, text()), start(1, call()), delta(9, input())],
            vec![start(0, json!({"type": "thinking"})), delta(0, text()), start(1, call()), delta(1, input()), delta(1, input())],
        ] {
            let reply = built(&[events.clone(), vec![last.clone(), stop.clone()]].concat()).unwrap();
            let found: Vec<Read> =
                blocks(&reply.content).into_iter().filter(|block| !matches!(block, Read::Thinking(_))).collect();
            let [Read::Text(said), Read::Call { id, name, input }] = found.as_slice() else { panic!("{found:?}") };
            let call = (said.as_str(), id.as_str(), name.as_str(), input.text());
            assert_eq!(call, ("I look.", "7", "look", "{\"a\":1}"), "{events:?}");
            assert_eq!(reply.stop, StopReason::ToolUse);
            assert!(reply.usage.is_estimate, "nobody counted the prompt");
        }
    }

    #[test]
    fn a_whole_message_is_read_like_a_stream() {
        let message = json!({"type": "message", "role": "assistant", "model": "m", "content": [
            {"type": "text", "text": "hi"}, {"type": "tool_use", "id": "a", "name": "look", "input": {"a": 1}}],
            "stop_reason": "end_turn", "usage": {"input_tokens": "5", "output_tokens": 2.0}});
        let reply = built(&[message]).unwrap();
        assert_eq!(blocks(&reply.content).len(), 2);
        assert_eq!((reply.stop, reply.usage.input_tokens, reply.usage.output_tokens), (StopReason::ToolUse, 5, 2));
        assert!(!reply.usage.is_estimate);
    }

    #[test]
    fn an_input_without_a_call_a_second_message_and_a_missing_reason_are_errors() {
        let input = delta(0, json!({"type": "input_json_delta", "partial_json": "{}"}));
        assert_eq!(built(&[input]).unwrap_err(), StreamError::OutOfOrder);
        let begin = json!({"type": "message_start", "message": {"model": "m"}});
        let text = delta(0, json!({"type": "text_delta", "text": "a"}));
        assert_eq!(built(&[begin.clone(), text.clone(), begin]).unwrap_err(), StreamError::OutOfOrder);
        assert_eq!(built(&[text, json!({"type": "message_stop"})]).unwrap_err(), StreamError::Unfinished);
    }
}
