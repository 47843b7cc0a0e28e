//! Classifies responses whose status is not 200: retry, or a failure with a message for the user.

use crate::http::{ResponseHead, RetryDecision, redact_and_shorten};
use growqr_core::model::{Failure, FailureKind};
use serde::Deserialize;

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

/// Classifies an error response. `secret` is the key; it is redacted if the service repeats it in its message.
pub(super) fn classify(head: &ResponseHead, body: &[u8], model: &str, secret: &str) -> RetryDecision {
    let parsed: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    let error = parsed.error;
    let kind = kind(head.status, &error);
    let service_message = redact_and_shorten(&error.message, secret);
    let failure = Failure {
        kind,
        message: sentence(kind, head.status, model, &service_message),
        request_id: head.request_id.clone().or(parsed.request_id),
    };
    // Waiting does not restore a spent budget, even if a header asks for a retry.
    if !head.is_retryable() || kind == FailureKind::NoCredit {
        return RetryDecision::Fail(failure);
    }
    RetryDecision::Retry { after: head.requested_wait(), reason: reason(head.status), failure }
}

fn kind(status: u16, error: &ErrorFields) -> FailureKind {
    let says = |fragment: &str| error.message.contains(fragment);
    let spent = says("You have reached your") && (says("API usage limits") || says("spend limit"))
        || error.details.as_ref().and_then(|details| details.error_code.as_deref()) == Some("enforced_spend_limit_reached");
    match status {
        402 => FailureKind::NoCredit,
        _ if spent || says("credit balance is too low") => FailureKind::NoCredit,
        400 if says("prompt is too long") || says("exceed context limit") => FailureKind::PromptTooLong,
        400 if says("`signature` in `thinking`") => FailureKind::PastRefused,
        401 | 403 => FailureKind::Key,
        404 if error.kind == "not_found_error" && says("model") => FailureKind::UnknownModel,
        413 => FailureKind::TooLarge,
        429 | 529 => FailureKind::Busy,
        408 | 409 | 500.. => FailureKind::Unavailable,
        _ => FailureKind::Rejected,
    }
}

/// The message for the user: what failed, followed by the service's own message.
fn sentence(kind: FailureKind, status: u16, model: &str, service_message: &str) -> String {
    let start = match kind {
        FailureKind::Key if status == 403 => "Anthropic does not allow this key to do that".to_owned(),
        FailureKind::Key => "Anthropic does not accept the API key; check it, or add another".to_owned(),
        FailureKind::NoCredit => "The Anthropic account has no credit left, or its spend limit is reached".to_owned(),
        FailureKind::PromptTooLong => "The conversation is too long for this model".to_owned(),
        FailureKind::PastRefused => "Anthropic no longer accepts the earlier messages of this conversation".to_owned(),
        FailureKind::TooLarge => "The request is too large for Anthropic".to_owned(),
        FailureKind::UnknownModel => format!("Anthropic has no model {model:?}"),
        FailureKind::Busy if status == 529 => "Anthropic is overloaded".to_owned(),
        FailureKind::Busy => "The rate limit of Anthropic for this key is reached".to_owned(),
        FailureKind::Unavailable => format!("Anthropic has a temporary problem (HTTP {status})"),
        _ => format!("Anthropic refused the request (HTTP {status})"),
    };
    if service_message.is_empty() { format!("{start}.") } else { format!("{start}: {service_message}") }
}

fn reason(status: u16) -> String {
    match status {
        429 => "rate limited".to_owned(),
        529 => "overloaded".to_owned(),
        other => format!("HTTP {other}"),
    }
}
