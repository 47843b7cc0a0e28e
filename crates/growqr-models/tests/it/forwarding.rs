//! Requests that another program wrote.

use crate::world::{World, hello};
use growqr_core::id::AgentId;
use growqr_core::model::{Failure, FailureKind};
use growqr_core::money::Money;
use growqr_core::upstream::{Billed, RawBody, RawRequest, SentMark, Upstream};
use growqr_testkit::anthropic::{Point, Script, says};
use serde_json::json;
use std::time::Duration;

fn request() -> RawRequest {
    let messages = json!([{"role": "user", "content": "hello"}]);
    let body = json!({"model": "claude-opus-4-7", "max_tokens": 1_000, "messages": messages, "stream": true});
    RawRequest {
        agent: AgentId::new("ada"),
        version: None,
        betas: Vec::new(),
        body: body.to_string().into_bytes(),
        sent: SentMark::default(),
    }
}

/// All bytes of a body, and the failure that ended it early.
async fn read(body: &mut dyn RawBody) -> (String, Option<Failure>) {
    let mut all = Vec::new();
    let failure = loop {
        match body.next().await {
            Ok(Some(bytes)) => all.extend_from_slice(&bytes),
            Ok(None) => break None,
            Err(failure) => break Some(failure),
        }
    };
    (String::from_utf8(all).unwrap(), failure)
}

#[tokio::test]
async fn a_forwarded_reply_passes_unchanged_and_names_its_bill() {
    let world = World::new().await;
    world.claude.will(says("hi"));
    let sent = request();
    let mut reply = world.provider.send(sent.clone()).await.unwrap();
    let (text, failure) = read(reply.body.as_mut()).await;
    assert_eq!((reply.status, failure), (200, None));
    assert!(text.starts_with("event: message_start\n") && text.ends_with("\n\n"), "{text}");
    let Billed::Complete { cost: Some(cost), .. } = reply.body.billed() else { panic!("no cost") };
    assert_eq!(cost, Money(world.claude.total_micro_cents()));
    assert_eq!(world.claude.messages().remove(0).raw, sent.body);
}

#[tokio::test]
async fn an_error_passes_without_the_key_and_is_not_sent_again() {
    let world = World::new().await;
    world.claude.will(Script::error(500, "api_error", &format!("the key {} is odd", world.claude.key())));
    let mut reply = world.provider.send(request()).await.unwrap();
    let (text, _) = read(reply.body.as_mut()).await;
    assert_eq!((reply.status, reply.body.billed()), (500, Billed::Nothing));
    assert!(text.contains("the key (key) is odd"), "{text}");
    assert_eq!(world.claude.messages().len(), 1);
}

#[tokio::test]
async fn a_silent_or_cut_reply_may_have_been_billed() {
    let world = World::with(|config| config.idle_timeout = Duration::from_millis(200)).await;
    for script in [says("long").silence(Point::Events(2)), says("long").cut(Point::Events(2))] {
        world.claude.will(script);
        let mut reply = world.provider.send(request()).await.unwrap();
        let (_, failure) = read(reply.body.as_mut()).await;
        assert_eq!((failure.unwrap().kind, reply.body.billed()), (FailureKind::Broken, Billed::Unknown));
    }
}

#[tokio::test]
async fn a_page_of_the_network_is_not_taken_for_a_reply() {
    let world = World::new().await;
    world.claude.will(Script::http(200, &[("content-type", "text/html")], "<html>Log in</html>"));
    let failure = world.provider.send(request()).await.err().unwrap();
    assert_eq!(failure.kind, FailureKind::Unavailable);
}

#[tokio::test]
async fn a_forwarded_rate_limit_pauses_the_other_calls_too() {
    let world = World::new().await;
    world.claude.will_all([Script::rate_limited(Some(5)), says("later")]);
    assert_eq!(world.provider.send(request()).await.unwrap().status, 429);
    world.answer(&hello()).await;
    assert_eq!(world.timer.slept_ms(), [5_000]);
}

#[tokio::test]
async fn only_models_that_the_service_has_get_a_card() {
    let world = World::new().await;
    assert_eq!(world.provider.find_card("claude-haiku-4-5").unwrap().name, "Claude Haiku 4.5");
    assert!(world.provider.find_card("claude-next-9").is_none());
    world.claude.list_also("claude-next-9", "Claude Next 9", 500_000, 64_000);
    world.provider.refresh().await.unwrap();
    assert_eq!(world.provider.find_card("claude-next-9").unwrap().max_output_tokens, 64_000);
}
