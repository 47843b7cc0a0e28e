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
async fn without_a_choice_the_newest_opus_that_the_key_offers_is_used() {
    let world = World::new().await;
    assert_eq!(world.provider.default_model(), "claude-opus-5-5", "before the list is known");
    world.claude.unlist("claude-opus-5-5");
    world.provider.refresh().await.unwrap();
    assert_eq!(world.provider.default_model(), "claude-opus-5");
    world.claude.list_also("claude-opus-9", "Claude Opus 9", 2_000_000, 256_000);
    world.provider.refresh().await.unwrap();
    assert_eq!(world.provider.default_model(), "claude-opus-5", "never a model without a known price");
}

#[tokio::test]
async fn the_end_of_a_model_is_known_without_a_network_and_with_its_date_at_the_end_of_the_id() {
    let provider = Anthropic::new(Config::new(Secret::new("k"), 1));
    for id in ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"] {
        let end = provider.retirement(id).unwrap();
        assert_eq!((end.date.as_deref(), end.successor.as_str()), (Some("2026-11-30"), "claude-sonnet-5-5"), "{id}");
    }
    for id in ["claude-sonnet-4-50", "claude-opus-4-7", "claude-haiku-4-5", "claude-sonnet-5-5"] {
        assert_eq!(provider.retirement(id), None, "{id}");
    }
    assert_eq!(Anthropic::retiring().next().unwrap().0.name, "Claude Sonnet 4.5");
}

#[tokio::test]
async fn a_failed_refresh_keeps_the_known_models() {
    let world = World::with(|config| config.key = Secret::new("sk-wrong")).await;
    let before = world.provider.models();
    assert_eq!(world.provider.refresh().await.unwrap_err().kind, FailureKind::Key);
    assert_eq!(world.provider.models(), before);
}
