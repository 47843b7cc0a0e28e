//! An awake agent's inbox, and its runner's connection to the host.

use async_trait::async_trait;
use growqr_actors::placement::InboxItem;
use growqr_actors::{HostBoard, Notification, RunnerHost};
use growqr_core::id::AgentId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, watch};

/// Why an item was not put into an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is closed.
    Closed,
    /// It is full.
    Full,
}

/// The place of one awake agent on this node. Its inbox closes when the agent is idle, and opens again with the next input as long
/// as the engine has not been told that the agent sleeps: that is dearer than to load a journal.
pub(super) struct Seat {
    board: Arc<HostBoard>,
    capacity: usize,
    inbox: Mutex<State>,
    /// Changes when an inbox was opened that nobody reads yet.
    opened: Notify,
    at_work: watch::Sender<bool>,
}

enum State {
    Open(OpenInbox),
    /// The agent is idle.
    Idle,
    /// The agent leaves.
    Left,
}

struct OpenInbox {
    sender: mpsc::Sender<InboxItem>,
    /// The number of items that were ever put into it.
    enqueued: u64,
    /// Its other end, until a run of the agent reads it.
    unread: Option<mpsc::Receiver<InboxItem>>,
}

impl Seat {
    /// A seat with an open inbox of this capacity. `at_work`: whether the agent has work to do.
    pub(super) fn new(board: Arc<HostBoard>, capacity: usize, at_work: bool) -> Arc<Seat> {
        let inbox = Mutex::new(State::Open(OpenInbox::new(capacity)));
        Arc::new(Seat { board, capacity, inbox, opened: Notify::new(), at_work: watch::Sender::new(at_work) })
    }

    /// Puts an item into the inbox. One that is refused is dropped with its callback.
    pub(super) fn put(&self, item: InboxItem) -> Result<(), Refused> {
        let mut state = self.inbox();
        let open = self.opened(&mut state)?;
        match open.sender.try_send(item) {
            Ok(()) => {
                open.enqueued += 1;
                Ok(())
            }
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refused::Full),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refused::Closed),
        }
    }

    /// Makes the agent look for work. `false` if it leaves.
    pub(super) fn wake(&self) -> bool {
        self.opened(&mut self.inbox()).is_ok_and(|open| !open.sender.is_closed())
    }

    fn opened<'a>(&self, state: &'a mut State) -> Result<&'a mut OpenInbox, Refused> {
        if matches!(state, State::Idle) {
            *state = State::Open(OpenInbox::new(self.capacity));
            self.opened.notify_one();
        }
        match state {
            State::Open(open) => Ok(open),
            State::Idle | State::Left => Err(Refused::Closed),
        }
    }

    /// The inbox for the next run of the agent, once there is one.
    pub(super) async fn next_inbox(&self) -> mpsc::Receiver<InboxItem> {
        loop {
            if let State::Open(OpenInbox { unread, .. }) = &mut *self.inbox()
                && let Some(inbox) = unread.take()
            {
                return inbox;
            }
            self.opened.notified().await;
        }
    }

    /// Closes the inbox for good, unless it was opened meanwhile for another run. Returns whether it is closed.
    pub(super) fn leave_if_idle(&self) -> bool {
        let mut state = self.inbox();
        if !matches!(&*state, State::Open(OpenInbox { unread: Some(_), .. })) {
            *state = State::Left;
        }
        matches!(*state, State::Left)
    }

    /// Closes the inbox for good.
    pub(super) fn leave(&self) {
        *self.inbox() = State::Left;
    }

    /// The run of the agent has ended: its inbox is closed, whatever its reason. Returns whether it may have another run here.
    pub(super) fn run_has_ended(&self) -> bool {
        let mut state = self.inbox();
        if matches!(&*state, State::Open(OpenInbox { unread: None, .. })) {
            *state = State::Idle;
        }
        !matches!(*state, State::Left)
    }

    /// Whether the agent has work to do, now and from now on.
    pub(super) fn at_work(&self) -> watch::Receiver<bool> {
        self.at_work.subscribe()
    }

    fn inbox(&self) -> MutexGuard<'_, State> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenInbox {
    fn new(capacity: usize) -> OpenInbox {
        let (sender, receiver) = mpsc::channel(capacity);
        OpenInbox { sender, enqueued: 0, unread: Some(receiver) }
    }
}

#[async_trait]
impl RunnerHost for Seat {
    fn board(&self) -> &HostBoard {
        &self.board
    }

    fn publish(&self, notification: Notification) {
        if let Notification::Recorded(recorded) = &notification {
            let is_at_work = recorded.view.status.is_at_work();
            self.at_work.send_if_modified(|known| std::mem::replace(known, is_at_work) != is_at_work);
        }
        self.board.publish(notification);
    }

    /// The engine decides where it goes on: whoever uses it wakes it, or its alarm.
    fn goes_on_after_conflict(&self) -> bool {
        self.leave();
        false
    }

    async fn report_idle(&self, _: &AgentId, read: u64) -> bool {
        let mut state = self.inbox();
        if matches!(&*state, State::Open(open) if open.enqueued == read) {
            *state = State::Idle;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_actors::conformance::scripted_ports;
    use growqr_core::agent::Input;
    use growqr_core::clock::Timestamp;
    use growqr_core::id::ProfileId;
    use growqr_store::{Db, DbConfig};

    async fn seat(capacity: usize) -> Arc<Seat> {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DbConfig::Sqlite { path: folder.path().join("growqr.db") }).await.unwrap();
        let store = db.profile(&ProfileId::new("local"), Timestamp(1)).await.unwrap();
        let board = HostBoard::new(&scripted_ports(store, Timestamp(1), true), &[]);
        Seat::new(Arc::new(board), capacity, false)
    }

    fn item() -> InboxItem {
        InboxItem { input: Input::Quote, ack: Box::new(drop) }
    }

    #[tokio::test]
    async fn an_idle_agent_closes_its_inbox_unless_more_was_put_into_it_than_it_has_read() {
        let seat = seat(4).await;
        let mut inbox = seat.next_inbox().await;
        assert_eq!(seat.put(item()), Ok(()));
        assert!(seat.report_idle(&AgentId::grow(), 0).await && inbox.recv().await.is_some());
        assert!(seat.report_idle(&AgentId::grow(), 1).await && inbox.recv().await.is_none());
        assert_eq!(seat.put(item()), Ok(()), "it opens again");
        assert!(!seat.leave_if_idle(), "another run is to read it");
        assert!(seat.next_inbox().await.recv().await.is_some());
        assert!(seat.report_idle(&AgentId::grow(), 1).await && seat.leave_if_idle());
        assert_eq!((seat.put(item()), seat.wake()), (Err(Refused::Closed), false));
    }

    #[tokio::test]
    async fn a_full_inbox_refuses_and_one_whose_run_has_failed_opens_again() {
        let seat = seat(1).await;
        let inbox = seat.next_inbox().await;
        assert_eq!((seat.put(item()), seat.put(item())), (Ok(()), Err(Refused::Full)));
        drop(inbox);
        assert_eq!(seat.put(item()), Err(Refused::Closed));
        assert!(seat.run_has_ended());
        assert_eq!(seat.put(item()), Ok(()));
    }

    #[tokio::test]
    async fn an_agent_whose_journal_another_node_has_written_leaves() {
        let seat = seat(1).await;
        let _inbox = seat.next_inbox().await;
        assert!(!seat.goes_on_after_conflict() && !seat.run_has_ended());
        assert_eq!((seat.put(item()), seat.wake()), (Err(Refused::Closed), false));
    }
}
