//! Charges: money for something other than a model call of the agent's own loop, such as a model call that a container
//! makes or a search that a provider bills. Several may be open at once. An open charge counts with its whole reservation
//! and survives any stop of the program; whoever reserved it settles it, once.

use super::charge::Charge;
use super::draft::Draft;
use super::state::State;
use crate::clock::Timestamp;
use crate::event::{ChargeReserved, ChargeSettled};
use crate::id::EffectId;
use crate::limits::{LimitReached, Limits};
use crate::money::Money;
use std::sync::Arc;

/// What became of a wish to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeStanding {
    /// The money is set aside.
    Reserved,
    /// It was spent, or given back.
    Settled,
    /// Nothing was set aside: this limit does not cover it.
    Refused(LimitReached),
}

impl State {
    /// Where a charge stands. One that was never reserved was refused.
    #[must_use]
    pub fn charge_standing(&self, charge: &EffectId, limits: &Limits, now: Timestamp) -> ChargeStanding {
        if self.charges.contains_key(charge) {
            ChargeStanding::Reserved
        } else if self.settled.contains(charge) {
            ChargeStanding::Settled
        } else {
            ChargeStanding::Refused(self.purse.available(limits, now).1)
        }
    }

    pub(super) fn charge_reserved(&mut self, body: &ChargeReserved, at: Timestamp) {
        self.purse.reserve(body.reservation.unwrap_or_default(), at);
        let message = self.purse.message_number();
        self.charges.insert(body.charge.clone(), Charge { reservation: body.reservation, reserved_at: at, message });
    }

    pub(super) fn charge_settled(&mut self, body: &ChargeSettled, at: Timestamp) {
        Arc::make_mut(&mut self.settled).insert(body.charge.clone());
        let Some(charge) = self.charges.remove(&body.charge) else { return };
        let reserved = charge.reservation.unwrap_or_default();
        match body.cost {
            Some(cost) => {
                self.purse.give_back(reserved, charge.reserved_at, charge.message);
                self.purse.charge(cost, at);
            }
            None => self.purse.keep_as_unknown(reserved),
        }
    }
}

impl Draft<'_> {
    /// Sets money aside, unless a limit does not cover it. The same id again changes nothing.
    pub(super) fn reserve(&mut self, charge: EffectId, purpose: String, reservation: Option<Money>) {
        let state = &self.state;
        if state.charges.contains_key(&charge) || state.settled.contains(&charge) {
            return;
        }
        let limits = if state.is_at_work() { &state.limits } else { &self.setup.limits };
        let (available, _) = state.purse.available(limits, self.now.at);
        // The open model call has been promised its part.
        if reservation.unwrap_or_default() <= available.less(state.reserved_for_call()) {
            self.push(ChargeReserved { charge, purpose, reservation });
        }
    }

    pub(super) fn settle(&mut self, charge: EffectId, cost: Option<Money>) {
        if self.state.charges.contains_key(&charge) {
            self.push(ChargeSettled { charge, cost });
        }
    }
}
