//! Providers without the Messages API behind the gateway.

use crate::world::{World, error, hello};
use async_trait::async_trait;
use growqr_core::model::{Delta, Failure, FailureKind, Model, ModelCard, ModelRequest, Reply, StopReason, Usage};
use growqr_core::money::{Money, Prices};
use growqr_core::prompt::{Message, Role, Tool};
use growqr_core::raw::RawJson;
use growqr_gateway::Settlement;
use growqr_models::anthropic::{Anthropic, Config};
use growqr_models::guide::Guide;
use growqr_testkit::anthropic::AnthropicStub;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A model that streams a text, and then answers as scripted.
struct Scripted {
    streams: Vec<&'static str>,
    answer: Result<(Value, StopReason), FailureKind>,
    asked: Mutex<Vec<ModelRequest>>,
}

const USAGE: Usage = Usage {
    input_tokens: 3,
    output_tokens: 2,
    cache_read_tokens: 1,
    cache_write_5m_tokens: 0,
    cache_write_1h_tokens: 0,
    is_estimate: false,
};

#[async_trait]
impl Model for Scripted {
    fn provider(&self) -> &'static str {
        "scripted"
    }

    fn card(&self, model: &str) -> ModelCard {
        ModelCard {
            id: model.to_owned(),
            name: model.to_owned(),
            context_tokens: 100_000,
            max_output_tokens: 9_000,
            prices: Some(Prices::free()),
            effort: None,
            reads: Vec::new(),
        }
    }

    async fn call(&self, request: &ModelRequest, on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        self.asked.lock().unwrap().push(request.clone());
        for text in &self.streams {
            on_delta(Delta::Text((*text).to_owned()));
            tokio::task::yield_now().await;
        }
        let (content, stop) =
            self.answer.clone().map_err(|kind| Failure { kind, message: "It failed.".into(), request_id: None })?;
        let content = RawJson::of(&content);
        Ok(Reply { content, stop, usage: USAGE, model: "m".into(), request_id: None, cost: Some(Money(7)) })
    }
}

async fn world(streams: Vec<&'static str>, answer: Result<(Value, StopReason), FailureKind>) -> (World, Arc<Scripted>) {
    let model = Arc::new(Scripted { streams, answer, asked: Mutex::default() });
    (World::translating(model.clone(), "m").await, model)
}

/// The data of all events.
fn events(stream: &str) -> Vec<Value> {
    stream.lines().filter_map(|line| line.strip_prefix("data: ")).map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test]
async fn text_and_tool_calls_arrive_as_events() {
    let content = json!([
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "call_1", "name": "look", "input": {"path": "a"}},
    ]);
    let (world, model) = world(vec!["Let ", "me "], Ok((content, StopReason::ToolUse))).await;
    let mut body = hello();
    body["system"] = json!([{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]);
    body["tools"] = json!([{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}]);
    body["messages"] = json!([
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "seen"}]},
    ]);
    let (status, stream) = world.ask("ses_1", &body).await;
    assert_eq!(status, 200);
    let events = events(&stream);
    let text: String = events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!(text, "Let me look.");
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds.first(), Some(&"message_start"));
    let after_text = kinds.iter().position(|kind| *kind == "content_block_stop").unwrap() + 1;
    let tail = ["content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"];
    assert_eq!(kinds[after_text..], tail);
    let call = &events[after_text]["content_block"];
    assert_eq!((&call["name"], &call["id"], &events[after_text]["index"]), (&json!("look"), &json!("call_1"), &json!(1)));
    assert_eq!(events[after_text + 1]["delta"]["partial_json"], r#"{"path":"a"}"#);
    assert_eq!(events[after_text + 3]["delta"]["stop_reason"], "tool_use");
    assert_eq!(events[after_text + 3]["usage"]["output_tokens"], 2);
    assert_eq!(world.books.settled("ada", 1).await[0].1, Settlement { cost: Some(Money(7)), usage: Some(USAGE) });
    let asked = model.asked.lock().unwrap().remove(0);
    let tool =
        Tool { name: "look".to_owned(), description: "Looks.".to_owned(), input_schema: RawJson::of(&json!({"type": "object"})) };
    assert_eq!((asked.segment.system.as_str(), &asked.segment.tools), ("Be kind.", &vec![tool]));
    let first = Message { role: Role::User, content: RawJson::of(&json!([{"type": "text", "text": "hello"}])) };
    assert_eq!((asked.messages.len(), &asked.messages[0], asked.max_tokens), (3, &first, 2_000));
}

#[tokio::test]
async fn an_answer_without_streaming_is_one_object() {
    let (world, _) = world(vec![], Ok((json!([{"type": "text", "text": "whole"}]), StopReason::EndTurn))).await;
    let mut body = hello();
    body["stream"] = json!(false);
    let (status, answer) = world.ask("ses_1", &body).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        (status, &answer["content"], &answer["stop_reason"]),
        (200, &json!([{"type": "text", "text": "whole"}]), &json!("end_turn"))
    );
}

#[tokio::test]
async fn failures_keep_their_meaning() {
    let expected = [
        (FailureKind::PromptTooLong, 400, "prompt is too long: It failed.", Some(Money::ZERO)),
        (FailureKind::Key, 401, "It failed.", Some(Money::ZERO)),
        (FailureKind::NoCredit, 403, "It failed.", Some(Money::ZERO)),
        (FailureKind::Offline, 503, "It failed.", Some(Money::ZERO)),
        (FailureKind::Broken, 502, "It failed.", None),
    ];
    for (kind, status, message, cost) in expected {
        let (world, _) = world(vec![], Err(kind)).await;
        let (got, body) = world.ask("ses_1", &hello()).await;
        assert_eq!((got, error(&body).1.as_str()), (status, message), "{kind:?}");
        assert_eq!(world.books.settled("ada", 1).await[0].1, Settlement { cost, usage: None });
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_is_the_last_event() {
    let (world, _) = world(vec!["Half an answer"], Err(FailureKind::Broken)).await;
    let (status, stream) = world.ask("ses_1", &hello()).await;
    assert_eq!(status, 200);
    assert_eq!(events(&stream).pop().unwrap()["error"]["message"], "It failed.");
    assert_eq!(world.books.settled("ada", 1).await[0].1, Settlement { cost: None, usage: None });
}

#[tokio::test]
async fn the_built_in_guide_answers_behind_the_gateway() {
    let world = World::translating(Arc::new(Guide), "guide").await;
    let (status, stream) = world.ask("ses_1", &hello()).await;
    assert_eq!(status, 200, "{stream}");
    let text: String = events(&stream).iter().filter_map(|event| event["delta"]["text"].as_str().map(str::to_owned)).collect();
    assert!(!text.is_empty());
    assert_eq!(events(&stream).pop().unwrap()["type"], "message_stop");
    assert_eq!(world.books.spent("ada"), Money::ZERO);
}

#[tokio::test]
async fn a_translated_request_is_accepted_by_a_strict_service() {
    // The translation is checked by translating it once more, for the strict stub server.
    let claude = AnthropicStub::start().await;
    claude.will(growqr_testkit::anthropic::says("fine"));
    let mut config = Config::new(growqr_core::secret::Secret::new(claude.key()), 1);
    config.base_url = claude.base_url().to_owned();
    let world = World::translating(Arc::new(Anthropic::new(config)), crate::world::MODEL).await;
    let (status, stream) = world.ask("ses_1", &hello()).await;
    assert_eq!(status, 200, "{stream}");
    claude.assert_all_accepted();
    world.books.settled("ada", 1).await;
    assert_eq!(world.books.spent("ada"), Money(claude.total_micro_cents()));
}
