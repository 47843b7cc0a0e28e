//! Replies of the client for OpenAI-compatible servers, from every kind of server.

use super::world::{MODEL, World, answered, hello, request, server_behaviours, user};
use growqr_core::model::{Delta, Model, StopReason};
use growqr_core::money::Money;
use growqr_core::prompt::{Block, blocks, text_of};
use growqr_testkit::openai::{Script, ServerBehaviour, calls, says, thinks};
use serde_json::{Value, json};

#[tokio::test]
async fn every_kind_of_server_gives_the_same_reply() {
    for behaviour in server_behaviours() {
        for piece in [None, Some(1), Some(7)] {
            let world = World::of(behaviour.clone()).await;
            let script = thinks("let me see")
                .says("I shall look. 🌱")
                .calls([("look", json!({"path": "a\u{1F331}/\"b\""})), ("look", json!({"path": "c"}))]);
            world.server.will(piece.map_or(script.clone(), |bytes| script.in_pieces(bytes)));
            let (reply, shown) = world.ask(&hello()).await;
            let reply = reply.unwrap();
            let joined = |pick: fn(&Delta) -> Option<&str>| shown.iter().filter_map(pick).collect::<String>();
            assert_eq!(joined(|delta| if let Delta::Text(text) = delta { Some(text) } else { None }), "I shall look. 🌱");
            assert_eq!(joined(|delta| if let Delta::Thinking(text) = delta { Some(text) } else { None }), "let me see");
            assert_eq!(shown.iter().filter(|delta| matches!(delta, Delta::Call { name } if name == "look")).count(), 2);
            assert_eq!(text_of(&reply.content), "I shall look. 🌱");
            assert_eq!((&reply.stop, reply.model.as_str()), (&StopReason::ToolUse, MODEL), "{behaviour:?}");
            let inputs: Vec<Value> = blocks(&reply.content)
                .into_iter()
                .filter_map(|block| match block {
                    Block::Call { input, .. } => serde_json::from_str(input.text()).ok(),
                    _ => None,
                })
                .collect();
            assert_eq!(inputs, [json!({"path": "a\u{1F331}/\"b\""}), json!({"path": "c"})], "{behaviour:?}");
            assert!(reply.usage.prompt_tokens() > 0 && reply.usage.output_tokens > 0, "{behaviour:?}: {:?}", reply.usage);
        }
    }
}

#[tokio::test]
async fn a_long_conversation_with_tools_is_accepted_by_every_kind_of_server() {
    for behaviour in server_behaviours() {
        let world = World::of(behaviour).await;
        let mut messages = vec![user("begin")];
        for turn in 0..4 {
            world.server.will(thinks("hm").says("so").calls([("look", json!({"path": "ä"})), ("look", json!({}))]));
            let reply = world.answer(&request(messages.clone())).await;
            messages.extend(answered(&reply, "seen"));
            if turn % 2 == 0 {
                messages.push(user("go on"));
            }
        }
        let last = world.server.chats().pop().unwrap();
        assert!(!last.body.to_string().contains("hm"), "thinking is not sent back");
        world.server.assert_all_accepted();
    }
}

#[tokio::test]
async fn every_stop_reason_is_recognised() {
    let world = World::new().await;
    let table = [
        (says("a"), StopReason::EndTurn),
        (calls([("look", json!({}))]), StopReason::ToolUse),
        (says("a").stop("tool_calls"), StopReason::EndTurn),
        (says("a").stop("max_tokens"), StopReason::MaxTokens),
        (says("a").refuses("x", "not this"), StopReason::Refusal { explanation: "not this".into() }),
        (says("a").stop("refusal"), StopReason::Refusal { explanation: "The service filtered the answer.".into() }),
        (says("a").stop("something_new"), StopReason::Other("something_new".into())),
    ];
    for (script, stop) in table {
        world.server.will(script);
        assert_eq!(world.answer(&hello()).await.stop, stop);
    }
}

#[tokio::test]
async fn arguments_keep_their_exact_text_and_can_be_sent_back() {
    let world = World::new().await;
    let table = [
        (r#"{"b": 1.50, "a":"\u0041\/"}"#, r#"{"b": 1.50, "a":"\u0041\/"}"#),
        ("", "{}"),
        (r#"{"path": "a"#, r#"{"INVALID_JSON":"{\"path\": \"a"}"#),
        ("[1]", r#"{"INVALID_JSON":"[1]"}"#),
    ];
    for (streamed, kept) in table {
        world.server.will(Script::message().calls_raw("look", streamed));
        let reply = world.answer(&hello()).await;
        let Some(Block::Call { input, .. }) = blocks(&reply.content).pop() else { panic!("a call") };
        assert_eq!(input.text(), kept);
        let mut messages = hello().messages;
        messages.extend(answered(&reply, "seen"));
        world.server.will(says("done"));
        world.answer(&request(messages)).await;
        let sent = world.server.chats().pop().unwrap().body;
        let call = sent["messages"].as_array().unwrap().iter().find(|message| message["role"] == "assistant").unwrap();
        assert_eq!(call["tool_calls"][0]["function"]["arguments"], kept);
    }
    world.server.assert_all_accepted();
}

#[tokio::test]
async fn a_reply_from_this_machine_is_free_and_other_costs_are_unknown() {
    for (behaviour, cost) in [
        (ServerBehaviour::ollama(), Some(Money::ZERO)),
        (ServerBehaviour::lm_studio(), Some(Money::ZERO)),
        (ServerBehaviour::llama_cpp(), Some(Money::ZERO)),
        (ServerBehaviour::vllm(), Some(Money::ZERO)),
        (ServerBehaviour { counts: false, ..ServerBehaviour::ollama() }, Some(Money::ZERO)),
        // An unknown program may be a proxy for a paid service.
        (ServerBehaviour::plain(), None),
    ] {
        let world = World::of(behaviour).await;
        world.server.will(says("hi"));
        assert_eq!(world.answer(&hello()).await.cost, cost);
        assert_eq!(world.provider.card(MODEL).prices.is_some(), cost.is_some());
    }
    let world = World::of(ServerBehaviour::ollama()).await;
    world.provider.probe_model(MODEL).await;
    assert!(world.provider.card("gpt-oss:120b-cloud").prices.is_none(), "a cloud model of Ollama runs elsewhere");
}

#[tokio::test]
async fn equal_requests_have_equal_bytes_and_a_longer_one_starts_with_them() {
    let world = World::new().await;
    world.server.will_all([says("hi"), says("hi"), says("again")]);
    let reply = world.answer(&hello()).await;
    world.answer(&hello()).await;
    let mut messages = hello().messages;
    messages.extend(answered(&reply, ""));
    messages.push(user("more"));
    world.answer(&request(messages)).await;
    let bodies: Vec<String> = world.server.chats().iter().map(|chat| String::from_utf8(chat.raw.clone()).unwrap()).collect();
    assert_eq!(bodies[0], bodies[1]);
    let end_of_messages = bodies[0].rfind(']').unwrap();
    assert!(bodies[2].starts_with(&bodies[0][..end_of_messages]));
}

#[tokio::test]
async fn a_full_window_is_distinguished_from_the_output_limit() {
    let world = World::of(ServerBehaviour { window: 5_000, ..ServerBehaviour::ollama() }).await;
    world.server.will_all([says("load"), says(&"long ".repeat(4_000)).stop("max_tokens"), says("short").stop("max_tokens")]);
    world.answer(&hello()).await;
    world.provider.probe_model(MODEL).await;
    assert_eq!(world.answer(&hello()).await.stop, StopReason::ContextFull);
    assert_eq!(world.answer(&hello()).await.stop, StopReason::MaxTokens);
}
