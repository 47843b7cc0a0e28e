//! Builds a reply from the events of the Messages API. The reply is valid only after `message_stop`.

use super::fields::Fields;
use super::usage::Counts;
use crate::http::{OnDelta, ReplyBuilder, StreamError};
use crate::tool_input::tool_input_json;
use growqr_core::model::{Delta, Reply, StopReason};
use growqr_core::raw::RawJson;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The fields of an event that are used; others are ignored.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    index: Option<usize>,
    message: Option<MessageStart>,
    content_block: Option<Fields>,
    delta: Option<Box<RawValue>>,
    usage: Option<Counts>,
    error: Option<ErrorBody>,
}

#[derive(Deserialize)]
struct MessageStart {
    model: Option<String>,
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct MessageDelta {
    stop_reason: Option<String>,
    stop_details: Option<StopDetails>,
}

#[derive(Deserialize)]
struct StopDetails {
    explanation: Option<String>,
}

/// A content block that is being streamed: its initial fields, and what deltas have added.
#[derive(Default)]
struct Block {
    kind: String,
    fields: Fields,
    /// Fields that deltas append to; `None` before the first delta.
    text: Option<String>,
    thinking: Option<String>,
    /// The streamed JSON text of a tool's input.
    input: Option<String>,
    citations: Vec<String>,
    closed: bool,
}

/// The state of the reply that is being streamed.
#[derive(Default)]
pub(super) struct Accumulator {
    begun: bool,
    model: String,
    blocks: Vec<Block>,
    counts: Counts,
    stop: Option<StopReason>,
    complete: bool,
}

impl ReplyBuilder for Accumulator {
    /// Ignores events and deltas of unknown types.
    fn push_event(&mut self, data: &str, on_delta: OnDelta<'_>) -> Result<(), StreamError> {
        let event: Event = serde_json::from_str(data).map_err(|_| StreamError::Unreadable)?;
        match event.kind.as_str() {
            "error" => Err(StreamError::FromService(event.error.map(|error| error.message).unwrap_or_default())),
            "message_start" => self.start(event),
            "content_block_start" | "content_block_delta" | "content_block_stop" | "message_delta" | "message_stop"
                if !self.begun || self.complete =>
            {
                Err(StreamError::OutOfOrder)
            }
            "content_block_start" => self.begin_block(event, on_delta),
            "content_block_delta" => self.add_delta(event, on_delta),
            "content_block_stop" => self.open_block(event.index).map(|block| block.closed = true),
            "message_delta" => self.message_delta(event),
            "message_stop" => {
                if self.stop.is_none() || self.blocks.iter().any(|block| !block.closed) {
                    return Err(StreamError::OutOfOrder);
                }
                self.complete = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether `message_stop` has arrived.
    fn is_complete(&self) -> bool {
        self.complete
    }
}

impl Accumulator {
    /// The reply. Call it only when [`Accumulator::is_complete`].
    pub fn reply(self, request_id: Option<String>) -> Reply {
        let (usage, cost) = self.counts.usage_and_cost(&self.model);
        let blocks: Vec<String> = self.blocks.into_iter().filter_map(Block::encode).collect();
        let content = RawJson::parse(format!("[{}]", blocks.join(","))).expect("each block is one JSON object");
        let stop = self.stop.unwrap_or(StopReason::Other(String::new()));
        Reply { content, stop, usage, model: self.model, request_id, cost }
    }

    fn start(&mut self, event: Event) -> Result<(), StreamError> {
        let message = event.message.ok_or(StreamError::Unreadable)?;
        if std::mem::replace(&mut self.begun, true) {
            return Err(StreamError::OutOfOrder);
        }
        self.model = message.model.unwrap_or_default();
        self.counts.update(message.usage.unwrap_or_default());
        Ok(())
    }

    fn begin_block(&mut self, event: Event, on_delta: OnDelta<'_>) -> Result<(), StreamError> {
        let fields = event.content_block.ok_or(StreamError::Unreadable)?;
        if event.index != Some(self.blocks.len()) {
            return Err(StreamError::OutOfOrder);
        }
        let kind = fields.text("type").ok_or(StreamError::Unreadable)?;
        if kind == "tool_use" {
            on_delta(Delta::Call { name: fields.text("name").unwrap_or_default() });
        }
        self.blocks.push(Block { kind, fields, ..Block::default() });
        Ok(())
    }

    fn open_block(&mut self, index: Option<usize>) -> Result<&mut Block, StreamError> {
        let block = index.and_then(|index| self.blocks.get_mut(index));
        block.filter(|block| !block.closed).ok_or(StreamError::OutOfOrder)
    }

    fn add_delta(&mut self, event: Event, on_delta: OnDelta<'_>) -> Result<(), StreamError> {
        let block = self.open_block(event.index)?;
        let raw = event.delta.ok_or(StreamError::Unreadable)?;
        let delta: Fields = serde_json::from_str(raw.get()).map_err(|_| StreamError::Unreadable)?;
        let text = |name: &str| delta.text(name).ok_or(StreamError::Unreadable);
        match delta.text("type").unwrap_or_default().as_str() {
            "text_delta" => {
                let more = text("text")?;
                let begun = || block.fields.text("text").unwrap_or_default();
                block.text.get_or_insert_with(begun).push_str(&more);
                on_delta(Delta::Text(more));
            }
            "thinking_delta" => {
                let more = text("thinking")?;
                let begun = || block.fields.text("thinking").unwrap_or_default();
                block.thinking.get_or_insert_with(begun).push_str(&more);
                on_delta(Delta::Thinking(more));
            }
            "input_json_delta" => block.input.get_or_insert_default().push_str(&text("partial_json")?),
            // A signature is never split over deltas, so a second one replaces the first.
            "signature_delta" => block.fields.set("signature", RawJson::of(&text("signature")?).text().to_owned()),
            "citations_delta" => block.citations.extend(delta.raw("citation").map(str::to_owned)),
            "compaction_delta" => {
                for name in ["content", "encrypted_content"] {
                    if let Some(value) = delta.raw(name) {
                        block.fields.set(name, value.to_owned());
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn message_delta(&mut self, event: Event) -> Result<(), StreamError> {
        self.counts.update(event.usage.unwrap_or_default());
        let Some(raw) = event.delta else { return Ok(()) };
        let delta: MessageDelta = serde_json::from_str(raw.get()).map_err(|_| StreamError::Unreadable)?;
        let Some(reason) = delta.stop_reason else { return Ok(()) };
        let explanation = || delta.stop_details.and_then(|details| details.explanation).unwrap_or_default();
        self.stop = Some(match reason.as_str() {
            "end_turn" => StopReason::EndTurn,
            "tool_use" => StopReason::ToolUse,
            "max_tokens" => StopReason::MaxTokens,
            "stop_sequence" => StopReason::StopSequence,
            "pause_turn" => StopReason::PauseTurn,
            "model_context_window_exceeded" => StopReason::ContextFull,
            "refusal" => StopReason::Refusal { explanation: explanation() },
            _ => StopReason::Other(reason),
        });
        Ok(())
    }
}

impl Block {
    /// The block's JSON text. `None` for an empty text block: the service sends such blocks but refuses them in a request.
    fn encode(mut self) -> Option<String> {
        if let Some(text) = &self.text {
            self.fields.set("text", RawJson::of(text).text().to_owned());
        }
        if let Some(thinking) = &self.thinking {
            self.fields.set("thinking", RawJson::of(thinking).text().to_owned());
        }
        if let Some(input) = self.input.take() {
            self.fields.set("input", tool_input_json(input));
        }
        if !self.citations.is_empty() {
            self.fields.set("citations", format!("[{}]", self.citations.join(",")));
        }
        let is_empty_text = self.kind == "text" && self.fields.text("text").is_none_or(|text| text.trim().is_empty());
        (!is_empty_text).then(|| self.fields.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_before_the_start_and_a_second_start_are_out_of_order() {
        let mut early = Accumulator::default();
        assert_eq!(early.push_event(r#"{"type":"message_stop"}"#, &|_| ()), Err(StreamError::OutOfOrder));
        let mut twice = Accumulator::default();
        let start = r#"{"type":"message_start","message":{"model":"m"}}"#;
        twice.push_event(start, &|_| ()).unwrap();
        assert_eq!(twice.push_event(start, &|_| ()), Err(StreamError::OutOfOrder));
    }
}
