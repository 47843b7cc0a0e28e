//! What each input that begins or continues a turn is paid from. A message of the person to the Grow Agent begins a budget, and so
//! does work that the person gives otherwise while nothing is under way. Everything else counts with the work that is under way.

use super::limits::{at_limit, report, use_up};
use super::world::{World, calls, says, spawn, usd_cents};
use crate::agent::{Input, State};
use crate::ask::{Answer, AskKind, MERGE};
use crate::event::Event;
use crate::id::{AgentId, EffectId, MessageId};
use crate::limits::LimitReached;
use crate::mail::{Mail, MailBody, SpawnRequest};
use crate::memory::{ConflictPage, MemoryConflict};
use crate::money::Money;
use crate::tool::ToolResult;
use crate::workbench::Mind;
use serde_json::json;

impl World {
    /// Sends a sub-agent a message of the person; returns the money that it brings.
    fn tell(&mut self, agent: &AgentId) -> Money {
        let id = MessageId::new(format!("t{}", self.entries.len()));
        self.input(Input::Tell { agent: agent.clone(), id, text: "more".to_owned() });
        match &self.mail().last().expect("mail").body {
            MailBody::Say { allowance, .. } => *allowance,
            other => panic!("not a message: {other:?}"),
        }
    }

    fn model_calls(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.event, Event::ModelRequested(_))).count()
    }

    /// Has the person asked about a conflict, and lets them have it merged.
    fn merge_conflict(&mut self) {
        let page = ConflictPage { path: "a.md".to_owned(), copy: "a (2).md".to_owned() };
        self.input(Input::MemoryConflicts { open: vec![MemoryConflict { merge: "c1".to_owned(), pages: vec![page] }] });
        let ask = self.state.open_asks().find(|ask| ask.kind == AskKind::Conflict).expect("it is asked").id.clone();
        self.input(Input::Answer { ask, answer: Some(option(MERGE)) });
        self.input(Input::Continue);
    }
}

fn option(id: &str) -> Answer {
    Answer { option: Some(id.to_owned()), ..Answer::default() }
}

/// The sub-agent of a Grow Agent that waits at the budget of its message for that sub-agent.
fn waiting_for_sub_agent() -> (World, AgentId) {
    let mut world = World::grow();
    world.setup.limits.per_message = usd_cents(20);
    world.say("go");
    world.answer(calls(&[spawn("scout")]));
    use_up(&mut world);
    assert_eq!((world.state.paused_at(), world.state.open_asks().count()), (Some(LimitReached::PerMessage), 0));
    let child = world.mail()[0].to.clone();
    (world, child)
}

#[test]
fn a_message_to_a_sub_agent_gives_the_work_under_way_no_new_budget() {
    let (mut world, child) = waiting_for_sub_agent();
    world.tell(&child);
    let Input::Mail(mail) = report(&world, 0, Money::ZERO, None) else { panic!("mail") };
    let MailBody::Report(mut ended) = mail.body.clone() else { panic!("a report") };
    ended.up_to = 2;
    world.input(Input::Mail(Mail { body: MailBody::Report(ended), ..mail }));
    assert!(world.attempt().is_none(), "the turn goes on only if the person adds money");
    world.limit_ask();
    assert!(world.state.budget().used_for_message() <= usd_cents(20));
    world.check_replay();
}

#[test]
fn a_question_at_a_limit_stays_open_after_a_message_to_a_sub_agent() {
    let mut world = at_limit();
    let ask = world.limit_ask().id;
    assert_eq!(world.tell(&AgentId::new("a-1")), Money::ZERO, "the budget of the message is used");
    let sent = world.mail().last().map(|mail| mail.body.clone());
    assert!(matches!(sent, Some(MailBody::Say { limit: Some(LimitReached::PerMessage), .. })), "its receiver asks: {sent:?}");
    assert_eq!(world.limit_ask().id, ask);
    assert_eq!(world.state.budget().used_for_message(), world.total());
}

#[test]
fn a_message_to_a_sub_agent_has_its_own_budget_if_nothing_is_under_way() {
    let mut world = at_limit();
    world.answer_limit("stop", None);
    let child = AgentId::new("a-1");
    let first = world.tell(&child);
    assert_eq!((first, world.state.budget().used_for_message()), (Money(2_500_000), first));
    let second = world.tell(&child);
    assert!(second < first, "as long as the first one is under way, the second is paid from the same budget");
    assert_eq!(world.state.budget().used_for_message(), first + second);
    world.check_replay();
}

#[test]
fn a_message_to_a_sub_agent_that_an_earlier_build_recorded_began_a_budget_and_still_does_in_a_replay() {
    let (mut world, child) = waiting_for_sub_agent();
    let sent = world.tell(&child);
    let mut entries = world.entries.clone();
    let Event::ChildTold(told) = &mut entries.last_mut().expect("an event").event else { panic!("a message") };
    assert!(std::mem::take(&mut told.counts_with_work));
    let mut replayed = State::new(world.state.id().clone());
    entries.iter().for_each(|entry| replayed.apply(entry));
    assert_eq!(replayed.budget().used_for_message(), sent);
    assert!(world.state.budget().used_for_message() > sent);
}

#[test]
fn after_an_answer_to_a_question_calls_are_counted_anew_and_money_is_not() {
    let mut world = World::grow();
    world.setup.limits.calls = 3;
    world.say("go");
    world.answer(calls(&[("ask_user", json!({"question": "Which one?"}))]));
    world.answer(says("I wait."));
    let (ask, spent) = (world.state.open_asks().next().expect("a question").id.clone(), world.state.budget().used_for_message());
    world.input(Input::Answer { ask, answer: Some(Answer { text: Some("red".to_owned()), ..Answer::default() }) });
    world.input(Input::Continue);
    assert!(world.last_user().1.contains("red"), "it is read at once");
    assert!(world.state.budget().used_for_message() >= spent, "the budget of the message goes on");
    use_up(&mut world);
    assert_eq!((world.model_calls(), world.state.paused_at()), (5, Some(LimitReached::Calls)));
    world.check_replay();
}

#[test]
fn to_have_pages_merged_counts_with_a_turn_under_way_and_has_a_budget_of_its_own_otherwise() {
    let mut world = World::grow();
    world.setup.limits.calls = 3;
    world.say("go");
    world.answer(calls(&[("list_memory", json!({}))]));
    world.merge_conflict();
    for effect in world.open_tools() {
        world.finish(&effect, ToolResult::ok("nothing"));
    }
    assert!(world.last_user().1.contains("a (2).md"));
    use_up(&mut world);
    assert_eq!((world.model_calls(), world.state.paused_at()), (3, Some(LimitReached::Calls)));

    let mut idle = at_limit();
    idle.answer_limit("stop", None);
    idle.merge_conflict();
    assert!(idle.attempt().is_some() && idle.state.budget().used_for_message() == Money::ZERO);
    idle.check_replay();
}

#[test]
fn to_have_pages_merged_while_sub_agents_work_counts_with_their_work() {
    let mut world = World::grow();
    world.setup.limits.per_message = usd_cents(20);
    world.say("go");
    world.answer(calls(&[spawn("scout")]));
    world.answer(says("It is sent."));
    let used = world.state.budget().used_for_message();
    world.merge_conflict();
    assert!(world.attempt().is_some() && world.state.budget().used_for_message() == used);
    use_up(&mut world);
    assert!(world.state.budget().used_for_message() <= usd_cents(20));
    world.check_replay();
}

#[test]
fn a_report_that_begins_a_turn_counts_with_the_message_before() {
    let mut world = World::grow();
    world.setup.limits.calls = 2;
    world.say("go");
    world.answer(calls(&[spawn("scout")]));
    world.answer(says("It is sent."));
    world.input(report(&world, 0, Money::ZERO, None));
    assert_eq!((world.model_calls(), world.state.paused_at()), (2, Some(LimitReached::Calls)));
    world.limit_ask();
}

/// A sub-agent that has reached its limit of model calls while it works for the person, so that it asks.
fn sub_agent_at_limit() -> World {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    world.setup.limits.calls = 2;
    let birth = SpawnRequest {
        name: "helper".to_owned(),
        task: "go".to_owned(),
        allowance: Money::usd(1),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    post(&mut world, "s", MailBody::Spawn(birth));
    post(&mut world, "m1", say(2, true));
    use_up(&mut world);
    assert_eq!(world.state.paused_at(), Some(LimitReached::Calls));
    world
}

fn post(world: &mut World, id: &str, body: MailBody) {
    let (from, to) = (AgentId::grow(), world.state.id().clone());
    world.input(Input::Mail(Mail { id: EffectId::new(id), from, to, body }));
}

fn say(number: u64, by_person: bool) -> MailBody {
    MailBody::Say {
        text: "more".to_owned(),
        allowance: usd_cents(50),
        limit: None,
        number,
        by_person,
        quota: None,
        untrusted: Vec::new(),
    }
}

#[test]
fn a_message_to_a_sub_agent_at_its_limit_of_calls_allows_no_further_call() {
    for by_person in [true, false] {
        let mut world = sub_agent_at_limit();
        let ask = world.limit_ask().id;
        post(&mut world, "m2", say(3, by_person));
        assert_eq!((world.model_calls(), world.limit_ask().id), (2, ask), "the question waits");
        world.answer_limit("raise", None);
        assert!(world.last_user().1.contains("more"), "the message is read with the answer");
        use_up(&mut world);
        assert_eq!(world.model_calls(), 4, "as many more as the answer says");
        world.check_replay();
    }
}

#[test]
fn an_answer_to_a_sub_agent_at_its_limit_of_calls_allows_no_further_call() {
    let mut world = sub_agent_at_limit();
    world.answer_limit("raise", None);
    world.answer(calls(&[("ask_user", json!({"question": "Which one?"}))]));
    use_up(&mut world);
    let limit_ask = world.limit_ask().id;
    let ask = world.state.open_asks().find(|ask| ask.kind == AskKind::Question).expect("a question").id.clone();
    world.input(Input::Answer { ask, answer: Some(Answer { text: Some("red".to_owned()), ..Answer::default() }) });
    world.input(Input::Continue);
    post(&mut world, "m2", say(3, true));
    assert_eq!((world.model_calls(), world.limit_ask().id), (4, limit_ask));
    world.check_replay();
}
