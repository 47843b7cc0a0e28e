use crate::client::{hello, hello_with, post, post_with, refused, send, tool, user};
use growqr_testkit::anthropic::{AnthropicStub, RequestOutcome, says};
use serde_json::{Value, json};

const OPUS: &str = "claude-opus-4-7";

type Headers<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn a_request_needs_a_key_and_a_version() {
    let claude = AnthropicStub::start().await;
    let body = hello(OPUS).to_string();
    let bearer = format!("Bearer {}", claude.key());
    let (json, version, key) = (("content-type", "application/json"), ("anthropic-version", "2023-06-01"), claude.key());
    let table: [(Headers, u16, &str); 8] = [
        (&[json, version], 401, "x-api-key header is required"),
        (&[json, version, ("x-api-key", "sk-ant-wrong")], 401, "invalid x-api-key"),
        (&[json, version, ("authorization", "Bearer wrong")], 401, "invalid bearer token"),
        (&[json, version, ("x-api-key", key), ("authorization", &bearer)], 401, "not both"),
        (&[json, ("x-api-key", key)], 400, "anthropic-version: header is required"),
        (&[json, ("x-api-key", key), ("anthropic-version", "2020-01-01")], 400, "not a valid version"),
        (&[version, ("x-api-key", key)], 400, "content-type"),
        (
            &[json, version, ("x-api-key", key), ("anthropic-beta", "compact-2026-01-12,context-1m")],
            400,
            "Unexpected value(s) `context-1m` for the `anthropic-beta` header. Please consult our documentation at \
             platform.claude.com/docs or try again without the header.",
        ),
    ];
    for (headers, status, words) in table {
        refused(&send(&claude, "POST", "/v1/messages", headers, body.as_bytes()).await, status, words);
    }
    claude.will(says("hi"));
    let answer =
        send(&claude, "POST", "/v1/messages?beta=true", &[json, version, ("authorization", &bearer)], body.as_bytes()).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn unknown_fields_are_refused_everywhere() {
    let claude = AnthropicStub::start().await;
    let message = |extra: serde_json::Value| json!({"messages": [extra]});
    let table = [
        (json!({"colour": 1}), "colour: Extra inputs are not permitted"),
        (json!({"speed": "fast"}), "speed: Extra inputs are not permitted"),
        (json!({"thinking": {"type": "adaptive", "budget": 1}}), "thinking.budget: Extra inputs are not permitted"),
        (
            json!({"thinking": {"type": "adaptive", "block_binding": {}}}),
            "thinking.block_binding: Extra inputs are not permitted",
        ),
        (json!({"output_config": {"mood": 1}}), "output_config.mood: Extra inputs are not permitted"),
        (json!({"tool_choice": {"type": "auto", "x": 1}}), "tool_choice.auto.x: Extra inputs are not permitted"),
        (json!({"cache_control": {"type": "ephemeral", "x": 1}}), "cache_control.x: Extra inputs are not permitted"),
        (json!({"system": [{"type": "text", "text": "a", "x": 1}]}), "system.0.x: Extra inputs are not permitted"),
        (json!({"metadata": {"email": "a"}}), "metadata.email: Extra inputs are not permitted"),
        (message(json!({"role": "user", "content": "a", "name": "b"})), "messages.0.name: Extra inputs are not permitted"),
        (
            message(json!({"role": "user", "content": [{"type": "text", "text": "a", "x": 1}]})),
            "messages.0.content.0.text.x: Extra inputs are not permitted",
        ),
        (message(json!({"role": "user", "content": [{"type": "hologram"}]})), "Input tag 'hologram' found using 'type'"),
        (json!({"output_config": {"effort": "huge"}}), "output_config.effort: Input should be"),
        (json!({"stream": "yes"}), "stream: Input should be a valid boolean"),
    ];
    for (extra, words) in table {
        refused(&post(&claude, &hello_with(OPUS, extra)).await, 400, words);
    }
    let mut strange = tool("look");
    strange["colour"] = json!("red");
    refused(&post(&claude, &hello_with(OPUS, json!({"tools": [strange]}))).await, 400, "tools.0.custom.colour: Extra inputs");
}

#[tokio::test]
async fn missing_fields_and_too_large_requests_are_refused() {
    let claude = AnthropicStub::start().await;
    refused(&post(&claude, &json!({"model": OPUS, "messages": [user("a")]})).await, 400, "max_tokens: Field required");
    refused(&post(&claude, &json!({"model": OPUS, "max_tokens": 1})).await, 400, "messages: Field required");
    refused(&post(&claude, &json!({"max_tokens": 1, "messages": [user("a")]})).await, 400, "model: Field required");
    refused(&post(&claude, &hello_with(OPUS, json!({"messages": []}))).await, 400, "at least one message");
    refused(&post(&claude, &hello("claude-opus-3")).await, 404, "model: claude-opus-3");
    let large = "a".repeat(32 * 1024 * 1024);
    refused(
        &post(&claude, &hello_with(OPUS, json!({"messages": [user(&large)]}))).await,
        413,
        "Request exceeds the maximum size",
    );
    let long = "a".repeat(900_000);
    let haiku = hello_with("claude-haiku-4-5", json!({"messages": [user(&long)]}));
    refused(&post(&claude, &haiku).await, 400, "prompt is too long: 225000 tokens > 200000 maximum");
    let requests = claude.requests();
    assert!(
        requests.iter().all(|request| matches!(request.ended, Some(RequestOutcome::Refused { .. })) && request.bill.is_none())
    );
}

#[tokio::test]
async fn tools_need_valid_unique_names() {
    let claude = AnthropicStub::start().await;
    let pattern = "tools.0.custom.name: String should match pattern";
    for name in ["", "a.b", "a/b", "größe", &"a".repeat(65)] {
        refused(&post(&claude, &hello_with(OPUS, json!({"tools": [tool(name)]}))).await, 400, pattern);
    }
    let twice = hello_with(OPUS, json!({"tools": [tool("look"), tool("look")]}));
    refused(&post(&claude, &twice).await, 400, "tools: Tool names must be unique.");
    let shapeless = hello_with(OPUS, json!({"tools": [{"name": "a", "input_schema": {"type": "string"}}]}));
    refused(&post(&claude, &shapeless).await, 400, "tools.0.custom.input_schema.type: Input should be 'object'");
}

#[tokio::test]
async fn tool_choice_must_match_the_tools() {
    let claude = AnthropicStub::start().await;
    let with = |choice: Value, tools: Value| hello_with(OPUS, json!({"tool_choice": choice, "tools": tools}));
    let named = |name: &str| json!({"type": "tool", "name": name});
    let table = [
        (with(json!({"type": "tool"}), json!([tool("look")])), "tool_choice.tool.name: Field required"),
        (with(named("seek"), json!([tool("look")])), "not found in provided tools"),
        (with(json!({"type": "auto", "name": "look"}), json!([tool("look")])), "tool_choice.auto.name: Extra inputs"),
        (with(json!({"type": "auto"}), json!([])), "tool_choice may only be specified while providing tools"),
    ];
    for (body, words) in table {
        refused(&post(&claude, &body).await, 400, words);
    }
}

#[tokio::test]
async fn strict_schemas_must_be_closed_and_small() {
    let claude = AnthropicStub::start().await;
    let strict = |name: &str, schema: &Value| json!({"name": name, "strict": true, "input_schema": schema});
    let open = json!({"type": "object", "properties": {"a": {"type": "object"}}, "additionalProperties": false});
    let body = hello_with(OPUS, json!({"tools": [strict("look", &open)]}));
    refused(&post(&claude, &body).await, 400, "input_schema.properties.a: For 'object' type, 'additionalProperties'");
    let closed = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "additionalProperties": false});
    let many: Vec<Value> = (0..13).map(|number| strict(&format!("t{number}"), &closed)).collect();
    refused(&post(&claude, &hello_with(OPUS, json!({"tools": many}))).await, 400, "Schema is too complex");
    let format = |format: Value| hello_with(OPUS, json!({"output_config": {"format": format}}));
    let table = [
        (json!({"type": "json"}), "output_config.format.type: Input should be 'json_schema'"),
        (json!({"type": "json_schema"}), "output_config.format.schema: Field required"),
        (json!({"type": "json_schema", "schema": {"type": "object"}}), "'additionalProperties' must be explicitly"),
    ];
    for (value, words) in table {
        refused(&post(&claude, &format(value)).await, 400, words);
    }
    let messages: Vec<Value> = (0..100_001).map(|_| user("a")).collect();
    refused(&post(&claude, &hello_with(OPUS, json!({"messages": messages}))).await, 400, "messages: List should have at most");
}

#[tokio::test]
async fn the_newer_version_refuses_sampling_parameters() {
    let claude = AnthropicStub::start().await;
    let body = hello_with(OPUS, json!({"temperature": 1.0})).to_string();
    let headers = [("x-api-key", claude.key()), ("anthropic-version", "2026-10-21"), ("content-type", "application/json")];
    let answer = send(&claude, "POST", "/v1/messages", &headers, body.as_bytes()).await;
    refused(&answer, 400, "temperature: Extra inputs are not permitted");
}

#[tokio::test]
async fn a_request_without_a_script_fails_the_test() {
    let claude = AnthropicStub::start().await;
    assert_eq!(post_with(&claude, &hello(OPUS), &[]).await.status, 500);
    claude.until(|requests| requests.iter().all(|request| request.ended == Some(RequestOutcome::Unscripted))).await;
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| claude.assert_all_accepted()));
    assert!(failed.is_err());
}
