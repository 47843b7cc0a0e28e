//! Charges: money for something other than a model call of the agent's own loop, such as a model call that a container makes or a
//! search that a provider bills. Several may be open at once. The reservation of an open charge cannot be spent on anything else,
//! and it survives a restart of the program. The code that reserved a charge settles it, once. The open charges of a sub-agent
//! end with its turn, because the turn's report covers them: each counts with its whole reservation. If the program that makes the
//! model calls of a session was killed, they end at the next start: each counts with what it can have cost until then.

use super::charge::{Charge, ChargeBounds};
use super::draft::Draft;
use super::state::State;
use crate::clock::Timestamp;
use crate::event::{ChargeRefused, ChargeReserved, ChargeSettled};
use crate::id::{EffectId, is_charge_of};
use crate::limits::{LimitReached, Limits};
use crate::model::Usage;
use crate::money::Money;
use crate::quota::Quota;
use crate::workbench::SessionTokens;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What an agent may spend now on charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spendable {
    /// Money, without what is reserved.
    pub money: Money,
    /// The limit that `money` comes from.
    pub limit: LimitReached,
    /// Tokens of model calls without a known price, without what is reserved.
    pub tokens: u64,
    /// The largest output limit of one model call, in tokens.
    pub max_output: u64,
}

/// State of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeState {
    /// The money is set aside.
    Reserved,
    /// The charge is closed.
    Settled,
    /// The charge is not open. After a failed reservation: the limit that does not cover it.
    NotOpen(LimitReached),
    /// Like [`ChargeState::NotOpen`], but other charges are open, and what they have reserved may come back in part.
    NotOpenNow(LimitReached),
    /// The charge is not open, and nothing can be reserved: the agent's session is not at work, or is being stopped.
    NotAtWork,
}

impl State {
    /// The state of a charge; `limits` are used if the agent is between turns. Settled charges of earlier turns are no longer
    /// known.
    #[must_use]
    pub fn charge_state(&self, charge: &EffectId, limits: &Limits, now: Timestamp) -> ChargeState {
        if self.charges.contains_key(charge) {
            ChargeState::Reserved
        } else if self.settled.contains(charge) {
            ChargeState::Settled
        } else if let (Some(refused), true) = (self.session.refused, self.is_at_work()) {
            ChargeState::NotOpen(refused.limit)
        } else if self.is_session() && !self.session_may_spend() {
            ChargeState::NotAtWork
        } else {
            let limit = self.budget.available(self.limits_in_force(limits), now).1;
            if self.charges.is_empty() { ChargeState::NotOpen(limit) } else { ChargeState::NotOpenNow(limit) }
        }
    }

    /// What it may spend now; `limits` are used if the agent is between turns.
    #[must_use]
    pub fn spendable(&self, limits: &Limits, now: Timestamp) -> Spendable {
        let limits = self.limits_in_force(limits);
        let (available, limit) = self.budget.available(limits, now);
        Spendable {
            // The open model call has its own reservation, which is not available here.
            money: available.saturating_sub(self.reserved_for_call()),
            limit,
            tokens: self.quota.left(limits.tree()).tokens.saturating_sub(self.tokens_reserved()),
            max_output: limits.max_tokens,
        }
    }

    /// Tokens that open charges may still use.
    fn tokens_reserved(&self) -> u64 {
        self.charges.values().filter_map(|charge| charge.tokens).fold(0, u64::saturating_add)
    }

    /// The open charges, by id.
    pub fn open_charges(&self) -> impl Iterator<Item = (&EffectId, &Charge)> {
        self.charges.iter()
    }

    fn limits_in_force<'a>(&'a self, between_turns: &'a Limits) -> &'a Limits {
        if self.is_at_work() { &self.limits } else { between_turns }
    }

    pub(super) fn charge_reserved(&mut self, body: &ChargeReserved, at: Timestamp) {
        self.budget.reserved += body.reservation.unwrap_or_default();
        let ChargeReserved { purpose, reservation, tokens, bound, .. } = body.clone();
        self.charges.insert(body.charge.clone(), Charge { purpose, reservation, tokens, bound, since: at });
        if body.reservation.is_none() {
            self.unpriced_call_reserved();
        }
    }

    pub(super) fn charge_settled(&mut self, body: &ChargeSettled, at: Timestamp) {
        Arc::make_mut(&mut self.settled).insert(body.charge.clone());
        let Some(charge) = self.charges.remove(&body.charge) else { return };
        let reservation = charge.reservation.unwrap_or_default();
        self.budget.reserved = self.budget.reserved.saturating_sub(reservation);
        match body.cost {
            Some(cost) => self.budget.charge(cost, at),
            None => self.budget.charge_unknown(body.unknown.unwrap_or(reservation), at),
        }
        if let Some(usage) = &body.usage {
            self.count_session_tokens(usage);
        }
        if let Some(reserved) = charge.tokens {
            let tokens = match (&body.usage, body.cost) {
                (Some(usage), _) => usage.prompt_tokens().saturating_add(usage.output_tokens),
                // Nothing was billed.
                (None, Some(Money::ZERO)) => 0,
                (None, _) => reserved,
            };
            self.quota.record_use(Quota { tokens, ..Quota::default() });
        }
    }

    fn count_session_tokens(&mut self, usage: &Usage) {
        if let Some(open) = self.open_prompt_mut() {
            let SessionTokens { input, cached, output } = open.tokens;
            open.tokens = SessionTokens {
                input: input.saturating_add(usage.prompt_tokens()),
                cached: cached.saturating_add(usage.cache_read_tokens),
                output: output.saturating_add(usage.output_tokens),
            };
        }
    }
}

impl Draft<'_> {
    /// Reserves money, unless a limit does not cover it. Reserving the same id again changes nothing.
    pub(super) fn reserve(&mut self, charge: EffectId, purpose: String, most: ChargeBounds) {
        let ChargeBounds { money: reservation, tokens, early: bound } = most;
        let state = &self.state;
        if state.seq.0 == 0 || state.charges.contains_key(&charge) || state.settled.contains(&charge) {
            return;
        }
        if state.is_session() && !state.session_may_spend() {
            return;
        }
        let spendable = state.spendable(&self.setup.limits, self.now.at);
        let is_covered = reservation.unwrap_or_default() <= spendable.money;
        let limit = match self.limit_of_unpriced_call(tokens, spendable.tokens) {
            Some(limit) if reservation.is_none() => limit,
            _ if is_covered => return self.push(ChargeReserved { charge, purpose, reservation, tokens, bound }),
            _ => spendable.limit,
        };
        // As long as other charges are open, some of their money may come back. Otherwise the session cannot go on.
        if self.state.is_session() && self.state.charges.is_empty() {
            self.push(ChargeRefused { charge, purpose, reservation, tokens, limit });
        }
    }

    /// The limit that another model call of a session without a known price would be over.
    fn limit_of_unpriced_call(&self, wanted: Option<u64>, left: u64) -> Option<LimitReached> {
        let calls_left = self.state.quota.left(self.state.limits.tree()).calls;
        match (self.state.is_session(), calls_left) {
            (true, 0) => Some(LimitReached::TreeCalls),
            (true, _) if wanted.unwrap_or(1) > left => Some(LimitReached::TreeTokens),
            _ => None,
        }
    }

    pub(super) fn settle(&mut self, charge: EffectId, cost: Option<Money>, usage: Option<Usage>) {
        if let Some(open) = self.state.charges.get(&charge) {
            let unknown = if cost.is_none() { open.reservation } else { None };
            let purpose = Some(open.purpose.clone());
            self.push(ChargeSettled { charge, cost, purpose, unknown, usage });
        }
    }

    /// Closes the charges of a session whose model calls were made by a program that ended before this one started: nobody else will
    /// settle them, and each may have been billed up to what it can have cost until then. If the clock was set back since, that is
    /// its whole reservation. Charges of this process stay open.
    pub(super) fn close_interrupted_charges(&mut self, started: Timestamp, process: u64) {
        let charges = self.state.charges.clone();
        for (charge, open) in charges.into_iter().filter(|(charge, _)| !is_charge_of(charge, process)) {
            let unknown = if open.since <= started { open.cost_until(started) } else { open.reservation };
            let purpose = Some(open.purpose);
            self.push(ChargeSettled { charge, cost: None, purpose, unknown, usage: None });
        }
    }

    /// Closes the open charges of a sub-agent before it reports what it spent.
    pub(super) fn close_charges(&mut self) {
        if self.state.depth() > 0 {
            let open: Vec<EffectId> = self.state.charges.keys().cloned().collect();
            for charge in open {
                self.settle(charge, None, None);
            }
        }
    }
}
