//! Every error of signing in or out.

use growqr_auth::{BeginError, CallbackError, ConfigError, RefreshError, SignInError};

/// Why signing in or out failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInFailure {
    /// No sign-in service is configured.
    #[error("no sign-in service is configured")]
    NotConfigured,
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The attempt could not begin.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The attempt failed.
    #[error(transparent)]
    AttemptFailed(#[from] SignInError),
    /// A link arrived that is not the answer to the attempt.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// The service was asked again and did not confirm the sign-in.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// The person stopped the attempt.
    #[error("signing in was stopped")]
    Stopped,
    /// No account of that name has a profile here.
    #[error("no account of that name has a profile on this computer")]
    UnknownAccount,
    /// There is no open question to a new person.
    #[error("no new person is waiting for an answer about the local profile")]
    NoOpenQuestion,
}
