//! The setups of the agents: the model, the segment and the limits. Recomputed when a setting, a key or the list of
//! tools changes; read at every decision.

use crate::error::AppError;
use crate::model_setup::servers::{self, ServerAddress, Servers};
use crate::model_setup::{searched_tools, system_prompts};
use crate::profile::keys::Keys;
use crate::profile::location::Environment;
use crate::profile::settings::{Preferences, ServerModel, StoredSettings};
use crate::stack::workbench::WorkbenchSlot;
use growqr_actors::Setups;
use growqr_core::agent::{Setup, Surroundings};
use growqr_core::id::AgentId;
use growqr_core::model::{Model, ModelCard};
use growqr_core::prompt::Segment;
use growqr_core::raw::RawJson;
use growqr_core::rules::{CallFacts, Decision, Rules};
use growqr_core::secret::{Secret, SecretStore};
use growqr_core::skill::Skills;
use growqr_core::tool::{CatalogueEntry, OfferedTool, Tools};
use growqr_core::upstream::Upstream;
use growqr_models::anthropic::{self, Anthropic};
use growqr_models::guide::{self, Guide};
use growqr_models::openai;
use growqr_wire::LocalServer;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The setup and segment of the Grow Agent and those of sub-agents.
#[derive(Clone)]
struct CurrentSetups {
    grow: (Setup, Arc<Segment>),
    sub: (Setup, Arc<Segment>),
    /// All tools on offer; both segments have the same ones of them.
    tools: Arc<[OfferedTool]>,
    /// The window that decided.
    context_tokens: u64,
}

impl CurrentSetups {
    /// The window that the tools of other programs did not fit into, if they are searched for.
    fn searched_in(&self) -> Option<u64> {
        (!self.grow.0.searched.is_empty()).then_some(self.context_tokens)
    }
}

/// Keys, settings and models of one profile.
pub(crate) struct ModelSetups {
    environment: Environment,
    keys: Keys,
    tools: Arc<dyn Tools>,
    seed: u64,
    providers: RwLock<Providers>,
    stored: RwLock<StoredSettings>,
    current: RwLock<CurrentSetups>,
    rules: RwLock<Arc<Rules>>,
    workbench: RwLock<WorkbenchSlot>,
    skills: RwLock<Option<Arc<dyn Skills>>>,
}

/// The providers, built from keys and settings.
#[derive(Clone)]
struct Providers {
    guide: Arc<Guide>,
    /// The key with which the client was built, and the client.
    anthropic: (Option<Secret>, Arc<Anthropic>),
    openai: Arc<Servers>,
}

impl ModelSetups {
    /// Uses the keys of the environment; [`ModelSetups::load_keys`] adds those of the keychain.
    pub(crate) fn new(
        environment: &Environment,
        secrets: Arc<dyn SecretStore>,
        stored: StoredSettings,
        tools: Arc<dyn Tools>,
        seed: u64,
    ) -> ModelSetups {
        let keys = Keys::new(environment, secrets);
        let address = ServerAddress::resolve(environment, &stored);
        let key = address.allowed_key(keys.get(openai::PROVIDER));
        let anthropic_key = keys.get(anthropic::PROVIDER);
        let anthropic = Arc::new(anthropic_client(anthropic_key.clone(), environment.get("ANTHROPIC_BASE_URL"), seed));
        let providers = Providers {
            guide: Arc::new(Guide),
            anthropic: (anthropic_key, anthropic),
            openai: Arc::new(Servers::new(address, key, Preferences::parse_lenient(&stored).window, seed)),
        };
        let current = build_setups(&providers, &stored, tools.offered(), None);
        ModelSetups {
            environment: environment.clone(),
            keys,
            tools,
            seed,
            providers: RwLock::new(providers),
            stored: RwLock::new(stored),
            current: RwLock::new(current),
            rules: RwLock::default(),
            workbench: RwLock::default(),
            skills: RwLock::default(),
        }
    }

    /// The skills whose list a segment begins with.
    pub(crate) fn set_skills(&self, skills: Arc<dyn Skills>) {
        *self.skills.write().unwrap_or_else(PoisonError::into_inner) = Some(skills);
    }

    /// The workbench, whose state decides whether new sub-agents may work in it.
    pub(crate) fn set_workbench(&self, workbench: WorkbenchSlot) {
        *self.workbench.write().unwrap_or_else(PoisonError::into_inner) = workbench;
    }

    /// The service that takes requests of the Messages API as they are.
    pub(crate) fn upstream(&self) -> Arc<dyn Upstream> {
        self.providers().anthropic.1
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The rules for all decisions from now on.
    pub(crate) fn set_rules(&self, rules: Arc<Rules>) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// Stores a key, or removes it if there is no value.
    pub(crate) async fn set_key(&self, name: &str, value: Option<&str>) -> Result<(), AppError> {
        let result = match value {
            Some(value) => self.keys.set(name, value).await,
            None => self.keys.remove(name).await,
        };
        // Also after an error: a key that could not be removed from the keychain is no longer used.
        self.recompute();
        result
    }

    /// Reads the keychain if the chosen model needs a key that the environment does not have.
    pub(crate) async fn load_keys(&self) {
        let model = Preferences::parse_lenient(&self.stored()).model;
        let provider = if ServerModel::of(&model).is_some() { openai::PROVIDER } else { anthropic::PROVIDER };
        if model != guide::PROVIDER && self.keys.get(provider).is_none() {
            self.refresh_keys().await;
        }
    }

    /// Reads the keychain again.
    pub(crate) async fn refresh_keys(&self) {
        self.keys.refresh().await;
        self.recompute();
    }

    /// Lets the system ask the person to unlock the keychain, then reads it.
    pub(crate) async fn unlock_keys(&self) {
        self.keys.unlock().await;
        self.recompute();
    }

    pub(crate) fn set_stored(&self, stored: StoredSettings) {
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = stored;
        self.recompute();
    }

    /// The OpenAI-compatible servers that answer now.
    pub(crate) async fn local_servers(&self) -> Vec<LocalServer> {
        let address = ServerAddress::resolve(&self.environment, &self.stored());
        servers::discover_servers(&address, self.keys.get(openai::PROVIDER)).await
    }

    /// If the chosen model is on an OpenAI-compatible server: finds out which server program it is and how large the
    /// model's context window is, within a second. Without an answer, the low default sizes stay in use.
    pub(crate) async fn probe_server(&self) {
        let model = Preferences::parse_lenient(&self.stored()).model;
        let Some(chosen) = ServerModel::of(&model) else { return };
        let provider = self.providers().openai.at(chosen.address);
        provider.probe(chosen.id).await;
    }

    /// Asks the provider for its models and the sizes of their context windows. Without a key or a network, the values
    /// of this build stay in use.
    pub(crate) async fn refresh_models(&self) {
        if self.keys.get(anthropic::PROVIDER).is_none() {
            return;
        }
        let anthropic = self.providers().anthropic.1;
        match anthropic.refresh().await {
            Ok(()) => self.recompute(),
            Err(failure) => tracing::debug!(%failure, "the list of models could not be read"),
        }
    }

    fn providers(&self) -> Providers {
        self.providers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn stored(&self) -> StoredSettings {
        self.stored.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The setups for the tools on offer now and the window of the model as it is known now.
    fn current(&self) -> CurrentSetups {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let context_tokens = self.card_of(&current.grow.0, &current.grow.1).context_tokens;
        if Arc::ptr_eq(&current.tools, &self.tools.offered()) && current.context_tokens == context_tokens {
            return current;
        }
        self.recompute();
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is known about a segment's model: the client may have learned more since the setup was built.
    fn card_of(&self, setup: &Setup, segment: &Segment) -> ModelCard {
        match (setup.provider.as_str(), self.model(segment)) {
            (openai::PROVIDER | anthropic::PROVIDER, Some(model)) => model.card(&segment.model),
            _ => setup.card.clone(),
        }
    }

    fn recompute(&self) {
        let stored = self.stored();
        let address = ServerAddress::resolve(&self.environment, &stored);
        let key = address.allowed_key(self.keys.get(openai::PROVIDER));
        let anthropic_key = self.keys.get(anthropic::PROVIDER);
        let mut providers = self.providers.write().unwrap_or_else(PoisonError::into_inner);
        let window = Preferences::parse_lenient(&stored).window;
        // A client is replaced only if its key or address has changed: it has the limits that all agents share, open
        // connections, and what it has learned from its server.
        if providers.anthropic.0 != anthropic_key {
            let new = anthropic_client(anthropic_key.clone(), self.environment.get("ANTHROPIC_BASE_URL"), self.seed);
            providers.anthropic = (anthropic_key, Arc::new(new));
        }
        if !providers.openai.are_for(&address, key.as_ref(), window) {
            providers.openai = Arc::new(Servers::new(address, key, window, self.seed));
        }
        let searched_in = self.current.read().unwrap_or_else(PoisonError::into_inner).searched_in();
        let current = build_setups(&providers, &stored, self.tools.offered(), searched_in);
        drop(providers);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
    }
}

impl Setups for ModelSetups {
    fn setup(&self, depth: u32) -> (Setup, Arc<Segment>) {
        let current = self.current();
        let (mut setup, mut segment) = if depth == 0 { current.grow } else { current.sub };
        setup.card = self.card_of(&setup, &segment);
        setup.rules = Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner));
        if segment.web_search && denies_search(&setup.rules, depth) {
            segment = Arc::new(Segment { web_search: false, ..(*segment).clone() });
        }
        setup.workbench = self.workbench.read().unwrap_or_else(PoisonError::into_inner).state();
        (setup, segment)
    }

    fn model(&self, segment: &Segment) -> Option<Arc<dyn Model>> {
        let providers = self.providers();
        match segment.provider.as_str() {
            guide::PROVIDER => Some(providers.guide),
            anthropic::PROVIDER => Some(providers.anthropic.1),
            openai::PROVIDER => Some(providers.openai.at(segment.address.as_deref())),
            _ => None,
        }
    }

    fn skills(&self) -> Option<Arc<dyn Skills>> {
        self.skills.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether a rule denies the search of the service to the agents at this depth. The service asks nobody before it searches, so no
/// other decision counts. Of the sub-agents, whose ids are not known here, only lines about all at their depth count.
fn denies_search(rules: &Rules, depth: u32) -> bool {
    let agent = if depth == 0 { AgentId::grow() } else { AgentId::new("") };
    let input = RawJson::of(&serde_json::Map::new());
    let call = CallFacts::new("web_search", None, &input, &agent, depth);
    rules.decide(&call).line.rule.decision == Decision::Deny
}

/// A client is built even without a key: an agent that uses it gets the provider's own clear error.
fn anthropic_client(key: Option<Secret>, base_url: Option<&str>, seed: u64) -> Anthropic {
    let mut config = anthropic::Config::new(key.unwrap_or_else(|| Secret::new("")), seed);
    if let Some(base_url) = base_url {
        base_url.trim_end_matches('/').clone_into(&mut config.base_url);
    }
    Anthropic::new(config)
}

/// A model of an OpenAI-compatible server is used even without a key. Without a key for Claude, the built-in guide is
/// used. `searched_in` is what [`CurrentSetups::searched_in`] was until now.
fn build_setups(
    providers: &Providers,
    stored: &StoredSettings,
    tools: Arc<[OfferedTool]>,
    searched_in: Option<u64>,
) -> CurrentSetups {
    let mut preferences = Preferences::parse_lenient(stored);
    if !stored.contains_key("model") {
        providers.anthropic.1.default_model().clone_into(&mut preferences.model);
    }
    let chosen = ServerModel::of(&preferences.model);
    let (provider, card) = match chosen {
        Some(chosen) => (openai::PROVIDER, providers.openai.at(chosen.address).card(chosen.id)),
        None if providers.anthropic.0.is_none() || preferences.model == guide::PROVIDER => {
            (guide::PROVIDER, providers.guide.card(guide::PROVIDER))
        }
        None => (anthropic::PROVIDER, providers.anthropic.1.card(&preferences.model)),
    };
    let address = chosen.and_then(|chosen| chosen.address).map(str::to_owned);
    let were_searched = searched_in == Some(card.context_tokens);
    let (sent, searched) = searched_tools::split(&tools, card.context_tokens, were_searched);
    let searched: Arc<[CatalogueEntry]> = searched.into();
    // Also of tools to search for.
    let hashes = tools.iter().filter_map(|offered| Some((offered.tool.name.clone(), offered.hash.clone()?)));
    let hashes: Arc<BTreeMap<String, String>> = Arc::new(hashes.collect());
    let with_system = |system| {
        let (mut setup, segment) = setup((provider, address.clone()), &card, system, &preferences, &sent);
        setup.hashes = Arc::clone(&hashes);
        setup.searched = Arc::clone(&searched);
        (setup, segment)
    };
    CurrentSetups {
        grow: with_system(system_prompts::GROW_AGENT),
        sub: with_system(system_prompts::SUB_AGENT),
        tools,
        context_tokens: card.context_tokens,
    }
}

fn setup(
    (provider, address): (&str, Option<String>),
    card: &ModelCard,
    system: &str,
    preferences: &Preferences,
    offered: &[OfferedTool],
) -> (Setup, Arc<Segment>) {
    // A model that does not support the effort setting is never sent it, whatever the person chose.
    let effort = card.effort.map(|default| preferences.effort.unwrap_or(default));
    let tools = offered.iter().map(|offered| offered.tool.clone()).collect();
    let (model, system) = (card.id.clone(), system.to_owned());
    // A budget in money does not count the searches of a model without a known price.
    let web_search = preferences.web.searches && provider == anthropic::PROVIDER && card.prices.is_some();
    let segment = Segment { provider: provider.to_owned(), model, effort, system, tools, address, web_search };
    let mut setup = Setup::of(&segment, card.clone(), offered, preferences.limits);
    setup.asks_after_untrusted_text = preferences.asks_after_untrusted_text;
    // The guide reads each message as a command.
    setup.surroundings = (provider != guide::PROVIDER).then(Surroundings::default);
    (setup, Arc::new(segment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::rules::{RuleLine, RuleOrigin};

    #[test]
    fn only_a_line_that_denies_the_search_switches_it_off() {
        for (lines, of_grow, of_sub_agents) in [
            ("ask *", false, false),
            ("deny web_search", true, true),
            ("deny *", true, true),
            ("deny *; allow web_search", false, false),
            ("deny web_search depth=1+", false, true),
            ("deny web_search agent=grow", true, false),
            ("deny * host=evil.example", false, false),
            ("deny fetch_page", false, false),
        ] {
            let line = |text: &str| RuleLine { rule: text.parse().expect("a rule"), origin: RuleOrigin::Person };
            let rules = Rules::new(lines.split("; ").map(line));
            assert_eq!((denies_search(&rules, 0), denies_search(&rules, 1)), (of_grow, of_sub_agents), "{lines}");
        }
    }

    #[test]
    fn a_model_without_a_known_price_is_given_no_search() {
        let client = anthropic_client(None, None, 1);
        let preferences = Preferences::parse_lenient(&StoredSettings::from([("web.search".to_owned(), "on".to_owned())]));
        let searches = |model: &str| setup((anthropic::PROVIDER, None), &client.card(model), "", &preferences, &[]).1.web_search;
        assert!(searches(client.default_model()) && !searches("claude-of-a-later-year"));
    }
}
