//! Limits: the turn pauses and asks, and goes on after the answer; what the whole tree may use.

use super::world::{World, calls, reply, says, spawn, usd_cents};
use crate::agent::{Input, State};
use crate::ask::{Answer, AnswerError, Ask, AskDetail, AskKind};
use crate::event::{Ended, Event};
use crate::id::{AgentId, EffectId, Seq};
use crate::limits::{LimitReached, Unpriced};
use crate::mail::{Ending, Mail, MailBody, Report, SpawnRequest};
use crate::model::{FailureKind, StopReason, Usage};
use crate::money::Money;
use crate::quota::Quota;
use crate::tool::LookedUp;
use crate::workbench::Mind;
use serde_json::json;

/// A turn that has reached the budget of its message, with one ask open.
pub(super) fn at_limit() -> World {
    let mut world = World::grow();
    world.setup.limits.per_message = usd_cents(10);
    world.say("go");
    use_up(&mut world);
    world
}

pub(super) fn use_up(world: &mut World) {
    while world.attempt().is_some() {
        let mut expensive = calls(&[("fly", json!({"n": world.entries.len()}))]);
        expensive.cost = Some(usd_cents(4));
        world.answer(expensive);
    }
}

impl World {
    pub(super) fn limit_ask(&self) -> Ask {
        let asks: Vec<&Ask> = self.state.open_asks().filter(|ask| ask.kind == AskKind::Budget).collect();
        assert_eq!(asks.len(), 1, "one ask about the limit");
        asks[0].clone()
    }

    /// Answers the question about the limit, and goes on.
    pub(super) fn answer_limit(&mut self, option: &str, amount: Option<Money>) {
        let answer = Answer { option: Some(option.to_owned()), amount, ..Answer::default() };
        let ask = self.limit_ask().id;
        self.input(Input::Answer { ask, answer: Some(answer) });
        self.input(Input::Continue);
    }

    pub(super) fn total(&self) -> Money {
        self.state.budget().spent + self.state.budget().unknown
    }
}

#[test]
fn at_a_limit_the_turn_pauses_with_one_ask_that_says_what_is_missing() {
    let world = at_limit();
    assert_eq!(world.state.paused_at(), Some(LimitReached::PerMessage));
    let ask = world.limit_ask();
    assert_eq!(ask.text, "The Grow Agent has reached the budget of one message.");
    let Some(AskDetail::Limit { shortfall: Some(short), finish, .. }) = ask.detail else { panic!("a limit") };
    assert!(short.needed > short.available && finish.money > short.needed.saturating_sub(short.available));
    let labels: Vec<&str> = ask.options.iter().map(|option| option.label.as_str()).collect();
    assert!(
        labels[0] == "Raise by $0.10 for this message" && labels[1].starts_with("Finish with a report (at most $0."),
        "{labels:?}"
    );
}

#[test]
fn a_clock_that_was_ahead_leaves_today_its_budget_and_the_question_names_the_amount() {
    const DAY: i64 = 86_400_000;
    let mut world = World::grow();
    world.setup.limits.per_day = usd_cents(10);
    world.now.0 += DAY;
    world.say("go");
    use_up(&mut world);
    assert_eq!(world.state.paused_at(), Some(LimitReached::PerDay));
    let ahead = world.total();
    world.now.0 -= DAY;
    world.say("the clock is right again");
    world.answer_limit("stop", None);
    assert!(world.attempt().is_some(), "today has its own budget");
    use_up(&mut world);
    let text = world.limit_ask().text;
    assert!(text.contains(&format!("${ahead} is dated later and does not count")), "{text}");
    world.now.0 += DAY;
    world.say("the day has come");
    world.answer_limit("stop", None);
    assert!(world.attempt().is_none(), "its budget is used");
    let text = world.limit_ask().text;
    assert!(text.contains(&format!("${ahead} of it was recorded earlier")), "{text}");
    world.check_replay();
}

#[test]
fn money_that_is_added_lets_the_turn_go_on_at_once_and_ends_with_the_message() {
    let mut world = at_limit();
    let spent = world.total();
    world.answer_limit("raise", Some(usd_cents(20)));
    assert!(world.attempt().is_some());
    use_up(&mut world);
    let limit = usd_cents(30);
    assert!(world.total() > spent && world.total() <= limit, "{:?}", world.total());
    world.say("next");
    use_up(&mut world);
    assert!(world.total() <= limit + usd_cents(10), "what was added for one message is not there for the next");
    world.check_replay();
}

#[test]
fn what_the_person_was_shown_is_what_is_added() {
    let mut world = at_limit();
    let ask = world.limit_ask();
    let too_small = Answer { option: Some("raise".to_owned()), amount: Some(Money(1)), ..Answer::default() };
    assert!(matches!(ask.check(Some(&too_small)), Err(AnswerError::Amount(_))));
    let huge = Answer { option: Some("raise".to_owned()), amount: Some(Money(u64::MAX)), ..Answer::default() };
    assert_eq!(ask.check(Some(&huge)), Err(AnswerError::LargeAmount));
    let finish = Answer { option: Some("finish".to_owned()), amount: Some(usd_cents(100)), ..Answer::default() };
    assert_eq!(ask.check(Some(&finish)), Err(AnswerError::NoAmount));
    world.setup.limits.per_message = usd_cents(500);
    world.answer_limit("raise", None);
    use_up(&mut world);
    assert!(world.total() <= usd_cents(20), "the amount of the label, whatever the limits are now: {:?}", world.total());
}

#[test]
fn an_answer_that_is_recorded_before_a_stop_is_acted_on_at_the_next_start() {
    let mut world = at_limit();
    let answer = Answer { option: Some("raise".to_owned()), ..Answer::default() };
    let ask = world.limit_ask().id;
    world.input(Input::Answer { ask, answer: Some(answer) });
    assert!(world.attempt().is_none());
    assert_eq!(world.restart(), ["model_requested"]);
}

#[test]
fn a_restart_at_a_limit_asks_nothing_again() {
    let mut world = at_limit();
    assert_eq!(world.restart(), [""; 0]);
    world.limit_ask();
}

#[test]
fn finishing_at_a_limit_makes_one_last_call_within_what_was_shown() {
    let mut world = at_limit();
    let Some(AskDetail::Limit { finish, .. }) = world.limit_ask().detail else { panic!("a limit") };
    world.answer_limit("finish", None);
    assert!(world.last_user().1.contains("Finish now"));
    let reserved = world.state.reserved();
    assert!(world.total() + reserved <= usd_cents(10) + finish.money, "{reserved:?}");
    world.answer(says("This is what I have."));
    assert_eq!(world.state.last_ended(), Some(&Ended::Done));
}

#[test]
fn stopping_at_a_limit_ends_the_turn_with_that_limit() {
    for option in [Some("stop"), None] {
        let mut world = at_limit();
        match option {
            Some(option) => world.answer_limit(option, None),
            None => {
                let ask = world.limit_ask().id;
                world.input(Input::Answer { ask, answer: None });
                world.input(Input::Continue);
            }
        }
        assert_eq!(world.state.last_ended(), Some(&Ended::Limit(LimitReached::PerMessage)));
    }
}

#[test]
fn a_message_at_a_limit_waits_for_the_answer_and_is_read_with_the_earlier_work() {
    for started_anew in [false, true] {
        let mut world = at_limit();
        let ask = world.limit_ask().id;
        assert_eq!(world.say("and book a table"), ["user_said"]);
        assert_eq!(world.limit_ask().id, ask, "the question is not lost");
        if started_anew {
            assert_eq!(world.restart(), [""; 0]);
        }
        world.answer_limit("raise", None);
        let (turn, read) = (world.state.turn(), world.last_user().1);
        assert!(turn == 1 && read.contains("and book a table"), "the same turn goes on, and reads it: {read}");
        world.check_replay();
    }
}

#[test]
fn stopping_at_a_limit_begins_a_turn_with_the_message_that_has_waited() {
    let mut world = at_limit();
    world.setup.limits.per_message = usd_cents(50);
    world.say("never mind");
    world.answer_limit("stop", None);
    assert!(world.state.turn() == 2 && world.attempt().is_some(), "it has its own budget, with the limit that is set now");
    assert!(world.last_user().1.contains("never mind"));
    world.check_replay();
}

#[test]
fn stopping_at_a_limit_does_not_ask_again_about_the_message_that_is_too_expensive() {
    let mut world = World::grow();
    world.setup.limits.per_message = Money(1);
    world.say("a long request");
    world.answer_limit("stop", None);
    assert!(!world.state.is_at_work() && world.state.open_asks().count() == 0);
    world.check_replay();
}

#[test]
fn a_report_does_not_settle_the_question_with_the_budget_of_a_queued_message() {
    let mut world = World::grow();
    world.setup.limits.calls = 1;
    world.say("go");
    world.answer(calls(&[spawn("scout")]));
    let ask = world.limit_ask().id;
    world.say("and more");
    let report = report(&world, 0, Money::ZERO, None);
    world.input(report);
    assert!(world.limit_ask().id == ask && world.attempt().is_none());
    world.answer_limit("raise", None);
    assert!(world.last_user().1.contains("and more"));
    world.check_replay();
}

#[test]
fn what_was_billed_beyond_a_limit_is_in_what_the_question_offers() {
    for option in ["raise", "finish"] {
        let mut world = World::grow();
        world.setup.limits.per_message = usd_cents(10);
        world.say("go");
        let mut dear = calls(&[("fly", json!({}))]);
        dear.cost = Some(usd_cents(400));
        world.answer(dear);
        world.answer_limit(option, None);
        assert!(world.attempt().is_some(), "{option}: it is enough for the next step");
        world.check_replay();
    }
}

#[test]
fn a_message_that_a_failed_turn_has_not_read_begins_one_unless_the_next_would_fail_too() {
    let refused = || reply(json!([]), StopReason::Refusal { explanation: String::new() });
    for (ends, begins) in [(None, true), (Some(FailureKind::Key), false), (Some(FailureKind::Offline), false)] {
        let mut world = World::grow();
        world.say("go");
        world.say("and more");
        match ends {
            None => drop(world.answer(refused())),
            Some(kind) => {
                while world.attempt().is_some() {
                    world.fail(kind);
                }
            }
        }
        assert!(world.state.turn() == if begins { 2 } else { 1 } && world.attempt().is_some() == begins, "{ends:?}");
        if !begins {
            world.say("again");
        }
        assert!(world.last_user().1.contains("and more"), "it is not lost");
        world.check_replay();
    }
}

pub(super) fn report(world: &World, index: usize, returned: Money, quota: Option<Quota>) -> Input {
    let child = world.mail().into_iter().filter(|mail| matches!(mail.body, MailBody::Spawn(_))).nth(index).expect("a spawn");
    let report = Report {
        name: "helper".to_owned(),
        ending: Ending::Done,
        text: "found it".to_owned(),
        spent: Money(1),
        returned,
        up_to: 1,
        raised: Money::ZERO,
        excess: Money::ZERO,
        quota,
        untrusted: Vec::new(),
        schedule: None,
    };
    let id = EffectId::new(format!("report {}", child.to));
    Input::Mail(Mail { id, from: child.to.clone(), to: AgentId::grow(), body: MailBody::Report(report) })
}

#[test]
fn as_long_as_sub_agents_have_money_nobody_is_asked() {
    let mut world = World::grow();
    world.setup.limits.per_message = usd_cents(20);
    world.say("go");
    world.answer(calls(&[spawn("one"), spawn("two")]));
    use_up(&mut world);
    assert_eq!(world.state.paused_at(), Some(LimitReached::PerMessage));
    assert_eq!(world.state.open_asks().count(), 0, "their money may come back");
    world.input(report(&world, 0, Money::ZERO, None));
    assert_eq!(world.state.open_asks().count(), 0);
    let Some(MailBody::Spawn(second)) = world.mail().get(1).map(|mail| mail.body.clone()) else { panic!("a spawn") };
    world.input(report(&world, 1, second.allowance, None));
    assert!(world.attempt().is_some() || world.state.open_asks().count() == 1, "it goes on, or asks once");
}

#[test]
fn a_model_without_a_price_is_held_by_the_tokens_and_calls_of_the_tree() {
    for (unpriced, limit) in [
        (Unpriced { tokens: 50_000, calls: 1_000 }, LimitReached::TreeTokens),
        (Unpriced { tokens: u64::MAX, calls: 5 }, LimitReached::TreeCalls),
    ] {
        let mut world = World::grow();
        world.setup.card.prices = None;
        world.setup.limits.unpriced = Some(unpriced);
        world.say("go");
        let (mut tokens, mut made) = (0, 0);
        while world.attempt().is_some() {
            let mut answer = calls(&[("fly", json!({"n": world.entries.len()}))]);
            answer.cost = None;
            answer.usage = Usage { input_tokens: 4_000, output_tokens: 400, ..Usage::default() };
            tokens += 4_400;
            made += 1;
            world.answer(answer);
        }
        assert!(tokens <= unpriced.tokens && made <= unpriced.calls, "{tokens} {made}");
        assert!(tokens >= 25_000.min(unpriced.tokens / 2) || made == unpriced.calls);
        assert_eq!(world.state.paused_at(), Some(limit));
        world.answer_limit("raise", None);
        assert!(world.attempt().is_some(), "as much again");
    }
}

/// What each new sub-agent was given.
fn given(world: &World) -> Vec<Quota> {
    let quota = |mail: &Mail| match &mail.body {
        MailBody::Spawn(spawn) => spawn.quota,
        _ => None,
    };
    world.mail().into_iter().filter_map(quota).collect()
}

#[test]
fn sub_agents_share_the_limits_of_the_tree() {
    let mut world = World::grow();
    world.setup.card.prices = None;
    world.say("go");
    world.answer(calls(&[spawn("one"), spawn("two")]));
    let given = given(&world);
    let total = given.iter().fold(Quota::default(), |sum, quota| sum.plus(*quota));
    assert_eq!(given.len(), 2);
    assert!(total.tokens < 2_000_000 && total.tokens > 400_000 && total.calls < 200 && total.children < 20);
    assert!(2 + total.at_once <= 8);
    let left = world.state.quota_left();
    world.input(report(&world, 0, Money::ZERO, Some(given[0])));
    assert_eq!(world.state.quota_left().tokens, left.tokens + given[0].tokens, "what was not used comes back");
}

#[test]
fn no_sub_agent_is_started_that_could_make_no_call() {
    for (unpriced, what) in
        [(Unpriced { tokens: 2_000_000, calls: 4 }, "model calls"), (Unpriced { tokens: 20_000, calls: 200 }, "tokens")]
    {
        let mut world = World::grow();
        world.setup.card.prices = None;
        world.setup.limits.unpriced = Some(unpriced);
        world.say("go");
        let mut answer = calls(&[spawn("one")]);
        answer.cost = None;
        world.answer(answer);
        let (results, _) = world.last_user();
        assert!(results[0].1 && results[0].0.contains(&format!("what is left of the {what}")), "{results:?}");
        assert_eq!(world.mail().len(), 0);
    }
}

#[test]
fn a_turn_that_an_earlier_build_began_has_the_default_limits() {
    let mut world = World::grow();
    world.setup.card.prices = None;
    world.setup.limits.unpriced = None;
    world.say("go");
    world.answer(calls(&[spawn("one")]));
    let left = world.state.quota_left();
    assert!(left.calls < 200 && left.tokens < 2_000_000, "{left:?}");
}

#[test]
fn sub_agents_of_a_priced_model_count_over_the_whole_tree() {
    let mut world = World::grow();
    world.setup.limits.children = 5;
    world.say("go");
    for name in ["one", "two", "three", "four", "five", "six"] {
        world.answer(calls(&[spawn(name)]));
    }
    let given = given(&world);
    assert_eq!(given[0].children, 1, "a share of the four that are left");
    let theirs: u64 = given.iter().map(|quota| quota.children).sum();
    assert_eq!(given.len() as u64 + theirs, 5);
}

#[test]
fn a_message_that_is_still_queued_can_be_changed_or_taken_back() {
    let mut world = World::grow();
    world.say("go");
    let first = world.state.seq();
    assert!(!world.state.is_queued(first), "the model has it");
    world.say("and buy milk");
    let (second, third) = (Seq(world.state.seq().0), Seq(world.state.seq().0 + 1));
    world.say("no, do not");
    assert_eq!(world.input(Input::EditMessage { message: second, text: "and buy bread".to_owned() }), ["message_edited"]);
    assert_eq!(world.input(Input::WithdrawMessage { message: third }), ["message_withdrawn"]);
    assert_eq!(world.input(Input::WithdrawMessage { message: third }), [""; 0]);
    world.answer(says("well"));
    assert_eq!(world.last_user().1, "and buy bread");
    assert_eq!(world.input(Input::EditMessage { message: second, text: "x".to_owned() }), [""; 0], "too late");
}

#[test]
fn finishing_refuses_calls_and_ends_with_a_report() {
    let mut world = World::grow();
    world.say("go");
    world.input(Input::Finish { tree: true });
    world.input(Input::Continue);
    world.answer(calls(&[("list_memory", json!({}))]));
    let (results, text) = world.last_user();
    assert!(results[0].1 && results[0].0.contains("you are to finish now") && text.contains("Finish now"));
    world.answer(calls(&[("list_memory", json!({}))]));
    assert_eq!(world.state.last_ended(), Some(&Ended::Done), "no third chance");
    world.say("and now?");
    world.answer(calls(&[("list_memory", json!({}))]));
    assert_eq!(world.open_tools().len(), 1, "the next message is not bound by it");
}

#[test]
fn finishing_a_tree_waits_for_the_reports_and_finishing_one_agent_does_not() {
    for tree in [true, false] {
        let mut world = World::grow();
        world.say("go");
        world.answer(calls(&[spawn("one")]));
        world.answer(calls(&[("wait_for_sub_agents", json!({}))]));
        world.input(Input::Finish { tree });
        world.input(Input::Continue);
        let told = world.mail().iter().any(|mail| mail.body == MailBody::Finish);
        assert_eq!((told, world.attempt().is_none()), (tree, tree));
        if tree {
            world.input(report(&world, 0, Money::ZERO, None));
            assert!(world.last_user().0[0].0.contains("found it"));
        }
        world.answer(says("This is what I have."));
        assert_eq!(world.state.last_ended(), Some(&Ended::Done));
    }
}

#[test]
fn a_message_after_the_request_to_finish_counts_once_it_is_read() {
    for is_withdrawn in [false, true] {
        let mut world = World::grow();
        world.say("go");
        world.input(Input::Finish { tree: true });
        world.say("no, go on");
        if is_withdrawn {
            world.input(Input::WithdrawMessage { message: world.state.seq() });
        }
        world.answer(calls(&[("list_memory", json!({}))]));
        let (results, text) = world.last_user();
        assert!(results[0].1, "the calls of an answer that had not read it are refused");
        assert_eq!((text.contains("Finish now"), text.contains("no, go on")), (is_withdrawn, !is_withdrawn), "{text}");
        world.answer(calls(&[("list_memory", json!({}))]));
        assert_eq!(world.open_tools().len(), usize::from(!is_withdrawn));
        world.check_replay();
    }
}

#[test]
fn a_report_after_the_person_said_finish_starts_no_new_work() {
    let mut world = World::grow();
    world.say("go");
    world.answer(calls(&[spawn("one")]));
    world.input(Input::Finish { tree: true });
    world.input(Input::Continue);
    world.answer(calls(&[("list_memory", json!({}))]));
    world.answer(calls(&[("list_memory", json!({}))]));
    assert_eq!(world.state.last_ended(), Some(&Ended::Done));
    world.input(report(&world, 0, Money::ZERO, None));
    assert!(world.last_user().1.contains("found it") && world.last_user().1.contains("Finish now"), "{:?}", world.last_user());
    world.answer(calls(&[spawn("two")]));
    let spawned = world.mail().iter().filter(|mail| matches!(mail.body, MailBody::Spawn(_))).count();
    assert_eq!(spawned, 1, "nothing is started anew");
}

#[test]
fn money_raised_for_one_message_to_a_sub_agent_is_not_there_for_the_next() {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    let birth = SpawnRequest {
        name: "helper".to_owned(),
        task: "go".to_owned(),
        allowance: usd_cents(10),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let (from, to) = (AgentId::grow(), AgentId::new("a-1"));
    let mail = |id: &str, body| Input::Mail(Mail { id: EffectId::new(id), from: from.clone(), to: to.clone(), body });
    let say = |number| MailBody::Say {
        text: "more".to_owned(),
        allowance: usd_cents(1),
        limit: None,
        number,
        by_person: true,
        quota: None,
        untrusted: Vec::new(),
    };
    world.input(mail("s", MailBody::Spawn(birth)));
    world.input(mail("m1", say(2)));
    use_up(&mut world);
    world.answer_limit("raise", Some(Money::usd(5)));
    assert!(world.state.budget().allowance > Some(Money::usd(4)));
    world.input(mail("m2", say(3)));
    assert!(world.state.budget().allowance < Some(usd_cents(20)), "{:?}", world.state.budget().allowance);
}

#[test]
fn a_sub_agent_that_does_not_finish_ends_after_those_below_it() {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    let birth = SpawnRequest {
        name: "helper".to_owned(),
        task: "go".to_owned(),
        allowance: Money::usd(1),
        depth: 1,
        quota: Some(Quota { tokens: 1_000_000, calls: 100, children: 10, at_once: 4 }),
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let (from, to) = (AgentId::grow(), AgentId::new("a-1"));
    world.input(Input::Mail(Mail { id: EffectId::new("s"), from, to, body: MailBody::Spawn(birth) }));
    world.answer(calls(&[spawn("one")]));
    world.input(Input::Finish { tree: false });
    world.input(Input::Continue);
    for _ in 0..2 {
        world.answer(calls(&[("list_memory", json!({}))]));
    }
    let is_reported = |world: &World| world.mail().iter().any(|mail| matches!(mail.body, MailBody::Report(_)));
    assert!(world.state.is_at_work() && !is_reported(&world), "its report covers what the one below it spends");
    let Input::Mail(mail) = report(&world, 0, Money::ZERO, None) else { panic!("mail") };
    world.input(Input::Mail(Mail { to: AgentId::new("a-1"), ..mail }));
    assert!(!world.state.is_at_work() && is_reported(&world));
}

#[test]
fn withdrawing_the_only_message_of_a_turn_at_a_limit_ends_it() {
    let mut world = at_limit();
    world.answer_limit("stop", None);
    world.setup.limits.per_message = Money(1);
    world.say("a long request");
    let message = world.entries.iter().rfind(|entry| matches!(entry.event, Event::UserSaid(_))).expect("a message").seq;
    assert!(world.state.paused_at().is_some());
    world.input(Input::WithdrawMessage { message });
    assert_eq!((world.state.is_at_work(), world.state.open_asks().count()), (false, 0));
    world.check_replay();
}

#[test]
fn withdrawing_a_message_does_not_end_a_turn_that_has_begun() {
    let mut world = at_limit();
    let (ask, before) = (world.limit_ask(), world.state.budget().clone());
    world.say("more");
    let message = world.entries.iter().rfind(|entry| matches!(entry.event, Event::UserSaid(_))).expect("a message").seq;
    world.input(Input::WithdrawMessage { message });
    assert_eq!(world.limit_ask().id, ask.id, "the question about the earlier work still waits");
    assert_eq!(world.state.budget().available(&world.setup.limits, world.now), before.available(&world.setup.limits, world.now));
    world.check_replay();
}

#[test]
fn a_message_that_is_withdrawn_gives_the_running_turn_no_new_budget() {
    let mut world = World::grow();
    world.setup.limits.per_message = usd_cents(10);
    world.say("go");
    for _ in 0..10 {
        if world.attempt().is_none() {
            break;
        }
        world.say("more");
        let message = world.state.seq();
        world.input(Input::WithdrawMessage { message });
        let mut expensive = calls(&[("fly", json!({"n": world.entries.len()}))]);
        expensive.cost = Some(usd_cents(4));
        world.answer(expensive);
    }
    assert!(world.state.paused_at().is_some() && world.total() <= usd_cents(10), "{:?}", world.total());
    world.check_replay();
}

#[test]
fn a_turn_that_pauses_after_a_stop_can_be_stopped_again() {
    let mut world = World::grow();
    world.say("go");
    let act = ("commit_memory", json!({"path": "a.md", "content": "x", "message": "y"}));
    world.answer(calls(&[act]));
    world.input(Input::Cancel { tree: true });
    world.setup.limits.per_message = Money(1);
    world.say("no, go on");
    let effect = world.state.open_intents().into_iter().find_map(|intent| match intent {
        crate::agent::Intent::LookUpTool { call } => Some(call.origin.effect),
        _ => None,
    });
    world.input(Input::LookedUp { effect: effect.expect("a call that may have happened"), found: LookedUp::NothingHappened });
    assert!(world.state.paused_at().is_some());
    world.input(Input::Cancel { tree: true });
    assert_eq!((world.state.is_at_work(), world.state.open_asks().count()), (false, 0));
}

#[test]
fn an_answer_that_was_recorded_is_not_acted_on_after_a_stop() {
    let mut world = World::grow();
    world.say("go");
    world.answer(calls(&[("ask_user", json!({"question": "Which one?"}))]));
    world.answer(says("I will see."));
    let ask = world.state.open_asks().next().expect("an ask").id.clone();
    world.input(Input::Answer { ask, answer: Some(Answer { text: Some("red".to_owned()), ..Answer::default() }) });
    assert!(world.state.can_continue());
    assert_eq!(world.input(Input::Cancel { tree: true }), ["cancel_requested"]);
    assert!(!world.state.can_continue());
    assert_eq!(world.restart(), [""; 0]);
}

#[test]
fn stopping_the_tree_after_one_agent_reaches_its_sub_agents() {
    let mut world = World::grow();
    world.say("go");
    let act = ("commit_memory", json!({"path": "a.md", "content": "x", "message": "y"}));
    world.answer(calls(&[spawn("one"), act]));
    world.input(Input::Cancel { tree: false });
    assert!(world.state.is_at_work(), "a call may have happened");
    world.input(Input::Cancel { tree: true });
    assert!(world.mail().iter().any(|mail| mail.body == MailBody::Cancel));
}

#[test]
fn a_message_to_a_sub_agent_that_is_being_stopped_is_read_and_answered() {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    let birth = SpawnRequest {
        name: "helper".to_owned(),
        task: "go".to_owned(),
        allowance: Money::usd(1),
        depth: 1,
        quota: Some(Quota { tokens: 1_000_000, calls: 100, children: 10, at_once: 4 }),
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let (from, to) = (AgentId::grow(), AgentId::new("a-1"));
    let mail = |id: &str, body| Mail { id: EffectId::new(id), from: from.clone(), to: to.clone(), body };
    world.input(Input::Mail(mail("s", MailBody::Spawn(birth))));
    let act = ("commit_memory", json!({"path": "a.md", "content": "x", "message": "y"}));
    world.answer(calls(&[spawn("one"), act]));
    world.input(Input::Mail(mail("c", MailBody::Cancel)));
    let say = MailBody::Say {
        text: "no, go on".to_owned(),
        allowance: Money::usd(1),
        limit: None,
        number: 2,
        by_person: false,
        quota: None,
        untrusted: Vec::new(),
    };
    world.input(Input::Mail(mail("m", say)));
    let effect = world.state.open_intents().into_iter().find_map(|intent| match intent {
        crate::agent::Intent::LookUpTool { call } => Some(call.origin.effect),
        _ => None,
    });
    world.input(Input::LookedUp { effect: effect.expect("a call that may have happened"), found: LookedUp::NothingHappened });
    assert!(world.last_user().1.contains("no, go on"));
    world.answer(says("well"));
    let reports: Vec<&Report> = world
        .mail()
        .into_iter()
        .filter_map(|mail| match &mail.body {
            MailBody::Report(report) => Some(report),
            _ => None,
        })
        .collect();
    assert!(reports.is_empty(), "the one below it still works");
}

#[test]
fn stopping_one_agent_leaves_its_sub_agents_at_work() {
    let mut world = World::grow();
    world.say("go");
    world.answer(calls(&[spawn("one")]));
    world.input(Input::Cancel { tree: false });
    assert_eq!(world.state.last_ended(), Some(&Ended::Cancelled));
    assert_eq!((world.mail().len(), world.state.children_at_work().count()), (1, 1));
}

#[test]
fn an_agent_at_a_limit_that_is_told_to_finish_reports_within_what_the_question_offers() {
    let mut world = World::grow();
    world.setup.limits.per_message = usd_cents(20);
    world.say("go");
    use_up(&mut world);
    assert_eq!((world.state.paused_at(), world.state.open_asks().count()), (Some(LimitReached::PerMessage), 1));
    world.input(Input::Finish { tree: true });
    assert_eq!(world.state.open_asks().count(), 0, "the question is answered");
    world.input(Input::Continue);
    assert!(world.last_user().1.contains("Finish now"));
    world.answer(says("This is what I have."));
    assert!(!world.state.is_at_work());
    world.check_replay();
}
