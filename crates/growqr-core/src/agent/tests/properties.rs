//! Property tests: random inputs in any order, with a crash at any moment. Every request must be one that the real service
//! accepts, and a replay of the journal must give the same state. The checks themselves are in [`World`].

use super::world::{World, calls, reply, rules, says, setup, spawn};
use crate::agent::{Input, Intent, wanted_calls};
use crate::ask::AskKind;
use crate::event::{Entry, Event};
use crate::id::{AgentId, EffectId, ExecutorId, Seq};
use crate::mail::{Ending, Mail, MailBody, Report};
use crate::memory::{CommitPlan, ConflictPage, DecidedInGitea, MemoryConflict, ReviewProblem, Settled};
use crate::model::{FailureKind, Reply, StopReason};
use crate::money::Money;
use crate::tool::{CatalogueEntry, LookedUp, Performed, Repeat, ToolContent, ToolResult};
use proptest::prelude::*;
use serde_json::json;

#[derive(Clone, Debug)]
enum Step {
    Say(String),
    SayAgain(usize, String),
    StartFresh,
    Answer(Reply, bool),
    Fail(FailureKind),
    Intend(usize),
    Finish(usize, String, bool),
    LookUp(usize, bool),
    Report(usize, String),
    Tell(usize),
    Cancel,
    Restart,
    Stop,
    SwitchModel(bool),
    TightenBudget,
    AnswerAsk(usize, usize),
    Deadline,
    Rules(usize),
    Conflicts(usize),
    Review(usize),
}

fn stop() -> impl Strategy<Value = StopReason> {
    prop_oneof![
        6 => Just(StopReason::EndTurn),
        6 => Just(StopReason::ToolUse),
        1 => Just(StopReason::MaxTokens),
        1 => Just(StopReason::StopSequence),
        1 => Just(StopReason::ContextFull),
        1 => Just(StopReason::Refusal { explanation: "no".into() }),
        1 => Just(StopReason::Other("?".into())),
    ]
}

fn tool() -> impl Strategy<Value = (&'static str, serde_json::Value)> {
    prop_oneof![
        Just(("list_memory", json!({}))),
        Just(("read_memory", json!({"path": "a.md"}))),
        Just(("commit_memory", json!({"path": "a.md", "content": "x", "message": "m"}))),
        Just(("commit_memory", json!({"path": 7}))),
        Just(spawn("s")),
        Just(("wait_for_sub_agents", json!({}))),
        Just(("wait_for_sub_agents", json!({"ids": ["nobody"]}))),
        Just(("cancel_sub_agent", json!({"id": "nobody"}))),
        Just(("unknown", json!([]))),
        Just(("act", json!({"path": "a"}))),
        Just(("ask_user", json!({"question": "which?", "options": ["a", "b"]}))),
        Just(("ask_user", json!({"question": "when?", "default": "now", "deadline_minutes": 1}))),
    ]
}

fn answer() -> impl Strategy<Value = Reply> {
    let block = prop_oneof![
        4 => "[a-z ]{0,6}".prop_map(|text| json!({"type": "text", "text": text})),
        2 => Just(json!({"type": "thinking", "thinking": "", "signature": "s"})),
        1 => Just(json!({"type": "hologram"})),
    ];
    let mixed = (prop::collection::vec(block, 0..3), prop::collection::vec(tool(), 0..4), stop(), any::<bool>()).prop_map(
        |(mut content, tools, stop, same_ids)| {
            let mut answer = calls(&tools);
            let used: Vec<serde_json::Value> = serde_json::from_str(answer.content.text()).expect("an array");
            content.extend(used.into_iter().map(|mut call| {
                if same_ids {
                    call["id"] = json!("same");
                }
                call
            }));
            answer.content = crate::raw::RawJson::of(&content);
            answer.stop = stop;
            answer
        },
    );
    prop_oneof![2 => Just(says("done")), 5 => mixed, 1 => Just(reply(json!("not an array"), StopReason::EndTurn))]
}

fn step() -> impl Strategy<Value = Step> {
    let failure = prop_oneof![
        Just(FailureKind::Broken),
        Just(FailureKind::Offline),
        Just(FailureKind::Key),
        Just(FailureKind::Busy),
        Just(FailureKind::PromptTooLong),
    ];
    prop_oneof![
        4 => "[a-z ]{0,8}".prop_map(Step::Say),
        2 => (any::<usize>(), "[a-z ]{0,8}").prop_map(|(which, text)| Step::SayAgain(which, text)),
        2 => Just(Step::StartFresh),
        10 => (answer(), any::<bool>()).prop_map(|(reply, is_prepared)| Step::Answer(reply, is_prepared)),
        2 => failure.prop_map(Step::Fail),
        3 => any::<usize>().prop_map(Step::Intend),
        8 => (any::<usize>(), "[a-z]{0,4}", any::<bool>()).prop_map(|(which, text, bad)| Step::Finish(which, text, bad)),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(which, happened)| Step::LookUp(which, happened)),
        4 => (any::<usize>(), "[a-z<>/]{0,9}").prop_map(|(which, text)| Step::Report(which, text)),
        1 => any::<usize>().prop_map(Step::Tell),
        1 => Just(Step::Cancel),
        4 => Just(Step::Restart),
        2 => Just(Step::Stop),
        1 => any::<bool>().prop_map(Step::SwitchModel),
        1 => Just(Step::TightenBudget),
        8 => (any::<usize>(), any::<usize>()).prop_map(|(which, how)| Step::AnswerAsk(which, how)),
        1 => Just(Step::Deadline),
        2 => any::<usize>().prop_map(Step::Rules),
        2 => any::<usize>().prop_map(Step::Conflicts),
        3 => any::<usize>().prop_map(Step::Review),
    ]
}

pub(super) fn plan() -> CommitPlan {
    CommitPlan { path: "a".into(), base_head: None, old_blob: None, new_blob: None, commit: "c".into(), merged: false }
}

fn apply(world: &mut World, step: Step) {
    match step {
        Step::Say(text) => drop(world.say(&text)),
        Step::SayAgain(which, text) => {
            let is_said = |entry: &&Entry| matches!(entry.event, Event::UserSaid(_) | Event::SaidAgain(_));
            let said: Vec<Seq> = world.entries.iter().filter(is_said).map(|entry| entry.seq).collect();
            if !said.is_empty() {
                let is_open = world.state.has_open_work();
                let kinds = world.say_again(said[which % said.len()], &text);
                assert_eq!(kinds.is_empty(), is_open, "only an idle agent takes it");
            }
        }
        Step::StartFresh => {
            world.start_fresh();
            assert_eq!(world.start_fresh(), [""; 0], "it is wanted already");
        }
        Step::Answer(reply, is_prepared) => {
            if let Some(attempt) = world.attempt() {
                let prepare = |name: &str| match name {
                    "commit_memory" => Performed::Planned(plan()),
                    _ => Performed::Finished(ToolResult::ok("read")),
                };
                let wanted = wanted_calls(&reply).into_iter().enumerate().filter(|_| is_prepared);
                let prepared = wanted.map(|(index, call)| (index, prepare(&call.name))).collect();
                world.input(Input::Answered { attempt, reply, prepared });
            }
        }
        Step::Fail(kind) => {
            if world.attempt().is_some() {
                world.fail(kind);
            }
        }
        Step::Intend(which) => {
            let open = world.open_tools();
            if !open.is_empty() {
                world.input(Input::Intended { effect: open[which % open.len()].clone(), plan: plan() });
            }
        }
        Step::Finish(which, text, is_error) => {
            let open = world.open_tools();
            if !open.is_empty() {
                world.finish(&open[which % open.len()], ToolResult { content: ToolContent::text(text), is_error });
            }
        }
        Step::LookUp(which, happened) => {
            let open = world.open_tools();
            if !open.is_empty() {
                let found = if happened { LookedUp::Happened(ToolResult::ok("done")) } else { LookedUp::NothingHappened };
                world.input(Input::LookedUp { effect: open[which % open.len()].clone(), found });
            }
        }
        Step::Report(which, text) => {
            let at_work: Vec<AgentId> = world.state.children_at_work().cloned().collect();
            if !at_work.is_empty() {
                let from = at_work[which % at_work.len()].clone();
                let report = Report {
                    name: "s".into(),
                    ending: Ending::Done,
                    text,
                    spent: Money(1),
                    returned: Money(1),
                    up_to: u64::MAX,
                    raised: Money::ZERO,
                    excess: Money::ZERO,
                    quota: None,
                    untrusted: Vec::new(),
                    schedule: None,
                };
                let id = EffectId::new(format!("r{}", world.entries.len()));
                let mail = Mail { id, from, to: AgentId::grow(), body: MailBody::Report(report) };
                world.input(Input::Mail(mail.clone()));
                assert_eq!(world.input(Input::Mail(mail)), [""; 0], "mail is received once");
            }
        }
        Step::Tell(which) => {
            let at_work: Vec<AgentId> = world.state.children_at_work().cloned().collect();
            if !at_work.is_empty() {
                let id = crate::id::MessageId::new(format!("t{}", world.entries.len()));
                let agent = at_work[which % at_work.len()].clone();
                world.input(Input::Tell { agent, id, text: "more".into() });
            }
        }
        Step::Review(how) => settle_review(world, how),
        Step::Cancel => drop(world.input(Input::Cancel { tree: true })),
        Step::Restart => drop(world.restart()),
        Step::Stop => {
            world.input(Input::Stopping);
            world.restart();
        }
        Step::SwitchModel(other) => world.setup = setup(if other { "other" } else { "m" }),
        Step::TightenBudget => world.setup.limits.per_message = Money(50_000_000),
        Step::AnswerAsk(which, how) => world.answer_ask(which, how),
        Step::Deadline => {
            world.now.0 += 60_000;
            world.input(Input::Deadline);
            world.input(Input::Continue);
        }
        Step::Conflicts(which) => {
            let pages = |number: usize| vec![ConflictPage { path: format!("{number}.md"), copy: format!("{number} (2).md") }];
            let open = (0..3).filter(|number| which >> number & 1 == 1);
            let open: Vec<MemoryConflict> =
                open.map(|number| MemoryConflict { merge: format!("c{number}"), pages: pages(number) }).collect();
            world.input(Input::MemoryConflicts { open: open.clone() });
            assert_eq!(world.input(Input::MemoryConflicts { open }), [""; 0], "a conflict is asked about once");
        }
        Step::Rules(which) => {
            world.setup.rules = rules(&[["allow act", "deny act", "ask *", "allow act path=b", "hold *"][which % 5]]);
            world.input(Input::RulesChanged);
            world.input(Input::Continue);
        }
    }
}

/// Brings the first decision about a held change on, in one of several ways.
pub(super) fn settle_review(world: &mut World, how: usize) {
    let asked = world.state.open_asks().find(|ask| ask.kind == AskKind::Review).map(|ask| ask.id.clone());
    if let (3, Some(ask)) = (how % 4, asked) {
        let merged = DecidedInGitea::Merged { commit: "m1".to_owned(), edited: None };
        let closed = DecidedInGitea::Closed { comment: None };
        let [first, second] = if how % 8 == 3 { [merged, closed] } else { [closed, merged] };
        assert_eq!(world.input(Input::DecidedInGitea { ask: ask.clone(), decided: first }), ["ask_settled"]);
        assert_eq!(world.input(Input::DecidedInGitea { ask, decided: second }), [""; 0], "a change is decided once");
    }
    let open = world.state.open_intents().into_iter().find_map(|intent| match intent {
        Intent::SettleReview { ask, review, plan } => Some((ask, review, plan)),
        _ => None,
    });
    let Some((ask, review, recorded)) = open else { return };
    let needs_commit = review.approved && review.merged.is_none();
    let input = match (how % 3, needs_commit && recorded.is_none()) {
        (0, true) => Input::ReviewPrepared { ask, plan: plan() },
        (1, true) => Input::ReviewSettled { ask, settled: Err(ReviewProblem { text: "changed".into(), base: None }) },
        _ => Input::ReviewSettled { ask, settled: Ok(Settled { commit: recorded.map(|plan| plan.commit), proposed: None }) },
    };
    world.input(input);
}

/// A world with a tool that no rule names.
fn world() -> World {
    let mut world = World::grow();
    let entry = CatalogueEntry { name: "act".to_owned(), executor: ExecutorId::new("mcp:test"), repeat: Repeat::LookUp };
    world.setup.tools.push(entry);
    world.setup.rules = rules(&[]);
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_request_is_acceptable_and_every_journal_replays(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = world();
        for step in steps {
            apply(&mut world, step);
        }
        world.check_replay();
    }

    #[test]
    fn an_agent_is_never_stuck(steps in prop::collection::vec(step(), 1..40)) {
        let mut world = world();
        for step in steps {
            apply(&mut world, step);
        }
        // From any state: once every open intent is settled, the turn ends.
        for _ in 0..200 {
            if world.attempt().is_some() {
                world.answer(says("done"));
            } else if let Some(effect) = world.open_tools().first() {
                world.finish(&effect.clone(), ToolResult::ok("done"));
            } else if world.state.can_continue() {
                world.input(Input::Continue);
            } else if !world.state.reviewed.is_empty() {
                settle_review(&mut world, 2);
            } else if world.state.open_asks().next().is_some() {
                world.answer_ask(0, 1);
            } else if world.state.is_at_work() {
                apply(&mut world, Step::Report(0, "done".into()));
            } else {
                break;
            }
        }
        prop_assert!(!world.state.is_at_work());
    }
}
