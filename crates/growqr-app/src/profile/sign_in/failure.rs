//! Every way in which signing in or out can fail.

use growqr_auth::{BeginError, CallbackError, ConfigError, RefreshError, SignInError};

/// Why signing in, or out, did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInFailure {
    /// No sign-in service is set.
    #[error("this GrowQR knows no sign-in service")]
    NotConfigured,
    /// What is set is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The attempt could not begin.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The attempt failed.
    #[error(transparent)]
    Ended(#[from] SignInError),
    /// A link came back that is not the answer.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// The service was asked again and did not confirm it.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    Nobody,
    /// The person stopped it.
    #[error("signing in was stopped")]
    Stopped,
    /// Nobody of that name has a profile here.
    #[error("nobody of that name has a profile on this computer")]
    Unknown,
    /// Nobody new waits for an answer.
    #[error("nobody new has signed in")]
    NothingAsked,
}
