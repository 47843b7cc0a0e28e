//! What differs between services: how their errors are to be taken.

use super::retry::{ResponseHead, RetryDecision};
use growqr_core::model::{Delta, Failure};
use serde_json::Value;

/// Callback for the parts of a reply as they arrive, and for retries.
pub(crate) type OnDelta<'a> = &'a (dyn Fn(Delta) + Send + Sync);

/// How far a reply has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Stage {
    /// Nothing has arrived, so nothing is billed.
    Early,
    /// A part of the reply has arrived, so it may be billed even without any content.
    Begun,
}

/// Turns the errors of one service into failures with a message for the user.
pub(crate) trait ServiceErrors: Send + Sync {
    /// The service's name, for use inside a sentence.
    fn service_name(&self) -> String;
    /// The service's name and address, for use inside a sentence.
    fn name_and_address(&self) -> String;
    /// What to do about a response whose status is not 200.
    fn classify(&self, head: &ResponseHead, body: &[u8]) -> RetryDecision;
    /// The failure for a connection that could not be opened.
    fn unreachable(&self, cause: &str) -> Failure;
    /// The failure for an error that came with status 200, at this stage of the reply.
    fn stream_error(&self, body: &Value, stage: Stage) -> Failure;
}
