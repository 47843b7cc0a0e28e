//! Tests of the chat-completions stub: it refuses what strict servers refuse and imitates real servers.

use crate::client::{Answer, send_to};
use growqr_testkit::openai::{
    Calls, OpenAiStub, Point, RequestOutcome, ServerBehaviour, StopPoint, breaks, calls, loading, says, thinks,
};
use serde_json::{Value, json};

async fn post(server: &OpenAiStub, body: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    send_to(server.base_url(), "POST", "/v1/chat/completions", &headers, body.to_string().as_bytes()).await
}

async fn get(server: &OpenAiStub, target: &str) -> Answer {
    send_to(server.base_url(), "GET", target, &[], b"").await
}

fn tool() -> Value {
    json!({"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}})
}

/// A valid request with these messages after the first.
fn with(messages: &[Value]) -> Value {
    let first = [json!({"role": "system", "content": "Be kind."}), json!({"role": "user", "content": "hello"})];
    let all: Vec<Value> = first.into_iter().chain(messages.iter().cloned()).collect();
    json!({
        "model": "tiny", "messages": all, "tools": [tool()], "stream": true, "stream_options": {"include_usage": true},
        "max_tokens": 100,
    })
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}})
}

fn calling(calls: &[Value]) -> Value {
    json!({"role": "assistant", "content": "", "tool_calls": calls})
}

fn result(id: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": "seen"})
}

fn user() -> Value {
    json!({"role": "user", "content": "go on"})
}

#[tokio::test]
async fn a_valid_conversation_is_accepted() {
    let server = OpenAiStub::start(ServerBehaviour::plain()).await;
    server.will_all([says("hi"), says("hi"), says("hi")]);
    for messages in [
        vec![],
        vec![calling(&[call("a"), call("b")]), result("a"), result("b")],
        vec![calling(&[call("a"), call("b")]), result("b"), result("a"), user()],
    ] {
        assert_eq!(post(&server, &with(&messages)).await.status, 200);
    }
    server.assert_all_accepted();
}

#[tokio::test]
async fn an_invalid_conversation_is_refused() {
    let arguments = |arguments: Value| {
        calling(&[json!({"id": "a", "type": "function", "function": {"name": "look", "arguments": arguments}})])
    };
    let table = [
        (vec![calling(&[call("a")]), user()], "did not have response messages: a"),
        (vec![calling(&[call("a"), call("b")]), result("a")], "did not have response messages: b"),
        (vec![calling(&[call("a"), call("b")]), result("a"), user(), result("b")], "did not have response messages: b"),
        (vec![json!({"role": "assistant", "content": "x"}), result("a")], "must be a response to a preceding message"),
        (vec![calling(&[call("a")]), result("a"), result("a")], "must be a response to a preceding message"),
        (vec![calling(&[call("a")]), result("b")], "must be a response to a preceding message"),
        (vec![calling(&[call("a"), call("a")]), result("a")], "used before"),
        (vec![calling(&[call("a")]), result("a"), calling(&[call("a")]), result("a")], "used before"),
        (vec![calling(&[call("")]), result("")], "empty"),
        (vec![arguments(json!({})), result("a")], "is not of type 'string'"),
        (vec![arguments(json!("{\"p\":")), result("a")], "invalid tool call arguments"),
        (vec![arguments(json!("[]")), result("a")], "invalid tool call arguments"),
        (vec![json!({"role": "assistant", "content": ""}), user()], "must have content or tool calls"),
        (vec![json!({"role": "assistant", "content": null}), user()], "is not of type 'string'"),
        (vec![json!({"role": "assistant", "content": "x", "tool_calls": []}), user()], "must be a list with calls"),
        (vec![json!({"role": "assistant", "content": "x", "thinking": "y"}), user()], "thinking"),
        (vec![json!({"role": "assistant", "content": "x"})], "the last message"),
        (vec![user()], "must alternate"),
        (vec![json!({"role": "assistant", "content": "x"}), json!({"role": "robot", "content": "x"})], "'robot'"),
        (vec![json!({"role": "assistant", "content": "x"}), json!({"role": "system", "content": "x"})], "at the beginning"),
        (vec![json!({"role": "assistant", "content": "x"}), json!({"role": "user", "content": " "})], "must not be empty"),
        (vec![json!({"role": "assistant", "content": "x"}), json!({"role": "user"})], "Missing required parameter"),
        (vec![calling(&[call("a")]), json!({"role": "tool", "tool_call_id": "a", "content": 7})], "is not of type 'string'"),
    ];
    let server = OpenAiStub::start(ServerBehaviour::plain()).await;
    for (messages, fragment) in table {
        let answer = post(&server, &with(&messages)).await;
        assert_eq!(answer.status, 400, "{messages:?}");
        assert!(answer.error().contains(fragment), "{:?} should contain {fragment:?}", answer.error());
    }
}

#[tokio::test]
async fn invalid_fields_are_refused() {
    let changed = |field: &str, value: Value| {
        let mut body = with(&[]);
        body[field] = value;
        body
    };
    let tools = |field: &str, value: Value| {
        let mut tool = tool();
        tool["function"][field] = value;
        changed("tools", json!([tool]))
    };
    let without = |field: &str| {
        let mut body = with(&[]);
        body.as_object_mut().unwrap().remove(field);
        body
    };
    let mut no_schema = tool();
    no_schema["function"].as_object_mut().unwrap().remove("parameters");
    let table = [
        (changed("thinking", json!({})), 400, "Unrecognized request argument supplied: thinking"),
        (without("model"), 400, "model"),
        (changed("model", json!("nobody")), 404, "not found"),
        (without("stream"), 400, "only allowed when 'stream' is enabled"),
        (changed("stream", json!("yes")), 400, "boolean"),
        (changed("stream_options", json!({"usage": true})), 400, "stream_options.usage"),
        (changed("max_tokens", json!(0)), 400, "at least 1"),
        (changed("max_completion_tokens", json!(5)), 400, "not both"),
        (changed("messages", json!([])), 400, "too short"),
        (changed("tools", json!([])), 400, "too short"),
        (changed("tools", json!([no_schema])), 400, "parameters"),
        (changed("tools", json!([tool(), tool()])), 400, "twice"),
        (tools("name", json!("look at")), 400, "does not match"),
        (tools("parameters", json!({"type": "array"})), 400, "must be of type 'object'"),
        (tools("description", json!(null)), 400, "is not of type 'string'"),
        (tools("input_schema", json!({})), 400, "input_schema"),
    ];
    let server = OpenAiStub::start(ServerBehaviour::plain()).await;
    for (body, status, fragment) in table {
        let answer = post(&server, &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.error().contains(fragment), "{:?} should contain {fragment:?}", answer.error());
    }
    let history = json!({"model": "tiny", "messages": [user(), calling(&[call("a")]), result("a")], "stream": true});
    assert!(post(&server, &history).await.error().contains("need 'tools'"));
}

#[tokio::test]
async fn invalid_bodies_headers_and_keys_are_refused() {
    let server = OpenAiStub::start(ServerBehaviour { key: Some("sk-right".to_owned()), ..ServerBehaviour::plain() }).await;
    let body = with(&[]).to_string();
    let json = ("content-type", "application/json");
    let right = ("authorization", "Bearer sk-right");
    let wrong = ("authorization", "Bearer sk-wrong");
    let text = ("content-type", "text/plain");
    for (headers, body, status) in [
        (vec![json], body.as_bytes(), 401),
        (vec![json, wrong], body.as_bytes(), 401),
        (vec![text, right], body.as_bytes(), 415),
        (vec![right], body.as_bytes(), 415),
        (vec![json, right], b"{\"model\":\"\xff\"}".as_slice(), 400),
        (vec![json, right], b"{".as_slice(), 400),
        (vec![json, right], b"[]".as_slice(), 400),
    ] {
        let answer = send_to(server.base_url(), "POST", "/v1/chat/completions", &headers, body).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
    assert_eq!(get(&server, "/v1/models").await.status, 401);
    server.change_behaviour(|behaviour| behaviour.bare_errors = true);
    assert_eq!(get(&server, "/v1/models").await.json()["error"], "You didn't provide an API key.");
}

#[tokio::test]
async fn each_server_handles_a_too_long_prompt_in_its_own_way() {
    let mut long = with(&[]);
    long["messages"][1]["content"] = json!("word ".repeat(4_000));
    for (behaviour, status, words) in [
        (ServerBehaviour::plain(), 400, "maximum context length is 2000 tokens"),
        (ServerBehaviour::vllm(), 400, "maximum context length is 2000 tokens"),
        (ServerBehaviour::llama_cpp(), 400, "exceeds the available context size"),
        (ServerBehaviour::lm_studio(), 200, "greater than the context length"),
        (ServerBehaviour::ollama(), 200, "what?"),
    ] {
        let program = behaviour.program;
        let server = OpenAiStub::start(ServerBehaviour { window: 2_000, ..behaviour }).await;
        server.will(says("what?"));
        let answer = post(&server, &long).await;
        assert_eq!(answer.status, status, "{program:?}");
        assert!(answer.text.contains(words), "{program:?}: {}", answer.text);
        assert_eq!(server.truncated().len(), usize::from(program == growqr_testkit::openai::Program::Ollama));
    }
}

#[tokio::test]
async fn streams_have_the_format_of_each_server() {
    let server = OpenAiStub::start(ServerBehaviour::plain()).await;
    let script = || thinks("hm").says("I look").calls([("look", json!({"path": "abcdefgh"})), ("look", json!({}))]);
    let stream = async |change: fn(&mut ServerBehaviour)| {
        server.change_behaviour(|behaviour| *behaviour = ServerBehaviour::plain());
        server.change_behaviour(change);
        server.will(script());
        post(&server, &with(&[])).await.text
    };
    let plain = stream(|_| ()).await;
    assert!(plain.starts_with("data: {") && plain.ends_with("data: [DONE]\n\n"), "{plain}");
    for part in [
        "\"reasoning_content\":\"hm\"",
        "\"finish_reason\":\"tool_calls\"",
        "\"prompt_tokens\":",
        "\"index\":1",
        "\"arguments\":\"\"",
    ] {
        assert!(plain.contains(part), "{part} in {plain}");
    }
    let whole = stream(|behaviour| behaviour.calls = Calls::WholeAtZero).await;
    assert!(whole.contains(r#"{\"path\":\"abcdefgh\"}"#) && !whole.contains("\"index\":1"), "{whole}");
    let odd = stream(|behaviour| {
        (behaviour.calls, behaviour.ids, behaviour.says_stop) = (Calls::WholeWithoutIndex, false, true);
        (behaviour.counts, behaviour.says_done, behaviour.crlf, behaviour.thinking_field) = (false, false, true, "reasoning");
    })
    .await;
    for absent in ["prompt_tokens", "[DONE]", "tool_calls\"}", "\"id\":\"call_"] {
        assert!(!odd.contains(absent), "{absent} in {odd}");
    }
    assert!(odd.contains("\r\n\r\n") && odd.contains(": still here") && odd.contains("\"reasoning\":\"hm\""), "{odd}");
}

#[tokio::test]
async fn faults_are_played_at_the_scripted_points() {
    let server = OpenAiStub::start(ServerBehaviour::plain()).await;
    server.will_all([
        says("a longer text").cut(Point::Events(2)),
        breaks(says("a longer text"), Point::Events(1), r#"{"error":"no"}"#),
        loading(),
        says("grüße 🌱").in_pieces(1),
    ]);
    let cut = post(&server, &with(&[])).await;
    assert!(!cut.whole && !cut.text.contains("finish_reason\":\"stop"));
    let broken = post(&server, &with(&[])).await;
    assert!(!broken.whole && broken.text.ends_with("data: {\"error\":\"no\"}\n\n"));
    assert_eq!(post(&server, &with(&[])).await.status, 503);
    assert!(post(&server, &with(&[])).await.whole);
    assert_eq!(server.chats()[0].ended, Some(RequestOutcome::Cut));
    let stop_point = StopPoint::new();
    server.will(says("hi").stop_at(Point::BeforeHead, &stop_point));
    let body = with(&[]);
    let held = async {
        stop_point.reached().await;
        stop_point.release();
    };
    assert_eq!(tokio::join!(post(&server, &body), held).0.status, 200);
}

#[tokio::test]
async fn scripts_see_requests_in_the_same_format_for_every_api() {
    let server = OpenAiStub::start(ServerBehaviour::plain()).await;
    server.route(|request| {
        let results = request.tool_results();
        assert_eq!((request.first_user_text(), request.system_text()), ("hello".to_owned(), "Be kind.".to_owned()));
        assert_eq!(request.tool_names(), ["look"]);
        Some(match results.first() {
            None => calls([("look", json!({}))]),
            Some(result) => says(&format!("{} {} {}", result.id, result.is_error, request.last_user_text())),
        })
    });
    assert!(post(&server, &with(&[])).await.text.contains("tool_calls"));
    let failed = json!({"role": "tool", "tool_call_id": "a", "content": "ERROR: gone"});
    let answer = post(&server, &with(&[calling(&[call("a")]), failed, user()])).await;
    let text: String = answer
        .text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(text, "a true go on");
}

#[tokio::test]
async fn each_program_serves_only_its_own_paths() {
    let paths = ["/api/version", "/api/ps", "/api/v0/models", "/props"];
    for (behaviour, known) in [
        (ServerBehaviour::plain(), [false, false, false, false]),
        (ServerBehaviour::ollama(), [true, true, false, false]),
        (ServerBehaviour::lm_studio(), [false, false, true, false]),
        (ServerBehaviour::llama_cpp(), [false, false, false, true]),
        (ServerBehaviour::vllm(), [false, false, false, false]),
    ] {
        let server = OpenAiStub::start(behaviour).await;
        assert_eq!(get(&server, "/v1/models").await.json()["data"][0]["id"], "tiny");
        for (path, known) in paths.into_iter().zip(known) {
            assert_eq!(get(&server, path).await.status == 200, known, "{path}");
        }
    }
}
