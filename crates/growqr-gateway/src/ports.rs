//! What the gateway needs from the program: who pays, how much is left, and where the calls go.

use async_trait::async_trait;
use growqr_core::event::CostBound;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::limits::LimitReached;
use growqr_core::model::{Failure, Model, Usage};
use growqr_core::money::Money;
use growqr_core::upstream::Upstream;
use std::sync::Arc;

/// Everything that the gateway calls.
#[derive(Clone)]
pub struct Ports {
    /// Which agent a session belongs to.
    pub sessions: Arc<dyn Sessions>,
    /// The budgets.
    pub meter: Arc<dyn Meter>,
    /// The model providers.
    pub backends: Arc<dyn Backends>,
    /// What outlives the program.
    pub sizes: Arc<dyn SizeStore>,
}

/// Who makes a call. The container is proved by its token; a container chooses the ids of sessions freely.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The name under which the token was registered.
    pub container: String,
    /// The session that makes the call.
    pub session: String,
    /// The session that started it, if it is a child.
    pub parent: Option<String>,
}

/// Assigns sessions to agents.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The agent that pays for the calls of this session; `None` if the session is unknown in that container, which refuses the call.
    async fn payer(&self, caller: &Caller) -> Option<AgentId>;

    /// A call of this agent was refused because of this limit. The session stops with an error that names the limit.
    async fn limit_hit(&self, agent: &AgentId, limit: LimitReached);
}

/// What an agent may still use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// Money, without what is reserved.
    pub money: Money,
    /// The limit that `money` comes from.
    pub limit: LimitReached,
    /// Tokens that calls to a model without a known price may still use.
    pub tokens: u64,
    /// The largest `max_tokens` of one call.
    pub max_output: u64,
}

/// The most that a call can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// `None` if the price is unknown.
    pub money: Option<Money>,
    /// Tokens of prompt and answer.
    pub tokens: u64,
    /// The most that the call can have cost if it is cut early; `None` if the price is unknown.
    pub early: Option<CostBound>,
}

/// What a call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The money to charge; zero if nothing was billed. `None` if it will never be known: the whole reservation counts as used.
    pub cost: Option<Money>,
    /// Tokens counted by the provider, if the answer was complete. Counted as used also if the price is unknown.
    pub usage: Option<Usage>,
}

/// Why a call cannot be paid for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeterError {
    /// A limit is reached.
    #[error("a limit is reached")]
    Limit(LimitReached),
    /// Other calls of the agent have set the money aside. Some of it may come back when they end.
    #[error("other calls of this agent use its money now")]
    NotNow,
    /// The budget cannot be read or written now. A later call may succeed.
    #[error("{0}")]
    Unavailable(String),
}

/// The budgets of the agents. Every method must return in bounded time.
#[async_trait]
pub trait Meter: Send + Sync {
    /// What this agent may still use.
    ///
    /// # Errors
    /// [`MeterError`].
    async fn available(&self, agent: &AgentId) -> Result<Available, MeterError>;

    /// Sets money aside for a call of this model. Once this returns `Ok`, the reservation is on disk.
    ///
    /// # Errors
    /// [`MeterError`]; then nothing is set aside.
    async fn reserve(&self, agent: &AgentId, charge: &EffectId, model: &str, most: Reservation) -> Result<(), MeterError>;

    /// Closes a charge. Called exactly once for every successful reservation, even if the call fails, the container goes away or the
    /// gateway stops. Also called if [`Meter::reserve`] was given up before it returned: then the charge may not be there. Must
    /// retry on its own what is worth retrying.
    async fn settle(&self, agent: &AgentId, charge: &EffectId, settlement: Settlement);
}

/// Keeps the sizes of prompts between two runs of the program, as bytes that only the gateway reads. If they are lost, calls
/// reserve more than they need.
#[async_trait]
pub trait SizeStore: Send + Sync {
    /// What was kept last.
    async fn load(&self) -> Option<Vec<u8>>;

    /// Keeps this instead.
    async fn save(&self, sizes: Vec<u8>);
}

/// Where a call goes.
#[derive(Clone)]
pub enum Backend {
    /// To a service with the Messages API, byte for byte.
    Relay {
        /// The service.
        upstream: Arc<dyn Upstream>,
        /// The service's model id; used whatever the request names, because a container must not choose a dearer one.
        model: String,
    },
    /// To any other provider, translated.
    Translate {
        /// The provider.
        model: Arc<dyn Model>,
        /// The provider's model id; used whatever the request names.
        id: String,
    },
}

/// The model providers.
#[async_trait]
pub trait Backends: Send + Sync {
    /// Where the calls of this agent go now.
    ///
    /// # Errors
    /// [`Failure`] if there is none, such as a missing key. Its message is shown to the person.
    async fn backend(&self, agent: &AgentId) -> Result<Backend, Failure>;
}
