//! A follower that repeatedly reads the events after the last position it saw misses none, even with concurrent writers.

use super::on_both;
use crate::fixtures::{World, say};
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::Head;

on_both! {
    async fn a_follower_sees_every_position_once_and_in_order(world: World) {
        const WRITERS: u64 = 8;
        const APPENDS: u64 = 30;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            // Each writer has its own connections, like a separate process.
            let store = world.store().await;
            writers.spawn(async move {
                let (agent, mut head) = (AgentId::new(format!("a-{writer}")), Head::default());
                for turn in 0..APPENDS {
                    head = say(&*store, &agent, head, &turn.to_string()).await.unwrap().head;
                }
            });
        }
        let (reader, mut seen) = (world.store().await, Position(0));
        while seen.0 < WRITERS * APPENDS {
            for event in reader.events(seen, None, 7).await.unwrap() {
                assert_eq!(event.position.0, seen.0 + 1, "a position became visible out of order");
                seen = event.position;
            }
            tokio::task::yield_now().await;
        }
        writers.join_all().await;
        assert_eq!(reader.position().await.unwrap(), seen);
    }
}
