//! The interface between agents and the system that runs them.
//!
//! A [`Placement`] brings inputs to agents and wakes them: the local host (`local.rs`) in this process, or an engine on many
//! machines. Runner and delivery know only these traits, so the same agents run on either. The journal is the only store: a
//! placement keeps no data that is not in the journal.

use crate::health::{Health, StopCause};
use crate::notification::Notification;
use async_trait::async_trait;
use growqr_core::agent::{ChargeState, Input, Spendable, State};
use growqr_core::id::AgentId;
use growqr_core::journal::{AgentView, Status, StoreError};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};

/// The result of an input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Posted {
    /// The agent after the input. An agent that does not exist has `seq` 0.
    pub view: AgentView,
    /// Whether the input changed anything.
    pub is_recorded: bool,
    /// The state of the charge, if the input was about one.
    pub charge: Option<ChargeState>,
    /// What the agent may spend now on charges.
    pub spendable: Spendable,
}

/// Why an agent could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// No such agent.
    #[error("there is no agent {0}")]
    Unknown(AgentId),
    /// Its inbox is full.
    #[error("agent {0} has too many messages waiting")]
    Overloaded(AgentId),
    /// The host is stopping.
    #[error("GrowQR is stopping")]
    Stopping,
    /// The agent could not be read, or the input not be recorded.
    #[error("the database access for agent {agent} failed")]
    Store {
        /// The agent.
        agent: AgentId,
        /// The error.
        source: StoreError,
    },
    /// The engine that places the agents does not answer, or has no computer for this one.
    #[error("agent {agent} cannot be reached: {cause}")]
    Unreachable {
        /// The agent.
        agent: AgentId,
        /// What the engine says.
        cause: String,
    },
    /// The program has an error.
    #[error("agent {agent} stopped because of an internal error: {message}")]
    Crashed {
        /// The agent.
        agent: AgentId,
        /// The message of the panic.
        message: String,
    },
}

/// A system that runs agents.
#[async_trait]
pub trait Placement: Send + Sync {
    /// Brings an input to an agent, wakes the agent if necessary, and returns once the input is recorded.
    ///
    /// # Errors
    /// [`PostError`]. After [`PostError::Store`] and [`PostError::Unreachable`] the input may still be recorded, if a connection broke:
    /// an input with an id of its own can be sent again.
    async fn post(&self, agent: &AgentId, input: Input) -> Result<Posted, PostError>;

    /// Resumes an agent's open work, unless the agent is already running.
    ///
    /// # Errors
    /// [`PostError::Stopping`] and [`PostError::Overloaded`].
    async fn wake(&self, agent: &AgentId) -> Result<(), PostError>;

    /// Notifications from now on. A subscriber that falls behind gets an error and must read the missed events from the store.
    fn subscribe(&self) -> broadcast::Receiver<Notification>;

    /// What keeps agents and mail from going on, now and from now on.
    fn health(&self) -> watch::Receiver<Health>;

    /// Stops all agents and returns once none runs. Open work is resumed at the next start.
    async fn stop(&self);
}

/// An input for a runner, with a callback for the result.
pub struct InboxItem {
    /// The input.
    pub input: Input,
    /// Called once the input is recorded or has failed; dropped without a call if the runner never read the input.
    pub ack: Ack,
}

/// Takes the result of an input.
pub type Ack = Box<dyn FnOnce(Result<Posted, StopCause>) + Send>;

/// The source of a runner's inputs.
#[async_trait]
pub trait Inbox: Send {
    /// The next input; `None` once the inbox is closed and empty. Cancel-safe.
    async fn next(&mut self) -> Option<InboxItem>;

    /// Closes the inbox and returns the unread items.
    fn close(&mut self) -> Vec<InboxItem>;
}

/// The place of a sub-agent among those that may work at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It works.
    Working,
    /// It waits until it may begin its turn.
    Queued,
    /// It has nothing to do, or waits for other agents or the person.
    Free,
}

impl Place {
    /// Its status does not tell it: a session that waits for the person counts as working in journals and views.
    pub(crate) fn of(state: &State) -> Place {
        match Place::from(state.status()) {
            Place::Working if !state.uses_a_place() => Place::Free,
            place => place,
        }
    }
}

impl From<Status> for Place {
    fn from(status: Status) -> Place {
        match status {
            Status::Thinking | Status::Working => Place::Working,
            Status::Queued => Place::Queued,
            Status::Waiting | Status::Idle | Status::Done | Status::Limit | Status::Failed | Status::Cancelled => Place::Free,
        }
    }
}
