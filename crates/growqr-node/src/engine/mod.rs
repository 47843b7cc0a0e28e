//! Agents on a Rivet engine: one actor of the engine for each agent.
//!
//! [`Node`] joins the engine and has the open profiles. [`EngineHost`] is a profile's placement: it sends inputs to agents through
//! the engine, which wakes them on one of its nodes. `actor` is the agent on the node that has it: it runs the same runner as the
//! local host. `exchange` is what goes through the engine, `seat` an awake agent's inbox.

mod actor;
mod error_text;
mod exchange;
mod heartbeat;
mod host;
mod node;
mod open_profiles;
mod pool;
mod probe;
mod seat;

pub use host::{EngineHost, HostError};
pub use node::{EngineAccess, Node, NodeError};
