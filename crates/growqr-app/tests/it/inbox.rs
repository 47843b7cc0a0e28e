//! The inbox: what it derives from journals, and what stays seen.

use growqr_app::{Environment, Profile, SystemClock, send_request};
use growqr_core::agent::{State, views};
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::event::{
    AgentCreated, Ended, Entry, Event, FreshRequested, MailReceived, SaidAgain, TurnEnded, TurnStarted, UserSaid,
};
use growqr_core::id::{AgentId, EffectId, MessageId, Seq};
use growqr_core::journal::{Append, Head, Store};
use growqr_core::limits::Limits;
use growqr_core::mail::{Mail, MailBody, SpawnRequest};
use growqr_core::model::{Failure, FailureKind};
use growqr_core::money::Money;
use growqr_core::workbench::Mind;
use growqr_store::Db;
use growqr_wire::{InboxEntry, InboxKind, Reply, Request};

const MINUTE: i64 = 60_000;

/// A journal that is written as a host does it. Times are minutes before now.
pub struct Journal<'a> {
    store: &'a dyn Store,
    now: Timestamp,
    state: State,
    head: Head,
}

impl Journal<'_> {
    pub fn new(store: &dyn Store, now: Timestamp, agent: AgentId) -> Journal<'_> {
        Journal { store, now, state: State::new(agent), head: Head::default() }
    }

    pub async fn append(&mut self, minutes_ago: i64, events: Vec<Event>) {
        let at = Timestamp(self.now.0 - minutes_ago * MINUTE);
        let mut entries = Vec::new();
        for event in &events {
            let entry = Entry { seq: self.state.seq().next(), at, event: event.clone() };
            self.state.apply(&entry);
            entries.push(entry);
        }
        let views = views(&self.state, &entries);
        let append = Append { agent: self.state.id().clone(), head: self.head, at, events, views, segment: None };
        self.head = self.store.append(append).await.unwrap().head;
    }
}

pub fn created(name: &str) -> Event {
    let birth = SpawnRequest {
        name: name.to_owned(),
        task: "Read".to_owned(),
        allowance: Money(1),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    AgentCreated { birth: Some(birth), parent: Some(AgentId::grow()), mail: Some(EffectId::new(name)) }.into()
}

fn said(id: &str) -> Event {
    UserSaid { id: MessageId::new(id), text: "hello".to_owned(), at_limit: false, attachments: Vec::new() }.into()
}

fn started(turn: u64) -> Event {
    TurnStarted { turn, limits: Limits::default() }.into()
}

fn ended(turn: u64, ended: Ended) -> Event {
    TurnEnded { turn, ended, reports: Vec::new(), shortfall: None }.into()
}

fn failure() -> Ended {
    Ended::Failed(Failure { kind: FailureKind::Busy, message: "overloaded".to_owned(), request_id: None })
}

pub fn profile(folder: &std::path::Path) -> Profile {
    Profile::find(Some(folder), &Environment::default()).unwrap()
}

/// A profile without a host, whose journals `write` has written.
pub async fn written(folder: &std::path::Path, write: impl AsyncFnOnce(&dyn Store, Timestamp)) {
    let profile = profile(folder);
    profile.migrate().await.unwrap();
    let now = SystemClock.now();
    let db = Db::open(profile.database()).await.unwrap();
    let store = db.profile(profile.id(), now).await.unwrap();
    write(&*store, now).await;
    drop(store);
    db.close().await;
}

async fn inbox(folder: &std::path::Path) -> Vec<InboxEntry> {
    match send_request(profile(folder), &Environment::default(), Request::Inbox).await.unwrap() {
        Reply::Inbox { entries } => entries,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_failed_turn_and_a_long_one_are_listed_and_a_short_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), async |store, now| {
        for (name, minutes, how) in [("long", 12, Ended::Done), ("short", 2, Ended::Done), ("failed", 1, failure())] {
            let mut journal = Journal::new(store, now, AgentId::new(name));
            journal.append(20, vec![created(name), started(1)]).await;
            journal.append(20 - minutes, vec![ended(1, how)]).await;
        }
    })
    .await;
    let entries = inbox(folder.path()).await;
    let shown: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.name.as_str(), entry.took)).collect();
    assert_eq!(shown, [(InboxKind::Finished, "long", Some(12 * MINUTE)), (InboxKind::Failed, "failed", None)]);
    assert!(entries.iter().all(|entry| !entry.is_seen));
    assert_eq!(entries.iter().filter(|entry| entry.needs_person()).count(), 1);
}

#[tokio::test]
async fn work_that_ended_before_the_person_wrote_again_is_no_news() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), async |store, now| {
        let mut grow = Journal::new(store, now, AgentId::grow());
        grow.append(60, vec![said("m-1"), started(1)]).await;
        grow.append(40, vec![ended(1, Ended::Done)]).await;
        grow.append(30, vec![said("m-2"), started(2)]).await;
        grow.append(29, vec![ended(2, Ended::Done)]).await;
        let mut other = Journal::new(store, now, AgentId::new("told"));
        other.append(60, vec![created("told"), started(1)]).await;
        other.append(40, vec![ended(1, Ended::Done)]).await;
        // A turn that no message of the person began.
        other.append(30, vec![started(2)]).await;
        other.append(29, vec![ended(2, Ended::Done)]).await;
    })
    .await;
    let shown: Vec<_> = inbox(folder.path()).await.into_iter().map(|entry| (entry.name, entry.took)).collect();
    assert_eq!(shown, [("told".to_owned(), Some(20 * MINUTE))]);
}

/// A message that reaches a sub-agent by mail.
pub fn told(id: &str, by_person: bool) -> Event {
    let body = MailBody::Say {
        text: "hello".to_owned(),
        allowance: Money::ZERO,
        limit: None,
        number: 2,
        by_person,
        quota: None,
        untrusted: Vec::new(),
    };
    MailReceived::new(Mail { id: EffectId::new(id), from: AgentId::grow(), to: AgentId::new("scout"), body }).into()
}

#[tokio::test]
async fn a_message_that_is_sent_again_or_reaches_a_sub_agent_says_that_the_person_has_looked() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), async |store, now| {
        let mut grow = Journal::new(store, now, AgentId::grow());
        grow.append(60, vec![said("m-1"), started(1)]).await;
        grow.append(40, vec![ended(1, Ended::Done)]).await;
        let again = SaidAgain {
            id: MessageId::new("m-2"),
            message: Seq(1),
            text: "hello".to_owned(),
            past: None,
            attachments: Vec::new(),
        };
        grow.append(30, vec![again.into(), started(2)]).await;
        grow.append(29, vec![ended(2, Ended::Done)]).await;
        let mut scout = Journal::new(store, now, AgentId::new("scout"));
        scout.append(60, vec![created("scout"), started(1)]).await;
        scout.append(40, vec![ended(1, Ended::Done)]).await;
        scout.append(30, vec![told("e-2", true), started(2)]).await;
        scout.append(29, vec![ended(2, Ended::Done)]).await;
    })
    .await;
    assert_eq!(inbox(folder.path()).await, []);
}

#[tokio::test]
async fn a_long_turn_with_thousands_of_events_is_timed_from_its_start() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), async |store, now| {
        let mut journal = Journal::new(store, now, AgentId::new("busy"));
        journal.append(20, vec![created("busy"), started(1)]).await;
        journal.append(10, (0..3_000).map(|_| FreshRequested { id: MessageId::new("f") }.into()).collect()).await;
        journal.append(5, vec![ended(1, Ended::Done)]).await;
    })
    .await;
    let shown: Vec<_> = inbox(folder.path()).await.into_iter().map(|entry| entry.took).collect();
    assert_eq!(shown, [Some(15 * MINUTE)]);
}

#[tokio::test]
async fn what_was_seen_stays_seen_and_the_next_failure_is_new() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), async |store, now| {
        let mut journal = Journal::new(store, now, AgentId::new("reader"));
        journal.append(20, vec![created("reader"), started(1)]).await;
        journal.append(19, vec![ended(1, failure())]).await;
    })
    .await;
    let first = inbox(folder.path()).await.pop().unwrap();
    let see = Request::SeeInbox { entries: vec![first.id.clone(), "unknown".to_owned()] };
    send_request(profile(folder.path()), &Environment::default(), see).await.unwrap();
    let seen = inbox(folder.path()).await;
    assert!(seen.len() == 1 && seen[0].is_seen && !seen[0].needs_person(), "{seen:?}");
    written(folder.path(), async |store, now| {
        let mut journal = Journal::new(store, now, AgentId::new("reader"));
        let (entries, head) = store.entries(&AgentId::new("reader"), Seq(0), 100).await.unwrap();
        entries.iter().for_each(|entry| journal.state.apply(entry));
        journal.head = head.unwrap();
        journal.append(5, vec![started(2)]).await;
        journal.append(4, vec![ended(2, failure())]).await;
    })
    .await;
    let next = inbox(folder.path()).await;
    assert!(next.len() == 1 && !next[0].is_seen && next[0].id != first.id, "{next:?}");
}

#[tokio::test]
async fn memory_that_cannot_be_used_is_listed_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let profile = profile(folder.path());
    // The first request that needs the lock creates the memory.
    let request = Request::SetSetting { name: "inbox.long_work".to_owned(), value: Some("3".to_owned()) };
    send_request(profile.clone(), &Environment::default(), request).await.unwrap();
    assert_eq!(inbox(folder.path()).await, []);
    let head = profile.memory().join(".git/HEAD");
    let content = std::fs::read_to_string(&head).unwrap();
    std::fs::write(&head, "damaged").unwrap();
    let entries = inbox(folder.path()).await;
    assert!(matches!(entries.as_slice(), [InboxEntry { kind: InboxKind::Memory, text: Some(_), .. }]), "{entries:?}");
    std::fs::write(&head, content).unwrap();
    assert_eq!(inbox(folder.path()).await, []);
}
