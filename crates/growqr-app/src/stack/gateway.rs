//! What the model gateway needs from the program: which agent a session belongs to, what it may spend, and its provider.

use crate::model_setup::setups::ModelSetups;
use crate::profile::private_file;
use async_trait::async_trait;
use growqr_actors::{Host, PostError, Setups};
use growqr_core::agent::{ChargeBounds, ChargeState, Spendable};
use growqr_core::id::{AgentId, EffectId, SessionId};
use growqr_core::journal::{SessionStatus, Store};
use growqr_core::limits::LimitReached;
use growqr_core::model::{Failure, FailureKind};
use growqr_gateway::{Available, Backend, Backends, Caller, Meter, MeterError, Reservation, Sessions, Settlement, SizeStore};
use growqr_models::anthropic;
use std::path::{Path, PathBuf};
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

/// The name under which the workbench's token is registered.
pub(crate) const CONTAINER: &str = "workbench";

/// The ports of the gateway.
pub(crate) fn ports(payers: Payers) -> growqr_gateway::Ports {
    let payers = Arc::new(payers);
    growqr_gateway::Ports {
        sessions: Arc::clone(&payers) as _,
        meter: Arc::clone(&payers) as _,
        backends: Arc::clone(&payers) as _,
        sizes: payers,
    }
}

/// Finds who pays for a call, and charges it to that agent's journal.
pub(crate) struct Payers {
    host: HostSlot,
    store: Arc<dyn Store>,
    setups: Arc<ModelSetups>,
    /// The file with the sizes of prompts.
    sizes: PathBuf,
}

impl Payers {
    /// `folder` is the profile's.
    pub(crate) fn new(host: HostSlot, store: Arc<dyn Store>, setups: Arc<ModelSetups>, folder: &Path) -> Payers {
        Payers { host, store, setups, sizes: folder.join("prompt-sizes.json") }
    }

    /// The agent whose session this is, if it works now.
    async fn agent_of(&self, session: &str) -> Option<AgentId> {
        match self.store.session(&SessionId::new(session)).await {
            Ok(found) => found.filter(|found| found.status == SessionStatus::Open).map(|found| found.agent),
            Err(error) => {
                tracing::warn!(%error, "a session could not be looked up, so its call is refused");
                None
            }
        }
    }

    fn host(&self) -> Result<Host, MeterError> {
        self.host.get().ok_or_else(|| MeterError::Unavailable("the agents do not run now".to_owned()))
    }
}

#[async_trait]
impl Sessions for Payers {
    async fn payer(&self, caller: &Caller) -> Option<AgentId> {
        if let Some(agent) = self.agent_of(&caller.session).await {
            return Some(agent);
        }
        self.agent_of(caller.parent.as_deref()?).await
    }

    async fn limit_hit(&self, agent: &AgentId, limit: LimitReached) {
        // The refused reservation is in the journal already.
        tracing::info!(%agent, ?limit, "a call of a session is over a limit");
    }
}

#[async_trait]
impl Meter for Payers {
    async fn available(&self, agent: &AgentId) -> Result<Available, MeterError> {
        let spendable = self.host()?.spendable(agent).await.map_err(|error| MeterError::Unavailable(error.to_string()))?;
        let Spendable { money, limit, tokens, max_output } = spendable;
        Ok(Available { money, limit, tokens, max_output })
    }

    async fn reserve(&self, agent: &AgentId, charge: &EffectId, model: &str, most: Reservation) -> Result<(), MeterError> {
        let tokens = most.money.is_none().then_some(most.tokens);
        let most = ChargeBounds { money: most.money, tokens, early: most.early };
        // The purpose names the model, by which people sum up what they have spent.
        match self.host()?.reserve(agent, charge.clone(), model.to_owned(), most).await {
            Ok(ChargeState::Reserved) => Ok(()),
            Ok(ChargeState::NotOpenNow(_)) => Err(MeterError::NotNow),
            Ok(ChargeState::NotOpen(limit)) => Err(MeterError::Limit(limit)),
            Ok(ChargeState::Settled) => Err(MeterError::Unavailable("this call was settled before".to_owned())),
            Ok(ChargeState::NotAtWork) => Err(MeterError::Unavailable("the session is not at work".to_owned())),
            Err(error) => Err(MeterError::Unavailable(error.to_string())),
        }
    }

    async fn settle(&self, agent: &AgentId, charge: &EffectId, settlement: Settlement) {
        for pause in SETTLE_PAUSES {
            let Ok(host) = self.host() else { return };
            match host.settle(agent, charge.clone(), settlement.cost, settlement.usage).await {
                Ok(_) => return,
                // The charge stays open in the journal and counts with its whole reservation.
                Err(PostError::Stopping | PostError::Unknown(_)) => return,
                Err(error) => {
                    tracing::warn!(%agent, %error, "a charge could not be settled; trying again");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}

#[async_trait]
impl SizeStore for Payers {
    async fn load(&self) -> Option<Vec<u8>> {
        let file = self.sizes.clone();
        tokio::task::spawn_blocking(move || std::fs::read(file).ok()).await.ok().flatten()
    }

    async fn save(&self, sizes: Vec<u8>) {
        let file = self.sizes.clone();
        let saved = tokio::task::spawn_blocking(move || private_file::replace(&file, &sizes)).await;
        if let Ok(Err(error)) = saved {
            tracing::debug!(%error, "the sizes of prompts cannot be kept");
        }
    }
}

#[async_trait]
impl Backends for Payers {
    async fn backend(&self, _agent: &AgentId) -> Result<Backend, Failure> {
        let (setup, segment) = self.setups.setup(1);
        if setup.provider == anthropic::PROVIDER {
            return Ok(Backend::Relay { upstream: self.setups.upstream(), model: setup.card.id });
        }
        match self.setups.model(&segment) {
            Some(model) => Ok(Backend::Translate { model, id: setup.card.id }),
            None => Err(Failure { kind: FailureKind::Key, message: "there is no model provider".to_owned(), request_id: None }),
        }
    }
}
