//! Carries out quests: claims the steps that may begin, has the Grow Agent record them, notes what is done and ticks it in the page.
//!
//! Each of these can be the last one before a kill. A claim is one transaction of the store, so an attempt is claimed once, whoever
//! looks. What is claimed is brought to the Grow Agent until the store notes that it is recorded; the Grow Agent takes each attempt
//! once. That a step is done, with its report, is noted once. Its tick is a commit whose id is made from the quest and the step.

mod tick;

use crate::backoff::Backoff;
use crate::notification::Notification;
use crate::placement::{Placement, PostError};
use crate::ports::Ports;
use crate::stop_at::stop_at;
use growqr_core::agent::Input;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::event::Event;
use growqr_core::id::AgentId;
use growqr_core::journal::{AgentView, Status, Store, StoreError};
use growqr_core::mail::{MailBody, Report};
use growqr_core::memory::Memory;
use growqr_core::quest::{
    AgentFacts, Attempt, Finished, MAX_REPORT, Quest, QuestStanding, QuestState, begin, due, facts, standing,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

/// The longest wait while there are open quests.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How often a quest is looked at in a row: whoever has changed it meanwhile was faster.
const MAX_LOOKS: u32 = 4;

/// How many of the last events about turns are searched for the last report.
const EVENTS: u32 = 50;

/// How many letters that are not delivered yet are searched for one.
const UNDELIVERED: u32 = 10_000;

/// Runs until stopped.
pub(crate) async fn run(mut quests: Quests, stop: CancellationToken) {
    let mut news = quests.placement.subscribe();
    let changed = Arc::clone(&quests.changed);
    loop {
        let wait = tokio::select! {
            () = stop.cancelled() => return,
            wait = quests.look() => wait,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => {}
            () = end_of_work(&mut news), if wait.is_some() => {}
            () = tokio::time::sleep(wait.unwrap_or(MAX_WAIT)), if wait.is_some() => {}
        }
    }
}

/// Returns once a sub-agent of the Grow Agent has stopped working, or may have.
async fn end_of_work(news: &mut broadcast::Receiver<Notification>) {
    loop {
        match news.recv().await {
            Ok(Notification::Recorded(recorded)) if recorded.view.depth == 1 && !recorded.view.status.is_at_work() => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Why a quest was not carried on.
#[derive(Debug, thiserror::Error)]
enum TendError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Post(#[from] PostError),
}

/// The quests of a host.
pub(crate) struct Quests {
    placement: Arc<dyn Placement>,
    store: Arc<dyn Store>,
    memory: Arc<dyn Memory>,
    clock: Arc<dyn Clock>,
    /// See [`Ports::quests_changed`].
    changed: Arc<Notify>,
    /// See [`Ports::memory_changes`].
    memory_changes: watch::Sender<()>,
    /// Has memory tidied.
    tidy: Arc<Notify>,
    /// Failures in a row, of the store, of memory or of the Grow Agent.
    failures: Backoff,
}

impl Quests {
    pub(crate) fn new(placement: Arc<dyn Placement>, ports: &Ports, tidy: Arc<Notify>) -> Quests {
        Quests {
            placement,
            store: Arc::clone(&ports.store),
            memory: Arc::clone(&ports.memory),
            clock: Arc::clone(&ports.clock),
            changed: Arc::clone(&ports.quests_changed),
            memory_changes: ports.memory_changes.clone(),
            tidy,
            failures: Backoff::default(),
        }
    }

    /// Carries all quests on. Returns the time to the next look; `None` if there is nothing to wait for.
    async fn look(&mut self) -> Option<Duration> {
        match self.tend_all().await {
            Ok(Looked::Nothing) => {
                self.failures.reset();
                None
            }
            Ok(Looked::Open) => {
                self.failures.reset();
                Some(MAX_WAIT)
            }
            Ok(Looked::TickLeft) => Some(self.failures.next_delay()),
            Err(TendError::Post(PostError::Stopping)) => None,
            Err(error) => {
                if self.failures.may_warn() {
                    tracing::warn!(%error, "a quest could not be carried on; trying again");
                }
                Some(self.failures.next_delay())
            }
        }
    }

    async fn tend_all(&self) -> Result<Looked, TendError> {
        let (mut looked, mut trouble) = (Looked::Nothing, Trouble::default());
        let quests = self.store.quests_to_tend().await?;
        if quests.is_empty() {
            return Ok(looked);
        }
        let agents = self.store.agents().await?;
        for quest in quests {
            looked = looked.max(trouble.keep(self.tend(quest, &agents).await).unwrap_or(Looked::Open));
        }
        trouble.unless(looked)
    }

    /// Carries one quest on. `agents`: all of them, read before.
    async fn tend(&self, mut quest: Quest, agents: &[AgentView]) -> Result<Looked, TendError> {
        let store = &*self.store;
        let known = facts(agents);
        let mut tick_is_left = false;
        for _ in 0..MAX_LOOKS {
            let mut attempts = store.attempts(&quest.id).await?;
            let mut trouble = Trouble::default();
            // Of each step the last one counts.
            let last: HashMap<u32, u32> = attempts.iter().map(|attempt| (attempt.step, attempt.number)).collect();
            for attempt in &mut attempts {
                let is_awaited = last.get(&attempt.step) == Some(&attempt.number) && !quest.skipped.contains(&attempt.step);
                tick_is_left |= trouble.keep(self.finish(&quest, attempt, is_awaited, agents).await).unwrap_or_default();
            }
            if quest.state == QuestState::Cancelled {
                for attempt in attempts.iter().filter(|attempt| attempt.closed_at.is_none()) {
                    trouble.keep(self.stop(attempt, &known).await);
                }
                return trouble.unless(Looked::of(tick_is_left));
            }
            trouble.unless(())?;
            let now = self.now();
            let stands = standing(&quest, &attempts, &known);
            if stands.state == QuestStanding::Done && quest.state.is_open() {
                store.change_quest(&Quest { state: QuestState::Done, changed_at: now, ..quest.clone() }).await?;
                return Ok(Looked::of(tick_is_left));
            }
            if let Some(begin) = begin(&quest, &stands, now) {
                stop_at("quest:due").await;
                store.begin_steps(&begin).await?;
                stop_at("quest:claimed").await;
            } else {
                self.post_all(&quest, &attempts).await?;
                return Ok(Looked::of(tick_is_left));
            }
            // Also if another host, or the person, was faster.
            match store.quest(&quest.id).await? {
                Some(now) => quest = now,
                None => break,
            }
        }
        Ok(Looked::of(tick_is_left))
    }

    /// Notes that the work of an attempt is done, and ticks its step; or that it has ended without success. What its sub-agent does
    /// after that changes neither. Returns whether the tick is left to be tried again.
    async fn finish(
        &self,
        quest: &Quest,
        attempt: &mut Attempt,
        is_awaited: bool,
        agents: &[AgentView],
    ) -> Result<bool, TendError> {
        let agent = attempt.agent();
        let Some(view) = agents.iter().find(|view| view.agent == agent) else { return Ok(false) };
        let store = &*self.store;
        if attempt.closed_at.is_some() {
            return Ok(false);
        }
        let has_given_up = match view.status {
            Status::Failed | Status::Limit | Status::Cancelled => true,
            Status::Done => !is_awaited,
            _ => false,
        };
        if has_given_up && attempt.done.is_none() {
            attempt.closed_at = Some(self.now());
            store.note_attempt(attempt).await?;
            return Ok(false);
        }
        if attempt.done.is_none() && view.status == Status::Done {
            let (report, sources) = match last_report(store, &agent).await? {
                Some(report) => (report.text, report.untrusted),
                None => (String::new(), Vec::new()),
            };
            let report = report.chars().take(MAX_REPORT).collect();
            attempt.done = Some(Finished { at: self.now(), report, sources });
            store.note_attempt(attempt).await?;
        }
        if attempt.done.is_none() {
            return Ok(false);
        }
        stop_at("quest:done").await;
        let is_left = !tick::tick(&self.memory, quest, attempt, view, self.now()).await;
        stop_at("quest:ticked").await;
        if !is_left {
            self.memory_changes.send_replace(());
            self.tidy.notify_one();
            attempt.closed_at = Some(self.now());
            store.note_attempt(attempt).await?;
        }
        Ok(is_left)
    }

    /// Brings what is claimed to the Grow Agent, in the order of the steps.
    async fn post_all(&self, quest: &Quest, attempts: &[Attempt]) -> Result<(), TendError> {
        let unposted = attempts.iter().filter(|attempt| attempt.posted_at.is_none() && quest.state == QuestState::Active);
        for attempt in unposted {
            let Some(step) = quest.step(attempt.step) else { continue };
            let (work, untrusted) = due(quest, step, attempt, attempts);
            self.placement.post(&AgentId::grow(), Input::StepDue { work: Box::new(work), untrusted }).await?;
            stop_at("quest:posted").await;
            self.store.note_attempt(&Attempt { posted_at: Some(self.now()), ..attempt.clone() }).await?;
        }
        Ok(())
    }

    /// Stops the work of an attempt of a quest that was cancelled, once: the person may go on with such a sub-agent later.
    async fn stop(&self, attempt: &Attempt, known: &HashMap<AgentId, AgentFacts>) -> Result<(), TendError> {
        let store = &*self.store;
        let agent = attempt.agent();
        match known.get(&agent) {
            Some(facts) if facts.status.is_at_work() => {
                self.placement.post(&agent, Input::Cancel { tree: true }).await?;
            }
            Some(_) => {}
            // The letter that creates the sub-agent is under way: the next look finds the sub-agent.
            None if attempt.posted_at.is_some() => return Ok(()),
            None if store.undelivered(UNDELIVERED).await?.iter().any(|mail| mail.id == attempt.effect()) => return Ok(()),
            None if store.agent(&agent).await?.is_some() => return Ok(()),
            None => {}
        }
        store.note_attempt(&Attempt { closed_at: Some(self.now()), ..attempt.clone() }).await?;
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The first of the errors of things of which none stops the others.
#[derive(Default)]
struct Trouble(Option<TendError>);

impl Trouble {
    /// What came of one of them, unless it failed.
    fn keep<T>(&mut self, done: Result<T, TendError>) -> Option<T> {
        match done {
            Ok(done) => Some(done),
            Err(error) => {
                self.0.get_or_insert(error);
                None
            }
        }
    }

    /// The error, if there is one, instead of what came of all.
    fn unless<T>(self, done: T) -> Result<T, TendError> {
        self.0.map_or(Ok(done), Err)
    }
}

/// What is left to do after a look.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Looked {
    Nothing,
    /// There are quests whose steps may end.
    Open,
    /// A page could not be ticked now.
    TickLeft,
}

impl Looked {
    fn of(tick_is_left: bool) -> Looked {
        if tick_is_left { Looked::TickLeft } else { Looked::Open }
    }
}

/// The last report of a sub-agent to the Grow Agent.
async fn last_report(store: &dyn Store, agent: &AgentId) -> Result<Option<Report>, StoreError> {
    let events = store.turn_events_before(None, agent, EVENTS).await?;
    for stored in events.iter().rev() {
        let Event::TurnEnded(body) = stored.entry()?.event else { continue };
        let mut of_grow = body.reports.into_iter().rev().filter(|mail| mail.to == AgentId::grow());
        return Ok(of_grow.find_map(|mail| match mail.body {
            MailBody::Report(report) => Some(report),
            _ => None,
        }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
