use crate::client::{assistant, hello_with, post, refused, send, tool, user};
use growqr_testkit::anthropic::{AnthropicStub, says};
use serde_json::{Value, json};

const ALL: [&str; 11] = [
    "claude-fable-5-2",
    "claude-fable-5-1",
    "claude-fable-5",
    "claude-opus-5-5",
    "claude-opus-5",
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-sonnet-5-5",
    "claude-sonnet-5",
    "claude-haiku-5-5",
    "claude-haiku-4-5-20251001",
];

/// Sends the same request for every model. Returns the models that refuse it with a message that contains `fragment`.
async fn refusers(more: Value, fragment: &str) -> Vec<&'static str> {
    let claude = AnthropicStub::start().await;
    claude.route(|_| Some(says("fine")));
    let mut refusers = Vec::new();
    for model in ALL {
        let answer = post(&claude, &hello_with(model, more.clone())).await;
        if answer.status != 200 {
            refused(&answer, 400, fragment);
            refusers.push(model);
        }
    }
    refusers
}

fn all_but(accepting: &[&str]) -> Vec<&'static str> {
    ALL.into_iter().filter(|model| !accepting.contains(model)).collect()
}

#[tokio::test]
async fn each_model_refuses_unsupported_kinds_of_thinking() {
    let manual = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000});
    assert_eq!(refusers(manual, "\"thinking.type.enabled\" is not supported").await, all_but(&["claude-haiku-4-5-20251001"]));
    let adaptive = json!({"thinking": {"type": "adaptive", "display": "summarized"}});
    assert_eq!(refusers(adaptive, "adaptive thinking is not supported on this model").await, ["claude-haiku-4-5-20251001"]);
    let disabled = json!({"thinking": {"type": "disabled"}});
    let always = ["claude-fable-5-2", "claude-fable-5-1", "claude-fable-5", "claude-opus-5-5", "claude-sonnet-5-5"];
    assert_eq!(refusers(disabled, "thinking").await, always);
    let between = json!({"thinking": {"type": "between_tools"}});
    assert_eq!(refusers(between, "not supported").await, all_but(&["claude-sonnet-5-5"]));
    let claude = AnthropicStub::start().await;
    let sonnet = post(&claude, &hello_with("claude-sonnet-5-5", json!({"thinking": {"type": "disabled"}}))).await;
    refused(&sonnet, 400, "To turn thinking off on this model, send \"thinking\": {\"type\": \"between_tools\"} instead of");
    let hard = json!({"thinking": {"type": "disabled"}, "output_config": {"effort": "xhigh"}});
    refused(&post(&claude, &hello_with("claude-opus-5", hard)).await, 400, "thinking.type.disabled");
    let shown = json!({"thinking": {"type": "between_tools", "display": "omitted"}});
    refused(&post(&claude, &hello_with("claude-sonnet-5-5", shown)).await, 400, "thinking.display: Extra inputs");
    let hard = json!({"thinking": {"type": "between_tools"}, "output_config": {"effort": "max"}});
    refused(&post(&claude, &hello_with("claude-sonnet-5-5", hard)).await, 400, "between_tools");
}

#[tokio::test]
async fn each_model_refuses_unsupported_settings() {
    let effort = json!({"output_config": {"effort": "low"}});
    assert_eq!(refusers(effort, "does not support the effort parameter").await, ["claude-haiku-4-5-20251001"]);
    let forced = json!({"tool_choice": {"type": "any"}, "tools": [tool("look")]});
    let never = ["claude-fable-5-2", "claude-fable-5-1", "claude-opus-5-5", "claude-sonnet-5-5"];
    assert_eq!(refusers(forced, "tool_choice: type \"tool\" and \"any\" are not supported for this model.").await, never);
    let prefill = json!({"messages": [user("a"), assistant(json!("I"))]});
    let words = "This model does not support assistant message prefill. The conversation must end with a user message.";
    assert_eq!(refusers(prefill, words).await, all_but(&["claude-haiku-4-5-20251001"]));
    assert_eq!(refusers(json!({"temperature": 0.5}), "temperature").await, all_but(&["claude-haiku-4-5-20251001"]));
    assert_eq!(refusers(json!({"temperature": 1.0}), "").await, [""; 0]);
    assert_eq!(refusers(json!({"max_tokens": 64_001}), "max_tokens: 64001 > 64000").await, ["claude-haiku-4-5-20251001"]);
    assert_eq!(refusers(json!({"max_tokens": 128_001}), "maximum allowed number of output tokens").await, ALL);
    let system = json!({"messages": [user("a"), {"role": "system", "content": "be brief"}]});
    let with = ["claude-fable-5-1", "claude-fable-5", "claude-opus-5-5", "claude-opus-5", "claude-opus-4-8", "claude-sonnet-5-5"];
    assert_eq!(refusers(system, "role 'system' is not supported").await, all_but(&with));
}

#[tokio::test]
async fn models_are_listed_in_pages_and_described_singly() {
    let claude = AnthropicStub::start().await;
    let headers = [("x-api-key", claude.key()), ("anthropic-version", "2023-06-01")];
    let first = send(&claude, "GET", "/v1/models?limit=4", &headers, b"").await.json();
    assert_eq!((first["data"].as_array().unwrap().len(), &first["has_more"]), (4, &json!(true)));
    let after = format!("/v1/models?limit=1000&after_id={}", first["last_id"].as_str().unwrap());
    let rest = send(&claude, "GET", &after, &headers, b"").await.json();
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["has_more"]), (ALL.len() - 4, &json!(false)));
    let haiku = send(&claude, "GET", "/v1/models/claude-haiku-4-5", &headers, b"").await.json();
    assert_eq!((&haiku["max_input_tokens"], &haiku["max_tokens"]), (&json!(200_000), &json!(64_000)));
    assert_eq!(haiku["capabilities"]["effort"]["supported"], json!(false));
    refused(&send(&claude, "GET", "/v1/models/claude-none", &headers, b"").await, 404, "model: claude-none");
    refused(&send(&claude, "GET", "/v1/models", &headers[1..], b"").await, 401, "x-api-key");
}

#[tokio::test]
async fn tokens_are_counted_under_the_same_rules_without_a_bill() {
    let claude = AnthropicStub::start().await;
    let headers = [("x-api-key", claude.key()), ("anthropic-version", "2023-06-01"), ("content-type", "application/json")];
    let count =
        async |body: Value| send(&claude, "POST", "/v1/messages/count_tokens", &headers, body.to_string().as_bytes()).await;
    let body = json!({"model": "claude-opus-4-7", "messages": [user("12345678")]});
    assert_eq!(count(body.clone()).await.json(), json!({"input_tokens": 2}));
    let mut with_tools = body.clone();
    with_tools["tools"] = json!([tool("look")]);
    assert!(count(with_tools).await.json()["input_tokens"].as_u64().unwrap() > 675, "the hidden text of tools counts");
    let mut limited = body;
    limited["max_tokens"] = json!(10);
    refused(&count(limited).await, 400, "max_tokens: Extra inputs are not permitted");
    assert_eq!(claude.total_micro_cents(), 0);
}
