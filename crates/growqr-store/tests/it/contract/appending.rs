//! Appends: atomic, one writer, hash chain.

use super::on_both;
use crate::fixtures::{NOW, World, append, local, said, say, view};
use growqr_core::clock::Timestamp;
use growqr_core::event::{SCHEMA_VERSION, entry_hash};
use growqr_core::id::{AgentId, Position, ProfileId, SegmentHash, Seq};
use growqr_core::journal::{Author, Head, MessageView, Snapshot, Status, Store, StoreError, View};
use growqr_core::money::Money;
use std::time::Duration;

on_both! {
    async fn appended_events_are_read_back_with_their_head(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let events = vec![said("one"), said("two"), said("three")];
        let done = store.append(append(&grow, Head::default(), events.clone())).await.unwrap();
        assert_eq!((done.head.seq, done.position), (Seq(3), Position(1)));
        let (entries, head) = store.entries(&grow, Seq(0), 100).await.unwrap();
        assert_eq!(head, Some(done.head));
        assert_eq!(entries.iter().map(|entry| entry.event.clone()).collect::<Vec<_>>(), events);
        assert!(entries.iter().all(|entry| entry.at == NOW));
        let (page, head) = store.entries(&grow, Seq(1), 1).await.unwrap();
        assert_eq!((page.len(), page[0].seq, head.unwrap().seq), (1, Seq(2), Seq(2)));
        assert_eq!(store.entries(&grow, Seq(3), 10).await.unwrap(), (Vec::new(), None));
        assert_eq!(store.entries(&AgentId::new("nobody"), Seq(0), 10).await.unwrap(), (Vec::new(), None));
    }

    async fn each_event_carries_the_hash_of_the_previous_one(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let first = say(&*store, &grow, Head::default(), "one").await.unwrap();
        store.append(append(&grow, first.head, vec![said("two"), said("three")])).await.unwrap();
        let mut before = [0; 32];
        for event in store.events(Position(0), Some(&grow), 10).await.unwrap() {
            assert_eq!(event.prev_hash, before);
            assert_eq!(event.schema_version, SCHEMA_VERSION);
            before = entry_hash(&before, &grow, event.seq, event.at, &event.kind, event.schema_version, &event.body);
            assert_eq!(event.hash, before);
        }
    }

    async fn an_append_at_another_head_is_a_conflict_and_changes_nothing(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let first = say(&*store, &grow, Head::default(), "one").await.unwrap();
        let wrong_hash = Head { hash: [7; 32], ..first.head };
        let ahead = Head { seq: Seq(2), ..first.head };
        for head in [Head::default(), wrong_hash, ahead] {
            let error = say(&*store, &grow, head, "two").await.unwrap_err();
            assert!(matches!(error, StoreError::Conflict { ref agent } if *agent == grow), "{error:?}");
        }
        let missing = AgentId::new("missing");
        let error = say(&*store, &missing, first.head, "two").await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
        assert_eq!(store.agent(&missing).await.unwrap(), None);
        assert_eq!(store.position().await.unwrap(), Position(1));
        let second = say(&*store, &grow, first.head, "two").await.unwrap();
        assert_eq!(second.position, Position(2));
        assert_eq!(store.messages(&grow, None, 10).await.unwrap().len(), 2);
    }

    async fn an_append_of_a_second_process_at_an_older_head_is_refused(world: World) {
        let (one, other, grow) = (world.store().await, world.store().await, AgentId::grow());
        let head = say(&*one, &grow, Head::default(), "one").await.unwrap().head;
        say(&*other, &grow, head, "from the other").await.unwrap();
        let error = say(&*one, &grow, head, "too late").await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
    }

    async fn of_two_concurrent_appends_exactly_one_succeeds(world: World) {
        let (one, other, grow) = (world.store().await, world.store().await, AgentId::grow());
        let mut head = Head::default();
        for _ in 0..25 {
            let (left, right) = tokio::join!(say(&*one, &grow, head, "left"), say(&*other, &grow, head, "right"));
            head = match (left, right) {
                (Ok(won), Err(StoreError::Conflict { .. })) | (Err(StoreError::Conflict { .. }), Ok(won)) => won.head,
                both => panic!("{both:?}"),
            };
        }
        assert_eq!(one.entries(&grow, Seq(0), 100).await.unwrap().1, Some(head));
    }

    async fn the_row_of_an_agent_is_written_as_given_with_the_end_of_its_journal(world: World) {
        let (store, scout) = (world.store().await, AgentId::new("a-1"));
        let mut given = view(&scout);
        given.name = "scout".to_owned();
        given.parent = Some(AgentId::grow());
        given.depth = 1;
        given.task = Some("look around".to_owned());
        given.status = Status::Working;
        given.model = "claude-opus-4-7".to_owned();
        given.turn = 3;
        given.spent = Money(12_345);
        given.unknown = Money(7);
        given.allowance = Some(Money::usd(1));
        given.updated_at = Timestamp(NOW.0 + 5);
        let mut first = append(&scout, Head::default(), vec![said("one"), said("two")]);
        first.views = vec![View::Agent(given.clone())];
        let head = store.append(first).await.unwrap().head;
        given.seq = Seq(2);
        assert_eq!(store.agent(&scout).await.unwrap().as_ref(), Some(&given));
        let mut second = append(&scout, head, vec![said("three")]);
        (given.status, given.allowance, given.parent, given.task) = (Status::Done, None, None, None);
        second.views = vec![View::Agent(given.clone())];
        store.append(second).await.unwrap();
        given.seq = Seq(3);
        assert_eq!(store.agent(&scout).await.unwrap(), Some(given));
    }

    async fn an_append_changes_the_views_that_it_lists_and_no_others(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let head = say(&*store, &grow, Head::default(), "one").await.unwrap().head;
        let before = store.agent(&grow).await.unwrap().unwrap();
        let mut append = append(&grow, head, vec![said("two")]);
        append.views = Vec::new();
        store.append(append.clone()).await.unwrap();
        assert_eq!(store.agent(&grow).await.unwrap(), Some(growqr_core::journal::AgentView { seq: Seq(2), ..before }));
        assert_eq!(store.messages(&grow, None, 10).await.unwrap().len(), 1);
        let refused = store.append(append).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
    }

    async fn an_append_depends_on_the_journal_and_not_on_the_views(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let head = say(&*store, &grow, Head::default(), "one").await.unwrap().head;
        world.run_sql("delete from agents").await;
        assert_eq!(store.agents().await.unwrap(), Vec::new());
        let refused = say(&*store, &grow, Head::default(), "two").await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
        say(&*store, &grow, head, "two").await.unwrap();
        assert_eq!(store.agent(&grow).await.unwrap().unwrap().seq, Seq(2));
    }

    async fn a_segment_is_stored_once_and_read_back_byte_for_byte(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let (hash, bytes) = (SegmentHash::new("ab12"), vec![0, 159, 146, 150]);
        let mut head = Head::default();
        for _ in 0..2 {
            let mut append = append(&grow, head, vec![said("x")]);
            append.segment = Some((hash.clone(), bytes.clone()));
            head = store.append(append).await.unwrap().head;
        }
        assert_eq!(store.segment(&hash).await.unwrap(), Some(bytes));
        assert_eq!(store.segment(&SegmentHash::new("other")).await.unwrap(), None);
    }

    async fn a_snapshot_replaces_the_previous_one(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        assert_eq!(store.snapshot(&grow).await.unwrap(), None);
        for seq in [3, 9] {
            let head = Head { seq: Seq(seq), hash: [u8::try_from(seq).unwrap(); 32] };
            let snapshot = Snapshot { head, schema_version: 2, body: vec![1, 2, 3] };
            store.save_snapshot(&grow, snapshot.clone()).await.unwrap();
            assert_eq!(store.snapshot(&grow).await.unwrap(), Some(snapshot));
        }
    }

    async fn profiles_do_not_see_each_other(world: World) {
        let (db, grow) = (world.db().await, AgentId::grow());
        let mine = db.profile(&local(), NOW).await.unwrap();
        let yours = db.profile(&ProfileId::new("you"), NOW).await.unwrap();
        say(&*mine, &grow, Head::default(), "mine").await.unwrap();
        assert_eq!(yours.position().await.unwrap(), Position(0));
        assert_eq!(yours.agents().await.unwrap(), Vec::new());
        assert_eq!(say(&*yours, &grow, Head::default(), "yours").await.unwrap().position, Position(1));
        assert_eq!(yours.search("mine", None, 10).await.unwrap(), Vec::new());
        assert_eq!(mine.events(Position(0), None, 10).await.unwrap().len(), 1);
    }

    async fn an_append_of_thousands_of_events_is_one_append(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let events = (0..2500).map(|n| said(&n.to_string())).collect();
        let done = store.append(append(&grow, Head::default(), events)).await.unwrap();
        assert_eq!(done.head.seq, Seq(2500));
        assert_eq!(store.position().await.unwrap(), Position(2500));
        assert_eq!(store.entries(&grow, Seq(0), 5000).await.unwrap().1, Some(done.head));
    }

    async fn a_cancelled_append_is_written_in_full_or_not_at_all(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let mut head = Head::default();
        for polls in 0..40 {
            let text = polls.to_string();
            let mut appending = Box::pin(say(&*store, &grow, head, &text));
            let mut polls_left = polls / 4;
            // Polls the future a number of times, then drops it in any state.
            std::future::poll_fn(|context| {
                let ready = appending.as_mut().poll(context).is_ready();
                if ready || polls_left == 0 { std::task::Poll::Ready(()) } else { polls_left -= 1; std::task::Poll::Pending }
            })
            .await;
            drop(appending);
            let next = say(&*store, &grow, head, "after").await;
            head = match next {
                Ok(done) => done.head,
                Err(StoreError::Conflict { .. }) => store.entries(&grow, head.seq, 10).await.unwrap().1.unwrap(),
                Err(other) => panic!("{other:?}"),
            };
        }
        let (entries, _) = store.entries(&grow, Seq(0), 1000).await.unwrap();
        assert_eq!(store.position().await.unwrap().0, entries.len() as u64);
        assert_eq!(store.messages(&grow, None, 1000).await.unwrap().len(), entries.len());
        assert!(world.db().await.verify(&local()).await.unwrap().broken.is_none());
    }

    async fn a_null_character_is_kept_in_the_journal_and_replaced_in_the_messages_view(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        say(&*store, &grow, Head::default(), "a\0b").await.unwrap();
        assert_eq!(store.entries(&grow, Seq(0), 1).await.unwrap().0[0].event, said("a\0b"));
        let message = MessageView { agent: grow.clone(), seq: Seq(1), author: Author::Person, text: "a\u{fffd}b".to_owned(), attachments: Vec::new(), at: NOW };
        assert_eq!(store.messages(&grow, None, 1).await.unwrap(), [message]);
    }

    /// The caller of an append may be dropped at any time, for example when a host is stopped. Its connection goes back to the
    /// pool, and must have no open transaction there: the next caller's writes would be invisible to all others.
    async fn a_cancelled_append_does_not_affect_later_appends(world: World) {
        let (store, other, grow) = (world.store().await, world.store().await, AgentId::grow());
        for round in 0..100 {
            let head = end(&*other, &grow).await;
            let _ = tokio::time::timeout(Duration::from_micros(30 * round), say(&*store, &grow, head, "dropped")).await;
            // More writes than the pool has connections.
            for n in 0..9_u8 {
                let agent = AgentId::new(format!("a-{round}-{n}"));
                store.save_snapshot(&agent, Snapshot { head, schema_version: 1, body: vec![n] }).await.unwrap();
                assert!(other.snapshot(&agent).await.unwrap().is_some(), "round {round}");
            }
        }
    }
}

/// The end of an agent's journal.
async fn end(store: &dyn Store, agent: &AgentId) -> Head {
    store.entries(agent, Seq(0), 1_000).await.unwrap().1.unwrap_or_default()
}
