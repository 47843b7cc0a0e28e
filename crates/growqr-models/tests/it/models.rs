//! The model table, and its refresh from the service.

use crate::world::World;
use growqr_core::model::{FailureKind, Model};
use growqr_core::secret::Secret;
use growqr_models::anthropic::{Anthropic, Config, DEFAULT_MODEL};

#[tokio::test]
async fn the_model_table_works_without_a_network() {
    let provider = Anthropic::new(Config::new(Secret::new("k"), 1));
    assert_eq!(provider.models().len(), 11);
    let card = provider.card(DEFAULT_MODEL);
    assert_eq!((card.context_tokens, card.max_output_tokens), (1_000_000, 128_000));
    let haiku = provider.card("claude-haiku-4-5");
    assert_eq!((haiku.context_tokens, haiku.max_output_tokens, haiku.effort), (200_000, 64_000, None));
}

#[tokio::test]
async fn the_service_adds_names_and_limits_but_no_prices() {
    let world = World::new().await;
    let before = world.provider.card("claude-opus-5-5");
    world.provider.refresh().await.unwrap();
    assert_eq!(world.provider.card("claude-opus-5-5"), before, "the table and the service agree");
    assert_eq!(world.provider.card("claude-next-9").max_output_tokens, 32_000, "unknown before the refresh");
    world.claude.list_also("claude-next-9", "Claude Next 9", 2_000_000, 256_000);
    world.provider.refresh().await.unwrap();
    let next = world.provider.models().pop().unwrap();
    assert_eq!((next.id.as_str(), next.name.as_str()), ("claude-next-9", "Claude Next 9"));
    assert_eq!((next.context_tokens, next.max_output_tokens, next.prices), (2_000_000, 256_000, None));
    world.claude.assert_all_accepted();
}

#[tokio::test]
async fn a_failed_refresh_keeps_the_known_models() {
    let world = World::with(|config| config.key = Secret::new("sk-wrong")).await;
    let before = world.provider.models();
    assert_eq!(world.provider.refresh().await.unwrap_err().kind, FailureKind::Key);
    assert_eq!(world.provider.models(), before);
}
