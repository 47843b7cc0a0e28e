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

fn with_stack(state: PartState) -> HostFacts {
    HostFacts { health: Health::default(), stack: Some(stack(state)) }
}

async fn open(folder: &std::path::Path) -> Box<OpenProfile> {
    let profile = Profile::find(Some(folder), &Environment::default()).unwrap();
    match OpenProfile::open(profile, &Environment::default(), &CancellationToken::new()).await.unwrap() {
        Opened::Ours(open) => open,
        Opened::Locked | Opened::Claimed(_) => panic!("the profile is free"),
    }
}

/// Whether each entry was seen, and since when it holds.
async fn shown(inbox: &Inbox, opened: &OpenProfile, facts: &HostFacts, at: i64) -> Vec<(bool, i64)> {
    let entries = inbox.entries(&opened.library, facts, Timestamp(at)).await.unwrap();
    entries.iter().map(|entry| (entry.is_seen, entry.since)).collect()
}

/// An inbox whose person has seen that Gitea has failed, found at 1,000 ms and seen at 2,000 ms.
async fn seen_failure(opened: &OpenProfile) -> Inbox {
    let (inbox, failed) = (Inbox::default(), with_stack(PartState::Failed));
    assert_eq!(shown(&inbox, opened, &failed, 1_000).await, [(false, 1_000)]);
    inbox.see(&opened.library, &failed, &["stack:gitea".to_owned()], Timestamp(2_000)).await.unwrap();
    assert_eq!(shown(&inbox, opened, &failed, 3_000).await, [(true, 1_000)]);
    inbox
}

#[tokio::test]
async fn a_container_that_fails_again_is_new_again_and_a_restart_leaves_it_seen() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    let failed = with_stack(PartState::Failed);
    let inbox = seen_failure(&opened).await;
    assert_eq!(shown(&Inbox::default(), &opened, &failed, 4_000).await, [(true, 1_000)], "after a restart");
    assert_eq!(shown(&inbox, &opened, &with_stack(PartState::Running), 5_000).await, []);
    assert_eq!(shown(&inbox, &opened, &failed, 30_000).await, [(true, 1_000)], "it was away for a moment");
    assert_eq!(shown(&inbox, &opened, &with_stack(PartState::Running), 40_000).await, []);
    assert_eq!(shown(&inbox, &opened, &failed, 100_000).await, [(false, 100_000)]);
}

#[tokio::test]
async fn what_was_seen_and_has_ended_while_nothing_ran_is_new_when_it_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    seen_failure(&opened).await;
    let restarted = Inbox::default();
    assert_eq!(shown(&restarted, &opened, &with_stack(PartState::Running), 10_000).await, []);
    assert_eq!(shown(&restarted, &opened, &with_stack(PartState::Running), 80_000).await, []);
    assert_eq!(shown(&restarted, &opened, &with_stack(PartState::Failed), 90_000).await, [(false, 90_000)]);
}

#[tokio::test]
async fn what_is_not_known_for_a_while_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    let inbox = seen_failure(&opened).await;
    let unknown = with_stack(PartState::Unknown);
    for at in [4_000, 100_000] {
        assert_eq!(shown(&inbox, &opened, &unknown, at).await, [(true, 1_000)], "it is not known that it has ended");
    }
    assert_eq!(shown(&inbox, &opened, &with_stack(PartState::Failed), 200_000).await, [(true, 1_000)]);
    let without_docker = HostFacts { health: Health::default(), stack: None };
    let restarted = Inbox::default();
    for at in [300_000, 400_000] {
        assert_eq!(shown(&restarted, &opened, &without_docker, at).await, []);
    }
    assert_eq!(shown(&restarted, &opened, &with_stack(PartState::Failed), 500_000).await, [(true, 1_000)]);
}

#[tokio::test]
async fn seeing_something_else_keeps_the_marks_of_what_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    let inbox = seen_failure(&opened).await;
    let without_host = HostFacts::default();
    Inbox::default().see(&opened.library, &without_host, &["turn:grow:7".to_owned()], Timestamp(4_000)).await.unwrap();
    assert_eq!(shown(&inbox, &opened, &with_stack(PartState::Failed), 5_000).await, [(true, 1_000)]);
}

#[tokio::test]
async fn the_list_of_an_earlier_build_is_still_seen() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    let store = opened.library.store.clone().unwrap();
    store.set("inbox.seen", Some("[\"stack:gitea\"]"), Timestamp(500)).await.unwrap();
    let entries = Inbox::default().entries(&opened.library, &with_stack(PartState::Failed), Timestamp(1_000)).await.unwrap();
    assert!(entries[0].is_seen);
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
        pulls: Vec::new(),
    };
    let stack = Stack { memory: Some(copy), ..stack(PartState::Running) };
    let facts = HostFacts { health, stack: Some(stack) };
    let entries = Inbox::default().entries(&opened.library, &facts, Timestamp(10)).await.unwrap();
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
