//! Whole trees of agents. Mail arrives in any order, except that it keeps the order between each pair of agents. No agent waits
//! for ever, and at the end the root counts every micro-cent that any agent spent exactly once.

use super::world::{World, calls, says, spawn};
use crate::agent::{Input, State};
use crate::id::{AgentId, MessageId};
use crate::mail::Mail;
use crate::model::FailureKind;
use crate::money::Money;
use crate::tool::ToolResult;
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Debug)]
enum Step {
    Say,
    Tell(usize),
    Cancel(usize),
    Deliver(usize),
    Restart(usize),
    Done(usize),
    Fail(usize),
    Spawn(usize, usize),
    Message(usize, usize),
    CancelChild(usize, usize),
    Wait(usize),
    AskUser(usize),
    AnswerAsk(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let any = || any::<usize>();
    prop_oneof![
        2 => Just(Step::Say),
        2 => any().prop_map(Step::Tell),
        1 => any().prop_map(Step::Cancel),
        12 => any().prop_map(Step::Deliver),
        1 => any().prop_map(Step::Restart),
        5 => any().prop_map(Step::Done),
        1 => any().prop_map(Step::Fail),
        6 => (any(), 1_usize..3).prop_map(|(who, count)| Step::Spawn(who, count)),
        3 => (any(), any()).prop_map(|(who, whom)| Step::Message(who, whom)),
        1 => (any(), any()).prop_map(|(who, whom)| Step::CancelChild(who, whom)),
        2 => any().prop_map(Step::Wait),
        2 => any().prop_map(Step::AskUser),
        3 => (any(), any()).prop_map(|(who, how)| Step::AnswerAsk(who, how)),
    ]
}

#[derive(Default)]
struct Forest {
    agents: BTreeMap<AgentId, World>,
    /// Number of mails already collected from each agent.
    collected: BTreeMap<AgentId, usize>,
    mail: BTreeMap<(AgentId, AgentId), VecDeque<Mail>>,
    said: usize,
}

impl Forest {
    fn new() -> Forest {
        let mut forest = Forest::default();
        forest.agents.insert(AgentId::grow(), World::grow());
        forest.with(&AgentId::grow(), |grow| drop(grow.say("go")));
        forest
    }

    /// Applies an input to one agent and collects its new mail.
    fn with(&mut self, id: &AgentId, action: impl FnOnce(&mut World)) {
        let world = self.agents.get_mut(id).expect("the agent exists");
        action(world);
        let collected = self.collected.entry(id.clone()).or_default();
        for mail in world.mail().into_iter().skip(*collected) {
            *collected += 1;
            self.mail.entry((mail.from.clone(), mail.to.clone())).or_default().push_back(mail.clone());
        }
    }

    fn pick(&self, which: usize, wanted: impl Fn(&World) -> bool) -> Option<AgentId> {
        let fit: Vec<&AgentId> = self.agents.iter().filter(|(_, world)| wanted(world)).map(|(id, _)| id).collect();
        (!fit.is_empty()).then(|| fit[which % fit.len()].clone())
    }

    fn deliver(&mut self, which: usize) -> bool {
        let waiting: Vec<(AgentId, AgentId)> =
            self.mail.iter().filter(|(_, queue)| !queue.is_empty()).map(|(pair, _)| pair.clone()).collect();
        if waiting.is_empty() {
            return false;
        }
        let pair = &waiting[which % waiting.len()];
        let mail = self.mail.get_mut(pair).and_then(VecDeque::pop_front).expect("not empty");
        let to = mail.to.clone();
        self.agents.entry(to.clone()).or_insert_with(|| World::of(State::new(to.clone())));
        self.with(&to, |world| drop(world.input(Input::Mail(mail))));
        true
    }

    fn apply(&mut self, step: Step) {
        let is_calling = |world: &World| world.attempt().is_some();
        let exists = |world: &World| world.state.seq().0 > 0;
        match step {
            Step::Say => self.with(&AgentId::grow(), |grow| drop(grow.say("more"))),
            Step::Tell(whom) => {
                let Some(agent) = self.pick(whom, |world| world.state.depth() > 0) else { return };
                self.said += 1;
                let id = MessageId::new(format!("t{}", self.said));
                self.with(&AgentId::grow(), |grow| drop(grow.input(Input::Tell { agent, id, text: "more".into() })));
            }
            Step::Cancel(whom) => {
                let Some(id) = self.pick(whom, exists) else { return };
                self.with(&id, |world| drop(world.input(Input::Cancel { tree: true })));
            }
            Step::Deliver(which) => drop(self.deliver(which)),
            Step::Restart(whom) => {
                let Some(id) = self.pick(whom, exists) else { return };
                self.with(&id, |world| drop(world.restart()));
            }
            Step::Done(who) => self.answer_call(who, &|_| Some(says("done"))),
            Step::Fail(who) => {
                let Some(id) = self.pick(who, is_calling) else { return };
                self.with(&id, |world| drop(world.fail(FailureKind::Rejected)));
            }
            Step::Spawn(who, count) => self.answer_call(who, &|_| Some(calls(&vec![spawn("s"); count]))),
            Step::Message(who, whom) => {
                self.answer_call(who, &|world| {
                    let id = child(world, whom)?;
                    Some(calls(&[("message_sub_agent", json!({"id": id.as_str(), "text": "more"}))]))
                });
            }
            Step::CancelChild(who, whom) => {
                self.answer_call(who, &|world| {
                    let id = child(world, whom)?;
                    Some(calls(&[("cancel_sub_agent", json!({"id": id.as_str()}))]))
                });
            }
            Step::AskUser(who) => {
                self.answer_call(who, &|_| Some(calls(&[("ask_user", json!({"question": "which?"}))])));
            }
            Step::AnswerAsk(who, how) => {
                let Some(id) = self.pick(who, |world| world.state.open_asks().next().is_some()) else { return };
                self.with(&id, |world| world.answer_ask(0, how));
            }
            Step::Wait(who) => self.answer_call(who, &|_| Some(calls(&[("wait_for_sub_agents", json!({}))]))),
        }
    }

    fn answer_call(&mut self, who: usize, reply: &dyn Fn(&World) -> Option<crate::model::Reply>) {
        let Some(id) = self.pick(who, |world| world.attempt().is_some()) else { return };
        self.with(&id, |world| {
            if let Some(reply) = reply(world) {
                world.answer(reply);
            }
        });
    }

    /// Delivers all mail and answers every open intent until no agent has work left. Must end after any history.
    fn settle(&mut self) {
        for _ in 0..5_000 {
            if self.deliver(0) {
                continue;
            }
            if let Some(id) = self.pick(0, |world| world.attempt().is_some()) {
                self.with(&id, |world| drop(world.answer(says("done"))));
            } else if let Some(id) = self.pick(0, |world| !world.open_tools().is_empty()) {
                self.with(&id, |world| {
                    let effect = world.open_tools().remove(0);
                    world.finish(&effect, ToolResult::ok("done"));
                });
            } else if let Some(id) = self.pick(0, |world| world.state.can_continue()) {
                self.with(&id, |world| drop(world.input(Input::Continue)));
            } else if let Some(id) = self.pick(0, |world| world.state.open_asks().next().is_some()) {
                self.with(&id, |world| world.answer_ask(0, 1));
            } else {
                return;
            }
        }
        panic!("the agents never finish");
    }
}

fn child(world: &World, which: usize) -> Option<AgentId> {
    let sent: Vec<AgentId> =
        world.mail().into_iter().filter(|mail| mail.to.as_str() != "grow").map(|mail| mail.to.clone()).collect();
    (!sent.is_empty()).then(|| sent[which % sent.len()].clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_of_agents_finishes_and_all_its_money_is_accounted_for(steps in prop::collection::vec(step(), 1..120)) {
        let mut forest = Forest::new();
        for step in steps {
            forest.apply(step);
        }
        forest.settle();
        let mut spent = Money::ZERO;
        for (id, world) in &forest.agents {
            world.check_replay();
            prop_assert!(!world.state.is_at_work(), "{id} never finishes");
            prop_assert_eq!(world.state.children_at_work().count(), 0, "{} counts a sub-agent as at work", id);
            let budget = world.state.budget();
            prop_assert_eq!(budget.allowance.unwrap_or_default(), Money::ZERO, "{} holds money between turns", id);
            spent += budget.spent + budget.unknown;
        }
        let grow = forest.agents[&AgentId::grow()].state.budget();
        prop_assert_eq!(grow.since_report, spent, "the Grow Agent counts all money spent in the tree");
    }
}
