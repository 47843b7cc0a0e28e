//! The limiter that all calls with one key share. It bounds how many calls run at once, gives agents their turn
//! round-robin, and pauses all calls after the service has asked for it.

use growqr_core::id::AgentId;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Shared by all calls with one key.
pub(crate) struct Limiter {
    state: Mutex<State>,
}

struct State {
    free: usize,
    /// Agents with waiting calls. The first agent gets the next permit and then moves to the end of the queue, so that no
    /// agent starves the others.
    waiting: VecDeque<(AgentId, VecDeque<oneshot::Sender<Permit>>)>,
    /// No call starts before this moment of the [`super::timer::Timer`].
    paused_until: Duration,
}

/// Permission to make one call. Dropping it passes the permission to the next waiting call.
pub(crate) struct Permit(Option<Arc<Limiter>>);

impl Limiter {
    pub fn new(max_concurrent: usize) -> Arc<Limiter> {
        let state = State { free: max_concurrent.max(1), waiting: VecDeque::new(), paused_until: Duration::ZERO };
        Arc::new(Limiter { state: Mutex::new(state) })
    }

    /// Waits for this agent's turn.
    pub async fn permit(self: &Arc<Self>, agent: &AgentId) -> Permit {
        let turn = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Permit(Some(self.clone()));
            }
            let (sender, turn) = oneshot::channel();
            match state.waiting.iter_mut().find(|(waiting, _)| waiting == agent) {
                Some((_, calls)) => calls.push_back(sender),
                None => state.waiting.push_back((agent.clone(), VecDeque::from([sender]))),
            }
            turn
        };
        turn.await.expect("a waiting call's sender is dropped only after it was used, and self is alive")
    }

    /// No call starts before `until`.
    pub fn pause_until(&self, until: Duration) {
        let mut state = self.lock();
        state.paused_until = state.paused_until.max(until);
    }

    /// The part of the pause that is left at `now`.
    pub fn pause_left(&self, now: Duration) -> Duration {
        self.lock().paused_until.saturating_sub(now)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<oneshot::Sender<Permit>> {
        let mut state = self.lock();
        while let Some((agent, mut calls)) = state.waiting.pop_front() {
            // Calls that were cancelled while they waited are skipped.
            let next = std::iter::from_fn(|| calls.pop_front()).find(|sender| !sender.is_closed());
            if !calls.is_empty() {
                state.waiting.push_back((agent, calls));
            }
            if next.is_some() {
                return next;
            }
        }
        state.free += 1;
        None
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(limiter) = self.0.take() else { return };
        while let Some(sender) = limiter.next() {
            match sender.send(Permit(Some(limiter.clone()))) {
                Ok(()) => return,
                // The call was cancelled just now. Empty the returned permit, so that its drop does not pass it on again.
                Err(mut unused) => unused.0 = None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn now<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_busy_agent_does_not_starve_the_others() {
        let limiter = Limiter::new(1);
        let (busy, other) = (AgentId::new("busy"), AgentId::new("other"));
        let running = now(pin!(limiter.permit(&busy))).unwrap();
        let (mut second, mut third, mut first_other) =
            (pin!(limiter.permit(&busy)), pin!(limiter.permit(&busy)), pin!(limiter.permit(&other)));
        assert!(now(second.as_mut()).is_none() && now(third.as_mut()).is_none() && now(first_other.as_mut()).is_none());
        drop(running);
        let running = now(second.as_mut()).unwrap();
        drop(running);
        assert!(now(third.as_mut()).is_none());
        assert!(now(first_other.as_mut()).is_some());
    }

    #[test]
    fn a_cancelled_wait_is_skipped() {
        let limiter = Limiter::new(1);
        let agent = AgentId::new("a");
        let running = now(pin!(limiter.permit(&agent))).unwrap();
        {
            let mut cancelled = pin!(limiter.permit(&agent));
            assert!(now(cancelled.as_mut()).is_none());
        }
        let mut next = pin!(limiter.permit(&agent));
        assert!(now(next.as_mut()).is_none());
        drop(running);
        drop(now(next.as_mut()).unwrap());
        assert!(now(pin!(limiter.permit(&agent))).is_some());
    }
}
