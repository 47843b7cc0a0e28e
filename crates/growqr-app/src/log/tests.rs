//! Channels over journals: in plain words, in parts, without gaps.

use super::*;
use crate::host::open_profile::{OpenProfile, Opened};
use crate::profile::location::{Environment, Profile};
use growqr_core::agent::{State, views};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Entry, Event, SCHEMA_VERSION};
use growqr_core::journal::{Append, Head};
use growqr_wire::{DeltaKind, Push};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// A journal of the Grow Agent that tests write.
struct Written {
    profile: Box<OpenProfile>,
    state: State,
    head: Head,
    _folder: tempfile::TempDir,
}

impl Written {
    async fn new() -> Written {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap();
        let opened = OpenProfile::open(profile, &Environment::default(), &CancellationToken::new()).await.unwrap();
        let Opened::Ours(profile) = opened else { panic!("the profile is free") };
        Written { profile, state: State::new(AgentId::grow()), head: Head::default(), _folder: folder }
    }

    async fn write(&mut self, kind: &str, body: Value) {
        let event = Event::decode(kind, SCHEMA_VERSION, body.to_string().as_bytes()).unwrap();
        let at = Timestamp(i64::try_from(self.head.seq.0).unwrap() + 1);
        let entry = Entry { seq: self.state.seq().next(), at, event: event.clone() };
        self.state.apply(&entry);
        let views = views(&self.state, &[entry]);
        let append = Append { agent: AgentId::grow(), head: self.head, at, events: vec![event], views, segment: None };
        self.head = self.profile.store.append(append).await.unwrap().head;
    }

    async fn say(&mut self, number: usize) {
        self.write("user_said", json!({"id": format!("m-{number}"), "text": format!("message {number}")})).await;
    }

    async fn read(&self, query: LogQuery) -> LogPage {
        read(&self.profile.library, None, query).await.unwrap()
    }
}

fn query(channel: &str) -> LogQuery {
    LogQuery { channel: channel.to_owned(), filter: None, after: None, before: None, limit: 1_000 }
}

fn texts(page: &LogPage) -> Vec<&str> {
    page.lines.iter().map(|line| line.text.as_str()).collect()
}

#[tokio::test]
async fn a_line_says_in_plain_words_what_happened() {
    let mut journal = Written::new().await;
    journal.say(1).await;
    journal.write("journal_named", json!({"name": "n"})).await;
    let call = json!({"call": "c", "name": "read_memory", "input": {"path": "a.md"}, "effect": "e"});
    journal.write("tool_started", call).await;
    let failure = json!({"kind": "busy", "message": "the provider is overloaded", "request_id": null});
    journal.write("model_failed", json!({"failure": failure})).await;
    let page = journal.read(query("grow")).await;
    let expected = ["you wrote: “message 1”", "reading a.md", "the model gave no answer: the provider is overloaded"];
    assert_eq!(texts(&page), expected);
    assert!(page.lines.iter().all(|line| line.name == "Grow Agent"));
    assert_eq!(texts(&journal.read(query(CHANNEL_ALL)).await), expected);
}

#[tokio::test]
async fn reading_back_in_parts_and_following_meets_every_line_once() {
    let mut journal = Written::new().await;
    for number in 0..12 {
        journal.say(number).await;
    }
    let last = journal.read(LogQuery { limit: 5, ..query(CHANNEL_ALL) }).await;
    let older = journal.read(LogQuery { limit: 100, before: last.before, ..query(CHANNEL_ALL) }).await;
    assert_eq!((last.lines.len(), older.lines.len(), older.before), (5, 7, None));
    assert!(texts(&older).last() < texts(&last).first());
    for number in 12..20 {
        journal.say(number).await;
    }
    let (mut after, mut followed) = (last.after, Vec::new());
    loop {
        let page = journal.read(LogQuery { limit: 3, after: Some(after), ..query(CHANNEL_ALL) }).await;
        followed.extend(page.lines.iter().map(|line| line.text.clone()));
        after = page.after;
        if !page.has_more {
            break;
        }
    }
    let expected: Vec<String> = (12..20).map(|number| format!("you wrote: “message {number}”")).collect();
    assert_eq!(followed, expected);
}

#[tokio::test]
async fn a_filter_finds_lines_in_any_case_and_the_cursor_passes_the_others() {
    let mut journal = Written::new().await;
    for number in 0..4 {
        journal.say(number).await;
    }
    let found = journal.read(LogQuery { filter: Some("MESSAGE 2".to_owned()), ..query("grow") }).await;
    assert_eq!(texts(&found), ["you wrote: “message 2”"]);
    let newer = LogQuery { filter: Some("message 2".to_owned()), after: Some(found.after), ..query("grow") };
    assert!(journal.read(newer).await.lines.is_empty());
}

#[tokio::test]
async fn the_channel_of_memory_has_the_changes_of_pages_alone_and_what_the_host_knows() {
    let mut journal = Written::new().await;
    journal.say(1).await;
    let plan =
        json!({"path": "goals/rust.md", "base_head": null, "old_blob": null, "new_blob": "b", "commit": "c", "merged": false});
    journal.write("commit_intended", json!({"effect": "e", "plan": plan})).await;
    let host = HostLog::default();
    host.note(Push::MemoryChanged, Timestamp(9_000));
    host.note(Push::Delta { agent: "grow".to_owned(), kind: DeltaKind::Text, text: "x".to_owned() }, Timestamp(9_000));
    let page = read(&journal.profile.library, Some((&host, 7)), query(CHANNEL_MEMORY)).await.unwrap();
    assert_eq!(texts(&page), ["changes the page goals/rust.md", "pages were changed by you, or in the copy on Gitea"]);
    let again = LogQuery { after: Some(page.after), ..query(CHANNEL_MEMORY) };
    assert!(read(&journal.profile.library, Some((&host, 7)), again).await.unwrap().lines.is_empty());
    let other = LogQuery { after: Some(page.after), ..query(CHANNEL_MEMORY) };
    let restarted = read(&journal.profile.library, Some((&host, 8)), other).await.unwrap();
    assert_eq!(restarted.lines.len(), 1, "the numbers of another host begin anew");
}

#[tokio::test]
async fn a_channel_that_does_not_exist_says_which_do() {
    let journal = Written::new().await;
    let error = read(&journal.profile.library, None, query("nobody")).await.unwrap_err();
    assert!(matches!(error, AppError::Missing { next_step, .. } if next_step.contains("#stack")));
}
