//! What all services behind HTTP have in common: a client, a limiter, retries with back-off, streams of events, and the
//! patience with silence. It knows no service: a [`Voice`] puts into words what one of them says, an [`Answer`] puts its
//! events together.

mod client;
mod limiter;
mod line;
mod pace;
mod place;
mod retry;
mod sse;

pub(crate) use line::{Answer, Line, LineConfig, OnDelta, Patience, StreamError, Voice, body_of, silent};
pub use pace::{Pace, RealPace};
pub(crate) use place::{Place, place};
pub use retry::RetryPolicy;
pub(crate) use retry::{Head, Verdict, tidy};

use growqr_core::model::{Failure, FailureKind};
use std::fmt;

/// An API key. Its `Debug` says nothing, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Takes a key as the person gave it; white space around it is not part of it.
    #[must_use]
    pub fn new(text: &str) -> Key {
        Key(text.trim().to_owned())
    }

    /// The key itself, for a header and for taking it out of a service's words.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A failure of this kind in these words.
pub(crate) fn failure(kind: FailureKind, message: &str, request_id: Option<String>) -> Failure {
    Failure { kind, message: message.to_owned(), request_id }
}
