//! Scheduled runs: each is begun once, with money of its own, and disturbs nobody.

use super::world::{World, calls, says, spawn, usd_cents};
use crate::agent::{Input, State};
use crate::ask::{Answer, Ask, AskDetail, AskKind, RUN, SKIP};
use crate::clock::Timestamp;
use crate::event::{Event, ScheduledWorkStarted};
use crate::id::{AgentId, EffectId, ScheduleId, child_id};
use crate::limits::LimitReached;
use crate::mail::{Ending, Mail, MailBody, Report, SpawnRequest};
use crate::money::Money;
use crate::schedule::DueWork;

fn due(schedule: &str, at: i64) -> DueWork {
    DueWork {
        schedule: ScheduleId::new(schedule),
        due: Timestamp(at),
        name: "News".to_owned(),
        task: "Read the news".to_owned(),
        budget: Money::usd(1),
        by_agent: None,
    }
}

fn is_due(world: &mut World, work: &DueWork) -> Vec<&'static str> {
    world.input(Input::Due { work: Box::new(work.clone()), asks: false })
}

fn was_due(world: &mut World, work: &DueWork) -> Vec<&'static str> {
    world.input(Input::Due { work: Box::new(work.clone()), asks: true })
}

/// The runs that were started, with what they were given.
fn started(world: &World) -> Vec<(ScheduledWorkStarted, SpawnRequest)> {
    let runs = world.entries.iter().filter_map(|entry| match &entry.event {
        Event::ScheduledWorkStarted(body) => Some(body.clone()),
        _ => None,
    });
    runs.map(|body| match body.mail.body.clone() {
        MailBody::Spawn(request) => (body, request),
        other => panic!("{other:?}"),
    })
    .collect()
}

fn report(work: &DueWork, text: &str, spent: Money) -> Mail {
    let report = Report {
        name: work.name.clone(),
        ending: Ending::Done,
        text: text.to_owned(),
        spent,
        returned: work.budget.saturating_sub(spent),
        up_to: 1,
        raised: Money::ZERO,
        excess: Money::ZERO,
        quota: None,
        untrusted: Vec::new(),
        schedule: Some(work.schedule.clone()),
    };
    let id = EffectId::new(format!("report-{}", work.effect()));
    Mail { id, from: child_id(&work.effect()), to: AgentId::grow(), body: MailBody::Report(report) }
}

fn open(world: &World) -> Vec<Ask> {
    world.state.open_asks().cloned().collect()
}

fn answer(world: &mut World, ask: &Ask, option: &str) -> Vec<&'static str> {
    let answer = Answer { option: Some(option.to_owned()), ..Answer::default() };
    let mut kinds = world.input(Input::Answer { ask: ask.id.clone(), answer: Some(answer) });
    kinds.extend(world.input(Input::Continue));
    kinds
}

/// An agent that has started a scheduled run, has the report of another one, and asks about a third.
pub(super) fn at_every_field() -> World {
    let mut world = World::grow();
    is_due(&mut world, &due("s-1", 5));
    let by_agent = DueWork { by_agent: Some(AgentId::grow()), ..due("s-2", 5) };
    is_due(&mut world, &by_agent);
    world.input(Input::Mail(report(&by_agent, "done", Money::ZERO)));
    was_due(&mut world, &DueWork { schedule: ScheduleId::new("s-3"), ..by_agent });
    world
}

#[test]
fn a_run_begins_once_however_often_it_is_brought() {
    let mut world = World::grow();
    let work = due("s-1", 5);
    assert_eq!(is_due(&mut world, &work), ["scheduled_work_started"]);
    assert_eq!(is_due(&mut world, &work), [""; 0]);
    world.restart();
    assert_eq!(is_due(&mut world, &work), [""; 0]);
    world.input(Input::Mail(report(&work, "nothing new", usd_cents(3))));
    assert_eq!(is_due(&mut world, &work), [""; 0], "also after its report");
    assert_eq!(is_due(&mut world, &due("s-1", 6)), ["scheduled_work_started"]);
    assert_eq!(is_due(&mut world, &due("s-2", 5)), ["scheduled_work_started"]);
    let ids: std::collections::BTreeSet<_> = world.mail().into_iter().map(|mail| mail.id.clone()).collect();
    assert_eq!(ids.len(), 3);
    world.check_replay();
}

#[test]
fn a_run_begins_no_turn_and_its_report_waits_for_the_next_one() {
    let mut world = World::grow();
    let work = due("s-1", 5);
    is_due(&mut world, &work);
    assert!(!world.state.is_at_work());
    assert_eq!(world.input(Input::Mail(report(&work, "first", Money::ZERO))), ["mail_received"]);
    let later = due("s-1", 6);
    is_due(&mut world, &later);
    world.input(Input::Mail(report(&later, "second", Money::ZERO)));
    let other = due("s-2", 6);
    is_due(&mut world, &other);
    world.input(Input::Mail(report(&other, "third", Money::ZERO)));
    assert!(!world.state.is_at_work());
    world.say("what is new?");
    let (_, text) = world.last_user();
    assert!(text.contains("second") && text.contains("third") && text.contains("what is new?"), "{text}");
    assert!(!text.contains("first"), "of one schedule the last report is enough: {text}");
}

#[test]
fn a_run_has_a_budget_of_its_own_within_the_day_and_beside_the_message() {
    let mut world = World::grow();
    world.setup.limits.per_day = Money::usd(10);
    world.say("go");
    let before = world.state.budget().clone();
    let work = due("s-1", 5);
    is_due(&mut world, &work);
    let budget = world.state.budget();
    assert_eq!(budget.used_for_message(), before.used_for_message(), "the message does not pay for it");
    assert_eq!(budget.used_today(world.now), before.used_today(world.now) + Money::usd(1));
    world.input(Input::Mail(report(&work, "done", usd_cents(3))));
    assert_eq!(world.state.budget().used_today(world.now), before.used_today(world.now) + usd_cents(3), "the rest came back");
    assert_eq!(world.state.budget().used_for_message(), before.used_for_message());
}

#[test]
fn a_run_gets_no_more_than_the_day_leaves_and_begins_all_the_same() {
    let mut world = World::grow();
    world.setup.limits.per_day = usd_cents(200);
    is_due(&mut world, &due("s-1", 5));
    is_due(&mut world, &due("s-1", 6));
    is_due(&mut world, &due("s-1", 7));
    let given: Vec<Money> = started(&world).into_iter().map(|(_, request)| request.allowance).collect();
    assert_eq!(given, [Money::usd(1), usd_cents(50), Money::ZERO]);
    // However many there are, the day has something left for the person.
    world.say("hello");
    assert!(world.state.open_asks().next().is_none(), "the message is answered");
    assert!(world.state.is_at_work());
}

#[test]
fn a_run_at_its_limit_pauses_and_asks_the_person() {
    let mut world = World::grow();
    world.setup.limits.per_day = Money::ZERO;
    is_due(&mut world, &due("s-1", 5));
    let (body, _) = started(&world).remove(0);
    let mut run = World::of(State::new(body.mail.to.clone()));
    run.input(Input::Mail(body.mail));
    let asks = open(&run);
    assert_eq!(asks.iter().map(|ask| ask.kind).collect::<Vec<_>>(), [AskKind::Budget]);
    assert!(matches!(asks[0].detail, Some(AskDetail::Limit { limit: LimitReached::Allowance, .. })));
    run.check_replay();
}

#[test]
fn a_run_reports_with_its_schedule_and_can_send_sub_agents() {
    let mut world = World::grow();
    is_due(&mut world, &due("s-1", 5));
    let (body, request) = started(&world).remove(0);
    assert_eq!((request.depth, request.name.as_str(), request.task.as_str()), (1, "News", "Read the news"));
    assert!(request.untrusted.is_empty());
    let mut run = World::of(State::new(body.mail.to.clone()));
    run.input(Input::Mail(body.mail));
    run.answer(calls(&[spawn("helper")]));
    assert_eq!(run.mail().len(), 1);
    run.input(Input::Cancel { tree: true });
    let mut quick = World::of(State::new(AgentId::new("a-2")));
    let (body, _) = started(&world).remove(0);
    quick.input(Input::Mail(Mail { to: AgentId::new("a-2"), ..body.mail }));
    quick.answer(says("nothing new"));
    let MailBody::Report(report) = &quick.mail()[0].body else { panic!("it reports") };
    assert_eq!((report.schedule.clone(), report.ending), (Some(ScheduleId::new("s-1")), Ending::Done));
    let by_agent = DueWork { by_agent: Some(AgentId::grow()), ..due("s-2", 5) };
    is_due(&mut world, &by_agent);
    assert!(!started(&world)[1].1.untrusted.is_empty(), "what an agent has written is no word of the person");
}

#[test]
fn the_person_decides_about_a_run_whose_time_has_passed() {
    let mut world = World::grow();
    let (first, second) = (due("s-1", 5), due("s-2", 5));
    assert_eq!(was_due(&mut world, &first), ["ask_raised"]);
    assert_eq!(was_due(&mut world, &first), [""; 0]);
    assert_eq!(was_due(&mut world, &second), ["ask_raised"]);
    let asks = open(&world);
    assert!(
        asks.iter().all(|ask| ask.kind == AskKind::Schedule && ask.text.contains("\"News\" was due on Thursday, 1970-01-01"))
    );
    assert!(asks.iter().all(|ask| ask.text.ends_with(" and did not run. Run it now?")));
    let about = |work: &DueWork| asks.iter().find(|ask| ask.detail == Some(AskDetail::Work(Box::new(work.clone())))).unwrap();
    assert_eq!(answer(&mut world, about(&first), RUN), ["ask_settled", "scheduled_work_started"]);
    assert_eq!(answer(&mut world, about(&second), SKIP), ["ask_settled"]);
    assert!(!world.state.is_at_work());
    world.restart();
    assert_eq!(was_due(&mut world, &second), [""; 0], "it was skipped");
    assert_eq!(is_due(&mut world, &first), [""; 0], "it has run");
    assert_eq!(started(&world).len(), 1);
    world.check_replay();
}

#[test]
fn the_next_occurrence_takes_the_place_of_an_open_question() {
    let mut world = World::grow();
    was_due(&mut world, &due("s-1", 5));
    was_due(&mut world, &due("s-2", 5));
    assert_eq!(was_due(&mut world, &due("s-1", 6)), ["ask_settled", "ask_raised"]);
    assert_eq!(is_due(&mut world, &due("s-1", 7)), ["ask_settled", "scheduled_work_started"]);
    assert_eq!(open(&world).len(), 1, "that of the other schedule");
}

#[test]
fn a_question_about_a_run_outlives_turns_and_cancels() {
    let mut world = World::grow();
    was_due(&mut world, &due("s-1", 5));
    world.say("hello");
    world.answer(says("hello"));
    world.say("and?");
    world.input(Input::Cancel { tree: true });
    assert_eq!(open(&world).len(), 1);
}

#[test]
fn a_run_goes_on_when_the_work_of_a_message_is_stopped_or_finished() {
    for stop in [Input::Cancel { tree: true }, Input::Finish { tree: true }] {
        let mut world = World::grow();
        let work = due("s-1", 5);
        is_due(&mut world, &work);
        assert_eq!(world.input(stop.clone()), [""; 0], "there is no other work");
        world.say("go");
        world.answer(calls(&[spawn("helper")]));
        world.input(stop);
        let is_told = |mail: &&&Mail| matches!(mail.body, MailBody::Cancel | MailBody::Finish);
        let told: Vec<AgentId> = world.mail().iter().filter(is_told).map(|mail| mail.to.clone()).collect();
        assert!(told.len() == 1 && told[0] != child_id(&work.effect()), "the helper alone: {told:?}");
        world.check_replay();
    }
}

#[test]
fn a_run_at_work_is_no_work_of_a_message() {
    let mut world = World::grow();
    world.say("go");
    world.answer(calls(&[spawn("helper")]));
    is_due(&mut world, &due("s-1", 5));
    assert_eq!(world.state.children_at_work().count(), 1, "the turn waits for the helper alone");
    let mut sub_agent = World::of(State::new(AgentId::new("a-1")));
    assert_eq!(is_due(&mut sub_agent, &due("s-1", 5)), [""; 0], "only the Grow Agent begins scheduled runs");
}

#[test]
fn a_step_of_a_quest_begins_once_and_its_task_keeps_its_sources() {
    let mut world = World::grow();
    let work = due("q-1-2", 5);
    let step =
        |world: &mut World| world.input(Input::StepDue { work: Box::new(work.clone()), untrusted: vec!["web".to_owned()] });
    assert_eq!(step(&mut world), ["scheduled_work_started"]);
    world.restart();
    assert_eq!(step(&mut world), [""; 0]);
    let (body, request) = started(&world).remove(0);
    assert_eq!((body.schedule.as_str(), body.mail.id.clone()), ("q-1-2", work.effect()));
    assert_eq!((request.untrusted, request.why.as_deref()), (vec!["web".to_owned()], Some("works for a quest")));
    assert!(!world.state.is_at_work());
    world.input(Input::Mail(report(&work, "first", Money::ZERO)));
    let next = due("q-1-3", 6);
    world.input(Input::StepDue { work: Box::new(next.clone()), untrusted: Vec::new() });
    world.input(Input::Mail(report(&next, "second", Money::ZERO)));
    world.say("what is new?");
    let (_, text) = world.last_user();
    assert!(text.contains("first") && text.contains("second"), "the reports of two steps are two: {text}");
    world.check_replay();
}
