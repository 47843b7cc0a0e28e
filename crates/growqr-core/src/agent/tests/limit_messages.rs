//! Messages of the person around a limit: none of them makes an answer cost more than it says, and none is left unread.

use super::limits::{at_limit, report, use_up};
use super::world::{World, calls, says, spawn, usd_cents};
use crate::agent::{Input, State};
use crate::ask::{Answer, AskDetail, AskKind};
use crate::event::{Ended, Event};
use crate::id::Seq;
use crate::limits::{LimitReached, Unpriced};
use crate::money::Money;
use crate::quota::Quota;
use proptest::prelude::*;
use serde_json::json;

impl World {
    /// Records the answer about the limit, as while no host runs.
    fn record_limit_answer(&mut self, option: &str) {
        let answer = Answer { option: Some(option.to_owned()), ..Answer::default() };
        let ask = self.limit_ask().id;
        self.input(Input::Answer { ask, answer: Some(answer) });
    }

    /// The last message of the person.
    fn last_message(&self) -> Seq {
        let is_message = |event: &Event| matches!(event, Event::UserSaid(_));
        self.entries.iter().rfind(|entry| is_message(&entry.event)).expect("a message").seq
    }

    fn asks_about_limit(&self) -> bool {
        self.state.open_asks().any(|ask| ask.kind == AskKind::Budget)
    }

    /// Answers each model call with a tool call until the turn ends or waits, and bills what was reserved. Returns their number.
    fn call_until_limit(&mut self) -> u32 {
        let mut made = 0;
        while self.attempt().is_some() {
            made += 1;
            let mut answer = calls(&[("fly", json!({"n": self.entries.len()}))]);
            answer.cost = Some(self.state.reserved());
            self.answer(answer);
        }
        made
    }
}

#[test]
fn an_answer_at_a_limit_costs_no_more_than_it_says_if_a_message_has_come() {
    for before_the_answer in [true, false] {
        for option in ["raise", "finish"] {
            let mut world = at_limit();
            let Some(AskDetail::Limit { raise, finish, .. }) = world.limit_ask().detail else { panic!("a limit") };
            if before_the_answer {
                world.say("ok?");
            }
            world.record_limit_answer(option);
            if !before_the_answer {
                // The host has not acted on the answer yet.
                world.say("ok?");
            }
            world.input(Input::Continue);
            assert!(world.last_user().1.contains("ok?"), "it is read with the work");
            world.call_until_limit();
            let added = if option == "raise" { raise.money } else { finish.money };
            assert!(world.total() <= usd_cents(10) + added, "{option}, {before_the_answer}: {:?}", world.total());
            world.check_replay();
        }
    }
}

#[test]
fn more_model_calls_are_as_many_as_the_answer_says_if_a_message_has_come() {
    for (option, more) in [("raise", 3), ("finish", 1)] {
        let mut world = World::grow();
        world.setup.limits.calls = 3;
        (world.setup.limits.per_message, world.setup.limits.per_day) = (Money::usd(100), Money::usd(100));
        world.say("go");
        assert_eq!(world.call_until_limit(), 3);
        world.say("ok?");
        world.answer_limit(option, None);
        assert_eq!(world.call_until_limit(), more, "{option}");
        world.check_replay();
    }
}

#[test]
fn a_message_at_a_limit_has_its_own_budget_once_the_work_before_it_is_stopped() {
    let mut world = at_limit();
    world.say("something else");
    world.answer_limit("stop", None);
    let spent = world.total();
    use_up(&mut world);
    assert!(world.state.turn() == 2 && world.total() > spent + usd_cents(4), "{:?}", world.total());
    assert!(world.total() <= spent + usd_cents(10));
    world.check_replay();
}

#[test]
fn a_message_of_an_earlier_build_at_a_limit_began_its_own_budget_and_still_does_in_a_replay() {
    let mut world = at_limit();
    world.say("ok?");
    let mut entries = world.entries.clone();
    let Event::UserSaid(said) = &mut entries.last_mut().expect("a message").event else { panic!("a message") };
    assert!(said.at_limit);
    said.at_limit = false;
    let mut replayed = State::new(world.state.id().clone());
    entries.iter().for_each(|entry| replayed.apply(entry));
    let available = |state: &State| state.budget().available(&world.setup.limits, world.now).0;
    assert_eq!((available(&replayed), replayed.budget().used_for_message()), (usd_cents(10), Money::ZERO));
    assert!(available(&world.state) < usd_cents(10));
}

#[test]
fn an_answer_stays_if_the_message_that_waits_is_taken_back() {
    for option in ["raise", "finish"] {
        for during_a_call in [false, true] {
            let mut world = World::grow();
            world.setup.limits.per_day = usd_cents(10);
            world.say("go");
            if during_a_call {
                world.say("and more");
            }
            let mut dear = calls(&[("fly", json!({}))]);
            dear.cost = Some(usd_cents(9));
            world.answer(dear);
            if !during_a_call {
                world.say("and more");
            }
            let message = world.last_message();
            world.record_limit_answer(option);
            world.input(Input::WithdrawMessage { message });
            assert_eq!(world.restart(), ["model_requested"], "{option}, {during_a_call}: the answer is acted on");
            assert!(!world.last_user().1.contains("and more"));
            world.check_replay();
        }
    }
}

#[test]
fn a_last_call_that_the_answer_does_not_pay_for_is_asked_about_again() {
    let mut world = at_limit();
    let ask = world.limit_ask().id;
    world.say(&"a long message ".repeat(8_000));
    world.record_limit_answer("finish");
    world.input(Input::Continue);
    assert!(world.attempt().is_none() && world.state.is_at_work());
    assert_ne!(world.limit_ask().id, ask, "with the amounts for the longer prompt");
    world.answer_limit("finish", None);
    assert!(world.last_user().1.contains("Finish now"));
    world.answer(says("This is what I have."));
    assert_eq!(world.state.last_ended(), Some(&Ended::Done));
    world.check_replay();
}

#[test]
fn a_message_during_the_last_call_of_a_day_is_asked_about() {
    let last_answers = [says("This is what I have."), calls(&[("list_memory", json!({}))])];
    for answer in last_answers {
        let mut world = World::grow();
        world.setup.limits.per_day = usd_cents(10);
        world.say("go");
        use_up(&mut world);
        assert_eq!(world.state.paused_at(), Some(LimitReached::PerDay));
        world.answer_limit("finish", None);
        world.say("and book a table");
        world.answer(answer);
        assert!(world.state.turn() == 2 && world.asks_about_limit(), "its turn waits, with a question");
        world.answer_limit("raise", Some(usd_cents(50)));
        assert!(world.last_user().1.contains("and book a table"));
        world.check_replay();
    }
}

#[test]
fn a_message_during_the_second_chance_to_report_is_read() {
    let mut world = World::grow();
    world.say("go");
    world.input(Input::Finish { tree: true });
    world.input(Input::Continue);
    world.answer(calls(&[("list_memory", json!({}))]));
    world.say("no, go on");
    world.answer(calls(&[("list_memory", json!({}))]));
    assert!(world.last_user().1.contains("no, go on"));
    world.answer(calls(&[("read_memory", json!({"path": "a.md"}))]));
    assert_eq!(world.open_tools().len(), 1, "the turn goes on as usual");
    world.check_replay();
}

#[test]
fn the_last_call_after_the_limit_of_calls_waits_for_the_reports_of_a_tree_that_is_to_finish() {
    for started_anew in [false, true] {
        let mut world = World::grow();
        world.setup.limits.calls = 1;
        world.say("go");
        world.answer(calls(&[spawn("one"), spawn("two")]));
        assert_eq!(world.limit_ask().kind, AskKind::Budget);
        world.input(Input::Finish { tree: true });
        world.input(Input::Continue);
        assert!(world.attempt().is_none() && !world.state.can_continue(), "the one call that is left is for the reports");
        if started_anew {
            assert_eq!(world.restart(), [""; 0]);
        }
        world.input(report(&world, 0, Money::ZERO, None));
        assert!(world.attempt().is_none());
        world.input(report(&world, 1, Money::ZERO, None));
        let (_, text) = world.last_user();
        assert_eq!((text.matches("found it").count(), text.contains("Finish now")), (2, true), "{text}");
        world.answer(says("This is what we have."));
        assert_eq!(world.state.last_ended(), Some(&Ended::Done));
        world.check_replay();
    }
}

#[test]
fn finishing_one_agent_at_the_limit_of_calls_does_not_wait_for_its_sub_agents() {
    let mut world = World::grow();
    world.setup.limits.calls = 1;
    world.say("go");
    world.answer(calls(&[spawn("one")]));
    world.input(Input::Finish { tree: false });
    world.input(Input::Continue);
    assert!(world.last_user().1.contains("Finish now"));
}

/// A turn that waits at a limit with a message of the person that was not read.
fn with_queued_message(limit: usize, during_a_call: bool, before: usize) -> Option<World> {
    let mut world = World::grow();
    match limit % 4 {
        0 => world.setup.limits.per_message = usd_cents(10),
        1 => world.setup.limits.per_day = usd_cents(20),
        2 => world.setup.limits.calls = 3,
        _ => {
            world.setup.card.prices = None;
            world.setup.limits.unpriced = Some(Unpriced { tokens: 60_000, calls: 4 });
        }
    }
    world.say("go");
    for made in 0..50 {
        if during_a_call && made == before {
            world.say("and more");
        }
        world.attempt()?;
        let mut answer = calls(&[("fly", json!({"n": made}))]);
        answer.cost = world.setup.card.prices.as_ref().map(|_| usd_cents(3));
        world.answer(answer);
        if world.asks_about_limit() {
            break;
        }
    }
    if !during_a_call {
        world.say("and more");
    }
    (world.asks_about_limit() && world.state.is_queued(world.last_message())).then_some(world)
}

proptest! {
    #[test]
    fn to_answer_and_to_take_a_message_back_can_be_done_in_any_order(
        limit in 0..4_usize, during_a_call in any::<bool>(), before in 0..6_usize, option in prop_oneof![Just("raise"), Just("finish")]
    ) {
        let worlds = [(); 2].map(|()| with_queued_message(limit, during_a_call, before));
        let [Some(mut first), Some(mut second)] = worlds else { return Err(TestCaseError::reject("the message was read")) };
        let message = first.last_message();
        first.record_limit_answer(option);
        first.input(Input::WithdrawMessage { message });
        second.input(Input::WithdrawMessage { message });
        second.record_limit_answer(option);
        let left = |world: &World| -> (Money, Quota, Money) {
            let state = &world.state;
            (state.budget().available(&world.setup.limits, world.now).0, state.quota_left(), state.budget().raised())
        };
        prop_assert_eq!(left(&first), left(&second));
        for world in [&mut first, &mut second] {
            world.input(Input::Continue);
            world.check_replay();
        }
        prop_assert_eq!(first.attempt().is_some(), second.attempt().is_some());
    }
}
