//! The models that can be chosen.

use growqr_core::model::Model;
use growqr_core::secret::Secret;
use growqr_models::anthropic::{self, Anthropic};
use growqr_models::guide::{self, Guide};
use growqr_wire::ModelRow;

/// Every model of the built-in tables, the built-in guide last. Asks no network and needs no key.
#[must_use]
pub fn models() -> Vec<ModelRow> {
    let anthropic = Anthropic::new(anthropic::Config::new(Secret::new(""), 0));
    let cards = anthropic.models().into_iter().chain([Guide.card(guide::PROVIDER)]);
    cards.map(|card| ModelRow { id: card.id, name: card.name }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_model_can_be_set_and_the_default_is_among_them() {
        let rows = models();
        assert!(rows.iter().any(|row| row.id == anthropic::DEFAULT_MODEL));
        assert_eq!(rows.last().map(|row| row.id.as_str()), Some("guide"));
        for row in rows {
            assert!(crate::settings::check("model", &row.id).is_ok(), "{}", row.id);
        }
    }
}
