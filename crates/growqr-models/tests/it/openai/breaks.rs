//! Streams of OpenAI-compatible servers that break off, stall or are malformed.

use super::world::{World, hello};
use growqr_core::model::{FailureKind, Model};
use growqr_testkit::openai::{Point, RequestOutcome, Script, ServerBehaviour, StopPoint, breaks, calls, says};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_stream_without_its_end_is_an_error() {
    let world = World::of(ServerBehaviour { says_done: false, counts: false, ..ServerBehaviour::plain() }).await;
    let answer = || says("a longer text, in several pieces").calls([("look", json!({"path": "a"}))]);
    for point in [Point::BeforeHead, Point::Events(0), Point::Events(1), Point::Events(4), Point::Bytes(333), Point::BeforeStop] {
        world.server.will(answer().cut(point));
        let failure = world.failure(&hello()).await;
        assert_eq!(failure.kind, FailureKind::Broken, "{point:?}: {failure}");
    }
    assert_eq!(world.server.chats().len(), 6, "no request is retried");
    // The stream ends regularly, but without a finish reason.
    world.server.will(says("hi").insert(Point::BeforeStop, "data: [DONE]\n\n"));
    assert_eq!(world.failure(&hello()).await.kind, FailureKind::Broken);
}

#[tokio::test]
async fn an_error_event_in_any_format_ends_the_reply() {
    let world = World::new().await;
    for data in [
        r#"{"error":"out of memory"}"#,
        r#"{"error":{"message":"out of memory"}}"#,
        r#"{"object":"error","message":"out of memory"}"#,
    ] {
        for at in [0, 1, 3] {
            let times = if at == 3 { 1 } else { 2 };
            world.server.will_all(vec![breaks(says("a longer text"), Point::Events(at), data); times]);
            let failure = world.failure(&hello()).await;
            let (kind, text) = match at {
                3 => (FailureKind::Broken, "stopped in the middle of the answer: out of memory"),
                // Nothing has been said, so the request is sent once more.
                _ => (FailureKind::Unavailable, "gave no answer but an error: out of memory"),
            };
            assert_eq!(failure.kind, kind, "{failure}");
            assert!(failure.message.contains(text), "{failure}");
        }
    }
}

#[tokio::test]
async fn an_error_event_is_classified_before_the_reply_and_a_broken_reply_after_it() {
    let world = World::new().await;
    let full = r#"{"error":{"message":"Context size has been exceeded."}}"#;
    world.server.will_all([breaks(says("text"), Point::Events(0), full), breaks(says("text"), Point::Events(2), full)]);
    assert_eq!(world.failure(&hello()).await.kind, FailureKind::PromptTooLong);
    assert_eq!(world.failure(&hello()).await.kind, FailureKind::Broken);
}

#[tokio::test]
async fn malformed_events_end_the_reply() {
    let world = World::new().await;
    for raw in ["data: {\"choices\":[\n\n", "data: {not json}\n\n"] {
        world.server.will(says("a").insert(Point::Events(1), raw));
        assert_eq!(world.failure(&hello()).await.kind, FailureKind::Broken, "{raw}");
    }
    let page = Script::http(200, &[("content-type", "text/html")], "<html>some other program</html>");
    world.server.will(page);
    assert_eq!(world.failure(&hello()).await.kind, FailureKind::Unavailable);
}

#[tokio::test]
async fn the_first_event_may_take_longer_than_the_idle_timeout_allows_later() {
    let world = World::with(ServerBehaviour::plain(), |config| {
        config.first_timeout = Duration::from_secs(3);
        config.idle_timeout = Duration::from_millis(300);
    })
    .await;
    // Comments, as proxies send them, count as activity. For longer than the idle timeout there is no event.
    world.server.will(says("at last").pings(Point::Events(0), Some(6), Duration::from_millis(100)));
    world.answer(&hello()).await;
    world.server.will(says("a longer text").silence(Point::Events(2)));
    let failure = world.failure(&hello()).await;
    assert_eq!(failure.kind, FailureKind::Broken);
    assert!(failure.message.starts_with("Nothing came from"), "{failure}");
    let left = world.server.until(|requests| requests.iter().all(|request| request.ended.is_some())).await;
    assert_eq!(left.last().unwrap().ended, Some(RequestOutcome::ClientLeft), "the connection is closed");
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection_and_releases_its_permit() {
    let world = World::with(ServerBehaviour::plain(), |config| config.max_concurrent = 1).await;
    let stop_point = StopPoint::new();
    world.server.will_all([says("a long text").stop_at(Point::Events(3), &stop_point), says("next")]);
    let request = hello();
    {
        let mut call = world.provider.call(&request, &|_| ());
        tokio::select! {
            _ = &mut call => panic!("the stub server was to wait"),
            () = stop_point.reached() => {}
        }
    }
    world.server.until(|requests| requests.iter().all(|request| request.ended.is_some())).await;
    assert_eq!(world.server.chats()[0].ended, Some(RequestOutcome::ClientLeft));
    world.answer(&request).await;
}

#[tokio::test]
async fn a_tool_call_cut_by_the_output_limit_stops_with_max_tokens() {
    let world = World::new().await;
    world.server.will(calls([("look", json!({}))]).calls_raw("look", "{\"path\": \"a").stop("max_tokens"));
    assert_eq!(world.answer(&hello()).await.stop, growqr_core::model::StopReason::MaxTokens);
}
