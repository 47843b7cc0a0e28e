//! Sub-agents whose turn waits to begin, because more are at work than may be at once.

use super::world::{World, reply, says, usd_cents};
use crate::agent::{Input, State};
use crate::event::Ended;
use crate::id::{AgentId, EffectId, MessageId};
use crate::journal::Status;
use crate::mail::{Ending, Mail, MailBody, Report, SpawnRequest};
use crate::model::{Reply, StopReason};
use crate::money::Money;
use crate::workbench::Mind;
use serde_json::json;

fn mail(id: &str, body: MailBody) -> Input {
    Input::Mail(Mail { id: EffectId::new(id), from: AgentId::grow(), to: AgentId::new("a-1"), body })
}

fn birth() -> MailBody {
    MailBody::Spawn(SpawnRequest {
        name: "scout".to_owned(),
        task: "look".to_owned(),
        allowance: usd_cents(40),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    })
}

fn says_more(number: u64, by_person: bool) -> MailBody {
    let (text, allowance) = ("more".to_owned(), usd_cents(10));
    MailBody::Say { text, allowance, limit: None, number, by_person, quota: None, untrusted: Vec::new() }
}

/// A new sub-agent that may not begin.
fn queued() -> World {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    world.setup.may_begin = false;
    assert_eq!(world.input(mail("spawn", birth())), ["agent_created", "journal_named"]);
    world
}

fn report(world: &World) -> Report {
    match &world.mail().last().expect("a report").body {
        MailBody::Report(report) => report.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sub_agent_that_may_not_begin_is_queued_and_begins_when_it_may() {
    let mut world = queued();
    assert_eq!((world.state.status(), world.state.reserved()), (Status::Queued, Money::ZERO));
    assert!(world.state.open_intents().is_empty() && world.state.can_continue());
    assert_eq!(world.input(Input::Continue), [""; 0]);
    world.setup.may_begin = true;
    assert_eq!(world.input(Input::Continue), ["segment_started", "turn_started", "model_requested"]);
    assert_eq!(world.state.status(), Status::Thinking);
    world.answer(says("done"));
    assert_eq!(report(&world).ending, Ending::Done);
}

#[test]
fn a_restart_keeps_it_queued_and_costs_nothing() {
    let mut world = queued();
    assert_eq!(world.restart(), [""; 0]);
    assert_eq!((world.state.status(), world.state.budget().unknown), (Status::Queued, Money::ZERO));
    world.setup.may_begin = true;
    assert_eq!(world.restart(), ["segment_started", "turn_started", "model_requested"]);
}

#[test]
fn a_message_while_it_is_queued_is_read_with_its_task() {
    let mut world = queued();
    assert_eq!(world.input(mail("say", says_more(2, false))), ["mail_received"]);
    world.setup.may_begin = true;
    world.input(Input::Continue);
    let (_, text) = world.last_user();
    assert!(text.contains("look") && text.contains("more"), "{text}");
}

#[test]
fn a_message_to_one_that_has_ended_is_queued_too() {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    world.input(mail("spawn", birth()));
    world.answer(says("done"));
    world.setup.may_begin = false;
    assert_eq!(world.input(mail("say", says_more(2, false))), ["mail_received"]);
    assert_eq!(world.state.status(), Status::Queued);
    world.setup.may_begin = true;
    assert_eq!(world.input(Input::Continue), ["turn_started", "model_requested"]);
}

#[test]
fn one_that_is_cancelled_while_it_is_queued_reports_and_gives_its_money_back() {
    for input in [Input::Cancel { tree: true }, mail("cancel", MailBody::Cancel)] {
        let mut world = queued();
        world.input(input);
        assert_eq!((world.state.status(), world.state.last_ended()), (Status::Cancelled, Some(&Ended::Cancelled)));
        let Report { ending, spent, returned, .. } = report(&world);
        assert_eq!((ending, spent, returned), (Ending::Cancelled, Money::ZERO, usd_cents(40)));
        assert!(world.state.open_intents().is_empty() && !world.state.can_continue());
    }
}

#[test]
fn one_that_is_to_finish_while_it_is_queued_reports_without_a_model_call() {
    let mut world = queued();
    world.input(Input::Finish { tree: true });
    assert_eq!((report(&world).ending, report(&world).returned), (Ending::Done, usd_cents(40)));
    assert!(!world.state.can_continue());
}

#[test]
fn one_whose_only_message_is_taken_back_ends_without_a_model_call() {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    world.input(mail("spawn", birth()));
    world.answer(says("done"));
    world.setup.may_begin = false;
    world.input(mail("say", says_more(2, true)));
    let message = world.state.seq();
    world.input(Input::WithdrawMessage { message });
    assert_eq!((world.state.status(), report(&world).up_to), (Status::Done, 2));
}

#[test]
fn the_grow_agent_is_never_queued() {
    let mut world = World::grow();
    world.input(Input::Said { id: MessageId::new("m"), text: "go".to_owned(), attachments: Vec::new() });
    assert_eq!(world.state.status(), Status::Thinking);
    world.answer(says("done"));
    assert_eq!(world.state.status(), Status::Idle);
}

/// Answers after which a turn cannot go on.
fn answers_of_no_use() -> [Reply; 3] {
    let text = json!([{"type": "text", "text": "well"}]);
    let refused = reply(json!([]), StopReason::Refusal { explanation: "no".to_owned() });
    [refused, reply(text.clone(), StopReason::MaxTokens), reply(text, StopReason::Other("?".to_owned()))]
}

#[test]
fn a_message_to_a_sub_agent_that_came_during_an_answer_of_no_use_is_read_before_the_report() {
    for answer in answers_of_no_use() {
        let mut world = World::of(State::new(AgentId::new("a-1")));
        world.input(mail("spawn", birth()));
        world.input(mail("m", says_more(2, true)));
        world.answer(answer);
        assert!(world.last_user().1.contains("more") && world.mail().is_empty(), "{:?}", world.mail());
        world.answer(says("done"));
        assert_eq!((report(&world).ending, report(&world).up_to), (Ending::Done, 2));
        world.check_replay();
    }
}
