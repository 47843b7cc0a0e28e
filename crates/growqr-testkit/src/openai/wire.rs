//! Encodes a scripted message as an event stream, with the behaviour of a server.

use super::behaviour::{Calls, ServerBehaviour};
use super::validate::Accepted;
use crate::player::{Action, interleave_steps, split_text};
use crate::script::{Message, Part, Script};
use serde_json::{Value, json};

/// The message as a stream, with the script's steps at their points.
pub(super) fn stream(
    script: &Script,
    message: &Message,
    behaviour: &ServerBehaviour,
    accepted: &Accepted,
    number: u64,
) -> Vec<Action> {
    let chunk = |delta: Value, finish: Option<&str>| {
        let mut chunk = json!({
            "id": format!("chatcmpl-{number}"), "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": message.model.as_deref().unwrap_or(&accepted.model),
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
        });
        if accepted.counted && behaviour.counts {
            chunk["usage"] = Value::Null;
        }
        chunk
    };
    let mut chunks = vec![chunk(json!({"role": "assistant", "content": ""}), None)];
    let mut call = 0;
    for part in &message.parts {
        match part {
            Part::Text(text) => chunks.extend(split_text(text, 12).map(|piece| chunk(json!({"content": piece}), None))),
            Part::Thinking(text) => {
                chunks.extend(split_text(text, 16).map(|piece| chunk(json!({behaviour.thinking_field: piece}), None)));
            }
            Part::Call { name, input } => {
                let id = format!("call_{number}_{call}");
                chunks.extend(call_deltas(behaviour, call, &id, name, input).into_iter().map(|delta| chunk(delta, None)));
                call += 1;
            }
            Part::Redacted | Part::Raw(_) => {}
        }
    }
    let mut end = json!({});
    if let Some(explanation) = message.stop_details.as_ref().and_then(|details| details["explanation"].as_str()) {
        end["refusal"] = json!(explanation);
    }
    chunks.push(chunk(end, Some(&finish_reason(message, behaviour))));
    let last = chunks.len() - 1;
    if accepted.counted && behaviour.counts {
        let mut counted = chunk(json!({}), None);
        counted["choices"] = json!([]);
        counted["usage"] = usage(message, accepted);
        chunks.push(counted);
    }
    let mut events: Vec<(Vec<u8>, u64)> = chunks.iter().map(|chunk| (event(behaviour, &chunk.to_string()), 0)).collect();
    if behaviour.says_done {
        events.push((event(behaviour, "[DONE]"), 0));
    }
    interleave_steps(script, events, last)
}

fn usage(message: &Message, accepted: &Accepted) -> Value {
    let output: usize = message
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) | Part::Thinking(text) => text.len() / 4,
            Part::Call { name, input } => (name.len() + input.len()) / 4 + 4,
            Part::Redacted | Part::Raw(_) => 0,
        })
        .sum();
    let (prompt, output) = (accepted.prompt_tokens, output as u64 + 1);
    json!({"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output})
}

/// The finish reason: that of the script translated to this API, otherwise the default one.
fn finish_reason(message: &Message, behaviour: &ServerBehaviour) -> String {
    let has_calls = message.parts.iter().any(|part| matches!(part, Part::Call { .. }));
    let natural = if has_calls && !behaviour.says_stop { "tool_calls" } else { "stop" };
    match message.stop.as_deref() {
        None => natural.to_owned(),
        Some("max_tokens") => "length".to_owned(),
        Some("refusal") => "content_filter".to_owned(),
        Some("end_turn" | "stop_sequence") => "stop".to_owned(),
        Some("tool_use") => natural.to_owned(),
        Some(other) => other.to_owned(),
    }
}

fn call_deltas(behaviour: &ServerBehaviour, index: usize, id: &str, name: &str, input: &str) -> Vec<Value> {
    let mut call = json!({"id": id, "type": "function", "function": {"name": name, "arguments": input}});
    if !behaviour.ids {
        call["id"] = json!("");
    }
    match behaviour.calls {
        Calls::WholeAtZero => call["index"] = json!(0),
        Calls::WholeWithoutIndex => {}
        Calls::InPieces => {
            call["index"] = json!(index);
            call["function"]["arguments"] = json!("");
            let first = json!({"tool_calls": [call]});
            let more =
                split_text(input, 7).map(|piece| json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}));
            return std::iter::once(first).chain(more).collect();
        }
    }
    vec![json!({"tool_calls": [call]})]
}

fn event(behaviour: &ServerBehaviour, data: &str) -> Vec<u8> {
    if behaviour.crlf {
        format!(": still here\r\n\r\ndata: {data}\r\n\r\n").into_bytes()
    } else {
        format!("data: {data}\n\n").into_bytes()
    }
}
