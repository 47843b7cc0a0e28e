//! The seam between agents and where they run.
//!
//! A [`Placement`] brings inputs to agents and wakes them: the local host (`local.rs`) in this process, an engine on many
//! machines. Runner and delivery know these traits only, so the same agents run on either. The journal stays the only
//! store: a placement keeps nothing that is not there.

use crate::happened::Happened;
use async_trait::async_trait;
use growqr_core::agent::{ChargeStanding, Input};
use growqr_core::id::AgentId;
use growqr_core::journal::{AgentView, StoreError};
use tokio::sync::broadcast;

/// What became of an input.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The agent afterwards. An agent that does not exist has `seq` 0.
    pub view: AgentView,
    /// Where the charge stands, if the input was about one.
    pub charge: Option<ChargeStanding>,
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
    /// The host is going down.
    #[error("GrowQR is stopping")]
    Stopping,
    /// The input is not recorded.
    #[error("what happened to agent {agent} could not be recorded")]
    Store {
        /// Which agent.
        agent: AgentId,
        /// Why.
        source: StoreError,
    },
}

/// Where agents run.
#[async_trait]
pub trait Placement: Send + Sync {
    /// Brings an input to an agent, waking it if need be, and returns once it is recorded.
    ///
    /// # Errors
    /// [`PostError`]. With [`PostError::Store`] it may be recorded all the same, where the connection to the database broke:
    /// an input with an id of its own may be sent again.
    async fn post(&self, agent: &AgentId, input: Input) -> Result<Posted, PostError>;

    /// Takes up an agent's open work, if nobody runs it.
    ///
    /// # Errors
    /// [`PostError::Stopping`] and [`PostError::Overloaded`].
    async fn wake(&self, agent: &AgentId) -> Result<(), PostError>;

    /// Everything that happens from now on. A subscriber that falls behind is told so, and reads on from the store.
    fn subscribe(&self) -> broadcast::Receiver<Happened>;

    /// Stops all agents where they are, and returns when none runs any more. Open work goes on at the next start.
    async fn stop(&self);
}

/// An input on its way to a runner, and whom to tell once it is recorded.
pub struct Letter {
    /// The input.
    pub input: Input,
    /// Called once with the result; dropped uncalled if the runner never read the input.
    pub ack: Box<dyn FnOnce(Result<Posted, StoreError>) + Send>,
}

/// Where a runner gets its inputs from.
#[async_trait]
pub trait Inbox: Send {
    /// The next input; `None` once no more will come. Safe to drop half-way.
    async fn next(&mut self) -> Option<Letter>;

    /// Takes no more, and gives back what nobody has looked at.
    fn close(&mut self) -> Vec<Letter>;
}

/// What a runner tells the host that runs it.
#[async_trait]
pub trait RunnerHost: Send + Sync {
    /// Tells subscribers.
    fn publish(&self, happened: Happened);

    /// There is new mail in the outbox.
    fn mail_waits(&self);

    /// An agent has changed memory.
    fn memory_changed(&self);

    /// The agent has had nothing to do for a while, after reading so many letters: the host may close its inbox. `false` if
    /// the host is gone.
    async fn is_idle(&self, agent: &AgentId, read: u64) -> bool;
}
