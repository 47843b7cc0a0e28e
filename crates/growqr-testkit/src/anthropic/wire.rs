//! Encodes a scripted message as an event stream or as one JSON object.

use super::cache::Input;
use super::model_rules::Thinking;
use super::sources::tokens_in;
use crate::player::{Action, interleave_steps, split_text};
use crate::script::{Message, Part, Script};
use serde_json::{Value, json};

/// The data of a message that does not come from its script.
pub(super) struct MessageInfo<'a> {
    pub message_id: String,
    pub model: &'a str,
    pub input: Input,
    pub dropped: Vec<Value>,
}

/// The content blocks of a scripted message, without signatures. Tool call ids are made from `number`.
pub(super) fn content(message: &Message, thinking: &Thinking, number: u64) -> Vec<Value> {
    let mut content = Vec::new();
    for part in &message.parts {
        let index = content.len();
        content.push(match part {
            Part::Text(text) => json!({"type": "text", "text": text}),
            Part::Thinking(_) | Part::Redacted if !thinking.is_on() => continue,
            Part::Thinking(text) => {
                json!({"type": "thinking", "thinking": if thinking.shown { text } else { "" }, "signature": ""})
            }
            Part::Redacted => json!({"type": "redacted_thinking", "data": ""}),
            Part::Call { name, input } => {
                let input: Value = serde_json::from_str(input).unwrap_or_else(|_| json!({}));
                json!({"type": "tool_use", "id": format!("toolu_{number}_{index}"), "name": name, "input": input})
            }
            Part::Raw(block) => block.clone(),
        });
    }
    content
}

/// Output tokens of the whole message.
pub(super) fn output_tokens(message: &Message, thinking: &Thinking) -> u64 {
    message.parts.iter().map(|part| tokens_of(part, thinking)).sum()
}

fn tokens_of(part: &Part, thinking: &Thinking) -> u64 {
    match part {
        Part::Thinking(_) | Part::Redacted if !thinking.is_on() => 0,
        // Thinking is billed in full, even if its text is omitted.
        Part::Text(text) | Part::Thinking(text) => tokens_in(text),
        Part::Redacted => 8,
        Part::Call { name, input } => tokens_in(name) + tokens_in(input) + 8,
        Part::Raw(block) => tokens_in(&block.to_string()),
    }
}

/// The stop reason of the script, otherwise the default one.
fn stop_reason(message: &Message) -> String {
    let natural = if message.parts.iter().any(|part| matches!(part, Part::Call { .. })) { "tool_use" } else { "end_turn" };
    message.stop.clone().unwrap_or_else(|| natural.to_owned())
}

/// The searches of the web in a message that are billed: those that did not fail.
pub(super) fn searches(message: &Message) -> u64 {
    let has_found = |part: &&Part| matches!(part, Part::Raw(block) if block["type"] == "web_search_tool_result" && block["content"].is_array());
    message.parts.iter().filter(has_found).count() as u64
}

fn usage(input: &Input, output: u64, searches: u64) -> Value {
    let mut usage = json!({
        "input_tokens": input.plain,
        "cache_creation_input_tokens": input.written_5m + input.written_1h,
        "cache_read_input_tokens": input.read,
        "cache_creation": {"ephemeral_5m_input_tokens": input.written_5m, "ephemeral_1h_input_tokens": input.written_1h},
        "output_tokens": output,
        "service_tier": "standard",
    });
    if searches > 0 {
        usage["server_tool_use"] = json!({"web_search_requests": searches, "web_fetch_requests": 0});
    }
    usage
}

/// The message as one JSON object, for requests without streaming.
pub(super) fn whole(message: &Message, info: &MessageInfo, content: &[Value], output: u64) -> Value {
    let mut body = json!({
        "id": info.message_id, "type": "message", "role": "assistant", "model": info.model, "content": content,
        "stop_reason": stop_reason(message), "stop_sequence": null, "stop_details": message.stop_details,
        "container": null, "usage": usage(&info.input, output, searches(message)),
    });
    if !info.dropped.is_empty() {
        body["input_transformations"] = json!(info.dropped);
    }
    body
}

/// The message as a stream, with the script's steps at their points.
pub(super) fn stream(
    script: &Script,
    message: &Message,
    info: &MessageInfo,
    content: &[Value],
    thinking: &Thinking,
) -> Vec<Action> {
    let mut events = Vec::new();
    let mut start = json!({
        "id": info.message_id, "type": "message", "role": "assistant", "model": info.model, "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage(&info.input, 1, 0),
    });
    if !info.dropped.is_empty() {
        start["input_transformations"] = json!(info.dropped);
    }
    events.push((event(&json!({"type": "message_start", "message": start})), 0));
    let mut billed = 0;
    let shown = message.parts.iter().filter(|part| thinking.is_on() || !matches!(part, Part::Thinking(_) | Part::Redacted));
    for (index, (part, block)) in shown.zip(content).enumerate() {
        billed += tokens_of(part, thinking);
        block_events(&mut events, index, part, block, billed);
    }
    let mut delta = json!({"stop_reason": stop_reason(message), "stop_sequence": null});
    if let Some(details) = &message.stop_details {
        delta["stop_details"] = details.clone();
    }
    let total = usage(&info.input, billed, searches(message));
    events.push((event(&json!({"type": "message_delta", "delta": delta, "usage": total})), billed));
    events.push((event(&json!({"type": "message_stop"})), billed));
    let last = events.len() - 1;
    interleave_steps(script, events, last)
}

fn event(data: &Value) -> Vec<u8> {
    let kind = data["type"].as_str().unwrap_or_default();
    format!("event: {kind}\ndata: {data}\n\n").into_bytes()
}

fn block_events(events: &mut Vec<(Vec<u8>, u64)>, index: usize, part: &Part, block: &Value, billed: u64) {
    let mut push = |data: Value| events.push((event(&data), billed));
    let mut start = block.clone();
    let mut deltas = Vec::new();
    match part {
        Part::Text(text) => {
            start["text"] = json!("");
            deltas.extend(split_text(text, 12).map(|piece| json!({"type": "text_delta", "text": piece})));
        }
        Part::Thinking(_) => {
            let text = block["thinking"].as_str().unwrap_or_default();
            deltas.extend(split_text(text, 16).map(|piece| json!({"type": "thinking_delta", "thinking": piece})));
            deltas.push(json!({"type": "signature_delta", "signature": block["signature"]}));
            start["thinking"] = json!("");
            start["signature"] = json!("");
        }
        Part::Call { input, .. } => {
            start["input"] = json!({});
            deltas.push(json!({"type": "input_json_delta", "partial_json": ""}));
            deltas.extend(split_text(input, 7).map(|piece| json!({"type": "input_json_delta", "partial_json": piece})));
        }
        Part::Raw(_) if block["type"] == "server_tool_use" => {
            let input = block["input"].to_string();
            start["input"] = json!({});
            deltas.extend(split_text(&input, 7).map(|piece| json!({"type": "input_json_delta", "partial_json": piece})));
        }
        Part::Raw(_) if block["type"] == "text" => {
            let citations = block["citations"].as_array().into_iter().flatten();
            deltas.extend(citations.map(|citation| json!({"type": "citations_delta", "citation": citation})));
            let text = block["text"].as_str().unwrap_or_default();
            deltas.extend(split_text(text, 12).map(|piece| json!({"type": "text_delta", "text": piece})));
            (start["text"], start["citations"]) = (json!(""), json!([]));
        }
        Part::Redacted | Part::Raw(_) => {}
    }
    push(json!({"type": "content_block_start", "index": index, "content_block": start}));
    if index == 0 {
        push(json!({"type": "ping"}));
    }
    for delta in deltas {
        push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
    }
    push(json!({"type": "content_block_stop", "index": index}));
}
