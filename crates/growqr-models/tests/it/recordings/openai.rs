//! Answers of servers with OpenAI's chat-completions API.

use super::Recording;
use serde_json::{Value, json};

fn piece(delta: Value, finish: Value) -> String {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "test",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    .to_string()
}

fn said(text: &str) -> String {
    piece(json!({"content": text}), json!(null))
}

fn end(reason: &str) -> String {
    piece(json!({}), json!(reason))
}

fn counts(usage: Value) -> String {
    json!({"choices": [], "usage": usage}).to_string()
}

fn counted() -> String {
    counts(json!({"prompt_tokens": 12, "completion_tokens": 3}))
}

fn done() -> String {
    "[DONE]".to_owned()
}

/// A stream with these tool calls in its pieces.
fn called(name: &'static str, pieces: Vec<Value>) -> Recording {
    let mut events: Vec<String> = pieces.into_iter().map(|calls| piece(json!({"tool_calls": calls}), json!(null))).collect();
    events.extend([end("tool_calls"), counted(), done()]);
    Recording::stream(name, events).calls(vec![("look", json!({"path": "people/"}))])
}

fn function(arguments: Value) -> Value {
    json!({"name": "look", "arguments": arguments})
}

/// A stream of "Hello" with these counts.
fn with_counts(name: &'static str, usage: Value) -> Recording {
    Recording::stream(name, vec![said("Hello"), end("stop"), counts(usage), done()]).says("Hello")
}

/// A stream whose text is cut like this.
fn texts(name: &'static str, texts: &[&str]) -> Recording {
    let mut events: Vec<String> = texts.iter().map(|text| said(text)).collect();
    events.extend([end("stop"), counted(), done()]);
    Recording::stream(name, events)
}

/// All recordings with an answer.
pub fn all() -> Vec<Recording> {
    let whole = r#"{"path": "people/"}"#;
    let message = json!({"role": "assistant", "content": "Hello",
        "tool_calls": [{"id": "a", "type": "function", "function": function(json!(whole))}]});
    let completion = json!({"object": "chat.completion", "model": "test", "choices": [{"index": 0, "message": message,
        "finish_reason": "tool_calls"}], "usage": {"prompt_tokens": 12, "completion_tokens": 3}});
    let two = || vec![("look", json!({"path": "people/"}))];
    let half = |text: &str| said("?").replace('?', text);
    vec![
        texts("plain", &["Hel", "lo"]).says("Hello"),
        Recording::stream("without an end", vec![said("Hello"), end("stop")]).says("Hello").estimated(),
        with_counts("null count", json!({"prompt_tokens": 12, "completion_tokens": null})).estimated(),
        with_counts("null details", json!({"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": null})),
        with_counts("empty counts", json!({})).estimated(),
        with_counts("fractional counts", json!({"prompt_tokens": 12.0, "completion_tokens": 3.0})),
        with_counts("negative count", json!({"prompt_tokens": -1, "completion_tokens": 3})).estimated(),
        with_counts("counts as text", json!({"prompt_tokens": "12", "completion_tokens": "3"})),
        with_counts("counts as a word", json!("none")).estimated(),
        with_counts("zero counts", json!({"prompt_tokens": 0, "completion_tokens": 0})).estimated(),
        with_counts(
            "fractional cache",
            json!({"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 0.0}}),
        ),
        Recording::stream("reason in capitals", vec![said("Hello"), end("STOP"), counted(), done()]).says("Hello"),
        Recording::stream(
            "the word null",
            vec![
                piece(json!({"content": "Hel"}), json!("null")),
                piece(json!({"content": "lo"}), json!("NULL")),
                end("stop"),
                counted(),
            ],
        )
        .says("Hello"),
        Recording::stream(
            "reason on each piece",
            vec![
                piece(json!({"content": "Hel"}), json!("stop")),
                piece(json!({"content": "lo"}), json!("stop")),
                counted(),
                done(),
            ],
        )
        .says("Hello"),
        Recording::stream(
            "keep-alive events",
            ["", "ping", r#"{"choices":[]}"#, "7", "{}"]
                .map(str::to_owned)
                .into_iter()
                .chain([said("Hello"), end("stop"), counted(), done()])
                .collect(),
        )
        .says("Hello"),
        Recording::stream(
            "an error after the end",
            vec![said("Hello"), end("stop"), json!({"error": {"message": "no counts"}}).to_string(), counted(), done()],
        )
        .says("Hello"),
        Recording::stream(
            "index as text",
            vec![said("Hello").replace("\"index\":0", "\"index\":\"0\""), end("stop"), counted(), done()],
        )
        .says("Hello"),
        Recording::stream("half characters", vec![half("a\\ud83c"), half("\\udf31b"), end("stop"), counted(), done()])
            .says("a🌱b"),
        texts("thoughts between tags", &["<th", "ink>\nPlan: greet.\n", "</think>\n\n", "Hello!"])
            .thinks("Plan: greet.")
            .says("Hello!"),
        texts("only the end of thoughts", &["Plan: greet.", "\n</thi", "nk>\n\nHello!"]).thinks("Plan: greet.").says("Hello!"),
        Recording::stream(
            "thoughts as parts",
            vec![
                piece(json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Plan."}]}]}), json!(null)),
                piece(json!({"content": [{"type": "text", "text": "Hello"}]}), json!(null)),
                end("stop"),
                counted(),
                done(),
            ],
        )
        .thinks("Plan.")
        .says("Hello"),
        Recording::stream(
            "both fields for thoughts",
            vec![
                piece(json!({"reasoning_content": "", "reasoning": "Plan."}), json!(null)),
                said("Hello"),
                end("stop"),
                counted(),
            ],
        )
        .thinks("Plan.")
        .says("Hello"),
        called(
            "call in pieces",
            vec![
                json!([{"index": 0, "id": "a1b2c3d4e", "function": {"name": "look", "arguments": ""}}]),
                json!([{"index": 0, "function": {"arguments": "{\"path\":"}}]),
                json!([{"index": 0, "function": {"arguments": " \"people/\"}"}}]),
            ],
        ),
        called(
            "an empty object first",
            vec![
                json!([{"index": 0, "id": "a", "function": function(json!("{}"))}]),
                json!([{"index": 0, "function": {"arguments": whole}}]),
            ],
        ),
        called(
            "an empty object first, without ids",
            vec![
                json!([{"index": 0, "function": function(json!("{}"))}]),
                json!([{"index": 0, "function": function(json!(whole))}]),
            ],
        ),
        called(
            "arguments sent twice",
            vec![
                json!([{"index": 0, "id": "a", "function": function(json!(whole))}]),
                json!([{"index": 0, "id": "a", "function": function(json!(whole))}]),
            ],
        ),
        called(
            "arguments as an object",
            vec![json!([{"index": 0, "id": "a", "function": function(json!({"path": "people/"}))}])],
        ),
        called(
            "arguments as text of text",
            vec![json!([{"index": 0, "id": "a", "function": function(json!(json!(whole).to_string()))}])],
        ),
        called("a number as id, an index as text", vec![json!([{"index": "0", "id": 17, "function": function(json!(whole))}])]),
        called("one call that is no list", vec![json!({"id": "a", "function": function(json!(whole))})]),
        called("a call without its level", vec![json!([{"index": 0, "id": "a", "name": "look", "arguments": whole}])]),
        Recording::stream(
            "the older form of a call",
            vec![piece(json!({"function_call": function(json!(whole))}), json!("function_call")), counted(), done()],
        )
        .calls(two()),
        Recording::stream(
            "unknown reason after a call",
            vec![
                piece(json!({"tool_calls": [{"index": 0, "id": "a", "function": function(json!(whole))}]}), json!("eclipse")),
                counted(),
            ],
        )
        .calls(two()),
        texts(
            "a call as words",
            &["I look.\n\n<func", "tion=look>\n<parameter=path>\npeople/\n</parameter>\n</function>\n</tool_call>"],
        )
        .says("I look.")
        .calls(two()),
        texts(
            "a call as JSON in words",
            &["<tool_call>\n{\"name\": \"look\", \"arguments\": {\"path\": \"people/\"}}\n</tool_call>"],
        )
        .calls(two()),
        Recording {
            is_stream: false,
            content_type: "application/json",
            ..Recording::stream("whole JSON", vec![format!("{completion:#}")]).says("Hello").calls(two())
        },
        Recording {
            is_stream: false,
            ..Recording::stream("whole JSON named a stream", vec![completion.to_string()]).says("Hello").calls(two())
        },
        Recording {
            is_stream: false,
            content_type: "application/x-ndjson",
            ..Recording::stream("an object on each line", vec![said("Hel"), said("lo"), end("stop"), counted()]).says("Hello")
        },
        Recording { content_type: "application/json", ..texts("a stream named JSON", &["Hel", "lo"]).says("Hello") },
        Recording { content_type: "", ..texts("a stream without a name", &["Hel", "lo"]).says("Hello") },
    ]
}
