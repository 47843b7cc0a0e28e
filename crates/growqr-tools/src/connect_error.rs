//! Why a server, or a call to it, failed: in words that name the cause.

use crate::bounded_text::{SHOWN_BYTES, cut};
use crate::process::StartError;
use rmcp::ServiceError;
use rmcp::service::ClientInitializeError;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use std::time::Duration;

/// Why a server cannot be used now.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConnectError {
    /// The program does not exist or cannot be started.
    #[error("{0}")]
    NotStarted(String),
    /// It ended before it introduced itself. Its last words, if it had any.
    #[error("it ended at once{}", said(.0))]
    Ended(String),
    /// It ended, or closed its output, after it had introduced itself. Its last words, if it had any.
    #[error("it ended, or closed the connection{}", said(.0))]
    Gone(String),
    /// Its tools cannot be read.
    #[error("it does not list its tools: {0}")]
    NoTools(String),
    /// The person is removing it.
    #[error("it is being removed")]
    Removed,
    /// It did not introduce itself in time.
    #[error("it did not answer for {} s{}", .0.as_secs(), said(.1))]
    Silent(Duration, String),
    /// It demands a sign-in or another key.
    #[error("it refuses the key, or wants one: {0}")]
    Unauthorized(String),
    /// The person must sign in there; why.
    #[error("{0}")]
    NeedsSignIn(String),
    /// Its address cannot be used.
    #[error("its address cannot be used: {0}")]
    Address(String),
    /// The values that its program or address needs cannot be read from the keychain.
    #[error("its keys cannot be read: {0}")]
    Keys(String),
    /// Anything else, in the words of the server or of the network.
    #[error("{0}")]
    Other(String),
}

fn said(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("; it said: {words}") }
}

impl ConnectError {
    /// Whether trying again without a change by the person is in vain.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            ConnectError::NotStarted(_) | ConnectError::Unauthorized(_) | ConnectError::NeedsSignIn(_) | ConnectError::Address(_)
        )
    }
}

/// Why a connection was not opened in one of the two ways.
pub(crate) enum OpenError {
    /// The server does not know this way to begin.
    Handshake,
    /// It closed the connection.
    Ended,
    Because(ConnectError),
}

impl From<StartError> for OpenError {
    fn from(error: StartError) -> OpenError {
        OpenError::Because(ConnectError::NotStarted(error.to_string()))
    }
}

impl From<ConnectError> for OpenError {
    fn from(error: ConnectError) -> OpenError {
        OpenError::Because(error)
    }
}

impl From<ClientInitializeError> for OpenError {
    fn from(error: ClientInitializeError) -> OpenError {
        if error.is_authorization_required() || error.auth_challenge().is_some() {
            return OpenError::Because(ConnectError::Unauthorized(error.to_string()));
        }
        match error {
            ClientInitializeError::TransportError { error, .. } if is_unchallenged(&error) => {
                OpenError::Because(ConnectError::Unauthorized(in_words(&error)))
            }
            ClientInitializeError::ConnectionClosed(_) => OpenError::Ended,
            ClientInitializeError::JsonRpcError(_) => OpenError::Handshake,
            // Its `source()` is not the error of the transport.
            ClientInitializeError::TransportError { error, .. } => OpenError::Because(ConnectError::Other(in_words(&error))),
            other => OpenError::Because(ConnectError::Other(in_words(&other))),
        }
    }
}

/// Whether a server refuses a request with status 401, and does not say in a header what it wants.
pub(crate) fn is_refused_without_challenge(error: &StreamableHttpError<reqwest::Error>) -> bool {
    match error {
        // The words of `rmcp` for every status that has no kind of its own.
        StreamableHttpError::UnexpectedServerResponse(words) => words.starts_with("HTTP 401"),
        StreamableHttpError::Client(error) => error.status() == Some(reqwest::StatusCode::UNAUTHORIZED),
        _ => false,
    }
}

/// The same of the error that a connection was not opened for.
fn is_unchallenged(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut errors = std::iter::successors(Some(error), |error| error.source());
    errors.any(|error| error.downcast_ref().is_some_and(is_refused_without_challenge))
}

/// A failed connection in words: the cause in the network, or else the innermost error that has its own words.
fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
            return match failure {
                StreamableHttpError::Client(error) => format!("it cannot be reached: {}", growqr_http::Cause::of(error)),
                StreamableHttpError::Io(error) => error.to_string(),
                other => other.to_string(),
            };
        }
        words = error.to_string();
        next = error.source();
    }
    words
}

/// Why the tools of a server cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    #[error("{0}")]
    Failed(String),
    #[error("the list is not finished after {} s", .0.as_secs())]
    Silent(Duration),
    #[error("its answer has no list of tools")]
    NoList,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Nothing has happened.
    #[error("the call could not be sent: {0}")]
    NotSent(String),
    /// The server has answered with an error.
    #[error("the server refused the call: {0}")]
    Refused(String),
    /// There was no sign of progress for this long.
    #[error("the server did not finish within {} s, and was told to stop", .0.as_secs())]
    Silent(Duration),
    /// The connection ended before the answer.
    #[error("the server ended during the call")]
    Gone,
    /// The answer is no JSON.
    #[error("the answer cannot be read")]
    Unreadable,
    /// Anything else.
    #[error("the call failed: {0}")]
    Failed(String),
}

impl CallError {
    pub(crate) fn not_sent(error: ServiceError) -> CallError {
        if error.is_authorization_required() {
            return CallError::NotSent("the server wants the person to sign in first".to_owned());
        }
        match error {
            ServiceError::TransportClosed => CallError::NotSent("the server has closed the connection".to_owned()),
            other => CallError::NotSent(cut(&in_words(&other), SHOWN_BYTES)),
        }
    }

    pub(crate) fn unanswered(error: ServiceError) -> CallError {
        match error {
            ServiceError::McpError(refusal) => CallError::Refused(refusal.message.into_owned()),
            error if error.is_authorization_required() => CallError::not_sent(error),
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => CallError::Gone,
            other => CallError::Failed(cut(&in_words(&other), SHOWN_BYTES)),
        }
    }

    /// The words for the model. `last_words` are those of the server in this call.
    pub(crate) fn for_model(&self, last_words: &str) -> String {
        const MAY_HAVE: &str = "It may have happened all the same: check before you call it again";
        match self {
            CallError::Refused(_) => self.to_string(),
            CallError::NotSent(_) => format!("{self}, so nothing has happened"),
            CallError::Gone => format!("{self}{}. {MAY_HAVE}", said(last_words)),
            CallError::Silent(_) | CallError::Unreadable | CallError::Failed(_) => format!("{self}. {MAY_HAVE}"),
        }
    }
}
