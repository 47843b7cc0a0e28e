//! A turn at a limit: it pauses, asks the person, and goes on after the answer.

use super::bounds::NOTE_TOKENS;
use super::draft::Draft;
use super::state::State;
use super::tools::limit_name;
use super::turn::{Pause, PauseAnswer, Phase};
use crate::ask::{Answer, Ask, AskDetail, AskKind, AskOption, SettledBy};
use crate::event::{AskSettled, Ended, TurnPaused};
use crate::id::AskId;
use crate::limits::{LimitReached, Raise, Unpriced};
use crate::money::Money;
use crate::quota::Quota;

const RAISE: &str = "raise";
const FINISH: &str = "finish";
const STOP: &str = "stop";

impl Draft<'_> {
    /// The next request is over a limit. An agent that works for the person pauses; a sub-agent reports to its parent, which
    /// has the money.
    pub(super) fn at_limit(&mut self, limit: LimitReached) {
        let state = &self.state;
        // The last call was all that was still allowed.
        if state.finishing.is_some() && state.paused.is_none() {
            return self.end_turn(Ended::Limit(limit));
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
        let last_call = shortfall.and_then(|_| self.shortfall_with(NOTE_TOKENS));
        let last_call = last_call.map(|last| last.needed.saturating_sub(last.available).in_whole_cents());
        let option = |id: &str, label: String| AskOption { id: id.to_owned(), label };
        let finish = match last_call {
            Some(cost) => format!("Finish with a report (at most ${cost} more)"),
            None => "Finish with a report".to_owned(),
        };
        let id = AskId::new(format!("ask-{}", self.state.scope("limit").effect(self.state.seq.next().0)));
        self.raise(Ask {
            id,
            kind: AskKind::Budget,
            text: format!("{} has reached {}.", self.state.name(), limit_name(limit)),
            detail: Some(AskDetail::Limit { limit, shortfall, last_call }),
            options: vec![option(RAISE, self.raise_label(limit)), option(FINISH, finish), option(STOP, "Stop here".to_owned())],
            scopes: Vec::new(),
            deadline: None,
            default: None,
        });
    }

    fn raise_label(&self, limit: LimitReached) -> String {
        let Raise { money, calls, tree } = self.raise_for(limit, None);
        match limit {
            LimitReached::Calls => format!("Allow {calls} more model calls"),
            LimitReached::TreeCalls => format!("Allow {} more model calls", tree.calls),
            LimitReached::TreeTokens => format!("Allow {} more tokens", tree.tokens),
            _ => format!("Raise by ${money}"),
        }
    }

    /// What "raise" adds: the amount that the person names, or as much again as one message may use.
    fn raise_for(&self, limit: LimitReached, amount: Option<Money>) -> Raise {
        let limits = &self.state.limits;
        let unpriced = limits.unpriced.unwrap_or_default();
        match limit {
            LimitReached::Calls => Raise { calls: limits.calls, ..Raise::default() },
            LimitReached::TreeCalls | LimitReached::TreeTokens => {
                let Unpriced { tokens, calls } = unpriced;
                Raise { tree: Quota { tokens, calls, ..Quota::default() }, ..Raise::default() }
            }
            _ => {
                let least = self.shortfall().map_or(Money::ZERO, |short| short.needed.saturating_sub(short.available));
                Raise { money: amount.unwrap_or(limits.per_message).max(least.in_whole_cents()), ..Raise::default() }
            }
        }
    }

    /// What this answer adds to the limits.
    pub(super) fn raise_by(&self, ask: &Ask, answer: &Answer) -> Option<Raise> {
        let Some(AskDetail::Limit { limit, last_call, .. }) = &ask.detail else { return None };
        match answer.option.as_deref() {
            Some(RAISE) => Some(self.raise_for(*limit, answer.amount)),
            Some(FINISH) => Some(match limit {
                LimitReached::Calls => Raise { calls: 1, ..Raise::default() },
                LimitReached::TreeCalls | LimitReached::TreeTokens => {
                    let tokens = self.tokens_of_last_call();
                    Raise { tree: Quota { tokens, calls: 1, ..Quota::default() }, ..Raise::default() }
                }
                _ => Raise { money: last_call.unwrap_or_default(), ..Raise::default() },
            }),
            _ => None,
        }
    }

    /// Goes on after the person's answer about the limit.
    pub(super) fn continue_after_limit(&mut self) {
        match self.state.paused.clone() {
            Some(Pause { answer: Some(PauseAnswer::GoOn), .. }) => self.request(1),
            Some(Pause { answer: Some(PauseAnswer::Stop), limit, .. }) => self.end_turn(Ended::Limit(limit)),
            _ => {}
        }
    }

    /// Something new arrived while the turn is paused: go on if the next request is affordable now, otherwise ask. A message of
    /// the person has a budget of its own, with the limits that are set now, so it begins another turn.
    pub(super) fn retry_after_pause(&mut self, is_message: bool) {
        if let (true, 0, Some(limit)) = (is_message, self.state.depth(), self.state.paused_at()) {
            self.withdraw_limit_ask();
            self.end_turn(Ended::Limit(limit));
            return self.begin_turn();
        }
        match self.affordable_request(1, self.state.limits.max_tokens) {
            Ok(_) => {
                self.withdraw_limit_ask();
                self.request(1);
            }
            Err(limit) => self.at_limit(limit),
        }
    }

    fn withdraw_limit_ask(&mut self) {
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
        if let Some(raise) = &body.raise {
            self.budget.raise(raise.money);
            self.counters.calls_raised += raise.calls;
            self.quota.raised = self.quota.raised.plus(raise.tree);
        }
        let option = body.answer.as_ref().and_then(|answer| answer.option.as_deref());
        if option == Some(FINISH) {
            self.start_finishing();
        }
        if let Some(pause) = &mut self.paused {
            match body.by {
                SettledBy::Withdrawn => pause.ask = None,
                _ if matches!(option, Some(RAISE | FINISH)) => pause.answer = Some(PauseAnswer::GoOn),
                _ => pause.answer = Some(PauseAnswer::Stop),
            }
        }
    }

    /// Whether the turn waits at a limit.
    pub(super) fn is_paused(&self) -> bool {
        self.phase == Phase::Waiting && self.paused.is_some()
    }
}
