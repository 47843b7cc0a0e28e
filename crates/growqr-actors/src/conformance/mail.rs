//! Mail: bursts, order, kills, several levels of agents.

use super::TestEnvironment;
use super::world::{World, grow, message};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A recorded spawn creates its sub-agent exactly once, even if the host is killed before delivery.
pub async fn a_kill_before_delivery_creates_the_sub_agent_once(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 1: report").await;
    host.events("child_requested", 1).await;
    host.kill().await;
    let host = world.start().await;
    host.until_idle().await;
    host.stop().await;
    let agents = world.agents().await;
    assert_eq!(agents.len(), 2);
    assert_eq!(world.count(&agents[1].agent, "agent_created").await, 1);
    assert_eq!(world.count(&grow(), "mail_received").await, 1, "one report");
}

/// A report is recorded together with the end of its turn.
pub async fn a_kill_while_sub_agents_work_loses_no_report(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 3: hang").await;
    host.events("agent_created", 4).await;
    host.kill().await;
    world.release();
    let host = world.start().await;
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "mail_received").await, 3);
}

/// Twenty at once: each is created once and reports once.
pub async fn a_burst_of_sub_agents_reports_each_once(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 20: report").await;
    host.until_idle().await;
    host.stop().await;
    let agents = world.agents().await;
    assert_eq!(agents.len(), 21);
    assert_eq!(world.count(&grow(), "mail_received").await, 20);
    let bodies: BTreeSet<Vec<u8>> =
        world.stored_events().await.into_iter().filter(|event| event.kind == "mail_received").map(|event| event.body).collect();
    assert_eq!(bodies.len(), 20, "twenty different reports");
}

/// Mail arrives in the order in which it was sent.
pub async fn messages_to_a_sub_agent_arrive_in_order(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 1: report").await;
    host.until_idle().await;
    let child = world.agents().await[1].agent.clone();
    for n in 1..=8 {
        host.handle.say(&child, message(n), format!("message {n}")).await.expect("it is recorded");
    }
    host.until_idle().await;
    host.stop().await;
    let received = world.ports.store.messages(&child, None, 100).await.expect("messages");
    let received: Vec<String> = received.into_iter().map(|row| row.text).filter(|text| text.starts_with("message")).collect();
    assert_eq!(received, (1..=8).map(|n| format!("message {n}")).collect::<Vec<_>>());
}

/// Two levels: the parent reports only after its own sub-agent has reported.
pub async fn a_grandchild_reports_to_its_parent(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "spawn 1: spawn 1").await;
    host.until_idle().await;
    host.stop().await;
    let agents = world.agents().await;
    assert_eq!(agents.iter().map(|agent| agent.depth).collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2]));
    let parent = agents.iter().find(|agent| agent.depth == 1).expect("a sub-agent");
    assert_eq!(world.count(&parent.agent, "mail_received").await, 1);
    assert_eq!(world.count(&grow(), "mail_received").await, 1);
}
