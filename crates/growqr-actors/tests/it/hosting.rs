//! The local host: sleep and wake, full inboxes, second writers, mail, stopping.

use crate::world::{World, calls, message, says, turns_ended};
use growqr_actors::{Notification, PostError, load};
use growqr_core::agent::Input;
use growqr_core::event::Event;
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::{Append, StoreError, View};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_agent_resumes_its_state_after_sleep() {
    let world = World::new(|_| says("heard")).await;
    let host = world.host().await;
    let mut notifications = host.subscribe();
    for n in 0..3 {
        host.say(&AgentId::grow(), message(n), format!("message {n}")).await.unwrap();
        turns_ended(&mut notifications, &AgentId::grow(), 1).await;
        let seq = world.ports.store.agent(&AgentId::grow()).await.unwrap().unwrap().seq;
        // An agent saves a snapshot of its last state when it goes to sleep; nothing visible happens earlier.
        while world.ports.store.snapshot(&AgentId::grow()).await.unwrap().is_none_or(|snapshot| snapshot.head.seq < seq) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    host.stop().await;
    assert_eq!(world.ports.store.messages(&AgentId::grow(), None, 10).await.unwrap().len(), 6);
    let loaded = load(&*world.ports.store, &AgentId::grow()).await.unwrap();
    assert!(loaded.snapshot_seq.0 > 0 && loaded.state.turn() == 3);
}

#[tokio::test]
async fn an_agent_that_never_sleeps_saves_snapshots_too() {
    let mut world = World::new(|_| says("heard")).await;
    (world.config.idle, world.config.snapshot_every) = (Duration::from_secs(3_600), 10);
    let host = world.host().await;
    let mut notifications = host.subscribe();
    for n in 0..8 {
        host.say(&AgentId::grow(), message(n), format!("message {n}")).await.unwrap();
        turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    }
    let seq = world.ports.store.agent(&AgentId::grow()).await.unwrap().unwrap().seq;
    let saved = async || world.ports.store.snapshot(&AgentId::grow()).await.unwrap().map_or(0, |snapshot| snapshot.head.seq.0);
    while saved().await + 15 < seq.0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let loaded = load(&*world.ports.store, &AgentId::grow()).await.unwrap();
    assert!(loaded.snapshot_seq.0 > 0 && loaded.state.turn() == 8);
    host.stop().await;
}

#[tokio::test]
async fn many_messages_at_once_are_all_recorded_or_refused() {
    let world = World::new(|_| says("heard")).await;
    let host = world.host().await;
    let mut said = tokio::task::JoinSet::new();
    for n in 0..100 {
        let host = host.clone();
        said.spawn(async move { host.say(&AgentId::grow(), message(n), format!("message {n}")).await });
    }
    let mut recorded = 0;
    for result in said.join_all().await {
        match result {
            Ok(_) => recorded += 1,
            Err(PostError::Overloaded(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    host.stop().await;
    let events = world.ports.store.events(Position(0), None, 1_000).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "user_said").count(), recorded);
}

#[tokio::test]
async fn a_second_writer_stops_the_agent_and_no_event_is_lost() {
    let mut world = World::new(|_| says("heard")).await;
    // With a short idle time the agent would sleep, reload the journal on waking, and see no conflict.
    world.config.idle = Duration::from_secs(60);
    let host = world.host().await;
    let mut notifications = host.subscribe();
    host.say(&AgentId::grow(), message(0), "hello".to_owned()).await.unwrap();
    turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    let other = world.other_store().await;
    let loaded = load(&*other, &AgentId::grow()).await.unwrap();
    let event = Event::CancelRequested(growqr_core::event::CancelRequested { by_person: true });
    let mut view = loaded.state.view();
    view.seq = view.seq.next();
    let append = Append {
        head: loaded.head,
        at: growqr_core::clock::Timestamp(9),
        events: vec![event],
        agent: view.agent.clone(),
        views: vec![View::Agent(view)],
        segment: None,
    };
    other.append(append).await.unwrap();
    let refused = host.say(&AgentId::grow(), message(1), "again".to_owned()).await.unwrap_err();
    assert!(matches!(refused, PostError::Store { source: StoreError::Conflict { .. }, .. }), "{refused}");
    host.say(&AgentId::grow(), message(1), "again".to_owned()).await.unwrap();
    turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    host.stop().await;
}

#[tokio::test]
async fn a_sub_agent_works_and_reports_through_the_outbox() {
    let world = World::new(|last| match last {
        last if last.contains("<task") => says("the task is done"),
        last if last.contains("is at work") => calls("wait_for_sub_agents", json!({})),
        last if last.contains("the task is done") => says("good"),
        _ => calls("spawn_sub_agent", json!({"name": "s", "task": "t"})),
    })
    .await;
    let host = world.host().await;
    let mut notifications = host.subscribe();
    host.say(&AgentId::grow(), message(0), "delegate".to_owned()).await.unwrap();
    turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    host.stop().await;
    let agents = world.ports.store.agents().await.unwrap();
    assert_eq!(agents.len(), 2);
    // Delivered mail is marked before or after the stop; once it is marked, the outbox no longer returns it.
    let host = world.host().await;
    while !world.ports.store.undelivered(10).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    host.stop().await;
    assert_eq!(
        world
            .ports
            .store
            .events(Position(0), None, 1_000)
            .await
            .unwrap()
            .iter()
            .filter(|event| event.kind == "mail_received")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_change_whose_objects_were_removed_by_git_is_prepared_and_committed_again() {
    let mut world = World::new(|last| match last {
        last if last.contains("committed") => says("noted"),
        _ => calls("commit_memory", json!({"path": "a.md", "content": "one\n", "message": "Note it"})),
    })
    .await;
    world.collect_garbage_before_first_commit();
    let host = world.host().await;
    let mut notifications = host.subscribe();
    host.say(&AgentId::grow(), message(0), "note it".to_owned()).await.unwrap();
    turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    host.stop().await;
    assert_eq!(world.ports.memory.read("a.md").unwrap().content, "one\n");
    let last = world.ports.store.messages(&AgentId::grow(), None, 10).await.unwrap().pop().unwrap();
    assert_eq!(last.text, "noted");
}

#[tokio::test]
async fn a_model_call_that_a_stop_interrupted_is_resumed_by_the_next_host() {
    let world = World::new(|_| says("heard")).await;
    let host = world.host().await;
    host.say(&AgentId::grow(), message(0), "wait for ever".to_owned()).await.unwrap();
    host.stop().await;
    assert!(matches!(host.say(&AgentId::grow(), message(1), "late".to_owned()).await, Err(PostError::Stopping)));
    let host = world.host().await;
    let mut notifications = host.subscribe();
    host.control(&AgentId::grow(), Input::Cancel { tree: true }).await.unwrap();
    turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    host.say(&AgentId::grow(), message(1), "and now?".to_owned()).await.unwrap();
    host.stop().await;
}

#[tokio::test]
async fn an_unknown_agent_is_not_woken() {
    let world = World::new(|_| says("heard")).await;
    let host = world.host().await;
    let unknown = host.control(&AgentId::new("nobody"), Input::Cancel { tree: true }).await.unwrap_err();
    assert!(matches!(unknown, PostError::Unknown(_)));
    host.stop().await;
    assert!(world.ports.store.agents().await.unwrap().is_empty());
}

#[tokio::test]
async fn events_are_published_in_the_order_of_the_journal() {
    let world = World::new(|_| says("heard")).await;
    let host = world.host().await;
    let mut notifications = host.subscribe();
    host.say(&AgentId::grow(), message(0), "hello".to_owned()).await.unwrap();
    host.stop().await;
    let mut next = 1;
    while let Ok(Notification::Recorded(recorded)) = notifications.try_recv() {
        assert_eq!(recorded.position, Position(next));
        next += recorded.entries.len() as u64;
    }
    assert!(next > 4);
}
