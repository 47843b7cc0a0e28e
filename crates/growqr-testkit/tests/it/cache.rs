use crate::client::{assistant, hello_with, post, refused, result, tool, tool_use, user};
use growqr_testkit::anthropic::{AnthropicStub, Bill, says};
use serde_json::{Value, json};
use std::time::Duration;

const OPUS: &str = "claude-opus-5-5";

/// A system text of this many tokens, with a cache breakpoint of this lifetime.
fn system(tokens: usize, ttl: &str) -> Value {
    json!([{"type": "text", "text": "a".repeat(tokens * 4), "cache_control": {"type": "ephemeral", "ttl": ttl}}])
}

async fn bill(claude: &AnthropicStub, body: Value) -> Bill {
    claude.will(says("fine"));
    let answer = post(claude, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let usage = &answer.json()["usage"];
    let bill = claude.messages().last().unwrap().bill.unwrap();
    // The usage in the response equals the bill.
    assert_eq!(usage["input_tokens"], json!(bill.input_tokens));
    assert_eq!(usage["cache_read_input_tokens"], json!(bill.cache_read_tokens));
    assert_eq!(usage["cache_creation_input_tokens"], json!(bill.cache_write_5m_tokens + bill.cache_write_1h_tokens));
    assert_eq!(usage["output_tokens"], json!(bill.output_tokens));
    bill
}

#[tokio::test]
async fn a_prefix_is_written_once_and_then_read_until_it_expires() {
    let claude = AnthropicStub::start().await;
    let ask = || hello_with(OPUS, json!({"system": system(600, "5m")}));
    let first = bill(&claude, ask()).await;
    assert_eq!((first.cache_write_5m_tokens, first.cache_read_tokens, first.input_tokens), (600, 0, 2));
    // 2 tokens at 4 USD, 600 at 5 USD and 1 at 20 USD a million.
    assert_eq!(first.micro_cents, (2 * 4 + 600 * 5 + 20) * 100);
    claude.advance(Duration::from_secs(299));
    assert_eq!(bill(&claude, ask()).await.cache_read_tokens, 600);
    claude.advance(Duration::from_secs(299));
    assert_eq!(bill(&claude, ask()).await.cache_read_tokens, 600, "a read renews it");
    claude.advance(Duration::from_secs(300));
    assert_eq!(bill(&claude, ask()).await.cache_write_5m_tokens, 600, "it has expired");
}

#[tokio::test]
async fn an_hour_long_entry_costs_more_and_lasts_an_hour() {
    let claude = AnthropicStub::start().await;
    let ask = || hello_with(OPUS, json!({"system": system(600, "1h")}));
    assert_eq!(bill(&claude, ask()).await.cache_write_1h_tokens, 600);
    claude.advance(Duration::from_secs(3599));
    assert_eq!(bill(&claude, ask()).await.cache_read_tokens, 600);
}

#[tokio::test]
async fn a_prefix_below_the_models_minimum_is_not_cached() {
    for (model, minimum) in [(OPUS, 512), ("claude-opus-4-8", 1024), ("claude-opus-4-7", 2048), ("claude-haiku-4-5", 4096)] {
        let claude = AnthropicStub::start().await;
        for (tokens, cached) in [(minimum - 1, 0), (minimum, minimum as u64)] {
            let ask = hello_with(model, json!({"system": system(tokens, "5m")}));
            bill(&claude, ask.clone()).await;
            assert_eq!(bill(&claude, ask).await.cache_read_tokens, cached, "{model}, {tokens} tokens");
        }
    }
}

#[tokio::test]
async fn a_change_invalidates_the_cache_after_it() {
    let words = "b".repeat(4000);
    let base = hello_with(
        OPUS,
        json!({"system": system(600, "5m"), "tools": [tool("look")], "messages": [user(&words)], "cache_control": {"type": "ephemeral"}}),
    );
    let all = 1600;
    let changed = |name: &str, value: Value| {
        let mut body = base.clone();
        body[name] = value;
        body
    };
    let table = [
        (base.clone(), true, true),
        (changed("max_tokens", json!(2000)), true, true),
        (changed("output_config", json!({"effort": "medium"})), true, true),
        (changed("output_config", json!({"effort": "low"})), true, false),
        (changed("tool_choice", json!({"type": "none"})), true, false),
        (changed("tools", json!([tool("look"), tool("listen")])), false, false),
        (changed("model", json!("claude-opus-5")), false, false),
    ];
    for (body, system_read, messages_read) in table {
        let claude = AnthropicStub::start().await;
        bill(&claude, base.clone()).await;
        let read = bill(&claude, body.clone()).await.cache_read_tokens;
        assert_eq!((read > 600, read >= all), (system_read, messages_read), "{body}");
    }
}

#[tokio::test]
async fn the_automatic_breakpoint_moves_with_the_conversation() {
    let claude = AnthropicStub::start().await;
    let mut messages = vec![user(&"a".repeat(4000))];
    let mut before = 0;
    for turn in 0..5 {
        let body = hello_with(OPUS, json!({"messages": messages, "cache_control": {"type": "ephemeral"}}));
        let bill = bill(&claude, body).await;
        assert_eq!(bill.cache_read_tokens, before);
        assert_eq!(bill.input_tokens, 0);
        before = bill.prompt_tokens();
        messages.extend([assistant(json!([{"type": "text", "text": "fine"}])), user(&format!("turn {turn}"))]);
    }
}

#[tokio::test]
async fn a_breakpoint_looks_back_twenty_positions_and_a_run_of_calls_is_one() {
    let start = user(&"a".repeat(4000));
    let ask = |messages: &[Value]| {
        hello_with(OPUS, json!({"messages": messages, "tools": [tool("look")], "cache_control": {"type": "ephemeral"}}))
    };
    let texts = |count: usize| json!({"role": "user", "content": vec![json!({"type": "text", "text": "b"}); count]});
    for (count, read) in [(20, true), (21, false)] {
        let claude = AnthropicStub::start().await;
        bill(&claude, ask(std::slice::from_ref(&start))).await;
        assert_eq!(bill(&claude, ask(&[start.clone(), texts(count)])).await.cache_read_tokens > 0, read, "{count} blocks");
    }
    let claude = AnthropicStub::start().await;
    bill(&claude, ask(std::slice::from_ref(&start))).await;
    let ids: Vec<String> = (0..40).map(|number| format!("t{number}")).collect();
    let calls: Vec<Value> = ids.iter().map(|id| tool_use(id)).collect();
    let results: Vec<Value> = ids.iter().map(|id| result(id)).collect();
    let messages = [start, assistant(json!(calls)), json!({"role": "user", "content": results})];
    assert!(bill(&claude, ask(&messages)).await.cache_read_tokens > 0);
}

#[tokio::test]
async fn too_many_or_misordered_breakpoints_are_refused() {
    let claude = AnthropicStub::start().await;
    let marked = |ttl: &str| json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": ttl}});
    let ask = |blocks: Value, more: Value| {
        let mut body = hello_with(OPUS, json!({"messages": [{"role": "user", "content": blocks}]}));
        more.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        body
    };
    let four = vec![marked("5m"); 4];
    let five = vec![marked("5m"); 5];
    let words = "A maximum of 4 blocks with cache_control may be provided. Found 5.";
    refused(&post(&claude, &ask(json!(five), json!({}))).await, 400, words);
    let mut four_and_plain = four.clone();
    four_and_plain.push(json!({"type": "text", "text": "b"}));
    let automatic = json!({"cache_control": {"type": "ephemeral"}});
    refused(&post(&claude, &ask(json!(four_and_plain), automatic.clone())).await, 400, words);
    bill(&claude, ask(json!(four), automatic.clone())).await;
    refused(&post(&claude, &ask(json!([marked("1h")]), automatic)).await, 400, "another ttl");
    let order = json!([marked("5m"), marked("1h")]);
    refused(&post(&claude, &ask(order, json!({}))).await, 400, "must not come after a ttl='5m'");
    let thinking = json!([{"type": "thinking", "thinking": "", "signature": "x", "cache_control": {"type": "ephemeral"}}]);
    let body = hello_with(OPUS, json!({"messages": [user("a"), assistant(thinking), user("b")]}));
    refused(&post(&claude, &body).await, 400, "messages.1.content.0.thinking.cache_control: Extra inputs are not permitted");
}

#[tokio::test]
async fn large_prompts_of_haiku_cost_the_higher_price() {
    let claude = AnthropicStub::start().await;
    let ask = |tokens: usize| hello_with("claude-haiku-5-5", json!({"messages": [user(&"a".repeat(tokens * 4))]}));
    assert_eq!(bill(&claude, ask(100_000)).await.micro_cents, 100_000 * 10 + 50);
    assert_eq!(bill(&claude, ask(100_001)).await.micro_cents, 100_001 * 50 + 250);
}
