//! Supervision: sub-agents, agents that hang or fail, and charges.

use super::Stage;
use super::hooked::{Hook, Hooked};
use super::world::{World, grow, message};
use crate::{Notification, PostError};
use growqr_core::agent::ChargeState;
use growqr_core::id::EffectId;
use growqr_core::journal::{Status, StoreError};
use growqr_core::money::Money;
use std::sync::Arc;

/// A cancel stops the agent and all sub-agents below it, on every level.
pub async fn a_cancel_reaches_every_agent_below(stage: Arc<dyn Stage>) {
    let world = World::new(stage).await;
    let scene = world.start().await;
    scene.say(0, "spawn 2: hang").await;
    scene.events("agent_created", 3).await;
    scene.host.cancel(&grow()).await.expect("it is recorded");
    scene.all_quiet().await;
    scene.stop().await;
    let below = world.agents().await.into_iter().filter(|agent| agent.depth > 0);
    assert!(below.into_iter().all(|agent| agent.status == Status::Cancelled));
}

/// An agent that hangs does not block the others.
pub async fn an_agent_that_hangs_holds_nobody_up(stage: Arc<dyn Stage>) {
    let world = World::new(stage).await;
    let scene = world.start().await;
    scene.say(0, "spawn 3: hang").await;
    scene.events("agent_created", 4).await;
    scene.say(1, "hello").await;
    let store = Arc::clone(&world.ports.store);
    scene
        .until(async || {
            let messages = store.messages(&grow(), None, 50).await.expect("messages");
            messages.iter().any(|message| message.text == "done: hello")
        })
        .await;
    scene.stop().await;
}

/// A panic in a provider fails one turn of one agent; the error is reported and the journal stays valid.
pub async fn an_agent_whose_model_panics_is_told_and_goes_on_with_the_next_message(stage: Arc<dyn Stage>) {
    let world = World::new(stage).await;
    let scene = world.start().await;
    let mut notifications = scene.subscribe();
    scene.say(0, "panic").await;
    while !matches!(notifications.recv().await, Ok(Notification::Stopped { .. })) {}
    scene.say(1, "hello").await;
    scene.all_quiet().await;
    scene.stop().await;
    assert_eq!(world.count(&grow(), "user_said").await, 2);
    let messages = world.ports.store.messages(&grow(), None, 20).await.expect("messages");
    assert!(messages.iter().any(|message| message.text == "done: hello"), "{messages:?}");
}

/// If an agent cannot be loaded, each waiting caller gets the error; no caller waits for ever.
pub async fn an_agent_whose_journal_cannot_be_read_says_so_to_everyone_who_waits(stage: Arc<dyn Stage>) {
    let mut world = World::new(stage).await;
    let scene = world.start().await;
    scene.say(0, "hello").await;
    scene.all_quiet().await;
    scene.stop().await;
    let store = Arc::clone(&world.ports.store);
    world.ports.store = Arc::new(Hooked::new(store, Hook { before_read: damaged, ..Hook::default() }));
    let scene = world.start().await;
    let mut senders = tokio::task::JoinSet::new();
    for n in 1..5 {
        let host = scene.host.clone();
        senders.spawn(async move { host.say(&grow(), message(n), "hello".to_owned()).await });
    }
    for result in senders.join_all().await {
        assert!(matches!(result, Err(PostError::Store { source: StoreError::Corrupt(_), .. })), "{result:?}");
    }
    scene.stop().await;
}

fn damaged() -> Result<(), StoreError> {
    Err(StoreError::Corrupt("the test wants it".to_owned()))
}

/// A reservation is recorded once in the journal, even if it is requested several times.
pub async fn money_is_set_aside_once_and_settled_once(stage: Arc<dyn Stage>) {
    let world = World::new(stage).await;
    let scene = world.start().await;
    scene.say(0, "hello").await;
    scene.all_quiet().await;
    let charge = EffectId::new("c1");
    let agent = grow();
    let reserve = || scene.host.reserve(&agent, charge.clone(), "a search".to_owned(), Some(Money(500)));
    assert_eq!(reserve().await.expect("recorded"), ChargeState::Reserved);
    assert_eq!(reserve().await.expect("recorded"), ChargeState::Reserved);
    let dear = scene.host.reserve(&grow(), EffectId::new("c2"), "a ship".to_owned(), Some(Money::usd(1_000))).await;
    assert!(matches!(dear.expect("looked at"), ChargeState::NotOpen(_)));
    for _ in 0..2 {
        let settled = scene.host.settle(&grow(), charge.clone(), Some(Money(300))).await.expect("recorded");
        assert_eq!(settled, ChargeState::Settled);
    }
    scene.stop().await;
    assert_eq!(world.agents().await[0].spent, Money(100) + Money(300), "one answer and one charge");
    let counts = (world.count(&grow(), "charge_reserved").await, world.count(&grow(), "charge_settled").await);
    assert_eq!(counts, (1, 1));
}

/// An open charge is in the journal, so it can still be settled after a kill.
pub async fn a_charge_survives_a_kill(stage: Arc<dyn Stage>) {
    let world = World::new(stage).await;
    let scene = world.start().await;
    scene.say(0, "hello").await;
    scene.all_quiet().await;
    let charge = EffectId::new("c1");
    scene.host.reserve(&grow(), charge.clone(), "a search".to_owned(), Some(Money(500))).await.expect("recorded");
    scene.kill().await;
    let scene = world.start().await;
    let again = scene.host.reserve(&grow(), charge.clone(), "a search".to_owned(), Some(Money(500))).await;
    assert_eq!(again.expect("looked at"), ChargeState::Reserved);
    scene.host.settle(&grow(), charge, None).await.expect("recorded");
    scene.stop().await;
    assert_eq!(world.agents().await[0].unknown, Money(500));
}
