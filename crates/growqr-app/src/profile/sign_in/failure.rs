//! Every error of signing in or out.

use growqr_auth::{BeginError, CallbackError, ConfigError, RefreshError, SignInError};

/// Why signing in or out failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInFailure {
    /// No sign-in service is configured.
    #[error("this GrowQR knows no sign-in service")]
    NotConfigured,
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The attempt could not begin.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The attempt failed.
    #[error(transparent)]
    Ended(#[from] SignInError),
    /// A link arrived that is not the answer to the attempt.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// The service was asked again and did not confirm the sign-in.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    Nobody,
    /// The person stopped the attempt.
    #[error("signing in was stopped")]
    Stopped,
    /// No account of that name has a profile here.
    #[error("nobody of that name has a profile on this computer")]
    Unknown,
    /// There is no open question to a new person.
    #[error("nobody new has signed in")]
    NothingAsked,
}
