use crate::client::{assistant, hello_with, post, refused, result, tool, tool_use, user};
use growqr_testkit::anthropic::{AnthropicStub, says};
use serde_json::{Value, json};

const OPUS: &str = "claude-opus-4-8";

/// The error for these messages; `None` if they are accepted.
async fn verdict(messages: Value) -> Option<String> {
    let claude = AnthropicStub::start().await;
    claude.will(says("fine"));
    let answer = post(&claude, &hello_with(OPUS, json!({"messages": messages, "tools": [tool("look")]}))).await;
    (answer.status != 200).then(|| answer.error())
}

async fn refuses(messages: Value, fragment: &str) {
    let words = verdict(messages.clone()).await.unwrap_or_else(|| panic!("accepted: {messages}"));
    assert!(words.contains(fragment), "{words:?} should contain {fragment:?}");
}

fn results(blocks: Value) -> Value {
    json!({"role": "user", "content": blocks})
}

#[tokio::test]
async fn every_tool_call_needs_one_result_at_the_start_of_the_next_message() {
    let calls = assistant(json!([tool_use("toolu_a"), tool_use("toolu_b")]));
    let text = json!({"type": "text", "text": "and now"});
    let unanswered = "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_b. Each `tool_use` block \
                      must have a corresponding `tool_result` block in the next message.";
    refuses(json!([user("a"), calls, results(json!([result("toolu_a")]))]), &format!("messages.1: {unanswered}")).await;
    refuses(json!([user("a"), calls, results(json!([result("toolu_a"), text, result("toolu_b")]))]), unanswered).await;
    refuses(json!([user("a"), calls, results(json!([result("toolu_a")])), results(json!([result("toolu_b")]))]), unanswered)
        .await;
    refuses(json!([user("a"), calls, user("no")]), "without `tool_result` blocks immediately after: toolu_a, toolu_b").await;
    refuses(json!([user("a"), calls]), "without `tool_result` blocks").await;
    refuses(
        json!([user("a"), calls, results(json!([result("toolu_a"), result("toolu_b"), result("toolu_c")]))]),
        "messages.2.content.2: unexpected `tool_use_id` found in `tool_result` blocks: toolu_c. Each `tool_result` block must \
         have a corresponding `tool_use` block in the previous message.",
    )
    .await;
    refuses(
        json!([user("a"), calls, results(json!([result("toolu_a"), result("toolu_b"), result("toolu_a")]))]),
        "Found multiple `tool_result` blocks with id: toolu_a",
    )
    .await;
    refuses(
        json!([user("a"), assistant(json!([tool_use("t"), tool_use("t")])), results(json!([result("t")]))]),
        "`tool_use` ids must be unique",
    )
    .await;
    refuses(json!([results(json!([result("toolu_a")]))]), "unexpected `tool_use_id`").await;
    let (again, answered) = (assistant(json!([tool_use("t")])), results(json!([result("t")])));
    refuses(json!([user("a"), again, answered, again, answered]), "messages.3.content.0: `tool_use` ids must be unique").await;
    let odd = assistant(json!([tool_use("toolu a")]));
    refuses(json!([user("a"), odd, results(json!([result("toolu a")]))]), "id: String should match pattern").await;
    let good = json!([user("a"), calls, results(json!([result("toolu_b"), result("toolu_a"), text])), user("more")]);
    assert_eq!(verdict(good).await, None);
}

#[tokio::test]
async fn empty_messages_are_refused() {
    refuses(json!([user("")]), "messages: text content blocks must be non-empty").await;
    refuses(json!([user(" \n")]), "text content blocks must contain non-whitespace text").await;
    refuses(json!([{"role": "user", "content": []}]), "all messages must have non-empty content").await;
    refuses(json!([{"role": "user", "content": ""}]), "all messages must have non-empty content").await;
    refuses(json!([user("a"), assistant(json!([])), user("b")]), "messages.1: all messages must have non-empty content").await;
    let marked = json!([{"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}]);
    refuses(json!([results(marked)]), "messages.0.content.0.text: cache_control cannot be set for empty text blocks").await;
}

#[tokio::test]
async fn the_order_of_roles_is_checked() {
    refuses(json!([assistant(json!("hi")), user("a")]), "first message must use the \"user\" role").await;
    refuses(json!([{"role": "robot", "content": "a"}]), "messages.0.role").await;
    refuses(json!([results(json!([tool_use("t")]))]), "`tool_use` blocks are not allowed in `user` messages").await;
    let input = json!([{"type": "tool_use", "id": "t", "name": "look", "input": "text"}]);
    refuses(json!([user("a"), assistant(input), results(json!([result("t")]))]), "input: Input should be a valid dictionary")
        .await;
    assert_eq!(verdict(json!([user("a"), user("b"), assistant(json!("c")), user("d")])).await, None);
}

#[tokio::test]
async fn system_messages_are_allowed_only_in_some_places() {
    let operator = json!({"role": "system", "content": "it is late"});
    let calls = assistant(json!([tool_use("t")]));
    refuses(json!([operator, user("a")]), "a `system` message must follow a user message").await;
    refuses(json!([user("a"), assistant(json!("b")), operator]), "a `system` message must follow a user message").await;
    refuses(json!([user("a"), operator, user("b")]), "must be last or be followed by an assistant message").await;
    refuses(json!([user("a"), calls, operator, results(json!([result("t")]))]), "a `system` message must follow").await;
    assert_eq!(verdict(json!([user("a"), operator])).await, None);
    let after_results = json!([user("a"), calls, results(json!([result("t")])), operator, assistant(json!("b")), user("c")]);
    assert_eq!(verdict(after_results).await, None);
}

#[tokio::test]
async fn a_conversation_with_tool_calls_must_define_tools() {
    let claude = AnthropicStub::start().await;
    let messages = json!([user("a"), assistant(json!([tool_use("t")])), results(json!([result("t")]))]);
    refused(&post(&claude, &hello_with(OPUS, json!({"messages": messages}))).await, 400, "must define tools");
}
