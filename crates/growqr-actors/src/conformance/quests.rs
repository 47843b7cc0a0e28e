//! Quests: each step is done once, whoever looks and whenever the host is killed.

use super::TestEnvironment;
use super::hooked_store::{AppendBehavior, HookedStore, StoreHooks};
use super::world::{RunningHost, World, grow};
use growqr_core::clock::Timestamp;
use growqr_core::id::QuestId;
use growqr_core::journal::{Status, Store};
use growqr_core::memory::Page;
use growqr_core::quest::{Attempt, NewQuest, Quest, QuestState};
use std::sync::Arc;

impl World {
    /// Starts a quest with this plan, whose page is nowhere in memory.
    async fn start_quest(&self, id: &str, plan: &str) -> QuestId {
        let page = Page { path: format!("quests/{id}.md"), content: plan.to_owned(), version: String::new() };
        let new = NewQuest { id: QuestId::new(id), page, budget: None, by_agent: None };
        let quest = new.make(Timestamp(1_000)).expect("the plan has steps");
        assert!(self.ports.store.add_quest(&quest).await.expect("the store works"), "a new id");
        self.ports.quests_changed.notify_one();
        quest.id
    }

    async fn attempts(&self, quest: &QuestId) -> Vec<Attempt> {
        self.ports.store.attempts(quest).await.expect("the store works")
    }

    async fn quest_state(&self, quest: &QuestId) -> QuestState {
        self.ports.store.quest(quest).await.expect("the store works").expect("it was started").state
    }
}

impl RunningHost {
    /// Returns once a quest is done, and nothing is left to do.
    async fn until_quest_is_done(&self, world: &World, quest: &QuestId) {
        self.until(async || {
            let is_closed = world.attempts(quest).await.iter().all(|attempt| attempt.closed_at.is_some());
            is_closed && world.quest_state(quest).await == QuestState::Done
        })
        .await;
        self.until_idle().await;
    }
}

/// Each step is a sub-agent of its own, and no turn of the Grow Agent is needed.
pub async fn a_quest_does_its_steps_in_order_and_passes_on_what_came_of_them(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let quest = world.start_quest("q-1", "# Two\n\n1. [ ] One\n2. [ ] Two\n").await;
    host.until_quest_is_done(&world, &quest).await;
    host.stop().await;
    let attempts = world.attempts(&quest).await;
    assert_eq!(attempts.iter().map(|attempt| (attempt.step, attempt.number)).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
    let report = attempts[0].done.as_ref().map(|done| done.report.as_str());
    assert_eq!(report, Some("done: 2. [ ] Two"), "the script repeats the last line of the task");
    let agents = world.agents().await;
    let names: Vec<&str> = agents.iter().filter(|agent| agent.depth == 1).map(|agent| agent.name.as_str()).collect();
    assert_eq!(names, ["Step 1: One", "Step 2: Two"]);
    let second = agents.iter().find(|agent| agent.agent == attempts[1].agent()).expect("its id is made from the attempt");
    let task = second.task.as_deref().expect("it has a task");
    assert!(task.contains("\"report\":\"done: 2. [ ] Two\""), "{task}");
    assert_eq!(world.count(&grow(), "turn_started").await, 0);
}

/// One kill before or after each write, the claims and the notes included.
pub async fn each_step_of_a_quest_is_done_once_when_killed_at_any_append(environment: Arc<dyn TestEnvironment>) {
    let mut world = World::new(environment).await;
    let mut steps = 0;
    // Of each step: the claim, the start, the note, the sub-agent's birth and request, its answer, its report, that it is done, its
    // tick; then the end.
    for at in 1..19 {
        for behavior in [AppendBehavior::StopBefore, AppendBehavior::StopAfter] {
            steps += 2;
            let store = world.other_store().await;
            let hooked = Arc::new(HookedStore::new(store, StoreHooks { append: Some((at, behavior)), ..StoreHooks::default() }));
            let quest = world.start_quest(&format!("q-{steps}"), "1. [ ] One\n2. [ ] Two\n").await;
            world.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
            let host = world.start().await;
            tokio::select! {
                () = hooked.stopped() => {}
                () = host.until_quest_is_done(&world, &quest) => {}
            }
            host.kill().await;
            world.ports.store = world.other_store().await;
            let host = world.start().await;
            host.until_quest_is_done(&world, &quest).await;
            host.stop().await;
            let agents = world.agents().await.iter().filter(|agent| agent.depth == 1 && agent.status == Status::Done).count();
            let started = world.count(&grow(), "scheduled_work_started").await;
            assert_eq!((agents, started, world.attempts(&quest).await.len()), (steps, steps, 2), "{behavior:?} {at}");
        }
    }
}

/// Also if the host is killed between the cancel and the stop.
pub async fn a_quest_that_is_cancelled_stops_what_is_at_work_and_begins_nothing(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    let quest = world.start_quest("q-1", "1. [ ] One\n2. [ ] Two\n\nlater").await;
    let other = world.start_quest("q-2", "- [ ] One\n- [ ] Two\n\nlater").await;
    let at_work = async |world: &World| world.agents().await.iter().filter(|agent| agent.status == Status::Thinking).count();
    host.until(async || at_work(&world).await == 3).await;
    host.kill().await;
    let row = world.ports.store.quest(&quest).await.expect("the store works").expect("it was started");
    let cancelled = Quest { state: QuestState::Cancelled, ..row };
    assert!(world.ports.store.change_quest(&cancelled).await.expect("the store works"));
    let host = world.start().await;
    host.until(async || world.attempts(&quest).await.iter().all(|attempt| attempt.closed_at.is_some())).await;
    host.until(async || at_work(&world).await == 2).await;
    world.release();
    host.until_quest_is_done(&world, &other).await;
    host.stop().await;
    let agents = world.agents().await;
    let ended = |status| agents.iter().filter(|agent| agent.depth == 1 && agent.status == status).count();
    assert_eq!((ended(Status::Cancelled), ended(Status::Done)), (1, 2));
    assert_eq!((world.attempts(&quest).await.len(), world.quest_state(&quest).await), (1, QuestState::Cancelled));
}
