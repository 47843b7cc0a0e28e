//! What the agents of one profile share in one process, whichever placement runs them: who listens, what is wrong, who may
//! work, and the tasks that deliver mail, settle asks at their deadlines, begin scheduled work
//! and the steps of quests, and tidy memory.

use crate::deadlines;
use crate::delivery;
use crate::health::{Health, HealthBoard, StopCause};
use crate::notification::Notification;
use crate::placement::{Place, Placement};
use crate::ports::Ports;
use crate::quests::{self, Quests};
use crate::schedules;
use crate::tidying;
use crate::work_queue::WorkQueue;
use growqr_core::id::AgentId;
use growqr_core::journal::AgentView;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

/// The number of notifications that a slow subscriber may fall behind; after that it must read from the store.
const NOTIFICATION_BUFFER: usize = 4_096;

/// The state that the agents of one profile share in one process. Nothing of it is stored.
pub struct HostBoard {
    notifications: broadcast::Sender<Notification>,
    health: Arc<HealthBoard>,
    queue: WorkQueue,
    ports: Ports,
    mail: Arc<Notify>,
    asks: Arc<Notify>,
    memory_changed: Arc<Notify>,
}

impl HostBoard {
    /// A board for a host that begins; `at_work` are the agents that are at work now, in the order of their creation.
    #[must_use]
    pub fn new(ports: &Ports, at_work: &[AgentView]) -> HostBoard {
        let queue = WorkQueue::default();
        // Those that worked before the stop come first, then those that waited.
        at_work.iter().filter(|agent| agent.depth > 0).for_each(|agent| queue.note(&agent.agent, agent.status.into()));
        HostBoard {
            notifications: broadcast::channel(NOTIFICATION_BUFFER).0,
            health: Arc::default(),
            queue,
            ports: ports.clone(),
            mail: Arc::default(),
            asks: Arc::default(),
            memory_changed: Arc::default(),
        }
    }

    /// Delivers mail, settles asks at their deadlines, begins scheduled work and the steps of quests, and tidies memory, until
    /// stopped. Several processes may do this for one profile: an agent accepts each mail once, and an occurrence of a schedule, or
    /// a step of a quest, is claimed once in the store.
    pub async fn run(&self, placement: Arc<dyn Placement>, stop: CancellationToken) {
        let Ports { store, memory, clock, schedules_changed, .. } = self.ports.clone();
        let (mail, asks, tidy) = (Arc::clone(&self.mail), Arc::clone(&self.asks), Arc::clone(&self.memory_changed));
        let quests = Quests::new(Arc::clone(&placement), &self.ports, Arc::clone(&tidy));
        tokio::join!(
            delivery::run(placement.clone(), store.clone(), Arc::clone(&self.health), clock.clone(), mail, stop.clone()),
            deadlines::run(placement.clone(), store.clone(), clock.clone(), asks, stop.clone()),
            schedules::run(placement, store, clock, schedules_changed, stop.clone()),
            quests::run(quests, stop.clone()),
            tidying::run(memory, tidy, stop),
        );
    }

    /// Notifications from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Notification> {
        self.notifications.subscribe()
    }

    /// What keeps agents and mail from going on, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Notifies subscribers.
    pub fn publish(&self, notification: Notification) {
        // An error means that there are no subscribers.
        let _ = self.notifications.send(notification);
    }

    pub(crate) fn report_trouble(&self, agent: &AgentId, cause: StopCause, has_given_up: bool) {
        self.health.agent_is_in_trouble(agent, cause, has_given_up, self.ports.clock.now());
        // Others need not wait for it.
        self.leave(agent);
    }

    pub(crate) fn report_recovery(&self, agent: &AgentId) {
        // Mail that could not be delivered meanwhile need not wait for its next try.
        if self.health.agent_goes_on(agent) {
            self.mail.notify_one();
        }
    }

    /// The agent does not run in this process any more, if it ever did: others need not wait for it.
    pub fn leave(&self, agent: &AgentId) {
        self.queue.leave(agent);
    }

    pub(crate) fn may_begin(&self, agent: &AgentId, limit: usize) -> bool {
        self.queue.may_begin(agent, limit)
    }

    pub(crate) fn freed(&self) -> watch::Receiver<()> {
        self.queue.freed()
    }

    pub(crate) fn note_place(&self, agent: &AgentId, place: Place) {
        self.queue.note(agent, place);
    }

    /// Looks for mail in the outbox.
    pub fn notify_mail(&self) {
        self.mail.notify_one();
    }

    /// Looks at the deadlines of asks.
    pub fn notify_asks(&self) {
        self.asks.notify_one();
    }

    /// Looks at the schedules.
    pub fn notify_schedules(&self) {
        self.ports.schedules_changed.notify_one();
    }

    pub(crate) fn memory_changed(&self) {
        self.memory_changed.notify_one();
    }
}
