//! Services that speak OpenAI's chat completions, streamed, with tools: Ollama, LM Studio, llama.cpp, vLLM and many
//! more on one's own machine, and OpenAI itself.
//!
//! A conversation stays in the journal's form, the content array of the Messages API; [`request`] translates it on the
//! way out, [`accumulate`] the answer on the way in. One [`OpenAi`] serves all agents that speak to one address. Nothing
//! of a request's or answer's content, and never the key, goes to a log.

mod accumulate;
mod base_url;
mod call;
mod discover;
mod errors;
mod request;

pub use crate::http::{RetryPolicy, SystemTimer, Timer};
pub use base_url::{BaseUrl, BaseUrlError};
pub use discover::{OLLAMA_PORT, Offered, PROBE_TIMEOUT, Program, Search, Server, USUAL_PORTS, Window, discover};

use crate::http::{ClientConfig, ServiceClient};
use async_trait::async_trait;
use discover::ServerProbe;
use growqr_core::model::{Delta, Failure, Model, ModelCard, ModelRequest, Reply};
use growqr_core::money::Prices;
use growqr_core::secret::Secret;
use reqwest::header::HeaderValue;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// The provider's name in segments.
pub const PROVIDER: &str = "openai";

/// No answer is longer than this, in tokens, whatever the window.
const MAX_OUTPUT_TOKENS: u64 = 32_000;

/// How to reach a service.
#[derive(Clone)]
pub struct Config {
    /// Where it is.
    pub base: BaseUrl,
    /// `None` where none is needed. It is sent over TLS, or within this machine, and never elsewhere.
    pub key: Option<Secret>,
    /// For the connection alone.
    pub connect_timeout: Duration,
    /// Silence before the answer begins: a model may have to be loaded first, and a long prompt read.
    pub first_timeout: Duration,
    /// Silence in mid-answer.
    pub idle_timeout: Duration,
    /// When and how often to try again.
    pub retry: RetryPolicy,
    /// Calls at the same time, over all agents.
    pub at_once: usize,
    /// Time and chance.
    pub timer: Arc<dyn Timer>,
}

impl Config {
    /// The usual settings. `seed` is for the jitter of retries.
    #[must_use]
    pub fn new(base: BaseUrl, key: Option<Secret>, seed: u64) -> Config {
        let is_local_network = base.is_local_network();
        Config {
            base,
            key,
            connect_timeout: Duration::from_secs(10),
            // A machine without a graphics card may read a prompt for minutes.
            first_timeout: Duration::from_secs(if is_local_network { 900 } else { 240 }),
            idle_timeout: Duration::from_secs(240),
            retry: RetryPolicy::default(),
            // One's own machine answers one after the other anyway, and waiting here is fair to all agents.
            at_once: if is_local_network { 2 } else { 8 },
            timer: Arc::new(SystemTimer::new(seed)),
        }
    }
}

/// What was learned from the server.
#[derive(Clone, Debug, Default)]
struct Learned {
    server: Option<Server>,
    windows: BTreeMap<String, Window>,
}

/// The provider.
pub struct OpenAi {
    config: Config,
    service: ServiceClient,
    learned: RwLock<Learned>,
}

impl OpenAi {
    /// Makes a provider. Cheap: the HTTP client is made with the first call.
    #[must_use]
    pub fn new(config: Config) -> OpenAi {
        let service = ServiceClient::new(ClientConfig {
            connect_timeout: config.connect_timeout,
            retry: config.retry,
            at_once: config.at_once,
            timer: Arc::clone(&config.timer),
            is_plain: config.base.is_plain(),
            is_direct: config.base.is_local_network(),
        });
        OpenAi { config, service, learned: RwLock::default() }
    }

    /// Where it speaks to.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.config.base
    }

    /// Looks which program answers, what it offers, and how large this model's window is. What was known before stays if
    /// nothing answers within [`PROBE_TIMEOUT`].
    pub async fn learn(&self, model: &str) -> Option<(Server, Window)> {
        let client = self.service.client().ok()?;
        let deadline = Instant::now() + PROBE_TIMEOUT;
        let probe = ServerProbe { client, base: &self.config.base, key: self.config.key.as_ref(), deadline };
        let server = probe.identify().await?;
        let window = probe.window(&server, model).await;
        let mut learned = self.learned.write().unwrap_or_else(PoisonError::into_inner);
        learned.server = Some(server.clone());
        learned.windows.insert(model.to_owned(), window);
        Some((server, window))
    }

    /// What is known of a model's window: told by the server, or guessed.
    #[must_use]
    pub fn window(&self, model: &str) -> Window {
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
        let program = learned.server.as_ref().map(|server| server.program);
        learned.windows.get(model).copied().unwrap_or_else(|| discover::guess(&self.config.base, program))
    }

    fn program(&self) -> Option<Program> {
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
        learned.server.as_ref().map(|server| server.program)
    }

    /// Whether to look before a call: nothing is known yet, or the model may have been loaded meanwhile.
    fn should_learn(&self, model: &str) -> bool {
        self.program().is_none_or(|program| program.loads_models() && !self.window(model).is_reported)
    }

    /// A model that runs on this very machine costs nothing. That is known only of programs that run models themselves:
    /// what else listens here may pass the words on to a service that bills, and Ollama does so with its cloud models.
    fn prices(&self, model: &str) -> Option<Prices> {
        let program = self.program().filter(|program| *program != Program::Other)?;
        let is_elsewhere = program == Program::Ollama && (model.ends_with("-cloud") || model.ends_with(":cloud"));
        (self.config.base.is_loopback() && !is_elsewhere).then(Prices::free)
    }
}

#[async_trait]
impl Model for OpenAi {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn card(&self, model: &str) -> ModelCard {
        let window = self.window(model);
        ModelCard {
            id: model.to_owned(),
            name: model.to_owned(),
            context_tokens: window.tokens,
            // Half for what was said, half for the answer, thinking included.
            max_output_tokens: (window.tokens / 2).clamp(1, MAX_OUTPUT_TOKENS),
            prices: self.prices(model),
            effort: None,
        }
    }

    async fn call(&self, request: &ModelRequest, on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        self.ask(request, on_delta).await
    }
}

/// The header that carries a key; `None` if it has characters that no key has.
fn bearer(key: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok().filter(|_| !key.expose().is_empty())?;
    value.set_sensitive(true);
    Some(value)
}
