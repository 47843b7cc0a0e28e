//! A fresh start, and messages that are written anew.

use super::world::{World, calls, says, spawn};
use crate::agent::{Input, Surroundings};
use crate::event::{Ended, Event, SegmentStarted};
use crate::id::{EffectId, MessageId, Seq};
use crate::limits::LimitReached;
use crate::mail::{Ending, Mail, MailBody, Report};
use crate::money::Money;
use crate::prompt::text_of;
use crate::tool::ToolResult;
use serde_json::json;

/// All texts of the open request.
fn texts(world: &World) -> Vec<String> {
    world.open_request().messages.iter().map(|message| text_of(&message.content)).collect()
}

fn whole_text(world: &World) -> String {
    texts(world).join("\n")
}

fn last_segment(world: &World) -> &SegmentStarted {
    let segments = world.entries.iter().rev().find_map(|entry| match &entry.event {
        Event::SegmentStarted(body) => Some(body),
        _ => None,
    });
    segments.expect("a segment")
}

/// The event that recorded this message.
fn seq_of(world: &World, said: &str) -> Seq {
    let found = world.entries.iter().find(|entry| match &entry.event {
        Event::UserSaid(body) => body.text == said,
        Event::SaidAgain(body) => body.text == said,
        _ => false,
    });
    found.expect("it was said").seq
}

fn report_of_first_child(world: &World) -> Input {
    let spawned = world.mail().into_iter().find(|mail| matches!(mail.body, MailBody::Spawn(_))).expect("a sub-agent");
    let report = Report {
        name: "scout".into(),
        ending: Ending::Done,
        text: "found it".into(),
        spent: Money(1),
        returned: Money::ZERO,
        up_to: 1,
        raised: Money::ZERO,
        quota: None,
        untrusted: Vec::new(),
        excess: Money::ZERO,
        schedule: None,
    };
    let (id, from) = (EffectId::new("report"), spawned.to.clone());
    Input::Mail(Mail { id, from, to: world.state.id().clone(), body: MailBody::Report(report) })
}

#[test]
fn after_a_fresh_start_the_model_reads_the_picture_of_memory_and_nothing_that_was_said() {
    let mut world = World::grow();
    world.setup.surroundings = Some(Surroundings { picture: Some("<picture>".to_owned()), ..Surroundings::default() });
    world.say("my secret plan");
    world.answer(says("a fine plan"));
    assert_eq!(world.start_fresh(), ["fresh_requested", "fresh_started"]);
    assert_eq!(world.say("hello"), ["user_said", "segment_started", "turn_started", "model_requested"]);
    assert_eq!(last_segment(&world).carried, None);
    assert_eq!(last_segment(&world).picture.as_deref(), Some("<picture>"));
    assert!(whole_text(&world).contains("hello") && !whole_text(&world).contains("plan"), "{}", whole_text(&world));
    world.answer(says("hi"));
    assert_eq!(world.say("again"), ["user_said", "turn_started", "model_requested"], "one fresh start is one segment");
    world.check_replay();
}

#[test]
fn a_fresh_start_is_made_once_and_only_if_something_was_said() {
    let mut world = World::grow();
    assert_eq!(world.start_fresh(), [""; 0]);
    world.say("hello");
    world.answer(says("hi"));
    let fresh = Input::StartFresh { id: MessageId::new("f") };
    assert_eq!(world.input(fresh.clone()), ["fresh_requested", "fresh_started"]);
    assert_eq!(world.start_fresh(), [""; 0], "nothing was said since");
    world.say("hello");
    world.answer(says("hi"));
    assert_eq!(world.input(fresh), [""; 0], "the same request again");
    assert_eq!(world.start_fresh(), ["fresh_requested", "fresh_started"]);
}

#[test]
fn a_fresh_start_during_a_turn_waits_for_its_end_and_keeps_later_messages_for_the_new_part() {
    let mut world = World::grow();
    world.say("look");
    world.answer(calls(&[("read_memory", json!({"path": "a"}))]));
    assert_eq!(world.start_fresh(), ["fresh_requested"]);
    assert_eq!(world.say("something new"), ["user_said"]);
    assert!(world.state.is_queued(seq_of(&world, "something new")));
    let open = world.open_tools();
    assert_eq!(world.finish(&open[0], ToolResult::ok("A")), ["tool_finished", "model_requested"]);
    assert!(!whole_text(&world).contains("something new"), "it belongs to the new part");
    let kinds = world.answer(says("looked"));
    let expected = ["model_answered", "turn_ended", "fresh_started", "segment_started", "turn_started", "model_requested"];
    assert_eq!(kinds, expected);
    assert_eq!(texts(&world), ["something new"]);
    assert!(!world.state.is_queued(seq_of(&world, "something new")));
    world.answer(says("new"));
    world.check_replay();
}

#[test]
fn a_fresh_start_during_a_turn_survives_restarts() {
    let mut world = World::grow();
    world.say("look");
    world.start_fresh();
    world.say("something new");
    assert_eq!(world.restart(), ["model_failed", "model_requested"]);
    assert!(!whole_text(&world).contains("something new"));
    world.answer(says("looked"));
    assert_eq!(texts(&world), ["something new"]);
    world.restart();
    assert_eq!(texts(&world), ["something new"]);
    world.answer(says("new"));
    assert_eq!(world.state.last_ended(), Some(&Ended::Done));
}

#[test]
fn a_message_that_waits_for_a_fresh_start_can_be_changed_and_taken_back() {
    let mut world = World::grow();
    world.say("look");
    world.start_fresh();
    world.say("first");
    world.say("second");
    let (first, second) = (seq_of(&world, "first"), seq_of(&world, "second"));
    assert_eq!(world.input(Input::WithdrawMessage { message: first }), ["message_withdrawn"]);
    assert_eq!(world.input(Input::EditMessage { message: second, text: "changed".into() }), ["message_edited"]);
    world.answer(says("looked"));
    assert_eq!(texts(&world), ["changed"]);
    world.answer(says("new"));
    world.say("more");
    world.start_fresh();
    world.say("taken back");
    world.input(Input::WithdrawMessage { message: seq_of(&world, "taken back") });
    assert_eq!(world.answer(says("done")), ["model_answered", "turn_ended", "fresh_started"], "nothing waits");
    world.check_replay();
}

#[test]
fn a_cancel_begins_the_new_part_with_the_message_that_waits_for_it() {
    let mut world = World::grow();
    world.say("look");
    world.start_fresh();
    world.say("something new");
    let kinds = world.input(Input::Cancel { tree: true });
    assert_eq!(kinds[..4], ["cancel_requested", "model_failed", "turn_ended", "fresh_started"]);
    assert_eq!(texts(&world), ["something new"]);
    world.check_replay();
}

#[test]
fn a_turn_at_a_limit_ends_when_a_message_waits_for_a_fresh_start() {
    let mut world = World::grow();
    world.setup.limits.calls = 1;
    world.say("look");
    world.answer(calls(&[("read_memory", json!({"path": "a"}))]));
    let open = world.open_tools();
    world.finish(&open[0], ToolResult::ok("A"));
    assert_eq!(world.state.paused_at(), Some(LimitReached::Calls));
    assert_eq!(world.start_fresh(), ["fresh_requested"]);
    let kinds = world.say("something new");
    assert!(kinds.contains(&"turn_ended") && kinds.contains(&"fresh_started"), "{kinds:?}");
    assert_eq!(texts(&world), ["something new"]);
    assert_eq!(world.state.open_asks().count(), 0);
    world.check_replay();
}

#[test]
fn sub_agents_go_on_and_report_in_the_new_part() {
    let mut world = World::grow();
    world.say("send a scout");
    world.answer(calls(&[spawn("scout")]));
    world.answer(says("It is on its way."));
    world.start_fresh();
    assert_eq!(world.state.children_at_work().count(), 1);
    let report = report_of_first_child(&world);
    assert_eq!(world.input(report), ["mail_received", "segment_started", "turn_started", "model_requested"]);
    assert!(whole_text(&world).contains("found it") && !whole_text(&world).contains("send a scout"));
    world.answer(says("It has found it."));
    world.check_replay();
}

#[test]
fn a_report_before_the_first_message_of_the_new_part_is_read_with_it() {
    let mut world = World::grow();
    world.say("send a scout");
    world.answer(calls(&[spawn("scout")]));
    world.start_fresh();
    let report = report_of_first_child(&world);
    assert_eq!(world.input(report), ["mail_received"], "the turn under way reads it");
    world.answer(says("It is on its way."));
    assert!(whole_text(&world).contains("found it"));
    assert_eq!(world.answer(says("done")), ["model_answered", "turn_ended", "fresh_started"]);
}

#[test]
fn a_message_that_is_written_anew_continues_from_before_the_earlier_one() {
    let mut world = World::grow();
    for (said, answer) in [("one", "first answer"), ("two", "second answer"), ("three", "third answer")] {
        world.say(said);
        world.answer(says(answer));
    }
    let two = seq_of(&world, "two");
    assert_eq!(world.say_again(two, "two, better"), ["said_again", "segment_started", "turn_started", "model_requested"]);
    let past = last_segment(&world).carried.clone().expect("a past");
    assert!(past.contains("one") && past.contains("first answer"), "{past}");
    for gone in ["\"two\"", "second answer", "three", "third answer"] {
        assert!(!past.contains(gone), "{past}");
    }
    assert_eq!(texts(&world).last().map(String::as_str), Some("two, better"));
    world.answer(says("better"));
    world.say("four");
    assert!(!whole_text(&world).contains("second answer"), "what was set aside stays so");
    world.answer(says("fourth answer"));
    world.say_again(seq_of(&world, "two, better"), "two, best");
    let past = last_segment(&world).carried.clone().expect("a past");
    assert!(past.contains("first answer") && !past.contains("better") && !past.contains("four"), "{past}");
    world.answer(says("best"));
    world.check_replay();
}

#[test]
fn the_first_message_that_is_written_anew_has_no_past() {
    let mut world = World::grow();
    world.say("one");
    world.answer(says("first answer"));
    world.start_fresh();
    world.say("two");
    world.answer(says("second answer"));
    world.say_again(seq_of(&world, "two"), "two, better");
    assert_eq!((&last_segment(&world).carried, texts(&world)), (&None, vec!["two, better".to_owned()]), "nor before the start");
    world.answer(says("better"));
    world.say_again(seq_of(&world, "one"), "one, better");
    assert_eq!((&last_segment(&world).carried, texts(&world)), (&None, vec!["one, better".to_owned()]));
}

#[test]
fn a_message_that_was_read_in_the_middle_of_a_turn_continues_from_there() {
    let mut world = World::grow();
    world.say("look");
    world.answer(calls(&[("read_memory", json!({"path": "a"}))]));
    world.say("and hurry");
    let open = world.open_tools();
    world.finish(&open[0], ToolResult::ok("A"));
    world.answer(says("looked"));
    world.say_again(seq_of(&world, "and hurry"), "take your time");
    let past = last_segment(&world).carried.clone().expect("a past");
    assert!(past.contains("look") && past.contains("read_memory") && !past.contains("looked"), "{past}");
    assert!(past.contains("\"result\":\"A\""), "what the model read with it: {past}");
    world.check_replay();
}

#[test]
fn what_the_model_read_together_with_the_message_stays_and_its_answer_before_too() {
    let mut world = World::grow();
    world.say("one");
    world.say("two");
    world.say("three");
    world.answer(says("first answer"));
    world.answer(says("second answer"));
    world.say_again(seq_of(&world, "three"), "three, better");
    let past = last_segment(&world).carried.clone().expect("a past");
    assert!(past.contains("first answer") && past.contains("two") && !past.contains("three"), "{past}");
    assert!(!past.contains("second answer"), "{past}");
}

#[test]
fn a_message_that_waited_for_a_fresh_start_brings_nothing_back() {
    let mut world = World::grow();
    world.say("one");
    world.start_fresh();
    world.say("two");
    world.answer(says("first answer"));
    world.answer(says("second answer"));
    world.say_again(seq_of(&world, "two"), "two, better");
    assert_eq!((&last_segment(&world).carried, texts(&world)), (&None, vec!["two, better".to_owned()]));
}

#[test]
fn a_question_of_what_is_set_aside_is_withdrawn() {
    let mut world = World::grow();
    world.say("one");
    world.answer(calls(&[("ask_user", json!({"question": "which?"}))]));
    world.answer(says("I wait."));
    assert_eq!(world.state.open_asks().count(), 1);
    assert_eq!(world.say_again(seq_of(&world, "one"), "two")[0], "ask_settled");
    assert_eq!(world.state.open_asks().count(), 0);
}

#[test]
fn an_agent_at_work_or_with_queued_messages_writes_nothing_anew() {
    let mut world = World::grow();
    world.say("one");
    assert_eq!(world.say_again(seq_of(&world, "one"), "two"), [""; 0]);
    world.answer(says("first answer"));
    let id = MessageId::new("again");
    let before = Box::new(crate::agent::State::new(world.state.id().clone()));
    let (message, as_of) = (seq_of(&world, "one"), world.state.seq());
    let again = Input::SayAgain { id, message, text: "two".into(), attachments: Vec::new(), before, as_of };
    assert!(!world.input(again.clone()).is_empty());
    world.answer(says("second answer"));
    assert_eq!(world.input(again), [""; 0], "the same message again");
}

#[test]
fn of_two_clients_that_send_a_message_anew_at_the_same_time_the_second_changes_nothing() {
    let mut world = World::grow();
    world.say("one");
    world.answer(says("first answer"));
    let (one, as_of) = (seq_of(&world, "one"), world.state.seq());
    let again = |id: &str| {
        let before = Box::new(crate::agent::State::new(crate::id::AgentId::grow()));
        Input::SayAgain { id: MessageId::new(id), message: one, text: id.to_owned(), attachments: Vec::new(), before, as_of }
    };
    assert!(!world.input(again("first")).is_empty());
    world.answer(says("second answer"));
    assert_eq!(world.input(again("second")), [""; 0], "its message is set aside by now");
    world.check_replay();
}

#[test]
fn without_a_runner_a_stop_begins_no_turn_with_the_message_that_waits_for_the_fresh_start() {
    let mut world = World::grow();
    world.say("look");
    world.start_fresh();
    world.say("something new");
    world.setup.has_runner = false;
    assert_eq!(world.input(Input::Cancel { tree: true }), ["cancel_requested", "model_failed", "turn_ended"]);
    let unknown = world.state.view().unknown;
    assert!(world.state.status().is_at_work(), "so that the next start wakes it");
    assert_eq!(world.input(Input::StartFresh { id: MessageId::new("again") }), [""; 0]);
    world.setup.has_runner = true;
    assert_eq!(world.restart(), ["fresh_started", "segment_started", "turn_started", "model_requested"]);
    assert_eq!(texts(&world), ["something new"]);
    assert_eq!(world.state.view().unknown, unknown, "nothing was sent that could be billed");
    world.check_replay();
}

#[test]
fn a_sub_agent_neither_starts_afresh_nor_reads_a_message_anew() {
    let mut world = super::rules::scout();
    world.answer(says("done"));
    let seq = world.state.seq();
    assert_eq!((world.start_fresh(), world.say_again(seq, "more")), (Vec::new(), Vec::new()));
}
