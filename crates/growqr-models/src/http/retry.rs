//! The retry policy, and the response headers that decide about a retry.

use growqr_core::model::Failure;
use reqwest::Response;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// How often a request is sent and how long to wait in between. Nothing is retried once a reply has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in total when the service is busy or fails.
    pub tries: u32,
    /// Attempts in total when no connection can be opened.
    pub connect_tries: u32,
    /// Upper bound of the first back-off, which is random. Each further bound is twice the one before.
    pub first_backoff: Duration,
    /// Upper bound of every back-off.
    pub max_backoff: Duration,
    /// A longer `retry-after` is not waited for: the call fails.
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
    /// Upper bound of the back-off before this retry; the first retry is number 1.
    pub(super) fn backoff_limit(&self, retry: u32) -> Duration {
        self.first_backoff.saturating_mul(1 << retry.saturating_sub(1).min(20)).min(self.max_backoff)
    }
}

/// The status and the headers of a response that retries depend on.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseHead {
    pub status: u16,
    pub retry_after_ms: Option<String>,
    pub retry_after: Option<String>,
    pub should_retry: Option<String>,
    pub request_id: Option<String>,
}

impl ResponseHead {
    /// Reads them from a response.
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

    /// Whether the request may be sent again: as `x-should-retry` says, otherwise by the status.
    pub fn is_retryable(&self) -> bool {
        match self.should_retry.as_deref() {
            Some("true") => true,
            Some("false") => false,
            _ => matches!(self.status, 408 | 409 | 429 | 500..),
        }
    }

    /// The wait that the service asks for. Dates are not parsed: no service used here sends them.
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

/// The service's request id, under either of the two header names in use.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    header(headers, "request-id").or_else(|| header(headers, "x-request-id"))
}

/// What to do after an error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RetryDecision {
    /// Fail: a retry would not help.
    Fail(Failure),
    /// Send the request again, after the wait `after` if the service named one. Without attempts left, fail with `failure`. With
    /// `is_final_twice`, also fail if the failure before was the same.
    Retry { after: Option<Duration>, reason: String, failure: Failure, is_final_twice: bool },
}

/// Puts a message of the service on one line of at most 400 characters and replaces the key in it.
pub(crate) fn redact_and_shorten(message: &str, secret: &str) -> String {
    let shown = if secret.is_empty() { message.to_owned() } else { message.replace(secret, "(key)") };
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
