//! Tool calls that were running when the program stopped, or when the person stopped the agent.

use super::world::{World, calls};
use crate::agent::{Input, Intent};
use crate::event::Ended;
use crate::id::{EffectId, ExecutorId};
use crate::tool::{CatalogueEntry, LookedUp, Repeat, ToolResult};
use serde_json::json;

/// An agent that has just called a tool of this kind.
fn calling(repeat: Repeat) -> (World, EffectId) {
    let mut world = World::grow();
    world.setup.tools.push(CatalogueEntry { name: "act".to_owned(), executor: ExecutorId::new("test"), repeat });
    world.say("act");
    assert_eq!(world.answer(calls(&[("act", json!({}))])), ["model_answered", "tool_started"]);
    let effect = world.open_tools().pop().expect("a call is open");
    (world, effect)
}

fn is_run(world: &World) -> bool {
    matches!(&world.state.open_intents()[..], [Intent::RunTool { call, .. }] if call.executor == ExecutorId::new("test"))
}

fn is_looked_up(world: &World) -> bool {
    matches!(&world.state.open_intents()[..], [Intent::LookUpTool { .. }])
}

fn result(world: &World) -> (String, bool) {
    world.last_user().0.pop().expect("a result")
}

#[test]
fn a_safe_call_is_carried_out_again_after_a_stop() {
    let (mut world, _) = calling(Repeat::Safe);
    assert_eq!(world.restart(), [""; 0]);
    assert!(is_run(&world));
}

#[test]
fn a_call_that_can_be_looked_up_is_carried_out_again_only_if_it_did_not_happen() {
    let (mut world, effect) = calling(Repeat::LookUp);
    assert_eq!(world.restart(), ["tool_interrupted"]);
    assert!(is_looked_up(&world));
    assert_eq!(world.restart(), [""; 0], "still to be looked up");
    let nothing = Input::LookedUp { effect: effect.clone(), found: LookedUp::NothingHappened };
    assert_eq!(world.input(nothing), ["tool_resumed"]);
    assert!(is_run(&world));
    world.restart();
    let happened = Input::LookedUp { effect, found: LookedUp::Happened(ToolResult::ok("done")) };
    assert_eq!(world.input(happened), ["tool_finished", "model_requested"]);
    assert_eq!(result(&world), ("done".to_owned(), false));
}

#[test]
fn a_call_that_cannot_be_looked_up_gets_the_error_that_it_may_have_happened() {
    let (mut world, _) = calling(Repeat::Unknown);
    assert_eq!(world.restart(), ["tool_finished", "model_requested"]);
    let (text, is_error) = result(&world);
    assert!(is_error && text.contains("may have been carried out") && text.contains("Check"), "{text}");
}

#[test]
fn a_look_up_without_an_answer_gets_the_error_that_the_call_may_have_happened() {
    let (mut world, effect) = calling(Repeat::LookUp);
    world.restart();
    world.input(Input::LookedUp { effect, found: LookedUp::Unknown });
    assert!(result(&world).0.contains("may have been carried out"));
}

#[test]
fn a_cancel_records_what_is_known_about_each_call() {
    let (mut safe, _) = calling(Repeat::Safe);
    assert_eq!(safe.input(Input::Cancel { tree: true }), ["cancel_requested", "tool_finished", "turn_ended"]);
    let (mut unknown, _) = calling(Repeat::Unknown);
    assert_eq!(unknown.input(Input::Cancel { tree: true }), ["cancel_requested", "tool_finished", "turn_ended"]);
    unknown.say("what happened?");
    assert!(result(&unknown).0.contains("may have been carried out"));
    let (mut looked_up, effect) = calling(Repeat::LookUp);
    assert_eq!(looked_up.input(Input::Cancel { tree: true }), ["cancel_requested", "tool_interrupted"]);
    let nothing = Input::LookedUp { effect, found: LookedUp::NothingHappened };
    assert_eq!(looked_up.input(nothing), ["tool_finished", "turn_ended"]);
    assert_eq!(looked_up.state.last_ended(), Some(&Ended::Cancelled));
    looked_up.say("what happened?");
    assert_eq!(result(&looked_up).0, "stopped before it was carried out");
}

#[test]
fn a_tool_of_the_next_segment_cannot_be_called_in_this_one() {
    let mut world = World::grow();
    world.say("hello");
    // A tool server was added meanwhile; the current segment does not have its tools.
    world.setup.tools.push(CatalogueEntry { name: "act".to_owned(), executor: ExecutorId::new("test"), repeat: Repeat::Safe });
    world.setup.segment = crate::id::SegmentHash::new("with act");
    let kinds = world.answer(calls(&[("act", json!({}))]));
    assert_eq!(kinds, ["model_answered", "tool_started", "tool_finished", "model_requested"]);
    assert!(result(&world).0.contains("there is no tool \"act\""));
    world.answer(super::world::says("not yet"));
    world.say("now");
    assert_eq!(world.answer(calls(&[("act", json!({}))])), ["model_answered", "tool_started"]);
    assert!(is_run(&world));
}

#[test]
fn a_message_after_the_cancel_starts_the_next_turn() {
    let (mut world, effect) = calling(Repeat::LookUp);
    world.input(Input::Cancel { tree: true });
    assert_eq!(world.say("do this instead"), ["user_said"]);
    let nothing = Input::LookedUp { effect, found: LookedUp::NothingHappened };
    assert_eq!(world.input(nothing), ["tool_finished", "turn_ended", "turn_started", "model_requested"]);
    assert!(world.last_user().1.contains("do this instead"));
}

#[test]
fn a_changed_tool_starts_a_segment() {
    let mut world = World::grow();
    world.say("hello");
    world.answer(super::world::says("hi"));
    world.setup.tools[0].repeat = Repeat::Unknown;
    assert_eq!(world.say("again")[..2], ["user_said", "segment_started"]);
}
