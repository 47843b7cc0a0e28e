//! Both providers through LiteLLM, a public program, in front of both strict stub servers. It translates between the two APIs, so
//! each provider reaches each server: four ways, and the same promises hold on all of them.

use crate::world::{FakeTimer, answered, request, segment, user};
use growqr_core::model::{Delta, Failure, FailureKind, Model, ModelRequest, Reply, StopReason};
use growqr_core::prompt::{Block, Message, Segment, blocks, text_of};
use growqr_core::secret::Secret;
use growqr_models::anthropic::{self, Anthropic};
use growqr_models::openai::{self, BaseUrl, OpenAi};
use growqr_testkit::anthropic::{AnthropicStub, Point, Script, says};
use growqr_testkit::litellm::{LiteLlm, Route};
use growqr_testkit::openai::{OpenAiStub, ServerBehaviour, error};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The names of the two models at the proxy: the first is served by the Messages API, the second by chat completions.
const CLAUDE: &str = "claude-opus-4-7";
const QWEN: &str = "qwen3";

/// A server behind the proxy.
struct Server<'a> {
    /// Sets its next answer.
    will: &'a dyn Fn(Script),
    /// Sets all of its answers; without a script, the next ones count again.
    always: &'a dyn Fn(Option<Script>),
    /// An error in the form of its API.
    error: fn(u16, &str, &str) -> Script,
    /// How it refuses a prompt that is too long.
    too_long: Script,
}

/// A provider, the proxy, and a server behind it.
struct Way<'a> {
    name: &'static str,
    provider: &'a dyn Model,
    segment: Segment,
    server: &'a Server<'a>,
}

impl Way<'_> {
    async fn ask(&self, messages: Vec<Message>) -> (Result<Reply, Failure>, Vec<Delta>) {
        let request = ModelRequest { segment: Arc::new(self.segment.clone()), ..request(&self.segment.model, messages) };
        let shown = Mutex::new(Vec::new());
        let result = self.provider.call(&request, &|delta| shown.lock().unwrap().push(delta)).await;
        (result, shown.into_inner().unwrap())
    }

    async fn answer(&self, messages: Vec<Message>) -> (Reply, Vec<Delta>) {
        let (result, shown) = self.ask(messages).await;
        (result.unwrap_or_else(|failure| panic!("{}: {failure:?}", self.name)), shown)
    }

    async fn failure(&self) -> Failure {
        self.ask(vec![user("hello")]).await.0.expect_err(self.name)
    }

    /// A turn in which the model calls a tool.
    async fn turn(&self) {
        let text = "I look for it, and I say so in some more words, so that they come in parts. 🌱";
        let input = json!({"path": "a\u{1F331}/\"b\""});
        (self.server.will)(says(text).calls([("look", input.clone())]));
        let mut messages = vec![user("hello")];
        let (reply, shown) = self.answer(messages.clone()).await;
        let parts: Vec<&str> =
            shown.iter().filter_map(|delta| if let Delta::Text(text) = delta { Some(text.as_str()) } else { None }).collect();
        assert_eq!((parts.concat().as_str(), text_of(&reply.content).as_str()), (text, text), "{}", self.name);
        assert!(parts.len() > 1, "{}: it is streamed: {parts:?}", self.name);
        assert_eq!(reply.stop, StopReason::ToolUse, "{}", self.name);
        assert!(reply.usage.prompt_tokens() > 0 && reply.usage.output_tokens > 0, "{}: {:?}", self.name, reply.usage);
        let is_call = |block: Block| if let Block::Call { name, input, .. } = block { Some((name, input)) } else { None };
        let called: Vec<(String, Value)> = blocks(&reply.content)
            .into_iter()
            .filter_map(is_call)
            .map(|(name, input)| (name, serde_json::from_str(input.text()).unwrap()))
            .collect();
        assert_eq!(called, [("look".to_owned(), input)], "{}", self.name);
        messages.extend(answered(&reply, "seen"));
        (self.server.will)(says("It is there."));
        let (reply, _) = self.answer(messages).await;
        assert_eq!((text_of(&reply.content).as_str(), reply.stop), ("It is there.", StopReason::EndTurn), "{}", self.name);
    }

    /// What goes wrong at the server.
    async fn faults(&self) {
        (self.server.will)((self.server.error)(400, "invalid_request_error", "the words of the server"));
        let failure = self.failure().await;
        assert_eq!(failure.kind, FailureKind::Rejected, "{}: {failure}", self.name);
        assert!(failure.message.contains("the words of the server"), "{}: {failure}", self.name);
        (self.server.will)((self.server.error)(429, "rate_limit_error", "slowly"));
        (self.server.will)(says("later"));
        let (reply, _) = self.answer(vec![user("hello")]).await;
        assert_eq!(text_of(&reply.content), "later", "{}", self.name);
        // The proxy may ask again by itself, and so may the provider if nothing of the answer has come.
        (self.server.always)(Some(says(&"an answer that does not reach its end ".repeat(8)).cut(Point::Events(12))));
        let kind = self.failure().await.kind;
        assert!(kind.is_retryable() || kind == FailureKind::Unavailable, "{}: half an answer: {kind:?}", self.name);
        (self.server.always)(Some(self.server.too_long.clone()));
        let failure = self.failure().await;
        (self.server.always)(None);
        assert_eq!(failure.kind, FailureKind::PromptTooLong, "{}: {failure}", self.name);
    }
}

fn openai_provider(proxy: &LiteLlm) -> OpenAi {
    let base = BaseUrl::parse(&format!("{}/v1", proxy.base_url())).unwrap();
    let mut config = openai::Config::new(base, Some(Secret::new(proxy.key())), 1);
    config.timer = Arc::new(FakeTimer::default());
    OpenAi::new(config)
}

fn anthropic_provider(proxy: &LiteLlm) -> Anthropic {
    let mut config = anthropic::Config::new(Secret::new(proxy.key()), 1);
    config.base_url = proxy.base_url().to_owned();
    config.timer = Arc::new(FakeTimer::default());
    Anthropic::new(config)
}

fn way<'a>(name: &'static str, provider: &'a dyn Model, segment: Segment, server: &'a Server<'a>) -> Way<'a> {
    Way { name, provider, segment, server }
}

fn segment_of(provider: &str, model: &str) -> Segment {
    let effort = if (provider, model) == (anthropic::PROVIDER, CLAUDE) { segment(model).effort } else { None };
    Segment { provider: provider.into(), effort, ..segment(model) }
}

#[tokio::test]
async fn both_providers_reach_both_kinds_of_servers_through_a_public_proxy() {
    let claude = AnthropicStub::start().await;
    let qwen = OpenAiStub::start(ServerBehaviour { takes_parts: true, ..ServerBehaviour::plain() }).await;
    let routes = [
        Route { name: CLAUDE, model: "anthropic/claude-opus-4-7", base_url: claude.base_url(), key: claude.key() },
        Route { name: QWEN, model: "openai/qwen3:8b", base_url: qwen.base_url(), key: "none" },
    ];
    let Some(proxy) = LiteLlm::start(&routes) else { return };
    let to_claude = Server {
        will: &|script| claude.will(script),
        always: &|script| claude.route(move |_| script.clone()),
        error: Script::error,
        too_long: Script::error(400, "invalid_request_error", "prompt is too long: 201756 tokens > 200000 maximum"),
    };
    let length = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.";
    let to_qwen = Server {
        will: &|script| qwen.will(script),
        always: &|script| qwen.route(move |_| script.clone()),
        error,
        too_long: error(400, "context_length_exceeded", length),
    };
    let completions = openai_provider(&proxy);
    let messages = anthropic_provider(&proxy);
    for way in [
        way("chat completions to Claude", &completions, segment_of(openai::PROVIDER, CLAUDE), &to_claude),
        way("chat completions to another server", &completions, segment_of(openai::PROVIDER, QWEN), &to_qwen),
        way("messages to Claude", &messages, segment_of(anthropic::PROVIDER, CLAUDE), &to_claude),
        way("messages to another server", &messages, segment_of(anthropic::PROVIDER, QWEN), &to_qwen),
    ] {
        way.turn().await;
        way.faults().await;
    }
    claude.assert_all_accepted();
    qwen.assert_all_accepted();
    // A busy computer may take longer than a probe waits.
    while completions.probe_model(QWEN).await.is_none() {}
    assert_eq!(completions.card(QWEN).context_tokens, 32_768, "the proxy lists the window");
}
