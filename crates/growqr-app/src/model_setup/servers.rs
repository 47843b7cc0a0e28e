//! OpenAI-compatible servers: which address is used, which servers answer, and the provider that is used if the address
//! is not valid.

use crate::profile::location::Environment;
use crate::profile::settings::{Preferences, ServerModel, StoredSettings};
use async_trait::async_trait;
use growqr_core::model::{Delta, Failure, FailureKind, Model, ModelCard, ModelRequest, Reply};
use growqr_core::secret::Secret;
use growqr_models::openai::{
    self, BaseUrl, BaseUrlError, Config, OLLAMA_PORT, OpenAi, PROBE_TIMEOUT, Search, Server, USUAL_PORTS,
};
use growqr_wire::{LocalServer, ModelRow};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The address of the OpenAI-compatible server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerAddress {
    pub(crate) base: Result<BaseUrl, BaseUrlError>,
    /// True if the person has set the address; otherwise it is Ollama's usual address.
    pub(crate) is_set: bool,
}

impl ServerAddress {
    /// The address from the setting, else from the environment, else of Ollama on this machine.
    pub(crate) fn resolve(environment: &Environment, stored: &StoredSettings) -> ServerAddress {
        let set = Preferences::parse_lenient(stored).openai_base.map(Ok);
        let set = set.or_else(|| environment.get("OPENAI_BASE_URL").map(BaseUrl::parse));
        ServerAddress { is_set: set.is_some(), base: set.unwrap_or_else(|| Ok(BaseUrl::of_port(OLLAMA_PORT))) }
    }

    /// The key to send to this address. A key is sent only to an address that the person has set: an unknown program on
    /// a usual port of this machine must not get a key that is meant for a service.
    pub(crate) fn allowed_key(&self, key: Option<Secret>) -> Option<Secret> {
        key.filter(|_| self.is_set)
    }
}

/// Searches for servers at the set address and on the usual ports.
pub(crate) async fn discover_servers(address: &ServerAddress, key: Option<Secret>) -> Vec<LocalServer> {
    let key = address.allowed_key(key);
    let set = address.base.clone().ok().filter(|_| address.is_set).map(|base| (base, key));
    let search = Search { configured: set, ports: USUAL_PORTS.to_vec(), timeout: PROBE_TIMEOUT };
    openai::discover(&search).await.into_iter().map(row).collect()
}

fn row(server: Server) -> LocalServer {
    let models = server.models.into_iter().map(|offered| ModelRow {
        id: ServerModel { id: &offered.id, address: Some(server.base.text()) }.setting(),
        name: offered.id,
        provider: openai::PROVIDER.to_owned(),
        retires: None,
    });
    LocalServer { name: server.program.name().to_owned(), url: server.base.to_string(), models: models.collect() }
}

/// A provider that can ask its server about a model.
#[async_trait]
pub(crate) trait OpenAiModel: Model {
    /// As [`OpenAi::probe_model`].
    async fn probe(&self, model: &str);
}

#[async_trait]
impl OpenAiModel for OpenAi {
    async fn probe(&self, model: &str) {
        OpenAi::probe_model(self, model).await;
    }
}

/// Replaces the provider if its server's address is not valid. Every call fails with that error.
struct InvalidServer(BaseUrlError);

#[async_trait]
impl Model for InvalidServer {
    fn provider(&self) -> &'static str {
        openai::PROVIDER
    }

    fn card(&self, model: &str) -> ModelCard {
        OpenAi::new(Config::new(BaseUrl::of_port(OLLAMA_PORT), None, 0)).card(model)
    }

    async fn call(&self, _: &ModelRequest, _: &(dyn Fn(Delta) + Send + Sync)) -> Result<Reply, Failure> {
        let message = format!("The address of the model server (OPENAI_BASE_URL) cannot be used: {}.", self.0);
        Err(Failure { kind: FailureKind::Rejected, message, request_id: None })
    }
}

#[async_trait]
impl OpenAiModel for InvalidServer {
    async fn probe(&self, _: &str) {}
}

/// The configured server, and the clients of all servers by address.
pub(crate) struct Servers {
    /// The configured address.
    address: ServerAddress,
    /// The key for the configured address.
    key: Option<Secret>,
    /// The context window that the person has set.
    window: Option<u64>,
    seed: u64,
    configured: Arc<dyn OpenAiModel>,
    /// Servers at other addresses, which a choice of a model names. They get no key.
    others: Mutex<BTreeMap<String, Arc<dyn OpenAiModel>>>,
}

impl Servers {
    pub(crate) fn new(address: ServerAddress, key: Option<Secret>, window: Option<u64>, seed: u64) -> Servers {
        let configured = client(&address.base, key.clone(), window, seed);
        Servers { address, key, window, seed, configured, others: Mutex::default() }
    }

    /// Whether these are the servers for these settings. A client is kept as long as possible: it has the limits that all agents
    /// share, open connections, and what it has learned from its server.
    pub(crate) fn are_for(&self, address: &ServerAddress, key: Option<&Secret>, window: Option<u64>) -> bool {
        (&self.address, self.key.as_ref(), self.window) == (address, key, window)
    }

    /// The client of the server at an address; `None` for the configured one.
    pub(crate) fn at(&self, address: Option<&str>) -> Arc<dyn OpenAiModel> {
        let Some(address) = address else { return Arc::clone(&self.configured) };
        let base = BaseUrl::parse(address);
        if let (Ok(base), Ok(configured)) = (&base, &self.address.base)
            && base.is_same(configured)
        {
            return Arc::clone(&self.configured);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(others.entry(address.to_owned()).or_insert_with(|| client(&base, None, self.window, self.seed)))
    }
}

fn client(base: &Result<BaseUrl, BaseUrlError>, key: Option<Secret>, window: Option<u64>, seed: u64) -> Arc<dyn OpenAiModel> {
    match base {
        Ok(base) => Arc::new(OpenAi::new(Config { window, ..Config::new(base.clone(), key, seed) })),
        Err(problem) => Arc::new(InvalidServer(*problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_takes_precedence_over_the_environment_and_both_over_ollama() {
        let environment = Environment::from_variables(&[("OPENAI_BASE_URL", "https://api.openai.com/v1")]);
        let set = StoredSettings::from([("openai.base_url".to_owned(), "http://localhost:1234".to_owned())]);
        let base = |environment: &Environment, stored: &StoredSettings| {
            ServerAddress::resolve(environment, stored).base.map(|base| base.to_string())
        };
        assert_eq!(base(&environment, &set).unwrap(), "http://localhost:1234/v1");
        assert_eq!(base(&environment, &StoredSettings::new()).unwrap(), "https://api.openai.com/v1");
        assert_eq!(base(&Environment::default(), &StoredSettings::new()).unwrap(), "http://127.0.0.1:11434/v1");
        let unencrypted = Environment::from_variables(&[("OPENAI_BASE_URL", "http://example.com")]);
        assert_eq!(base(&unencrypted, &StoredSettings::new()), Err(BaseUrlError::NotEncrypted), "an error, not ignored");
    }

    #[test]
    fn a_model_is_asked_at_the_address_that_its_choice_names() {
        let stored = StoredSettings::new();
        let address = ServerAddress::resolve(&Environment::default(), &stored);
        let servers = Servers::new(address, None, None, 1);
        let same = |one: Option<&str>, other: Option<&str>| Arc::ptr_eq(&servers.at(one), &servers.at(other));
        assert!(same(None, Some("http://localhost:11434/v1")), "the configured server has one client");
        assert!(!same(None, Some("http://127.0.0.1:8080/v1")));
        assert!(same(Some("http://127.0.0.1:8080/v1"), Some("http://127.0.0.1:8080/v1")));
        let found = Server {
            program: growqr_models::openai::Program::LlamaCpp,
            base: BaseUrl::of_port(8080),
            models: vec![growqr_models::openai::Offered { id: "qwen3:8b".to_owned(), window: None, reads_images: false }],
        };
        let listed = row(found).models.remove(0);
        assert_eq!(ServerModel::of(&listed.id).unwrap().address, Some("http://127.0.0.1:8080/v1"));
    }

    #[test]
    fn a_key_is_sent_only_to_a_configured_address() {
        let key = || Some(Secret::new("sk-x"));
        assert_eq!(ServerAddress::resolve(&Environment::default(), &StoredSettings::new()).allowed_key(key()), None);
        let set = Environment::from_variables(&[("OPENAI_BASE_URL", "http://127.0.0.1:8000")]);
        assert_eq!(ServerAddress::resolve(&set, &StoredSettings::new()).allowed_key(key()), key());
    }
}
