//! What an HTTP answer other than 200 means: wait and try again, or a failure in words for the person.

use growqr_core::model::{Failure, FailureKind};
use serde::Deserialize;
use std::time::Duration;

/// How often and how long to try. Nothing is tried again once an answer has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all when the service is busy or fails.
    pub tries: u32,
    /// Tries in all when there is no connection.
    pub connect_tries: u32,
    /// The first back-off is a random time up to this; each next one up to twice as much.
    pub first: Duration,
    /// No back-off is longer.
    pub cap: Duration,
    /// A `retry-after` longer than this is a failure instead.
    pub patience: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            tries: 8,
            connect_tries: 3,
            first: Duration::from_secs(1),
            cap: Duration::from_secs(60),
            patience: Duration::from_secs(600),
        }
    }
}

impl RetryPolicy {
    /// The longest back-off before the retry with this number, 1 for the first.
    pub(super) fn most(&self, retry: u32) -> Duration {
        self.first.saturating_mul(1 << retry.saturating_sub(1).min(20)).min(self.cap)
    }
}

/// What is read of an answer before its body.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub status: u16,
    pub retry_after_ms: Option<String>,
    pub retry_after: Option<String>,
    pub should_retry: Option<String>,
    pub request_id: Option<String>,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It will not get better by itself.
    Fail(Failure),
    /// Try again, after `after` if the service named a time; if no tries are left, it is this failure.
    Retry { after: Option<Duration>, reason: String, failure: Failure },
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error: ErrorFields,
    request_id: Option<String>,
}

#[derive(Default, Deserialize)]
struct ErrorFields {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    error_code: Option<String>,
}

/// Judges an answer whose status is not 200. `secret` is taken out of the service's words, should it repeat it.
pub(super) fn judge(head: &Head, body: &[u8], model: &str, secret: &str) -> Verdict {
    let parsed: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    let error = parsed.error;
    let kind = kind(head.status, &error);
    let words = tidy(&error.message, secret);
    let failure = Failure {
        kind,
        message: sentence(kind, head.status, model, &words),
        request_id: head.request_id.clone().or(parsed.request_id),
    };
    let by_status = matches!(head.status, 408 | 409 | 429 | 500..);
    let again = match head.should_retry.as_deref() {
        Some("true") => true,
        Some("false") => false,
        _ => by_status,
    };
    // A spent budget does not come back by waiting, whatever a header says.
    if !again || kind == FailureKind::NoCredit {
        return Verdict::Fail(failure);
    }
    Verdict::Retry { after: named_wait(head), reason: reason(head.status), failure }
}

fn kind(status: u16, error: &ErrorFields) -> FailureKind {
    let says = |fragment: &str| error.message.contains(fragment);
    let spent = says("You have reached your") && (says("API usage limits") || says("spend limit"))
        || error.details.as_ref().and_then(|details| details.error_code.as_deref()) == Some("enforced_spend_limit_reached");
    match status {
        402 => FailureKind::NoCredit,
        _ if spent || says("credit balance is too low") => FailureKind::NoCredit,
        400 if says("prompt is too long") || says("exceed context limit") => FailureKind::PromptTooLong,
        401 | 403 => FailureKind::Key,
        404 if error.kind == "not_found_error" && says("model") => FailureKind::UnknownModel,
        413 => FailureKind::TooLarge,
        429 | 529 => FailureKind::Busy,
        408 | 409 | 500.. => FailureKind::Unavailable,
        _ => FailureKind::Rejected,
    }
}

fn sentence(kind: FailureKind, status: u16, model: &str, words: &str) -> String {
    let start = match kind {
        FailureKind::Key if status == 403 => "Anthropic does not allow this key to do that".to_owned(),
        FailureKind::Key => "Anthropic does not accept the API key; check it, or add another".to_owned(),
        FailureKind::NoCredit => "The Anthropic account has no credit left, or its spend limit is reached".to_owned(),
        FailureKind::PromptTooLong => "The conversation is too long for this model".to_owned(),
        FailureKind::TooLarge => "The request is too large for Anthropic".to_owned(),
        FailureKind::UnknownModel => format!("Anthropic has no model {model:?}"),
        FailureKind::Busy if status == 529 => "Anthropic is overloaded".to_owned(),
        FailureKind::Busy => "Anthropic limits how fast this key may ask".to_owned(),
        FailureKind::Unavailable => format!("Anthropic fails at the moment (HTTP {status})"),
        _ => format!("Anthropic refused the request (HTTP {status})"),
    };
    if words.is_empty() { format!("{start}.") } else { format!("{start}: {words}") }
}

fn reason(status: u16) -> String {
    match status {
        429 => "rate limited".to_owned(),
        529 => "overloaded".to_owned(),
        other => format!("HTTP {other}"),
    }
}

/// The service's words, short, in one line and without the key.
pub(super) fn tidy(words: &str, secret: &str) -> String {
    let shown = if secret.is_empty() { words.to_owned() } else { words.replace(secret, "(key)") };
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The wait that the service names. Only numbers are understood; it sends no dates.
fn named_wait(head: &Head) -> Option<Duration> {
    let number = |text: &Option<String>| text.as_deref()?.trim().parse::<f64>().ok().filter(|value| *value >= 0.0);
    let wait = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
    number(&head.retry_after_ms).and_then(|ms| wait(ms / 1000.0)).or_else(|| number(&head.retry_after).and_then(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let most: Vec<u64> = (1..=8).map(|retry| policy.most(retry).as_secs()).collect();
        assert_eq!(most, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(policy.most(u32::MAX), policy.cap);
    }

    #[test]
    fn the_named_wait_is_read_in_both_forms() {
        let head = |ms: Option<&str>, seconds: Option<&str>| Head {
            retry_after_ms: ms.map(str::to_owned),
            retry_after: seconds.map(str::to_owned),
            ..Head::default()
        };
        assert_eq!(named_wait(&head(Some("1500"), Some("9"))), Some(Duration::from_millis(1500)));
        assert_eq!(named_wait(&head(None, Some("2"))), Some(Duration::from_secs(2)));
        assert_eq!(named_wait(&head(Some("soon"), Some("-1"))), None);
    }

    #[test]
    fn a_key_that_the_service_repeats_is_taken_out() {
        assert_eq!(tidy("bad key  sk-secret\n!", "sk-secret"), "bad key (key) !");
    }
}
