//! Effect ids: unchanged by a restart of the program, different in another journal and after a database was restored.

use super::world::{World, calls, says, spawn};
use crate::agent::{Input, State};
use crate::event::Event;
use crate::id::{AgentId, EffectId};
use serde_json::json;

fn commit() -> (&'static str, serde_json::Value) {
    ("commit_memory", json!({"path": "a.md", "content": "x", "message": "because"}))
}

/// The effect id of the first memory change.
fn first_effect(world: &mut World) -> EffectId {
    world.say("note");
    world.answer(calls(&[commit()]));
    world.open_tools().pop().expect("a call is open")
}

fn world_at(now: i64) -> World {
    let mut world = World::of(State::new(AgentId::grow()));
    world.now.0 = now;
    world.input(Input::Created);
    world
}

#[test]
fn a_journal_is_named_when_it_begins() {
    let world = World::grow();
    let kinds: Vec<_> = world.entries.iter().map(|entry| entry.event.kind()).collect();
    assert_eq!(kinds, ["agent_created", "journal_named"]);
    assert!(world.state.journal().is_some());
}

#[test]
fn two_journals_of_the_same_agent_have_different_effects_and_children() {
    let (mut one, mut other) = (world_at(1), world_at(500));
    // Both worlds use the same times from here on: only the journal names differ.
    (one.now.0, other.now.0) = (1_000, 1_000);
    assert_ne!(first_effect(&mut one), first_effect(&mut other));
    let child = |world: &mut World| {
        let open = world.open_tools();
        world.finish(&open[0], crate::tool::ToolResult::ok("done"));
        world.answer(calls(&[spawn("scout")]));
        world.mail().last().expect("mail").to.clone()
    };
    assert_ne!(child(&mut one), child(&mut other));
}

#[test]
fn a_restored_journal_does_not_reuse_the_effect_ids_of_later_events() {
    let mut original = World::grow();
    original.say("hello");
    original.answer(says("hi"));
    let backup = (original.state.clone(), original.entries.clone());
    let before = first_effect(&mut original);
    let mut restored = World::of(backup.0);
    restored.entries = backup.1;
    restored.now.0 = 90_000;
    assert_ne!(first_effect(&mut restored), before, "the same turn number, and another turn");
}

#[test]
fn a_journal_restored_in_the_middle_of_a_turn_does_not_reuse_effect_ids_either() {
    let mut original = World::grow();
    original.say("note");
    let backup = original.state.clone();
    original.answer(calls(&[commit()]));
    let before = original.open_tools();
    let mut restored = World::of(backup);
    restored.now.0 = 90_000;
    restored.input(Input::Woken { started: restored.now, process: 0 });
    restored.answer(calls(&[commit()]));
    assert_ne!(restored.open_tools(), before, "the same turn and the same call, asked for again");
}

#[test]
fn a_journal_of_version_1_is_named_when_it_is_next_loaded_and_its_open_effects_keep_their_ids() {
    let mut world = World::of(State::new(AgentId::grow()));
    world.setup.tools = crate::agent::version_1::catalogue();
    world.input(Input::Created);
    // Such a journal has no name and no salt.
    world.state.journal = None;
    world.entries.retain(|entry| !matches!(entry.event, Event::JournalNamed(_)));
    world.say("note");
    world.state.salt = None;
    world.answer(calls(&[commit()]));
    let open = world.open_tools();
    let kinds = world.input(Input::Woken { started: world.now, process: 0 });
    assert_eq!(kinds, ["journal_named", "tool_interrupted"]);
    assert_eq!(world.open_tools(), open);
    let mut unnamed = world.state.clone();
    unnamed.journal = None;
    assert_ne!(world.state.next_effect(0), unnamed.next_effect(0), "the next effect has an id of the named journal");
}

#[test]
fn the_ids_of_version_1_stay_as_they_were() {
    let mut state = State::new(AgentId::grow());
    state.turn = 3;
    // SHA-256 of "grow\n3\n0", its first eight bytes.
    let expected = crate::id::sha256_hex(b"grow\n3\n0")[..16].to_owned();
    assert_eq!(state.next_effect(0), EffectId::new(expected));
}
