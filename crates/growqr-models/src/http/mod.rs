//! What all services behind HTTP have in common: a client, a limiter, retries with back-off, streams of events, and the
//! patience with silence. It knows no service: a [`ServiceErrors`] puts into words what one of them says, an [`ReplyBuilder`] puts its
//! events together.

mod client;
mod host_scope;
mod limiter;
mod retry;
mod service_client;
mod sse;
mod timer;

pub(crate) use host_scope::{HostScope, host_scope};
pub use retry::RetryPolicy;
pub(crate) use retry::{ResponseHead, RetryDecision, redact_and_shorten};
pub(crate) use service_client::{
    ClientConfig, OnDelta, ReplyBuilder, ServiceClient, ServiceErrors, StreamError, Timeouts, body_of, idle_timeout_failure,
};
pub use timer::{SystemTimer, Timer};

use growqr_core::model::{Failure, FailureKind};

/// A failure of this kind in these words.
pub(crate) fn failure(kind: FailureKind, message: &str, request_id: Option<String>) -> Failure {
    Failure { kind, message: message.to_owned(), request_id }
}
