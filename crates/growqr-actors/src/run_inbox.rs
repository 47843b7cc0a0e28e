//! The inbox of an agent, which outlives the runs of its task.

use crate::health::StopCause;
use crate::placement::{Ack, Inbox, InboxItem, Posted};

/// The inbox of an agent over all its runs.
pub(crate) struct RunInbox<I> {
    inbox: I,
    is_open: bool,
    /// An item that arrived between two runs.
    next: Option<InboxItem>,
    /// For the sender of the item under way.
    ack: Option<Ack>,
    items_read: u64,
}

impl<I: Inbox> RunInbox<I> {
    pub(crate) fn new(inbox: I) -> RunInbox<I> {
        RunInbox { inbox, is_open: true, next: None, ack: None, items_read: 0 }
    }

    /// The next item; `None` once the inbox is closed and empty. Cancel-safe.
    pub(crate) async fn next_item(&mut self) -> Option<InboxItem> {
        if self.next.is_none() {
            self.wait_for_item().await;
        }
        self.next.take()
    }

    /// Waits for an item, which the next run reads. No other one may wait. Returns false once the inbox is closed and empty.
    pub(crate) async fn wait_for_item(&mut self) -> bool {
        debug_assert!(self.next.is_none(), "an item that waits was neither read nor refused");
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

    /// Keeps the callback of the item under way, for [`RunInbox::acknowledge`].
    pub(crate) fn keep_ack(&mut self, ack: Ack) {
        self.ack = Some(ack);
    }

    /// Tells the sender of the item under way, if there is one.
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

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::agent::Input;
    use growqr_core::id::AgentId;
    use growqr_core::journal::StoreError;
    use tokio::sync::{mpsc, oneshot};

    fn conflict() -> StopCause {
        StopCause::Store(StoreError::Conflict { agent: AgentId::grow() })
    }

    /// An item, and its result.
    fn item() -> (InboxItem, oneshot::Receiver<Result<Posted, StopCause>>) {
        let (sender, result) = oneshot::channel();
        (InboxItem { input: Input::Continue, ack: Box::new(move |posted| drop(sender.send(posted))) }, result)
    }

    #[tokio::test]
    async fn an_item_that_waits_is_read_or_refused_before_the_next_one_is_taken() {
        let (sender, receiver) = mpsc::channel(2);
        let mut inbox = RunInbox::new(receiver);
        let ((first, mut first_result), (second, mut second_result)) = (item(), item());
        assert!(sender.try_send(first).is_ok() && sender.try_send(second).is_ok());
        assert!(inbox.wait_for_item().await);
        inbox.refuse(&conflict(), true);
        assert!(first_result.try_recv().is_err(), "the next run begins at once and reads it");
        inbox.refuse(&conflict(), false);
        assert!(matches!(first_result.try_recv(), Ok(Err(StopCause::Store(StoreError::Conflict { .. })))));
        assert!(inbox.wait_for_item().await);
        assert!(inbox.next_item().await.is_some_and(|_| second_result.try_recv().is_err()), "the second one is read");
        assert_eq!(inbox.items_read(), 2);
    }
}
