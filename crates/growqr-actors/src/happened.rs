//! What hosts tell: events that were recorded, answers as they arrive, agents that had to stop.

use growqr_core::event::Entry;
use growqr_core::id::{AgentId, Position};
use growqr_core::journal::{AgentView, StoreError};
use growqr_core::model::Delta;
use std::sync::Arc;

/// Something that subscribers may show.
#[derive(Clone, Debug)]
pub enum Happened {
    /// Events are on disk.
    Recorded(Arc<Recorded>),
    /// Part of a model's answer arrived; not recorded.
    Delta {
        /// Whose model.
        agent: AgentId,
        /// The part.
        delta: Delta,
    },
    /// An agent had to stop; its work is kept and goes on at the next start.
    Stopped {
        /// Which agent.
        agent: AgentId,
        /// Why.
        error: Arc<StoreError>,
    },
}

/// What one append recorded.
#[derive(Debug)]
pub struct Recorded {
    /// Position of the first entry; the others follow without a gap.
    pub position: Position,
    /// The agent afterwards.
    pub view: AgentView,
    /// What happened.
    pub entries: Vec<Entry>,
}
