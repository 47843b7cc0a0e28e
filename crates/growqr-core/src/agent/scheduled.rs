//! Scheduled runs: starts a sub-agent for each that is due, with a budget of its own, or asks the person about one whose time has
//! passed. No turn of this agent is needed for that, and none begins when the run reports. Attempts of the steps of quests begin in the
//! same way, and in the events they are runs too: the id of the step stands in the place of the schedule's.

use super::asks::ask_id;
use super::bounded_text::beginning;
use super::child::Child;
use super::draft::Draft;
use super::state::State;
use super::turn::Pending;
use crate::ask::{Answer, Ask, AskDetail, AskKind, AskOption, RUN, SKIP};
use crate::clock::{Timestamp, Zone};
use crate::event::ScheduledWorkStarted;
use crate::id::{AgentId, AskId, EffectId, ScheduleId, child_id};
use crate::mail::{Mail, MailBody, Report, SpawnRequest};
use crate::quota::Quota;
use crate::schedule::DueWork;
use crate::workbench::Mind;

/// How many of the last runs are remembered. The host brings a run again only until it has noted that it is recorded, and it brings
/// them one after the other.
const REMEMBERED: usize = 100;

/// The most bytes of a schedule's name in a question.
const SHOWN_NAME: usize = 240;

/// The source of a task that an agent has written: the person allowed it, but may not have read it as an order.
const BY_AGENT: &str = "a schedule that an agent has asked for";

impl Draft<'_> {
    /// A run is due. The same run again changes nothing.
    pub(super) fn on_due(&mut self, work: &DueWork, asks: bool) {
        if !self.begins(work) {
            return;
        }
        // A question about an earlier occurrence is answered by the next one.
        let earlier: Vec<AskId> = self.state.asks_about(&work.schedule).map(|ask| ask.id.clone()).collect();
        earlier.into_iter().for_each(|ask| self.withdraw_ask(ask));
        if asks { self.ask_about_run(work) } else { self.start_run(work) }
    }

    /// An attempt of a step of a quest is due. The same one again changes nothing.
    pub(super) fn on_step_due(&mut self, work: &DueWork, untrusted: Vec<String>) {
        if self.begins(work) {
            self.start_work(work, "works for a quest", untrusted);
        }
    }

    /// Whether this agent begins such work, and has not begun this one.
    fn begins(&self, work: &DueWork) -> bool {
        self.state.seq.0 > 0 && self.state.depth() == 0 && !self.state.has_recorded_run(&work.effect())
    }

    /// Starts the sub-agent of a run.
    pub(super) fn start_run(&mut self, work: &DueWork) {
        let untrusted = work.by_agent.iter().map(|_| BY_AGENT.to_owned()).collect();
        self.start_work(work, "works for a schedule", untrusted);
    }

    /// At a limit the sub-agent pauses and asks, so it also starts if little or no money is left.
    fn start_work(&mut self, work: &DueWork, why: &str, untrusted: Vec<String>) {
        let limits = self.setup.limits;
        let allowance = work.budget.min(self.state.budget.available_for_no_message(&limits, self.now.at));
        let tree = limits.tree();
        let request = SpawnRequest {
            name: work.name.clone(),
            task: work.task.clone(),
            allowance,
            depth: self.state.depth() + 1,
            quota: Some(Quota { at_once: tree.at_once.saturating_sub(1), ..tree }),
            untrusted,
            mind: Mind::Model,
            why: Some(why.to_owned()),
            schedule: Some(work.schedule.clone()),
        };
        let (effect, from) = (work.effect(), self.state.id.clone());
        let mail = Mail { to: child_id(&effect), id: effect, from, body: MailBody::Spawn(request) };
        self.push(ScheduledWorkStarted { schedule: work.schedule.clone(), due: work.due, mail });
    }

    fn ask_about_run(&mut self, work: &DueWork) {
        let zone = self.zone().cloned().unwrap_or_default();
        let ask = Ask {
            id: ask_id(&work.effect()),
            kind: AskKind::Schedule,
            text: question(work, &zone),
            detail: Some(AskDetail::Work(Box::new(work.clone()))),
            options: vec![AskOption::new(RUN, "Run it now"), AskOption::new(SKIP, "Skip it")],
            scopes: Vec::new(),
            deadline: None,
            default: None,
        };
        self.raise(ask);
    }
}

fn question(work: &DueWork, zone: &Zone) -> String {
    let name = beginning(&work.name, SHOWN_NAME);
    format!("\"{name}\" was due on {} and did not run. Run it now?", work.due.in_words(zone))
}

impl State {
    fn has_recorded_run(&self, run: &EffectId) -> bool {
        self.recent_runs.contains(run)
    }

    fn asks_about<'a>(&'a self, schedule: &'a ScheduleId) -> impl Iterator<Item = &'a Ask> {
        self.open_asks
            .values()
            .filter(move |ask| matches!(&ask.detail, Some(AskDetail::Work(work)) if work.schedule == *schedule))
    }

    /// The run that the person wants to begin with this answer.
    pub(super) fn run_chosen(&self, ask: &Ask, answer: Option<&Answer>) -> Option<DueWork> {
        let Some(AskDetail::Work(work)) = &ask.detail else { return None };
        let is_wanted = answer.is_some_and(|answer| answer.option.as_deref() == Some(RUN));
        is_wanted.then(|| (**work).clone())
    }

    pub(super) fn scheduled_work_started(&mut self, body: &ScheduledWorkStarted, at: Timestamp) {
        self.remember_run(&body.mail.id);
        if let MailBody::Spawn(request) = &body.mail.body {
            self.budget.grant_for_no_message(request.allowance, at);
            self.children.insert(body.mail.to.clone(), Child::scheduled(at));
        }
    }

    pub(super) fn run_asked(&mut self, ask: &Ask) {
        if let Some(AskDetail::Work(work)) = &ask.detail {
            self.remember_run(&work.effect());
        }
    }

    fn remember_run(&mut self, run: &EffectId) {
        if !self.has_recorded_run(run) {
            self.recent_runs.push_back(run.clone());
        }
        if self.recent_runs.len() > REMEMBERED {
            self.recent_runs.pop_front();
        }
    }

    /// A run has reported. Of the reports of one schedule that the model has not read, the last is enough; and what is over needs no
    /// place in the state.
    pub(super) fn forget_earlier_run(&mut self, from: &AgentId, report: &Report) {
        let Some(schedule) = &report.schedule else { return };
        let is_earlier =
            |pending: &Pending| matches!(pending, Pending::Report { report, .. } if report.schedule.as_ref() == Some(schedule));
        self.remove_pending(is_earlier);
        if self.children.get(from).is_some_and(|child| child.is_scheduled() && !child.is_at_work()) {
            self.children.remove(from);
        }
    }
}
