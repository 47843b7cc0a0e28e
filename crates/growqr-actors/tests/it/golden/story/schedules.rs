//! The story of work at a set time.

use super::{Story, says};
use growqr_core::agent::Input;
use growqr_core::ask::{Answer, RUN, SKIP};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ScheduleId};
use growqr_core::journal::Store;
use growqr_core::money::Money;
use growqr_core::schedule::DueWork;
use std::sync::Arc;

/// Writes the story of scheduled runs into an empty store.
pub async fn write_schedules(store: Arc<dyn Store>) {
    let story = Story::new(store);
    story.scheduled_runs().await;
    story.save_snapshot(&AgentId::grow()).await;
    story.scheduled_runs_that_are_left_open().await;
}

fn due(schedule: &str, hour: i64) -> Box<DueWork> {
    Box::new(DueWork {
        schedule: ScheduleId::new(schedule),
        due: Timestamp(1_795_305_600_000 + hour * 3_600_000),
        name: "News".to_owned(),
        task: "Read the news.".to_owned(),
        budget: Money::usd(1),
        by_agent: (schedule == "s-2").then(AgentId::grow),
    })
}

impl Story {
    /// Runs on time with their reports, one about which the person says yes, one that is skipped, one that the next one replaces.
    async fn scheduled_runs(&self) {
        let grow = AgentId::grow();
        self.say("hello").await;
        self.answer(&grow, says("Hello.")).await;
        for schedule in ["s-1", "s-2"] {
            self.input(&grow, Input::Due { work: due(schedule, 1), asks: false }).await;
            self.finish_runs().await;
        }
        for option in [RUN, SKIP] {
            self.input(&grow, Input::Due { work: due(&format!("s-{option}"), 2), asks: true }).await;
            self.settle(Some(Answer { option: Some(option.to_owned()), ..Answer::default() })).await;
            self.finish_runs().await;
        }
        self.input(&grow, Input::Due { work: due("s-2", 3), asks: true }).await;
        self.input(&grow, Input::Due { work: due("s-2", 4), asks: false }).await;
        self.finish_runs().await;
        self.say("what is new?").await;
        self.answer(&grow, says("Nothing.")).await;
    }

    /// A run at work, one whose mail is not delivered, and an open question.
    async fn scheduled_runs_that_are_left_open(&self) {
        let grow = AgentId::grow();
        self.input(&grow, Input::Due { work: due("s-1", 5), asks: false }).await;
        self.deliver().await;
        self.input(&grow, Input::Due { work: due("s-2", 5), asks: false }).await;
        self.input(&grow, Input::Due { work: due("s-3", 5), asks: true }).await;
    }

    /// Delivers the mail that starts runs, answers for them, and delivers their reports.
    async fn finish_runs(&self) {
        for run in self.deliver().await {
            self.answer(&run, says("Nothing new.")).await;
        }
        self.deliver().await;
    }
}
