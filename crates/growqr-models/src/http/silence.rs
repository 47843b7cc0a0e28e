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

    /// Awaits `future` until `deadline`. `text` is what the person is told after this many seconds, and the number of
    /// seconds after which it is given up: signs of life without a part of the reply have moved the deadline.
    pub async fn wait<F: Future>(
        &mut self,
        deadline: Instant,
        future: F,
        on_delta: OnDelta<'_>,
        text: impl Fn(u64, u64) -> String,
    ) -> Option<F::Output> {
        let mut future = pin!(future);
        loop {
            match timeout_at(self.next.min(deadline), future.as_mut()).await {
                Ok(output) => return Some(output),
                Err(_) if self.next >= deadline => return None,
                Err(_) => {
                    let limit = deadline.duration_since(self.since).as_secs();
                    on_delta(Delta::Waiting { reason: text(self.since.elapsed().as_secs(), limit) });
                    self.next += self.every;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[tokio::test(start_paused = true)]
    async fn signs_of_life_move_the_time_that_the_person_is_told() {
        let told = Mutex::new(Vec::new());
        let on_delta = |delta: Delta| {
            if let Delta::Waiting { reason } = delta {
                told.lock().unwrap().push(reason);
            }
        };
        let mut silence = Silence::new(Duration::from_secs(1));
        let text = |seconds, limit| format!("{seconds} of {limit}");
        let never = std::future::pending::<()>;
        // A sign of life arrives after a second, and moves the deadline.
        let sign_of_life = tokio::time::sleep(Duration::from_millis(1_300));
        let began = Instant::now();
        assert!(silence.wait(began + Duration::from_millis(1_900), sign_of_life, &on_delta, text).await.is_some());
        assert!(silence.wait(began + Duration::from_millis(2_500), never(), &on_delta, text).await.is_none());
        assert_eq!(*told.lock().unwrap(), ["1 of 1", "2 of 2"]);
    }
}
