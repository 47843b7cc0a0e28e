//! How far the person has read each conversation.

use crate::inbox::{Journal, created, profile, told, written};
use growqr_app::{AppError, Environment, Library, send_request};
use growqr_core::id::AgentId;
use growqr_wire::{Agent, Request};

/// What the person has seen of the only agent, and how much is unread.
async fn unread(folder: &std::path::Path) -> (Option<u64>, u32) {
    let library = Library::open(profile(folder)).await.unwrap();
    let of = |agent: &Agent| (agent.seen, agent.unread);
    let all = library.agents().await.unwrap();
    assert_eq!(of(&all[0]), of(&library.agent("scout").await.unwrap()));
    of(&all[0])
}

async fn see(folder: &std::path::Path, agent: &str, seq: u64) -> Result<(), AppError> {
    let request = Request::SeeConversation { agent: agent.to_owned(), seq };
    send_request(profile(folder), &Environment::default(), request).await.map(drop)
}

#[tokio::test]
async fn what_was_seen_of_a_conversation_is_kept_and_later_messages_are_unread() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, async |store, now| {
        let mut scout = Journal::new(store, now, AgentId::new("scout"));
        scout.append(9, vec![created("scout"), told("e-2", false), told("e-3", false)]).await;
    })
    .await;
    assert_eq!(unread(folder).await, (None, 0), "the person was never there");
    see(folder, "scout", 2).await.unwrap();
    assert_eq!(unread(folder).await, (Some(2), 1));
    see(folder, "scout", 1).await.unwrap();
    assert_eq!(unread(folder).await, (Some(2), 1));
    see(folder, "scout", 1_000).await.unwrap();
    assert_eq!(unread(folder).await, (Some(3), 0), "nothing that is not recorded yet counts as seen");
    assert!(matches!(see(folder, "nobody", 1).await, Err(AppError::Missing { .. })));
}
