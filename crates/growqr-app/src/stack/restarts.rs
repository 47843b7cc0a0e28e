//! How often and when a container that dies is started again.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Deaths within [`WINDOW`] after which a container is not started again.
const LIMIT: usize = 5;

/// Older deaths are forgotten.
const WINDOW: Duration = Duration::from_secs(600);

/// The longest wait before a start.
const LONGEST: Duration = Duration::from_secs(60);

/// The deaths of one container.
#[derive(Debug, Default)]
pub(crate) struct Restarts {
    deaths: VecDeque<Instant>,
    /// It died too often, and stays so until the person orders a start: then these deaths are forgotten as a whole.
    is_given_up: bool,
    reason: Option<String>,
}

/// Whether a container is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Now.
    Start,
    /// After this time.
    Wait(Duration),
    /// Only when the person tries again.
    GiveUp,
}

impl Restarts {
    /// The container has died.
    pub(crate) fn died(&mut self, reason: String, now: Instant) {
        self.deaths.push_back(now);
        self.reason = Some(reason);
    }

    /// Whether it is started: after 1, 2, 4, … seconds, and no more after [`LIMIT`] deaths.
    pub(crate) fn verdict(&mut self, now: Instant) -> Verdict {
        if self.is_given_up {
            return Verdict::GiveUp;
        }
        while self.deaths.front().is_some_and(|death| now.duration_since(*death) > WINDOW) {
            self.deaths.pop_front();
        }
        let Some(last) = self.deaths.back() else { return Verdict::Start };
        if self.deaths.len() > LIMIT {
            self.is_given_up = true;
            return Verdict::GiveUp;
        }
        let doublings = u32::try_from(self.deaths.len() - 1).unwrap_or(u32::MAX);
        let pause = Duration::from_secs(1).saturating_mul(1 << doublings.min(10)).min(LONGEST);
        match pause.checked_sub(now.duration_since(*last)) {
            Some(left) if !left.is_zero() => Verdict::Wait(left),
            _ => Verdict::Start,
        }
    }

    /// When the next start after a death is due: zero if it could have begun by now. `None` without a death, or if it was given up.
    pub(crate) fn next_start(&mut self, now: Instant) -> Option<Duration> {
        match self.verdict(now) {
            Verdict::Wait(wait) => Some(wait),
            Verdict::Start if !self.deaths.is_empty() => Some(Duration::ZERO),
            Verdict::Start | Verdict::GiveUp => None,
        }
    }

    /// How often it has died lately.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.deaths.len()).unwrap_or(u32::MAX)
    }

    /// Why it died last.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_death_waits_longer_and_too_many_end_the_attempts() {
        let (mut restarts, start) = (Restarts::default(), Instant::now());
        assert_eq!(restarts.verdict(start), Verdict::Start);
        for (death, seconds) in [1, 2, 4, 8, 16].into_iter().enumerate() {
            let at = start + Duration::from_secs(death as u64 * 30);
            restarts.died("it was killed".to_owned(), at);
            assert_eq!(restarts.verdict(at), Verdict::Wait(Duration::from_secs(seconds)));
            assert_eq!(restarts.verdict(at + Duration::from_secs(seconds)), Verdict::Start);
        }
        restarts.died("it was killed".to_owned(), start + Duration::from_secs(150));
        assert_eq!(restarts.verdict(start + Duration::from_secs(400)), Verdict::GiveUp);
        assert_eq!((restarts.count(), restarts.reason()), (6, Some("it was killed")));
    }

    #[test]
    fn a_start_that_is_due_is_still_to_come() {
        let (mut restarts, start) = (Restarts::default(), Instant::now());
        assert_eq!(restarts.next_start(start), None);
        restarts.died("it was killed".to_owned(), start);
        assert_eq!(restarts.next_start(start), Some(Duration::from_secs(1)));
        // The round that has seen the death took longer than the pause.
        assert_eq!(restarts.next_start(start + Duration::from_secs(3)), Some(Duration::ZERO));
        for _ in 0..5 {
            restarts.died("it was killed".to_owned(), start);
        }
        assert_eq!(restarts.next_start(start + Duration::from_secs(500)), None);
    }

    #[test]
    fn old_deaths_are_forgotten_unless_it_was_given_up() {
        let (mut restarts, start) = (Restarts::default(), Instant::now());
        let later = start + WINDOW + Duration::from_secs(1);
        for _ in 0..5 {
            restarts.died("it was killed".to_owned(), start);
        }
        assert!(matches!(restarts.verdict(start), Verdict::Wait(_)));
        assert_eq!((restarts.verdict(later), restarts.count()), (Verdict::Start, 0));
        for _ in 0..6 {
            restarts.died("it was killed".to_owned(), later);
        }
        assert_eq!(restarts.verdict(later), Verdict::GiveUp);
        assert_eq!((restarts.verdict(later + WINDOW * 2), restarts.count()), (Verdict::GiveUp, 6));
    }
}
