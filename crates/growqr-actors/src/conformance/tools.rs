//! Tool calls: kills during a call, removed tools, and lists of tools that change.

use super::TestEnvironment;
use super::fakes::{Effects, TestExecutor};
use super::hooked_store::{AppendBehavior, HookedStore, StoreHooks};
use super::world::{RunningHost, World, grow};
use growqr_core::journal::Store;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Makes an agent call this tool, and kills the host after the call's effect and before its result is recorded.
async fn killed_in_a_call(environment: Arc<dyn TestEnvironment>, tool: &str) -> (World, RunningHost) {
    let world = World::new(environment).await;
    world.effects.never_returns.store(true, Ordering::SeqCst);
    let host = world.start().await;
    host.say(0, &format!("call {tool}")).await;
    let effects = Arc::clone(&world.effects);
    host.until(async || effects.counts() == [1]).await;
    host.kill().await;
    world.effects.never_returns.store(false, Ordering::SeqCst);
    let host = world.start().await;
    host.until_idle().await;
    (world, host)
}

/// A call without an effect is carried out again.
pub async fn a_safe_call_is_carried_out_again_after_a_kill(environment: Arc<dyn TestEnvironment>) {
    let (world, host) = killed_in_a_call(environment, "safe").await;
    host.stop().await;
    assert_eq!(world.effects.counts(), [2], "twice, under one id");
    assert_eq!(world.results(&grow()).await.len(), 1);
}

/// The executor finds the effect and returns its result; if it finds none, the call is carried out.
pub async fn a_call_that_can_be_looked_up_happens_once_despite_a_kill(environment: Arc<dyn TestEnvironment>) {
    let (world, host) = killed_in_a_call(environment, "look_up").await;
    assert_eq!((world.effects.counts(), world.effects.looked_up()), (vec![1], 1));
    assert_eq!(world.results(&grow()).await[0].content.plain(), "acted before");
    // Now a call that has not had its effect when the host is killed.
    world.effects.never_begins.store(true, Ordering::SeqCst);
    host.say(1, "call look_up").await;
    host.events("tool_started", 2).await;
    host.kill().await;
    world.effects.never_begins.store(false, Ordering::SeqCst);
    let host = world.start().await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!((world.effects.counts(), world.effects.looked_up()), (vec![1, 1], 2));
    assert_eq!(world.results(&grow()).await[1].content.plain(), "acted");
}

/// The model and the person are told that the call may have happened.
pub async fn a_call_that_cannot_be_looked_up_is_never_repeated(environment: Arc<dyn TestEnvironment>) {
    let (world, host) = killed_in_a_call(environment, "unknown").await;
    host.stop().await;
    assert_eq!(world.effects.counts(), [1]);
    let results = world.results(&grow()).await;
    assert!(results[0].is_error && results[0].content.plain().contains("may have been carried out"), "{results:?}");
}

/// The host is killed before and after each append of a turn that calls a tool. A call that can be looked up happens once, a
/// call that cannot be looked up happens at most once, and every call has one result.
pub async fn every_kind_of_call_keeps_its_guarantee_when_killed_at_any_append(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let store = Arc::clone(&world.ports.store);
    let mut messages = 0;
    for kind in ["safe", "look_up", "unknown"] {
        for side in [AppendBehavior::StopBefore, AppendBehavior::StopAfter] {
            for number in 1.. {
                let before = world.effects.counts();
                let hooked = Arc::new(HookedStore::new(
                    Arc::clone(&store),
                    StoreHooks { append: Some((number, side)), ..StoreHooks::default() },
                ));
                world.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
                let host = world.start().await;
                let is_stopped = tokio::select! {
                    () = hooked.stopped() => true,
                    () = async {
                        host.say(messages, &format!("call {kind}")).await;
                        host.until_idle().await;
                    } => false,
                };
                host.kill().await;
                world.ports.store = Arc::clone(&store);
                let host = world.start().await;
                // The sender got no acknowledgement, so it sends the message again.
                host.say(messages, &format!("call {kind}")).await;
                host.until_idle().await;
                host.stop().await;
                messages += 1;
                let happened = world.effects.counts().iter().sum::<usize>() - before.iter().sum::<usize>();
                let place = format!("{kind}, killed {side:?} append {number}");
                match kind {
                    "safe" => assert!(happened >= 1, "{place}: {happened} times"),
                    "look_up" => assert_eq!(happened, 1, "{place}"),
                    _ => assert!(happened <= 1, "{place}: {happened} times"),
                }
                assert_eq!(world.results(&grow()).await.len(), messages, "{place}: every call has one result");
                if !is_stopped {
                    break;
                }
            }
        }
    }
    assert!(messages > 20, "every append of every turn was a kill point");
}

/// A tool server that is removed in the middle of a turn does not block the turn.
pub async fn a_removed_tool_returns_an_error(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    world.effects.never_begins.store(true, Ordering::SeqCst);
    let host = world.start().await;
    host.say(0, "call safe").await;
    host.events("tool_started", 1).await;
    host.kill().await;
    world.toolbox.refresh(Vec::new());
    let host = world.start().await;
    host.until_idle().await;
    host.stop().await;
    let results = world.results(&grow()).await;
    assert!(results[0].is_error && results[0].content.plain().contains("not available"), "{results:?}");
}

/// A panic in an executor is a failed call.
pub async fn a_tool_that_panics_returns_an_error(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "call broken").await;
    host.until_idle().await;
    host.stop().await;
    let results = world.results(&grow()).await;
    assert!(results[0].is_error && results[0].content.plain().contains("internal error"), "{results:?}");
}

/// A list of tools belongs to a segment, so it changes only between turns.
pub async fn changed_tools_start_a_segment_at_the_next_turn(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    world.toolbox.refresh(Vec::new());
    let host = world.start().await;
    host.say(0, "hang").await;
    // A tool is added now: the turn under way does not get it.
    world.toolbox.refresh(vec![Arc::new(TestExecutor(Arc::new(Effects::default())))]);
    host.handle.control(&grow(), growqr_core::agent::Input::Cancel { tree: true }).await.expect("it is recorded");
    host.until_idle().await;
    assert_eq!(world.count(&grow(), "segment_started").await, 1);
    host.say(1, "call safe").await;
    host.until_idle().await;
    assert_eq!(world.count(&grow(), "segment_started").await, 2);
    host.say(2, "call safe").await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "segment_started").await, 2, "the same list is the same segment");
    let results = world.results(&grow()).await;
    assert!(results.iter().all(|result| !result.is_error) && results.len() == 2, "{results:?}");
}
