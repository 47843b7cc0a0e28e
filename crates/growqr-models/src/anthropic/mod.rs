//! The Messages API of Anthropic, streamed.
//!
//! One [`Anthropic`] serves all agents that use a key: it holds their shared limiter and their one HTTP client. Retries
//! happen here, before an answer begins; after that a break is the caller's to decide, for it may have been billed.
//! Nothing of a request's or answer's content, and never the key, goes to a log.

mod accumulate;
mod call;
mod errors;
mod fields;
mod request;
mod table;
mod usage;

pub use crate::http::{RetryPolicy, SystemTimer, Timer};
pub use table::DEFAULT_MODEL;

use crate::http::{ClientConfig, HostScope, ServiceClient, failure, host_scope};
use async_trait::async_trait;
use growqr_core::model::{Delta, Failure, FailureKind, Model, ModelCard, ModelRequest, Reply};
use growqr_core::secret::Secret;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The provider's name in segments.
pub const PROVIDER: &str = "anthropic";

/// Where the service is, unless configured otherwise.
pub const BASE_URL: &str = "https://api.anthropic.com";

/// How to reach the service.
#[derive(Clone)]
pub struct Config {
    /// Without `/v1`; a slash at the end does not matter.
    pub base_url: String,
    /// The person's own key.
    pub key: Secret,
    /// For the connection alone.
    pub connect_timeout: Duration,
    /// Without any event, a ping included, for this long the answer counts as broken. There is no limit to the whole.
    pub idle_timeout: Duration,
    /// When and how often to try again.
    pub retry: RetryPolicy,
    /// Calls at the same time, over all agents.
    pub at_once: usize,
    /// Time and chance.
    pub timer: Arc<dyn Timer>,
}

impl Config {
    /// The usual settings with this key. `seed` is for the jitter of retries.
    #[must_use]
    pub fn new(key: Secret, seed: u64) -> Config {
        Config {
            base_url: BASE_URL.to_owned(),
            key,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(240),
            retry: RetryPolicy::default(),
            at_once: 8,
            timer: Arc::new(SystemTimer::new(seed)),
        }
    }
}

/// What the Models API said about a model.
#[derive(Clone, Debug)]
struct Overlay {
    name: String,
    context: Option<u64>,
    output: Option<u64>,
}

/// The provider.
pub struct Anthropic {
    config: Config,
    service: ServiceClient,
    overlay: RwLock<BTreeMap<String, Overlay>>,
}

impl Anthropic {
    /// Makes a provider. Cheap: the HTTP client and its TLS set-up are made with the first call.
    #[must_use]
    pub fn new(config: Config) -> Anthropic {
        let service = ServiceClient::new(ClientConfig {
            connect_timeout: config.connect_timeout,
            retry: config.retry,
            at_once: config.at_once,
            timer: Arc::clone(&config.timer),
            is_plain: config.base_url.starts_with("http://"),
            // No proxy reaches this machine itself.
            is_direct: reqwest::Url::parse(&config.base_url).is_ok_and(|url| host_scope(&url) == HostScope::Loopback),
        });
        Anthropic { config, service, overlay: RwLock::default() }
    }

    /// Asks the service which models there are, and takes over their names and limits. Prices and behaviour stay the
    /// table's: the service does not tell them.
    ///
    /// # Errors
    /// The same as for a call; what was known before stays.
    pub async fn refresh(&self) -> Result<(), Failure> {
        let mut found = BTreeMap::new();
        let mut after = String::new();
        loop {
            let query = if after.is_empty() { String::new() } else { format!("&after_id={after}") };
            let page = self.models_page(&format!("/v1/models?limit=1000{query}")).await?;
            found.extend(page.data.into_iter().map(|item| {
                let name = item.display_name.unwrap_or_else(|| item.id.clone());
                (item.id, Overlay { name, context: item.max_input_tokens, output: item.max_tokens })
            }));
            match page.last_id.filter(|last| page.has_more && *last != after) {
                // An id goes into a URL: one with other characters would not be an id.
                Some(last) if last.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) => after = last,
                _ => break,
            }
        }
        *self.overlay.write().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }

    /// Asks the service whether it takes the key: one short list, nothing that costs.
    ///
    /// # Errors
    /// [`FailureKind::Key`] if it does not; anything else means that it could not be found out.
    pub async fn check(&self) -> Result<(), Failure> {
        self.models_page("/v1/models?limit=1").await.map(drop)
    }

    async fn models_page(&self, path: &str) -> Result<ModelsPage, Failure> {
        let body = self.get(path).await?;
        serde_json::from_slice(&body)
            .map_err(|_| failure(FailureKind::Unavailable, "Anthropic's list of models cannot be read.", None))
    }

    /// All models that can be chosen: the table's, then those that only the service named.
    #[must_use]
    pub fn models(&self) -> Vec<ModelCard> {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        let known: Vec<&str> = table::ids().collect();
        let others: Vec<String> = overlay.keys().filter(|id| !known.contains(&id.as_str())).cloned().collect();
        drop(overlay);
        known.into_iter().map(str::to_owned).chain(others).map(|id| self.card(&id)).collect()
    }
}

#[derive(Deserialize)]
struct ModelsPage {
    data: Vec<ModelsItem>,
    #[serde(default)]
    has_more: bool,
    last_id: Option<String>,
}

#[derive(Deserialize)]
struct ModelsItem {
    id: String,
    display_name: Option<String>,
    max_input_tokens: Option<u64>,
    max_tokens: Option<u64>,
}

#[async_trait]
impl Model for Anthropic {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn card(&self, model: &str) -> ModelCard {
        let mut card = table::card(model);
        if let Some(overlay) = self.overlay.read().unwrap_or_else(PoisonError::into_inner).get(model) {
            card.name.clone_from(&overlay.name);
            card.context_tokens = overlay.context.unwrap_or(card.context_tokens);
            card.max_output_tokens = overlay.output.unwrap_or(card.max_output_tokens);
        }
        card
    }

    async fn call(&self, request: &ModelRequest, on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        self.ask(request, on_delta).await
    }
}
