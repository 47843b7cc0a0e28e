//! Fixtures: a provider that is connected to the stub server, and conversations.

pub use crate::world::{FakeTimer, answered, tool, user};
use growqr_core::id::AgentId;
use growqr_core::model::{Delta, Failure, Files, Model, ModelRequest, Reply};
use growqr_core::prompt::{Message, Segment};
use growqr_core::secret::Secret;
use growqr_models::openai::{BaseUrl, Config, OpenAi};
use growqr_testkit::openai::{OpenAiStub, ServerBehaviour};
use std::sync::{Arc, Mutex};

pub const MODEL: &str = "qwen3:8b";

pub struct World {
    pub server: OpenAiStub,
    pub provider: OpenAi,
    pub timer: Arc<FakeTimer>,
}

impl World {
    pub async fn new() -> World {
        World::of(ServerBehaviour::plain()).await
    }

    pub async fn of(behaviour: ServerBehaviour) -> World {
        World::with(behaviour, |_| ()).await
    }

    pub async fn with(behaviour: ServerBehaviour, change: impl FnOnce(&mut Config)) -> World {
        let key = behaviour.key.as_deref().map(Secret::new);
        let server = OpenAiStub::start(behaviour).await;
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
        web_search: false,
        address: None,
        provider: "openai".into(),
        model: MODEL.into(),
        effort: None,
        system: "Be kind.".into(),
        tools: vec![tool("look")],
    };
    ModelRequest { agent: AgentId::grow(), segment: Arc::new(segment), messages, max_tokens: 4_000, files: Files::default() }
}

pub fn hello() -> ModelRequest {
    request(vec![user("hello")])
}

/// All variants of servers that the tests cover.
pub fn server_behaviours() -> Vec<ServerBehaviour> {
    use growqr_testkit::openai::Calls;
    vec![
        ServerBehaviour::plain(),
        ServerBehaviour::ollama(),
        ServerBehaviour::lm_studio(),
        ServerBehaviour::llama_cpp(),
        ServerBehaviour::vllm(),
        ServerBehaviour { crlf: true, says_done: false, ..ServerBehaviour::plain() },
        ServerBehaviour { calls: Calls::WholeWithoutIndex, ids: false, says_stop: true, ..ServerBehaviour::plain() },
        ServerBehaviour { calls: Calls::WholeAtZero, ids: false, counts: false, ..ServerBehaviour::plain() },
        ServerBehaviour { says_done: false, counts: false, ..ServerBehaviour::ollama() },
    ]
}
