//! Fixtures: a provider that is connected to the stub server, and conversations.

pub use crate::world::{FakeTimer, answered, tool, user};
use growqr_core::id::AgentId;
use growqr_core::model::{Delta, Failure, Model, ModelRequest, Reply};
use growqr_core::prompt::{Message, Segment};
use growqr_core::secret::Secret;
use growqr_models::openai::{BaseUrl, Config, OpenAi};
use growqr_testkit::openai::{Manner, OpenAiStandIn};
use std::sync::{Arc, Mutex};

pub const MODEL: &str = "qwen3:8b";

pub struct World {
    pub server: OpenAiStandIn,
    pub provider: OpenAi,
    pub timer: Arc<FakeTimer>,
}

impl World {
    pub async fn new() -> World {
        World::of(Manner::plain()).await
    }

    pub async fn of(manner: Manner) -> World {
        World::with(manner, |_| ()).await
    }

    pub async fn with(manner: Manner, change: impl FnOnce(&mut Config)) -> World {
        let key = manner.key.as_deref().map(Secret::new);
        let server = OpenAiStandIn::start(manner).await;
        let timer = Arc::new(FakeTimer::default());
        let mut config = Config::new(BaseUrl::parse(server.base_url()).unwrap(), key, 1);
        config.timer = timer.clone();
        change(&mut config);
        World { server, provider: OpenAi::new(config), timer }
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
        self.ask(request).await.0.unwrap_err()
    }
}

pub fn request(messages: Vec<Message>) -> ModelRequest {
    let segment = Segment {
        provider: "openai".into(),
        model: MODEL.into(),
        effort: None,
        system: "Be kind.".into(),
        tools: vec![tool("look")],
    };
    ModelRequest { agent: AgentId::grow(), segment: Arc::new(segment), messages, max_tokens: 4_000 }
}

pub fn hello() -> ModelRequest {
    request(vec![user("hello")])
}

/// All variants of servers that the tests cover.
pub fn manners() -> Vec<Manner> {
    use growqr_testkit::openai::Calls;
    vec![
        Manner::plain(),
        Manner::ollama(),
        Manner::lm_studio(),
        Manner::llama_cpp(),
        Manner::vllm(),
        Manner { crlf: true, says_done: false, ..Manner::plain() },
        Manner { calls: Calls::WholeWithoutIndex, ids: false, says_stop: true, ..Manner::plain() },
        Manner { calls: Calls::WholeAtZero, ids: false, counts: false, ..Manner::plain() },
        Manner { says_done: false, counts: false, ..Manner::ollama() },
    ]
}
