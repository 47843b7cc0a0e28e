//! What passes through, and when.

use crate::world::{MODEL, World, error, hello};
use growqr_core::model::Usage;
use growqr_core::money::Money;
use growqr_gateway::Settlement;
use growqr_testkit::anthropic::{Point, Script, StopPoint, calls, says};
use serde_json::{Value, json};

#[tokio::test]
async fn the_bytes_of_an_answer_are_identical() {
    let world = World::new().await;
    let stream = "event: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-opus-4-7\",\
                  \"usage\":{\"input_tokens\":1}}}\r\n\r\n: note\n\nevent: hologram\ndata: {\"type\":\"hologram\",\"x\":\"grüße 🌱\"}\n\n\
                  data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":2}}\n\ndata: {\"type\":\"message_stop\"}\n\n: end";
    world.claude.will(Script::http(200, &[("content-type", "text/event-stream")], stream));
    assert_eq!(world.ask("ses_1", &hello()).await, (200, stream.to_owned()));
    let (_, settlement) = world.books.settled("ada", 1).await.remove(0);
    let usage = Usage { input_tokens: 1, output_tokens: 2, ..Usage::default() };
    assert_eq!(settlement, Settlement { cost: Some(Money(500 + 5_000)), usage: Some(usage) });
}

#[tokio::test]
async fn the_bytes_of_a_request_are_identical_if_nothing_must_change() {
    let world = World::new().await;
    world.claude.will(says("hi"));
    let body = format!(
        "{{ \"max_tokens\" : 1000,\n\"model\":\"{MODEL}\", \"messages\":[{{\"role\":\"user\",\"content\":\"\\u00e4\"}}]}}"
    );
    let request = world.message("ses_1", &Value::Null).body(body.clone());
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(String::from_utf8(world.claude.messages().remove(0).raw).unwrap(), body);
}

#[tokio::test]
async fn the_first_bytes_arrive_before_the_last_are_sent() {
    let world = World::new().await;
    let stop_point = StopPoint::new();
    world.claude.will(says("a long answer in several parts").stop_at(Point::Events(4), &stop_point));
    let mut response = world.message("ses_1", &hello()).send().await.unwrap();
    let mut received = String::new();
    while !received.contains("text_delta") {
        received.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    stop_point.reached().await;
    assert!(!received.contains("message_stop"));
    stop_point.release();
    while let Some(bytes) = response.chunk().await.unwrap() {
        received.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    assert!(received.trim_end().ends_with(r#"{"type":"message_stop"}"#), "{received}");
}

#[tokio::test]
async fn usage_is_settled_as_billed_cache_tokens_included() {
    let world = World::new().await;
    world.claude.will_all([calls([("look", json!({"path": "a"}))]), says("two"), says("three").in_pieces(5)]);
    let long = "the same words again and again ".repeat(1_000);
    let cached = json!([{"type": "text", "text": long, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]);
    let mut body = hello();
    body["system"] = cached;
    for _ in 0..3 {
        let (status, answer) = world.ask("ses_1", &body).await;
        assert_eq!(status, 200, "{answer}");
    }
    world.claude.assert_all_accepted();
    let settled = world.books.settled("ada", 3).await;
    let usages: Vec<Usage> = settled.iter().filter_map(|(_, settlement)| settlement.usage).collect();
    assert!(usages[0].cache_write_1h_tokens > 1_000 && usages[1].cache_read_tokens > 1_000, "{usages:?}");
    assert_eq!(world.books.spent("ada"), Money(world.claude.total_micro_cents()));
    for (reservation, settlement) in settled {
        assert!(settlement.cost <= reservation.money, "{settlement:?} within {reservation:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_is_billed_too() {
    let world = World::new().await;
    world.claude.will(says("whole"));
    let mut body = hello();
    body["stream"] = json!(false);
    let (status, answer) = world.ask("ses_1", &body).await;
    assert_eq!((status, &serde_json::from_str::<Value>(&answer).unwrap()["content"][0]["text"]), (200, &json!("whole")));
    world.books.settled("ada", 1).await;
    assert_eq!(world.books.spent("ada"), Money(world.claude.total_micro_cents()));
}

#[tokio::test]
async fn the_chosen_model_is_asked_and_billed_whatever_a_container_names() {
    let world = World::new().await;
    for asked in ["growqr", "no-such-model", "claude-haiku-4-5", "claude-fable-5-2"] {
        world.claude.will(says("hi"));
        let mut body = hello();
        body["model"] = json!(asked);
        assert_eq!(world.ask("ses_1", &body).await.0, 200);
        assert_eq!(world.claude.messages().pop().unwrap().body["model"], MODEL);
    }
    assert_eq!(world.books.models("ada"), [MODEL; 4]);
    world.books.settled("ada", 4).await;
    assert_eq!(world.books.spent("ada"), Money(world.claude.total_micro_cents()));
    world.claude.assert_all_accepted();
}

#[tokio::test]
async fn errors_of_the_service_pass_and_cost_nothing() {
    let world = World::new().await;
    world.claude.will_all([Script::rate_limited(Some(0)), Script::html_500()]);
    let response = world.message("ses_1", &hello()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (429, "0"));
    assert_eq!(error(&response.text().await.unwrap()).0, "rate_limit_error");
    assert_eq!(world.ask("ses_1", &hello()).await.0, 500);
    for (_, settlement) in world.books.settled("ada", 2).await {
        assert_eq!(settlement, Settlement { cost: Some(Money::ZERO), usage: None });
    }
    world.books.assert_all_settled();
}
