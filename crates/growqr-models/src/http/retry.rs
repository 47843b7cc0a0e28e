//! How often and how long a service is asked again, and what is read of an answer to decide it.

use growqr_core::model::Failure;
use reqwest::Response;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// How often and how long to try. Nothing is tried again once an answer has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all when the service is busy or fails.
    pub tries: u32,
    /// Tries in all when there is no connection.
    pub connect_tries: u32,
    /// The first back-off is a random time up to this; each next one up to twice as much.
    pub first_backoff: Duration,
    /// No back-off is longer.
    pub max_backoff: Duration,
    /// A `retry-after` longer than this is a failure instead.
    pub max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            tries: 8,
            connect_tries: 3,
            first_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(60),
            max_retry_after: Duration::from_secs(600),
        }
    }
}

impl RetryPolicy {
    /// The longest back-off before the retry with this number, 1 for the first.
    pub(super) fn backoff_limit(&self, retry: u32) -> Duration {
        self.first_backoff.saturating_mul(1 << retry.saturating_sub(1).min(20)).min(self.max_backoff)
    }
}

/// What is read of an answer before its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseHead {
    pub status: u16,
    pub retry_after_ms: Option<String>,
    pub retry_after: Option<String>,
    pub should_retry: Option<String>,
    pub request_id: Option<String>,
}

impl ResponseHead {
    /// Reads an answer's status and headers.
    pub fn of(response: &Response) -> ResponseHead {
        let headers = response.headers();
        ResponseHead {
            status: response.status().as_u16(),
            retry_after_ms: header(headers, "retry-after-ms"),
            retry_after: header(headers, "retry-after"),
            should_retry: header(headers, "x-should-retry"),
            request_id: request_id(headers),
        }
    }

    /// Whether the service may be asked again: as it says itself, or else by the status.
    pub fn is_retryable(&self) -> bool {
        match self.should_retry.as_deref() {
            Some("true") => true,
            Some("false") => false,
            _ => matches!(self.status, 408 | 409 | 429 | 500..),
        }
    }

    /// The wait that the service names. Only numbers are understood: no service here sends dates.
    pub fn requested_wait(&self) -> Option<Duration> {
        let number = |text: &Option<String>| text.as_deref()?.trim().parse::<f64>().ok().filter(|value| *value >= 0.0);
        let wait = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
        number(&self.retry_after_ms).and_then(|ms| wait(ms / 1000.0)).or_else(|| number(&self.retry_after).and_then(wait))
    }
}

/// A header's text.
pub(crate) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The service's id of a request, under either of the names in use.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    header(headers, "request-id").or_else(|| header(headers, "x-request-id"))
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RetryDecision {
    /// It will not get better by itself.
    Fail(Failure),
    /// Try again, after `after` if the service named a time; if no tries are left, it is this failure.
    Retry { after: Option<Duration>, reason: String, failure: Failure },
}

/// The service's words, short, in one line and without the key.
pub(crate) fn redact_and_shorten(words: &str, secret: &str) -> String {
    let shown = if secret.is_empty() { words.to_owned() } else { words.replace(secret, "(key)") };
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let most: Vec<u64> = (1..=8).map(|retry| policy.backoff_limit(retry).as_secs()).collect();
        assert_eq!(most, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(policy.backoff_limit(u32::MAX), policy.max_backoff);
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let head = |ms: Option<&str>, seconds: Option<&str>| ResponseHead {
            retry_after_ms: ms.map(str::to_owned),
            retry_after: seconds.map(str::to_owned),
            ..ResponseHead::default()
        };
        assert_eq!(head(Some("1500"), Some("9")).requested_wait(), Some(Duration::from_millis(1500)));
        assert_eq!(head(None, Some("2")).requested_wait(), Some(Duration::from_secs(2)));
        assert_eq!(head(Some("soon"), Some("-1")).requested_wait(), None);
    }

    #[test]
    fn a_key_repeated_by_the_service_is_redacted() {
        assert_eq!(redact_and_shorten("bad key  sk-secret\n!", "sk-secret"), "bad key (key) !");
    }
}
