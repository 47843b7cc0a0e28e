//! Tells the person regularly that a service is still silent.

use super::service::OnDelta;
use growqr_core::model::Delta;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A time without any part of the reply.
pub(crate) struct Silence {
    every: Duration,
    since: Instant,
    next: Instant,
}

impl Silence {
    /// Begins now. Until [`Silence::ended`], the person is told each time this much has passed.
    pub fn new(every: Duration) -> Silence {
        let since = Instant::now();
        Silence { every, since, next: since + every }
    }

    /// A part of the reply has arrived.
    pub fn ended(&mut self) {
        *self = Silence::new(self.every);
    }

    /// Awaits `future` until `deadline`. `text` is what the person is told after this many seconds.
    pub async fn wait<F: Future>(
        &mut self,
        deadline: Instant,
        future: F,
        on_delta: OnDelta<'_>,
        text: impl Fn(u64) -> String,
    ) -> Option<F::Output> {
        let mut future = pin!(future);
        loop {
            match timeout_at(self.next.min(deadline), future.as_mut()).await {
                Ok(output) => return Some(output),
                Err(_) if self.next >= deadline => return None,
                Err(_) => {
                    on_delta(Delta::Waiting { reason: text(self.since.elapsed().as_secs()) });
                    self.next += self.every;
                }
            }
        }
    }
}
