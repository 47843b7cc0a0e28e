//! An awake agent's inbox, and its runner's connection to the host.

use async_trait::async_trait;
use growqr_actors::placement::InboxItem;
use growqr_actors::{HostBoard, Notification, RunnerHost};
use growqr_core::id::AgentId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

/// Why an item was not put into an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is closed.
    Closed,
    /// It is full.
    Full,
}

/// The place of one awake agent on this node.
pub(super) struct Seat {
    board: Arc<HostBoard>,
    inbox: Mutex<Option<OpenInbox>>,
    at_work: watch::Sender<bool>,
}

struct OpenInbox {
    sender: mpsc::Sender<InboxItem>,
    /// The number of items that were ever put into it.
    enqueued: u64,
}

impl Seat {
    /// A seat with an open inbox of this capacity, and the inbox's other end. `at_work`: whether the agent has work to do.
    pub(super) fn new(board: Arc<HostBoard>, capacity: usize, at_work: bool) -> (Arc<Seat>, mpsc::Receiver<InboxItem>) {
        let (sender, receiver) = mpsc::channel(capacity);
        let inbox = Mutex::new(Some(OpenInbox { sender, enqueued: 0 }));
        (Arc::new(Seat { board, inbox, at_work: watch::Sender::new(at_work) }), receiver)
    }

    /// Puts an item into the inbox. One that is refused is dropped with its callback.
    pub(super) fn put(&self, item: InboxItem) -> Result<(), Refused> {
        let mut inbox = self.inbox();
        let open = inbox.as_mut().ok_or(Refused::Closed)?;
        match open.sender.try_send(item) {
            Ok(()) => {
                open.enqueued += 1;
                Ok(())
            }
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refused::Full),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refused::Closed),
        }
    }

    /// Whether the agent takes inputs.
    pub(super) fn is_open(&self) -> bool {
        self.inbox().as_ref().is_some_and(|open| !open.sender.is_closed())
    }

    /// Closes the inbox.
    pub(super) fn close(&self) {
        self.inbox().take();
    }

    /// Whether the agent has work to do, now and from now on.
    pub(super) fn at_work(&self) -> watch::Receiver<bool> {
        self.at_work.subscribe()
    }

    fn inbox(&self) -> MutexGuard<'_, Option<OpenInbox>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
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

    async fn report_idle(&self, _: &AgentId, read: u64) -> bool {
        let mut inbox = self.inbox();
        if inbox.as_ref().is_some_and(|open| open.enqueued == read) {
            inbox.take();
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

    async fn seat(capacity: usize) -> (Arc<Seat>, mpsc::Receiver<InboxItem>) {
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
        let (seat, mut inbox) = seat(4).await;
        assert_eq!(seat.put(item()), Ok(()));
        assert!(seat.report_idle(&AgentId::grow(), 0).await && seat.is_open());
        assert!(inbox.recv().await.is_some());
        assert!(seat.report_idle(&AgentId::grow(), 1).await && !seat.is_open());
        assert_eq!(seat.put(item()), Err(Refused::Closed));
        assert!(inbox.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_full_inbox_refuses_and_an_inbox_that_nobody_reads_is_closed() {
        let (seat, inbox) = seat(1).await;
        assert_eq!((seat.put(item()), seat.put(item())), (Ok(()), Err(Refused::Full)));
        drop(inbox);
        assert!(!seat.is_open());
        assert_eq!(seat.put(item()), Err(Refused::Closed));
    }
}
