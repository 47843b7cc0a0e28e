//! Messages: exactly once, and in order.

use super::TestEnvironment;
use super::world::{World, grow, message};
use crate::{Notification, PostError};
use growqr_core::agent::Input;
use growqr_core::event::Event;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::mail::{Mail, MailBody, SpawnRequest};
use growqr_core::money::Money;
use growqr_core::workbench::Mind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When the sender gets the acknowledgement, the message is durable; it is answered afterwards.
pub async fn a_message_is_recorded_when_it_is_acknowledged_and_answered_afterwards(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hello").await;
    assert_eq!(world.count(&grow(), "user_said").await, 1);
    host.until_idle().await;
    let messages = world.ports.store.messages(&grow(), None, 10).await.expect("messages");
    assert_eq!(messages.iter().map(|message| &*message.text).collect::<Vec<_>>(), ["hello", "done: hello"]);
    host.stop().await;
}

/// The id identifies a message.
pub async fn the_same_message_twice_is_one_message(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hello").await;
    host.say(0, "hello").await;
    host.until_idle().await;
    host.stop().await;
    let host = world.start().await;
    host.say(0, "hello").await;
    host.stop().await;
    assert_eq!((world.count(&grow(), "user_said").await, world.count(&grow(), "turn_ended").await), (1, 1));
}

/// The same, with concurrent senders.
pub async fn the_same_message_from_many_senders_at_once_is_one_message(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let host = host.handle.clone();
        senders.spawn(async move { host.say(&grow(), message(0), "hello".to_owned()).await.is_ok() });
    }
    assert!(senders.join_all().await.into_iter().all(|is_recorded| is_recorded));
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "user_said").await, 1);
}

/// Mail is delivered at least once; the receiver processes each id once.
pub async fn the_same_mail_twice_is_received_once(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "hello").await;
    let child = AgentId::new("a-1");
    let birth = SpawnRequest {
        name: "twin".to_owned(),
        task: "report".to_owned(),
        allowance: Money::usd(1),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let mail = Mail { id: EffectId::new("spawn"), from: grow(), to: child.clone(), body: MailBody::Spawn(birth) };
    for _ in 0..3 {
        host.placement.post(&child, Input::Mail(mail.clone())).await.expect("it is received");
    }
    host.until_idle().await;
    host.stop().await;
    assert_eq!((world.count(&child, "agent_created").await, world.count(&child, "turn_ended").await), (1, 1));
}

/// The messages that one sender posts in sequence are recorded in that order.
pub async fn messages_are_recorded_in_the_order_in_which_they_were_posted(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    for n in 0..10 {
        host.say(n, &format!("message {n}")).await;
    }
    host.until_idle().await;
    host.stop().await;
    let said: Vec<String> = world
        .stored_events()
        .await
        .iter()
        .filter_map(|stored| match Event::decode(&stored.kind, stored.schema_version, &stored.body) {
            Ok(Event::UserSaid(body)) => Some(body.text),
            _ => None,
        })
        .collect();
    assert_eq!(said, (0..10).map(|n| format!("message {n}")).collect::<Vec<_>>());
}

/// A subscriber receives every event of each agent once, without a gap, as it is in the journal.
pub async fn the_events_of_an_agent_are_published_once_and_in_order(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let mut notifications = host.subscribe();
    for n in 0..5 {
        host.say(n, "spawn 2: report").await;
        host.until_idle().await;
    }
    host.stop().await;
    let mut published: BTreeMap<AgentId, Vec<u64>> = BTreeMap::new();
    let mut positions = Vec::new();
    while let Ok(notification) = notifications.try_recv() {
        if let Notification::Recorded(recorded) = notification {
            let first = recorded.position.0;
            positions.extend((first..).take(recorded.entries.len()));
            let seqs = published.entry(recorded.view.agent.clone()).or_default();
            seqs.extend(recorded.entries.iter().map(|entry| entry.seq.0));
        }
    }
    for (agent, seqs) in published {
        let first = seqs[0];
        let last = world.ports.store.agent(&agent).await.expect("the store can be read").expect("an agent").seq.0;
        assert_eq!(seqs, (first..=last).collect::<Vec<_>>(), "{agent}");
    }
    positions.sort_unstable();
    positions.dedup();
    let all = world.stored_events().await;
    let last = all.last().expect("events").position.0;
    assert_eq!(positions, (positions[0]..=last).collect::<Vec<_>>(), "every position is published once");
}

/// A message that arrives during a tool call belongs to the same turn.
pub async fn a_message_during_a_tool_call_continues_the_turn(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    // The tool call stays open until the message has arrived.
    world.effects.never_begins.store(true, std::sync::atomic::Ordering::SeqCst);
    host.say(0, "call safe").await;
    host.events("tool_started", 1).await;
    host.say(1, "and this").await;
    host.kill().await;
    world.effects.never_begins.store(false, std::sync::atomic::Ordering::SeqCst);
    let host = world.start().await;
    host.until_idle().await;
    host.stop().await;
    let messages = world.ports.store.messages(&grow(), None, 20).await.expect("messages");
    assert!(messages.iter().any(|message| message.text == "done: and this"), "{messages:?}");
    assert_eq!(world.count(&grow(), "turn_started").await, 1);
}

/// An acknowledged message is recorded; a refused one is not.
pub async fn more_messages_than_the_inbox_holds_are_recorded_or_refused(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let mut senders = tokio::task::JoinSet::new();
    for n in 0..200 {
        let host = host.handle.clone();
        senders.spawn(async move { host.say(&grow(), message(n), format!("message {n}")).await });
    }
    let mut recorded = 0;
    for result in senders.join_all().await {
        match result {
            Ok(_) => recorded += 1,
            Err(PostError::Overloaded(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&grow(), "user_said").await, recorded);
    assert!(recorded > 0);
}

/// Only spawn mail creates an agent.
pub async fn an_unknown_agent_is_not_created_by_a_message(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let nobody = AgentId::new("a-nobody");
    let refused = host.handle.say(&nobody, message(0), "hello".to_owned()).await;
    assert!(matches!(refused, Err(PostError::Unknown(_))), "{refused:?}");
    let posted = host.placement.post(&nobody, Input::Cancel { tree: true }).await.expect("it is processed");
    assert_eq!(posted.view.seq.0, 0);
    host.stop().await;
    assert!(world.agents().await.iter().all(|agent| agent.agent != nobody));
}

/// Mail to an agent that does not exist yet stays in the outbox and is delivered once the agent exists.
pub async fn mail_without_its_receiver_waits_until_the_receiver_exists(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let child = AgentId::new("a-late");
    host.say(0, "hello").await;
    let said = MailBody::Say {
        text: "early".to_owned(),
        allowance: Money::usd(1),
        limit: None,
        number: 2,
        by_person: false,
        quota: None,
        untrusted: Vec::new(),
    };
    let early = Mail { id: EffectId::new("early"), from: grow(), to: child.clone(), body: said };
    let posted = host.placement.post(&child, Input::Mail(early.clone())).await.expect("it is processed");
    assert_eq!(posted.view.seq.0, 0, "not received, so it is delivered again");
    let birth = SpawnRequest {
        name: "late".to_owned(),
        task: "report".to_owned(),
        allowance: Money::usd(1),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let spawn = Mail { id: EffectId::new("spawn"), from: grow(), to: child.clone(), body: MailBody::Spawn(birth) };
    host.placement.post(&child, Input::Mail(spawn)).await.expect("it is received");
    host.placement.post(&child, Input::Mail(early)).await.expect("it is received");
    host.until_idle().await;
    host.stop().await;
    assert_eq!(world.count(&child, "mail_received").await, 1);
}
