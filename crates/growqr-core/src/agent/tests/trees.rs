//! Whole trees of agents. Mail arrives in any order, except that it keeps the order between each pair of agents. No agent waits
//! for ever, and at the end the root counts every micro-cent that any agent spent exactly once. Without a price, all agents of a
//! message together stay within its tokens, calls and sub-agents; with a price, within its money.

use super::properties::{plan, settle_review};
use super::world::{World, calls, rules, says, setup, spawn, usd_cents};
use crate::agent::{Input, Setup, State};
use crate::ask::AskOutcome;
use crate::event::{AskSettled, Entry, Event};
use crate::id::{AgentId, MessageId};
use crate::limits::{Raise, Unpriced};
use crate::mail::Mail;
use crate::memory::{ConflictPage, MemoryConflict};
use crate::model::{FailureKind, Reply};
use crate::money::Money;
use crate::quota::Quota;
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
    /// An answer that costs many times what was reserved.
    Overcharge(usize),
    Fail(usize),
    Spawn(usize, usize),
    Message(usize, usize),
    CancelChild(usize, usize),
    Wait(usize),
    AskUser(usize),
    AnswerAsk(usize, usize),
    Withdraw(usize),
    Finish(usize, bool),
    Conflict(usize),
    Commit(usize),
    /// A change of memory is prepared, or made.
    Change(usize),
    Review(usize, usize),
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
        1 => any().prop_map(Step::Overcharge),
        1 => any().prop_map(Step::Fail),
        6 => (any(), 1_usize..3).prop_map(|(who, count)| Step::Spawn(who, count)),
        3 => (any(), any()).prop_map(|(who, whom)| Step::Message(who, whom)),
        1 => (any(), any()).prop_map(|(who, whom)| Step::CancelChild(who, whom)),
        2 => any().prop_map(Step::Wait),
        2 => any().prop_map(Step::AskUser),
        4 => (any(), any()).prop_map(|(who, how)| Step::AnswerAsk(who, how)),
        1 => any().prop_map(Step::Withdraw),
        1 => (any(), proptest::bool::ANY).prop_map(|(whom, tree)| Step::Finish(whom, tree)),
        1 => any().prop_map(Step::Conflict),
        2 => any().prop_map(Step::Commit),
        4 => any().prop_map(Step::Change),
        2 => (any(), any()).prop_map(|(who, how)| Step::Review(who, how)),
    ]
}

struct Forest {
    agents: BTreeMap<AgentId, World>,
    /// The setup of every agent.
    setup: Setup,
    /// Number of mails already collected from each agent.
    collected: BTreeMap<AgentId, usize>,
    mail: BTreeMap<(AgentId, AgentId), VecDeque<Mail>>,
    said: usize,
    /// Each answer bills all that was reserved for it.
    is_dear: bool,
    /// Budgets that began without a message to the Grow Agent, while nobody was at work.
    orders: i64,
}

impl Forest {
    fn new(setup: Setup) -> Forest {
        let (agents, collected, mail) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut forest = Forest { agents, setup, collected, mail, said: 0, is_dear: false, orders: 0 };
        let grow = World::with(State::new(AgentId::grow()), forest.setup.clone());
        forest.agents.insert(AgentId::grow(), grow);
        forest.with(&AgentId::grow(), |grow| {
            grow.input(Input::Created);
            grow.say("go");
        });
        forest
    }

    /// The reply as this forest's model gives it to the agent: without a cost if the model has no price.
    fn reply(&self, id: &AgentId, reply: Reply) -> Reply {
        let cost = if self.is_dear { Some(self.agents[id].state.reserved()) } else { reply.cost };
        Reply { cost: cost.filter(|_| self.setup.card.prices.is_some()), ..reply }
    }

    /// Applies an input to one agent and collects its new mail.
    fn with(&mut self, id: &AgentId, action: impl FnOnce(&mut World)) {
        let world = self.agents.get_mut(id).expect("the agent exists");
        let is_quiet = !world.state.is_at_work() && world.state.children.values().all(|child| !child.is_at_work());
        let (begun, recorded) = (world.state.budget().message_number(), world.entries.len());
        action(world);
        let is_message = |entry: &Entry| matches!(entry.event, Event::UserSaid(_));
        if is_quiet && !world.entries[recorded..].iter().any(is_message) {
            self.orders += world.state.budget().message_number() - begun;
        }
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
        let setup = self.setup.clone();
        self.agents.entry(to.clone()).or_insert_with(|| World::with(State::new(to.clone()), setup));
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
            Step::Overcharge(who) => {
                let cost = Some(usd_cents(150));
                self.answer_call(who, &|_| Some(Reply { cost, ..says("done") }));
            }
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
                self.with(&id, |world| world.answer_ask(how >> 8, how));
            }
            Step::Withdraw(which) => {
                let is_message = |entry: &&Entry| matches!(entry.event, Event::UserSaid(_));
                let said: Vec<_> =
                    self.agents[&AgentId::grow()].entries.iter().filter(is_message).map(|entry| entry.seq).collect();
                let message = said[which % said.len()];
                self.with(&AgentId::grow(), |grow| drop(grow.input(Input::WithdrawMessage { message })));
            }
            Step::Finish(whom, tree) => {
                let Some(id) = self.pick(whom, exists) else { return };
                self.with(&id, |world| {
                    world.input(Input::Finish { tree });
                    world.input(Input::Continue);
                });
            }
            Step::Conflict(which) => {
                let page = ConflictPage { path: "a.md".to_owned(), copy: "a (2).md".to_owned() };
                let open = vec![MemoryConflict { merge: which.to_string(), pages: vec![page] }];
                self.with(&AgentId::grow(), |grow| drop(grow.input(Input::MemoryConflicts { open })));
            }
            Step::Commit(who) => self.answer_call(who, &|world| {
                let content = world.entries.len().to_string();
                Some(calls(&[("commit_memory", json!({"path": "a.md", "content": content, "message": "m"}))]))
            }),
            Step::Change(who) => {
                let Some(id) = self.pick(who, |world| !world.open_tools().is_empty()) else { return };
                self.with(&id, |world| {
                    let effect = world.open_tools().remove(0);
                    world.input(Input::Intended { effect: effect.clone(), plan: plan() });
                    world.finish(&effect, ToolResult::ok("done"));
                });
            }
            Step::Review(who, how) => {
                let Some(id) = self.pick(who, |world| !world.state.reviewed.is_empty()) else { return };
                self.with(&id, |world| settle_review(world, how));
            }
            Step::Wait(who) => self.answer_call(who, &|_| Some(calls(&[("wait_for_sub_agents", json!({}))]))),
        }
    }

    fn answer_call(&mut self, who: usize, reply: &dyn Fn(&World) -> Option<Reply>) {
        let Some(id) = self.pick(who, |world| world.attempt().is_some()) else { return };
        let reply = reply(&self.agents[&id]).map(|reply| self.reply(&id, reply));
        self.with(&id, |world| {
            if let Some(reply) = reply {
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
                let reply = self.reply(&id, says("done"));
                self.with(&id, |world| drop(world.answer(reply)));
            } else if let Some(id) = self.pick(0, |world| !world.open_tools().is_empty()) {
                self.with(&id, |world| {
                    let effect = world.open_tools().remove(0);
                    world.finish(&effect, ToolResult::ok("done"));
                });
            } else if let Some(id) = self.pick(0, |world| world.state.can_continue()) {
                self.with(&id, |world| drop(world.input(Input::Continue)));
            } else if let Some(id) = self.pick(0, |world| !world.state.reviewed.is_empty()) {
                self.with(&id, |world| settle_review(world, 2));
            } else if let Some(id) = self.pick(0, |world| world.state.open_asks().next().is_some()) {
                self.with(&id, |world| world.answer_ask(0, 1));
            } else {
                return;
            }
        }
        panic!("the agents never finish");
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.agents.values().flat_map(|world| world.entries.iter().map(|entry| &entry.event))
    }

    /// What all agents together have used: calls that were made, tokens that were counted, sub-agents that were started.
    fn used(&self) -> Quota {
        self.events().fold(Quota::default(), |mut used, event| {
            match event {
                Event::ModelRequested(_) => used.calls += 1,
                Event::ModelAnswered(body) => used.tokens += body.reply.usage.prompt_tokens() + body.reply.usage.output_tokens,
                Event::ChildRequested(_) => used.children += 1,
                _ => {}
            }
            used
        })
    }

    /// What the person's answers have added to limits.
    fn added(&self) -> impl Iterator<Item = Raise> {
        self.events().filter_map(|event| match event {
            Event::AskSettled(AskSettled { outcome: Some(AskOutcome::Raised(raise) | AskOutcome::Finishing(raise)), .. }) => {
                Some(*raise)
            }
            _ => None,
        })
    }

    /// The number of budgets that have begun: at most one for each message to the Grow Agent, and for each order at a quiet time.
    fn budgets(&self) -> u64 {
        let said = self.events().filter(|event| matches!(event, Event::UserSaid(_))).count();
        let begun = self.agents[&AgentId::grow()].state.budget().message_number();
        let most = i64::try_from(said).expect("a small number") + self.orders;
        assert!(begun <= most, "{begun} budgets have begun, {most} may");
        u64::try_from(begun).expect("at least one")
    }

    /// What the person has allowed: the limits once for each budget, and what their answers have added.
    fn allowed(&self) -> Quota {
        let limits = self.setup.limits.tree();
        let budgets = (0..self.budgets()).fold(Quota::default(), |allowed, _| allowed.plus(limits));
        self.added().fold(budgets, |allowed, raise| allowed.plus(raise.tree))
    }

    /// What is spent and reserved is within the budgets that have begun and what the person's answers have added.
    fn check_money(&self) {
        let added: Money = self.added().map(|raise| raise.money).sum();
        let allowed = Money(self.setup.limits.per_message.0 * self.budgets()) + added;
        let used: Money = self.agents.values().map(|world| world.total() + world.state.reserved()).sum();
        assert!(used <= allowed, "{used} of {allowed}");
    }

    fn check_limits(&self) {
        let (used, allowed) = (self.used(), self.allowed());
        assert!(used.calls <= allowed.calls, "{used:?} of {allowed:?}");
        assert!(used.tokens <= allowed.tokens, "{used:?} of {allowed:?}");
        assert!(used.children <= allowed.children, "{used:?} of {allowed:?}");
    }

    /// Every agent that may call the model answers with as many sub-agents as one answer can hold, until none may call any more.
    fn run_away(&mut self, count: usize, restarts: &[usize]) {
        let mut restarts = restarts.iter().cycle();
        for round in 0..5_000 {
            if restarts.next().is_some_and(|restart| round % restart == 0) {
                self.apply(Step::Restart(round));
            } else if !self.deliver(round) && !self.agents.values().any(|world| world.attempt().is_some()) {
                return;
            }
            // The same call again and again would only be asked about.
            let names: Vec<String> = (0..count).map(|index| format!("s{round}-{index}")).collect();
            let spawns: Vec<_> = names.iter().map(|name| spawn(name)).collect();
            self.answer_call(round, &|_| Some(calls(&spawns)));
        }
        panic!("the agents never stop");
    }
}

/// A model without a price, with small limits.
fn without_price(unpriced: Unpriced, children: u32) -> Setup {
    let mut setup = setup("m");
    setup.card.prices = None;
    setup.limits.unpriced = Some(unpriced);
    (setup.limits.children, setup.limits.calls) = (children, 500);
    setup
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
        let mut forest = Forest::new(setup("m"));
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
        let now = forest.agents[&AgentId::grow()].now;
        prop_assert_eq!(grow.used_today(now), spent, "so do the limits");
    }

    #[test]
    fn the_agents_of_a_message_together_stay_within_its_limits(
        steps in prop::collection::vec(step(), 1..120),
        calls in 1_u64..40,
        tokens in 20_000_u64..500_000,
        children in 1_u32..12,
    ) {
        let mut forest = Forest::new(without_price(Unpriced { tokens, calls }, children));
        for step in steps {
            forest.apply(step);
        }
        forest.check_limits();
        forest.settle();
        forest.check_limits();
    }
}

/// A model that bills all that was reserved; changes of memory are held.
fn dear(per_message: Money) -> Forest {
    let mut setup = setup("m");
    setup.rules = rules(&["hold commit_memory"]);
    (setup.limits.per_message, setup.limits.per_day) = (per_message, Money::usd(1_000_000));
    Forest { is_dear: true, ..Forest::new(setup) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_message_costs_more_than_its_budget_and_what_the_person_adds(
        steps in prop::collection::vec(step(), 1..120),
        cents in 8_u64..120,
    ) {
        let mut forest = dear(usd_cents(cents));
        for step in steps {
            forest.apply(step);
            forest.check_money();
        }
        forest.settle();
        forest.check_money();
    }
}

proptest! {
    // Each of them makes up to a hundred calls.
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_model_that_only_starts_sub_agents_ends_with_one_question_within_the_limits(
        count in 1_usize..30,
        calls in 1_u64..100,
        children in 1_u32..30,
        restarts in prop::collection::vec(2_usize..40, 1..6),
    ) {
        let mut forest = Forest::new(without_price(Unpriced { tokens: 2_000_000, calls }, children));
        forest.run_away(count, &restarts);
        forest.check_limits();
        let asks: Vec<_> = forest.agents.values().flat_map(|world| world.state.open_asks()).collect();
        prop_assert_eq!(asks.len(), 1);
        prop_assert!(forest.used().calls * 2 >= calls, "{:?}: at least half of the calls can be made", forest.used());
    }
}
