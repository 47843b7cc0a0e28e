//! Asks: kills while they are open, answers from two places, deadlines, and many at once.

use super::TestEnvironment;
use super::hooked_store::{AppendBehavior, HookedStore, StoreHooks};
use super::world::{RunningHost, World, grow};
use crate::AskError;
use growqr_core::agent::Input;
use growqr_core::ask::{Answer, SettledBy};
use growqr_core::journal::{AskView, Store};
use std::sync::Arc;

fn allow() -> Option<Answer> {
    Some(Answer { option: Some("allow".to_owned()), ..Answer::default() })
}

fn text(text: &str) -> Option<Answer> {
    Some(Answer { text: Some(text.to_owned()), ..Answer::default() })
}

async fn open_asks(store: &dyn Store) -> Vec<AskView> {
    store.open_asks().await.expect("the store can be read")
}

/// Returns the open asks once there are this many.
async fn asks(world: &World, host: &RunningHost, count: usize) -> Vec<AskView> {
    let store = Arc::clone(&world.ports.store);
    host.until(async || open_asks(&*store).await.len() >= count).await;
    open_asks(&*world.ports.store).await
}

/// A question two levels below the Grow Agent outlives the host, and its answer lets all three go on.
pub async fn a_grandchild_that_waits_for_an_answer_goes_on_after_a_restart(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 1: spawn 1: call guarded").await;
    let before = asks(&world, &host, 1).await;
    host.kill().await;
    let host = world.start().await;
    let open = asks(&world, &host, 1).await;
    assert_eq!(open, before, "still there, asked once");
    assert_eq!(world.effects.counts(), [0; 0], "nothing happens before the answer");
    host.handle.answer(&open[0].ask.id, allow()).await.expect("it is settled");
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.effects.counts(), [1]);
    let agents = world.agents().await;
    assert_eq!(agents.iter().map(|agent| (agent.depth, agent.asks)).collect::<Vec<_>>(), [(0, 0), (1, 0), (2, 0)]);
    assert!(agents.iter().all(|agent| !agent.status.is_at_work()));
}

/// One kill before or after each append of the story: the question is asked once, answered once, and its call happens once.
pub async fn an_ask_survives_a_kill_at_any_append_and_its_call_happens_once(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let mut number = 0;
    for at in 1..8 {
        for behavior in [AppendBehavior::StopBefore, AppendBehavior::StopAfter] {
            number += 1;
            let before = world.effects.counts().len();
            let store = world.other_store().await;
            let hooked = Arc::new(HookedStore::new(store, StoreHooks { append: Some((at, behavior)), ..StoreHooks::default() }));
            world.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
            let host = world.start().await;
            let story = async {
                host.say(number, "call guarded").await;
                let open = asks(&world, &host, 1).await;
                host.handle.answer(&open[0].ask.id, allow()).await.expect("it is settled");
                host.until_idle().await;
            };
            tokio::select! {
                () = hooked.stopped() => {}
                () = story => {}
            }
            host.kill().await;
            world.ports.store = world.other_store().await;
            let host = world.start().await;
            // If the host was killed before the message was recorded, its sender sends it again.
            host.say(number, "call guarded").await;
            loop {
                let store = Arc::clone(&world.ports.store);
                let happened = || world.effects.counts().len() > before;
                host.until(async || happened() || !open_asks(&*store).await.is_empty()).await;
                match open_asks(&*store).await.first() {
                    Some(open) => drop(host.handle.answer(&open.ask.id, allow()).await.expect("it is settled")),
                    None => break,
                }
            }
            host.until_idle().await;
            host.stop().await;
            let counts = world.effects.counts();
            assert!(counts.len() == before + 1 && counts.iter().all(|count| *count == 1), "{behavior:?} {at}: {counts:?}");
        }
    }
    assert_eq!(world.count(&grow(), "ask_raised").await, number, "each is asked once");
    assert_eq!(world.count(&grow(), "ask_settled").await, number);
}

/// The second answer learns that there was another one.
pub async fn two_answers_at_the_same_time_settle_an_ask_once(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    for round in 0..10 {
        host.say(round, "call guarded").await;
        let open = asks(&world, &host, 1).await;
        let deny = Some(Answer { option: Some("deny".to_owned()), ..Answer::default() });
        let (first, second) =
            tokio::join!(host.handle.answer(&open[0].ask.id, allow()), host.handle.answer(&open[0].ask.id, deny));
        let outcome = |result: &Result<_, AskError>| match result {
            Ok(_) => true,
            Err(AskError::Settled(view)) if view.settled.is_some() => false,
            Err(other) => panic!("{other:?}"),
        };
        assert!(outcome(&first) != outcome(&second), "one of them counts");
        host.until_idle().await;
        assert_eq!(world.count(&grow(), "ask_settled").await, round + 1);
    }
    host.stop().await;
}

/// None is lost, and each answer reaches the model.
pub async fn two_hundred_questions_are_open_at_once_and_each_is_answered_once(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "ask 200").await;
    let open = asks(&world, &host, 200).await;
    host.until_idle().await;
    for view in &open {
        host.handle.answer(&view.ask.id, text("yes")).await.expect("it is settled");
    }
    host.until_idle().await;
    host.stop().await;
    assert_eq!(open_asks(&*world.ports.store).await, []);
    assert_eq!(world.count(&grow(), "ask_settled").await, 200);
    let settled = world.ports.store.settled_asks(1_000).await.expect("the store can be read");
    assert!(settled.len() == 200 && settled.iter().all(|view| view.settled.as_ref().is_some_and(|s| s.by == SettledBy::Person)));
}

/// Nobody needs to be there.
pub async fn an_ask_is_settled_with_its_default_at_its_deadline(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "ask now").await;
    host.events("ask_settled", 1).await;
    host.until_idle().await;
    host.stop().await;
    let settled = world.ports.store.settled_asks(10).await.expect("the store can be read");
    let settlement = settled[0].settled.clone().expect("it is settled");
    assert_eq!((settlement.by, settlement.answer), (SettledBy::Deadline, text("this one")));
}

/// A cancel of the Grow Agent reaches the question two levels below.
pub async fn the_asks_of_a_cancelled_tree_are_withdrawn(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 2: spawn 1: call guarded").await;
    let open = asks(&world, &host, 2).await;
    host.handle.control(&grow(), Input::Cancel { tree: true }).await.expect("it is recorded");
    host.until_idle().await;
    assert_eq!(open_asks(&*world.ports.store).await, []);
    let late = host.handle.answer(&open[0].ask.id, allow()).await;
    assert!(matches!(late, Err(AskError::Settled(_))), "{late:?}");
    host.stop().await;
    assert_eq!(world.effects.counts(), [0; 0]);
}
