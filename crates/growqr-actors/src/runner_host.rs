//! A runner's interface to its host.

use crate::health::StopCause;
use crate::host_board::HostBoard;
use crate::notification::Notification;
use crate::placement::Place;
use async_trait::async_trait;
use growqr_core::id::AgentId;
use tokio::sync::watch;

/// A runner's interface to its host. What placements do not do in a way of their own is done with the board.
#[async_trait]
pub trait RunnerHost: Send + Sync {
    /// What the agents of the profile share.
    fn board(&self) -> &HostBoard;

    /// Tells the host that the agent is idle after reading `read` items; the host may close its inbox. `false` if the host no
    /// longer exists.
    async fn report_idle(&self, agent: &AgentId, read: u64) -> bool;

    /// Notifies subscribers.
    fn publish(&self, notification: Notification) {
        self.board().publish(notification);
    }

    /// Reports that the agent cannot go on. With `has_given_up` it does not try again by itself.
    fn report_trouble(&self, agent: &AgentId, cause: StopCause, has_given_up: bool) {
        self.board().report_trouble(agent, cause, has_given_up);
    }

    /// Another writer has appended to the journal while the agent ran. Returns whether it goes on here, after these entries: on an
    /// engine another node may have it, and both would pay for each of its calls.
    fn goes_on_after_conflict(&self) -> bool {
        true
    }

    /// Reports that the agent is in no trouble, or no longer.
    fn report_recovery(&self, agent: &AgentId) {
        self.board().report_recovery(agent);
    }

    /// Whether a sub-agent may begin a turn, if at most `limit` of them may work at once. If not, the agent is in a queue.
    fn may_begin(&self, agent: &AgentId, limit: usize) -> bool {
        self.board().may_begin(agent, limit)
    }

    /// Changes when an agent in the queue should try again.
    fn freed(&self) -> watch::Receiver<()> {
        self.board().freed()
    }

    /// Takes note of whether a sub-agent works now.
    fn note_place(&self, agent: &AgentId, place: Place) {
        self.board().note_place(agent, place);
    }

    /// Notifies the delivery that there is new mail in the outbox.
    fn notify_mail(&self) {
        self.board().notify_mail();
    }

    /// Notifies the host that asks were raised or settled.
    fn notify_asks(&self) {
        self.board().notify_asks();
    }

    /// Notifies the host that an agent has changed memory.
    fn memory_changed(&self) {
        self.board().memory_changed();
    }
}
