//! Why a server, or a call to it, failed: in words that name the cause.

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
    /// It did not introduce itself in time.
    #[error("it did not answer for {} s{}", .0.as_secs(), said(.1))]
    Silent(Duration, String),
    /// It demands a sign-in or another key.
    #[error("it refuses the key, or wants one: {0}")]
    Unauthorized(String),
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
        matches!(self, ConnectError::NotStarted(_) | ConnectError::Unauthorized(_) | ConnectError::Address(_))
    }
}

/// Why a connection was not opened in one of the two ways.
pub(crate) enum Refused {
    /// The server does not know this way to begin.
    Handshake,
    /// It closed the connection.
    Ended,
    Because(ConnectError),
}

impl From<StartError> for Refused {
    fn from(error: StartError) -> Refused {
        Refused::Because(ConnectError::NotStarted(error.to_string()))
    }
}

impl From<ConnectError> for Refused {
    fn from(error: ConnectError) -> Refused {
        Refused::Because(error)
    }
}

impl From<ClientInitializeError> for Refused {
    fn from(error: ClientInitializeError) -> Refused {
        if error.is_authorization_required() || error.auth_challenge().is_some() {
            return Refused::Because(ConnectError::Unauthorized(error.to_string()));
        }
        match error {
            ClientInitializeError::ConnectionClosed(_) => Refused::Ended,
            ClientInitializeError::JsonRpcError(_) => Refused::Handshake,
            // Its `source()` is not the error of the transport.
            ClientInitializeError::TransportError { error, .. } => Refused::Because(ConnectError::Other(in_words(&error))),
            other => Refused::Because(ConnectError::Other(in_words(&other))),
        }
    }
}

/// A failed connection in words: the cause in the network, or else the innermost error that has its own words.
fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
            return match failure {
                StreamableHttpError::Client(error) => format!("it cannot be reached: {}", growqr_http::Cause::of(error)),
                other => other.to_string(),
            };
        }
        words = error.to_string();
        next = error.source();
    }
    words
}

/// The words for the model about a call that failed. `ended` are the last words of a server that is gone.
pub(crate) fn call_failure(error: &ServiceError, ended: &str) -> String {
    const MAY_HAVE: &str = "It may have happened all the same: check before you call it again";
    match error {
        ServiceError::McpError(refusal) => format!("the server refused the call: {}", refusal.message),
        ServiceError::Timeout { timeout } => {
            format!("the server did not finish within {} s, and was told to stop. {MAY_HAVE}", timeout.as_secs())
        }
        ServiceError::TransportClosed | ServiceError::Cancelled { .. } => {
            format!("the server ended during the call{}. {MAY_HAVE}", said(ended))
        }
        other => format!("the call failed: {}. {MAY_HAVE}", in_words(other)),
    }
}
