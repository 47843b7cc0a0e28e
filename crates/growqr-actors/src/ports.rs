//! The adapters and settings that a host needs.

use crate::perform::blocking;
use growqr_core::agent::{Input, Setup, State, decide};
use growqr_core::clock::{Clock, Moment, Random, Timestamp};
use growqr_core::event::Event;
use growqr_core::journal::Store;
use growqr_core::memory::Memory;
use growqr_core::model::Model;
use growqr_core::picture::picture;
use growqr_core::prompt::Segment;
use growqr_core::tool::Tools;
use growqr_core::workbench::Sessions;
use std::sync::Arc;
use std::time::Duration;

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
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits.
    pub random: Arc<dyn Random>,
}

/// The result of a decision.
pub(crate) struct Decision {
    pub(crate) events: Vec<Event>,
    /// The time of the decision.
    pub(crate) at: Timestamp,
    /// The segment that a `SegmentStarted` among the events begins.
    pub(crate) segment: Arc<Segment>,
}

/// How long a decision waits for the picture of memory.
const PICTURE_TIMEOUT: Duration = Duration::from_secs(2);

impl Ports {
    /// Time and random bits for a decision that is made now.
    pub(crate) fn moment(&self) -> Moment {
        Moment { at: self.clock.now(), random: self.random.bits() }
    }

    /// Decides about an input with the person's settings, clock and memory of now. Memory is read only if a segment begins.
    pub(crate) async fn decide(&self, state: &State, input: Input) -> Decision {
        let (mut setup, segment) = self.setups.setup(state.depth());
        let now = self.moment();
        if let Some(surroundings) = &mut setup.surroundings {
            surroundings.zone = self.clock.zone(now.at);
        }
        let mut events = decide(state, input.clone(), &setup, now);
        let begins_segment = events.iter().any(|event| matches!(event, Event::SegmentStarted(_)));
        if let (true, Some(surroundings)) = (begins_segment, &mut setup.surroundings) {
            surroundings.picture = self.picture().await;
            events = decide(state, input, &setup, now);
        }
        Decision { events, at: now.at, segment }
    }

    /// The picture of memory. `None` if memory does not answer in time: nothing may wait for it.
    async fn picture(&self) -> Option<String> {
        let memory = Arc::clone(&self.memory);
        let picture = blocking(move || picture(&*memory));
        tokio::time::timeout(PICTURE_TIMEOUT, picture).await.ok().flatten().flatten()
    }
}

/// The person's settings; read again at each decision.
pub trait Setups: Send + Sync {
    /// The segment and limits for the next turn of an agent at this depth.
    fn setup(&self, depth: u32) -> (Setup, Arc<Segment>);

    /// The provider of this segment; `None` if this build has none.
    fn model(&self, segment: &Segment) -> Option<Arc<dyn Model>>;
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
    /// How long a session that is to stop may keep its turn open if the workbench does not answer.
    pub abort: Duration,
    /// The random number of this process in the ids of its charges; 0 if it makes none.
    pub process: u64,
}

impl Default for HostConfig {
    fn default() -> HostConfig {
        HostConfig { idle: Duration::from_secs(30), inbox: 64, snapshot_after: 100, abort: Duration::from_secs(20), process: 0 }
    }
}
