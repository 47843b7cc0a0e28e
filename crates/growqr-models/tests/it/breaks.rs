//! Streams of the Anthropic client that break off, stall or are malformed.

use crate::world::{World, hello, user};
use growqr_core::model::{Delta, FailureKind, ModelRequest};
use growqr_testkit::anthropic::{Point, RequestOutcome, Script, StopPoint, calls, says, thinks};
use serde_json::json;
use std::time::Duration;

/// The same reply, sent in different chunks and with pings, gives the same content.
#[tokio::test]
async fn chunk_sizes_and_pings_do_not_change_the_reply() {
    let world = World::new().await;
    let answer = || thinks("ü🌱").says("Grüße 🌱 an alle").calls([("look", json!({"path": "日本"}))]);
    let mut contents = Vec::new();
    for script in [
        answer(),
        answer().in_pieces(1),
        answer().in_pieces(3),
        answer().pings(Point::Events(5), Some(3), Duration::from_millis(1)),
    ] {
        world.claude.will(script);
        let content = world.answer(&hello()).await.content;
        // The stub server makes new ids and signatures for each reply.
        let mut blocks: Vec<serde_json::Value> = serde_json::from_str(content.text()).unwrap();
        blocks.iter_mut().for_each(|block| {
            block.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "signature");
        });
        contents.push(blocks);
    }
    assert!(contents.windows(2).all(|pair| pair[0] == pair[1]), "{contents:?}");
}

#[tokio::test]
async fn a_stream_that_ends_early_is_an_error() {
    let world = World::new().await;
    let answer = || says("a longer text, in several pieces").calls([("look", json!({"path": "a"}))]);
    for point in [Point::BeforeHead, Point::Events(0), Point::Events(1), Point::Events(5), Point::Bytes(333), Point::BeforeStop] {
        world.claude.will(answer().cut(point));
        let failure = world.failure(&hello()).await;
        assert_eq!(failure.kind, FailureKind::Broken, "{point:?}: {failure}");
    }
    // No request is retried: each may have been billed.
    assert_eq!(world.claude.messages().len(), 6);
}

#[tokio::test]
async fn an_error_event_ends_a_reply_that_has_begun() {
    let world = World::new().await;
    for at in [1, 4] {
        world.claude.will(says("a longer text").breaks(Point::Events(at), "overloaded_error", "Overloaded"));
        let failure = world.failure(&hello()).await;
        assert_eq!(failure.kind, FailureKind::Aborted);
        assert!(
            failure.message.starts_with("Anthropic stopped in the middle of the answer: Overloaded (The address"),
            "{failure}"
        );
        assert!(failure.request_id.is_some());
    }
    assert_eq!(world.timer.slept_ms(), [1_000], "the next call is delayed");
}

#[tokio::test]
async fn an_error_event_before_the_reply_begins_is_retried() {
    let overloaded = || says("never said").breaks(Point::Events(0), "overloaded_error", "Overloaded");
    let world = World::new().await;
    world.claude.will_all([overloaded(), overloaded(), says("Here I am.")]);
    let (reply, shown) = world.ask(&hello()).await;
    assert!(reply.is_ok(), "{reply:?}");
    assert_eq!(world.timer.slept_ms(), [1_000, 2_000]);
    assert!(matches!(shown[1], Delta::Retrying { attempt: 2, wait_ms: 2_000, .. }), "{shown:?}");
    let world = World::new().await;
    world.claude.will_all(std::iter::repeat_with(overloaded).take(8));
    let failure = world.failure(&hello()).await;
    assert_eq!(failure.kind, FailureKind::Busy);
    assert!(failure.message.starts_with("Anthropic is busy: Overloaded"), "{failure}");
    assert_eq!(world.claude.messages().len(), 8, "it fails after all attempts");
}

#[tokio::test]
async fn malformed_events_end_the_reply() {
    let world = World::new().await;
    let input = r#"{"type":"content_block_delta","index":7,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#;
    let table = [
        (0, "data: {\"type\":\"message_stop\"}\n\n".to_owned()),
        (1, "data: {\"type\":\n\n".to_owned()),
        (4, "data: {\"type\":\"message_start\",\"message\":{}}\n\n".to_owned()),
        (2, "data: {\"type\":\"message_stop\"}\n\n".to_owned()),
        (3, format!("data: {input}\n\n")),
    ];
    for (at, raw) in table {
        world.claude.will(says("a").insert(Point::Events(at), &raw));
        assert_eq!(world.failure(&hello()).await.kind, FailureKind::Broken, "{raw}");
    }
}

#[tokio::test]
async fn an_idle_stream_times_out_and_pings_reset_the_timeout() {
    let world = World::with(|config| config.idle_timeout = Duration::from_millis(400)).await;
    for at in [Point::BeforeHead, Point::Events(0), Point::Events(3)] {
        world.claude.will(says("a longer text").silence(at));
        let failure = world.failure(&hello()).await;
        assert_eq!(failure.kind, FailureKind::Broken);
        assert!(failure.message.starts_with("Nothing came from Anthropic for"), "{failure}");
    }
    let left = world.claude.until(|requests| requests.iter().all(|request| request.ended.is_some())).await;
    assert!(left.iter().all(|request| request.ended == Some(RequestOutcome::ClientLeft)), "the connection is closed");
    world.claude.will(says("a longer text").pings(Point::Events(3), Some(8), Duration::from_millis(100)));
    world.answer(&hello()).await;
}

#[tokio::test]
async fn a_large_request_has_the_time_that_a_slow_connection_needs_to_send_it() {
    let world = World::with(|config| config.idle_timeout = Duration::from_millis(300)).await;
    let late = async |request: ModelRequest| {
        let stop_point = StopPoint::new();
        world.claude.will(says("hi").stop_at(Point::BeforeHead, &stop_point));
        let release = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            stop_point.release();
        };
        tokio::join!(world.ask(&request), release).0.0
    };
    assert_eq!(late(hello()).await.unwrap_err().kind, FailureKind::Broken);
    let large = ModelRequest { messages: vec![user(&"long ".repeat(12_000))], ..hello() };
    assert!(late(large).await.is_ok(), "60 kB take two seconds");
}

#[tokio::test]
async fn a_response_that_is_not_an_event_stream_is_unavailable() {
    let world = World::new().await;
    world.claude.will(Script::http(200, &[("content-type", "text/html")], "<html>log in to the hotel</html>"));
    let failure = world.failure(&hello()).await;
    assert_eq!(failure.kind, FailureKind::Unavailable, "{failure}");
}

#[tokio::test]
async fn a_tool_call_cut_by_the_output_limit_stops_with_max_tokens() {
    let world = World::new().await;
    world.claude.will(calls([("look", json!({}))]).calls_raw("look", "{\"path\": \"a").stop("max_tokens"));
    let reply = world.answer(&hello()).await;
    assert_eq!(reply.stop, growqr_core::model::StopReason::MaxTokens);
}
