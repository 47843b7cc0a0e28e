//! Charges: money for something other than a model call of the agent's own loop, such as a model call that a container makes or a
//! search that a provider bills. Several may be open at once. The reservation of an open charge cannot be spent on anything else,
//! and it survives a restart of the program. The code that reserved a charge settles it, once. The open charges of a sub-agent
//! end with its turn, because the turn's report covers them: each counts with its whole reservation.

use super::charge::Charge;
use super::draft::Draft;
use super::state::State;
use crate::clock::Timestamp;
use crate::event::{ChargeRefused, ChargeReserved, ChargeSettled};
use crate::id::EffectId;
use crate::limits::{LimitReached, Limits};
use crate::money::Money;
use std::sync::Arc;

/// State of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeState {
    /// The money is set aside.
    Reserved,
    /// The charge is closed.
    Settled,
    /// The charge is not open. After a failed reservation: the limit that does not cover it.
    NotOpen(LimitReached),
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
            ChargeState::NotOpen(self.budget.available(self.limits_in_force(limits), now).1)
        }
    }

    /// The open charges, by id.
    pub fn open_charges(&self) -> impl Iterator<Item = (&EffectId, &Charge)> {
        self.charges.iter()
    }

    fn limits_in_force<'a>(&'a self, between_turns: &'a Limits) -> &'a Limits {
        if self.is_at_work() { &self.limits } else { between_turns }
    }

    pub(super) fn charge_reserved(&mut self, body: &ChargeReserved) {
        self.budget.reserved += body.reservation.unwrap_or_default();
        let charge = Charge { purpose: body.purpose.clone(), reservation: body.reservation };
        self.charges.insert(body.charge.clone(), charge);
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
            None => self.budget.charge_unknown(reservation, at),
        }
    }
}

impl Draft<'_> {
    /// Reserves money, unless a limit does not cover it. Reserving the same id again changes nothing.
    pub(super) fn reserve(&mut self, charge: EffectId, purpose: String, reservation: Option<Money>) {
        let state = &self.state;
        if state.seq.0 == 0 || state.charges.contains_key(&charge) || state.settled.contains(&charge) {
            return;
        }
        if state.is_session() && !state.session_may_spend() {
            return;
        }
        let (available, limit) = state.budget.available(state.limits_in_force(&self.setup.limits), self.now.at);
        // The open model call has its own reservation, which is not available here.
        let is_covered = reservation.unwrap_or_default() <= available.saturating_sub(state.reserved_for_call());
        let limit = match self.limit_of_unpriced_call() {
            Some(limit) if reservation.is_none() => limit,
            _ if is_covered => return self.push(ChargeReserved { charge, purpose, reservation }),
            _ => limit,
        };
        // As long as other charges are open, some of their money may come back. Otherwise the session cannot go on.
        if self.state.is_session() && self.state.charges.is_empty() {
            self.push(ChargeRefused { charge, purpose, reservation, limit });
        }
    }

    /// The limit that another model call of a session without a known price would be over.
    fn limit_of_unpriced_call(&self) -> Option<LimitReached> {
        let left = self.state.quota.left(self.state.limits.tree());
        match (self.state.is_session(), left.calls, left.tokens) {
            (true, 0, _) => Some(LimitReached::TreeCalls),
            (true, _, 0) => Some(LimitReached::TreeTokens),
            _ => None,
        }
    }

    pub(super) fn settle(&mut self, charge: EffectId, cost: Option<Money>) {
        if let Some(open) = self.state.charges.get(&charge) {
            let unknown = if cost.is_none() { open.reservation } else { None };
            let purpose = Some(open.purpose.clone());
            self.push(ChargeSettled { charge, cost, purpose, unknown });
        }
    }

    /// Closes the open charges of a sub-agent before it reports what it spent.
    pub(super) fn close_charges(&mut self) {
        if self.state.depth() > 0 {
            let open: Vec<EffectId> = self.state.charges.keys().cloned().collect();
            for charge in open {
                self.settle(charge, None);
            }
        }
    }
}
