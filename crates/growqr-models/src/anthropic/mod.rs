//! The Messages API of Anthropic, streamed.
//!
//! One [`Anthropic`] serves all agents that use a key: they share its HTTP client and its limiter. It retries a call until
//! the reply begins. After that the caller decides about a retry, because the broken reply may have been billed.
//! Neither the content of requests and replies nor the key is ever logged.

mod accumulate;
mod attached;
mod bill;
mod block;
mod call;
mod errors;
mod fields;
mod forward;
mod listed;
mod request;
mod table;
mod usage;

pub use crate::http::{RetryPolicy, SystemTimer, Timer};
pub use table::{DEFAULT_MODEL, Retirement};

use crate::http::{ClientConfig, HostScope, ServiceClient, failure, host_scope};
use async_trait::async_trait;
use growqr_core::model::{Delta, Failure, FailureKind, Model, ModelCard, ModelRequest, Reply};
use growqr_core::secret::Secret;
use listed::{Listed, ModelsPage};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The provider's name in segments.
pub const PROVIDER: &str = "anthropic";

/// The default address of the service.
pub const BASE_URL: &str = "https://api.anthropic.com";

/// How to reach the service.
#[derive(Clone)]
pub struct Config {
    /// Without `/v1`; a slash at the end does not matter.
    pub base_url: String,
    /// The user's own key.
    pub key: Secret,
    /// Limit for opening a connection.
    pub connect_timeout: Duration,
    /// A reply counts as broken if no event, not even a ping, arrives for this long. The whole reply has no time limit.
    pub idle_timeout: Duration,
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
    /// The default settings with this key. `seed` is for the jitter of retries.
    #[must_use]
    pub fn new(key: Secret, seed: u64) -> Config {
        Config {
            base_url: BASE_URL.to_owned(),
            key,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(240),
            notice_every: Duration::from_secs(15),
            retry: RetryPolicy::default(),
            max_concurrent: 8,
            timer: Arc::new(SystemTimer::new(seed)),
        }
    }
}

/// The provider.
pub struct Anthropic {
    config: Config,
    service: ServiceClient,
    overlay: RwLock<BTreeMap<String, Listed>>,
    /// The windows that refusals have named, in tokens.
    windows: RwLock<BTreeMap<String, u64>>,
}

impl Anthropic {
    /// Cheap: the first call builds the HTTP client and loads the certificates.
    #[must_use]
    pub fn new(config: Config) -> Anthropic {
        let service = ServiceClient::new(ClientConfig {
            connect_timeout: config.connect_timeout,
            retry: config.retry,
            max_concurrent: config.max_concurrent,
            timer: Arc::clone(&config.timer),
            notice_every: config.notice_every,
            is_plain: config.base_url.starts_with("http://"),
            // A proxy cannot reach the loopback address of this machine.
            is_local: reqwest::Url::parse(&config.base_url).is_ok_and(|url| host_scope(&url) == HostScope::Loopback),
        });
        Anthropic { config, service, overlay: RwLock::default(), windows: RwLock::default() }
    }

    /// Gets the list of models from the service and takes over their names and limits. Prices and request features stay
    /// those of the built-in table: the service does not report them.
    ///
    /// # Errors
    /// As for a call. On an error the known names and limits stay.
    pub async fn refresh(&self) -> Result<(), Failure> {
        let mut found = BTreeMap::new();
        let mut after = String::new();
        loop {
            let query = if after.is_empty() { String::new() } else { format!("&after_id={after}") };
            let page = self.models_page(&format!("/v1/models?limit=1000{query}")).await?;
            found.extend(page.models.into_iter().map(|listed| (listed.id.clone(), listed)));
            match page.next.filter(|last| *last != after) {
                // The id becomes a part of a URL, so unexpected characters end the listing.
                Some(last) if last.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) => after = last,
                _ => break,
            }
        }
        *self.overlay.write().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }

    /// Checks the key with a request for a short list, which is free.
    ///
    /// # Errors
    /// [`FailureKind::Key`] if the service refuses the key. Any other failure means that the key could not be checked.
    pub async fn check(&self) -> Result<(), Failure> {
        const LIST: &str = "/v1/models?limit=1";
        self.models_page(LIST).await?;
        if self.config.base_url != BASE_URL && self.get_without_key(LIST).await.is_ok() {
            let text = "The server at ANTHROPIC_BASE_URL answers without a key too, so this key could not be checked.";
            return Err(failure(FailureKind::Rejected, text, None));
        }
        Ok(())
    }

    async fn models_page(&self, path: &str) -> Result<ModelsPage, Failure> {
        let body = self.get(path).await?;
        ModelsPage::read(&body)
            .ok_or_else(|| failure(FailureKind::Unavailable, "Anthropic's list of models cannot be read.", None))
    }

    /// Takes over the window that the service named when it refused a prompt.
    fn learn_window(&self, model: &str, tokens: u64) {
        self.windows.write().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned(), tokens);
    }

    /// All models that can be chosen: those of the table, then those that only the service listed.
    #[must_use]
    pub fn models(&self) -> Vec<ModelCard> {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        let known: Vec<&str> = table::ids().collect();
        let others: Vec<String> = overlay.keys().filter(|id| !known.contains(&id.as_str())).cloned().collect();
        drop(overlay);
        known.into_iter().map(str::to_owned).chain(others).map(|id| self.card(&id)).collect()
    }

    /// The model for a user who has not chosen one: the newest Opus of the table that the service has listed for this key. Before
    /// the list is known it is [`DEFAULT_MODEL`]. A model that only the list has is never taken: its price is unknown.
    #[must_use]
    pub fn default_model(&self) -> &'static str {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        let is_offered = |id: &&str| overlay.get(*id).is_some_and(|listed| listed.retirement.is_none());
        table::ids().filter(|id| id.starts_with("claude-opus-")).find(is_offered).unwrap_or(DEFAULT_MODEL)
    }

    /// When a model ends, as the service or the table says. `None` for a model without a known end.
    #[must_use]
    pub fn retirement(&self, model: &str) -> Option<Retirement> {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        match overlay.get(model) {
            Some(listed) => listed.retirement.clone(),
            None => table::retirement(model),
        }
    }

    /// The models of the table that end on a known day, with their ends, the first one first. They are not in [`Anthropic::models`].
    pub fn retiring() -> impl Iterator<Item = (ModelCard, Retirement)> {
        table::retiring().map(|id| (table::card(id), table::retirement(id).expect("it is in the table")))
    }
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
            card.reads.retain(|kind| !overlay.reads_not.contains(kind));
        }
        if let Some(window) = self.windows.read().unwrap_or_else(PoisonError::into_inner).get(model) {
            card.context_tokens = *window;
            card.max_output_tokens = card.max_output_tokens.min(*window);
        }
        card
    }

    async fn call(&self, request: &ModelRequest, on_delta: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        self.run_call(request, on_delta).await
    }
}
