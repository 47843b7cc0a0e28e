//! Signatures of thinking blocks: changed, forged or misplaced thinking is refused.

use crate::client::{assistant, hello_with, post, post_with, refused, result, tool, user};
use growqr_testkit::anthropic::{AnthropicStub, thinks};
use serde_json::{Value, json};

/// A model whose thinking is bound to the conversation before it.
const BOUND: &str = "claude-opus-5-5";
const BETA: (&str, &str) = ("anthropic-beta", "thinking-binding-controls-2026-08-01");

fn ask(model: &str, messages: &Value) -> Value {
    hello_with(
        model,
        json!({"messages": messages, "tools": [tool("look")], "system": "be kind", "thinking": {"type": "adaptive", "display": "summarized"}}),
    )
}

/// A conversation with a reply that contains thinking and a tool call, and the result of the call.
async fn thought(claude: &AnthropicStub, model: &str) -> Value {
    claude.will(thinks("hm").thinks_redacted().calls([("look", json!({}))]));
    let content = post(claude, &ask(model, &json!([user("a")]))).await.json()["content"].clone();
    let id = content[2]["id"].as_str().unwrap().to_owned();
    json!([user("a"), assistant(content), {"role": "user", "content": [result(&id)]}])
}

#[tokio::test]
async fn unchanged_thinking_is_accepted() {
    let claude = AnthropicStub::start().await;
    let messages = thought(&claude, BOUND).await;
    claude.will(thinks("so").says("done"));
    let answer = post(&claude, &ask(BOUND, &messages)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut longer = messages.as_array().unwrap().clone();
    longer.extend([assistant(answer.json()["content"].clone()), user("more")]);
    claude.will(thinks("again").says("done"));
    assert_eq!(post(&claude, &ask(BOUND, &json!(longer))).await.status, 200);
}

#[tokio::test]
async fn a_changed_prefix_is_refused_where_thinking_is_bound() {
    for (model, old_account, bound) in [
        (BOUND, false, true),
        (BOUND, true, false),
        ("claude-fable-5-2", true, true),
        ("claude-sonnet-5-5", false, true),
        ("claude-opus-5", false, false),
    ] {
        let changes: [fn(&mut Value); 3] = [
            |body| body["system"] = json!("be brief"),
            |body| body["tools"] = json!([tool("look"), tool("listen")]),
            |body| body["messages"][0] = user("b"),
        ];
        for change in changes {
            let claude = AnthropicStub::start().await;
            if old_account {
                claude.be_an_old_account();
            }
            let mut body = ask(model, &thought(&claude, model).await);
            change(&mut body);
            claude.will(thinks("so"));
            let answer = post(&claude, &body).await;
            if bound {
                let words = "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different \
                             conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to \
                             \"drop_block\". That setting requires the `thinking-binding-controls-2026-08-01` value";
                refused(&answer, 400, words);
            } else {
                assert_eq!(answer.status, 200, "{model}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn breakpoints_effort_and_limits_are_not_part_of_the_prefix() {
    let claude = AnthropicStub::start().await;
    let mut body = ask(BOUND, &thought(&claude, BOUND).await);
    body["max_tokens"] = json!(7);
    body["output_config"] = json!({"effort": "low"});
    body["system"] = json!([{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}]);
    claude.will(thinks("so"));
    assert_eq!(post(&claude, &body).await.status, 200);
}

#[tokio::test]
async fn bound_blocks_can_be_dropped_and_are_reported() {
    let claude = AnthropicStub::start().await;
    let mut body = ask(BOUND, &thought(&claude, BOUND).await);
    body["system"] = json!("be brief");
    body["thinking"]["block_binding"] = json!({"prefix_mismatch_behavior": "drop_block"});
    claude.will(thinks("so").says("done"));
    let answer = post_with(&claude, &body, &[BETA]).await.json();
    let dropped = answer["input_transformations"].as_array().unwrap();
    assert_eq!(dropped[0]["reason"], json!("prefix_binding_mismatch"));
    assert_eq!(dropped[0]["path"], json!("messages.1.content.0"));
}

#[tokio::test]
async fn the_latest_thinking_must_be_complete_and_unchanged() {
    let claude = AnthropicStub::start().await;
    let messages = thought(&claude, "claude-opus-5").await;
    let words =
        "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.";
    let changes: [fn(&mut Vec<Value>); 3] = [
        |content| content[0]["thinking"] = json!("other words"),
        |content| content.swap(0, 1),
        |content| drop(content.remove(1)),
    ];
    for change in changes {
        let mut edited = messages.clone();
        change(edited[1]["content"].as_array_mut().unwrap());
        refused(&post(&claude, &ask("claude-opus-5", &edited)).await, 400, words);
    }
    let mut damaged = messages.clone();
    damaged[1]["content"][0]["signature"] = json!("");
    let answer = post(&claude, &ask("claude-opus-5", &damaged)).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    let mut without = messages;
    without[1]["content"].as_array_mut().unwrap().drain(..2);
    claude.will(thinks("so"));
    assert_eq!(post(&claude, &ask("claude-opus-5", &without)).await.status, 200);
}

#[tokio::test]
async fn an_unknown_signature_is_refused() {
    let claude = AnthropicStub::start().await;
    let forged = json!([{"type": "thinking", "thinking": "x", "signature": "EqForged=="}, {"type": "text", "text": "b"}]);
    let body = ask(BOUND, &json!([user("a"), assistant(forged), user("c")]));
    let answer = post(&claude, &body).await;
    assert_eq!(answer.error(), "messages.1.content.0: Invalid `signature` in `thinking` block");
}

#[tokio::test]
async fn thinking_of_another_model_is_silently_dropped() {
    let claude = AnthropicStub::start().await;
    let messages = thought(&claude, "claude-opus-5").await;
    claude.will(thinks("so"));
    assert_eq!(post(&claude, &ask(BOUND, &messages)).await.status, 200);
}

#[tokio::test]
async fn with_manual_thinking_the_last_reply_must_begin_with_thinking() {
    let claude = AnthropicStub::start().await;
    let body = hello_with(
        "claude-haiku-4-5",
        json!({"messages": [user("a"), assistant(json!("b")), user("c")], "thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}),
    );
    refused(
        &post(&claude, &body).await,
        400,
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`",
    );
}
