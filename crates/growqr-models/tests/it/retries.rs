//! When a call is tried again, after which delay, and when no more.

use crate::world::{World, hello};
use growqr_core::model::{Delta, FailureKind};
use growqr_testkit::anthropic::{Script, says};

fn busy(script: Script, times: usize) -> Vec<Script> {
    vec![script; times]
}

#[tokio::test]
async fn retry_after_is_obeyed_and_shown() {
    let world = World::new().await;
    world.claude.will_all([
        Script::rate_limited(Some(7)),
        Script::rate_limited(Some(9)).header("retry-after-ms", "1500"),
        says("hi"),
    ]);
    let (result, shown) = world.ask(&hello()).await;
    result.unwrap();
    assert_eq!(world.timer.slept_ms(), [7000, 1500]);
    let waits: Vec<&Delta> = shown.iter().filter(|delta| matches!(delta, Delta::Retrying { .. })).collect();
    let expected =
        [(1, 7000), (2, 1500)].map(|(attempt, wait_ms)| Delta::Retrying { attempt, wait_ms, reason: "rate limited".into() });
    assert_eq!(waits, expected.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn without_retry_after_it_backs_off_up_to_a_minute_and_gives_up_after_eight_tries() {
    let world = World::new().await;
    world.claude.will_all(busy(Script::overloaded(), 8));
    let failure = world.failure(&hello()).await;
    assert_eq!(failure.kind, FailureKind::Busy);
    assert!(
        failure.message.starts_with("Anthropic is overloaded: Overloaded (The address in use is http://127.0.0.1:"),
        "{failure}"
    );
    assert_eq!(world.timer.slept_ms(), [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
    assert_eq!(world.claude.messages().len(), 8);
}

#[tokio::test]
async fn server_errors_are_retried() {
    let table = [
        Script::html_500(),
        Script::error(502, "api_error", "bad gateway"),
        Script::error(504, "timeout_error", "slow"),
        Script::error(409, "conflict_error", "conflict"),
        Script::error(408, "timeout_error", "slow"),
        Script::overloaded(),
        Script::rate_limited(None),
        Script::error(400, "invalid_request_error", "odd").header("x-should-retry", "true"),
    ];
    for script in table {
        let world = World::new().await;
        world.claude.will_all([script, says("hi")]);
        world.answer(&hello()).await;
        assert_eq!(world.timer.slept_ms(), [1000]);
    }
    let world = World::new().await;
    world.claude.will_all(busy(Script::html_500(), 8));
    assert_eq!(world.failure(&hello()).await.kind, FailureKind::Unavailable);
}

#[tokio::test]
async fn x_should_retry_is_obeyed_but_a_spent_budget_is_never_retried() {
    let world = World::new().await;
    world.claude.will(Script::overloaded().header("x-should-retry", "false"));
    assert_eq!(world.failure(&hello()).await.kind, FailureKind::Busy);
    world.claude.will(Script::spend_cap().header("x-should-retry", "true"));
    assert_eq!(world.failure(&hello()).await.kind, FailureKind::NoCredit);
    assert_eq!(world.claude.messages().len(), 2);
}

#[tokio::test]
async fn a_retry_after_above_the_limit_is_a_failure() {
    let world = World::new().await;
    world.claude.will(Script::rate_limited(Some(3600)));
    assert_eq!(world.failure(&hello()).await.kind, FailureKind::Busy);
    assert_eq!(world.timer.slept_ms(), [0; 0]);
}

#[tokio::test]
async fn every_retry_sends_the_same_bytes() {
    let world = World::new().await;
    world.claude.will_all([Script::overloaded(), Script::html_500(), says("hi")]);
    world.answer(&hello()).await;
    let bodies: Vec<Vec<u8>> = world.claude.messages().into_iter().map(|request| request.raw).collect();
    assert!(bodies.len() == 3 && bodies.windows(2).all(|pair| pair[0] == pair[1]));
}
