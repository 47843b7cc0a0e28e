//! Begins scheduled work: claims what is due, then has the Grow Agent record it.
//!
//! Each step can be the last one before a kill. A claim is one transaction of the store, so an occurrence is claimed once, whoever
//! looks. What is claimed is brought to the Grow Agent until the store notes that it is recorded; the Grow Agent takes each
//! occurrence once. Its journal sends the mail that creates the sub-agent.

use crate::backoff::Backoff;
use crate::placement::{Placement, PostError};
use crate::stop_at::stop_at;
use growqr_core::agent::Input;
use growqr_core::ask::RUN;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, AskId, ScheduleId, child_id};
use growqr_core::journal::{Store, StoreError};
use growqr_core::schedule::{DueWork, Fate, Occurrence, Schedule, ScheduleState, settle};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The longest wait: the clock of the computer may be set meanwhile, and stands still while the computer sleeps.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// The shortest wait, so that a schedule that cannot be claimed does not keep the processor at work.
const MIN_WAIT: Duration = Duration::from_millis(50);

/// How often a schedule is claimed in a row: once for a clock that was set back, once for what is due, and again if another host
/// was faster.
const MAX_CLAIMS: u32 = 4;

/// How many of the last runs and questions are looked at for one that is still at work.
const LAST_RUNS: u32 = 50;

/// Runs until stopped. Whoever changes schedules notifies `changed`.
pub(crate) async fn run(
    placement: Arc<dyn Placement>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    changed: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut schedules = Schedules { placement, store, clock, failures: Backoff::default(), unknown_zones: BTreeSet::new() };
    loop {
        let wait = tokio::select! {
            () = stop.cancelled() => return,
            wait = schedules.look() => wait,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => {}
            () = tokio::time::sleep(wait.unwrap_or(MAX_WAIT)), if wait.is_some() => {}
        }
    }
}

struct Schedules {
    placement: Arc<dyn Placement>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Failures in a row, of the store or of the Grow Agent.
    failures: Backoff,
    /// Schedules whose time zone this computer does not know, and about which a warning was logged.
    unknown_zones: BTreeSet<ScheduleId>,
}

impl Schedules {
    /// Claims and begins what is due. Returns the time to the next look; `None` if there is nothing to wait for.
    async fn look(&mut self) -> Option<Duration> {
        let next = match self.claim_all().await {
            Ok(next) => next,
            Err(error) => return Some(self.failed("schedules could not be claimed; trying again", &error)),
        };
        match self.post_all().await {
            Ok(()) => self.failures.reset(),
            Err(PostError::Stopping) => return None,
            Err(error) => return Some(self.failed("a scheduled run could not be begun; trying again", &error)),
        }
        let now = self.clock.now();
        next.map(|next| Duration::from_millis(u64::try_from(next.0.saturating_sub(now.0)).unwrap_or(0)).clamp(MIN_WAIT, MAX_WAIT))
    }

    fn failed(&mut self, what: &str, error: &dyn std::error::Error) -> Duration {
        if self.failures.may_warn() {
            tracing::warn!(%error, "{what}");
        }
        self.failures.next_delay()
    }

    /// Claims what is due. Returns the next time at which something is. That of a schedule that is done or paused is never, but not
    /// `None`: a clock that is set back can make it due again.
    async fn claim_all(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let mut next = None;
        for schedule in self.store.schedules().await? {
            let due = self.claim(schedule).await?.unwrap_or(Timestamp(i64::MAX));
            next = next.into_iter().chain([due]).min();
        }
        Ok(next)
    }

    /// Claims what is due of one schedule. Returns when it is due next.
    async fn claim(&mut self, mut schedule: Schedule) -> Result<Option<Timestamp>, StoreError> {
        let Some(zone) = schedule.when.time_zone(&*self.clock) else {
            if self.unknown_zones.insert(schedule.id.clone()) {
                let zone = schedule.when.zone().unwrap_or_default();
                tracing::warn!(schedule = %schedule.name, zone, "this computer does not know the time zone of a schedule");
            }
            return Ok(None);
        };
        for _ in 0..MAX_CLAIMS {
            let now = self.clock.now();
            let is_due = schedule.next_at.is_some_and(|next| next <= now);
            if schedule.state == ScheduleState::Paused || (!is_due && schedule.settled_to <= now) {
                return Ok(schedule.next_at);
            }
            let later = self.store.occurrences_after(&schedule.id, schedule.settled_since(now)).await?;
            let is_busy = is_due && self.is_busy(&schedule.id).await?;
            let Some(claim) = settle(&schedule, now, &zone, &later, is_busy) else { return Ok(schedule.next_at) };
            stop_at("schedule:due").await;
            self.store.claim(&claim).await?;
            stop_at("schedule:claimed").await;
            // Also if another host, or the person, was faster.
            match self.store.schedule(&schedule.id).await? {
                Some(now) => schedule = now,
                None => return Ok(None),
            }
        }
        Ok(schedule.next_at)
    }

    /// Whether a run before is still at work, or has not begun.
    async fn is_busy(&self, schedule: &ScheduleId) -> Result<bool, StoreError> {
        let mut has_begun_later = false;
        for before in self.store.runs(Some(schedule), LAST_RUNS).await? {
            let agent = self.store.agent(&child_id(&before.effect())).await?;
            let is_busy = match (before.fate, &agent) {
                (_, Some(agent)) => agent.status.is_at_work(),
                // The Grow Agent begins runs one after the other: what has not begun before this one never will.
                (_, None) if has_begun_later => false,
                (Fate::Run, None) => true,
                (Fate::Ask, None) => self.is_wanted(&before).await?,
                (Fate::Missed(_), None) => false,
            };
            if is_busy {
                return Ok(true);
            }
            has_begun_later |= agent.is_some();
        }
        Ok(false)
    }

    /// Whether the person was asked about this run, and wants it.
    async fn is_wanted(&self, run: &Occurrence) -> Result<bool, StoreError> {
        let asked = self.store.ask(&AskId::new(format!("ask-{}", run.effect()))).await?;
        let answer = asked.and_then(|view| view.settled).and_then(|settled| settled.answer);
        Ok(answer.is_some_and(|answer| answer.option.as_deref() == Some(RUN)))
    }

    /// Brings what is claimed to the Grow Agent, in the order in which it was claimed.
    async fn post_all(&self) -> Result<(), PostError> {
        let grow = AgentId::grow();
        let of_store = |source| PostError::Store { agent: AgentId::grow(), source };
        for (schedule, occurrence) in self.store.unposted().await.map_err(of_store)? {
            let Occurrence { due, fate, .. } = occurrence;
            let work = Box::new(DueWork::of(&schedule, due));
            self.placement.post(&grow, Input::Due { work, asks: fate == Fate::Ask }).await?;
            stop_at("schedule:posted").await;
            self.store.posted(&schedule.id, due, self.clock.now()).await.map_err(of_store)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
