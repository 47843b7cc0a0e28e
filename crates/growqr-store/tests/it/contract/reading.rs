//! Read access for people and interfaces.

use super::on_both;
use crate::fixtures::{NOW, World, append, said, say, view};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Event, FreshStarted, SCHEMA_VERSION};
use growqr_core::id::{AgentId, Position, Seq};
use growqr_core::journal::{AgentView, Author, Head, MessageView, TURN_EVENTS, User, View};
use growqr_core::limits::Limits;
use serde_json::json;

/// An event of this kind.
fn event_of_turn(kind: &str) -> Event {
    let body = match kind {
        "turn_started" => json!({"turn": 1, "limits": Limits::default()}),
        "turn_ended" => json!({"turn": 1, "ended": "done", "reports": []}),
        "user_said" => json!({"id": "m", "text": "hello"}),
        "said_again" => json!({"id": "m", "message": 1, "text": "hello"}),
        "mail_received" => json!({"mail": {"id": "e", "from": "a-1", "to": "grow", "body": "cancel"}}),
        other => panic!("{other} needs an event"),
    };
    Event::decode(kind, SCHEMA_VERSION, body.to_string().as_bytes()).unwrap()
}

on_both! {
    async fn the_grow_agent_is_listed_first_and_the_others_by_age(world: World) {
        let store = world.store().await;
        for (name, depth, age) in [("a-late", 1, 9), ("a-early", 1, 1), ("grow", 0, 5)] {
            let mut append = append(&AgentId::new(name), Head::default(), vec![said("x")]);
            append.views = vec![View::Agent(AgentView { depth, created_at: Timestamp(age), ..view(&append.agent) })];
            store.append(append).await.unwrap();
        }
        let names: Vec<_> = store.agents().await.unwrap().into_iter().map(|view| view.agent.to_string()).collect();
        assert_eq!(names, ["grow", "a-early", "a-late"]);
    }

    async fn events_are_read_in_order_of_position_forwards_and_backwards(world: World) {
        let (store, grow, scout) = (world.store().await, AgentId::grow(), AgentId::new("a-1"));
        let head = say(&*store, &grow, Head::default(), "one").await.unwrap().head;
        let scouts = say(&*store, &scout, Head::default(), "two").await.unwrap().head;
        store.append(append(&grow, head, vec![said("three"), said("four")])).await.unwrap();
        say(&*store, &scout, scouts, "five").await.unwrap();
        let all = store.events(Position(0), None, 10).await.unwrap();
        assert_eq!(all.iter().map(|event| event.position.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!((all[0].kind.as_str(), all[0].at, &all[0].body), ("user_said", NOW, &said("one").encode()));
        let page = store.events(Position(1), None, 2).await.unwrap();
        assert_eq!(page, all[1..3]);
        let scouts: Vec<_> = all.iter().filter(|event| event.agent == scout).cloned().collect();
        assert_eq!(store.events(Position(0), Some(&scout), 10).await.unwrap(), scouts);
        assert_eq!(store.events(Position(2), Some(&scout), 10).await.unwrap(), scouts[1..]);
        assert_eq!(store.events_before(None, None, 2).await.unwrap(), all[3..]);
        assert_eq!(store.events_before(Some(Position(4)), None, 2).await.unwrap(), all[1..3]);
        assert_eq!(store.events_before(None, Some(&scout), 1).await.unwrap(), scouts[1..]);
        assert_eq!(store.events_before(Some(Position(5)), Some(&scout), 10).await.unwrap(), scouts[..1]);
    }

    async fn of_turns_and_messages_only_the_events_of_that_agent_are_read(world: World) {
        let (store, grow, scout) = (world.store().await, AgentId::grow(), AgentId::new("a-1"));
        let fresh = || Event::from(FreshStarted {});
        store.append(append(&grow, Head::default(), vec![said("one"), fresh(), said("two"), fresh(), said("three")])).await.unwrap();
        say(&*store, &scout, Head::default(), "four").await.unwrap();
        let all = store.events(Position(0), Some(&grow), 10).await.unwrap();
        let read = store.turn_events_before(None, &grow, 2).await.unwrap();
        assert_eq!(read, [all[2].clone(), all[4].clone()]);
        assert_eq!(store.turn_events_before(Some(read[0].position), &grow, 2).await.unwrap(), all[..1]);
    }

    async fn every_kind_of_event_of_turns_and_messages_is_read(world: World) {
        let store = world.store().await;
        for kind in TURN_EVENTS {
            let events = [event_of_turn(kind), Event::from(FreshStarted {})].to_vec();
            let agent = AgentId::new(kind);
            store.append(append(&agent, Head::default(), events)).await.unwrap();
            let read = store.turn_events_before(None, &agent, 10).await.unwrap();
            assert_eq!(read.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), [kind]);
        }
    }

    async fn the_last_messages_are_returned_oldest_first_and_can_be_paged_backwards(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let mut head = Head::default();
        for text in ["one", "two", "three"] {
            head = say(&*store, &grow, head, text).await.unwrap().head;
        }
        let texts = |messages: Vec<MessageView>| messages.into_iter().map(|message| message.text).collect::<Vec<_>>();
        assert_eq!(texts(store.messages(&grow, None, 2).await.unwrap()), ["two", "three"]);
        assert_eq!(texts(store.messages(&grow, Some(Seq(2)), 2).await.unwrap()), ["one"]);
    }

    async fn a_message_is_stored_with_its_author(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let mut append = append(&grow, Head::default(), vec![said("a"), said("b")]);
        let mut given = Vec::new();
        for (seq, author) in [(1, Author::Person), (2, Author::Agent(AgentId::new("a-1")))] {
            let text = "hello".to_owned();
            given.push(MessageView { agent: grow.clone(), seq: Seq(seq), author, text, attachments: Vec::new(), at: Timestamp(seq.cast_signed()) });
        }
        append.views.extend(given.iter().cloned().map(View::Message));
        store.append(append).await.unwrap();
        assert_eq!(store.messages(&grow, None, 10).await.unwrap(), given);
    }

    async fn a_user_is_stored_as_last_verified(world: World) {
        let store = world.store().await;
        assert_eq!(store.users().await.unwrap(), []);
        let mut ada = User {
            id: "user_1".to_owned(),
            email: Some("ada@example.org".to_owned()),
            name: None,
            picture_url: None,
            last_verified_at: NOW,
        };
        store.save_user(&ada).await.unwrap();
        ada.name = Some("Ada".to_owned());
        ada.email = None;
        store.save_user(&ada).await.unwrap();
        assert_eq!(store.users().await.unwrap(), [ada]);
    }

    async fn settings_are_set_changed_and_removed(world: World) {
        let store = world.store().await;
        store.set("model", Some("one"), NOW).await.unwrap();
        store.set("model", Some("two"), NOW).await.unwrap();
        store.set("depth", Some("2"), NOW).await.unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(store.settings().await.unwrap(), [pair("depth", "2"), pair("model", "two")]);
        store.set("depth", None, NOW).await.unwrap();
        store.set("never there", None, NOW).await.unwrap();
        assert_eq!(store.settings().await.unwrap(), [pair("model", "two")]);
    }
}
