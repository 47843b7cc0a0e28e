//! Sub-agents that work in the workbench: kills at every append, asks, cancels, limits, and many at once.

use super::TestEnvironment;
use super::hooked_store::{AppendBehavior, HookedStore, StoreHooks};
use super::workbench::FakeWorkbench;
use super::world::{RunningHost, World, grow, message};
use growqr_core::agent::{ChargeBounds, ChargeState, Input};
use growqr_core::ask::Answer;
use growqr_core::clock::Timestamp;
use growqr_core::event::{Event, TurnEnded};
use growqr_core::id::{AgentId, charge_id};
use growqr_core::journal::{AgentView, AskView, SpendingBy, Status, Store};
use growqr_core::mail::{Ending, MailBody, Report};
use growqr_core::model::Usage;
use growqr_core::money::Money;
use growqr_core::workbench::{Mind, SessionOutcome};
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn allow() -> Option<Answer> {
    Some(Answer { option: Some("allow".to_owned()), ..Answer::default() })
}

async fn open_asks(store: &dyn Store) -> Vec<AskView> {
    store.open_asks().await.expect("the store can be read")
}

impl World {
    /// The sub-agents, oldest first.
    async fn workers(&self) -> Vec<AgentView> {
        self.agents().await.into_iter().filter(|agent| agent.depth > 0).collect()
    }

    /// The reports of an agent, in order.
    async fn reports(&self, agent: &AgentId) -> Vec<Report> {
        let ends =
            self.stored_events().await.into_iter().filter(|stored| stored.agent == *agent).filter_map(
                |stored| match Event::decode(&stored.kind, stored.schema_version, &stored.body) {
                    Ok(Event::TurnEnded(TurnEnded { reports, .. })) => Some(reports),
                    _ => None,
                },
            );
        let report = |mail: growqr_core::mail::Mail| match mail.body {
            MailBody::Report(report) => Some(report),
            _ => None,
        };
        ends.flatten().filter_map(report).collect()
    }

    /// Nothing was done twice, and nothing is left open.
    fn check_workbench(&self) {
        let workbench: &FakeWorkbench = &self.workbench;
        assert_eq!(workbench.violations(), [""; 0]);
        assert!(workbench.prompts().values().flatten().all(|count| *count == 1), "{:?}", workbench.prompts());
        assert!(workbench.carried_out().iter().all(|count| *count == 1), "{:?}", workbench.carried_out());
    }
}

impl RunningHost {
    /// Allows everything that is asked, until no agent is at work.
    async fn allow_all_until_idle(&self, world: &World) {
        loop {
            let store = Arc::clone(&world.ports.store);
            let position = async || store.position().await.expect("the position can be read");
            self.until(async || {
                let before = position().await;
                let agents = store.agents().await.expect("the store can be read");
                let mail = store.undelivered(1).await.expect("the outbox can be read");
                let is_idle = mail.is_empty() && !agents.is_empty() && agents.iter().all(|agent| !agent.status.is_at_work());
                let asks = open_asks(&*store).await;
                !asks.is_empty() || (is_idle && position().await == before)
            })
            .await;
            match open_asks(&*store).await.first() {
                // Another answer, or the end of the session, may be faster.
                Some(open) => drop(self.handle.answer(&open.ask.id, allow()).await),
                None => return,
            }
        }
    }
}

/// Runs a story once for each append and each side of it, with a kill there, and then to its end.
async fn killed_at_any_append(
    environment: Arc<dyn TestEnvironment>,
    appends: u64,
    text: &str,
    then: impl AsyncFn(&World, &RunningHost),
) -> World {
    let mut world = World::new(environment).await;
    let mut number = 0;
    for at in 1..=appends {
        for behavior in [AppendBehavior::StopBefore, AppendBehavior::StopAfter] {
            number += 1;
            let store = world.other_store().await;
            let hooked = Arc::new(HookedStore::new(store, StoreHooks { append: Some((at, behavior)), ..StoreHooks::default() }));
            world.ports.store = Arc::clone(&hooked) as Arc<dyn Store>;
            let host = world.start().await;
            let story = async {
                host.say(number, text).await;
                then(&world, &host).await;
            };
            tokio::select! {
                () = hooked.stopped() => {}
                () = story => {}
            }
            host.kill().await;
            world.ports.store = world.other_store().await;
            let host = world.start().await;
            // If the host was killed before the message was recorded, its sender sends it again.
            host.say(number, text).await;
            then(&world, &host).await;
            host.stop().await;
            world.check_workbench();
            assert_eq!(world.workbench.running(), [], "{behavior:?} {at}");
            assert_eq!(world.workers().await.len(), number, "{behavior:?} {at}");
        }
    }
    assert_eq!(world.workbench.prompts().len(), number, "each sub-agent has one session");
    for worker in world.workers().await {
        assert_eq!(world.reports(&worker.agent).await.len(), 1, "each reports once");
    }
    world
}

/// The report carries its words; a further message is the next prompt of the same session.
pub async fn a_session_reports_and_goes_on_with_the_next_message(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "work 1: build it").await;
    host.events("turn_ended", 1).await;
    host.until_idle().await;
    let worker = world.workers().await.remove(0);
    assert_eq!((worker.mind, worker.why.as_deref(), worker.status), (Mind::Session, Some("needs a shell"), Status::Done));
    host.handle.say(&worker.agent, message(1), "test it".to_owned()).await.expect("it is recorded");
    let seq = worker.seq;
    let store = Arc::clone(&world.ports.store);
    host.until(async || {
        let agent = store.agent(&worker.agent).await.expect("the store can be read").expect("it exists");
        agent.seq > seq && !agent.status.is_at_work()
    })
    .await;
    host.until_idle().await;
    host.stop().await;
    let texts: Vec<String> = world.reports(&worker.agent).await.into_iter().map(|report| report.text).collect();
    assert_eq!(texts, ["did: build it", "did: test it"]);
    assert_eq!(world.workbench.prompts().values().collect::<Vec<_>>(), [&vec![1, 1]]);
    assert_eq!(world.count(&worker.agent, "session_started").await, 1);
    world.check_workbench();
}

/// Two permissions, one kill: the session exists once, its prompt is sent once, and each permitted call is carried out once.
pub async fn a_session_that_asks_does_everything_once_when_killed_at_any_append(environment: Arc<dyn TestEnvironment>) {
    let world = killed_at_any_append(environment, 16, "work 1: ask 2", async |world, host| {
        host.allow_all_until_idle(world).await;
    })
    .await;
    let workers = world.workers().await;
    assert_eq!(world.workbench.carried_out().len(), 2 * workers.len());
    for worker in workers {
        assert_eq!(world.count(&worker.agent, "ask_raised").await, 2, "each permission is asked once");
        assert_eq!(world.reports(&worker.agent).await[0].ending, Ending::Done);
    }
}

/// The turn ends once, and the session does not work on.
pub async fn a_session_that_is_cancelled_stops_once_when_killed_at_any_append(environment: Arc<dyn TestEnvironment>) {
    let world = killed_at_any_append(environment, 10, "work 1: hang", async |world, host| {
        let store = Arc::clone(&world.ports.store);
        let known = async || {
            store
                .agents()
                .await
                .expect("the store can be read")
                .into_iter()
                .find(|agent| agent.status == Status::Working && agent.depth > 0)
        };
        // The session may have been cancelled before the kill.
        host.until(async || known().await.is_some() || host.is_quiet(world).await).await;
        if let Some(worker) = known().await {
            host.handle.control(&worker.agent, Input::Cancel { tree: true }).await.expect("it is recorded");
        }
        host.until_idle().await;
    })
    .await;
    for worker in world.workers().await {
        assert_eq!(worker.status, Status::Cancelled);
    }
}

impl RunningHost {
    /// Whether every sub-agent has ended and nothing is under way.
    async fn is_quiet(&self, world: &World) -> bool {
        let agents = world.agents().await;
        let mail = world.ports.store.undelivered(1).await.expect("the outbox can be read");
        agents.len() > 1 && mail.is_empty() && agents.iter().all(|agent| !agent.status.is_at_work()) && {
            // The last message has led to a sub-agent.
            let said = world.count(&grow(), "user_said").await;
            said == agents.len() - 1
        }
    }
}

/// Its parent has the money, so the sub-agent reports the limit.
pub async fn a_session_at_a_limit_reports_once_when_killed_at_any_append(environment: Arc<dyn TestEnvironment>) {
    let world = killed_at_any_append(environment, 9, "work 1: limit", async |_, host| host.until_idle().await).await;
    for worker in world.workers().await {
        assert_eq!(worker.status, Status::Limit);
        assert_eq!(world.reports(&worker.agent).await[0].ending, Ending::Limit);
    }
}

/// The gateway finds the agent of a session, reserves each of its model calls, and is told when the money is used up.
pub async fn a_session_is_told_about_its_limit_and_found_by_its_id(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "work 1: hang").await;
    host.events("session_started", 1).await;
    host.until(async || !world.workbench.running().is_empty()).await;
    let session = world.workbench.running().remove(0);
    let agent = host.handle.agent_of_session(&session).await.expect("the store can be read").expect("it is known");
    assert_eq!(agent, world.workers().await[0].agent);
    let reserve = async |charge: u64, money: Money| {
        let (charge, purpose) = (charge_id(world.config.process, 1, charge), "played".to_owned());
        host.handle
            .reserve(&agent, charge, purpose, ChargeBounds { money: Some(money), ..ChargeBounds::default() })
            .await
            .expect("it is processed")
    };
    let spendable = async || host.handle.spendable(&agent).await.expect("it is processed").money;
    let before = spendable().await;
    assert_eq!(reserve(1, Money(1_000)).await, ChargeState::Reserved);
    assert_eq!(spendable().await, before.saturating_sub(Money(1_000)));
    let usage = Some(Usage { input_tokens: 3, output_tokens: 4, ..Usage::default() });
    let settled = host
        .handle
        .settle(&agent, charge_id(world.config.process, 1, 1), Some(Money(700)), usage)
        .await
        .expect("it is processed");
    let sums = world.ports.store.spendings(SpendingBy::Agent, Timestamp(0)).await.expect("the store can be read");
    assert!(sums.iter().any(|sum| (sum.input_tokens, sum.output_tokens) == (3, 4)), "{sums:?}");
    assert_eq!(settled, ChargeState::Settled);
    assert!(matches!(reserve(2, Money::usd(50)).await, ChargeState::NotOpen(_)));
    let failed = SessionOutcome::Failed { reason: "the limit is reached".to_owned(), retryable: false };
    world.workbench.end_all("half", &failed);
    host.events("turn_ended", 1).await;
    host.until_idle().await;
    let worker = world.workers().await.remove(0);
    assert_eq!((worker.status, worker.spent), (Status::Limit, Money(700)));
    assert_eq!(reserve(3, Money(1)).await, ChargeState::NotAtWork);
    host.stop().await;
}

/// The turn ends although nobody answers, and says what may be.
pub async fn a_session_that_cannot_be_stopped_does_not_hold_up_the_cancel(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "work 1: hang").await;
    host.events("session_started", 1).await;
    world.workbench.is_unreachable.store(true, Ordering::SeqCst);
    let worker = world.workers().await.remove(0).agent;
    host.handle.control(&worker, Input::Cancel { tree: true }).await.expect("it is recorded");
    host.until_idle().await;
    host.stop().await;
    let report = world.reports(&worker).await.remove(0);
    assert_eq!(report.ending, Ending::Cancelled);
    assert!(report.text.contains("does not answer (it is switched off): it may still be at work"), "{}", report.text);
}

/// None waits for another, and every permission belongs to its own session.
pub async fn sessions_side_by_side_ask_and_report_once_each(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "work 8: ask 3").await;
    host.events("agent_created", 9).await;
    host.allow_all_until_idle(&world).await;
    host.stop().await;
    assert_eq!(world.workbench.carried_out(), [1; 24]);
    for worker in world.workers().await {
        assert_eq!(worker.status, Status::Done);
        assert_eq!(world.reports(&worker.agent).await.len(), 1);
    }
    world.check_workbench();
}

/// The agent does not stop; its parent reads what happened.
pub async fn a_panic_in_the_workbench_is_reported(environment: Arc<dyn TestEnvironment>) {
    let world = World::new(environment).await;
    let host = world.start().await;
    host.say(0, "work 1: panic").await;
    host.events("turn_ended", 1).await;
    host.until_idle().await;
    host.stop().await;
    let worker = world.workers().await.remove(0);
    assert_eq!(worker.status, Status::Failed);
    let text = world.reports(&worker.agent).await.remove(0).text;
    assert!(text.contains("an internal error"), "{text}");
}
