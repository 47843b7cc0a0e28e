//! Measuring, for benches.

use std::time::{Duration, Instant};

/// The time that `work` takes.
#[expect(clippy::disallowed_methods, reason = "a bench measures")]
pub fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// The time that `work` takes until it is done.
#[expect(clippy::disallowed_methods, reason = "a bench measures")]
pub async fn timed_async(work: impl AsyncFnOnce()) -> Duration {
    let start = Instant::now();
    work().await;
    start.elapsed()
}

/// The middle one of some times; zero if there are none.
pub fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.into_iter().collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A time in milliseconds, to print it.
#[must_use]
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_or_zero() {
        let times = [5, 1, 9].map(Duration::from_millis);
        assert!((milliseconds(median(times)) - 5.0).abs() < f64::EPSILON);
        assert_eq!(median([]), Duration::ZERO);
    }
}
