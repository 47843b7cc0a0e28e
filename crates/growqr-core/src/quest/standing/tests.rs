//! Order, money and retries of quests.

use super::*;
use crate::id::QuestId;
use crate::memory::Page;
use crate::quest::{Finished, NewQuest};
use proptest::prelude::*;

/// A quest with this plan, for two dollars.
pub(crate) fn example(plan: &str) -> Quest {
    let page = Page { path: "quests/x.md".to_owned(), content: plan.to_owned(), version: String::new() };
    let new = NewQuest { id: QuestId::new("q-1"), page, budget: None, by_agent: None };
    new.make(Timestamp(1)).expect("the plan has steps")
}

/// A quest with its rows and agents, as a host sees them.
struct Running {
    quest: Quest,
    attempts: Vec<Attempt>,
    agents: HashMap<AgentId, AgentFacts>,
    now: i64,
}

impl Running {
    fn new(plan: &str) -> Running {
        Running { quest: example(plan), attempts: Vec::new(), agents: HashMap::new(), now: 10 }
    }

    fn standing(&self) -> Standing {
        standing(&self.quest, &self.attempts, &self.agents)
    }

    /// Begins what may begin. Returns the steps and what each of them was given.
    fn begin(&mut self) -> Vec<(u32, u64)> {
        self.now += 1;
        let Some(begin) = begin(&self.quest, &self.standing(), Timestamp(self.now)) else { return Vec::new() };
        self.take(begin)
    }

    fn retry(&mut self, step: u32) -> Result<Vec<(u32, u64)>, RetryError> {
        let begin = retry(&self.quest, &self.standing(), &self.attempts, step, Timestamp(self.now))?;
        Ok(self.take(begin))
    }

    fn take(&mut self, begin: BeginSteps) -> Vec<(u32, u64)> {
        let given = begin.attempts.iter().map(|attempt| (attempt.step, attempt.allowance.0)).collect();
        self.attempts.extend(begin.attempts);
        given
    }

    fn last(&self, step: u32) -> &Attempt {
        self.attempts.iter().rev().find(|attempt| attempt.step == step).expect("it has begun")
    }

    fn set(&mut self, step: u32, status: Status, spent: u64) {
        let agent = self.last(step).agent();
        self.agents.insert(agent, AgentFacts { status, spent: Money(spent) });
    }

    fn states(&self) -> Vec<StepState> {
        self.standing().steps.iter().map(|step| step.state).collect()
    }
}

const CENT: u64 = 1_000_000;

#[test]
fn numbered_steps_begin_one_after_the_other_with_an_equal_share_of_what_is_left() {
    let mut quest = Running::new("1. [x] Old\n2. [ ] One\n3. [ ] Two\n4. [ ] Three\n");
    quest.quest.budget = Money(90 * CENT);
    assert_eq!(quest.begin(), [(2, 30 * CENT)], "a step that is ticked is done");
    assert_eq!((quest.begin(), quest.standing().reserved), (vec![], Money(30 * CENT)), "it has no sub-agent yet");
    quest.set(2, Status::Thinking, 5 * CENT);
    assert_eq!((quest.begin(), quest.standing().state), (vec![], QuestStanding::AtWork));
    assert_eq!((quest.standing().spent, quest.standing().reserved), (Money(5 * CENT), Money(25 * CENT)));
    quest.set(2, Status::Done, 10 * CENT);
    assert_eq!(quest.begin(), [(3, 40 * CENT)], "what the first has left over goes to the others");
    quest.set(3, Status::Done, 40 * CENT);
    assert_eq!(quest.begin(), [(4, 40 * CENT)]);
    quest.set(4, Status::Done, 0);
    assert_eq!((quest.begin(), quest.standing().state), (vec![], QuestStanding::Done));
}

#[test]
fn bulleted_steps_begin_together_and_one_that_fails_blocks_only_the_end() {
    let mut quest = Running::new("- [ ] One\n- [ ] Two\n- [ ] Three\n- [ ] Four\n");
    assert_eq!(quest.begin(), (1..=4).map(|step| (step, 50 * CENT)).collect::<Vec<_>>());
    quest.set(1, Status::Failed, CENT);
    for step in 2..=4 {
        quest.set(step, Status::Working, CENT);
    }
    assert_eq!(quest.standing().state, QuestStanding::AtWork);
    for step in 2..=4 {
        quest.set(step, Status::Done, CENT);
    }
    assert_eq!((quest.begin(), quest.standing().state), (vec![], QuestStanding::Blocked));
    quest.quest.skipped.insert(1);
    assert_eq!(quest.standing().state, QuestStanding::Done);
}

#[test]
fn a_step_that_did_not_succeed_blocks_those_after_it_until_it_is_tried_again_or_skipped() {
    for status in [Status::Failed, Status::Limit, Status::Cancelled] {
        let mut quest = Running::new("1. [ ] One\n2. [ ] Two\n");
        assert_eq!(quest.retry(1), Err(RetryError::NotFailed(1)), "it has not begun");
        assert_eq!(quest.begin(), [(1, 100 * CENT)]);
        quest.set(1, status, 100 * CENT);
        assert_eq!((quest.begin(), quest.standing().state), (vec![], QuestStanding::Blocked), "{status:?}");
        assert_eq!(quest.retry(1), Ok(vec![(1, 50 * CENT)]), "one half is spent, and the other step needs its part");
        assert_eq!(quest.retry(1), Err(RetryError::NotFailed(1)), "a second click");
        assert_eq!(quest.states(), [StepState::Due, StepState::Waiting]);
        let (first, second) = (quest.attempts[0].clone(), quest.attempts[1].clone());
        assert!(first.agent() != second.agent() && second.number == 2 && first.work_id() == second.work_id());
        quest.set(1, Status::Done, 20 * CENT);
        let one = quest.standing().steps[0].clone();
        assert_eq!((one.attempt, one.agent, one.spent), (2, Some(second.agent()), Money(120 * CENT)));
        assert_eq!(quest.begin(), [(2, 80 * CENT)]);
    }
    let mut quest = Running::new("1. [ ] One\n2. [ ] Two\n");
    quest.quest.skipped.insert(1);
    assert_eq!(quest.begin(), [(2, 200 * CENT)]);
    assert_eq!(quest.retry(3), Err(RetryError::NoStep(3)));
}

#[test]
fn a_step_that_is_done_stays_done_whatever_its_sub_agent_does_later() {
    let mut quest = Running::new("1. [ ] One\n2. [ ] Two\n");
    quest.begin();
    quest.set(1, Status::Done, CENT);
    let done = Finished { at: Timestamp(20), report: "done".to_owned(), sources: Vec::new() };
    quest.attempts[0].done = Some(done);
    quest.set(1, Status::Failed, 3 * CENT);
    assert_eq!(quest.states(), [StepState::Done, StepState::Waiting]);
    quest.set(1, Status::Thinking, 3 * CENT);
    assert_eq!(quest.standing().reserved, Money::ZERO, "what the person has it do now is no part of the step");
    assert_eq!(quest.begin(), [(2, 197 * CENT)]);
}

#[test]
fn a_step_that_has_ended_without_success_is_not_done_by_what_its_sub_agent_does_later() {
    for (status, state) in
        [(Status::Failed, StepState::Failed), (Status::Limit, StepState::Limit), (Status::Cancelled, StepState::Cancelled)]
    {
        let mut quest = Running::new("1. [ ] One\n2. [ ] Two\n");
        quest.begin();
        quest.set(1, status, CENT);
        quest.attempts[0].closed_at = Some(Timestamp(20));
        assert_eq!(quest.states(), [state, StepState::Waiting]);
        for later in [Status::Thinking, Status::Done] {
            quest.set(1, later, 2 * CENT);
            assert_eq!(quest.states(), [StepState::Failed, StepState::Waiting], "{status:?} {later:?}");
            assert_eq!((quest.begin(), quest.standing().state), (vec![], QuestStanding::Blocked));
            assert_eq!(quest.standing().reserved, Money::ZERO);
        }
        assert_eq!(quest.retry(1), Ok(vec![(1, 99 * CENT)]));
        assert_eq!(quest.states(), [StepState::Due, StepState::Waiting]);
    }
}

#[test]
fn the_money_of_a_retry_at_work_stays_set_aside_if_an_earlier_attempt_is_done_after_all() {
    let mut quest = Running::new("1. [ ] One\n2. [ ] Two\n");
    quest.begin();
    quest.set(1, Status::Failed, 0);
    quest.retry(1).expect("it has failed");
    quest.attempts[0].done = Some(Finished { at: Timestamp(20), report: "done".to_owned(), sources: Vec::new() });
    assert_eq!(quest.states(), [StepState::Done, StepState::Waiting]);
    assert_eq!(quest.standing().reserved, Money(100 * CENT), "it has no sub-agent yet");
    quest.set(1, Status::Working, 40 * CENT);
    assert_eq!((quest.standing().reserved, quest.begin()), (Money(60 * CENT), vec![(2, 100 * CENT)]));
}

#[test]
fn money_that_the_person_adds_at_a_limit_is_not_taken_from_other_steps() {
    let mut quest = Running::new("1. [ ] One\n2. [ ] Two\n");
    assert_eq!(quest.begin(), [(1, 100 * CENT)]);
    quest.set(1, Status::Working, 190 * CENT);
    assert_eq!((quest.standing().spent, quest.standing().reserved), (Money(190 * CENT), Money::ZERO));
    quest.set(1, Status::Done, 190 * CENT);
    assert_eq!(quest.begin(), [(2, 100 * CENT)]);
}

#[test]
fn without_money_a_quest_waits_and_says_so() {
    let mut quest = Running::new("1. [ ] One\n2. [ ] Two\n");
    quest.quest.budget = Money(CENT + CENT / 2);
    assert_eq!(quest.begin(), [(1, CENT)], "a step gets as much as a sub-agent needs to begin");
    quest.set(1, Status::Done, CENT);
    assert_eq!((quest.begin(), quest.standing().state), (vec![], QuestStanding::NoMoney));
    quest.quest.budget = Money(10 * CENT);
    assert_eq!(quest.begin(), [(2, 9 * CENT)]);
    quest.set(2, Status::Limit, 9 * CENT);
    assert_eq!((quest.retry(2), quest.standing().state), (Err(RetryError::NoMoney), QuestStanding::Blocked));
}

#[test]
fn nothing_begins_in_a_quest_that_is_paused_or_has_ended() {
    let mut quest = Running::new("1. [ ] One\n2. [ ] Two\n");
    quest.begin();
    quest.set(1, Status::Failed, 0);
    let states = [
        (QuestState::Paused, QuestStanding::Paused, RetryError::Paused),
        (QuestState::Cancelled, QuestStanding::Cancelled, RetryError::Ended),
    ];
    for (state, shown, error) in states {
        quest.quest.state = state;
        assert_eq!((quest.begin(), quest.standing().state, quest.retry(1)), (vec![], shown, Err(error)));
    }
    quest.agents.clear();
    assert_eq!(quest.states()[0], StepState::Cancelled, "it was claimed and never began");
}

#[test]
fn what_sub_agents_below_have_spent_counts() {
    let view = |agent: &str, parent: Option<&str>, spent: u64| {
        let mut view = crate::agent::State::new(AgentId::new(agent)).view();
        (view.parent, view.spent, view.unknown) = (parent.map(AgentId::new), Money(spent), Money(1));
        view
    };
    let facts = facts(&[
        view("grow", None, 1),
        view("a-1", Some("grow"), 10),
        view("a-2", Some("a-1"), 100),
        view("a-3", Some("a-3"), 7),
    ]);
    let spent = |agent: &str| facts[&AgentId::new(agent)].spent;
    assert_eq!((spent("a-1"), spent("a-2"), spent("grow")), (Money(112), Money(101), Money(114)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes of the steps: never more than the budget is out, and none begins before the one that it waits for has ended.
    #[test]
    fn allowances_never_exceed_the_budget_and_steps_keep_their_order(
        budget in 0_u64..300,
        is_ordered in any::<bool>(),
        count in 1_u32..6,
        moves in prop::collection::vec((1_u32..7, 0_u8..8, 0_u64..200), 0..40),
    ) {
        let plan: String = (1..=count).map(|step| if is_ordered { format!("{step}. [ ] s\n") } else { "- [ ] s\n".to_owned() }).collect();
        let mut quest = Running::new(&plan);
        quest.quest.budget = Money(budget * CENT);
        for (step, what, part) in moves {
            let before = quest.states();
            let begun = quest.begin();
            for (begun, allowance) in &begun {
                prop_assert!(*allowance >= MIN_ALLOWANCE.0);
                prop_assert_eq!(before[*begun as usize - 1], StepState::Waiting);
                prop_assert!(!is_ordered || *begun == 1 || before[*begun as usize - 2].has_ended_well());
            }
            if let Some(attempt) = quest.attempts.iter().rfind(|attempt| attempt.step == step).cloned() {
                let spent = attempt.allowance.0 / 100 * part;
                let earlier = quest.agents.get(&attempt.agent()).map_or(0, |facts| facts.spent.0);
                let has_ended = quest.agents.get(&attempt.agent()).is_some_and(|facts| !facts.status.is_at_work());
                let status = [Status::Thinking, Status::Done, Status::Failed, Status::Limit, Status::Cancelled][usize::from(what.min(4))];
                if !has_ended {
                    quest.set(step, status, spent.max(earlier));
                }
                match what {
                    5 => drop(quest.retry(step)),
                    // The host notes what the first attempt came to.
                    6 | 7 => {
                        let first = quest.attempts.iter_mut().find(|attempt| attempt.step == step).expect("there is one");
                        let done = Finished { at: Timestamp(quest.now), report: String::new(), sources: Vec::new() };
                        match what {
                            6 if first.closed_at.is_none() => first.done = Some(done),
                            _ if has_ended => first.closed_at = Some(Timestamp(quest.now)),
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
            let Standing { spent, charged, reserved, .. } = quest.standing();
            prop_assert!(charged <= spent && charged.0 + reserved.0 <= budget * CENT, "{charged} and {reserved} of {budget}");
            let is_out = |attempt: &&Attempt| {
                let status = quest.agents.get(&attempt.agent()).map(|facts| facts.status);
                attempt.done.is_none() && attempt.closed_at.is_none() && status.is_none_or(Status::is_at_work)
            };
            let out: u64 = quest.attempts.iter().filter(is_out).map(|attempt| attempt.allowance.0).sum();
            prop_assert!(out <= budget * CENT, "the allowances at work: {out} of {budget}");
        }
    }
}
