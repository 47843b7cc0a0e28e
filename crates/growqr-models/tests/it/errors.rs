//! Error responses to the Anthropic client, and calls that never reach the service.

use crate::world::{World, hello, request, user};
use growqr_core::model::FailureKind::{self, *};
use growqr_testkit::DeadPort;
use growqr_testkit::anthropic::{Script, says};

/// Each row: an error response, and the kind and a part of the message of the failure.
#[tokio::test]
async fn every_error_response_becomes_a_failure_of_the_right_kind() {
    let invalid = |words: &str| Script::error(400, "invalid_request_error", words);
    let table: Vec<(Script, FailureKind, &str)> = vec![
        (invalid("tools: Tool names must be unique."), Rejected, "Tool names must be unique."),
        (invalid("prompt is too long: 201756 tokens > 200000 maximum"), PromptTooLong, "too long for this model"),
        (
            invalid(
                "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.",
            ),
            PastRefused,
            "earlier messages",
        ),
        (invalid("input length and `max_tokens` exceed context limit: 1 + 2 > 3"), PromptTooLong, "too long"),
        (invalid("messages.1.content.0: Invalid `signature` in `thinking` block"), PastRefused, "earlier messages"),
        (invalid("messages.1.content.0: blocks in the latest assistant message cannot be modified."), Rejected, "modified"),
        (invalid("Your credit balance is too low to access the Anthropic API."), NoCredit, "no credit"),
        (
            invalid("You have reached your specified API usage limits. You will regain access on 2026-12-01."),
            NoCredit,
            "2026-12-01",
        ),
        (invalid("You have reached your specified workspace API usage limits."), NoCredit, "spend limit"),
        (Script::spend_cap(), NoCredit, "regain access"),
        (Script::error(401, "authentication_error", "invalid x-api-key"), Key, "does not accept the API key"),
        (Script::error(403, "permission_error", "no"), Key, "does not allow"),
        (Script::error(402, "billing_error", "pay"), NoCredit, "pay"),
        (Script::error(404, "not_found_error", "model: claude-opus-4-7"), UnknownModel, "\"claude-opus-4-7\""),
        (Script::error(404, "not_found_error", "Not Found"), Rejected, "404"),
        (Script::error(413, "request_too_large", "Request exceeds the maximum size"), TooLarge, "too large"),
        (Script::plain_413(), TooLarge, "too large"),
        (Script::http(301, &[("location", "https://example.com/")], ""), Rejected, "301"),
        (Script::http(418, &[], "<html>"), Rejected, "418"),
    ];
    for (script, kind, fragment) in table {
        let world = World::new().await;
        world.claude.will(script);
        let failure = world.failure(&hello()).await;
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains(fragment), "{failure:?} should contain {fragment:?}");
        assert_eq!(world.claude.messages().len(), 1, "the request is not retried: {failure}");
        assert_eq!(world.timer.slept_ms(), [0; 0]);
    }
}

#[tokio::test]
async fn a_wrong_key_is_reported_and_never_shown() {
    let key = "sk-ant-secret-value";
    let world = World::with(|config| config.key = growqr_core::secret::Secret::new(key)).await;
    let failure = world.failure(&hello()).await;
    assert_eq!((failure.kind, failure.request_id.as_deref()), (Key, Some("req_1")));
    assert!(!format!("{failure:?}").contains(key));
    assert_eq!(format!("{:?}", growqr_core::secret::Secret::new(key)), "Secret");
    let echo = World::new().await;
    echo.claude.will(Script::error(400, "invalid_request_error", &format!("bad: {}", echo.claude.key())));
    let failure = echo.failure(&hello()).await;
    assert!(failure.message.starts_with("Anthropic refused the request (HTTP 400): bad: (key) (The address"), "{failure}");
    for broken in ["", "with\nnewline"] {
        let world = World::with(|config| config.key = growqr_core::secret::Secret::new(broken)).await;
        assert_eq!(world.failure(&hello()).await.kind, Key);
        assert!(world.claude.requests().is_empty());
    }
}

#[tokio::test]
async fn a_body_above_the_limit_is_not_sent() {
    let world = World::new().await;
    let failure = world.failure(&request("claude-opus-4-7", vec![user(&"a".repeat(33 * 1024 * 1024))])).await;
    assert_eq!(failure.kind, TooLarge);
    assert!(world.claude.requests().is_empty());
}

#[tokio::test]
async fn without_a_network_it_gives_up_after_two_quick_retries() {
    let dead_port = DeadPort::take();
    let port = dead_port.address().port();
    let world = World::with(|config| config.base_url = format!("http://127.0.0.1:{port}")).await;
    let (result, shown) = world.ask(&hello()).await;
    assert_eq!(result.unwrap_err().kind, Offline);
    assert_eq!((shown.len(), world.timer.slept_ms()), (2, vec![500, 500]));
    let secure = World::with(|config| config.base_url = format!("https://127.0.0.1:{port}")).await;
    assert_eq!(secure.failure(&hello()).await.kind, Offline);
}

#[tokio::test]
async fn an_invalid_base_url_is_reported() {
    let world = World::with(|config| config.base_url = "not a url".to_owned()).await;
    assert_eq!(world.failure(&hello()).await.kind, Rejected);
    let slash = World::with(|config| config.base_url.push('/')).await;
    slash.claude.will(says("hi"));
    slash.answer(&hello()).await;
}

#[tokio::test]
async fn a_key_leaves_this_computer_only_encrypted() {
    for address in ["http://192.0.2.1", "http://anthropic.example.com/"] {
        let world = World::with(|config| config.base_url = address.to_owned()).await;
        let failure = world.failure(&hello()).await;
        assert_eq!(failure.kind, Rejected, "{failure}");
        assert!(failure.message.contains("ANTHROPIC_BASE_URL") && failure.message.contains("https://"), "{failure}");
    }
}
