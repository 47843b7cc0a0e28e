//! Servers with OpenAI's chat-completions API, streamed, with tools: Ollama, LM Studio, llama.cpp, vLLM and others on the
//! user's machine, and OpenAI itself.
//!
//! The journal keeps a conversation in the format of the Messages API. [`request`] translates it into a chat completion,
//! [`accumulate`] translates the reply back. One [`OpenAi`] serves all agents that use one address. Neither the content of
//! requests and replies nor the key is ever logged.

mod accumulate;
mod base_url;
mod call;
mod call_pieces;
mod called_words;
mod discover;
mod errors;
mod request;
mod said;
mod words;

pub use crate::http::{RetryPolicy, SystemTimer, Timer};
pub use base_url::{BaseUrl, BaseUrlError};
pub use call::SMALLEST_WINDOW;
pub use discover::{OLLAMA_PORT, Offered, PROBE_TIMEOUT, Program, Search, Server, USUAL_PORTS, Window, discover};

use crate::http::{ClientConfig, ServiceClient};
use async_trait::async_trait;
use discover::ServerProbe;
use growqr_core::attachment::AttachmentKind;
use growqr_core::model::{Delta, Failure, Model, ModelCard, ModelRequest, Reply};
use growqr_core::money::Prices;
use growqr_core::secret::Secret;
use reqwest::header::HeaderValue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// The provider's name in segments.
pub const PROVIDER: &str = "openai";

/// Upper bound of the output limit, in tokens, for any window.
const MAX_OUTPUT_TOKENS: u64 = 32_000;

/// How to reach a service.
#[derive(Clone)]
pub struct Config {
    /// Its address.
    pub base: BaseUrl,
    /// `None` if the server needs no key. The key is sent only over TLS or within this machine.
    pub key: Option<Secret>,
    /// Limit for opening a connection.
    pub connect_timeout: Duration,
    /// Idle timeout before the first event: the server may have to load the model first, and to process a long prompt.
    pub first_timeout: Duration,
    /// Idle timeout between events.
    pub idle_timeout: Duration,
    /// The context window as the user has set it, in tokens. Used as long as the server reports none.
    pub window: Option<u64>,
    /// How often the person is told that nothing has arrived yet.
    pub notice_every: Duration,
    /// When and how often to try again.
    pub retry: RetryPolicy,
    /// Calls that may run at the same time, over all agents.
    pub max_concurrent: usize,
    /// Clock and jitter.
    pub timer: Arc<dyn Timer>,
}

impl Config {
    /// The default settings. `seed` is for the jitter of retries.
    #[must_use]
    pub fn new(base: BaseUrl, key: Option<Secret>, seed: u64) -> Config {
        let is_local_network = base.is_local_network();
        Config {
            base,
            key,
            connect_timeout: Duration::from_secs(10),
            // A machine without a graphics card may process a prompt for minutes.
            first_timeout: Duration::from_secs(if is_local_network { 900 } else { 240 }),
            idle_timeout: Duration::from_secs(240),
            window: None,
            notice_every: Duration::from_secs(15),
            retry: RetryPolicy::default(),
            // A local server processes requests one after another anyway, and the limiter's queue is fair to all agents.
            max_concurrent: if is_local_network { 2 } else { 8 },
            timer: Arc::new(SystemTimer::new(seed)),
        }
    }
}

/// Results of probing the server.
#[derive(Clone, Debug, Default)]
struct ProbeResults {
    server: Option<Server>,
    windows: BTreeMap<String, Window>,
    /// The models that read pictures, as the server says.
    seeing: BTreeSet<String>,
    /// The largest prompt of each model that the server has accepted and counted, in tokens.
    prompts: BTreeMap<String, u64>,
}

/// The provider.
pub struct OpenAi {
    config: Config,
    service: ServiceClient,
    probe_results: RwLock<ProbeResults>,
    /// Whether the server has refused the usual form of a conversation.
    is_strict: AtomicBool,
    /// Whether the last call broke off: the server may be about to start again.
    has_broken_off: AtomicBool,
}

impl OpenAi {
    /// Cheap: the first call builds the HTTP client.
    #[must_use]
    pub fn new(config: Config) -> OpenAi {
        let service = ServiceClient::new(ClientConfig {
            connect_timeout: config.connect_timeout,
            retry: config.retry,
            max_concurrent: config.max_concurrent,
            timer: Arc::clone(&config.timer),
            notice_every: config.notice_every,
            is_plain: config.base.is_plain(),
            is_local: config.base.is_local_network(),
        });
        OpenAi {
            config,
            service,
            probe_results: RwLock::default(),
            is_strict: AtomicBool::new(false),
            has_broken_off: AtomicBool::new(false),
        }
    }

    /// The address of the server.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.config.base
    }

    /// Probes the server: which program it runs, which models it offers, and how large this model's window is. Without a
    /// response within [`PROBE_TIMEOUT`] the earlier results stay. The window is that of [`OpenAi::window`].
    pub async fn probe_model(&self, model: &str) -> Option<(Server, Window)> {
        let client = self.service.client().ok()?;
        let deadline = Instant::now() + PROBE_TIMEOUT;
        let probe = ServerProbe { client, base: &self.config.base, key: self.config.key.as_ref(), deadline };
        let server = probe.identify().await?;
        let (window, reads_images) = tokio::join!(probe.window(&server, model), probe.reads_images(&server, model));
        let mut probe_results = self.probe_results.write().unwrap_or_else(PoisonError::into_inner);
        probe_results.server = Some(server.clone());
        probe_results.windows.insert(model.to_owned(), window);
        if reads_images {
            probe_results.seeing.insert(model.to_owned());
        } else {
            probe_results.seeing.remove(model);
        }
        drop(probe_results);
        Some((server, self.window(model)))
    }

    /// A model's window: as the server reported it, else as the user has set it, else a guess.
    #[must_use]
    pub fn window(&self, model: &str) -> Window {
        let probe_results = self.probe_results.read().unwrap_or_else(PoisonError::into_inner);
        let program = probe_results.server.as_ref().map(|server| server.program);
        match (probe_results.windows.get(model), self.config.window) {
            (Some(window), _) if window.is_reported => *window,
            (_, Some(tokens)) => Window { tokens, is_reported: false },
            (Some(window), None) => *window,
            (None, None) => discover::guess(&self.config.base, program),
        }
    }

    /// Takes over the window that a server named when it refused a prompt: it knows better than any guess. Returns `false` for
    /// a number that cannot be the window, because an accepted prompt was larger.
    fn learn_window(&self, model: &str, tokens: u64) -> bool {
        let mut probe_results = self.probe_results.write().unwrap_or_else(PoisonError::into_inner);
        let is_possible = tokens > 0 && probe_results.prompts.get(model).is_none_or(|prompt| tokens >= *prompt);
        if is_possible {
            probe_results.windows.insert(model.to_owned(), Window { tokens, is_reported: true });
        }
        is_possible
    }

    /// The server has accepted a prompt of this many tokens.
    fn note_prompt(&self, model: &str, tokens: u64) {
        let mut probe_results = self.probe_results.write().unwrap_or_else(PoisonError::into_inner);
        let largest = probe_results.prompts.entry(model.to_owned()).or_default();
        *largest = tokens.max(*largest);
    }

    fn program(&self) -> Option<Program> {
        let probe_results = self.probe_results.read().unwrap_or_else(PoisonError::into_inner);
        probe_results.server.as_ref().map(|server| server.program)
    }

    /// Whether to probe before a call: the server was never probed, or may have loaded the model since.
    fn should_probe(&self, model: &str) -> bool {
        self.program().is_none_or(|program| program.loads_models() && !self.window(model).is_reported)
    }

    /// Whether the server has said that a model reads pictures.
    fn reads_images(&self, model: &str) -> bool {
        self.probe_results.read().unwrap_or_else(PoisonError::into_inner).seeing.contains(model)
    }

    /// A model that runs on this machine is free. Only the known programs run models themselves. Any other server on this
    /// machine may be a proxy for a paid service, and Ollama is one for its cloud models.
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
            // Half of the window for the prompt, half for the answer, thinking included.
            max_output_tokens: (window.tokens / 2).clamp(1, MAX_OUTPUT_TOKENS),
            prices: self.prices(model),
            effort: None,
            reads: if self.reads_images(model) { vec![AttachmentKind::Image] } else { Vec::new() },
        }
    }

    async fn call(&self, request: &ModelRequest, on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        self.run_call(request, on_delta).await
    }
}

/// The `Authorization` header for a key; `None` if the key is empty or has invalid characters.
fn bearer(key: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok().filter(|_| !key.expose().is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_smaller_than_an_accepted_prompt_is_not_believed() {
        let server = OpenAi::new(Config::new(BaseUrl::of_port(OLLAMA_PORT), None, 1));
        server.note_prompt("m", 9_000);
        server.note_prompt("m", 500);
        assert!(!server.learn_window("m", 131));
        assert!(!server.learn_window("other", 0));
        assert!(!server.window("m").is_reported);
        assert!(server.learn_window("m", 16_384) && server.learn_window("other", 131));
        assert_eq!(server.window("m"), Window { tokens: 16_384, is_reported: true });
    }
}
