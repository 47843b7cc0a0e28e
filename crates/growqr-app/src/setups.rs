//! The person's choices as agents see them: which model, which segment, which limits. Recomputed when a setting or a
//! key changes; asked for at every decision.

use crate::error::AppError;
use crate::home::Environment;
use crate::keys::Keys;
use crate::persona;
use crate::settings::{Preferences, Stored};
use growqr_actors::Setups;
use growqr_core::agent::{Setup, tools};
use growqr_core::model::{Model, ModelCard};
use growqr_core::prompt::Segment;
use growqr_core::secret::{Secret, SecretStore};
use growqr_models::anthropic::{self, Anthropic};
use growqr_models::guide::{self, Guide};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The two segments in use: for the Grow Agent and for sub-agents.
#[derive(Clone)]
struct Chosen {
    grow: (Setup, Arc<Segment>),
    sub: (Setup, Arc<Segment>),
}

/// Keys, settings and models of one profile.
pub(crate) struct Choices {
    keys: Keys,
    /// The key that the client below was made with.
    used: Mutex<Option<Secret>>,
    base_url: Option<String>,
    seed: u64,
    guide: Arc<Guide>,
    anthropic: RwLock<Arc<Anthropic>>,
    stored: RwLock<Stored>,
    chosen: RwLock<Chosen>,
}

impl Choices {
    /// With the keys of the environment; [`Choices::load_keys`] takes up the others.
    pub(crate) fn new(environment: &Environment, secrets: Arc<dyn SecretStore>, stored: Stored, seed: u64) -> Choices {
        let keys = Keys::new(environment, secrets);
        let base_url = environment.get("ANTHROPIC_BASE_URL").map(str::to_owned);
        let anthropic = Arc::new(client(keys.get(anthropic::PROVIDER), base_url.as_deref(), seed));
        let guide = Arc::new(Guide);
        let chosen = choose(&anthropic, &guide, keys.get(anthropic::PROVIDER).is_some(), &stored);
        Choices {
            used: Mutex::new(keys.get(anthropic::PROVIDER)),
            keys,
            base_url,
            seed,
            guide,
            anthropic: RwLock::new(anthropic),
            stored: RwLock::new(stored),
            chosen: RwLock::new(chosen),
        }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Keeps a key, or forgets it.
    pub(crate) async fn set_key(&self, name: &str, value: Option<&str>) -> Result<(), AppError> {
        let done = match value {
            Some(value) => self.keys.set(name, value).await,
            None => self.keys.remove(name).await,
        };
        // A key that could not be removed everywhere is out of use all the same.
        self.use_keys();
        done
    }

    /// Takes up what the keychain has for the model that is set, unless the environment has it.
    pub(crate) async fn load_keys(&self) {
        let by_guide =
            Preferences::forgiving(&self.stored.read().unwrap_or_else(PoisonError::into_inner)).model == guide::PROVIDER;
        if !by_guide && self.keys.get(anthropic::PROVIDER).is_none() {
            self.keys.refresh().await;
            self.use_keys();
        }
    }

    /// Looks at the keychain again.
    pub(crate) async fn refresh_keys(&self) {
        self.keys.refresh().await;
        self.use_keys();
    }

    /// Has the person asked to unlock the keychain.
    pub(crate) async fn unlock_keys(&self) {
        self.keys.unlock().await;
        self.use_keys();
    }

    /// A client is replaced only with its key: it holds the limits that all agents share, and open connections.
    fn use_keys(&self) {
        let key = self.keys.get(anthropic::PROVIDER);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if *used == key {
            return;
        }
        used.clone_from(&key);
        let fresh = Arc::new(client(key, self.base_url.as_deref(), self.seed));
        *self.anthropic.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        self.choose_again();
    }

    pub(crate) fn set_stored(&self, stored: Stored) {
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = stored;
        self.choose_again();
    }

    /// Learns from the provider which models there are and how large their windows are. Without a key, or without a
    /// network, what this build knows stands.
    pub(crate) async fn refresh_models(&self) {
        if self.keys.get(anthropic::PROVIDER).is_none() {
            return;
        }
        let anthropic = Arc::clone(&self.anthropic.read().unwrap_or_else(PoisonError::into_inner));
        match anthropic.refresh().await {
            Ok(()) => self.choose_again(),
            Err(failure) => tracing::debug!(%failure, "the list of models could not be read"),
        }
    }

    fn choose_again(&self) {
        let anthropic = Arc::clone(&self.anthropic.read().unwrap_or_else(PoisonError::into_inner));
        let has_key = self.keys.get(anthropic::PROVIDER).is_some();
        let chosen = choose(&anthropic, &self.guide, has_key, &self.stored.read().unwrap_or_else(PoisonError::into_inner));
        *self.chosen.write().unwrap_or_else(PoisonError::into_inner) = chosen;
    }
}

impl Setups for Choices {
    fn setup(&self, depth: u32) -> (Setup, Arc<Segment>) {
        let chosen = self.chosen.read().unwrap_or_else(PoisonError::into_inner);
        if depth == 0 { chosen.grow.clone() } else { chosen.sub.clone() }
    }

    fn model(&self, provider: &str) -> Option<Arc<dyn Model>> {
        match provider {
            guide::PROVIDER => Some(Arc::clone(&self.guide) as Arc<dyn Model>),
            anthropic::PROVIDER => {
                Some(Arc::clone(&*self.anthropic.read().unwrap_or_else(PoisonError::into_inner)) as Arc<dyn Model>)
            }
            _ => None,
        }
    }
}

/// A client without a key is made all the same: an agent that needs it gets the provider's own clear error.
fn client(key: Option<Secret>, base_url: Option<&str>, seed: u64) -> Anthropic {
    let mut config = anthropic::Config::new(key.unwrap_or_else(|| Secret::new("")), seed);
    if let Some(base_url) = base_url {
        base_url.trim_end_matches('/').clone_into(&mut config.base_url);
    }
    Anthropic::new(config)
}

/// Without a key the guide answers, whatever model is set.
fn choose(anthropic: &Anthropic, guide: &Guide, has_key: bool, stored: &Stored) -> Chosen {
    let preferences = Preferences::forgiving(stored);
    let by_guide = !has_key || preferences.model == guide::PROVIDER;
    let (provider, card) = if by_guide {
        (guide.provider(), guide.card(guide::PROVIDER))
    } else {
        (anthropic.provider(), anthropic.card(&preferences.model))
    };
    let both = |system| setup(provider, &card, system, &preferences);
    Chosen { grow: both(persona::GROW_AGENT), sub: both(persona::SUB_AGENT) }
}

fn setup(provider: &str, card: &ModelCard, system: &str, preferences: &Preferences) -> (Setup, Arc<Segment>) {
    // A model that refuses the setting is never sent it, whatever the person chose.
    let effort = card.effort.map(|default| preferences.effort.unwrap_or(default));
    let segment =
        Segment { provider: provider.to_owned(), model: card.id.clone(), effort, system: system.to_owned(), tools: tools::all() };
    let (hash, bytes) = segment.encode();
    let setup = Setup {
        segment: hash,
        provider: provider.to_owned(),
        card: card.clone(),
        bytes: bytes.len() as u64,
        limits: preferences.limits,
    };
    (setup, Arc::new(segment))
}
