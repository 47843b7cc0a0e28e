//! Encodes an answer as the event stream of the Messages API. Text is sent as it arrives, in one block; tool calls follow when the
//! answer is complete.

use growqr_core::model::{Reply, StopReason, Usage};
use growqr_core::prompt::{Block, blocks};
use serde_json::{Value, json};

/// The state of a stream.
pub(super) struct Events {
    model: String,
    begun: bool,
    /// The text that was sent.
    sent: String,
    text_is_open: bool,
}

impl Events {
    /// A stream from this model.
    pub fn new(model: &str) -> Events {
        Events { model: model.to_owned(), begun: false, sent: String::new(), text_is_open: false }
    }

    /// The events for more text.
    pub fn text(&mut self, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if text.is_empty() {
            return out;
        }
        self.begin(&mut out);
        if !std::mem::replace(&mut self.text_is_open, true) {
            let block = json!({"type": "text", "text": ""});
            push(&mut out, &json!({"type": "content_block_start", "index": 0, "content_block": block}));
        }
        self.sent.push_str(text);
        push(&mut out, &json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}));
        out
    }

    /// An event that shows that the answer is still being made.
    pub fn ping(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.begin(&mut out);
        push(&mut out, &json!({"type": "ping"}));
        out
    }

    /// The events for all of the reply that was not sent. `None` if the reply does not begin with the text that was sent.
    pub fn rest(&mut self, reply: &Reply) -> Option<Vec<u8>> {
        let blocks = blocks(&reply.content);
        let text: String =
            blocks.iter().filter_map(|block| if let Block::Text(text) = block { Some(text.as_str()) } else { None }).collect();
        let more = text.strip_prefix(self.sent.as_str())?;
        let mut out = self.text(more);
        self.begin(&mut out);
        let mut index = 0;
        if self.text_is_open {
            push(&mut out, &json!({"type": "content_block_stop", "index": 0}));
            index = 1;
        }
        for block in &blocks {
            if let Block::Call { id, name, input } = block {
                let start = json!({"type": "tool_use", "id": id, "name": name, "input": {}});
                push(&mut out, &json!({"type": "content_block_start", "index": index, "content_block": start}));
                let delta = json!({"type": "input_json_delta", "partial_json": input.text()});
                push(&mut out, &json!({"type": "content_block_delta", "index": index, "delta": delta}));
                push(&mut out, &json!({"type": "content_block_stop", "index": index}));
                index += 1;
            }
        }
        let delta = json!({"stop_reason": stop_reason(&reply.stop), "stop_sequence": null});
        push(&mut out, &json!({"type": "message_delta", "delta": delta, "usage": usage(&reply.usage)}));
        push(&mut out, &json!({"type": "message_stop"}));
        Some(out)
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let message = json!({
            "id": "msg_growqr", "type": "message", "role": "assistant", "model": self.model, "content": [], "stop_reason": null,
            "stop_sequence": null, "usage": usage(&Usage::default()),
        });
        push(out, &json!({"type": "message_start", "message": message}));
    }
}

/// The answer as one JSON object.
pub(super) fn whole(reply: &Reply) -> Value {
    let content: Vec<Value> = blocks(&reply.content)
        .into_iter()
        .filter_map(|block| match block {
            Block::Text(text) => Some(json!({"type": "text", "text": text})),
            Block::Call { id, name, input } => Some(json!({"type": "tool_use", "id": id, "name": name, "input": input})),
            Block::Thinking(_) | Block::Result { .. } | Block::Attachment(_) | Block::Other(_) => None,
        })
        .collect();
    json!({
        "id": "msg_growqr", "type": "message", "role": "assistant", "model": reply.model, "content": content,
        "stop_reason": stop_reason(&reply.stop), "stop_sequence": null, "usage": usage(&reply.usage),
    })
}

fn push(out: &mut Vec<u8>, data: &Value) {
    let kind = data["type"].as_str().unwrap_or_default();
    out.extend_from_slice(format!("event: {kind}\ndata: {data}\n\n").as_bytes());
}

fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation_input_tokens": usage.cache_write_5m_tokens.saturating_add(usage.cache_write_1h_tokens),
    })
}

fn stop_reason(stop: &StopReason) -> &str {
    match stop {
        StopReason::EndTurn => "end_turn",
        StopReason::ToolUse => "tool_use",
        StopReason::MaxTokens => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::PauseTurn => "pause_turn",
        StopReason::ContextFull => "model_context_window_exceeded",
        StopReason::Refusal { .. } => "refusal",
        StopReason::Other(other) => other,
    }
}
