//! Lifecycle: sleep and wake, stop and kill, and a second writer.

use super::TestEnvironment;
use super::world::{World, grow, message};
use crate::{PostError, load, record};
use growqr_core::agent::Input;
use growqr_core::journal::StoreError;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// An agent loses nothing by sleeping, and saves a snapshot before it sleeps.
pub async fn an_agent_resumes_its_state_after_sleep(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    for n in 0..3 {
        host.say(n, &format!("message {n}")).await;
        host.until_idle().await;
        let seq = world.agents().await[0].seq;
        let store = &world.ports.store;
        host.until(async || {
            let snapshot = store.snapshot(&grow()).await.expect("the store can be read");
            snapshot.is_some_and(|snapshot| snapshot.head.seq >= seq)
        })
        .await;
    }
    host.stop().await;
    let loaded = load(&*world.ports.store, &grow()).await.expect("the store can be read");
    assert!(loaded.snapshot_seq.0 > 0 && loaded.state.turn() == 3);
}

/// The sender does not need to know whether an agent sleeps.
pub async fn a_message_to_a_sleeping_agent_wakes_it(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 1: report").await;
    host.until_idle().await;
    host.stop().await;
    let host = world.start().await;
    let child = world.agents().await[1].agent.clone();
    host.handle.say(&child, message(1), "and again".to_owned()).await.expect("it is recorded");
    host.events("turn_ended", 4).await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&child, "turn_ended").await, 2);
}

/// A wake alone is no input, so it records no event.
pub async fn waking_an_agent_that_has_nothing_to_do_records_nothing(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hello").await;
    host.until_idle().await;
    let before = world.stored_events().await.len();
    for _ in 0..3 {
        host.placement.wake(&grow()).await.expect("it is woken");
    }
    // The inbox is ordered: once this input is processed, the wakes before it are too.
    host.placement.post(&grow(), Input::Cancel { tree: true }).await.expect("it is processed");
    host.stop().await;
    assert_eq!(world.stored_events().await.len(), before);
}

/// Another process records work for an agent. The agent resumes it as soon as it is woken.
pub async fn waking_an_agent_resumes_its_open_work(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    record(&world.ports, &grow(), Input::Created).await.expect("it is recorded");
    let host = world.start().await;
    let said = Input::Said { id: message(0), text: "hello".to_owned(), attachments: Vec::new() };
    record(&world.ports, &grow(), said).await.expect("it is recorded");
    host.placement.wake(&grow()).await.expect("it is woken");
    host.events("turn_ended", 1).await;
    host.stop().await;
}

/// An orderly stop records that the call was interrupted, and the most that it can have cost.
pub async fn a_stop_during_a_model_call_is_recorded_and_the_call_is_made_again(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hang").await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "model_failed").await, 1);
    world.release();
    let host = world.start().await;
    host.events("turn_ended", 1).await;
    host.stop().await;
    assert_eq!((world.count(&grow(), "model_requested").await, world.count(&grow(), "model_answered").await), (2, 1));
}

/// The program's exit never waits for a model.
pub async fn a_stop_does_not_wait_for_a_model_that_never_answers(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 3: hang").await;
    host.events("agent_created", 4).await;
    // If the stop waits, the timeout in `stop` fails the test.
    host.stop().await;
}

/// After the stop, nothing more is recorded.
pub async fn a_stopped_host_refuses_messages_and_can_be_stopped_again(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hello").await;
    host.until_idle().await;
    host.handle.stop().await;
    let before = world.stored_events().await.len();
    let refused = host.handle.say(&grow(), message(1), "too late".to_owned()).await;
    assert!(matches!(refused, Err(PostError::Stopping)), "{refused:?}");
    host.handle.stop().await;
    assert_eq!(world.stored_events().await.len(), before);
}

/// An acknowledged message is durable.
pub async fn acknowledged_messages_survive_a_kill(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    for n in 0..5 {
        host.say(n, "hello").await;
    }
    host.kill().await;
    assert_eq!(world.count(&grow(), "user_said").await, 5);
    let host = world.start().await;
    host.say(5, "and again").await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "user_said").await, 6);
}

/// The model call that a kill interrupted counts against the budget and is made once more.
pub async fn a_kill_during_a_model_call_costs_one_attempt_and_the_turn_ends_once(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hang").await;
    let script = Arc::clone(&world.script);
    host.until(async || script.calls.load(Ordering::SeqCst) == 1).await;
    host.kill().await;
    world.release();
    let host = world.start().await;
    host.events("turn_ended", 1).await;
    host.stop().await;
    let counts = [
        world.count(&grow(), "model_requested").await,
        world.count(&grow(), "model_failed").await,
        world.count(&grow(), "model_answered").await,
        world.count(&grow(), "turn_ended").await,
    ];
    assert_eq!(counts, [2, 1, 1, 1]);
}

/// Six kills at arbitrary times.
pub async fn many_kills_in_a_row_end_in_one_answer(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 2: report").await;
    host.kill().await;
    for _ in 0..6 {
        let host = world.start().await;
        tokio::task::yield_now().await;
        host.kill().await;
    }
    let host = world.start().await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "child_requested").await, 2);
    assert_eq!(world.agents().await.len(), 3);
    for agent in world.agents().await {
        assert_eq!(world.count(&agent.agent, "agent_created").await, 1);
        assert!(!agent.status.is_at_work());
    }
}

/// Another process appends first, so the agent's own append fails; the agent must reload the journal before it continues.
pub async fn an_agent_loads_again_after_a_second_writer_and_nothing_is_lost(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    // With a short idle time the agent would sleep, reload the journal on waking, and see no conflict.
    world.config.idle = std::time::Duration::from_secs(600);
    let host = world.start().await;
    host.say(0, "hello").await;
    host.until_idle().await;
    let mut other_ports = world.ports.clone();
    other_ports.store = world.other_store().await;
    let said = Input::Said { id: message(1), text: "from beside".to_owned(), attachments: Vec::new() };
    record(&other_ports, &grow(), said).await.expect("it is recorded");
    let refused = host.handle.say(&grow(), message(2), "from the host".to_owned()).await;
    assert!(matches!(refused, Err(PostError::Store { source: StoreError::Conflict { .. }, .. })), "{refused:?}");
    host.say(2, "from the host").await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "user_said").await, 3);
}
