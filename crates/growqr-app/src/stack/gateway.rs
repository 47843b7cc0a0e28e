//! What the model gateway needs from the program: which agent a session belongs to, what it may spend, and its provider.

use crate::model_setup::setups::ModelSetups;
use async_trait::async_trait;
use growqr_actors::{Host, PostError, Setups};
use growqr_core::agent::ChargeState;
use growqr_core::id::{AgentId, EffectId, SessionId};
use growqr_core::limits::LimitReached;
use growqr_core::model::{Failure, FailureKind};
use growqr_gateway::{Available, Backend, Backends, Caller, Meter, MeterError, Reservation, Sessions, Settlement};
use growqr_models::anthropic;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Waits between attempts to settle a charge. What is not settled after the last one counts with its whole reservation.
const SETTLE_PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
];

/// The agents that run in this process, once they do.
#[derive(Clone, Default)]
pub(crate) struct HostSlot(Arc<Mutex<Option<Host>>>);

impl HostSlot {
    pub(crate) fn set(&self, host: Host) {
        *self.lock() = Some(host);
    }

    pub(crate) fn clear(&self) {
        *self.lock() = None;
    }

    pub(crate) fn get(&self) -> Option<Host> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Host>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
