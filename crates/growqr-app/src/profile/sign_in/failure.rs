//! Every error of signing in or out.

use super::cause;
use growqr_auth::{BeginError, CallbackError, ConfigError, RefreshError, SignInError};
use growqr_wire::{Error, ErrorCode};

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

impl From<SignInFailure> for Error {
    fn from(failure: SignInFailure) -> Error {
        let error = Error::new(ErrorCode::SignIn, failure.to_string());
        match failure {
            SignInFailure::NotConfigured => {
                error.next("Set CLERK_PUBLISHABLE_KEY and CLERK_OAUTH_CLIENT_ID. Everything on this computer works without it.")
            }
            SignInFailure::Config(_) => error.next("Correct it in the environment or in config.toml, or remove it."),
            SignInFailure::Begin(BeginError::Discovery(source)) => cause::discovery(source),
            SignInFailure::Refresh(RefreshError::Offline(because)) => {
                cause::offline(because).unwrap_or_else(|| error.retryable().next("Try again."))
            }
            SignInFailure::Stopped | SignInFailure::AttemptFailed(SignInError::Denied) => {
                error.next("Nothing was changed. You can sign in again at any time.")
            }
            SignInFailure::AttemptFailed(SignInError::Clock(source)) => cause::clock(source),
            SignInFailure::AttemptFailed(SignInError::IdToken(source)) => cause::id_token(source),
            SignInFailure::AttemptFailed(SignInError::Exchange(source)) => cause::token(source),
            SignInFailure::Callback(CallbackError::Failed(source)) => SignInFailure::AttemptFailed(source).into(),
            SignInFailure::Callback(_) => error.next("If you were signing in, start again."),
            SignInFailure::Begin(_) | SignInFailure::AttemptFailed(_) => error.retryable().next("Sign in again."),
            SignInFailure::Refresh(_) | SignInFailure::NotSignedIn => {
                error.next("Sign in again, in the settings or with: growqr auth sign-in")
            }
            SignInFailure::UnknownAccount => error.next("List the accounts: growqr auth status"),
            SignInFailure::NoOpenQuestion => error.next("Sign in first."),
        }
    }
}
