//! The person's choices as agents use them: the model, the segment and the limits. Computed again when a setting, a key
//! or the list of tools changes; read at every decision.

use crate::choices::persona;
use crate::choices::servers::{self, Address, OpenAiModel};
use crate::error::AppError;
use crate::profile::home::Environment;
use crate::profile::keys::Keys;
use crate::profile::settings::{Preferences, Stored, openai_model};
use growqr_actors::Setups;
use growqr_core::agent::Setup;
use growqr_core::model::{Model, ModelCard};
use growqr_core::prompt::Segment;
use growqr_core::secret::{Secret, SecretStore};
use growqr_core::tool::{OfferedTool, Tools};
use growqr_models::anthropic::{self, Anthropic};
use growqr_models::guide::{self, Guide};
use growqr_models::openai;
use growqr_wire::LocalServer;
use std::sync::{Arc, PoisonError, RwLock};

/// The two segments in use: for the Grow Agent and for sub-agents.
#[derive(Clone)]
struct Chosen {
    grow: (Setup, Arc<Segment>),
    sub: (Setup, Arc<Segment>),
    /// The tools that both segments offer.
    tools: Arc<[OfferedTool]>,
}

/// Keys, settings and models of one profile.
pub(crate) struct Choices {
    environment: Environment,
    keys: Keys,
    tools: Arc<dyn Tools>,
    seed: u64,
    providers: RwLock<Providers>,
    stored: RwLock<Stored>,
    chosen: RwLock<Chosen>,
}

/// The providers, built from keys and settings.
#[derive(Clone)]
struct Providers {
    guide: Arc<Guide>,
    /// The key with which the client was built, and the client.
    anthropic: (Option<Secret>, Arc<Anthropic>),
    /// The address and the key with which the client was built, and the client.
    openai: (Address, Option<Secret>, Arc<dyn OpenAiModel>),
}

impl Choices {
    /// Uses the keys of the environment; [`Choices::load_keys`] adds those of the keychain.
    pub(crate) fn new(
        environment: &Environment,
        secrets: Arc<dyn SecretStore>,
        stored: Stored,
        tools: Arc<dyn Tools>,
        seed: u64,
    ) -> Choices {
        let keys = Keys::new(environment, secrets);
        let address = Address::of(environment, &stored);
        let key = address.key(keys.get(openai::PROVIDER));
        let anthropic_key = keys.get(anthropic::PROVIDER);
        let anthropic = Arc::new(client(anthropic_key.clone(), environment.get("ANTHROPIC_BASE_URL"), seed));
        let providers = Providers {
            guide: Arc::new(Guide),
            anthropic: (anthropic_key, anthropic),
            openai: (address.clone(), key.clone(), servers::client(&address, key, seed)),
        };
        let chosen = choose(&providers, &stored, tools.offered());
        Choices {
            environment: environment.clone(),
            keys,
            tools,
            seed,
            providers: RwLock::new(providers),
            stored: RwLock::new(stored),
            chosen: RwLock::new(chosen),
        }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Stores a key, or removes it if there is no value.
    pub(crate) async fn set_key(&self, name: &str, value: Option<&str>) -> Result<(), AppError> {
        let done = match value {
            Some(value) => self.keys.set(name, value).await,
            None => self.keys.remove(name).await,
        };
        // Also after an error: a key that could not be removed from the keychain is no longer used.
        self.choose_again();
        done
    }

    /// Reads the keychain if the chosen model needs a key that the environment does not have.
    pub(crate) async fn load_keys(&self) {
        let model = Preferences::forgiving(&self.stored()).model;
        let provider = if openai_model(&model).is_some() { openai::PROVIDER } else { anthropic::PROVIDER };
        if model != guide::PROVIDER && self.keys.get(provider).is_none() {
            self.refresh_keys().await;
        }
    }

    /// Reads the keychain again.
    pub(crate) async fn refresh_keys(&self) {
        self.keys.refresh().await;
        self.choose_again();
    }

    /// Lets the system ask the person to unlock the keychain, then reads it.
    pub(crate) async fn unlock_keys(&self) {
        self.keys.unlock().await;
        self.choose_again();
    }

    pub(crate) fn set_stored(&self, stored: Stored) {
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = stored;
        self.choose_again();
    }

    /// The OpenAI-compatible servers that answer now.
    pub(crate) async fn local_servers(&self) -> Vec<LocalServer> {
        let address = Address::of(&self.environment, &self.stored());
        servers::look(&address, self.keys.get(openai::PROVIDER)).await
    }

    /// If the chosen model is on an OpenAI-compatible server: finds out which server program it is and how large the
    /// model's context window is, within a second. Without an answer, careful guesses stay in use.
    pub(crate) async fn learn(&self) {
        let model = Preferences::forgiving(&self.stored()).model;
        let Some(id) = openai_model(&model) else { return };
        let provider = Arc::clone(&self.providers().openai.2);
        provider.learn(id).await;
    }

    /// Asks the provider for its models and the sizes of their context windows. Without a key or a network, the values
    /// of this build stay in use.
    pub(crate) async fn refresh_models(&self) {
        if self.keys.get(anthropic::PROVIDER).is_none() {
            return;
        }
        let anthropic = self.providers().anthropic.1;
        match anthropic.refresh().await {
            Ok(()) => self.choose_again(),
            Err(failure) => tracing::debug!(%failure, "the list of models could not be read"),
        }
    }

    fn providers(&self) -> Providers {
        self.providers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn stored(&self) -> Stored {
        self.stored.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn choose_again(&self) {
        let stored = self.stored();
        let address = Address::of(&self.environment, &stored);
        let key = address.key(self.keys.get(openai::PROVIDER));
        let anthropic_key = self.keys.get(anthropic::PROVIDER);
        let mut providers = self.providers.write().unwrap_or_else(PoisonError::into_inner);
        // A client is replaced only if its key or address has changed: it holds the limits that all agents share, open
        // connections, and what it has learned from its server.
        if providers.anthropic.0 != anthropic_key {
            let fresh = client(anthropic_key.clone(), self.environment.get("ANTHROPIC_BASE_URL"), self.seed);
            providers.anthropic = (anthropic_key, Arc::new(fresh));
        }
        if (&providers.openai.0, &providers.openai.1) != (&address, &key) {
            providers.openai = (address.clone(), key.clone(), servers::client(&address, key, self.seed));
        }
        let chosen = choose(&providers, &stored, self.tools.offered());
        drop(providers);
        *self.chosen.write().unwrap_or_else(PoisonError::into_inner) = chosen;
    }
}

impl Setups for Choices {
    fn setup(&self, depth: u32) -> (Setup, Arc<Segment>) {
        let mut chosen = self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&chosen.tools, &self.tools.offered()) {
            drop(chosen);
            self.choose_again();
            chosen = self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        }
        let (mut setup, segment) = if depth == 0 { chosen.grow.clone() } else { chosen.sub.clone() };
        if setup.provider == openai::PROVIDER {
            // The client may have learned more about the server meanwhile.
            setup.card = self.providers().openai.2.card(&segment.model);
        }
        (setup, segment)
    }

    fn model(&self, provider: &str) -> Option<Arc<dyn Model>> {
        let providers = self.providers();
        match provider {
            guide::PROVIDER => Some(providers.guide),
            anthropic::PROVIDER => Some(providers.anthropic.1),
            openai::PROVIDER => Some(providers.openai.2),
            _ => None,
        }
    }
}

/// A client is built even without a key: an agent that uses it gets the provider's own clear error.
fn client(key: Option<Secret>, base_url: Option<&str>, seed: u64) -> Anthropic {
    let mut config = anthropic::Config::new(key.unwrap_or_else(|| Secret::new("")), seed);
    if let Some(base_url) = base_url {
        base_url.trim_end_matches('/').clone_into(&mut config.base_url);
    }
    Anthropic::new(config)
}

/// A model of an OpenAI-compatible server is used even without a key. Without a key for Claude, the built-in guide is
/// used.
fn choose(providers: &Providers, stored: &Stored, tools: Arc<[OfferedTool]>) -> Chosen {
    let preferences = Preferences::forgiving(stored);
    let (provider, card) = match openai_model(&preferences.model) {
        Some(id) => (openai::PROVIDER, providers.openai.2.card(id)),
        None if providers.anthropic.0.is_none() || preferences.model == guide::PROVIDER => {
            (guide::PROVIDER, providers.guide.card(guide::PROVIDER))
        }
        None => (anthropic::PROVIDER, providers.anthropic.1.card(&preferences.model)),
    };
    let both = |system| setup(provider, &card, system, &preferences, &tools);
    Chosen { grow: both(persona::GROW_AGENT), sub: both(persona::SUB_AGENT), tools }
}

fn setup(
    provider: &str,
    card: &ModelCard,
    system: &str,
    preferences: &Preferences,
    offered: &[OfferedTool],
) -> (Setup, Arc<Segment>) {
    // A model that does not support the effort setting is never sent it, whatever the person chose.
    let effort = card.effort.map(|default| preferences.effort.unwrap_or(default));
    let tools = offered.iter().map(|offered| offered.tool.clone()).collect();
    let segment = Segment { provider: provider.to_owned(), model: card.id.clone(), effort, system: system.to_owned(), tools };
    let setup = Setup::of(&segment, card.clone(), offered, preferences.limits);
    (setup, Arc::new(segment))
}
