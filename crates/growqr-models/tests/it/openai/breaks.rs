//! Streams of OpenAI-compatible servers that break off, stall or are malformed.

use super::world::{World, hello};
use growqr_core::model::{Delta, FailureKind, Model};
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

#[tokio::test]
async fn the_person_is_told_again_and_again_that_a_server_is_silent() {
    let world = World::with(ServerBehaviour::plain(), |config| {
        config.first_timeout = Duration::from_millis(1_050);
        config.idle_timeout = Duration::from_millis(1_050);
        config.notice_every = Duration::from_millis(300);
    })
    .await;
    for (point, beginning) in
        [(Point::BeforeHead, "no answer"), (Point::Events(0), "no answer"), (Point::Events(3), "nothing more")]
    {
        world.server.will(says("a longer text").silence(point));
        let (result, shown) = world.ask(&hello()).await;
        assert_eq!(result.unwrap_err().kind, FailureKind::Broken);
        let notices: Vec<&str> = shown
            .iter()
            .filter_map(|delta| match delta {
                Delta::Waiting { reason } => Some(reason.as_str()),
                _ => None,
            })
            .collect();
        let start = format!("{beginning} from the model server at {} for ", world.server.base_url());
        assert_eq!(notices.len(), 3, "{point:?}: {shown:?}");
        assert!(notices.iter().all(|notice| notice.starts_with(&start) && notice.ends_with("it is given up after 1 s")));
    }
}

#[tokio::test]
async fn a_response_that_is_no_text_is_named_and_not_shown() {
    let world = World::new().await;
    let rubbish = |first: &str| Script::http(200, &[], &format!("{first}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}"));
    world.server.will_all([rubbish("a"), rubbish("b")]);
    let (result, shown) = world.ask(&hello()).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert!(failure.message.contains("is no text: another program may answer there."), "{failure}");
    assert_eq!(world.server.chats().len(), 2, "it is tried once more");
    assert!(!format!("{shown:?}").contains("busy"), "{shown:?}");
}

#[tokio::test]
async fn a_response_of_another_program_is_not_asked_for_again_and_again() {
    let world = World::new().await;
    world.server.will_all([Script::http(200, &[], "upstream 1 gone"), Script::http(200, &[], "upstream 2 gone")]);
    let failure = world.failure(&hello()).await;
    assert!(failure.message.contains("upstream 2 gone"), "{failure}");
    assert_eq!(world.server.chats().len(), 2);
}
