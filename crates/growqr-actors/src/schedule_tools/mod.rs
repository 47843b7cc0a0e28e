//! The tool with which an agent asks for work at a set time. The rules ask the person before a call is carried out.
//!
//! The id of the schedule is made from the call's effect, so a call that is carried out again finds what it has added.

mod input;

use async_trait::async_trait;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{ExecutorId, ScheduleId};
use growqr_core::journal::{Store, StoreError};
use growqr_core::memory::CommitPlan;
use growqr_core::schedule::{MAX_SCHEDULES, NewSchedule, Schedule, is_full, words};
use growqr_core::tool::{Executor, LookedUp, OfferedTool, Performed, ToolCall, ToolResult};
use std::sync::Arc;
use tokio::sync::Notify;

/// How many of the times at which it is due are told to the model.
const TIMES: usize = 3;

/// Adds schedules of one profile.
pub struct ScheduleTools {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    changed: Arc<Notify>,
}

/// The tools of this executor.
#[must_use]
pub fn offered() -> Vec<OfferedTool> {
    input::offered()
}

impl ScheduleTools {
    /// `changed` is the [`crate::Ports::schedules_changed`] of the host.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, changed: Arc<Notify>) -> ScheduleTools {
        ScheduleTools { store, clock, changed }
    }

    async fn add(&self, call: &ToolCall) -> Result<ToolResult, StoreError> {
        let new = match input::parse(call) {
            Ok(input) => NewSchedule { id: id_of(call), by_agent: Some(call.origin.agent.clone()), ..input },
            Err(problem) => return Ok(ToolResult::error(problem)),
        };
        if let Some(added) = self.store.schedule(&new.id).await? {
            return Ok(self.added(&added));
        }
        if is_full(&self.store.schedules().await?) {
            let problem = format!("there are {MAX_SCHEDULES} schedules already; the person must remove some first");
            return Ok(ToolResult::error(problem));
        }
        match new.make(&*self.clock) {
            Ok(schedule) => {
                self.store.add_schedule(&schedule).await?;
                self.changed.notify_one();
                Ok(self.added(&schedule))
            }
            Err(problem) => Ok(ToolResult::error(format!("{problem}. Examples of `when`: {}", words::EXAMPLES))),
        }
    }

    fn added(&self, schedule: &Schedule) -> ToolResult {
        let times = schedule.times_after(schedule.created_at, TIMES, &*self.clock);
        let times: Vec<String> = times.into_iter().map(|time| self.in_words(time)).collect();
        ToolResult::ok(format!(
            "scheduled as {} ({}): due {}. Each run is a new sub-agent with this task, which may spend ${}; it sees nothing of this \
             conversation. Its report comes as mail.",
            schedule.id,
            schedule.words,
            times.join("; then "),
            schedule.budget
        ))
    }

    fn in_words(&self, time: Timestamp) -> String {
        time.in_words(&self.clock.zone(time))
    }
}

fn id_of(call: &ToolCall) -> ScheduleId {
    ScheduleId::new(format!("s-{}", call.origin.effect))
}

#[async_trait]
impl Executor for ScheduleTools {
    fn id(&self) -> ExecutorId {
        ExecutorId::schedules()
    }

    fn tools(&self) -> Vec<OfferedTool> {
        offered()
    }

    async fn perform(&self, call: &ToolCall, _plan: Option<&CommitPlan>) -> Performed {
        let result = self.add(call).await;
        Performed::Finished(result.unwrap_or_else(|error| {
            tracing::warn!(%error, "an agent could not add a schedule");
            ToolResult::error("the schedule could not be kept; tell the person, or try again later")
        }))
    }

    async fn look_up(&self, call: &ToolCall) -> LookedUp {
        match self.store.schedule(&id_of(call)).await {
            Ok(Some(added)) => LookedUp::Happened(self.added(&added)),
            Ok(None) => LookedUp::NothingHappened,
            Err(error) => {
                tracing::warn!(%error, "whether a schedule was added is not known");
                LookedUp::Unknown
            }
        }
    }
}
