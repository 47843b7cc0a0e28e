//! The models that can be chosen, and the servers that offer some.

use crate::error::AppError;
use crate::home::{Environment, Home};
use crate::library::Library;
use crate::settings::{Preferences, Stored};
use growqr_core::model::Model;
use growqr_core::secret::Secret;
use growqr_models::anthropic::{self, Anthropic};
use growqr_models::guide::{self, Guide};
use growqr_models::openai::{self, BaseProblem, BaseUrl, LOOK, OLLAMA_PORT, Search, Server, USUAL_PORTS};
use growqr_wire::{LocalServer, ModelRow};

/// Every model of the built-in tables, the built-in guide last. Asks no network and needs no key.
#[must_use]
pub fn models() -> Vec<ModelRow> {
    let anthropic = Anthropic::new(anthropic::Config::new(Secret::new(""), 0));
    let cards = anthropic.models().into_iter().map(|card| (card, anthropic::PROVIDER));
    let guide = (Guide.card(guide::PROVIDER), guide::PROVIDER);
    cards
        .chain([guide])
        .map(|(card, provider)| ModelRow { id: card.id, name: card.name, provider: provider.to_owned() })
        .collect()
}

/// The OpenAI-compatible servers that answer now, on the usual ports of this machine and at the address that is set.
/// Takes less than a second, no lock, and changes nothing.
///
/// # Errors
/// If the settings cannot be read.
pub async fn local_servers(home: &Home, environment: &Environment) -> Result<Vec<LocalServer>, AppError> {
    let stored = stored(home).await?;
    let key = environment.get("OPENAI_API_KEY").map(Secret::new);
    Ok(look(&Address::of(environment, &stored), key).await)
}

/// What is set in a profile, read without its lock.
pub(crate) async fn stored(home: &Home) -> Result<Stored, AppError> {
    let settings = Library::open(home.clone()).await?.settings().await?;
    Ok(settings.into_iter().filter(|setting| setting.is_set).map(|setting| (setting.name, setting.value)).collect())
}

/// Which OpenAI-compatible server is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) base: Result<BaseUrl, BaseProblem>,
    /// Whether the person named it; else it is Ollama's usual place.
    pub(crate) is_set: bool,
}

impl Address {
    /// The setting, then the environment, then Ollama on this machine.
    pub(crate) fn of(environment: &Environment, stored: &Stored) -> Address {
        let set = Preferences::forgiving(stored).openai_base.map(Ok);
        let set = set.or_else(|| environment.get("OPENAI_BASE_URL").map(BaseUrl::parse));
        Address { is_set: set.is_some(), base: set.unwrap_or_else(|| Ok(BaseUrl::of_port(OLLAMA_PORT))) }
    }

    /// The key to send there. A key goes only where the person has said: whatever listens on a usual port of this machine
    /// has no claim to a key that is meant for a service.
    pub(crate) fn key(&self, known: Option<Secret>) -> Option<Secret> {
        known.filter(|_| self.is_set)
    }
}

/// Looks around.
pub(crate) async fn look(address: &Address, key: Option<Secret>) -> Vec<LocalServer> {
    let key = address.key(key);
    let set = address.base.clone().ok().filter(|_| address.is_set).map(|base| (base, key));
    let search = Search { set, ports: USUAL_PORTS.to_vec(), bound: LOOK };
    openai::discover(&search).await.into_iter().map(row).collect()
}

fn row(server: Server) -> LocalServer {
    let models = server.models.into_iter().map(|offered| ModelRow {
        id: format!("{}/{}", openai::PROVIDER, offered.id),
        name: offered.id,
        provider: openai::PROVIDER.to_owned(),
    });
    LocalServer { name: server.program.name().to_owned(), url: server.base.to_string(), models: models.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_model_can_be_set_and_the_default_is_among_them() {
        let rows = models();
        assert!(rows.iter().any(|row| row.id == anthropic::DEFAULT_MODEL));
        assert_eq!(rows.last().map(|row| (row.id.as_str(), row.provider.as_str())), Some(("guide", "guide")));
        for row in rows {
            assert!(crate::settings::check("model", &row.id).is_ok(), "{}", row.id);
        }
    }

    #[test]
    fn the_setting_wins_over_the_environment_and_both_over_ollama() {
        let environment = Environment::of(&[("OPENAI_BASE_URL", "https://api.openai.com/v1")]);
        let set = Stored::from([("openai.base_url".to_owned(), "http://localhost:1234".to_owned())]);
        let base =
            |environment: &Environment, stored: &Stored| Address::of(environment, stored).base.map(|base| base.to_string());
        assert_eq!(base(&environment, &set).unwrap(), "http://localhost:1234/v1");
        assert_eq!(base(&environment, &Stored::new()).unwrap(), "https://api.openai.com/v1");
        assert_eq!(base(&Environment::default(), &Stored::new()).unwrap(), "http://127.0.0.1:11434/v1");
        let unsafe_one = Environment::of(&[("OPENAI_BASE_URL", "http://example.com")]);
        assert_eq!(base(&unsafe_one, &Stored::new()), Err(BaseProblem::NotEncrypted), "told, not passed over");
    }

    #[test]
    fn a_key_is_sent_only_where_the_person_said() {
        let key = || Some(Secret::new("sk-x"));
        assert_eq!(Address::of(&Environment::default(), &Stored::new()).key(key()), None);
        let set = Environment::of(&[("OPENAI_BASE_URL", "http://127.0.0.1:8000")]);
        assert_eq!(Address::of(&set, &Stored::new()).key(key()), key());
    }
}
