//! When a changed list of tools is read again. Some servers say that it has changed each time it is read.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The least time between two readings.
const PAUSE: Duration = Duration::from_secs(5);

/// With this many readings within the window, the server is not listened to any more.
const MAX_READINGS: usize = 20;
const WINDOW: Duration = Duration::from_secs(10 * 60);

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
