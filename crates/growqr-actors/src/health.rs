//! The state of a host that no journal contains: agents that cannot go on, and mail that cannot be delivered.
//!
//! It is not stored, because its usual cause is that nothing can be stored. Each trouble is logged once when it begins, or when
//! its cause changes, and once when it has ended.

use growqr_core::clock::Timestamp;
use growqr_core::id::AgentId;
use growqr_core::journal::StoreError;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Why an agent cannot go on.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program has an error: the agent's task panicked with this message.
    #[error("an internal error of GrowQR: {0}")]
    Panic(String),
}

impl StopCause {
    /// A copy of the cause, which is not `Clone`: each waiting sender gets one.
    pub(crate) fn copy(&self) -> StopCause {
        match self {
            StopCause::Store(error) => StopCause::Store(copy_of(error)),
            StopCause::Panic(message) => StopCause::Panic(message.clone()),
        }
    }
}

fn copy_of(error: &StoreError) -> StoreError {
    match error {
        StoreError::Conflict { agent } => StoreError::Conflict { agent: agent.clone() },
        StoreError::ClaimLost { holder } => StoreError::ClaimLost { holder: holder.clone() },
        StoreError::DiskFull => StoreError::DiskFull,
        StoreError::ReadOnly => StoreError::ReadOnly,
        StoreError::Corrupt(what) => StoreError::Corrupt(what.clone()),
        StoreError::Unreachable(what) => StoreError::Unreachable(what.clone()),
        StoreError::Newer(version) => StoreError::Newer(version.clone()),
        StoreError::Failed(what) => StoreError::Failed(what.clone()),
    }
}

/// The message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

/// An agent that cannot go on.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Why.
    pub cause: Arc<StopCause>,
    /// Since when.
    pub since: Timestamp,
    /// The host does not try again by itself; the next input for the agent does.
    pub has_given_up: bool,
}

/// Mail that cannot be delivered to one receiver. The host tries again by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMail {
    /// Number of mails that wait.
    pub count: usize,
    /// Why the first of them could not be delivered.
    pub cause: String,
    /// Since when.
    pub since: Timestamp,
}

/// What keeps agents and mail from going on; empty if nothing does.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// The agents that cannot go on.
    pub agents: BTreeMap<AgentId, Trouble>,
    /// Mail that cannot be delivered, by receiver.
    pub mail: BTreeMap<AgentId, HeldMail>,
}

/// Collects the [`Health`] of a host.
#[derive(Debug, Default)]
pub(crate) struct HealthBoard(watch::Sender<Health>);

impl HealthBoard {
    pub(crate) fn subscribe(&self) -> watch::Receiver<Health> {
        self.0.subscribe()
    }

    /// The agent cannot go on. The time of the first report stays until [`HealthBoard::agent_goes_on`].
    pub(crate) fn agent_is_in_trouble(&self, agent: &AgentId, cause: StopCause, has_given_up: bool, now: Timestamp) {
        self.0.send_if_modified(|health| {
            let known = health.agents.get(agent);
            let text = cause.to_string();
            if known.is_some_and(|known| known.has_given_up == has_given_up && known.cause.to_string() == text) {
                return false;
            }
            if has_given_up {
                tracing::error!(%agent, cause = text, "an agent has stopped; it tries again with: growqr agents resume {agent}");
            } else {
                tracing::warn!(%agent, cause = text, "an agent cannot go on; it tries again until it can");
            }
            let since = known.map_or(now, |known| known.since);
            health.agents.insert(agent.clone(), Trouble { cause: Arc::new(cause), since, has_given_up });
            true
        });
    }

    /// The trouble of the agent, if it had one, has ended. Returns whether it had one.
    pub(crate) fn agent_goes_on(&self, agent: &AgentId) -> bool {
        self.0.send_if_modified(|health| {
            let had = health.agents.remove(agent).is_some();
            if had {
                tracing::info!(%agent, "the agent goes on");
            }
            had
        })
    }

    pub(crate) fn is_in_trouble(&self, agent: &AgentId) -> bool {
        self.0.borrow().agents.contains_key(agent)
    }

    /// Replaces what is known about mail that cannot be delivered.
    pub(crate) fn set_held_mail(&self, mail: BTreeMap<AgentId, HeldMail>) {
        self.0.send_if_modified(|health| {
            for (to, held) in &mail {
                if health.mail.get(to).is_none_or(|known| known.cause != held.cause) {
                    tracing::warn!(%to, count = held.count, cause = held.cause, "mail cannot be delivered; trying again");
                }
            }
            for to in health.mail.keys().filter(|to| !mail.contains_key(*to)) {
                tracing::info!(%to, "mail is delivered again");
            }
            let is_changed = health.mail != mail;
            health.mail = mail;
            is_changed
        });
    }
}
