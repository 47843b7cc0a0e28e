//! Refused requests, in the error format of the Messages API.

use growqr_core::limits::LimitReached;
use growqr_core::model::{Failure, FailureKind};
use serde_json::{Value, json};

/// Why a request gets no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, kind, message: message.into() }
    }

    pub fn token() -> Refusal {
        Refusal::new(401, "authentication_error", "The token is missing or not valid.")
    }

    /// Not retried: the status stands for a missing permission.
    pub fn session() -> Refusal {
        Refusal::new(403, "permission_error", "GrowQR does not know this session, so nobody pays for its model calls.")
    }

    /// Not retried: the status stands for a missing permission.
    pub fn limit(limit: LimitReached) -> Refusal {
        let limit = match limit {
            LimitReached::Allowance => "its allowance",
            LimitReached::PerMessage => "the budget for one message",
            LimitReached::PerDay => "the budget of the day",
            LimitReached::PerMonth => "the budget of the month",
            LimitReached::Calls => "the number of model calls in one turn",
            LimitReached::TreeCalls => "the number of model calls of all agents for one message",
            LimitReached::TreeTokens => "the number of tokens of all agents for one message",
        };
        Refusal::new(403, "permission_error", format!("This agent has reached a limit: {limit}."))
    }

    pub fn unknown_path() -> Refusal {
        Refusal::new(404, "not_found_error", "There is nothing at this address.")
    }

    pub fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "invalid_request_error", message)
    }

    pub fn too_large(limit: usize) -> Refusal {
        Refusal::new(413, "request_too_large", format!("The request is larger than {limit} bytes."))
    }

    pub fn body_too_slow() -> Refusal {
        Refusal::new(408, "timeout_error", "The request did not arrive in time.")
    }

    pub fn too_many_calls() -> Refusal {
        Refusal::new(429, "rate_limit_error", "Too many model calls run at the same time.")
    }

    /// Retried: the other requests end.
    pub fn no_room() -> Refusal {
        Refusal::new(429, "rate_limit_error", "The other model calls that run now are too large for another one of this size.")
    }

    pub fn unavailable(message: impl Into<String>) -> Refusal {
        Refusal::new(503, "api_error", message)
    }

    pub fn stopping() -> Refusal {
        Refusal::unavailable("GrowQR is closing.")
    }

    /// The refusal for a call that the provider did not answer.
    pub fn failed(failure: &Failure) -> Refusal {
        let (status, kind) = match failure.kind {
            FailureKind::Key => (401, "authentication_error"),
            FailureKind::NoCredit => (403, "permission_error"),
            FailureKind::Rejected | FailureKind::PromptTooLong | FailureKind::PastRefused => (400, "invalid_request_error"),
            FailureKind::TooLarge => (413, "request_too_large"),
            FailureKind::UnknownModel => (404, "not_found_error"),
            FailureKind::Busy => (429, "rate_limit_error"),
            FailureKind::Unavailable | FailureKind::Offline => (503, "api_error"),
            FailureKind::Broken | FailureKind::Aborted | FailureKind::Interrupted => (502, "api_error"),
        };
        // These words make the program in the container shorten its conversation.
        let start = if failure.kind == FailureKind::PromptTooLong { "prompt is too long: " } else { "" };
        Refusal::new(status, kind, format!("{start}{}", failure.message))
    }

    /// The JSON object.
    pub fn json(&self) -> Value {
        json!({"type": "error", "error": {"type": self.kind, "message": self.message}})
    }

    /// An event that ends a stream.
    pub fn event(&self) -> Vec<u8> {
        format!("event: error\ndata: {}\n\n", self.json()).into_bytes()
    }
}
