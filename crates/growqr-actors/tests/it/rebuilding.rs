//! The views that the host wrote are the same as those rebuilt from the journal.

use crate::world::{World, calls, message, says, turns_ended};
use growqr_actors::{Rebuilt, rebuild};
use growqr_core::id::AgentId;
use growqr_core::rebuild::Differences;
use serde_json::json;

#[tokio::test]
async fn rebuilt_views_equal_the_views_that_the_host_wrote() {
    let world = World::new(|last| match last {
        last if last.contains("<task") => says("the task is done"),
        last if last.contains("is at work") => calls("wait_for_sub_agents", json!({})),
        last if last.contains("the task is done") => says("good"),
        _ => calls("spawn_sub_agent", json!({"name": "s", "task": "t"})),
    })
    .await;
    let host = world.host().await;
    let mut notifications = host.subscribe();
    host.say(&AgentId::grow(), message(0), "hello".to_owned()).await.unwrap();
    turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    host.stop().await;
    let (store, target) = world.for_rebuilding().await;
    let events = store.position().await.unwrap().0;
    let rebuilt = rebuild(&*store, &*target).await.unwrap();
    assert_eq!(rebuilt, Rebuilt { agents: 2, events, differences: Differences::default(), orphans: 0 });
}
