//! When a changed list of tools is read again. Some servers say that it has changed each time it is read.

use crate::connect_error::ListError;
use crate::connection::Caller;
use crate::listing::Listing;
use crate::server_name::ServerName;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The least time between two readings.
const PAUSE: Duration = Duration::from_secs(5);

/// With this many readings within the window, the server is not listened to any more.
const MAX_READINGS: usize = 20;
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// How long calls wait for a changed list.
const CALL_WAIT: Duration = Duration::from_secs(5);

/// The readings of a server's list in one run.
#[derive(Default)]
pub(crate) struct ListChanges {
    readings: VecDeque<Instant>,
    is_over: bool,
}

impl ListChanges {
    /// The server says that its list has changed: when to read it, or `None` if it says so all the time.
    pub(crate) fn on_change(&mut self, now: Instant) -> Option<Instant> {
        self.readings.retain(|at| now.duration_since(*at) < WINDOW);
        self.is_over |= self.readings.len() >= MAX_READINGS;
        if self.is_over {
            return None;
        }
        let at = self.readings.back().map_or(now, |last| now.max(*last + PAUSE));
        self.readings.push_back(at);
        Some(at)
    }

    /// Whether the server is listened to.
    pub(crate) fn is_listened_to(&self) -> bool {
        !self.is_over
    }
}

type Reading = Pin<Box<dyn Future<Output = Result<Listing, ListError>> + Send>>;

/// The list of a running server: it is read again some time after the server has said that it has changed.
#[derive(Default)]
pub(crate) struct ChangedList {
    changes: ListChanges,
    reading: Option<Reading>,
    /// Begins that reading at once.
    hurry: Arc<Notify>,
    /// Until when the calls wait that are waiting for that reading.
    calls_wait_until: Option<Instant>,
    /// Calls have waited for it long enough.
    is_late: bool,
}

impl ChangedList {
    /// Whether what the server says about changes counts now.
    pub(crate) fn is_listened_to(&self) -> bool {
        self.reading.is_none() && self.changes.is_listened_to()
    }

    /// Whether the list has changed, and calls wait until it is read.
    pub(crate) fn holds_up_calls(&self) -> bool {
        self.reading.is_some() && !self.is_late
    }

    /// The server says that its list has changed. `false` if it is not listened to any more, because it says so all the time.
    pub(crate) fn on_change(&mut self, caller: Caller, server: ServerName) -> bool {
        let Some(at) = self.changes.on_change(Instant::now()) else { return false };
        let hurry = Arc::new(Notify::new());
        (self.hurry, self.calls_wait_until, self.is_late) = (Arc::clone(&hurry), None, false);
        self.reading = Some(Box::pin(async move {
            // An error is the end of the wait.
            let _ = tokio::time::timeout_at(at, hurry.notified()).await;
            caller.list(&server).await
        }));
        true
    }

    /// A call waits for the list: it is read at once.
    pub(crate) fn hurry(&mut self) {
        self.hurry.notify_one();
        self.calls_wait_until.get_or_insert_with(|| Instant::now() + CALL_WAIT);
    }

    /// Waits for a reading and takes it away; waits for ever if there is none. `None` if it goes on, and no call waits for it any
    /// more. Cancel-safe.
    pub(crate) async fn read(&mut self) -> Option<Result<Listing, ListError>> {
        let Some(running) = &mut self.reading else { return std::future::pending().await };
        let until = self.calls_wait_until;
        let late = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            result = running => {
                (self.reading, self.calls_wait_until) = (None, None);
                Some(result)
            }
            () = late => {
                (self.calls_wait_until, self.is_late) = (None, true);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_changes_all_the_time_is_read_seldom_and_then_not_any_more() {
        let (began, mut changes) = (Instant::now(), ListChanges::default());
        assert_eq!(changes.on_change(began), Some(began), "the first at once");
        let mut now = began;
        let mut readings = 1;
        while let Some(at) = changes.on_change(now) {
            assert_eq!(at, began + PAUSE * readings);
            (now, readings) = (at, readings + 1);
        }
        assert_eq!(readings as usize, MAX_READINGS);
        assert!(!changes.is_listened_to() && changes.on_change(now + WINDOW * 2).is_none());
    }

    #[test]
    fn a_list_that_changes_now_and_then_is_always_read() {
        let (began, mut changes) = (Instant::now(), ListChanges::default());
        for hour in 0..100 {
            let now = began + Duration::from_secs(60 * 60) * hour;
            assert_eq!(changes.on_change(now), Some(now));
        }
    }
}
