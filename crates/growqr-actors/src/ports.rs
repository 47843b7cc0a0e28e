//! The adapters and settings that a host needs.

use growqr_core::agent::Setup;
use growqr_core::clock::{Clock, Moment, Random};
use growqr_core::journal::Store;
use growqr_core::memory::Memory;
use growqr_core::model::Model;
use growqr_core::prompt::Segment;
use growqr_core::skill::Skills;
use growqr_core::tool::Tools;
use growqr_core::workbench::Sessions;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// The adapters that agents run on. Cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// Journals, outbox and views of one profile.
    pub store: Arc<dyn Store>,
    /// The profile's memory; the host calls [`Memory::tidy`] after changes.
    pub memory: Arc<dyn Memory>,
    /// The tools of its agents.
    pub tools: Arc<dyn Tools>,
    /// The sessions of its workbench.
    pub sessions: Arc<dyn Sessions>,
    /// Models and the person's settings.
    pub setups: Arc<dyn Setups>,
    /// Notified after schedules were added or changed, so that the host looks at them.
    pub schedules_changed: Arc<Notify>,
    /// Notified after quests were started or changed, so that the host looks at them.
    pub quests_changed: Arc<Notify>,
    /// Marked as changed after a change of memory that no event tells of: the tick of a step that is done.
    pub memory_changes: watch::Sender<()>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits.
    pub random: Arc<dyn Random>,
}

impl Ports {
    /// Time and random bits for a decision that is made now.
    pub(crate) fn moment(&self) -> Moment {
        Moment { at: self.clock.now(), random: self.random.bits() }
    }
}

/// The person's settings; read again at each decision.
pub trait Setups: Send + Sync {
    /// The segment and limits for the next turn of an agent at this depth.
    fn setup(&self, depth: u32) -> (Setup, Arc<Segment>);

    /// The provider of this segment; `None` if this build has none.
    fn model(&self, segment: &Segment) -> Option<Arc<dyn Model>>;

    /// The skills whose list a segment begins with; `None` if there are none here.
    fn skills(&self) -> Option<Arc<dyn Skills>> {
        None
    }
}

/// Sizes and timeouts of a host.
#[derive(Clone, Copy, Debug)]
pub struct HostConfig {
    /// An idle agent goes to sleep after this time.
    pub idle: Duration,
    /// Capacity of one inbox, in items.
    pub inbox: usize,
    /// An agent that goes to sleep saves a snapshot if it has at least this many new events.
    pub snapshot_after: u64,
    /// An agent that is awake saves a snapshot after this many new events, so that a kill of the program costs no long replay.
    pub snapshot_every: u64,
    /// How long a session that is to stop may keep its turn open if the workbench does not answer.
    pub abort: Duration,
    /// The random number of this process in the ids of its charges; 0 if it makes none.
    pub process: u64,
}

impl Default for HostConfig {
    fn default() -> HostConfig {
        HostConfig {
            idle: Duration::from_secs(30),
            inbox: 64,
            snapshot_after: 100,
            snapshot_every: 500,
            abort: Duration::from_secs(20),
            process: 0,
        }
    }
}
