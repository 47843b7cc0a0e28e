//! How far the person has read each conversation.

use super::on_both;
use crate::fixtures::{NOW, World, append, said};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId, Seq};
use growqr_core::journal::{Author, Head, MessageView, Store, Unread, View};

/// A conversation of messages by the agent (`a`) and by the person (`p`), from event 1 on.
async fn converse(store: &dyn Store, agent: &AgentId, authors: &str) {
    let mut append = append(agent, Head::default(), authors.chars().map(|_| said("x")).collect());
    append.views.extend(authors.chars().enumerate().map(|(index, author)| {
        let author = if author == 'p' { Author::Person } else { Author::Agent(agent.clone()) };
        let seq = Seq(index as u64 + 1);
        View::Message(MessageView { agent: agent.clone(), seq, author, text: "x".to_owned(), attachments: Vec::new(), at: NOW })
    }));
    store.append(append).await.unwrap();
}

fn unread(agent: &AgentId, seen: u64, messages: u32) -> Unread {
    Unread { agent: agent.clone(), seen: Seq(seen), messages }
}

on_both! {
    async fn what_others_wrote_after_the_mark_is_unread(world: World) {
        let (store, grow, scout) = (world.store().await, AgentId::grow(), AgentId::new("a-1"));
        converse(&*store, &grow, "paaa").await;
        converse(&*store, &scout, "aa").await;
        assert_eq!(store.unread().await.unwrap(), [], "neither conversation was looked at");
        store.saw(&grow, Seq(2), NOW).await.unwrap();
        assert_eq!(store.unread().await.unwrap(), [unread(&grow, 2, 2)]);
        store.saw(&scout, Seq(2), NOW).await.unwrap();
        assert_eq!(store.unread().await.unwrap(), [unread(&scout, 2, 0), unread(&grow, 2, 2)]);
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert_eq!(other.unread().await.unwrap(), []);
    }

    async fn a_mark_never_moves_back(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        converse(&*store, &grow, "aaaa").await;
        store.saw(&grow, Seq(3), NOW).await.unwrap();
        store.saw(&grow, Seq(1), Timestamp(NOW.0 + 1)).await.unwrap();
        assert_eq!(store.unread().await.unwrap(), [unread(&grow, 3, 1)]);
    }

    async fn a_message_of_the_person_says_that_they_have_seen_what_was_before(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        converse(&*store, &grow, "aaapa").await;
        store.saw(&grow, Seq(1), NOW).await.unwrap();
        assert_eq!(store.unread().await.unwrap(), [unread(&grow, 4, 1)]);
    }
}
