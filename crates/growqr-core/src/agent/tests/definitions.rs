//! Tools of other programs: what the person was asked about is what is called, or nothing is.

use super::world::{World, calls, rules};
use crate::agent::{Input, Intent};
use crate::ask::{Answer, Ask, SettledBy};
use crate::event::{AskSettled, Event};
use crate::id::ExecutorId;
use crate::tool::{CatalogueEntry, Repeat};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The agent wants to use `files__read`, and the person is asked.
fn asked() -> World {
    let mut world = told();
    world.answer(calls(&[("files__read", json!({"path": "a"}))]));
    assert!(world.open_tools().is_empty());
    world
}

/// The agent has `files__read` in its segment and a message to answer.
fn told() -> World {
    let mut world = World::grow();
    let executor = ExecutorId::new("mcp:files");
    world.setup.tools.push(CatalogueEntry { name: "files__read".to_owned(), executor, repeat: Repeat::Unknown });
    offer(&mut world, Some("0af1"));
    world.say("go");
    world
}

/// The definition of the tool that is on offer now.
fn offer(world: &mut World, hash: Option<&str>) {
    let hashes = hash.map(|hash| ("files__read".to_owned(), hash.to_owned()));
    world.setup.hashes = Arc::new(hashes.into_iter().collect::<BTreeMap<_, _>>());
}

fn open_ask(world: &World) -> Option<Ask> {
    world.state.open_asks().next().cloned()
}

fn withdrawn(world: &World) -> &AskSettled {
    match &world.entries.iter().rev().find(|entry| entry.event.kind() == "ask_settled").expect("a settled ask").event {
        Event::AskSettled(body) => body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_carries_the_definition_that_the_person_was_asked_about() {
    let mut world = asked();
    let ask = open_ask(&world).unwrap().id;
    let allow = Answer { option: Some("allow".to_owned()), ..Answer::default() };
    world.input(Input::Answer { ask, answer: Some(allow) });
    // Meanwhile the server describes its tool in another way.
    offer(&mut world, Some("0af2"));
    assert_eq!(world.restart(), ["tool_resumed"]);
    let intents = world.state.open_intents();
    let [Intent::RunTool { call, .. }] = &intents[..] else { panic!("{intents:?}") };
    assert_eq!(call.definition.as_deref(), Some("0af1"), "its executor compares it with what it would call now");
}

#[test]
fn the_question_about_a_tool_of_a_server_that_is_removed_or_replaced_is_withdrawn_with_the_reason() {
    for (now, reason) in [(None, "not on offer any more"), (Some("0af2"), "is not what it was")] {
        let mut world = asked();
        assert_eq!(world.input(Input::RulesChanged), [""; 0], "it is still the same");
        offer(&mut world, now);
        assert_eq!(world.input(Input::RulesChanged), ["ask_settled", "tool_finished"]);
        assert!(open_ask(&world).is_none());
        let settled = withdrawn(&world);
        assert_eq!((settled.by, settled.outcome), (SettledBy::Withdrawn, None));
        let told = settled.answer.as_ref().and_then(|answer| answer.text.clone()).unwrap();
        assert!(told.contains(reason), "{told}");
        assert!(world.state.can_continue());
        if now.is_none() {
            world.restart();
        } else {
            world.input(Input::Continue);
        }
        let (results, _) = world.last_user();
        assert!(results[0].1 && results[0].0.contains(reason) && results[0].0.contains("was not carried out"), "{results:?}");
        world.check_replay();
    }
}

#[test]
fn a_question_about_a_tool_that_has_changed_is_withdrawn_before_a_rule_settles_it() {
    let mut world = asked();
    offer(&mut world, Some("0af2"));
    world.setup.rules = rules(&["allow files__read"]);
    assert_eq!(world.input(Input::RulesChanged), ["ask_settled", "tool_finished"]);
    assert_eq!(withdrawn(&world).by, SettledBy::Withdrawn, "the call was written for another tool");
}

#[test]
fn the_question_of_an_earlier_version_is_withdrawn_and_asked_again_about_the_definition() {
    let mut world = told();
    // That version recorded no definition.
    offer(&mut world, None);
    world.answer(calls(&[("files__read", json!({"path": "a"}))]));
    assert!(open_ask(&world).is_some());
    offer(&mut world, Some("0af1"));
    assert_eq!(world.input(Input::RulesChanged), ["ask_settled", "tool_finished"]);
    let told = withdrawn(&world).answer.as_ref().and_then(|answer| answer.text.clone()).unwrap();
    assert!(told.contains("by an earlier version of GrowQR"), "{told}");
    world.input(Input::Continue);
    let (results, _) = world.last_user();
    assert!(results[0].1 && results[0].0.contains("was not carried out"), "{results:?}");
    world.answer(calls(&[("files__read", json!({"path": "a"}))]));
    let ask = open_ask(&world).expect("the model calls it again").id;
    assert_eq!(world.input(Input::RulesChanged), [""; 0], "this question can be answered");
    let allow = Answer { option: Some("allow".to_owned()), ..Answer::default() };
    world.input(Input::Answer { ask, answer: Some(allow) });
    world.input(Input::Continue);
    let intents = world.state.open_intents();
    let [Intent::RunTool { call, .. }] = &intents[..] else { panic!("{intents:?}") };
    assert_eq!(call.definition.as_deref(), Some("0af1"));
    world.check_replay();
}

#[test]
fn nothing_is_asked_about_a_tool_that_is_not_on_offer_any_more() {
    let mut world = told();
    offer(&mut world, None);
    world.setup.tools.retain(|entry| entry.name != "files__read");
    world.answer(calls(&[("files__read", json!({"path": "a"}))]));
    assert!(open_ask(&world).is_none(), "an answer for always would be about any later tool of this name");
    let (results, _) = world.last_user();
    assert!(results[0].1 && results[0].0.contains("not available any more"), "{results:?}");
}
