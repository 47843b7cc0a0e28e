//! The desk: requests, subscriptions, reading, and a change of host.

use growqr_app::{Desk, Environment, Following, Home};
use growqr_wire::{ApiKey, Author, ErrorCode, Push, Reply, Request};
use std::path::Path;

async fn desk(folder: &Path) -> Desk {
    desk_in(folder, &Environment::default()).await
}

async fn desk_in(folder: &Path, environment: &Environment) -> Desk {
    let home = Home::find(Some(folder), environment).unwrap();
    Desk::open(home, environment).await.unwrap()
}

fn say(id: &str, text: &str) -> Request {
    Request::Say { agent: "grow".to_owned(), id: id.to_owned(), text: text.to_owned() }
}

/// Reads the event stream until the Grow Agent has ended the turn with this number.
async fn turn_ended(following: &mut Following, turn: u64) {
    while let Some(push) = following.next().await {
        if let Push::Recorded { agent, .. } = push
            && agent.id == "grow"
            && agent.turn == turn
            && agent.status == "idle"
        {
            return;
        }
    }
    panic!("the desk closed before turn {turn} ended");
}

#[tokio::test]
async fn a_message_is_answered_and_everybody_who_follows_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    let (mut one, mut other) = (desk.client().follow(), desk.client().follow());
    let said = desk.client().ask(say("m-1", "hello")).await.unwrap();
    assert!(matches!(said, Reply::Said { agent } if agent.id == "grow"));
    turn_ended(&mut one, 1).await;
    turn_ended(&mut other, 1).await;
    let messages = desk.library().messages("grow", None, 10).await.unwrap();
    assert_eq!(messages.first().map(|message| (&message.author, message.text.as_str())), Some((&Author::Person, "hello")));
    assert_eq!(desk.at_work().await.unwrap(), 0);
    desk.close().await;
    while one.next().await.is_some() {}
    let refused = growqr_wire::Error::from(desk.client().ask(Request::Keys).await.unwrap_err());
    assert_eq!(refused.code, ErrorCode::Stopping);
}

#[tokio::test]
async fn a_second_desk_attaches_and_takes_over_when_the_first_ends() {
    let folder = tempfile::tempdir().unwrap();
    let first = desk(folder.path()).await;
    let second = desk(folder.path()).await;
    let mut following = second.client().follow();
    second.client().ask(say("m-1", "hello")).await.unwrap();
    turn_ended(&mut following, 1).await;
    first.close().await;
    while following.next().await.expect("the second desk goes on") != Push::Missed {}
    second.client().ask(say("m-1", "hello")).await.unwrap();
    second.client().ask(say("m-2", "hello again")).await.unwrap();
    turn_ended(&mut following, 2).await;
    let said = second.library().messages("grow", None, 10).await.unwrap();
    let by_person: Vec<&str> = said.iter().filter(|m| m.author == Author::Person).map(|m| m.text.as_str()).collect();
    assert_eq!(by_person, ["hello", "hello again"]);
    second.close().await;
}

#[tokio::test]
async fn a_slow_check_of_a_key_holds_up_neither_a_host_nor_a_window_that_is_attached_to_it() {
    // A provider that accepts connections and never answers.
    let provider = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", provider.local_addr().unwrap());
    let environment = Environment::of(&[("ANTHROPIC_BASE_URL", &address)]);
    let folder = tempfile::tempdir().unwrap();
    let host = desk_in(folder.path(), &environment).await;
    let attached = desk_in(folder.path(), &environment).await;
    assert!(attached.client().is_attached());
    for (turn, desk) in [(1, &host), (2, &attached)] {
        let mut following = desk.client().follow();
        let check = Request::CheckKey { name: "anthropic".to_owned(), value: ApiKey("sk-x".to_owned()) };
        let checked = desk.client().ask(check);
        let answered = async {
            desk.client().ask(say(&format!("m-{turn}"), "hello")).await.unwrap();
            turn_ended(&mut following, turn).await;
        };
        tokio::select! {
            biased;
            checked = checked => panic!("nothing answers, yet the check came to {checked:?}"),
            () = answered => {}
        }
    }
    attached.close().await;
    host.close().await;
}

#[tokio::test]
async fn a_conversation_is_read_in_pages_from_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    let mut following = desk.client().follow();
    for turn in 1..=3 {
        desk.client().ask(say(&format!("m-{turn}"), &format!("message {turn}"))).await.unwrap();
        turn_ended(&mut following, turn).await;
    }
    let all = desk.library().messages("grow", None, 100).await.unwrap();
    let last = desk.library().messages("grow", None, 2).await.unwrap();
    let before = desk.library().messages("grow", Some(last[0].seq), 100).await.unwrap();
    assert_eq!(all, [before, last].concat());
    desk.close().await;
}

#[tokio::test]
async fn events_can_be_read_of_one_agent_alone() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    let mut following = desk.client().follow();
    desk.client().ask(say("m-1", "hello")).await.unwrap();
    turn_ended(&mut following, 1).await;
    let all = desk.library().events(None, 0, 100).await.unwrap();
    assert!(!all.is_empty());
    assert_eq!(desk.library().events(Some("grow"), 0, 100).await.unwrap(), all);
    assert_eq!(desk.library().events(Some("somebody-else"), 0, 100).await.unwrap(), []);
    desk.close().await;
}

#[tokio::test]
async fn memory_that_was_written_is_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    let write = Request::WriteMemory { path: "goals.md".to_owned(), text: "Learn to sail.\n".to_owned(), base: None };
    desk.client().ask(write).await.unwrap();
    let page = desk.read_memory(|library| library.memory_read("goals.md")).await.unwrap();
    assert_eq!(page.text, "Learn to sail.\n");
    let changes = desk.read_memory(|library| library.memory_log(Some("goals.md"))).await.unwrap();
    assert_eq!(changes[0].origin, None);
    desk.close().await;
}

#[tokio::test]
async fn the_persons_own_git_sees_nothing_unfinished_once_the_desk_has_closed() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    let memory = desk.library().home().memory();
    let mut following = desk.client().follow();
    desk.client().ask(say("m-1", "remember that I like tea")).await.unwrap();
    turn_ended(&mut following, 1).await;
    assert!(desk.library().memory_log(None).unwrap().len() > 1, "something was remembered");
    desk.close().await;
    let looked = std::process::Command::new("git").current_dir(&memory).args(["status", "--porcelain"]).output().unwrap();
    assert!(looked.status.success(), "{}", String::from_utf8_lossy(&looked.stderr));
    assert_eq!(String::from_utf8_lossy(&looked.stdout), "");
}
