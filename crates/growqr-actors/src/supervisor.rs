//! Keeps one agent running: starts its next run after a failure.
//!
//! If its journal cannot be read, the agent tries again without an end, with growing waits. After a panic it starts again from its
//! journal; if it panics again before it has recorded anything new, it gives up after a few tries, until its next input. Its host
//! knows why it cannot go on, and since when.

use crate::backoff::Backoff;
use crate::health::{StopCause, panic_message};
use crate::notification::Notification;
use crate::placement::{Inbox, InboxItem};
use crate::run_inbox::RunInbox;
use crate::runner::Runner;
pub use crate::runner::RunnerDeps;
use futures_util::FutureExt;
use growqr_core::id::AgentId;
use growqr_core::journal::StoreError;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// Number of panics without progress after which the agent gives up.
const MAX_PANICS: u32 = 3;

/// The first and the longest wait before the next run.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// Runs one agent until its inbox is closed and its work is done, it has given up, or the host stops. Returns the unread items:
/// they are for the agent's next run.
pub async fn run(deps: RunnerDeps, agent: AgentId, inbox: impl Inbox) -> Vec<InboxItem> {
    let mut inbox = RunInbox::new(inbox);
    let mut backoff = Backoff::new(FIRST_RETRY, LONGEST_RETRY);
    let (mut panics, mut conflicts) = (0, 0);
    let mut was_unreadable = false;
    loop {
        let Run { result, has_begun, has_progressed } = run_once(&deps, &agent, &mut inbox, was_unreadable).await;
        let Err(cause) = result else { break };
        if has_progressed {
            (panics, conflicts) = (0, 0);
            backoff.reset();
        }
        let is_conflict = matches!(cause, StopCause::Store(StoreError::Conflict { .. }));
        if is_conflict && has_begun && !deps.host.goes_on_after_conflict() {
            tracing::warn!(%agent, %cause, "an agent stops, since another process may have it");
            inbox.acknowledge(Err(cause));
            break;
        }
        // After another writer's entries, the next run continues at once; the second time in a row it waits.
        let goes_on_at_once = conflicts == 0 && is_conflict;
        inbox.refuse(&cause, goes_on_at_once);
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
        deps.host.report_trouble(&agent, cause.copy(), gives_up);
        if gives_up {
            let unread = inbox.close();
            unread.into_iter().for_each(|item| (item.ack)(Err(cause.copy())));
            deps.host.publish(Notification::Stopped { agent, cause: Arc::new(cause) });
            return Vec::new();
        }
        tokio::select! {
            biased;
            () = deps.stop.cancelled() => break,
            is_open = inbox.wait_for_item() => if !is_open { break },
            () = tokio::time::sleep(backoff.next_delay()) => {}
        }
    }
    inbox.close()
}

/// The result of one run.
struct Run {
    result: Result<(), StopCause>,
    /// Whether the journal was loaded, and its open work resumed.
    has_begun: bool,
    /// Whether it has recorded anything besides the wake.
    has_progressed: bool,
}

/// `was_unreadable`: the store has failed the run before.
async fn run_once(deps: &RunnerDeps, agent: &AgentId, inbox: &mut RunInbox<impl Inbox>, was_unreadable: bool) -> Run {
    let not_begun = |cause| Run { result: Err(cause), has_begun: false, has_progressed: false };
    let begun = AssertUnwindSafe(Runner::begin(deps.clone(), agent)).catch_unwind().await;
    let mut runner = match begun {
        Ok(Ok(runner)) => runner,
        Ok(Err(error)) => return not_begun(error.into()),
        Err(panic) => return not_begun(StopCause::Panic(panic_message(&*panic))),
    };
    if was_unreadable {
        deps.host.report_recovery(agent);
    }
    let ran = AssertUnwindSafe(runner.run_loop(inbox)).catch_unwind().await;
    let has_progressed = runner.progress().is_some();
    runner.end_work().await;
    let result = ran.unwrap_or_else(|panic| Err(StopCause::Panic(panic_message(&*panic))));
    Run { result, has_begun: true, has_progressed }
}
