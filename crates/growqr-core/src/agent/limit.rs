//! A turn at a limit: it pauses, asks the person, and goes on after the answer.

use super::bounds::FINISH_NOTE_TOKENS;
use super::draft::Draft;
use super::state::State;
use super::tools::limit_name;
use super::turn::{NextPast, Pause, PauseAnswer, Phase};
use crate::ask::{Ask, AskDetail, AskKind, AskOption, AskOutcome, FINISH, RAISE, STOP};
use crate::budget::Misdated;
use crate::event::{AskSettled, Ended, TurnPaused};
use crate::id::AskId;
use crate::limits::{LimitReached, Raise, Shortfall};
use crate::money::Money;
use crate::quota::Quota;

impl Draft<'_> {
    /// The next request is over a limit. An agent that works for the person pauses; a sub-agent reports to its parent, which
    /// has the money.
    pub(super) fn at_limit(&mut self, limit: LimitReached) {
        let state = &self.state;
        // One last call was all that was still allowed, and it was made. A message that it has not read begins a turn, which asks.
        if state.finishing.is_some() && state.paused.is_none() {
            self.end_turn(Ended::Limit(limit));
            return self.begin_turn_of_queued_message();
        }
        if state.depth() > 0 && !state.senders.iter().any(|sender| sender.by_person) {
            return self.end_turn(Ended::Limit(limit));
        }
        // An answer that was not enough, or another limit than before.
        let is_new = state.paused.as_ref().is_none_or(|pause| pause.limit != limit || pause.answer.is_some());
        if is_new {
            self.withdraw_limit_ask();
            self.push(TurnPaused { limit });
        }
        // As long as sub-agents work, some of their money may come back.
        if limit == LimitReached::Calls || self.state.children_at_work().next().is_none() {
            self.ask_about_limit(limit);
        }
    }

    fn ask_about_limit(&mut self, limit: LimitReached) {
        if self.state.paused.as_ref().is_none_or(|pause| pause.ask.is_some()) {
            return;
        }
        let shortfall = if limit.is_money() { self.shortfall() } else { None };
        let (raise, finish) = (self.raise_for(limit), self.raise_for_last_call(limit));
        let finish_label = if finish.money == Money::ZERO {
            "Finish with a report".to_owned()
        } else {
            format!("Finish with a report (at most ${} more)", finish.money)
        };
        let id = AskId::new(format!("ask-{}", self.state.scope("limit").effect(self.state.seq.next().0)));
        self.raise(Ask {
            id,
            kind: AskKind::Budget,
            text: format!("{} has reached {}.{}", self.state.title(), limit_name(limit), self.clock_note(limit)),
            detail: Some(AskDetail::Limit { limit, shortfall, raise, finish }),
            options: vec![
                AskOption::new(RAISE, raise_label(limit, raise)),
                AskOption::new(FINISH, finish_label),
                AskOption::new(STOP, "Stop here"),
            ],
            scopes: Vec::new(),
            deadline: None,
            default: None,
        });
    }

    /// Names the money that a wrong clock has dated, if that has a part in reaching the limit.
    fn clock_note(&self, limit: LimitReached) -> String {
        if !matches!(limit, LimitReached::PerDay | LimitReached::PerMonth) {
            return String::new();
        }
        let Misdated { ahead, early } = self.state.budget.misdated(limit, self.now.at);
        let mut note = String::new();
        if early > Money::ZERO {
            note += &format!(" ${early} of it was recorded earlier, while this computer's clock was ahead.");
        }
        if ahead > Money::ZERO {
            note += &format!(" ${ahead} is dated later and does not count: this computer's clock was ahead, or is behind now.");
        }
        note
    }

    /// What the answer "raise" adds: as much again as one message may use, and at least what the next request needs.
    fn raise_for(&self, limit: LimitReached) -> Raise {
        let limits = &self.state.limits;
        match limit {
            LimitReached::Calls => Raise { calls: limits.calls, ..Raise::default() },
            LimitReached::TreeCalls | LimitReached::TreeTokens => {
                let more = limits.unpriced.unwrap_or_default();
                let tokens = more.tokens.max(self.tokens_of_last_call());
                Raise { tree: Quota { tokens, calls: more.calls, ..Quota::default() }, ..Raise::default() }
            }
            LimitReached::PerMessage | LimitReached::PerDay | LimitReached::PerMonth | LimitReached::Allowance => {
                let least = self.shortfall().map_or(Money::ZERO, |short| self.missing(short));
                Raise { money: limits.per_message.max(least.in_whole_cents()), ..Raise::default() }
            }
        }
    }

    /// What the answer "finish" adds: enough for one more short answer.
    fn raise_for_last_call(&self, limit: LimitReached) -> Raise {
        match limit {
            LimitReached::Calls => Raise { calls: 1, ..Raise::default() },
            LimitReached::TreeCalls | LimitReached::TreeTokens => {
                let tokens = self.tokens_of_last_call();
                Raise { tree: Quota { tokens, calls: 1, ..Quota::default() }, ..Raise::default() }
            }
            LimitReached::PerMessage | LimitReached::PerDay | LimitReached::PerMonth | LimitReached::Allowance => {
                let last = self.shortfall_with(FINISH_NOTE_TOKENS);
                let money = last.map(|last| self.missing(last).in_whole_cents());
                Raise { money: money.unwrap_or_default(), ..Raise::default() }
            }
        }
    }

    fn missing(&self, short: Shortfall) -> Money {
        self.state.budget.missing(short.needed, &self.state.limits, self.now.at)
    }

    /// Goes on after the person's answer about the limit.
    pub(super) fn continue_after_limit(&mut self) {
        match self.state.paused.clone() {
            Some(Pause { answer: Some(PauseAnswer::GoOn), .. }) if self.state.waits_for_reports_at_limit() => {}
            Some(Pause { answer: Some(PauseAnswer::GoOn), .. }) => self.request(1),
            Some(Pause { answer: Some(PauseAnswer::Stop), limit, .. }) => {
                self.end_turn(Ended::Limit(limit));
                self.begin_turn_of_queued_message();
            }
            _ => {}
        }
    }

    /// Something new arrived while the turn is paused: go on if the next request is affordable now, otherwise ask. A message of
    /// the person waits until an open question about the limit is answered: its own budget is no answer. If nothing was asked yet,
    /// it begins another turn, with the limits that are set now.
    pub(super) fn retry_after_pause(&mut self, is_message: bool) {
        if self.state.depth() == 0 && self.state.has_queued_message() && self.state.waits_for_answer_at_limit() {
            return;
        }
        if self.state.paused.as_ref().is_some_and(|pause| pause.answer.is_some()) {
            return self.continue_after_limit();
        }
        if is_message && self.state.depth() == 0 {
            self.end_paused_turn();
            return self.begin_turn();
        }
        let affordable = if self.state.is_session() {
            self.affordable_session()
        } else {
            self.affordable_request(1, self.state.limits.max_tokens).map(drop)
        };
        match affordable {
            Ok(()) => {
                self.withdraw_limit_ask();
                self.request(1);
            }
            Err(limit) => self.at_limit(limit),
        }
    }

    /// Ends the turn if it waits at a limit.
    pub(super) fn end_paused_turn(&mut self) {
        if let (true, Some(limit)) = (self.state.is_paused(), self.state.paused_at()) {
            self.withdraw_limit_ask();
            self.end_turn(Ended::Limit(limit));
        }
    }

    pub(super) fn withdraw_limit_ask(&mut self) {
        let ask = self.state.paused.as_ref().filter(|pause| pause.answer.is_none()).and_then(|pause| pause.ask.clone());
        if let Some(ask) = ask {
            self.withdraw_ask(ask);
        }
    }
}

impl State {
    /// The limit that the agent waits at.
    #[must_use]
    pub fn paused_at(&self) -> Option<LimitReached> {
        self.paused.as_ref().map(|pause| pause.limit)
    }

    pub(super) fn limit_asked(&mut self, ask: &Ask) {
        if let (AskKind::Budget, Some(pause)) = (ask.kind, &mut self.paused) {
            pause.ask = Some(ask.id.clone());
        }
    }

    pub(super) fn limit_answered(&mut self, body: &AskSettled) {
        let (raise, answer) = match body.outcome {
            Some(AskOutcome::Raised(raise)) => (raise, PauseAnswer::GoOn),
            Some(AskOutcome::Finishing(raise)) => {
                self.start_finishing();
                (raise, PauseAnswer::GoOn)
            }
            Some(AskOutcome::Stopped) => (Raise::default(), PauseAnswer::Stop),
            // Other outcomes are not about limits.
            Some(AskOutcome::Allowed | AskOutcome::Refused | AskOutcome::Approved | AskOutcome::Rejected) | None => {
                self.paused.iter_mut().for_each(|pause| pause.ask = None);
                return;
            }
        };
        self.budget.raise(raise.money);
        self.counters.calls_raised = self.counters.calls_raised.saturating_add(raise.calls);
        self.quota.raised = self.quota.raised.plus(raise.tree);
        self.paused.iter_mut().for_each(|pause| pause.answer = Some(answer));
    }

    /// Whether the person was asked about a limit and has not answered.
    fn waits_for_answer_at_limit(&self) -> bool {
        self.paused.as_ref().is_some_and(|pause| pause.ask.is_some() && pause.answer.is_none())
    }

    /// Whether the person was asked about the limit that the turn waits at. With the answer, the turn may go on.
    pub(super) fn was_asked_about_limit(&self) -> bool {
        let reads_messages = !matches!(self.next_past, NextPast::FreshAfterTurn(_));
        reads_messages && self.is_paused() && self.paused.as_ref().is_some_and(|pause| pause.ask.is_some())
    }

    /// Whether the turn may make its last call after a limit, and waits for the reports that are to be in it.
    pub(super) fn waits_for_reports_at_limit(&self) -> bool {
        let goes_on = self.paused.as_ref().is_some_and(|pause| pause.answer == Some(PauseAnswer::GoOn));
        goes_on && self.waits_for_finishing_children() && !self.has_message_after_finish()
    }

    /// Whether the turn waits at a limit.
    pub(super) fn is_paused(&self) -> bool {
        self.phase == Phase::Waiting && self.paused.is_some()
    }
}

fn raise_label(limit: LimitReached, raise: Raise) -> String {
    match limit {
        LimitReached::Calls => format!("Allow {} more model calls", raise.calls),
        LimitReached::TreeCalls => format!("Allow {} more model calls", raise.tree.calls),
        LimitReached::TreeTokens => format!("Allow {} more tokens", raise.tree.tokens),
        LimitReached::PerMessage | LimitReached::PerDay | LimitReached::PerMonth | LimitReached::Allowance => {
            format!("Raise by ${} for this message", raise.money)
        }
    }
}
