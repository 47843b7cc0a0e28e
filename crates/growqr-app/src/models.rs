//! The models that can be chosen, and the servers that offer models.

use crate::error::AppError;
use crate::library::Library;
use crate::model_setup::servers::{ServerAddress, discover_servers};
use crate::profile::location::{Environment, Profile};
use crate::profile::settings::StoredSettings;
use growqr_core::model::Model;
use growqr_core::secret::Secret;
use growqr_models::anthropic::{self, Anthropic};
use growqr_models::guide::{self, Guide};
use growqr_wire::{LocalServer, ModelRow, Retirement};

/// All models of the built-in tables, the built-in guide last. Needs no network and no key.
#[must_use]
pub fn models() -> Vec<ModelRow> {
    let anthropic = Anthropic::new(anthropic::Config::new(Secret::new(""), 0));
    let current = anthropic.models().into_iter().map(|card| (card, anthropic::PROVIDER, None));
    let ending = Anthropic::retiring().map(|(card, end)| (card, anthropic::PROVIDER, Some(retirement(end))));
    let guide = (Guide.card(guide::PROVIDER), guide::PROVIDER, None);
    let rows = current.chain(ending).chain([guide]);
    rows.map(|(card, provider, retires)| ModelRow { id: card.id, name: card.name, provider: provider.to_owned(), retires })
        .collect()
}

/// When the chosen model ends, as the built-in table says; `None` for a model without a known end.
#[must_use]
pub(crate) fn retirement_of(model: &str) -> Option<Retirement> {
    Anthropic::new(anthropic::Config::new(Secret::new(""), 0)).retirement(model).map(retirement)
}

fn retirement(end: anthropic::Retirement) -> Retirement {
    Retirement { date: end.date, successor: end.successor }
}

/// The OpenAI-compatible servers that answer now, on the usual ports of this machine and at the address that is set.
/// Takes less than a second, no lock, and changes nothing.
///
/// # Errors
/// If the settings cannot be read.
pub async fn local_servers(profile: &Profile, environment: &Environment) -> Result<Vec<LocalServer>, AppError> {
    let stored = stored_settings(profile).await?;
    let key = environment.get("OPENAI_API_KEY").map(Secret::new);
    Ok(discover_servers(&ServerAddress::resolve(environment, &stored), key).await)
}

/// The settings that are set in a profile, read without the profile lock.
pub(crate) async fn stored_settings(profile: &Profile) -> Result<StoredSettings, AppError> {
    let settings = Library::open(profile.clone()).await?.settings().await?;
    Ok(settings.into_iter().filter(|setting| setting.is_set).map(|setting| (setting.name, setting.value)).collect())
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
            assert!(crate::profile::settings::check("model", &row.id).is_ok(), "{}", row.id);
        }
    }
}
