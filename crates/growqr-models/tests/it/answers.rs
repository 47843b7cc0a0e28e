//! Replies of the Anthropic client: what is streamed, what is kept, what is sent back and what it costs.

use crate::world::{World, answered, hello, request, user};
use growqr_core::model::{Delta, StopReason, Usage};
use growqr_core::money::Money;
use growqr_core::prompt::{Block, blocks, text_of};
use growqr_core::tool::ContentBlock;
use growqr_testkit::anthropic::{Point, Script, calls, says, thinks};
use serde_json::{Value, json};

#[tokio::test]
async fn a_reply_is_streamed_to_the_caller_and_kept_unchanged() {
    let world = World::new().await;
    world.claude.will(thinks("let me see").says("I shall look. 🌱").calls([("look", json!({"path": "a\u{1F331}/\"b\""}))]));
    let (reply, shown) = world.ask(&hello()).await;
    let reply = reply.unwrap();
    let joined = |pick: fn(&Delta) -> Option<&str>| shown.iter().filter_map(pick).collect::<String>();
    assert_eq!(joined(|delta| if let Delta::Text(text) = delta { Some(text) } else { None }), "I shall look. 🌱");
    assert_eq!(joined(|delta| if let Delta::Thinking(text) = delta { Some(text) } else { None }), "let me see");
    assert!(shown.contains(&Delta::Call { name: "look".into() }));
    assert_eq!(text_of(&reply.content), "I shall look. 🌱");
    assert_eq!((&reply.stop, reply.model.as_str()), (&StopReason::ToolUse, "claude-opus-4-7"));
    assert_eq!(reply.request_id.as_deref(), Some("req_1"));
    let Some(Block::Call { input, .. }) = blocks(&reply.content).pop() else { panic!("a call") };
    assert_eq!(serde_json::from_str::<Value>(input.text()).unwrap(), json!({"path": "a\u{1F331}/\"b\""}));
}

#[tokio::test]
async fn every_stop_reason_is_recognised() {
    let world = World::new().await;
    let table = [
        (says("a"), StopReason::EndTurn),
        (calls([("look", json!({}))]), StopReason::ToolUse),
        (says("a").stop("max_tokens"), StopReason::MaxTokens),
        (says("a").stop("stop_sequence"), StopReason::StopSequence),
        (says("a").stop("pause_turn"), StopReason::PauseTurn),
        (says("a").stop("model_context_window_exceeded"), StopReason::ContextFull),
        (says("a").refuses("cyber", "not this"), StopReason::Refusal { explanation: "not this".into() }),
        (Script::message().stop("refusal"), StopReason::Refusal { explanation: String::new() }),
        (says("a").stop("compaction"), StopReason::Other("compaction".into())),
        (says("a").stop("something_new"), StopReason::Other("something_new".into())),
    ];
    for (script, stop) in table {
        world.claude.will(script);
        assert_eq!(world.answer(&hello()).await.stop, stop);
    }
}

#[tokio::test]
async fn tool_input_keeps_its_exact_text() {
    let world = World::new().await;
    let table = [
        (r#"{"b": 1.50, "a":"\u0041\/"}"#, r#"{"b": 1.50, "a":"\u0041\/"}"#),
        ("", "{}"),
        (r#"{"path": "a"#, r#"{"INVALID_JSON":"{\"path\": \"a"}"#),
    ];
    for (streamed, kept) in table {
        world.claude.will(Script::message().calls_raw("look", streamed));
        let reply = world.answer(&hello()).await;
        let Some(Block::Call { input, .. }) = blocks(&reply.content).pop() else { panic!("a call") };
        assert_eq!(input.text(), kept);
        // The service accepts each of them in a later request.
        let mut messages = hello().messages;
        messages.extend(answered(&reply, "seen"));
        world.claude.will(says("done"));
        world.answer(&request("claude-opus-4-7", messages)).await;
    }
    world.claude.assert_all_accepted();
}

#[tokio::test]
async fn unknown_blocks_are_sent_back_and_unknown_events_are_ignored() {
    let world = World::new().await;
    let hologram = json!({"type": "hologram", "depth": 3, "b": 1, "a": [1.0, "ü"]});
    let strange = [
        "event: aurora\ndata: {\"type\":\"aurora\",\"x\":1}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"glow_delta\",\"glow\":1}}\n\n",
        ": only a comment\n\n",
        "data: {\"type\":\"ping\"}\n\n",
    ];
    let script = says("see this").block(hologram.clone());
    world.claude.will(strange.iter().fold(script, |script, raw| script.insert(Point::Events(3), raw)));
    let reply = world.answer(&hello()).await;
    let content: Vec<Value> = serde_json::from_str(reply.content.text()).unwrap();
    assert_eq!(content, [json!({"type": "text", "text": "see this"}), hologram]);
    let mut messages = hello().messages;
    messages.extend(answered(&reply, ""));
    messages.push(user("again"));
    world.claude.will(says("done"));
    world.answer(&request("claude-opus-4-7", messages)).await;
    world.claude.assert_all_accepted();
}

#[tokio::test]
async fn empty_text_blocks_are_dropped_because_the_service_refuses_them() {
    let world = World::new().await;
    world.claude.will(says("").says(" \n").calls([("look", json!({}))]));
    let reply = world.answer(&hello()).await;
    assert_eq!(blocks(&reply.content).len(), 1);
    world.claude.will(Script::message());
    assert_eq!(world.answer(&hello()).await.content.text(), "[]");
}

#[tokio::test]
async fn thinking_is_sent_back_unchanged_to_models_that_check_its_signature() {
    for model in ["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-2", "claude-haiku-5-5", "claude-opus-4-7"] {
        let world = World::new().await;
        let mut messages = vec![user("begin")];
        for turn in 0..4 {
            world.claude.will(
                thinks(&format!("thought {turn} \u{1F331}")).thinks_redacted().says("so").calls([("look", json!({"path": "ä"}))]),
            );
            let reply = world.answer(&request(model, messages.clone())).await;
            assert!(reply.content.text().contains(r#""signature":"Eq"#), "{}", reply.content.text());
            messages.extend(answered(&reply, "seen"));
        }
        world.claude.assert_all_accepted();
    }
}

#[tokio::test]
async fn every_model_of_the_table_accepts_our_requests() {
    let world = World::new().await;
    for card in world.provider.models().into_iter().map(|card| card.id) {
        world.claude.will(thinks("hm").says("fine"));
        let reply = world.answer(&request(&card, vec![user("hello")])).await;
        let bill = world.claude.messages().last().unwrap().bill.unwrap();
        assert_eq!(reply.cost, Some(Money(bill.micro_cents)), "{card}: our cost equals the bill of the stub server");
    }
    world.claude.assert_all_accepted();
}

#[tokio::test]
async fn token_counts_are_cumulative_and_priced_for_the_model_that_answered() {
    let world = World::new().await;
    let early = r#"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":7,"input_tokens":null}}"#;
    let script = says("12345678").from_model("claude-sonnet-5-5").insert(Point::Events(3), &format!("data: {early}\n\n"));
    world.claude.will(script);
    let reply = world.answer(&hello()).await;
    let bill = world.claude.messages()[0].bill.unwrap();
    assert_eq!(reply.usage, Usage { input_tokens: bill.input_tokens, output_tokens: 2, ..Usage::default() });
    assert_eq!((reply.model.as_str(), reply.cost), ("claude-sonnet-5-5", Some(Money(bill.micro_cents))));
    world.claude.will(says("a").from_model("claude-unknown-1"));
    assert_eq!(world.answer(&hello()).await.cost, None);
}

#[tokio::test]
async fn a_result_with_a_picture_and_a_link_is_accepted() {
    let world = World::new().await;
    world.claude.will(calls([("look", json!({}))]));
    let reply = world.answer(&hello()).await;
    let blocks = [
        ContentBlock::Text { text: "seen".to_owned() },
        ContentBlock::Image { media_type: "image/png".to_owned(), data: "iVBORw0KGgo=".to_owned() },
        ContentBlock::Link { uri: "https://example.org".to_owned(), title: "a page".to_owned() },
    ];
    let content: Vec<Value> = blocks.iter().map(ContentBlock::to_api).collect();
    let mut messages = hello().messages;
    messages.extend(answered(&reply, &json!(content)));
    world.claude.will(says("a picture"));
    world.answer(&request("claude-opus-4-7", messages)).await;
    world.claude.assert_all_accepted();
}
