//! An open charge, as the state stores it, and its bounds.

use crate::clock::Timestamp;
use crate::event::CostBound;
use crate::money::Money;
use serde::{Deserialize, Serialize};

/// The most that a charge can use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeBounds {
    /// Money; `None` if the price is unknown.
    pub money: Option<Money>,
    /// Tokens of a model call whose price is unknown.
    pub tokens: Option<u64>,
    /// The most that it can have cost if it is cut early; `None` if only the reservation is known.
    pub early: Option<CostBound>,
}

/// Money that is set aside and not yet settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// What the money is for: a short text for the person.
    pub purpose: String,
    /// The most that it can cost; `None` if the price is unknown.
    pub reservation: Option<Money>,
    /// The most tokens that it can use, if its price is unknown.
    pub tokens: Option<u64>,
    /// The most that it can have cost if it is cut early.
    pub bound: Option<CostBound>,
    /// When it was reserved.
    pub since: Timestamp,
}

impl Charge {
    /// The most that it can have cost if it was cut at `end`; `None` if the price is unknown.
    pub(super) fn cost_until(&self, end: Timestamp) -> Option<Money> {
        let reservation = self.reservation?;
        let Some(bound) = self.bound else { return Some(reservation) };
        let elapsed = u64::try_from(end.0.saturating_sub(self.since.0)).unwrap_or(0);
        // The first second counts from its beginning.
        let seconds = elapsed.div_ceil(1_000).saturating_add(1);
        let cost = bound.at_once + Money(bound.per_second.0.saturating_mul(seconds));
        Some(cost.min(reservation))
    }
}
