//! Charges: money for something other than a model call of the agent's own loop.

use super::world::{World, says, usd_cents};
use crate::agent::{ChargeBounds, ChargeState, Input, State};
use crate::id::{AgentId, EffectId};
use crate::limits::LimitReached;
use crate::mail::{Mail, MailBody, SpawnRequest};
use crate::money::Money;
use crate::workbench::Mind;

fn reserve(world: &mut World, charge: &str, reservation: Money) -> Vec<&'static str> {
    let (charge, purpose) = (EffectId::new(charge), "a search".to_owned());
    world.input(Input::Reserve { charge, purpose, most: ChargeBounds { money: Some(reservation), ..ChargeBounds::default() } })
}

fn settle(world: &mut World, charge: &str, cost: Option<Money>) -> Vec<&'static str> {
    world.input(Input::Settle { charge: EffectId::new(charge), cost, usage: None })
}

fn charge_state(world: &World, charge: &str) -> ChargeState {
    world.state.charge_state(&EffectId::new(charge), &world.setup.limits, world.now)
}

fn used(world: &World) -> Money {
    world.state.budget().used_for_message()
}

#[test]
fn open_charges_count_with_their_reservation_and_settled_ones_with_their_cost() {
    let mut world = World::grow();
    world.say("search");
    world.answer(says("searching"));
    let before = used(&world);
    assert_eq!(reserve(&mut world, "a", usd_cents(10)), ["charge_reserved"]);
    assert_eq!(reserve(&mut world, "b", usd_cents(20)), ["charge_reserved"]);
    assert_eq!((used(&world), world.state.reserved()), (before, usd_cents(30)));
    let purposes: Vec<_> = world.state.open_charges().map(|(id, charge)| (id.as_str(), &*charge.purpose)).collect();
    assert_eq!(purposes, [("a", "a search"), ("b", "a search")]);
    assert_eq!(settle(&mut world, "a", Some(usd_cents(3))), ["charge_settled"]);
    assert_eq!((used(&world), world.state.reserved()), (before + usd_cents(3), usd_cents(20)));
    assert_eq!(settle(&mut world, "b", None), ["charge_settled"]);
    assert_eq!((used(&world), world.state.reserved()), (before + usd_cents(23), Money::ZERO));
    let view = world.state.view();
    assert_eq!(view.unknown, usd_cents(20));
    assert_eq!(view.spent + view.unknown, used(&world));
    let now = world.now;
    assert_eq!(world.state.budget().used_today(now), used(&world));
    assert_eq!(world.state.budget().used_this_month(now), used(&world));
}

#[test]
fn reserving_or_settling_twice_changes_nothing() {
    let mut world = World::grow();
    world.say("search");
    reserve(&mut world, "a", usd_cents(10));
    assert_eq!(reserve(&mut world, "a", usd_cents(10)), [""; 0]);
    settle(&mut world, "a", Some(usd_cents(1)));
    assert_eq!(settle(&mut world, "a", Some(usd_cents(1))), [""; 0]);
    assert_eq!(reserve(&mut world, "a", usd_cents(10)), [""; 0], "a settled charge is not opened again");
    assert_eq!(charge_state(&world, "a"), ChargeState::Settled);
}

#[test]
fn an_open_charge_survives_a_stop_of_the_program() {
    let mut world = World::grow();
    world.say("search");
    reserve(&mut world, "a", usd_cents(10));
    world.restart();
    assert_eq!(charge_state(&world, "a"), ChargeState::Reserved);
    let before = used(&world);
    settle(&mut world, "a", Some(usd_cents(4)));
    assert_eq!(used(&world), before + usd_cents(4));
}

#[test]
fn a_reservation_that_the_limits_do_not_cover_is_refused() {
    let mut world = World::grow();
    world.say("search");
    // The open model call has reserved its part of the two dollars.
    let left = Money::usd(2).saturating_sub(world.state.reserved());
    assert_eq!(reserve(&mut world, "a", left + Money(1)), [""; 0]);
    assert_eq!(charge_state(&world, "a"), ChargeState::NotOpen(LimitReached::PerMessage));
    assert_eq!(reserve(&mut world, "a", left), ["charge_reserved"]);
    assert_eq!(reserve(&mut world, "b", Money(1)), [""; 0]);
    let kinds = world.answer(super::world::calls(&[("commit_memory", serde_json::json!({}))]));
    assert_eq!(kinds, ["model_answered", "tool_started"]);
    let (left, _) = world.state.budget().available(&world.setup.limits, world.now);
    reserve(&mut world, "c", left);
    let open = world.open_tools();
    let kinds = world.finish(&open[0], crate::tool::ToolResult::ok("done"));
    assert_eq!(kinds, ["tool_finished", "turn_paused", "ask_raised"], "no model call is made with money that is set aside");
}

#[test]
fn a_charge_counts_in_the_period_in_which_it_is_settled_and_in_no_other() {
    let mut world = World::grow();
    world.say("search");
    world.answer(says("searching"));
    reserve(&mut world, "a", usd_cents(10));
    world.now.0 += 86_400_000;
    settle(&mut world, "a", Some(usd_cents(4)));
    assert_eq!(world.state.budget().used_today(world.now), usd_cents(4));
    assert_eq!(world.state.budget().used_this_month(world.now), world.state.view().spent);
}

#[test]
fn a_charge_of_unknown_price_is_open_and_settled_like_any_other() {
    let mut world = World::grow();
    world.say("search");
    let charge = EffectId::new("a");
    let wanted = Input::Reserve { charge, purpose: "a search".to_owned(), most: ChargeBounds::default() };
    assert_eq!(world.input(wanted), ["charge_reserved"]);
    assert_eq!(settle(&mut world, "a", None), ["charge_settled"]);
    assert_eq!(world.state.view().unknown, Money::ZERO);
}

#[test]
fn a_sub_agents_open_charges_end_with_its_turn_and_are_in_its_report() {
    let mut world = World::of(State::new(AgentId::new("a-1")));
    let birth = SpawnRequest {
        name: "scout".into(),
        task: "look".into(),
        allowance: usd_cents(40),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let mail = Mail { id: EffectId::new("spawn"), from: AgentId::grow(), to: AgentId::new("a-1"), body: MailBody::Spawn(birth) };
    world.input(Input::Mail(mail));
    reserve(&mut world, "a", usd_cents(5));
    assert_eq!(world.answer(says("done")), ["model_answered", "charge_settled", "turn_ended"]);
    let Some(Mail { body: MailBody::Report(report), .. }) = world.mail().last().copied() else { panic!("a report") };
    let spent = world.state.view().spent;
    assert_eq!((report.spent, report.returned), (spent + usd_cents(5), usd_cents(35).saturating_sub(spent)));
    assert_eq!(settle(&mut world, "a", Some(usd_cents(1))), [""; 0], "the report covers it");
}

#[test]
fn nothing_is_reserved_in_an_empty_journal() {
    let mut world = World::of(State::new(AgentId::new("a-nobody")));
    assert_eq!(reserve(&mut world, "a", usd_cents(1)), [""; 0]);
}
