//! What all services behind HTTP have in common: a client, a limiter, retries with back-off, streams of events, and the
//! patience with silence. It knows no service: a [`Voice`] puts into words what one of them says, an [`Answer`] puts its
//! events together.

mod client;
mod config;
mod limiter;
mod line;
mod pace;
mod place;
mod retry;
mod sse;

pub(crate) use config::LineConfig;
pub(crate) use line::{Answer, Line, OnDelta, Patience, StreamError, Voice, body_of, silent};
pub use pace::{Pace, RealPace};
pub(crate) use place::{Place, place};
pub use retry::RetryPolicy;
pub(crate) use retry::{Head, Verdict, tidy};

use growqr_core::model::{Failure, FailureKind};

/// A failure of this kind in these words.
pub(crate) fn failure(kind: FailureKind, message: &str, request_id: Option<String>) -> Failure {
    Failure { kind, message: message.to_owned(), request_id }
}
