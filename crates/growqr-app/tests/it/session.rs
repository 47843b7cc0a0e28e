//! The session: requests, subscriptions, reading, and a change of host.

use growqr_app::{Client, Environment, Profile, ProfileSession, Subscription};
use growqr_wire::{ApiKey, Author, ErrorCode, Needs, Push, Reply, Request};
use std::path::Path;

async fn open_session(folder: &Path) -> ProfileSession {
    open_session_in(folder, &Environment::default()).await
}

async fn open_session_in(folder: &Path, environment: &Environment) -> ProfileSession {
    let profile = Profile::find(Some(folder), environment).unwrap();
    ProfileSession::open(profile, environment).await.unwrap()
}

fn say(id: &str, text: &str) -> Request {
    Request::Say { agent: "grow".to_owned(), id: id.to_owned(), text: text.to_owned(), attachments: Vec::new() }
}

/// Reads the event stream until the Grow Agent has ended the turn with this number.
async fn turn_ended(subscription: &mut Subscription, turn: u64) {
    while let Some(push) = subscription.next().await {
        if let Push::Recorded { agent, .. } = push
            && agent.id == "grow"
            && agent.turn == turn
            && agent.status == "idle"
        {
            return;
        }
    }
    panic!("the session closed before turn {turn} ended");
}

#[tokio::test]
async fn a_message_is_answered_and_all_subscribers_see_it() {
    let folder = tempfile::tempdir().unwrap();
    let session = open_session(folder.path()).await;
    let (mut one, mut other) = (session.client().subscribe(), session.client().subscribe());
    let said = session.client().send(say("m-1", "hello")).await.unwrap();
    assert!(matches!(said, Reply::Said { agent } if agent.id == "grow"));
    turn_ended(&mut one, 1).await;
    turn_ended(&mut other, 1).await;
    let messages = session.library().messages("grow", None, 10).await.unwrap();
    assert_eq!(messages.first().map(|message| (&message.author, message.text.as_str())), Some((&Author::Person, "hello")));
    assert_eq!(session.at_work().await.unwrap(), 0);
    session.close().await;
    while one.next().await.is_some() {}
    let refused = growqr_wire::Error::from(session.client().send(Request::Keys).await.unwrap_err());
    assert_eq!(refused.code, ErrorCode::Stopping);
}

#[tokio::test]
async fn a_second_session_attaches_and_takes_over_when_the_first_ends() {
    let folder = tempfile::tempdir().unwrap();
    let first = open_session(folder.path()).await;
    let second = open_session(folder.path()).await;
    let mut subscription = second.client().subscribe();
    second.client().send(say("m-1", "hello")).await.unwrap();
    turn_ended(&mut subscription, 1).await;
    first.close().await;
    while subscription.next().await.expect("the second session continues") != Push::Missed {}
    second.client().send(say("m-1", "hello")).await.unwrap();
    second.client().send(say("m-2", "hello again")).await.unwrap();
    turn_ended(&mut subscription, 2).await;
    let said = second.library().messages("grow", None, 10).await.unwrap();
    let by_person: Vec<&str> = said.iter().filter(|m| m.author == Author::Person).map(|m| m.text.as_str()).collect();
    assert_eq!(by_person, ["hello", "hello again"]);
    second.close().await;
}

#[tokio::test]
async fn a_command_that_hosts_waits_for_clients_that_end_with_it_and_not_for_windows() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::default();
    let open = || Client::open(Profile::find(Some(folder.path()), &environment).unwrap(), &environment, Needs::Host);
    let (host, _) = open().await.unwrap();
    let window = open_session(folder.path()).await;
    assert!(window.client().is_attached());
    host.until_unused().await;
    let (command, _) = open().await.unwrap();
    while !host.is_used_by_others() {
        tokio::task::yield_now().await;
    }
    command.close().await;
    host.until_unused().await;
    let mut subscription = window.client().subscribe();
    host.close().await;
    while subscription.next().await.expect("the window continues") != Push::Missed {}
    assert!(!window.client().is_attached());
    window.close().await;
}

#[tokio::test]
async fn a_slow_check_of_a_key_delays_neither_the_host_nor_an_attached_window() {
    // A provider that accepts connections and never answers.
    let provider = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", provider.local_addr().unwrap());
    let environment = Environment::from_variables(&[("ANTHROPIC_BASE_URL", &address)]);
    let folder = tempfile::tempdir().unwrap();
    let host = open_session_in(folder.path(), &environment).await;
    let attached = open_session_in(folder.path(), &environment).await;
    assert!(attached.client().is_attached());
    for (turn, session) in [(1, &host), (2, &attached)] {
        let mut subscription = session.client().subscribe();
        let check = Request::CheckKey { name: "anthropic".to_owned(), value: ApiKey("sk-x".to_owned()) };
        let checked = session.client().send(check);
        let answered = async {
            session.client().send(say(&format!("m-{turn}"), "hello")).await.unwrap();
            turn_ended(&mut subscription, turn).await;
        };
        tokio::select! {
            biased;
            checked = checked => panic!("the check ended without an answer: {checked:?}"),
            () = answered => {}
        }
    }
    attached.close().await;
    host.close().await;
}

#[tokio::test]
async fn a_conversation_is_read_in_pages_from_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let session = open_session(folder.path()).await;
    let mut subscription = session.client().subscribe();
    for turn in 1..=3 {
        session.client().send(say(&format!("m-{turn}"), &format!("message {turn}"))).await.unwrap();
        turn_ended(&mut subscription, turn).await;
    }
    let all = session.library().messages("grow", None, 100).await.unwrap();
    let last = session.library().messages("grow", None, 2).await.unwrap();
    let before = session.library().messages("grow", Some(last[0].seq), 100).await.unwrap();
    assert_eq!(all, [before, last].concat());
    session.close().await;
}

#[tokio::test]
async fn events_can_be_read_of_one_agent_alone() {
    let folder = tempfile::tempdir().unwrap();
    let session = open_session(folder.path()).await;
    let mut subscription = session.client().subscribe();
    session.client().send(say("m-1", "hello")).await.unwrap();
    turn_ended(&mut subscription, 1).await;
    let all = session.library().events(None, 0, 100).await.unwrap();
    assert!(!all.is_empty());
    assert_eq!(session.library().events(Some("grow"), 0, 100).await.unwrap(), all);
    assert_eq!(session.library().events(Some("somebody-else"), 0, 100).await.unwrap(), []);
    session.close().await;
}

#[tokio::test]
async fn written_memory_is_visible_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let session = open_session(folder.path()).await;
    let write = Request::WriteMemory { path: "goals.md".to_owned(), text: "Learn to sail.\n".to_owned(), base: None };
    session.client().send(write).await.unwrap();
    let page = session.read_memory(|library| library.memory_read("goals.md")).await.unwrap();
    assert_eq!(page.text, "Learn to sail.\n");
    let changes = session.read_memory(|library| library.memory_log(Some("goals.md"))).await.unwrap();
    assert_eq!(changes[0].origin, None);
    session.close().await;
}

#[tokio::test]
async fn git_status_is_clean_once_the_session_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let session = open_session(folder.path()).await;
    let memory = session.library().profile().memory();
    let mut subscription = session.client().subscribe();
    session.client().send(say("m-1", "remember that I like tea")).await.unwrap();
    turn_ended(&mut subscription, 1).await;
    assert!(session.library().memory_log(None).unwrap().len() > 1, "something was remembered");
    session.close().await;
    let looked = std::process::Command::new("git").current_dir(&memory).args(["status", "--porcelain"]).output().unwrap();
    assert!(looked.status.success(), "{}", String::from_utf8_lossy(&looked.stderr));
    assert_eq!(String::from_utf8_lossy(&looked.stdout), "");
}

#[tokio::test]
async fn a_session_shows_the_notice_about_an_exchanged_memory_until_it_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::find(Some(folder.path()), &Environment::default()).unwrap().folder();
    let session = open_session(folder.path()).await;
    assert_eq!(session.library().memory_notice().await.unwrap(), None);
    session.close().await;
    std::fs::rename(profile.join("memory"), profile.join("kept")).unwrap();
    let session = open_session(folder.path()).await;
    let notice = session.library().memory_notice().await.unwrap().unwrap();
    assert!(notice.text.contains("is no longer in") && !notice.needs_decision, "{notice:?}");
    assert!(!session.library().memory_list("", None).unwrap().rows.is_empty(), "a new memory has begun");
    session.client().send(Request::ConfirmMemory).await.unwrap();
    assert_eq!(session.library().memory_notice().await.unwrap(), None);
    session.close().await;
}

#[tokio::test]
async fn a_session_whose_memory_is_withheld_answers_and_lists_the_pages_after_the_decision() {
    let Some(url) = tokio::task::spawn_blocking(growqr_testkit::postgres::fresh_database).await.unwrap() else { return };
    let environment = Environment::from_variables(&[("DATABASE_URL", &url)]);
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    open_session_in(first.path(), &environment).await.close().await;
    let session = open_session_in(second.path(), &environment).await;
    let mut subscription = session.client().subscribe();
    session.client().send(say("m-1", "hello")).await.unwrap();
    turn_ended(&mut subscription, 1).await;
    let notice = session.library().memory_notice().await.unwrap().unwrap();
    assert!(notice.needs_decision && notice.text.contains("has none"), "{notice:?}");
    assert_eq!(session.library().memory_list("", None).unwrap().rows, []);
    let write = || Request::WriteMemory { path: "tea.md".to_owned(), text: "Likes tea.\n".to_owned(), base: None };
    let refused = growqr_wire::Error::from(session.client().send(write()).await.unwrap_err());
    assert!(refused.message.contains("growqr memory confirm"), "{refused:?}");
    session.client().send(Request::ConfirmMemory).await.unwrap();
    assert_eq!(session.library().memory_notice().await.unwrap(), None);
    session.client().send(write()).await.unwrap();
    assert!(session.library().memory_list("", None).unwrap().rows.iter().any(|page| page.path == "tea.md"));
    session.close().await;
}
