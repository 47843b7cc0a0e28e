//! Why a call to OpenCode failed.

use super::id::InvalidId;
use std::time::Duration;

/// Why a call to OpenCode failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenCodeError {
    /// The address is not one of a server on this computer.
    #[error("{0:?} is not an address of an OpenCode server")]
    InvalidAddress(String),
    /// No connection, or the connection broke: the server is not there, or it is starting or stopping.
    #[error("OpenCode cannot be reached")]
    Unreachable,
    /// No complete answer within the limit. The call may have had an effect.
    #[error("OpenCode did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The server has another password.
    #[error("OpenCode refused the password")]
    WrongPassword,
    /// The server is of another version than this client understands.
    #[error("this is OpenCode {found}, but GrowQR needs {wanted}")]
    WrongVersion {
        /// What the server said.
        found: String,
        /// The beginning of the accepted versions.
        wanted: &'static str,
    },
    /// The server runs, but cannot use its configuration.
    #[error("OpenCode cannot use its configuration: {0}")]
    Misconfigured(String),
    /// There is no such session, message, request or file.
    #[error("OpenCode does not have it: {0}")]
    NotFound(String),
    /// Any other refusal.
    #[error("OpenCode refused (status {status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the server said, shortened.
        message: String,
    },
    /// The answer is larger than the limit.
    #[error("OpenCode's answer is too large")]
    TooLarge,
    /// The answer is not what the call returns.
    #[error("OpenCode's answer cannot be read: {0}")]
    Unreadable(String),
    /// An id that cannot be put into an address.
    #[error(transparent)]
    InvalidId(#[from] InvalidId),
    /// A path that leaves the directory, or a directory that is not absolute.
    #[error("{0:?} is not a usable path")]
    InvalidPath(String),
    /// A title that could not be found again.
    #[error("{0:?} is not a usable session title")]
    InvalidTitle(String),
    /// The session did not become idle in time. It was not deleted.
    #[error("the session is still working")]
    StillBusy,
}

impl OpenCodeError {
    /// Whether the server failed with the call. A later look may succeed.
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        matches!(self, OpenCodeError::Refused { status: 500.., .. })
    }

    /// Whether the same call may succeed later without a change: the server starts, stops or is overloaded.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, OpenCodeError::Unreachable | OpenCodeError::TimedOut(_))
    }
}
