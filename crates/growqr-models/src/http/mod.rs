//! HTTP code that all providers share: the client, the limiter, retries with back-off, server-sent events, idle timeouts.
//! It knows no service: each provider implements [`ServiceErrors`] and [`ReplyBuilder`].

mod body;
mod client;
mod config;
mod host_scope;
mod limiter;
mod read;
mod retry;
mod service;
mod service_client;
mod silence;
mod sse;
mod timer;

pub(crate) use body::BodyParser;
pub(crate) use config::ClientConfig;
pub(crate) use host_scope::{HostScope, host_scope};
pub(crate) use limiter::Permit;
pub(crate) use read::{Progress, ReplyBuilder, StreamError, Timeouts, idle_timeout_failure};
pub use retry::RetryPolicy;
pub(crate) use retry::{ResponseHead, RetryDecision, header, redact_and_shorten, request_id};
pub(crate) use service::{OnDelta, ServiceErrors, Stage};
pub(crate) use service_client::{ServiceClient, body_of};
pub use timer::{SystemTimer, Timer};

use growqr_core::model::{Failure, FailureKind};

/// Builds a [`Failure`].
pub(crate) fn failure(kind: FailureKind, message: &str, request_id: Option<String>) -> Failure {
    Failure { kind, message: message.to_owned(), request_id }
}
