//! Fixtures: a provider that is connected to the stub server, a fake timer, and conversations.

use async_trait::async_trait;
use growqr_core::id::AgentId;
use growqr_core::model::{Delta, Failure, Files, Model, ModelRequest, Reply};
use growqr_core::prompt::{Block, Effort, Message, Role, Segment, Tool, blocks};
use growqr_core::raw::RawJson;
use growqr_core::secret::Secret;
use growqr_models::anthropic::{Anthropic, Config, Timer};
use growqr_testkit::anthropic::AnthropicStub;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Sleeping only moves its clock forward. The jitter is always the maximum.
#[derive(Default)]
pub struct FakeTimer {
    now: Mutex<Duration>,
    pub slept: Mutex<Vec<Duration>>,
}

#[async_trait]
impl Timer for FakeTimer {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, wait: Duration) {
        self.slept.lock().unwrap().push(wait);
        *self.now.lock().unwrap() += wait;
    }

    fn jitter(&self, most: Duration) -> Duration {
        most
    }
}

impl FakeTimer {
    pub fn slept_ms(&self) -> Vec<u128> {
        self.slept.lock().unwrap().iter().map(Duration::as_millis).collect()
    }
}

/// The stub server, a provider that is connected to it, and the timer of the provider.
pub struct World {
    pub claude: AnthropicStub,
    pub provider: Arc<Anthropic>,
    pub timer: Arc<FakeTimer>,
}

impl World {
    pub async fn new() -> World {
        World::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> World {
        let claude = AnthropicStub::start().await;
        let timer = Arc::new(FakeTimer::default());
        let mut config = Config::new(Secret::new(claude.key()), 1);
        config.base_url = claude.base_url().to_owned();
        config.timer = timer.clone();
        change(&mut config);
        World { claude, provider: Arc::new(Anthropic::new(config)), timer }
    }

    /// Makes a call; returns its result and all deltas.
    pub async fn ask(&self, request: &ModelRequest) -> (Result<Reply, Failure>, Vec<Delta>) {
        let shown = Mutex::new(Vec::new());
        let result = self.provider.call(request, &|delta| shown.lock().unwrap().push(delta)).await;
        (result, shown.into_inner().unwrap())
    }

    pub async fn answer(&self, request: &ModelRequest) -> Reply {
        self.ask(request).await.0.unwrap()
    }

    pub async fn failure(&self, request: &ModelRequest) -> Failure {
        let failure = self.ask(request).await.0.unwrap_err();
        assert!(!failure.message.contains(self.claude.key()), "a key in {:?}", failure.message);
        failure
    }
}

pub fn raw(value: &Value) -> RawJson {
    RawJson::of(value)
}

pub fn user(text: &str) -> Message {
    Message { role: Role::User, content: raw(&json!([{"type": "text", "text": text}])) }
}

pub fn tool(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: "Looks at a thing.".to_owned(),
        input_schema: raw(&json!({"type": "object", "properties": {"path": {"type": "string"}}})),
    }
}

pub fn segment(model: &str) -> Segment {
    let effort = (!model.starts_with("claude-haiku-4-5")).then_some(Effort::High);
    Segment {
        web_search: false,
        address: None,
        provider: "anthropic".into(),
        model: model.into(),
        effort,
        system: "Be kind.".into(),
        tools: vec![tool("look")],
    }
}

pub fn request(model: &str, messages: Vec<Message>) -> ModelRequest {
    ModelRequest {
        agent: AgentId::grow(),
        segment: Arc::new(segment(model)),
        messages,
        max_tokens: 16_000,
        files: Files::default(),
    }
}

/// A first message to the default model.
pub fn hello() -> ModelRequest {
    request("claude-opus-4-7", vec![user("hello")])
}

/// The messages to append after a reply: the reply itself, and a result for each of its tool calls.
pub fn answered(reply: &Reply, result: &(impl Serialize + ?Sized)) -> Vec<Message> {
    let results: Vec<Value> = blocks(&reply.content)
        .iter()
        .filter_map(|block| match block {
            Block::Call { id, .. } => Some(json!({"type": "tool_result", "tool_use_id": id, "content": result})),
            _ => None,
        })
        .collect();
    let mut messages = vec![Message { role: Role::Assistant, content: reply.content.clone() }];
    if !results.is_empty() {
        messages.push(Message { role: Role::User, content: raw(&json!(results)) });
    }
    messages
}
