//! A connection that breaks right after the database has done what it was asked: whether it has is then unclear.

use crate::world::{World, calls, message, says, turns_ended};
use async_trait::async_trait;
use growqr_core::agent::State;
use growqr_core::clock::Timestamp;
use growqr_core::event::Entry;
use growqr_core::id::{AgentId, EffectId, Position, SegmentHash, Seq};
use growqr_core::journal::{
    AgentView, Append, Appended, Head, Journal, Line, MessageView, Outbox, Records, Settings, Snapshot, Store, StoreError, User,
    Users,
};
use growqr_core::mail::Mail;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every second append is done, and said to have failed.
struct Torn {
    store: Arc<dyn Store>,
    appends: AtomicUsize,
}

#[async_trait]
impl Journal for Torn {
    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let appended = self.store.append(append).await?;
        if self.appends.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
            return Err(StoreError::Unreachable("the connection broke".to_owned()));
        }
        Ok(appended)
    }

    async fn entries(&self, agent: &AgentId, after: Seq, limit: u32) -> Result<(Vec<Entry>, Option<Head>), StoreError> {
        self.store.entries(agent, after, limit).await
    }

    async fn segment(&self, hash: &SegmentHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.segment(hash).await
    }

    async fn save_snapshot(&self, agent: &AgentId, snapshot: Snapshot) -> Result<(), StoreError> {
        self.store.save_snapshot(agent, snapshot).await
    }

    async fn snapshot(&self, agent: &AgentId) -> Result<Option<Snapshot>, StoreError> {
        self.store.snapshot(agent).await
    }
}

#[async_trait]
impl Outbox for Torn {
    async fn waiting(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        self.store.waiting(limit).await
    }

    async fn delivered(&self, ids: &[EffectId]) -> Result<(), StoreError> {
        self.store.delivered(ids).await
    }
}

#[async_trait]
impl Records for Torn {
    async fn agents(&self) -> Result<Vec<AgentView>, StoreError> {
        self.store.agents().await
    }

    async fn agent(&self, id: &AgentId) -> Result<Option<AgentView>, StoreError> {
        self.store.agent(id).await
    }

    async fn lines(&self, after: Position, agent: Option<&AgentId>, limit: u32) -> Result<Vec<Line>, StoreError> {
        self.store.lines(after, agent, limit).await
    }

    async fn lines_before(&self, before: Option<Position>, agent: Option<&AgentId>, limit: u32) -> Result<Vec<Line>, StoreError> {
        self.store.lines_before(before, agent, limit).await
    }

    async fn position(&self) -> Result<Position, StoreError> {
        self.store.position().await
    }

    async fn messages(&self, agent: &AgentId, before: Option<Seq>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        self.store.messages(agent, before, limit).await
    }

    async fn search(&self, text: &str, agent: Option<&AgentId>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        self.store.search(text, agent, limit).await
    }
}

#[async_trait]
impl Settings for Torn {
    async fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.store.settings().await
    }

    async fn set(&self, name: &str, value: Option<&str>, at: Timestamp) -> Result<(), StoreError> {
        self.store.set(name, value, at).await
    }
}

#[async_trait]
impl Users for Torn {
    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.store.users().await
    }

    async fn save_user(&self, user: &User) -> Result<(), StoreError> {
        self.store.save_user(user).await
    }
}

fn looks_then_says(last: &str) -> serde_json::Value {
    if last.contains("look") { calls("list_memory", json!({})) } else { says("seen") }
}

#[tokio::test]
async fn what_was_recorded_when_the_connection_broke_is_taken_up_and_told_once() {
    let mut world = World::new(looks_then_says).await;
    let store = Arc::clone(&world.ports.store);
    world.ports.store = Arc::new(Torn { store: Arc::clone(&store), appends: AtomicUsize::new(0) });
    let host = world.host().await;
    let mut happened = host.subscribe();
    for n in 0..4 {
        // A person who is told that it failed says it again; the id is the same.
        while host.say(&AgentId::grow(), message(n), format!("look {n}")).await.is_err() {}
        turns_ended(&mut happened, &AgentId::grow(), 1).await;
    }
    host.stop().await;
    let lines = store.lines(Position(0), None, 1_000).await.unwrap();
    let count = |kind: &str| lines.iter().filter(|line| line.kind == kind).count();
    assert_eq!((count("user_said"), count("tool_finished"), count("turn_ended"), count("model_failed")), (4, 4, 4, 0));
    let loaded = growqr_actors::load(&*store, &AgentId::grow()).await.unwrap();
    assert!(loaded.state != State::new(AgentId::grow()) && !loaded.state.is_at_work());
}

#[tokio::test]
async fn what_was_recorded_goes_on_although_nobody_says_it_again() {
    let mut world = World::new(looks_then_says).await;
    let store = Arc::clone(&world.ports.store);
    world.ports.store = Arc::new(Torn { store: Arc::clone(&store), appends: AtomicUsize::new(0) });
    let host = world.host().await;
    let mut happened = host.subscribe();
    assert!(host.say(&AgentId::grow(), message(0), "look".to_owned()).await.is_err(), "the second append is said to have failed");
    turns_ended(&mut happened, &AgentId::grow(), 1).await;
    host.stop().await;
}
