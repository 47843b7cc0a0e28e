//! Tool calls: kills during a call, removed tools, and lists of tools that change.

use super::Stage;
use super::hooked::{AppendFate, Hook, Hooked};
use super::played::{Acting, Effects};
use super::world::{Scene, World, grow};
use growqr_core::journal::Store;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Makes an agent call this tool, and kills the host after the call's effect and before its result is recorded.
async fn killed_in_a_call(stage: Arc<dyn Stage>, tool: &str) -> (World, Scene) {
    let world = World::new(stage).await;
    world.effects.never_returns.store(true, Ordering::SeqCst);
    let scene = world.start().await;
    scene.say(0, &format!("call {tool}")).await;
    let effects = Arc::clone(&world.effects);
    scene.until(async || effects.counts() == [1]).await;
    scene.kill().await;
    world.effects.never_returns.store(false, Ordering::SeqCst);
    let scene = world.start().await;
    scene.all_quiet().await;
    (world, scene)
}

/// A call without an effect is carried out again.
pub async fn a_safe_call_is_carried_out_again_after_a_kill(stage: Arc<dyn Stage>) {
    let (world, scene) = killed_in_a_call(stage, "safe").await;
    scene.stop().await;
    assert_eq!(world.effects.counts(), [2], "twice, under one id");
    assert_eq!(world.results(&grow()).await.len(), 1);
}

/// The executor finds the effect and returns its result; if it finds none, the call is carried out.
pub async fn a_call_that_can_be_looked_up_happens_once_over_a_kill(stage: Arc<dyn Stage>) {
    let (world, scene) = killed_in_a_call(stage, "look_up").await;
    assert_eq!((world.effects.counts(), world.effects.looked_up()), (vec![1], 1));
    assert_eq!(world.results(&grow()).await[0].content.plain(), "acted before");
    // Now a call that has not had its effect when the host is killed.
    world.effects.never_begins.store(true, Ordering::SeqCst);
    scene.say(1, "call look_up").await;
    scene.events("tool_started", 2).await;
    scene.kill().await;
    world.effects.never_begins.store(false, Ordering::SeqCst);
    let scene = world.start().await;
    scene.all_quiet().await;
    scene.stop().await;
    assert_eq!((world.effects.counts(), world.effects.looked_up()), (vec![1, 1], 2));
    assert_eq!(world.results(&grow()).await[1].content.plain(), "acted");
}

/// The model and the person are told that the call may have happened.
pub async fn a_call_that_nobody_can_look_up_is_never_repeated(stage: Arc<dyn Stage>) {
    let (world, scene) = killed_in_a_call(stage, "unknown").await;
    scene.stop().await;
    assert_eq!(world.effects.counts(), [1]);
    let results = world.results(&grow()).await;
    assert!(results[0].is_error && results[0].content.plain().contains("may have been carried out"), "{results:?}");
}

/// The host is killed before and after each append of a turn that calls a tool. A call that can be looked up happens once, a
/// call that cannot be looked up happens at most once, and every call has one result.
pub async fn calls_of_every_kind_keep_their_promise_when_killed_at_every_append(stage: Arc<dyn Stage>) {
    let mut world = World::new(stage).await;
    let store = Arc::clone(&world.ports.store);
    let mut messages = 0;
    for kind in ["safe", "look_up", "unknown"] {
        for side in [AppendFate::StopBefore, AppendFate::StopAfter] {
            for number in 1.. {
                let before = world.effects.counts();
                let hooked = Arc::new(Hooked::new(Arc::clone(&store), Hook { append: Some((number, side)), ..Hook::default() }));
                world.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
                let scene = world.start().await;
                let is_stopped = tokio::select! {
                    () = hooked.stopped() => true,
                    () = async {
                        scene.say(messages, &format!("call {kind}")).await;
                        scene.all_quiet().await;
                    } => false,
                };
                scene.kill().await;
                world.ports.store = Arc::clone(&store);
                let scene = world.start().await;
                // The sender got no acknowledgement, so it sends the message again.
                scene.say(messages, &format!("call {kind}")).await;
                scene.all_quiet().await;
                scene.stop().await;
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
    assert!(messages > 20, "every turn has several appends, and each was a place to be killed at");
}

/// A tool server that is removed in the middle of a turn does not block the turn.
pub async fn a_tool_that_is_gone_answers_with_an_error(stage: Arc<dyn Stage>) {
    let world = World::new(stage).await;
    world.effects.never_begins.store(true, Ordering::SeqCst);
    let scene = world.start().await;
    scene.say(0, "call safe").await;
    scene.events("tool_started", 1).await;
    scene.kill().await;
    world.toolbox.refresh(Vec::new());
    let scene = world.start().await;
    scene.all_quiet().await;
    scene.stop().await;
    let results = world.results(&grow()).await;
    assert!(results[0].is_error && results[0].content.plain().contains("not available"), "{results:?}");
}

/// A panic in an executor is a failed call.
pub async fn a_tool_that_panics_answers_with_an_error(stage: Arc<dyn Stage>) {
    let world = World::new(stage).await;
    let scene = world.start().await;
    scene.say(0, "call broken").await;
    scene.all_quiet().await;
    scene.stop().await;
    let results = world.results(&grow()).await;
    assert!(results[0].is_error && results[0].content.plain().contains("broke"), "{results:?}");
}

/// A list of tools belongs to a segment, so it changes only between turns.
pub async fn tools_that_change_begin_a_segment_at_the_next_turn(stage: Arc<dyn Stage>) {
    let world = World::new(stage).await;
    world.toolbox.refresh(Vec::new());
    let scene = world.start().await;
    scene.say(0, "hang").await;
    // A tool is added now: the turn under way does not get it.
    world.toolbox.refresh(vec![Arc::new(Acting(Arc::new(Effects::default())))]);
    scene.host.cancel(&grow()).await.expect("it is recorded");
    scene.all_quiet().await;
    assert_eq!(world.count(&grow(), "segment_started").await, 1);
    scene.say(1, "call safe").await;
    scene.all_quiet().await;
    assert_eq!(world.count(&grow(), "segment_started").await, 2);
    scene.say(2, "call safe").await;
    scene.all_quiet().await;
    scene.stop().await;
    assert_eq!(world.count(&grow(), "segment_started").await, 2, "the same list is the same segment");
    let results = world.results(&grow()).await;
    assert!(results.iter().all(|result| !result.is_error) && results.len() == 2, "{results:?}");
}
