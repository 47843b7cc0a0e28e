//! Conflicts of memory: each is asked about once, and the Grow Agent merges the pages only if the person wants it.

use super::world::{World, calls, says};
use crate::agent::{Input, State};
use crate::ask::{Answer, Ask, AskDetail, AskKind, BY_HAND, MERGE, SettledBy};
use crate::event::Event;
use crate::id::{AgentId, AskId};
use crate::memory::{ConflictPage, MemoryConflict};
use serde_json::json;

fn page(path: &str) -> ConflictPage {
    ConflictPage { path: format!("{path}.md"), copy: format!("{path} (from the server).md") }
}

fn conflict(merge: &str, pages: &[&str]) -> MemoryConflict {
    MemoryConflict { merge: merge.to_owned(), pages: pages.iter().map(|path| page(path)).collect() }
}

fn found(world: &mut World, open: &[MemoryConflict]) -> Vec<&'static str> {
    world.input(Input::MemoryConflicts { open: open.to_vec() })
}

fn asks(world: &World) -> Vec<Ask> {
    world.state.open_asks().cloned().collect()
}

fn answer(world: &mut World, ask: &AskId, option: &str, text: Option<&str>) -> Vec<&'static str> {
    let answer = Answer { option: Some(option.to_owned()), text: text.map(str::to_owned), ..Answer::default() };
    let mut kinds = world.input(Input::Answer { ask: ask.clone(), answer: Some(answer) });
    kinds.extend(world.input(Input::Continue));
    kinds
}

#[test]
fn a_conflict_is_asked_about_once_also_after_a_restart_and_an_answer() {
    let mut world = World::grow();
    let open = [conflict("c1", &["a"])];
    assert_eq!(found(&mut world, &open), ["ask_raised"]);
    let ask = asks(&world).remove(0);
    assert_eq!(ask.kind, AskKind::Conflict);
    assert_eq!(ask.detail, Some(AskDetail::Conflict { merge: "c1".into(), pages: vec![page("a")], more: 0 }));
    assert!(ask.text.contains("a.md") && ask.text.contains("a (from the server).md"), "{}", ask.text);
    assert_eq!(found(&mut world, &open), [""; 0]);
    world.restart();
    assert_eq!(found(&mut world, &open), [""; 0]);
    assert_eq!(answer(&mut world, &ask.id, BY_HAND, None), ["ask_settled"]);
    assert_eq!(found(&mut world, &open), [""; 0], "the pages are still there, and the person has answered");
    assert!(!world.state.is_at_work(), "the agent has nothing to do");
    world.check_replay();
}

#[test]
fn an_ask_is_withdrawn_when_its_pages_are_merged_or_deleted() {
    let mut world = World::grow();
    found(&mut world, &[conflict("c1", &["a"]), conflict("c2", &["b", "c"])]);
    assert_eq!(asks(&world).len(), 2);
    assert_eq!(found(&mut world, &[conflict("c2", &["c"])]), ["ask_settled"]);
    let Some(Event::AskSettled(settled)) = world.entries.last().map(|entry| &entry.event) else { panic!("it is settled") };
    assert_eq!((settled.by, &settled.answer), (SettledBy::Withdrawn, &None));
    assert_eq!(asks(&world).len(), 1, "one page of the second conflict is left");
    assert_eq!(found(&mut world, &[]), ["ask_settled"]);
    assert!(!world.state.is_at_work());
}

#[test]
fn the_answer_to_merge_is_a_message_with_a_budget_of_its_own() {
    let mut world = World::grow();
    world.say("hello");
    world.answer(says("hi"));
    let message = world.state.budget().message_number();
    found(&mut world, &[conflict("c1", &["a", "b"])]);
    let ask = asks(&world).remove(0);
    assert_eq!(answer(&mut world, &ask.id, MERGE, Some("mine is newer")), ["ask_settled", "turn_started", "model_requested"]);
    assert_ne!(world.state.budget().message_number(), message);
    let (_, text) = world.last_user();
    for part in ["\"a.md\" and \"a (from the server).md\"", "\"b.md\" and", "delete_memory", "The person adds: mine is newer"] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    world.answer(calls(&[("read_memory", json!({"path": "a.md"}))]));
    assert_eq!(world.open_tools().len(), 1);
    world.check_replay();
}

#[test]
fn an_answer_that_was_recorded_before_a_stop_starts_the_merge_at_the_next_start() {
    let mut world = World::grow();
    found(&mut world, &[conflict("c1", &["a"])]);
    let ask = asks(&world).remove(0).id;
    let merge = Answer { option: Some(MERGE.to_owned()), ..Answer::default() };
    assert_eq!(world.input(Input::Answer { ask, answer: Some(merge) }), ["ask_settled"]);
    assert_eq!(world.restart(), ["segment_started", "turn_started", "model_requested"]);
    assert!(world.last_user().1.contains("a (from the server).md"));
}

#[test]
fn an_answer_during_a_turn_is_read_in_that_turn() {
    let mut world = World::grow();
    world.say("hello");
    found(&mut world, &[conflict("c1", &["a"])]);
    let ask = asks(&world).remove(0).id;
    assert_eq!(answer(&mut world, &ask, MERGE, None), ["ask_settled"]);
    assert_eq!(world.answer(says("hi")), ["model_answered", "model_requested"]);
    assert!(world.last_user().1.contains("a (from the server).md"));
}

#[test]
fn the_ask_stays_when_the_turn_is_stopped_finished_or_over() {
    let mut world = World::grow();
    world.say("hello");
    found(&mut world, &[conflict("c1", &["a"])]);
    world.input(Input::Finish { tree: true });
    assert_eq!(asks(&world).len(), 1);
    world.input(Input::Cancel { tree: true });
    assert!(!world.state.is_at_work());
    assert_eq!(asks(&world).len(), 1);
    assert_eq!(world.input(Input::Cancel { tree: true }), [""; 0], "there is nothing to stop");
    assert_eq!(asks(&world).len(), 1);
}

#[test]
fn an_ask_about_many_pages_names_some_and_counts_the_rest() {
    let mut world = World::grow();
    let pages: Vec<ConflictPage> = (0..50).map(|number| page(&format!("p{number}"))).collect();
    found(&mut world, &[MemoryConflict { merge: "c1".into(), pages }]);
    let ask = asks(&world).remove(0);
    assert!(ask.text.starts_with("50 pages"), "{}", ask.text);
    let Some(AskDetail::Conflict { pages, more, .. }) = &ask.detail else { panic!("{ask:?}") };
    assert_eq!((pages.len(), *more), (20, 30));
    answer(&mut world, &ask.id, MERGE, None);
    assert!(world.last_user().1.contains("30 more: list_memory"));
}

#[test]
fn a_sub_agent_is_not_asked_about_conflicts() {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    assert_eq!(found(&mut world, &[conflict("c1", &["a"])]), [""; 0]);
}
