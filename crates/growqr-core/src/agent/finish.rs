//! Finishing a turn: no further calls, a report of what there is.

use super::children;
use super::draft::Draft;
use super::judge::WantedCall;
use super::state::State;
use super::turn::{Pending, Phase};
use crate::ask::{Answer, AskKind, FINISH};
use crate::event::{Ended, FinishRequested, TurnEnding};
use crate::id::{AgentId, AskId};
use crate::mail::{Mail, MailBody};
use crate::tool::ToolResult;

impl Draft<'_> {
    /// Lets the turn finish. With `tree`, its sub-agents finish first, but no scheduled runs, and it waits for their reports. Only
    /// recorded: the model is called by [`Draft::on_continue`], so that nothing is called while no host runs.
    pub(super) fn on_finish(&mut self, by_person: bool, tree: bool) {
        let to_finish = |child: &super::child::Child| tree && child.stops_with_parent() && !child.finishing;
        let children = self.state.children.iter().filter(|(_, child)| to_finish(child));
        let children: Vec<AgentId> = children.map(|(id, _)| id.clone()).collect();
        if self.state.waits_to_begin {
            // It has done nothing yet.
            self.start_turn();
            return self.end_turn_after_children(Ended::Done);
        }
        let can_finish =
            self.state.is_at_work() && self.state.ending.is_none() && !self.state.cancelling && self.state.finishing.is_none();
        if children.is_empty() && !can_finish {
            return;
        }
        let mail: Vec<Mail> = children.into_iter().map(|id| self.mail(id, MailBody::Finish)).collect();
        self.push(FinishRequested { by_person, mail });
        if !can_finish {
            return;
        }
        // At a limit, the answer "finish" is what the person means.
        let at_limit = self.state.paused.as_ref().filter(|pause| pause.answer.is_none()).and_then(|pause| pause.ask.clone());
        if let Some(ask) = at_limit.filter(|_| by_person) {
            let answer = Answer { option: Some(FINISH.to_owned()), ..Answer::default() };
            self.on_person_answer(&ask, Some(answer));
        }
        // Answers that only a call or a question waits for are not needed any more.
        let asks = self.state.asks_of_turn().filter(|ask| ask.kind != AskKind::Budget);
        let asks: Vec<AskId> = asks.map(|ask| ask.id.clone()).collect();
        asks.into_iter().for_each(|ask| self.withdraw_ask(ask));
        let waits = tree && self.state.children_at_work().next().is_some();
        match self.state.phase {
            // A session is stopped; the turn ends with what it has.
            Phase::Idle | Phase::Waiting | Phase::Calling { .. } | Phase::Session(_) => {}
            Phase::Tools(_) => {
                for effect in self.calls_not_started() {
                    self.finish_call(&effect, ToolResult::error(FINISHING));
                }
                for effect in children::waiting_calls(&self.state).into_iter().filter(|_| !waits) {
                    self.finish_call(&effect, ToolResult::error("you are to finish; the sub-agents work on without you"));
                }
            }
        }
    }

    /// An answer with calls although the turn is to finish: the calls are refused, and the model gets one more chance to report.
    pub(super) fn refuse_while_finishing(&mut self, calls: &[WantedCall]) {
        self.refuse_calls(calls, FINISHING);
        // With the message it goes on as usual.
        let has_message = self.state.has_message_after_finish();
        if self.state.finishing.is_none_or(|refused| refused <= 1) || has_message {
            return self.after_calls();
        }
        // The report of a sub-agent covers what those below it have spent, so they end first.
        if self.state.depth() > 0 && self.state.children_at_work().next().is_some() {
            return self.push(TurnEnding { ended: Ended::Done });
        }
        self.end_turn(Ended::Done);
    }
}

const FINISHING: &str = "not carried out: you are to finish now. Report what you have, and what is left to do";

impl State {
    pub(super) fn stop_finishing(&mut self) {
        self.finishing = None;
        self.remove_pending(|pending| matches!(pending, Pending::Finish));
    }

    /// Whether a message came after the request to finish: once it is read, the turn goes on as usual.
    pub(super) fn has_message_after_finish(&self) -> bool {
        let finish = self.pending.iter().rposition(|pending| matches!(pending, Pending::Finish));
        self.finishing.is_some() && self.pending.iter().rposition(Pending::is_message) > finish
    }

    /// Whether the turn is to finish once the sub-agents that were told to finish have reported.
    pub(super) fn waits_for_finishing_children(&self) -> bool {
        self.finishing.is_some() && self.children.values().any(|child| child.is_at_work() && child.finishing)
    }

    pub(super) fn start_finishing(&mut self) {
        if self.finishing.is_none() {
            self.finishing = Some(0);
            self.pending.push(Pending::Finish);
        }
    }
}
