//! Why signing in at a server failed. No text of a server is in it, and no secret.

use growqr_core::secret::SecretError;
use growqr_http::Cause;

/// Why signing in at a server failed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignInError {
    /// The server wants no sign-in.
    #[error("the server asks for no sign-in")]
    NotWanted,
    /// The server is a program, or has a key in its headers.
    #[error("only a server with an address, and without a key in the header Authorization, can be signed in to")]
    NoAddress,
    /// There is no answer.
    #[error("{host} cannot be reached: {cause}. (It is connected to directly, without the proxy of this computer)")]
    Unreachable {
        /// The host.
        host: String,
        /// The cause.
        cause: Cause,
    },
    /// There is no client for requests.
    #[error("no request can be made: {0}")]
    NoClient(String),
    /// The host leads to this computer or its network.
    #[error("{host} is an address of this computer or of a private network, which this server may not send sign-ins to")]
    Private {
        /// The host.
        host: String,
    },
    /// An address in a document cannot be used.
    #[error("the {what} that the server names cannot be used: {problem}")]
    Address {
        /// What the address is of.
        what: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An answer has an unexpected status.
    #[error("{host} answers with status {status}")]
    Status {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// An answer is no document of the expected kind, or too large.
    #[error("the answer of {host} cannot be read")]
    Unreadable {
        /// The host.
        host: String,
    },
    /// The server does not say where to sign in.
    #[error("the server wants a sign-in, and does not say where")]
    NoMetadata,
    /// The document of the server is about another server.
    #[error("the server describes another server instead of itself")]
    OtherResource,
    /// The document of the authorization server, or its answer in the browser, names another one.
    #[error("the answer comes from another authorization server than the one that the server names")]
    OtherIssuer,
    /// The authorization server does not protect the code.
    #[error("its authorization server does not support PKCE with S256, without which a sign-in can be stolen")]
    Pkce,
    /// The authorization server gives no codes.
    #[error("its authorization server does not offer the sign-in for programs (response type code)")]
    NoCode,
    /// No client can be registered.
    #[error("its authorization server registers no programs; register one there, and add the server again with --client-id")]
    NoRegistration,
    /// The person, or the authorization server, has refused.
    #[error("the sign-in was denied")]
    Denied,
    /// The authorization server has refused; its error code.
    #[error("its authorization server refused: {0}")]
    Refused(ErrorCode),
    /// The token cannot be sent.
    #[error("its authorization server gave a token of a kind that is not known")]
    TokenKind,
    /// The keychain, or the store, does not keep the sign-in.
    #[error(
        "the sign-in cannot be kept: {0}. Sign-ins are kept in the system's keychain only; unlock it or set it up, then try again"
    )]
    NotKept(String),
    /// The keychain still has the sign-in.
    #[error("the sign-in is still in the system's keychain: {0}")]
    StillKept(String),
    /// The server was removed or changed meanwhile.
    #[error("the server was removed or changed meanwhile")]
    Changed,
    /// Nobody came back from the browser in time.
    #[error("nobody came back from the browser in time")]
    TimedOut,
    /// No port of this computer can be opened for the browser.
    #[error("no port of this computer can be opened for the browser to come back to: {0}")]
    NoPort(String),
    /// Another attempt has begun, or the person has stopped it.
    #[error("the sign-in was stopped")]
    Stopped,
}

impl SignInError {
    /// Whether the same may succeed later without a change by the person.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            SignInError::Unreachable { .. } | SignInError::NoClient(_) => true,
            SignInError::Status { status, .. } => *status == 429 || *status >= 500,
            SignInError::Refused(code) => matches!(code.0.as_str(), "temporarily_unavailable" | "server_error" | "slow_down"),
            _ => false,
        }
    }
}

impl From<SecretError> for SignInError {
    fn from(error: SecretError) -> SignInError {
        SignInError::NotKept(error.to_string())
    }
}

/// An error code of OAuth, such as `invalid_grant`: lower-case letters and `_`, at most 40. Anything else a server sends is `unknown`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorCode(String);

impl ErrorCode {
    pub(crate) fn read(text: &str) -> ErrorCode {
        let is_code = (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        ErrorCode(if is_code { text } else { "unknown" }.to_owned())
    }

    /// Whether a refresh token with this answer is of no use any more.
    pub(crate) fn ends_sign_in(&self) -> bool {
        matches!(self.0.as_str(), "invalid_grant" | "invalid_client" | "unauthorized_client" | "access_denied")
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
