//! Random stories: asks, answers from two places, deadlines, stops of one agent or a tree, and kills, in any order.

use super::TestEnvironment;
use super::hooked_store::{AppendBehavior, HookedStore, StoreHooks};
use super::world::{RunningHost, World, grow};
use crate::AskError;
use growqr_core::agent::Input;
use growqr_core::ask::{Answer, AskDetail, AskKind, AskOutcome};
use growqr_core::event::Event;
use growqr_core::id::{AgentId, AskId, EffectId};
use growqr_core::journal::{AskView, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Numbers that look random and are the same in every run (a linear congruential generator, with the constants of MMIX).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    pub(super) fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let index = self.below(all.len().max(1) as u64);
        all.get(usize::try_from(index).ok()?)
    }
}

const TASKS: [&str; 6] =
    ["call guarded", "ask 2", "ask now", "spawn 2: call guarded", "spawn 1: spawn 1: call guarded", "spawn 1: ask 1"];

/// An answer that fits the ask; `None`: the person will not answer.
fn answer_to(ask: &AskView, numbers: &mut Numbers) -> Option<Answer> {
    let option = |id: &str| Some(Answer { option: Some(id.to_owned()), ..Answer::default() });
    match (ask.ask.kind, numbers.below(5)) {
        (_, 0) => None,
        (AskKind::Question, _) => Some(Answer { text: Some("yes".to_owned()), ..Answer::default() }),
        // Calls that a kill has cut count as spent.
        (AskKind::Budget, _) => option(&numbers.of(&ask.ask.options)?.id),
        (_, 1) => option("deny"),
        _ => option("allow"),
    }
}

/// One random action of the person. Whether it succeeds depends on what happened before.
async fn act(world: &World, host: &RunningHost, numbers: &mut Numbers, message: &mut usize) {
    let store = Arc::clone(&world.ports.store);
    let open = store.open_asks().await.expect("the store can be read");
    let agents: Vec<AgentId> = world.agents().await.into_iter().map(|agent| agent.agent).collect();
    match numbers.below(10) {
        0..=2 => {
            *message += 1;
            let text = (*numbers.of(&TASKS).expect("a task")).to_owned();
            let _ = host.handle.say(&grow(), super::world::message(*message), text).await;
        }
        3..=5 => {
            if let Some(ask) = numbers.of(&open) {
                let _ = host.handle.answer(&ask.ask.id, answer_to(ask, numbers)).await;
            }
        }
        6 => {
            if let Some(ask) = numbers.of(&open) {
                let (first, second) = (answer_to(ask, numbers), answer_to(ask, numbers));
                let id = &ask.ask.id;
                let (first, second) = tokio::join!(host.handle.answer(id, first), host.handle.answer(id, second));
                assert!(first.is_err() || second.is_err(), "two answers count");
            }
        }
        7 => {
            let input = Input::Cancel { tree: numbers.below(2) == 0 };
            if let Some(agent) = numbers.of(&agents) {
                let _ = host.handle.control(agent, input).await;
            }
        }
        8 => {
            let input = Input::Finish { tree: numbers.below(2) == 0 };
            if let Some(agent) = numbers.of(&agents) {
                let _ = host.handle.control(agent, input).await;
            }
        }
        _ => tokio::time::sleep(Duration::from_millis(numbers.below(20))).await,
    }
}

/// Some actions, which a stop of the store may interrupt; then a kill.
async fn part(world: &mut World, numbers: &mut Numbers, message: &mut usize) {
    let behavior = *numbers.of(&[AppendBehavior::StopBefore, AppendBehavior::StopAfter]).expect("a behavior");
    let append = Some((1 + numbers.below(25), behavior));
    let hooked = Arc::new(HookedStore::new(world.other_store().await, StoreHooks { append, ..StoreHooks::default() }));
    world.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
    let host = world.start().await;
    let actions = async {
        for _ in 0..4 + numbers.below(8) {
            act(world, &host, numbers, message).await;
        }
    };
    tokio::select! {
        () = hooked.stopped() => {}
        () = actions => {}
    }
    host.kill().await;
}

/// Answers every ask until nothing is open and nobody works.
async fn settle_all(world: &World, host: &RunningHost, numbers: &mut Numbers) {
    loop {
        let store = Arc::clone(&world.ports.store);
        let is_idle = async || {
            let agents = store.agents().await.expect("the store can be read");
            let mail = store.undelivered(1).await.expect("the outbox can be read");
            mail.is_empty() && agents.iter().all(|agent| !agent.status.is_at_work())
        };
        host.until(async || is_idle().await || !store.open_asks().await.expect("the store can be read").is_empty()).await;
        let open = store.open_asks().await.expect("the store can be read");
        if open.is_empty() {
            return;
        }
        for ask in open {
            match host.handle.answer(&ask.ask.id, answer_to(&ask, numbers)).await {
                Ok(_) | Err(AskError::Settled(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    }
}

/// What the journals say about all asks.
#[derive(Default)]
struct Told {
    raised: BTreeMap<AskId, usize>,
    settled: BTreeMap<AskId, usize>,
    calls: BTreeMap<AskId, EffectId>,
    allowed: BTreeSet<EffectId>,
    finished: BTreeMap<EffectId, usize>,
}

async fn told(world: &World) -> Told {
    let mut told = Told::default();
    for stored in world.stored_events().await {
        match stored.entry().expect("an event can be read").event {
            Event::AskRaised(body) => {
                *told.raised.entry(body.ask.id.clone()).or_default() += 1;
                if let Some(AskDetail::Call { effect, .. }) = body.ask.detail {
                    told.calls.insert(body.ask.id, effect);
                }
            }
            Event::AskSettled(body) => {
                *told.settled.entry(body.ask.clone()).or_default() += 1;
                if let (Some(AskOutcome::Allowed), Some(effect)) = (body.outcome, told.calls.get(&body.ask)) {
                    told.allowed.insert(effect.clone());
                }
            }
            Event::ToolFinished(body) => *told.finished.entry(body.effect).or_default() += 1,
            _ => {}
        }
    }
    told
}

/// Every ask is raised once and settled once; what was not allowed does not happen; what was allowed happens at most once; every
/// call gets one result; and nothing waits at the end.
pub async fn random_stories_with_kills_lose_no_ask_and_no_answer(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let (mut numbers, mut message) = (Numbers(15), 0);
    for _ in 0..25 {
        part(&mut world, &mut numbers, &mut message).await;
    }
    world.ports.store = world.other_store().await;
    let host = world.start().await;
    host.say(message + 1, "done").await;
    settle_all(&world, &host, &mut numbers).await;
    host.until_idle().await;
    host.stop().await;
    let told = told(&world).await;
    assert!(told.raised.len() > 10 && told.allowed.len() > 2, "the story has asks: {}", told.raised.len());
    assert_eq!(told.raised.keys().collect::<Vec<_>>(), told.settled.keys().collect::<Vec<_>>());
    assert!(told.raised.values().chain(told.settled.values()).all(|count| *count == 1), "{:?}", told.settled);
    assert!(told.calls.values().all(|effect| told.finished.get(effect) == Some(&1)), "each call has one result");
    for (effect, count) in world.effects.by_effect() {
        assert!(count == 1 && told.allowed.contains(&effect), "{effect} happened {count} times");
    }
    assert!(world.agents().await.iter().all(|agent| agent.asks == 0));
}
