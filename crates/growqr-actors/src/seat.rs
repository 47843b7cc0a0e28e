//! The inbox of an agent, which outlives the runs of its task.

use crate::health::StopCause;
use crate::placement::{Ack, Inbox, InboxItem, Posted};

/// The inbox of an agent over all its runs.
pub(crate) struct Seat<I> {
    inbox: I,
    is_open: bool,
    /// An item that arrived between two runs.
    next: Option<InboxItem>,
    /// For the sender of the item under way.
    ack: Option<Ack>,
    items_read: u64,
}

impl<I: Inbox> Seat<I> {
    pub(crate) fn new(inbox: I) -> Seat<I> {
        Seat { inbox, is_open: true, next: None, ack: None, items_read: 0 }
    }

    /// The next item; `None` once the inbox is closed and empty. Cancel-safe.
    pub(crate) async fn next_item(&mut self) -> Option<InboxItem> {
        if self.next.is_none() {
            self.wait_for_item().await;
        }
        self.next.take()
    }

    /// Returns false once the inbox is closed and empty.
    pub(crate) async fn wait_for_item(&mut self) -> bool {
        self.next = self.inbox.next().await;
        self.is_open = self.next.is_some();
        self.items_read += u64::from(self.is_open);
        self.is_open
    }

    /// False once the inbox is closed and empty.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Number of items that were ever read.
    pub(crate) fn items_read(&self) -> u64 {
        self.items_read
    }

    pub(crate) fn hold(&mut self, ack: Ack) {
        self.ack = Some(ack);
    }

    pub(crate) fn acknowledge(&mut self, result: Result<Posted, StopCause>) {
        if let Some(ack) = self.ack.take() {
            ack(result);
        }
    }

    /// Tells the senders of the item under way and, unless the next run begins at once and reads it, of the one that waits.
    pub(crate) fn refuse(&mut self, cause: &StopCause, goes_on_at_once: bool) {
        self.acknowledge(Err(cause.copy()));
        if !goes_on_at_once && let Some(item) = self.next.take() {
            (item.ack)(Err(cause.copy()));
        }
    }

    /// Closes the inbox and returns the unread items.
    pub(crate) fn close(&mut self) -> Vec<InboxItem> {
        self.is_open = false;
        self.next.take().into_iter().chain(self.inbox.close()).collect()
    }
}
