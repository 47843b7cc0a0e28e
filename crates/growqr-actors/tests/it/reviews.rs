//! Held changes of memory, with a real repository: nothing of them is in memory until the person approves.

use crate::world::{World, calls, message, says, turns_ended};
use growqr_actors::{Host, record_answer};
use growqr_core::ask::{APPROVE, Answer, AskDetail, EditedPage, REJECT};
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::{AskView, Status};
use growqr_core::memory::MemoryError;
use serde_json::json;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

const HELD: &str = "hold * path=plans*";

/// A page whose change the agent has proposed.
async fn proposed(world: &World, host: &Host) -> AskView {
    let mut notifications = host.subscribe();
    host.say(&AgentId::grow(), message(0), "note it".to_owned()).await.unwrap();
    turns_ended(&mut notifications, &AgentId::grow(), 1).await;
    only_ask(world).await
}

async fn only_ask(world: &World) -> AskView {
    let mut open = world.ports.store.open_asks().await.unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
    open.remove(0)
}

/// Writes `plans.md`; says what comes back.
fn writer(last: &str) -> serde_json::Value {
    if last.contains("not in memory yet") {
        return says("proposed");
    }
    calls("commit_memory", json!({"path": "plans.md", "content": "one\ntwo\n", "message": "Note it"}))
}

fn deleter(last: &str) -> serde_json::Value {
    if last.contains("not in memory yet") {
        return says("proposed");
    }
    calls("delete_memory", json!({"path": "plans.md", "message": "Old"}))
}

fn option(id: &str) -> Option<Answer> {
    Some(Answer { option: Some(id.to_owned()), ..Answer::default() })
}

/// Waits until a decision is carried out.
async fn settled(world: &World) {
    let closed = async || {
        let agent = world.ports.store.agent(&AgentId::grow()).await.unwrap().unwrap();
        let events = world.ports.store.events(Position(0), None, 1_000).await.unwrap();
        agent.status == Status::Idle && events.iter().any(|event| event.kind == "review_closed")
    };
    let wait = async {
        while !closed().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.expect("the decision is carried out");
}

/// Waits until the branch of the change is gone.
async fn released(world: &World) {
    let wait = async {
        while branches(world) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.expect("the branch is removed");
}
fn branches(world: &World) -> usize {
    world.git(&["branch", "--list", "growqr-requests/*"]).lines().count()
}

fn is_missing(world: &World) -> bool {
    matches!(world.ports.memory.read("plans.md"), Err(MemoryError::Missing { .. }))
}

#[tokio::test]
async fn an_approved_change_comes_into_memory_with_its_origin_and_its_branch_goes() {
    let world = World::with_rules(writer, &[HELD]).await;
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    assert!(is_missing(&world), "it is not in memory");
    assert_eq!(world.git(&["status", "--porcelain"]), "", "nor in the folder");
    assert_eq!(branches(&world), 1);
    world.git(&["gc", "-q", "--prune=now"]);
    host.answer(&view.ask.id, option(APPROVE)).await.unwrap();
    settled(&world).await;
    host.stop().await;
    assert_eq!(world.ports.memory.read("plans.md").unwrap().content, "one\ntwo\n");
    assert_eq!(branches(&world), 0);
    let log = world.git(&["log", "-1", "--format=%an%n%B"]);
    let Some(AskDetail::Review { effect, .. }) = &view.ask.detail else { panic!("{view:?}") };
    assert!(log.contains("Grow Agent") && log.contains("Note it") && log.contains("Approved: as proposed"), "{log}");
    assert!(log.contains("Turn: 1") && log.contains(&format!("Tool-Call: {effect}")), "{log}");
    world.git(&["fsck", "--strict"]);
}

#[tokio::test]
async fn a_rejected_change_leaves_nothing() {
    let world = World::with_rules(writer, &[HELD]).await;
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    let before = world.git(&["rev-parse", "HEAD"]);
    host.answer(&view.ask.id, option(REJECT)).await.unwrap();
    settled(&world).await;
    host.stop().await;
    assert!(is_missing(&world));
    assert_eq!((branches(&world), world.git(&["rev-parse", "HEAD"])), (0, before));
}

#[tokio::test]
async fn a_decision_without_a_host_is_carried_out_by_the_next_one() {
    let world = World::with_rules(writer, &[HELD]).await;
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    host.stop().await;
    record_answer(&world.ports, &view.ask.id, option(APPROVE)).await.unwrap();
    assert!(is_missing(&world));
    let host = world.host().await;
    settled(&world).await;
    host.stop().await;
    assert_eq!(world.ports.memory.read("plans.md").unwrap().content, "one\ntwo\n");
    assert_eq!(world.git(&["log", "--format=%s"]).lines().filter(|line| *line == "Note it").count(), 1);
}

#[tokio::test]
async fn a_page_that_changed_meanwhile_is_asked_about_again_and_the_edited_text_counts() {
    let world = World::with_rules(writer, &[HELD]).await;
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    world.write_by_hand("plans.md", "mine\n");
    host.answer(&view.ask.id, option(APPROVE)).await.unwrap();
    settled(&world).await;
    assert_eq!(world.ports.memory.read("plans.md").unwrap().content, "mine\n", "nothing of the person is overwritten");
    let again = only_ask(&world).await;
    let Some(AskDetail::Review { problem: Some(problem), base, .. }) = &again.ask.detail else { panic!("{again:?}") };
    assert!(problem.contains("plans.md") && base.is_some(), "{problem}");
    let edited = Some(EditedPage { text: "mine\nand two\n".to_owned(), base: base.clone() });
    host.answer(&again.ask.id, Some(Answer { option: Some(APPROVE.to_owned()), edited, ..Answer::default() })).await.unwrap();
    released(&world).await;
    host.stop().await;
    assert_eq!(world.ports.memory.read("plans.md").unwrap().content, "mine\nand two\n");
    assert!(world.git(&["log", "-1", "--format=%B"]).contains("Approved: edited"));
}

#[tokio::test]
async fn a_branch_with_commits_of_the_person_is_kept() {
    let world = World::with_rules(writer, &[HELD]).await;
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    let name = world.git(&["branch", "--list", "growqr-requests/*", "--format=%(refname:short)"]);
    let mine = world.git(&["commit-tree", "-m", "mine", "-p", name.trim(), &format!("{}^{{tree}}", name.trim())]);
    world.git(&["branch", "-f", name.trim(), mine.trim()]);
    host.answer(&view.ask.id, option(REJECT)).await.unwrap();
    settled(&world).await;
    host.stop().await;
    assert_eq!(world.git(&["rev-parse", name.trim()]), mine, "nothing of the person is out of reach");
}

#[tokio::test]
async fn a_branch_that_is_checked_out_is_kept_and_its_commits_stay_in_reach() {
    let world = World::with_rules(writer, &[HELD]).await;
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    let name = world.git(&["branch", "--list", "growqr-requests/*", "--format=%(refname:short)"]);
    world.git(&["checkout", "-q", name.trim()]);
    host.answer(&view.ask.id, option(APPROVE)).await.unwrap();
    settled(&world).await;
    host.stop().await;
    assert_eq!(world.git(&["symbolic-ref", "--short", "HEAD"]), name);
    assert_eq!(world.ports.memory.read("plans.md").unwrap().content, "one\ntwo\n");
    world.git(&["rev-parse", "HEAD"]);
}

#[tokio::test]
async fn a_page_that_is_changed_after_its_deletion_was_proposed_is_not_deleted() {
    let world = World::with_rules(deleter, &[HELD]).await;
    world.write_by_hand("plans.md", "old\n");
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    world.write_by_hand("plans.md", "new\n");
    host.answer(&view.ask.id, option(APPROVE)).await.unwrap();
    settled(&world).await;
    assert_eq!(world.ports.memory.read("plans.md").unwrap().content, "new\n");
    let again = only_ask(&world).await;
    host.answer(&again.ask.id, option(APPROVE)).await.unwrap();
    released(&world).await;
    host.stop().await;
    assert!(is_missing(&world), "the person has seen the new text");
}

#[tokio::test]
async fn a_change_whose_branch_is_lost_is_approved_from_the_recorded_call() {
    let world = World::with_rules(writer, &[HELD]).await;
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    let name = world.git(&["branch", "--list", "growqr-requests/*", "--format=%(refname:short)"]);
    world.git(&["branch", "-D", name.trim()]);
    world.git(&["reflog", "expire", "--expire=now", "--all"]);
    world.git(&["gc", "-q", "--prune=now"]);
    host.answer(&view.ask.id, option(APPROVE)).await.unwrap();
    settled(&world).await;
    host.stop().await;
    assert_eq!(world.ports.memory.read("plans.md").unwrap().content, "one\ntwo\n");
    assert!(world.git(&["log", "-1", "--format=%s"]).contains("Note it"));
}

#[tokio::test]
async fn a_rejected_change_that_was_merged_by_hand_stays_and_is_told_so() {
    let world = World::with_rules(writer, &[HELD]).await;
    let host = world.host().await;
    let view = proposed(&world, &host).await;
    let name = world.git(&["branch", "--list", "growqr-requests/*", "--format=%(refname:short)"]);
    world.git(&["merge", "-q", name.trim()]);
    host.answer(&view.ask.id, option(REJECT)).await.unwrap();
    settled(&world).await;
    host.stop().await;
    let events = world.ports.store.events(Position(0), None, 1_000).await.unwrap();
    let closed = events.iter().find(|event| event.kind == "review_closed").unwrap();
    let body = String::from_utf8_lossy(&closed.body);
    assert!(body.contains("\"commit\""), "{body}");
    assert_eq!(world.ports.memory.read("plans.md").unwrap().content, "one\ntwo\n");
}
