//! What the host knows besides the journals, as entries of the inbox.

use super::*;
use crate::host::open_profile::{OpenProfile, Opened};
use crate::profile::location::{Environment, Profile};
use growqr_wire::{
    AgentTrouble, Docker, DockerState, Error, ErrorCode, HeldMail, InboxKind, MemorySync, MemorySyncState, PartState, StackPart,
};
use tokio_util::sync::CancellationToken;

fn stack(state: PartState) -> Stack {
    let docker = Docker { state: DockerState::Ready, found: String::new(), next_step: None };
    let part = StackPart {
        id: "gitea".to_owned(),
        name: "Gitea".to_owned(),
        purpose: String::new(),
        state,
        found: "it has ended 6 times".to_owned(),
        next_step: Some("Start it with: growqr stack up".to_owned()),
        image: String::new(),
        version: None,
        url: None,
        memory_bytes: None,
        disk_bytes: None,
        restarts: 6,
        progress: None,
    };
    Stack {
        docker,
        parts: vec![part],
        memory: None,
        busy: None,
        next: None,
        orphans: Vec::new(),
        others: Vec::new(),
        notes: Vec::new(),
    }
}

fn with_stack(state: PartState) -> Surroundings {
    Surroundings { health: Health::default(), stack: Some(stack(state)) }
}

async fn open(folder: &std::path::Path) -> Box<OpenProfile> {
    let profile = Profile::find(Some(folder), &Environment::default()).unwrap();
    match OpenProfile::open(profile, &Environment::default(), &CancellationToken::new()).await.unwrap() {
        Opened::Ours(open) => open,
        Opened::Locked | Opened::Claimed(_) => panic!("the profile is free"),
    }
}

#[tokio::test]
async fn a_container_that_fails_again_is_new_again_and_a_restart_leaves_it_seen() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    let (inbox, library) = (Inbox::default(), &opened.library);
    let failed = with_stack(PartState::Failed);
    let first = inbox.entries(library, &failed, Timestamp(1_000)).await.unwrap();
    assert_eq!(first.iter().map(|entry| (entry.kind, entry.since)).collect::<Vec<_>>(), [(InboxKind::Stack, 1_000)]);
    inbox.see(library, &failed, &[first[0].id.clone()], Timestamp(2_000)).await.unwrap();
    let seen = inbox.entries(library, &failed, Timestamp(3_000)).await.unwrap();
    assert!(seen[0].is_seen && seen[0].since == 1_000, "{seen:?}");
    let restarted = Inbox::default().entries(library, &failed, Timestamp(4_000)).await.unwrap();
    assert!(restarted[0].is_seen);
    assert_eq!(inbox.entries(library, &with_stack(PartState::Running), Timestamp(5_000)).await.unwrap(), []);
    let again = inbox.entries(library, &failed, Timestamp(6_000)).await.unwrap();
    assert!(!again[0].is_seen && again[0].since == 6_000, "{again:?}");
}

#[tokio::test]
async fn agents_in_trouble_held_mail_and_a_stopped_copy_of_memory_are_listed_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    let error = Error::new(ErrorCode::DiskFull, "the disk is full").next("Make room on the disk.");
    let health = Health {
        agents: vec![AgentTrouble { agent: "grow".to_owned(), error, since: 30, has_given_up: false }],
        mail: vec![HeldMail { to: "a-1".to_owned(), count: 2, cause: "the disk is full".to_owned(), since: 20 }],
    };
    let copy = MemorySync {
        state: MemorySyncState::Stopped,
        behind: 0,
        synced_at: None,
        found: "the copy is another one".to_owned(),
        next_step: Some("Join both sides.".to_owned()),
    };
    let stack = Stack { memory: Some(copy), ..stack(PartState::Running) };
    let around = Surroundings { health, stack: Some(stack) };
    let entries = Inbox::default().entries(&opened.library, &around, Timestamp(10)).await.unwrap();
    let shown: Vec<_> =
        entries.iter().map(|entry| (entry.kind, entry.since, entry.text.as_deref(), entry.next_step.as_deref())).collect();
    assert_eq!(
        shown,
        [
            (InboxKind::Trouble, 30, Some("the disk is full"), Some("Make room on the disk.")),
            (
                InboxKind::Mail,
                20,
                Some("2 mails cannot be delivered: the disk is full"),
                Some("It is kept, and delivered as soon as the receiver can record it.")
            ),
            (InboxKind::Stack, 10, Some("the copy is another one"), Some("Join both sides.")),
        ]
    );
}
