//! Random inputs in any order for a sub-agent whose mind is a session.

use super::sessions::{bash, end, worker};
use super::world::{World, rules, usd_cents};
use crate::agent::{ChargeBounds, Input, Intent};
use crate::event::Event;
use crate::id::{AgentId, EffectId, RequestId, Seq, SessionId};
use crate::mail::{Mail, MailBody};
use crate::money::Money;
use crate::workbench::{SessionNews, SessionOutcome};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Step {
    Start(u8),
    Progress(usize),
    Ask(u8),
    Withdraw(u8),
    Reply(u8),
    End(usize),
    Tell(bool, u64),
    Cancel,
    Finish,
    Restart,
    Stop,
    AnswerAsk(usize, usize),
    Rules(usize),
    Reserve(u8, Option<u64>),
    Settle(u8, bool),
    TakeBack(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..2_u8).prop_map(Step::Start),
        2 => (0..30_usize).prop_map(Step::Progress),
        5 => (0..6_u8).prop_map(Step::Ask),
        2 => (0..6_u8).prop_map(Step::Withdraw),
        5 => (0..6_u8).prop_map(Step::Reply),
        3 => (0..7_usize).prop_map(Step::End),
        3 => (any::<bool>(), 0..30_u64).prop_map(|(by_person, cents)| Step::Tell(by_person, cents)),
        1 => Just(Step::Cancel),
        1 => Just(Step::Finish),
        3 => Just(Step::Restart),
        1 => Just(Step::Stop),
        6 => (any::<usize>(), any::<usize>()).prop_map(|(which, how)| Step::AnswerAsk(which, how)),
        1 => (0..4_usize).prop_map(Step::Rules),
        4 => (any::<u8>(), prop::option::of(0..30_u64)).prop_map(|(id, cents)| Step::Reserve(id, cents)),
        3 => (any::<u8>(), any::<bool>()).prop_map(|(id, known)| Step::Settle(id, known)),
        1 => (0..60_u64).prop_map(Step::TakeBack),
    ]
}

fn outcome(which: usize) -> SessionOutcome {
    match which {
        0 => SessionOutcome::Done,
        1 => SessionOutcome::Failed { reason: "it failed".into(), retryable: true },
        2 => SessionOutcome::Limit,
        3 => SessionOutcome::Aborted,
        4 => SessionOutcome::Interrupted { in_doubt: Vec::new() },
        5 => SessionOutcome::Interrupted { in_doubt: vec!["bash: make".into()] },
        _ => SessionOutcome::Abandoned { reason: "gone".into() },
    }
}

fn news(world: &mut World, news: SessionNews) {
    if let Some(effect) = world.prompt_effect() {
        world.input(Input::SessionNews { effect, news });
    }
}

fn apply(world: &mut World, step: Step) {
    let request = |n: u8| format!("per_{n}");
    match step {
        Step::Start(n) => news(world, SessionNews::Started { session: SessionId::new(format!("ses_{n}")) }),
        Step::Progress(count) => news(world, SessionNews::Progressed { steps: vec!["a step".into(); count] }),
        Step::Ask(n) => news(world, SessionNews::Asked(vec![bash(&request(n), "cargo test"), bash(&request(n + 1), "rm -r x")])),
        Step::Withdraw(n) => news(world, SessionNews::Withdrawn(RequestId::new(request(n)))),
        Step::Reply(n) => {
            if let Some(effect) = world.prompt_effect() {
                world.input(Input::SessionReplied { effect, request: RequestId::new(request(n)), was_gone: n == 5 });
            }
        }
        Step::End(which) => news(world, end("words", outcome(which))),
        Step::Tell(by_person, cents) => {
            let number = world.entries.len() as u64 + 2;
            let allowance = usd_cents(cents);
            let body = MailBody::Say {
                text: "more".into(),
                allowance,
                limit: None,
                number,
                by_person,
                quota: None,
                untrusted: Vec::new(),
            };
            let id = EffectId::new(format!("m{number}"));
            let mail = Mail { id, from: AgentId::grow(), to: world.state.id().clone(), body };
            world.input(Input::Mail(mail.clone()));
            assert_eq!(world.input(Input::Mail(mail)), [""; 0], "mail is received once");
        }
        Step::Cancel => drop(world.input(Input::Cancel { tree: true })),
        Step::Finish => {
            world.input(Input::Finish { tree: true });
            go_on(world);
        }
        Step::Restart => drop(world.restart()),
        Step::Stop => {
            world.input(Input::Stopping);
            world.restart();
        }
        Step::AnswerAsk(which, how) => world.answer_ask(which, how),
        Step::Rules(which) => {
            world.setup.rules = rules(&[["allow workbench_bash", "deny workbench_*", "ask *", "allow act"][which]]);
            world.input(Input::RulesChanged);
            go_on(world);
        }
        Step::Reserve(id, cents) => {
            let charge = EffectId::new(format!("c{id}"));
            let tokens = cents.is_none().then_some(u64::from(id));
            let most = ChargeBounds { money: cents.map(usd_cents), tokens, early: None };
            world.input(Input::Reserve { charge, purpose: "model-1".into(), most });
        }
        Step::Settle(id, known) => {
            let charge = EffectId::new(format!("c{id}"));
            world.input(Input::Settle { charge, cost: known.then_some(Money(5)), usage: None });
        }
        Step::TakeBack(seq) => {
            world.input(Input::WithdrawMessage { message: Seq(seq) });
            go_on(world);
        }
    }
    check(world);
}

fn go_on(world: &mut World) {
    if world.state.can_continue() {
        world.input(Input::Continue);
    }
}

/// What must hold after every step.
fn check(world: &World) {
    let (mut prompts, mut open) = (BTreeSet::new(), None);
    for entry in &world.entries {
        match &entry.event {
            Event::SessionIntended(body) => {
                assert!(prompts.insert(body.message.clone()), "the id of a prompt is used once");
                assert!(!body.prompt.trim().is_empty());
                assert_eq!(open.replace(body.effect.clone()), None, "a session works on one prompt at a time");
            }
            Event::SessionEnded(body) => assert_eq!(open.take(), Some(body.effect.clone()), "a prompt ends once"),
            Event::ChargeReserved(_) => assert!(open.is_some(), "a session spends only while it works"),
            Event::ModelRequested(_) => panic!("no model is called for a session"),
            _ => {}
        }
    }
    assert_eq!(open, world.prompt_effect(), "a prompt is open until it ends");
    let intents = world.state.open_intents();
    let stops = intents.iter().any(|intent| matches!(intent, Intent::AbortSession { .. }));
    assert!(!stops || intents.len() == 1, "a session that is being stopped gets no replies");
    let budget = world.state.budget();
    assert!(budget.allowance.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_journal_of_a_session_replays(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = worker();
        for step in steps {
            apply(&mut world, step);
        }
        world.check_replay();
    }

    #[test]
    fn a_session_is_never_stuck(steps in prop::collection::vec(step(), 1..40)) {
        let mut world = worker();
        for step in steps {
            apply(&mut world, step);
        }
        // From any state: once the session has ended and every ask is answered, the turn ends.
        for _ in 0..200 {
            if world.prompt_effect().is_some() {
                apply(&mut world, Step::End(0));
            } else if world.state.can_continue() {
                world.input(Input::Continue);
            } else if world.state.open_asks().next().is_some() {
                world.answer_ask(0, 2);
            } else {
                break;
            }
        }
        prop_assert!(!world.state.is_at_work());
    }
}
