//! The end of a turn, and the reports to the agents that gave the work.

use super::children;
use super::draft::Draft;
use super::render::cut_report;
use super::tools;
use super::turn::NextPast;
use crate::budget::ReportAmounts;
use crate::event::{Ended, TurnEnded, TurnEnding};
use crate::mail::{Ending, MailBody, Report};
use crate::money::Money;

impl Draft<'_> {
    /// Ends the turn. The sub-agents of a sub-agent that has not succeeded are stopped first.
    pub(super) fn end_turn(&mut self, ended: Ended) {
        // A report would return the money that a message has brought, and nobody would read the message.
        if self.state.depth() > 0 && concerns_only_answer(&ended) && self.state.has_unread_words() {
            return self.request(1);
        }
        if self.state.depth() > 0 && ended != Ended::Done {
            children::cancel_all(self);
        }
        let is_over = concerns_only_turn(&ended);
        self.end_turn_after_children(ended);
        if is_over && self.state.has_unread_words() {
            self.begin_turn_of_grow_agent();
        }
    }

    /// Begins a turn for the messages of the person that came during the turn before and were not read.
    pub(super) fn begin_turn_of_queued_message(&mut self) {
        // The message that the turn itself could not afford is not tried again.
        if self.state.has_queued_message() {
            self.begin_turn_of_grow_agent();
        }
    }

    fn begin_turn_of_grow_agent(&mut self) {
        let waits_for_fresh_start = matches!(self.state.next_past, NextPast::FreshAfterTurn(_));
        if self.state.depth() == 0 && !self.state.is_at_work() && !waits_for_fresh_start {
            self.begin_turn();
        }
    }

    /// Ends the turn: that of a sub-agent once its own sub-agents have reported, so that its report covers all that was spent.
    pub(super) fn end_turn_after_children(&mut self, ended: Ended) {
        // A question of the Grow Agent outlives the turn: its answer starts another one.
        if self.state.depth() > 0 || ended == Ended::Cancelled {
            self.withdraw_asks();
        }
        if self.state.depth() > 0 && ended != Ended::Done && self.state.children_at_work().next().is_some() {
            return self.push(TurnEnding { ended });
        }
        self.end_now(ended);
    }

    pub(super) fn end_now(&mut self, ended: Ended) {
        self.close_charges();
        let ReportAmounts { used: spent, mut left, raised, mut excess } = self.state.budget.report_amounts();
        let mut quota_left = self.state.quota.allowance.map(|allowance| self.state.quota.left(allowance));
        let given: Money = self.state.senders.iter().map(|sender| sender.allowance).sum();
        // What is left beyond what was given is money that the person added and that was not used: it is gone.
        let mut raised = raised.saturating_sub(left.saturating_sub(given));
        let (ending, text) = self.last_report(&ended);
        let mut reports = Vec::with_capacity(self.state.senders.len());
        // Money counts as spent in the order in which it was given, so the last sender gets its unused money back first.
        for sender in self.state.senders.iter().rev() {
            let returned = left.min(sender.allowance);
            left = left.saturating_sub(returned);
            let quota = quota_left.map(|left| left.min(sender.quota));
            quota_left = quota_left.zip(quota).map(|(left, returned)| left.less(returned));
            let name = self.state.name().to_owned();
            let up_to = sender.up_to;
            let (raised, excess) = (std::mem::take(&mut raised), std::mem::take(&mut excess));
            let report = Report {
                name,
                ending,
                text: text.clone(),
                spent,
                returned,
                up_to,
                raised,
                excess,
                quota,
                untrusted: self.state.untrusted(),
                schedule: self.state.spawn.as_ref().and_then(|spawn| spawn.schedule.clone()),
            };
            reports.push(self.mail(sender.agent.clone(), MailBody::Report(report)));
        }
        let is_budget = matches!(&ended, Ended::Limit(limit) if limit.is_money());
        let shortfall = if is_budget { self.shortfall() } else { None };
        self.push(TurnEnded { turn: self.state.turn, ended, reports, shortfall });
    }

    fn last_report(&self, ended: &Ended) -> (Ending, String) {
        let last_text = &self.state.last_text;
        let with_last_text = |why: String| if last_text.is_empty() { why } else { format!("{why}\nIts last text: {last_text}") };
        let (failed, stopped) = if self.state.is_session() {
            ("Its session failed", "Its session stopped")
        } else {
            ("The model call failed", "The model stopped")
        };
        let (ending, text) = match ended {
            Ended::Done if last_text.is_empty() => (Ending::Done, "(It finished without a text.)".to_owned()),
            Ended::Done => (Ending::Done, last_text.clone()),
            Ended::Cancelled => (Ending::Cancelled, with_last_text(self.stopped_text())),
            Ended::Limit(limit) => (Ending::Limit, with_last_text(format!("It reached a limit: {}.", tools::limit_name(*limit)))),
            Ended::Cut => (Ending::Failed, with_last_text("Its answer was cut.".to_owned())),
            Ended::Silent => (Ending::Failed, with_last_text("Its answer was empty.".to_owned())),
            Ended::Refused(why) => (Ending::Failed, with_last_text(format!("The model refused. {why}").trim_end().to_owned())),
            Ended::Failed(failure) => (Ending::Failed, with_last_text(format!("{failed}: {}", failure.message))),
            Ended::Unknown(reason) => (Ending::Failed, with_last_text(format!("{stopped}: {reason}."))),
        };
        (ending, format!("{}{}", cut_report(&text), self.state.files_text()))
    }

    fn stopped_text(&self) -> String {
        match &self.state.session.abandoned {
            None => "It was stopped.".to_owned(),
            Some(reason) => format!(
                "It was told to stop, but the workbench does not answer ({reason}): it may still be at work there. It can spend \
                 nothing any more."
            ),
        }
    }
}

/// Whether a turn that ended so says nothing about the next one. A server that fails, a key that is refused or a lost connection
/// would fail the next turn too, and each try may be billed: then queued messages wait until the person sends another, or resumes.
fn concerns_only_turn(ended: &Ended) -> bool {
    concerns_only_answer(ended) || ended.needs_new_segment()
}

/// Whether the model has answered, and only the answer was of no use: it may answer to another message.
fn concerns_only_answer(ended: &Ended) -> bool {
    match ended {
        Ended::Cut | Ended::Silent | Ended::Refused(_) | Ended::Unknown(_) => true,
        Ended::Done | Ended::Cancelled | Ended::Limit(_) | Ended::Failed(_) => false,
    }
}
