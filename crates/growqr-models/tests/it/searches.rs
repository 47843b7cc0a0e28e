//! Searches that the service makes for its model: offered, streamed in pieces, sent back as they were received, and billed.

use crate::world::{World, answered, request, segment, user};
use growqr_core::model::{Delta, ModelRequest};
use growqr_core::money::Money;
use growqr_core::prompt::{Message, Role};
use growqr_core::raw::RawJson;
use growqr_testkit::anthropic::{Script, says};
use serde_json::{Value, json};
use std::sync::Arc;

const MODEL: &str = "claude-opus-5-5";

fn searching(messages: Vec<Message>) -> ModelRequest {
    let segment = growqr_core::prompt::Segment { web_search: true, ..segment(MODEL) };
    ModelRequest { segment: Arc::new(segment), ..request(MODEL, messages) }
}

fn search(id: &str) -> Value {
    json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": "tea"}, "caller": {"type": "direct"}})
}

fn found(id: &str) -> Value {
    let page = json!({"type": "web_search_result", "url": "https://tea.example/", "title": "Tea", "page_age": null, "encrypted_content": "Eqgf".repeat(60_000)});
    json!({"type": "web_search_tool_result", "tool_use_id": id, "content": [page]})
}

fn cited(text: &str) -> Value {
    let citation = json!({"type": "web_search_result_location", "url": "https://tea.example/", "title": "Tea", "encrypted_index": "Eo8B", "cited_text": text});
    json!({"type": "text", "text": text, "citations": [citation]})
}

#[tokio::test]
async fn what_a_search_has_found_goes_back_as_it_was_received() {
    let world = World::new().await;
    let paused = Script::message().says("I look.").block(search("srvtoolu_1")).stop("pause_turn");
    let answer = Script::message().block(found("srvtoolu_1")).says("Take ").block(cited("70 degrees")).says(".");
    world.claude.will_all([paused, answer, says("You are welcome.")]);
    let mut messages = vec![user("how hot?")];
    let first = world.answer(&searching(messages.clone())).await;
    messages.extend(answered(&first, ""));
    let (second, deltas) = world.ask(&searching(messages.clone())).await;
    let second = second.unwrap();
    let shown: String =
        deltas.iter().filter_map(|delta| if let Delta::Text(text) = delta { Some(text.as_str()) } else { None }).collect();
    assert_eq!(shown, "Take 70 degrees.");
    messages.extend(answered(&second, ""));
    messages.push(user("thanks"));
    world.answer(&searching(messages)).await;
    world.claude.assert_all_accepted();
    assert!(second.cost.unwrap() > Money(1_000_000), "a search costs a cent");
}

#[tokio::test]
async fn text_after_a_search_is_shown_below_the_text_before_it() {
    let world = World::new().await;
    world.claude.will_all([Script::message()
        .says("I look.")
        .block(search("s1"))
        .block(found("s1"))
        .says("Found.")
        .says(" Yes.")]);
    let (_, deltas) = world.ask(&searching(vec![user("how hot?")])).await;
    let shown: String =
        deltas.iter().filter_map(|delta| if let Delta::Text(text) = delta { Some(text.as_str()) } else { None }).collect();
    assert_eq!(shown, "I look.\n\nFound. Yes.");
}

#[tokio::test]
async fn a_search_that_was_changed_or_has_no_result_is_refused() {
    let world = World::new().await;
    world.claude.will_all([Script::message().block(search("s1")).block(found("s1")).says("Found."), says("never sent")]);
    let reply = world.answer(&searching(vec![user("how hot?")])).await;
    let changed = RawJson::parse(reply.content.text().replace("Eqgf", "Eqgg")).unwrap();
    let cut: Vec<Value> = serde_json::from_str(reply.content.text()).unwrap();
    let cut = RawJson::of(&[&cut[0], &cut[2]]);
    for content in [changed, cut] {
        let messages = vec![user("how hot?"), Message { role: Role::Assistant, content }, user("thanks")];
        world.failure(&searching(messages)).await;
    }
}
