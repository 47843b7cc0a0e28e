//! Supervision: sub-agents, agents that hang or fail, and charges.

use super::TestEnvironment;
use super::hooked_store::{HookedStore, StoreHooks};
use super::world::{World, grow, message};
use crate::PostError;
use growqr_core::agent::{ChargeBounds, ChargeState};
use growqr_core::id::EffectId;
use growqr_core::journal::{Status, StoreError};
use growqr_core::money::Money;
use std::sync::Arc;

fn at_most(money: Money) -> ChargeBounds {
    ChargeBounds { money: Some(money), ..ChargeBounds::default() }
}

/// A cancel stops the agent and all sub-agents below it, on every level.
pub async fn a_cancel_reaches_all_sub_agents(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 2: hang").await;
    host.events("agent_created", 3).await;
    host.handle.control(&grow(), growqr_core::agent::Input::Cancel { tree: true }).await.expect("it is recorded");
    host.until_idle().await;
    host.stop().await;
    let below = world.agents().await.into_iter().filter(|agent| agent.depth > 0);
    assert!(below.into_iter().all(|agent| agent.status == Status::Cancelled));
}

/// An agent that hangs does not block the others.
pub async fn an_agent_that_hangs_does_not_block_others(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 3: hang").await;
    host.events("agent_created", 4).await;
    host.say(1, "hello").await;
    let store = Arc::clone(&world.ports.store);
    host.until(async || {
        let messages = store.messages(&grow(), None, 50).await.expect("messages");
        messages.iter().any(|message| message.text == "done: hello")
    })
    .await;
    host.stop().await;
}

/// If an agent cannot be loaded, each waiting caller gets the error; no caller waits for ever.
pub async fn an_unreadable_journal_fails_all_waiting_callers(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hello").await;
    host.until_idle().await;
    host.stop().await;
    let store = Arc::clone(&world.ports.store);
    world.ports.store = Arc::new(HookedStore::new(store, StoreHooks { before_read: damaged, ..StoreHooks::default() }));
    let host = world.start().await;
    let mut senders = tokio::task::JoinSet::new();
    for n in 1..5 {
        let host = host.handle.clone();
        senders.spawn(async move { host.say(&grow(), message(n), "hello".to_owned()).await });
    }
    for result in senders.join_all().await {
        assert!(matches!(result, Err(PostError::Store { source: StoreError::Corrupt(_), .. })), "{result:?}");
    }
    host.stop().await;
}

fn damaged() -> Result<(), StoreError> {
    Err(StoreError::Corrupt("a failure that the test causes".to_owned()))
}

/// A reservation is recorded once in the journal, even if it is requested several times.
pub async fn money_is_reserved_once_and_settled_once(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hello").await;
    host.until_idle().await;
    let charge = EffectId::new("c1");
    let agent = grow();
    let reserve = || host.handle.reserve(&agent, charge.clone(), "a search".to_owned(), at_most(Money(500)));
    assert_eq!(reserve().await.expect("recorded"), ChargeState::Reserved);
    assert_eq!(reserve().await.expect("recorded"), ChargeState::Reserved);
    let too_expensive = host.handle.reserve(&grow(), EffectId::new("c2"), "a ship".to_owned(), at_most(Money::usd(1_000))).await;
    assert!(matches!(too_expensive.expect("processed"), ChargeState::NotOpenNow(_)));
    for _ in 0..2 {
        let settled = host.handle.settle(&grow(), charge.clone(), Some(Money(300)), None).await.expect("recorded");
        assert_eq!(settled, ChargeState::Settled);
    }
    host.stop().await;
    assert_eq!(world.agents().await[0].spent, Money(100) + Money(300), "one answer and one charge");
    let counts = (world.count(&grow(), "charge_reserved").await, world.count(&grow(), "charge_settled").await);
    assert_eq!(counts, (1, 1));
}

/// An open charge is in the journal, so it can still be settled after a kill.
pub async fn a_charge_survives_a_kill(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hello").await;
    host.until_idle().await;
    let charge = EffectId::new("c1");
    host.handle.reserve(&grow(), charge.clone(), "a search".to_owned(), at_most(Money(500))).await.expect("recorded");
    host.kill().await;
    let host = world.start().await;
    let again = host.handle.reserve(&grow(), charge.clone(), "a search".to_owned(), at_most(Money(500))).await;
    assert_eq!(again.expect("processed"), ChargeState::Reserved);
    host.handle.settle(&grow(), charge, None, None).await.expect("recorded");
    host.stop().await;
    assert_eq!(world.agents().await[0].unknown, Money(500));
}
