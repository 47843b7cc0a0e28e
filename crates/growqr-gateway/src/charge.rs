//! One open charge: money that is set aside for a call, and is settled exactly once whatever happens to the call.

use crate::ports::{Reservation, Settlement};
use crate::shared::Shared;
use growqr_core::budget::output_until_stopped;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::money::{Money, Prices};
use growqr_core::upstream::Billed;
use std::sync::Arc;
use tokio::time::Instant;

const NOTHING: Settlement = Settlement { cost: Some(Money::ZERO), usage: None };

/// The bounds of a call.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub prices: Option<Prices>,
    /// At most this many tokens has the prompt.
    pub input: u64,
    pub input_cost: Money,
    pub max_tokens: u64,
    pub most: Reservation,
}

/// A reservation that is being made. If this is dropped before [`Reserving::end`], nobody knows whether it was made, and it is
/// taken back: nothing was sent.
pub(crate) struct Reserving<'a> {
    shared: &'a Arc<Shared>,
    agent: &'a AgentId,
    id: &'a EffectId,
    has_ended: bool,
}

impl<'a> Reserving<'a> {
    /// The money is being set aside from now on.
    pub fn new(shared: &'a Arc<Shared>, agent: &'a AgentId, id: &'a EffectId) -> Reserving<'a> {
        Reserving { shared, agent, id, has_ended: false }
    }

    /// It is known whether the money was set aside.
    pub fn end(mut self) {
        self.has_ended = true;
    }
}

impl Drop for Reserving<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            settle(self.shared, self.agent, self.id, NOTHING);
        }
    }
}

/// Money that is set aside for a call.
pub(crate) struct OpenCharge {
    shared: Arc<Shared>,
    agent: AgentId,
    id: EffectId,
    bounds: Bounds,
    since: Instant,
    settled: bool,
}

impl OpenCharge {
    /// The money must have been set aside just now.
    pub fn new(shared: Arc<Shared>, agent: AgentId, id: EffectId, bounds: Bounds) -> OpenCharge {
        OpenCharge { shared, agent, id, bounds, since: Instant::now(), settled: false }
    }

    /// The largest output limit of the call.
    pub fn max_tokens(&self) -> u64 {
        self.bounds.max_tokens
    }

    /// Settles what the provider has billed. Does nothing if the charge is settled already.
    pub fn settle(&mut self, billed: Billed) {
        self.settle_with(match billed {
            Billed::Nothing => NOTHING,
            Billed::Complete { usage, cost } => Settlement { cost, usage: Some(usage) },
            Billed::Unknown => Settlement { cost: None, usage: None },
        });
    }

    /// Settles a call that is stopped now, before its answer was complete: the prompt, and the output that a model can give in the
    /// elapsed time.
    pub fn settle_stopped(&mut self) {
        let seconds = self.since.elapsed().as_secs().saturating_add(1);
        let output = output_until_stopped(self.bounds.max_tokens, seconds);
        let prices = self.bounds.prices.as_ref();
        let output_cost = prices.and_then(|prices| prices.output_cost(self.bounds.input, output));
        let bound = output_cost.map(|cost| self.bounds.input_cost + cost);
        let most = self.bounds.most.money;
        self.settle_with(Settlement { cost: bound.map(|bound| bound.min(most.unwrap_or(bound))), usage: None });
    }

    fn settle_with(&mut self, settlement: Settlement) {
        if !std::mem::replace(&mut self.settled, true) {
            settle(&self.shared, &self.agent, &self.id, settlement);
        }
    }
}

/// The settlement is a task of its own, which ends even if the call is dropped.
fn settle(shared: &Arc<Shared>, agent: &AgentId, id: &EffectId, settlement: Settlement) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        tracing::error!(%agent, charge = %id, "a charge could not be settled: the program ends");
        return;
    };
    let mark = shared.settling.begin(agent);
    let (meter, agent, id) = (shared.ports.meter.clone(), agent.clone(), id.clone());
    shared.tasks.spawn_on(
        async move {
            meter.settle(&agent, &id, settlement).await;
            drop(mark);
        },
        &runtime,
    );
}

impl Drop for OpenCharge {
    /// The call ended without a settlement, such as by a panic: the whole reservation counts as used.
    fn drop(&mut self) {
        self.settle(Billed::Unknown);
    }
}
