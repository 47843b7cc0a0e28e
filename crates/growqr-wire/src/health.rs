//! What keeps agents and mail from going on, as far as the running host knows. Not recorded: its usual cause is that nothing can
//! be recorded.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An agent that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AgentTrouble {
    /// The agent.
    pub agent: String,
    /// Why.
    pub error: Error,
    /// Since when, in ms since 1970.
    pub since: i64,
    /// It does not try again by itself: [`crate::Request::Resume`] makes it try. Otherwise it tries until it can.
    pub has_given_up: bool,
}

/// Mail between agents that cannot be delivered to one of them. The host tries again by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HeldMail {
    /// The receiver.
    pub to: String,
    /// Number of mails that wait.
    #[ts(type = "number")]
    pub count: u64,
    /// Why.
    pub cause: String,
    /// Since when, in ms since 1970.
    pub since: i64,
}

/// What keeps agents and mail from going on; empty if nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Health {
    /// The agents that cannot go on, by id.
    pub agents: Vec<AgentTrouble>,
    /// Mail that cannot be delivered, by receiver.
    pub mail: Vec<HeldMail>,
}
