//! The connection breaks right after a commit: the host does not know whether the append was recorded.

use crate::world::{World, calls, message, says, turns_ended};
use growqr_actors::conformance::{HookedStore, StoreHooks};
use growqr_core::agent::State;
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::Store;
use serde_json::json;
use std::sync::Arc;

/// Every second append is recorded but returns an error.
fn with_lost_confirmations(store: &Arc<dyn Store>) -> Arc<dyn Store> {
    Arc::new(HookedStore::new(Arc::clone(store), StoreHooks { every_second_fails: true, ..StoreHooks::default() }))
}

fn looks_then_says(last: &str) -> serde_json::Value {
    if last.contains("look") { calls("list_memory", json!({})) } else { says("seen") }
}

#[tokio::test]
async fn an_append_whose_confirmation_was_lost_is_resumed_and_published_once() {
    let mut world = World::new(looks_then_says).await;
    let store = Arc::clone(&world.ports.store);
    world.ports.store = with_lost_confirmations(&store);
    let host = world.host().await;
    let mut notifications = host.subscribe();
    for n in 0..4 {
        // A person who sees an error sends the message again, with the same id.
        while host.say(&AgentId::grow(), message(n), format!("look {n}")).await.is_err() {}
        turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    }
    host.stop().await;
    let events = store.events(Position(0), None, 1_000).await.unwrap();
    let count = |kind: &str| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!((count("user_said"), count("tool_finished"), count("turn_ended"), count("model_failed")), (4, 4, 4, 0));
    let loaded = growqr_actors::load(&*store, &AgentId::grow()).await.unwrap();
    assert!(loaded.state != State::new(AgentId::grow()) && !loaded.state.is_at_work());
}

#[tokio::test]
async fn an_append_whose_confirmation_was_lost_is_resumed_without_another_message() {
    let mut world = World::new(looks_then_says).await;
    let store = Arc::clone(&world.ports.store);
    world.ports.store = with_lost_confirmations(&store);
    let host = world.host().await;
    let mut notifications = host.subscribe();
    assert!(host.say(&AgentId::grow(), message(0), "look".to_owned()).await.is_err(), "the second append returns an error");
    turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    host.stop().await;
}
