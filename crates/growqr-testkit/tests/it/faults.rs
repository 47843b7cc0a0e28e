use crate::client::{Answer, hello, hello_with, post};
use growqr_testkit::anthropic::{AnthropicStub, Point, RequestOutcome, Script, StopPoint, calls, says, thinks};
use serde_json::{Value, json};
use std::time::Duration;

const OPUS: &str = "claude-opus-4-7";

fn streamed() -> Value {
    hello_with(OPUS, json!({"stream": true, "thinking": {"type": "adaptive"}}))
}

async fn plays(script: Script) -> Answer {
    let claude = AnthropicStub::start().await;
    claude.will(script);
    post(&claude, &streamed()).await
}

fn kinds(answer: &Answer) -> Vec<String> {
    answer.events().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_stream_has_the_events_of_the_service_in_order() {
    let answer = plays(thinks("hm").says("hello").calls([("look", json!({"a": 1}))])).await;
    let events = answer.events();
    assert!(answer.head.contains("text/event-stream") && answer.head.contains("request-id: req_1"));
    let mut order = kinds(&answer);
    order.dedup();
    let start = ["message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop"];
    assert_eq!(order[..5], start);
    assert_eq!(order[order.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
    // The text of thinking is sent only if requested. The signature is always sent.
    assert_eq!(events[3]["delta"]["type"], json!("signature_delta"));
    let delta = &events[events.len() - 2];
    assert_eq!(delta["delta"]["stop_reason"], json!("tool_use"));
    assert!(delta["usage"]["output_tokens"].as_u64().unwrap() > 1);
}

#[tokio::test]
async fn every_stop_reason_can_be_played() {
    for reason in ["end_turn", "max_tokens", "stop_sequence", "pause_turn", "model_context_window_exceeded", "something_new"] {
        let answer = plays(says("a").stop(reason)).await;
        assert_eq!(answer.events().iter().rev().nth(1).unwrap()["delta"]["stop_reason"], json!(reason));
    }
    let refusal = plays(says("a").refuses("cyber", "no")).await;
    let delta = refusal.events().iter().rev().nth(1).unwrap()["delta"].clone();
    assert_eq!((&delta["stop_reason"], &delta["stop_details"]["explanation"]), (&json!("refusal"), &json!("no")));
    let silent = plays(Script::message()).await;
    assert_eq!(kinds(&silent), ["message_start", "message_delta", "message_stop"]);
}

#[tokio::test]
async fn errors_have_the_format_of_the_service() {
    let limited = plays(Script::rate_limited(Some(3))).await;
    assert_eq!((limited.status, limited.head.contains("retry-after: 3")), (429, true));
    assert!(!plays(Script::rate_limited(None)).await.head.contains("retry-after"));
    let capped = plays(Script::spend_cap()).await;
    assert_eq!(capped.json()["error"]["details"]["error_code"], json!("enforced_spend_limit_reached"));
    assert_eq!(plays(Script::overloaded()).await.json()["error"]["type"], json!("overloaded_error"));
    let html = plays(Script::html_500()).await;
    assert_eq!((html.status, html.text.starts_with("<html>")), (500, true));
    assert_eq!(plays(Script::plain_413()).await.status, 413);
    assert_eq!(plays(Script::hang_up()).await.status, 0);
}

#[tokio::test]
async fn a_stream_can_break_in_every_way() {
    let cut = plays(says("a long text that is cut").cut(Point::Events(4))).await;
    assert_eq!((cut.whole, kinds(&cut).len()), (false, 4));
    let before_stop = plays(says("a").cut(Point::BeforeStop)).await;
    assert_eq!(kinds(&before_stop).last().map(String::as_str), Some("message_delta"));
    let bytes = plays(says("a").cut(Point::Bytes(10))).await;
    assert_eq!(bytes.text.len(), 10);
    let error = plays(says("a long text that breaks").breaks(Point::Events(4), "overloaded_error", "Overloaded")).await;
    assert_eq!(error.events().last().unwrap()["error"]["type"], json!("overloaded_error"));
    let pings = plays(says("a").pings(Point::Events(2), Some(3), Duration::from_millis(1))).await;
    assert_eq!(kinds(&pings).iter().filter(|kind| *kind == "ping").count(), 4);
    let strange = plays(says("a").insert(Point::Events(1), "event: aurora\ndata: {\"type\":\"aurora\"}\n\n")).await;
    assert_eq!(kinds(&strange)[1], "aurora");
    let split = plays(says("grüße 🌱").in_pieces(1)).await;
    assert!(split.whole && split.text.contains("grüße 🌱"));
    let raw = plays(Script::message().calls_raw("look", "{\"cut").stop("max_tokens")).await;
    assert!(raw.text.contains("{\\\"cut"));
    let block = plays(says("a").block(json!({"type": "hologram", "x": 1}))).await;
    assert!(block.text.contains("hologram"));
}

#[tokio::test]
async fn a_reply_can_be_stopped_and_the_client_may_disconnect() {
    let claude = AnthropicStub::start().await;
    let stop_point = StopPoint::new();
    claude.will_all([
        says("one").stop_at(Point::Events(2), &stop_point),
        says("two").stop_at(Point::BeforeHead, &StopPoint::new()),
    ]);
    let body = streamed();
    let mut first = Box::pin(post(&claude, &body));
    tokio::select! {
        _ = &mut first => panic!("the response was to stop"),
        () = stop_point.reached() => {}
    }
    stop_point.release();
    assert!(first.await.whole);
    // The second response stops before it begins, and its client is dropped.
    {
        let mut second = Box::pin(post(&claude, &body));
        tokio::select! {
            _ = &mut second => panic!("the response was to stop"),
            _ = claude.until(|requests| requests.len() == 2) => {}
        }
    }
    let requests = claude.until(|requests| requests.iter().all(|request| request.ended.is_some())).await;
    assert_eq!(requests[1].ended, Some(RequestOutcome::ClientLeft));
    claude.assert_all_accepted();
}

#[tokio::test]
async fn a_cut_reply_is_billed_for_the_tokens_so_far() {
    let claude = AnthropicStub::start().await;
    claude.will_all([
        says("12345678").calls([("look", json!({}))]).cut(Point::Events(5)),
        says("a").cut(Point::Events(1)),
        Script::message().refuses("cyber", "no"),
        Script::overloaded(),
    ]);
    let mut bills = Vec::new();
    for _ in 0..4 {
        post(&claude, &streamed()).await;
    }
    let requests = claude.until(|requests| requests.iter().all(|request| request.ended.is_some())).await;
    bills.extend(
        requests.iter().map(|request| request.bill.map(|bill| (bill.input_tokens, bill.output_tokens, bill.micro_cents))),
    );
    assert_eq!(bills, [Some((2, 2, 6000)), Some((2, 0, 1000)), None, None]);
    assert_eq!(requests[0].ended, Some(RequestOutcome::Cut));
    assert_eq!(claude.total_micro_cents(), 7000);
}

#[tokio::test]
async fn scripts_are_chosen_by_the_request() {
    let claude = AnthropicStub::start().await;
    claude.route(|asked| match asked.last_user_text().as_str() {
        "hello" => Some(says(&format!("from {}", asked.model()))),
        _ => None,
    });
    claude.will(calls([("look", json!({}))]));
    let routed = post(&claude, &hello(OPUS)).await.json();
    assert_eq!(routed["content"][0]["text"], json!("from claude-opus-4-7"));
    let queued = post(&claude, &hello_with(OPUS, json!({"messages": [{"role": "user", "content": "else"}]}))).await.json();
    assert_eq!(queued["stop_reason"], json!("tool_use"));
    assert_eq!(claude.scripts_left(), 0);
}
