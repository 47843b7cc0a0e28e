//! Notifications of a host to its subscribers: recorded events, parts of answers, agents that stopped because of an error.

use crate::health::StopCause;
use growqr_core::event::Entry;
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::AgentView;
use growqr_core::model::Delta;
use std::sync::Arc;

/// A notification.
#[derive(Clone, Debug)]
pub enum Notification {
    /// Events were recorded and are durable.
    Recorded(Arc<Recorded>),
    /// A part of a model's answer arrived; not recorded.
    Delta {
        /// The agent.
        agent: AgentId,
        /// The part.
        delta: Delta,
    },
    /// An agent has given up because of an error; its work is recorded, and resumed with its next input or at the next start.
    Stopped {
        /// The agent.
        agent: AgentId,
        /// The error.
        cause: Arc<StopCause>,
    },
}

/// The content of one append.
#[derive(Debug)]
pub struct Recorded {
    /// Position of the first entry; the others follow without a gap.
    pub position: Position,
    /// The agent after the append.
    pub view: AgentView,
    /// The recorded entries.
    pub entries: Vec<Entry>,
}
