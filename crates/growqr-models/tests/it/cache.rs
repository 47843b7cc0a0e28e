//! Request bodies of the Anthropic client: equal bytes, so that the prompt cache of the service is read.

use crate::world::{World, answered, hello, request, segment, user};
use growqr_core::model::ModelRequest;
use growqr_core::prompt::{Message, Role};
use growqr_testkit::anthropic::{Point, Script, says, thinks};
use serde_json::{Value, json};
use std::sync::Arc;

/// A request whose system text is large enough for every model's cache.
fn large(model: &str, messages: Vec<Message>) -> ModelRequest {
    let mut segment = segment(model);
    segment.system = "Be kind and careful. ".repeat(900);
    ModelRequest { segment: Arc::new(segment), ..request(model, messages) }
}

#[tokio::test]
async fn from_the_third_turn_nine_tenths_of_the_prompt_are_read_from_the_cache() {
    let world = World::new().await;
    for model in world.provider.models().into_iter().map(|card| card.id) {
        let mut messages = Vec::new();
        for turn in 1..=6 {
            messages.push(user(&format!("question {turn}: {}", "why? ".repeat(20))));
            world.claude.will_all([
                thinks("hm").calls([("look", json!({"path": "a"})), ("look", json!({"path": "b"}))]),
                says("because"),
            ]);
            for _ in 0..2 {
                let reply = world.answer(&large(&model, messages.clone())).await;
                let read = reply.usage.cache_read_tokens * 100 / reply.usage.prompt_tokens();
                assert!(turn < 3 || read >= 90, "{model}, turn {turn}: {read} %");
                messages.extend(answered(&reply, &"seen ".repeat(30)));
            }
        }
    }
    world.claude.assert_all_accepted();
}

#[tokio::test]
async fn a_later_body_starts_with_the_bytes_of_the_earlier_one() {
    let world = World::new().await;
    // Unusual JSON formatting of the content is kept byte for byte.
    let odd = r#"[ {"text" : "gr\u00fc\u00dfe \/ 🌱", "type":"text"} ]"#;
    let odd = Message { role: Role::User, content: growqr_core::raw::RawJson::parse(odd).unwrap() };
    let mut messages = vec![odd];
    for turn in 0..4 {
        world.claude.will(thinks("hm").calls([("look", json!({"b": turn, "a": "ü"}))]));
        let ask = ModelRequest { max_tokens: 16_000 - turn, ..request("claude-opus-5-5", messages.clone()) };
        let reply = world.answer(&ask).await;
        messages.extend(answered(&reply, "seen"));
    }
    let bodies: Vec<Vec<u8>> = world.claude.messages().into_iter().map(|request| request.raw).collect();
    assert!(String::from_utf8_lossy(&bodies[0]).contains(r#"[ {"text" : "gr\u00fc\u00dfe \/ 🌱", "type":"text"} ]"#));
    for pair in bodies.windows(2) {
        let end = pair[0].windows(15).rposition(|bytes| bytes == br#"],"max_tokens":"#).unwrap();
        assert!(pair[1].starts_with(&pair[0][..end]));
        assert_eq!(pair[1][end], b',', "the next message follows");
    }
    world.claude.assert_all_accepted();
}

#[tokio::test]
async fn the_request_body_is_exactly_this() {
    let world = World::new().await;
    world.claude.will_all([says("a"), says("b"), says("c")]);
    world.answer(&hello()).await;
    let opus = json!({
        "model": "claude-opus-4-7", "stream": true, "cache_control": {"type": "ephemeral"},
        "thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"},
        "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "look", "description": "Looks at a thing.",
            "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
        "max_tokens": 16_000,
    });
    world.answer(&request("claude-haiku-4-5", hello().messages)).await;
    let mut haiku = opus.clone();
    haiku["model"] = json!("claude-haiku-4-5");
    haiku.as_object_mut().unwrap().retain(|name, _| name != "thinking" && name != "output_config");
    let mut bare = segment("claude-opus-4-7");
    bare.system = String::new();
    world.answer(&ModelRequest { segment: Arc::new(bare), ..hello() }).await;
    let mut without_system = opus.clone();
    without_system.as_object_mut().unwrap().remove("system");
    without_system["tools"][0]["cache_control"] = json!({"type": "ephemeral"});
    let sent: Vec<Value> = world.claude.messages().into_iter().map(|request| request.body).collect();
    assert_eq!(sent, [opus, haiku, without_system]);
    let request = &world.claude.messages()[0];
    assert_eq!(request.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!((request.header("authorization"), request.header("anthropic-beta")), (None, None));
}

#[tokio::test]
async fn a_repeated_request_reads_the_cache_that_the_broken_one_wrote() {
    let world = World::new().await;
    let ask = large("claude-opus-4-7", vec![user("hello")]);
    world.claude.will_all([says("a long text").cut(Point::Events(4)), says("a long text")]);
    world.failure(&ask).await;
    let reply = world.answer(&ask).await;
    assert_eq!(reply.usage.cache_read_tokens, reply.usage.prompt_tokens());
}

#[tokio::test]
async fn a_paused_turn_continues_with_the_paused_reply_appended() {
    let world = World::new().await;
    let server = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}});
    let found = json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []});
    world.claude.will_all([Script::message().block(server).block(found).stop("pause_turn"), says("done")]);
    let reply = world.answer(&hello()).await;
    let mut messages = hello().messages;
    messages.extend(answered(&reply, ""));
    world.answer(&request("claude-opus-4-7", messages)).await;
    world.claude.assert_all_accepted();
}
