//! More sub-agents than may work at once: they wait, and each works once.

use super::TestEnvironment;
use super::world::{RunningHost, World, grow, message};
use growqr_core::agent::Input;
use growqr_core::ask::Answer;
use growqr_core::id::AgentId;
use growqr_core::journal::Status;
use std::sync::Arc;
use std::sync::atomic::Ordering;

async fn world_with(environment: Arc<dyn TestEnvironment>, at_once: usize) -> World {
    let world = World::new(environment).await;
    world.script.at_once.store(at_once, Ordering::SeqCst);
    world
}

/// The sub-agents with this status, in the order of their creation.
async fn with_status(world: &World, status: Status) -> Vec<AgentId> {
    let agents = world.agents().await.into_iter().filter(|agent| agent.depth > 0 && agent.status == status);
    agents.map(|agent| agent.agent).collect()
}

async fn until_queued(host: &RunningHost, world: &World, thinking: usize, queued: usize) {
    host.until(async || {
        with_status(world, Status::Thinking).await.len() == thinking && with_status(world, Status::Queued).await.len() == queued
    })
    .await;
}

/// None is refused, and no more than the limit work at the same time.
pub async fn sub_agents_beyond_the_limit_wait_and_each_reports_once(environment: Arc<dyn TestEnvironment>) {
    let world = world_with(environment, 2).await;
    let host = world.start().await;
    host.say(0, "spawn 7: later").await;
    until_queued(&host, &world, 2, 5).await;
    world.release();
    host.until_idle().await;
    host.stop().await;
    assert_eq!(with_status(&world, Status::Done).await.len(), 7);
    assert_eq!(world.count(&grow(), "mail_received").await, 7);
    assert_eq!(world.script.most_working.load(Ordering::SeqCst), 2);
}

/// A queued sub-agent has spent nothing, so a kill costs it nothing; afterwards they begin in the order of their creation.
pub async fn a_kill_keeps_the_queue_and_its_order(environment: Arc<dyn TestEnvironment>) {
    let world = world_with(environment, 1).await;
    let host = world.start().await;
    host.say(0, "spawn 4: later").await;
    until_queued(&host, &world, 1, 3).await;
    let queued = with_status(&world, Status::Queued).await;
    host.kill().await;
    let host = world.start().await;
    until_queued(&host, &world, 1, 3).await;
    assert_eq!(with_status(&world, Status::Queued).await, queued);
    world.release();
    host.until_idle().await;
    host.stop().await;
    let events = world.stored_events().await;
    let begun: Vec<AgentId> = events
        .iter()
        .filter(|event| event.kind == "turn_started" && queued.contains(&event.agent))
        .map(|event| event.agent.clone())
        .collect();
    assert_eq!(begun, queued);
    for agent in &queued {
        assert_eq!((world.count(agent, "model_failed").await, world.count(agent, "model_requested").await), (0, 1));
    }
    assert_eq!(world.script.most_working.load(Ordering::SeqCst), 1);
}

/// Its parent gets a report, and no model is called for it.
pub async fn a_queued_sub_agent_can_be_cancelled(environment: Arc<dyn TestEnvironment>) {
    let world = world_with(environment, 1).await;
    let host = world.start().await;
    host.say(0, "spawn 3: later").await;
    until_queued(&host, &world, 1, 2).await;
    let queued = with_status(&world, Status::Queued).await;
    host.handle.control(&queued[0], Input::Cancel { tree: true }).await.expect("it is recorded");
    host.until(async || with_status(&world, Status::Cancelled).await == queued[..1]).await;
    host.handle.say(&queued[1], message(1), "hurry".to_owned()).await.expect("it is recorded");
    world.release();
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&queued[0], "model_requested").await, 0);
    assert_eq!(with_status(&world, Status::Done).await.len(), 2);
    assert_eq!(world.script.most_working.load(Ordering::SeqCst), 1);
}

/// The whole tree can be cancelled while most of it waits.
pub async fn a_cancel_reaches_queued_sub_agents(environment: Arc<dyn TestEnvironment>) {
    let world = world_with(environment, 1).await;
    let host = world.start().await;
    host.say(0, "spawn 5: hang").await;
    until_queued(&host, &world, 1, 4).await;
    host.handle.control(&grow(), Input::Cancel { tree: true }).await.expect("it is recorded");
    host.until_idle().await;
    host.stop().await;
    assert_eq!(with_status(&world, Status::Cancelled).await.len(), 5);
}

/// A sub-agent that waits for its own sub-agents takes no place from them.
pub async fn sub_agents_that_wait_for_their_own_do_not_hold_them_up(environment: Arc<dyn TestEnvironment>) {
    let world = world_with(environment, 1).await;
    let host = world.start().await;
    host.say(0, "spawn 3: spawn 2: report").await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!(with_status(&world, Status::Done).await.len(), 9);
}

/// A sub-agent whose store fails gives its place to the next one.
pub async fn a_sub_agent_in_trouble_does_not_hold_up_the_queue(environment: Arc<dyn TestEnvironment>) {
    let mut world = world_with(environment, 1).await;
    let store = world.hook_store();
    let host = world.start().await;
    host.say(0, "spawn 2: later").await;
    until_queued(&host, &world, 1, 1).await;
    let first = with_status(&world, Status::Thinking).await.remove(0);
    store.fail(Some(first.clone()), || growqr_core::journal::StoreError::DiskFull);
    world.release();
    host.until(async || with_status(&world, Status::Done).await.len() == 1).await;
    store.heal();
    host.until_idle().await;
    host.healthy().await;
    host.stop().await;
    assert_eq!(world.count(&first, "model_requested").await, 1);
}

/// A session that waits for the person gives its place to the next sub-agent, also after a restart, and goes on at once.
pub async fn a_session_that_waits_for_the_person_does_not_hold_up_the_queue(environment: Arc<dyn TestEnvironment>) {
    let world = world_with(environment, 1).await;
    let host = world.start().await;
    host.say(0, "work 3: ask 1").await;
    let store = Arc::clone(&world.ports.store);
    let asks = async || store.open_asks().await.expect("the store can be read");
    host.until(async || asks().await.len() == 3).await;
    assert_eq!(with_status(&world, Status::Working).await.len(), 3, "its status does not change");
    host.kill().await;
    let host = world.start().await;
    host.say(1, "spawn 1: report").await;
    host.until(async || with_status(&world, Status::Done).await.len() == 1).await;
    for open in asks().await {
        let allow = Answer { option: Some("allow".to_owned()), ..Answer::default() };
        host.handle.answer(&open.ask.id, Some(allow)).await.expect("it is recorded");
    }
    host.until_idle().await;
    host.stop().await;
    assert_eq!(with_status(&world, Status::Done).await.len(), 4);
}
