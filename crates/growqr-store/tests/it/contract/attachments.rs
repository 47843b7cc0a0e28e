//! The contents of attached files.

use super::on_both;
use crate::fixtures::{NOW, World, append, said};
use growqr_core::attachment::{Attachment, Examined, examine};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ContentHash, Position, ProfileId, Seq};
use growqr_core::journal::{Author, Head, MessageView, Store, View};

fn file(name: &str, text: &str) -> Examined {
    examine(name, text.as_bytes().to_vec()).expect("it is a text")
}

fn after(ms: i64) -> Timestamp {
    Timestamp(NOW.0 + ms)
}

async fn save(store: &dyn Store, name: &str, text: &str, at: Timestamp) -> Attachment {
    let Examined { attachment, content } = file(name, text);
    store.save_attachment(&attachment, &content, at).await.expect("it is stored");
    attachment
}

async fn unused(store: &dyn Store, before: Timestamp) -> Vec<String> {
    let mut files: Vec<String> =
        store.unused_attachments(before).await.expect("a list").into_iter().map(|file| file.attachment.name).collect();
    files.sort();
    files
}

on_both! {
    async fn a_file_is_stored_once_by_its_content(world: World) {
        let store = world.store().await;
        let first = save(&*store, "a.txt", "hello", NOW).await;
        let second = save(&*store, "b.txt", "hello", after(1)).await;
        assert_eq!(first.hash, second.hash);
        assert_eq!(world.rows("attachments").await.len(), 1);
        assert_eq!(store.attachment(&first.hash).await.unwrap(), Some(second), "with the name that it had last");
        assert_eq!(store.attachment_content(&first.hash).await.unwrap(), Some(b"hello".to_vec()));
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert_eq!(other.attachment_content(&first.hash).await.unwrap(), None, "it belongs to one profile");
        assert_eq!(other.claim_attachments(&[first.hash], NOW).await.unwrap(), []);
    }

    async fn a_message_gets_the_files_that_are_there_in_its_order(world: World) {
        let store = world.store().await;
        let (one, two) = (save(&*store, "one", "1", NOW).await, save(&*store, "two", "2", NOW).await);
        let wanted = [two.hash.clone(), ContentHash::new("'; drop table attachments; --"), one.hash.clone()];
        assert_eq!(store.claim_attachments(&wanted, NOW).await.unwrap(), [two, one]);
        assert_eq!(store.claim_attachments(&[], NOW).await.unwrap(), []);
    }

    async fn a_damaged_content_counts_as_missing_until_it_is_stored_again(world: World) {
        let store = world.store().await;
        let (one, two) = (save(&*store, "one", "1", NOW).await, save(&*store, "two", "2", NOW).await);
        world.run_sql("update attachments set content = (select b.content from attachments b where b.hash <> attachments.hash)").await;
        assert_eq!(store.attachment_content(&one.hash).await.unwrap(), None);
        assert_eq!(store.attachment(&two.hash).await.unwrap(), Some(two.clone()), "what it is is still known");
        save(&*store, "one", "1", NOW).await;
        assert_eq!(store.attachment_content(&one.hash).await.unwrap(), Some(b"1".to_vec()));
    }

    async fn a_file_that_no_message_has_is_deleted_unless_it_is_used_meanwhile(world: World) {
        let store = world.store().await;
        let mut files = Vec::new();
        for name in ["claimed", "gone", "new", "sent"] {
            files.push(save(&*store, name, name, if name == "new" { after(10) } else { NOW }).await.hash);
        }
        store.note_used_attachments(&files[3..]).await.unwrap();
        assert_eq!(unused(&*store, after(10)).await, ["claimed", "gone"]);
        assert_eq!(unused(&*store, after(11)).await, ["claimed", "gone", "new"]);
        store.claim_attachments(&files[..1], after(20)).await.unwrap();
        for hash in &files {
            store.delete_unused_attachment(hash, after(5)).await.unwrap();
        }
        assert_eq!(unused(&*store, after(100)).await, ["claimed", "new"]);
        assert_eq!(store.attachment_content(&files[1]).await.unwrap(), None);
        assert_eq!(store.attachment_content(&files[3]).await.unwrap(), Some(b"sent".to_vec()));
    }

    async fn a_file_remembers_the_last_event_before_it(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let before = save(&*store, "before", "before", NOW).await;
        store.append(append(&grow, Head::default(), vec![said("x"), said("y")])).await.unwrap();
        let last = store.events(Position(0), None, 10).await.unwrap().last().expect("two events").position;
        let after = save(&*store, "after", "after", NOW).await;
        let stored = store.unused_attachments(Timestamp(NOW.0 + 1)).await.unwrap();
        let position = |file: &Attachment| stored.iter().find(|stored| stored.attachment.hash == file.hash).map(|stored| stored.position);
        assert!(position(&before) < Some(last));
        assert_eq!(position(&after), Some(last));
    }

    async fn a_message_keeps_its_files_wherever_it_is_read(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let attachments = vec![save(&*store, "a \"b\".txt", "hello", NOW).await];
        let mut append = append(&grow, Head::default(), vec![said("look at this")]);
        let text = "look at this".to_owned();
        let message = MessageView { agent: grow.clone(), seq: Seq(1), author: Author::Person, text, attachments, at: NOW };
        append.views.push(View::Message(message.clone()));
        store.append(append).await.unwrap();
        assert_eq!(store.messages(&grow, None, 10).await.unwrap(), std::slice::from_ref(&message));
        for agent in [None, Some(&grow)] {
            assert_eq!(store.search("look", agent, 10).await.unwrap(), std::slice::from_ref(&message));
        }
    }
}
