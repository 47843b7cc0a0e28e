//! Answers of servers with the Messages API, most of them proxies.

use super::Recording;
use serde_json::{Value, json};

fn start() -> Value {
    json!({"type": "message_start", "message": {"id": "m1", "type": "message", "role": "assistant",
        "model": "claude-sonnet-5-5", "content": [], "usage": {"input_tokens": 10, "output_tokens": 1}}})
}

fn begin(number: u32, block: Value) -> Value {
    json!({"type": "content_block_start", "index": number, "content_block": block})
}

fn add(number: u32, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": number, "delta": delta})
}

fn close(number: u32) -> Value {
    json!({"type": "content_block_stop", "index": number})
}

fn text(number: u32) -> Value {
    begin(number, json!({"type": "text", "text": ""}))
}

fn said(number: u32, text: &str) -> Value {
    add(number, json!({"type": "text_delta", "text": text}))
}

fn call(number: u32) -> Value {
    begin(number, json!({"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}))
}

fn input(number: u32, piece: Value) -> Value {
    add(number, json!({"type": "input_json_delta", "partial_json": piece}))
}

fn end(reason: Value, usage: Value) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage})
}

fn counted() -> Value {
    json!({"output_tokens": 9})
}

fn stop() -> Value {
    json!({"type": "message_stop"})
}

fn stream(name: &'static str, events: Vec<Value>) -> Recording {
    Recording::stream(name, events.iter().map(Value::to_string).collect())
}

/// A stream that says "I look." and calls, with these events in its middle.
fn looks(name: &'static str, middle: Vec<Value>) -> Recording {
    let events = [vec![start()], middle, vec![end(json!("tool_use"), counted()), stop()]].concat();
    stream(name, events).says("I look.").calls(vec![("look", json!({"path": "people/"}))])
}

/// A stream of "Hello" with this end.
fn hello(name: &'static str, last: Value) -> Recording {
    stream(name, vec![start(), text(0), said(0, "Hello"), close(0), last, stop()]).says("Hello")
}

/// All recordings with an answer.
pub fn all() -> Vec<Recording> {
    let whole = json!("{\"path\": \"people/\"}");
    let message = json!({"id": "m1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": "I look."}, {"type": "tool_use", "id": "t", "name": "look", "input": {"path": "people/"}}],
        "stop_reason": "tool_use", "usage": {"input_tokens": 10, "output_tokens": 9}});
    let calls = || vec![("look", json!({"path": "people/"}))];
    let block = |block: Value| vec![text(0), said(0, "I look."), begin(1, block), input(1, whole.clone())];
    let mut untyped = vec![text(0), said(0, "I look."), call(1), input(1, whole.clone())];
    for event in &mut untyped {
        event.as_object_mut().unwrap().remove("type");
    }
    let half = |escape: &str| said(0, "?").to_string().replace('?', escape);
    vec![
        looks(
            "plain",
            vec![text(0), said(0, "I look."), close(0), call(1), input(1, json!("")), input(1, whole.clone()), close(1)],
        ),
        looks(
            "numbers that jump",
            vec![text(0), said(0, "I look."), close(0), call(3), input(3, whole.clone()), close(3), close(4)],
        ),
        looks("blocks that stay open", vec![text(0), said(0, "I look."), call(1), input(1, whole.clone())]),
        looks("the same number for all", vec![text(0), said(0, "I look."), call(0), input(0, whole.clone()), close(0)]),
        looks("text without a beginning", vec![said(0, "I look."), call(1), input(1, whole.clone())]),
        looks("input with another number", vec![text(0), said(0, "I look."), call(1), input(7, whole.clone())]),
        looks("a call that begins twice", vec![text(0), said(0, "I look."), call(1), call(1), input(1, whole.clone())]),
        looks("input sent twice", vec![text(0), said(0, "I look."), call(1), input(1, whole.clone()), input(1, whole.clone())]),
        looks(
            "an empty object first",
            vec![text(0), said(0, "I look."), call(1), input(1, json!("{}")), input(1, whole.clone())],
        ),
        looks("input as an object", vec![text(0), said(0, "I look."), call(1), input(1, json!({"path": "people/"}))]),
        looks("events without types", untyped),
        looks("a number as id", block(json!({"type": "tool_use", "id": 17, "name": "look", "input": {}}))),
        looks("no id", block(json!({"type": "tool_use", "name": "look"}))),
        looks(
            "input at the beginning",
            vec![
                text(0),
                said(0, "I look."),
                begin(1, json!({"type": "tool_use", "id": "t", "name": "look", "input": {"path": "people/"}})),
                input(1, json!("")),
            ],
        ),
        looks(
            "null text",
            vec![begin(0, json!({"type": "text", "text": null})), said(0, "I look."), call(1), input(1, whole.clone())],
        ),
        stream("without a start", vec![text(0), said(0, "Hello"), close(0), end(json!("end_turn"), counted()), stop()])
            .says("Hello")
            .estimated(),
        hello("reason in capitals", end(json!("END_TURN"), counted())),
        hello("another API's reason", end(json!("stop"), counted())),
        hello("null count", end(json!("end_turn"), json!({"output_tokens": null}))).estimated(),
        hello("counts as text", end(json!("end_turn"), json!({"output_tokens": "9", "input_tokens": "10"}))),
        hello("fractional counts", end(json!("end_turn"), json!({"output_tokens": 9.0}))),
        hello("negative count", end(json!("end_turn"), json!({"output_tokens": -9}))).estimated(),
        hello("counts as a word", end(json!("end_turn"), json!("none"))).estimated(),
        stream(
            "the word null",
            vec![start(), end(json!("null"), json!(null)), text(0), said(0, "Hello"), end(json!("end_turn"), counted()), stop()],
        )
        .says("Hello"),
        stream(
            "a call and the wrong reason",
            vec![start(), call(0), input(0, whole.clone()), end(json!("end_turn"), counted()), stop()],
        )
        .calls(calls()),
        Recording::stream(
            "ended as another API ends",
            vec![
                start().to_string(),
                said(0, "Hello").to_string(),
                end(json!("end_turn"), counted()).to_string(),
                "[DONE]".to_owned(),
            ],
        )
        .says("Hello"),
        Recording::stream(
            "half characters",
            vec![
                start().to_string(),
                text(0).to_string(),
                half("a\\ud83c"),
                half("\\udf31b"),
                end(json!("end_turn"), counted()).to_string(),
                stop().to_string(),
            ],
        )
        .says("a🌱b"),
        Recording::stream(
            "keep-alive events",
            vec![
                String::new(),
                "ping".to_owned(),
                start().to_string(),
                "{}".to_owned(),
                r#"{"type":"ping"}"#.to_owned(),
                said(0, "Hello").to_string(),
                end(json!("end_turn"), counted()).to_string(),
                stop().to_string(),
            ],
        )
        .says("Hello"),
        Recording {
            is_stream: false,
            content_type: "application/json",
            ..Recording::stream("whole JSON", vec![format!("{message:#}")]).says("I look.").calls(calls())
        },
        Recording { content_type: "application/json", ..hello("a stream named JSON", end(json!("end_turn"), counted())) },
    ]
}
