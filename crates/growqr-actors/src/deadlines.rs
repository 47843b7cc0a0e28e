//! Settles asks at their deadlines: tells the agents whose asks are due.
//!
//! The agents are told at the same time, so that one that does not answer delays no other. An agent whose asks are still open and
//! due after it was told is told again after 1 s, 2 s, 4 s and so on, up to a minute: it could not be reached, it ignored the
//! input, or the clock was set back.

use crate::backoff::Backoff;
use crate::placement::{Placement, PostError};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use growqr_core::agent::Input;
use growqr_core::clock::{Clock, Timestamp};
use growqr_core::id::{AgentId, AskId};
use growqr_core::journal::{AskView, Asks};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The longest wait: the clock of the computer may be set meanwhile, and stands still while the computer sleeps.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Runs until stopped. An append that raises or settles asks notifies `changed`.
pub async fn run(
    placement: Arc<dyn Placement>,
    asks: Arc<dyn Asks>,
    clock: Arc<dyn Clock>,
    changed: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut deadlines = Deadlines {
        placement,
        asks,
        clock,
        attempts: BTreeMap::new(),
        posts: FuturesUnordered::new(),
        reading: Backoff::default(),
    };
    loop {
        let wait = tokio::select! {
            () = stop.cancelled() => return,
            wait = deadlines.tell_due() => wait,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => {}
            Some((agent, result)) = deadlines.posts.next() => deadlines.finish_attempt(&agent, result),
            () = tokio::time::sleep(wait.unwrap_or(MAX_WAIT)), if wait.is_some() => {}
        }
    }
}

struct Deadlines {
    placement: Arc<dyn Placement>,
    asks: Arc<dyn Asks>,
    clock: Arc<dyn Clock>,
    /// The agents that were told of asks that are still open and due.
    attempts: BTreeMap<AgentId, Attempt>,
    /// The inputs under way, at most one per agent.
    posts: FuturesUnordered<BoxFuture<'static, (AgentId, Result<(), PostError>)>>,
    /// Failures to read the asks.
    reading: Backoff,
}

struct Attempt {
    /// The asks that were due.
    asks: BTreeSet<AskId>,
    /// `None` while the input is under way.
    retry_at: Option<Instant>,
    backoff: Backoff,
}

impl Deadlines {
    /// Starts to tell each agent with a due ask. Returns the time to the next deadline or retry; `None` if there is none.
    async fn tell_due(&mut self) -> Option<Duration> {
        let now = self.clock.now();
        let open = match self.asks.open_asks().await {
            Ok(open) => open,
            Err(error) => {
                if self.reading.may_warn() {
                    tracing::warn!(%error, "the asks could not be read");
                }
                return Some(self.reading.next_delay());
            }
        };
        self.reading = Backoff::default();
        let (due, next_deadline) = due(open, now);
        self.attempts.retain(|agent, attempt| {
            attempt.retry_at.is_none() || due.get(agent).is_some_and(|asks| !asks.is_disjoint(&attempt.asks))
        });
        for (agent, asks) in due {
            self.tell(agent, asks);
        }
        let retries = self.attempts.values().filter_map(|attempt| attempt.retry_at);
        let next_retry = retries.min().map(|at| at.saturating_duration_since(Instant::now()));
        next_deadline.into_iter().chain(next_retry).min().map(|wait| wait.min(MAX_WAIT))
    }

    /// Tells an agent, unless it is being told or was told of the same asks a moment ago.
    fn tell(&mut self, agent: AgentId, asks: BTreeSet<AskId>) {
        let attempt = self.attempts.entry(agent.clone()).or_insert_with(|| Attempt {
            asks: BTreeSet::new(),
            retry_at: Some(Instant::now()),
            backoff: Backoff::default(),
        });
        match attempt.retry_at {
            None => return,
            Some(at) if at > Instant::now() && asks.is_subset(&attempt.asks) => return,
            Some(_) => {}
        }
        (attempt.asks, attempt.retry_at) = (asks, None);
        let placement = Arc::clone(&self.placement);
        self.posts.push(Box::pin(async move {
            let result = placement.post(&agent, Input::Deadline).await;
            (agent, result.map(drop))
        }));
    }

    /// Schedules the retry. The next reading of the asks cancels it if they are settled.
    fn finish_attempt(&mut self, agent: &AgentId, result: Result<(), PostError>) {
        let Some(attempt) = self.attempts.get_mut(agent) else { return };
        attempt.retry_at = Some(Instant::now() + attempt.backoff.next_delay());
        if let Err(error) = result
            && !matches!(error, PostError::Stopping)
            && attempt.backoff.may_warn()
        {
            tracing::warn!(%error, "an ask at its deadline could not be settled yet");
        }
    }
}

/// The asks that are due, by agent, and the time to the first of the later deadlines.
fn due(open: Vec<AskView>, now: Timestamp) -> (BTreeMap<AgentId, BTreeSet<AskId>>, Option<Duration>) {
    let (mut due, mut next): (BTreeMap<AgentId, BTreeSet<AskId>>, Option<i64>) = (BTreeMap::new(), None);
    for view in open {
        match view.ask.deadline {
            Some(deadline) if deadline <= now => drop(due.entry(view.agent).or_default().insert(view.ask.id)),
            Some(deadline) => next = Some(next.map_or(deadline.0, |next| next.min(deadline.0))),
            None => {}
        }
    }
    (due, next.map(|next| Duration::from_millis(u64::try_from(next.saturating_sub(now.0)).unwrap_or(0))))
}

#[cfg(test)]
mod tests;
