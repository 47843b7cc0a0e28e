//! Error responses of OpenAI-compatible servers, and prompts that do not fit.

use super::world::{FakeTimer, World, hello, request, user};
use growqr_core::model::FailureKind::{self, *};
use growqr_core::model::Model;
use growqr_core::secret::Secret;
use growqr_models::openai::{BaseUrl, Config, OpenAi};
use growqr_testkit::DeadPort;
use growqr_testkit::openai::{Script, ServerBehaviour, bare_error, error, loading, rate_limited, says};
use std::sync::Arc;

#[tokio::test]
async fn every_error_response_becomes_a_failure_of_the_right_kind() {
    let table: Vec<(Script, FailureKind, &str)> = vec![
        (error(400, "invalid_request_error", "bad tools"), Rejected, "bad tools"),
        (bare_error(400, "registry.ollama.ai/library/gemma:2b does not support tools"), Rejected, "cannot use tools"),
        (bare_error(404, "model \"qwen3:8b\" not found, try pulling it first"), UnknownModel, "\"qwen3:8b\""),
        (error(404, "model_not_found", "The model does not exist"), UnknownModel, "\"qwen3:8b\""),
        (Script::http(404, &[], "404 page not found"), Rejected, "should end in /v1"),
        (error(400, "context_length_exceeded", "maximum context length is 8192 tokens"), PromptTooLong, "longer than"),
        (error(401, "invalid_api_key", "no"), Key, "The model server at http://127.0.0.1"),
        (error(401, "invalid_api_key", "no"), Key, "wants an API key, and there is none; add it: growqr keys set openai"),
        (error(403, "forbidden", "no"), Key, "does not allow"),
        (error(429, "insufficient_quota", "You exceeded your current quota"), NoCredit, "no credit"),
        (Script::http(301, &[("location", "http://127.0.0.1:1/")], ""), Rejected, "301"),
        (Script::http(413, &[], "too large"), TooLarge, "too large"),
    ];
    for (script, kind, fragment) in table {
        let world = World::new().await;
        world.server.will(script);
        let failure = world.failure(&hello()).await;
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains(fragment), "{failure:?} should contain {fragment:?}");
        assert_eq!(world.server.chats().len(), 1, "the request is not retried: {failure}");
    }
}

#[tokio::test]
async fn temporary_errors_are_retried() {
    for (script, wait) in [
        (loading(), 1000),
        (rate_limited(Some(7)), 7000),
        (rate_limited(None), 1000),
        (error(500, "server_error", "CUDA error"), 1000),
        (Script::http(502, &[], "<html>"), 1000),
    ] {
        let world = World::new().await;
        world.server.will_all([script, says("hi")]);
        world.answer(&hello()).await;
        assert_eq!(world.timer.slept_ms(), [wait]);
    }
    let world = World::new().await;
    world.server.will_all(vec![loading(); 8]);
    let failure = world.failure(&hello()).await;
    assert_eq!((failure.kind, world.server.chats().len()), (Unavailable, 8));
    assert!(failure.message.contains("loading the model"), "{failure}");
}

#[tokio::test]
async fn an_unreachable_server_is_reported_with_the_next_step() {
    let dead_port = DeadPort::take();
    let port = dead_port.address().port();
    let world = World::with(ServerBehaviour::plain(), |config| config.base = BaseUrl::of_port(port)).await;
    let failure = world.failure(&hello()).await;
    assert_eq!(failure.kind, Offline);
    assert!(
        failure.message.starts_with(&format!("No model server answers at http://127.0.0.1:{port}/v1. Start it")),
        "{failure}"
    );
    assert_eq!(world.timer.slept_ms(), [500, 500]);
    let gone = World::of(ServerBehaviour::ollama()).await;
    gone.provider.probe_model("tiny").await;
    let World { server, provider, .. } = gone;
    drop(server);
    let failure = provider.call(&hello(), &|_| ()).await.unwrap_err();
    assert!(failure.message.contains("Start Ollama (ollama serve)"), "{failure}");
}

#[tokio::test]
async fn a_key_is_sent_only_where_allowed_and_never_shown() {
    let secret = "sk-very-secret";
    let world = World::of(ServerBehaviour { key: Some(secret.to_owned()), ..ServerBehaviour::plain() }).await;
    world.server.will_all([says("hi"), error(400, "odd", &format!("bad key {secret}"))]);
    world.answer(&hello()).await;
    assert_eq!(world.server.chats()[0].header("authorization"), Some("Bearer sk-very-secret"));
    let failure = world.failure(&hello()).await;
    assert!(!format!("{failure:?}").contains(secret) && failure.message.contains("(key)"), "{failure}");
    assert_eq!(format!("{:?}", Secret::new(secret)), "Secret");
    let wrong = World::with(ServerBehaviour { key: Some("other".to_owned()), ..ServerBehaviour::plain() }, |config| {
        config.key = Some(Secret::new(secret));
    })
    .await;
    let failure = wrong.failure(&hello()).await;
    assert_eq!(failure.kind, FailureKind::Key);
    assert!(failure.message.contains("does not accept the API key"), "{failure}");
    let open = World::new().await;
    open.server.will(says("hi"));
    open.answer(&hello()).await;
    assert_eq!(open.server.chats()[0].header("authorization"), None, "no key, no header");
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_reported_for_every_kind_of_server() {
    let long = request(vec![user(&"many words ".repeat(6_000))]);
    for behaviour in [
        ServerBehaviour::plain(),
        ServerBehaviour::llama_cpp(),
        ServerBehaviour::vllm(),
        ServerBehaviour::lm_studio(),
        ServerBehaviour::ollama(),
    ] {
        let program = behaviour.program;
        let world = World::of(ServerBehaviour { window: 4_096, ..behaviour }).await;
        world.server.will_all([says("loaded"), says("what was the question?"), says("never said")]);
        world.answer(&hello()).await;
        let failure = world.failure(&long).await;
        assert_eq!(failure.kind, PromptTooLong, "{program:?}: {failure}");
        assert_eq!(world.server.truncated(), [0; 0], "{program:?}: no prompt is silently truncated");
    }
}

#[tokio::test]
async fn the_output_limit_leaves_room_for_the_prompt() {
    let world = World::of(ServerBehaviour { window: 6_000, ..ServerBehaviour::vllm() }).await;
    world.server.will(says("hi"));
    let mut request = request(vec![user(&"many words ".repeat(800))]);
    request.max_tokens = 5_000;
    world.answer(&request).await;
    world.server.assert_all_accepted();
}

#[test]
fn a_remote_service_gets_cautious_limits_and_no_prices() {
    let mut config = Config::new(BaseUrl::parse("https://api.openai.com/v1").unwrap(), None, 1);
    config.timer = Arc::new(FakeTimer::default());
    let card = OpenAi::new(config).card("gpt-x");
    assert_eq!((card.context_tokens, card.max_output_tokens, card.prices), (32_768, 16_384, None));
}
