//! Keeps one agent running: starts its next run after a failure.
//!
//! If its journal cannot be read, the agent tries again without an end, with growing waits. After a panic it starts again from its
//! journal; if it panics again before it has recorded anything new, it gives up after a few tries, until its next input. Its host
//! knows why it cannot go on, and since when.

use crate::backoff::Backoff;
use crate::health::StopCause;
use crate::notification::Notification;
use crate::placement::{Ack, Inbox, InboxItem, Posted, RunnerHost};
use crate::ports::{HostConfig, Ports};
use crate::runner::Runner;
use futures_util::FutureExt;
use growqr_core::clock::Timestamp;
use growqr_core::id::AgentId;
use growqr_core::journal::StoreError;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Number of panics without progress after which the agent gives up.
const MAX_PANICS: u32 = 3;

/// The first and the longest wait before the next run.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// The dependencies of a runner.
#[derive(Clone)]
pub struct RunnerDeps {
    /// The adapters.
    pub ports: Ports,
    /// Sizes and timeouts.
    pub config: HostConfig,
    /// The host that runs it.
    pub host: Arc<dyn RunnerHost>,
    /// When the host started.
    pub started: Timestamp,
    /// Stops the agent.
    pub stop: CancellationToken,
}

/// Runs one agent until its inbox is closed and its work is done, it has given up, or the host stops. Returns the unread items:
/// they are for the agent's next run.
pub async fn run(deps: RunnerDeps, agent: AgentId, inbox: impl Inbox) -> Vec<InboxItem> {
    let mut seat = Seat { inbox, is_open: true, next: None, ack: None, items_read: 0 };
    let mut backoff = Backoff::new(FIRST_RETRY, LONGEST_RETRY);
    let (mut panics, mut conflicts) = (0, 0);
    let mut was_unreadable = false;
    loop {
        let Run { result, has_progressed } = run_once(&deps, &agent, &mut seat, was_unreadable).await;
        let Err(cause) = result else { break };
        if has_progressed {
            (panics, conflicts) = (0, 0);
            backoff.reset();
        }
        seat.refuse(&cause);
        was_unreadable = matches!(cause, StopCause::Store(_));
        match &cause {
            // Another writer: its entries are in the journal now, so the next run continues after them.
            StopCause::Store(StoreError::Conflict { .. }) => {
                tracing::warn!(%agent, %cause, "an agent loads its journal again");
                conflicts += 1;
                if conflicts == 1 {
                    continue;
                }
            }
            StopCause::Store(_) => {}
            StopCause::Panic(message) => {
                tracing::error!(%agent, message, "an agent panicked; it starts again from its journal");
                panics += 1;
            }
        }
        let gives_up = panics >= MAX_PANICS;
        deps.host.is_in_trouble(&agent, cause.copy(), gives_up);
        if gives_up {
            let unread = seat.close();
            unread.into_iter().for_each(|item| (item.ack)(Err(cause.copy())));
            deps.host.publish(Notification::Stopped { agent, cause: Arc::new(cause) });
            return Vec::new();
        }
        tokio::select! {
            biased;
            () = deps.stop.cancelled() => break,
            is_open = seat.wait_for_item() => if !is_open { break },
            () = tokio::time::sleep(backoff.next_delay()) => {}
        }
    }
    seat.close()
}

/// The result of one run.
struct Run {
    result: Result<(), StopCause>,
    /// Whether it has recorded anything besides the wake.
    has_progressed: bool,
}

/// `was_unreadable`: the store has failed the run before.
async fn run_once(deps: &RunnerDeps, agent: &AgentId, seat: &mut Seat<impl Inbox>, was_unreadable: bool) -> Run {
    let begun = AssertUnwindSafe(Runner::begin(deps.clone(), agent)).catch_unwind().await;
    let mut runner = match begun {
        Ok(Ok(runner)) => runner,
        Ok(Err(error)) => return Run { result: Err(error.into()), has_progressed: false },
        Err(panic) => return Run { result: Err(StopCause::Panic(panic_message(&*panic))), has_progressed: false },
    };
    if was_unreadable {
        deps.host.goes_on(agent);
    }
    let ran = AssertUnwindSafe(runner.run_loop(seat)).catch_unwind().await;
    let has_progressed = runner.progress().is_some();
    runner.end_work().await;
    let result = ran.unwrap_or_else(|panic| Err(StopCause::Panic(panic_message(&*panic))));
    Run { result, has_progressed }
}

/// The message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

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
    /// The next item; `None` once the inbox is closed and empty. Cancel-safe.
    pub(crate) async fn next_item(&mut self) -> Option<InboxItem> {
        if self.next.is_none() {
            self.wait_for_item().await;
        }
        self.next.take()
    }

    /// Returns false once the inbox is closed and empty.
    async fn wait_for_item(&mut self) -> bool {
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

    /// Tells the senders of the item under way and of one that waits for the next run. After a conflict the next run reads it.
    fn refuse(&mut self, cause: &StopCause) {
        self.acknowledge(Err(cause.copy()));
        if !matches!(cause, StopCause::Store(StoreError::Conflict { .. }))
            && let Some(item) = self.next.take()
        {
            (item.ack)(Err(cause.copy()));
        }
    }

    /// Closes the inbox and returns the unread items.
    fn close(&mut self) -> Vec<InboxItem> {
        self.is_open = false;
        self.next.take().into_iter().chain(self.inbox.close()).collect()
    }
}
