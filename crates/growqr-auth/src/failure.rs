//! Why signing in did not work: it could not begin, it failed, or what came back was not the answer.

use crate::callback::ErrorCode;
use crate::discovery::DiscoveryError;
use crate::link::Refused;
use crate::token::TokenError;
use crate::verify::TokenRefusal;

/// Why an attempt could not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// Clerk's endpoints could not be learnt; without a network there is no signing in.
    #[error("sign-in cannot begin")]
    Discovery(#[from] DiscoveryError),
    /// No port on this machine could be opened for the way back.
    #[error("no loopback port can be opened")]
    Loopback,
    /// A newer attempt or Cancel came first.
    #[error("another attempt has begun, or this one was cancelled")]
    Superseded,
}

/// How an attempt failed. It is over: a code can be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The person pressed Deny. Not a fault.
    #[error("access was denied")]
    Denied,
    /// Clerk refused the request.
    #[error("Clerk refused to sign in ({0:?})")]
    Refused(ErrorCode),
    /// The code could not be traded.
    #[error("the code could not be traded for tokens")]
    Exchange(#[from] TokenError),
    /// The id_token is not to be believed.
    #[error("Clerk's answer could not be verified")]
    IdToken(#[from] TokenRefusal),
    /// userinfo is about somebody else than the id_token.
    #[error("Clerk gave two different users")]
    Userinfo,
    /// The person cancelled it, or signed out.
    #[error("sign-in was cancelled")]
    Cancelled,
    /// A newer attempt took its place.
    #[error("a newer sign-in took the place of this one")]
    Replaced,
    /// Ten minutes have passed.
    #[error("sign-in took too long")]
    Late,
}

impl SignInError {
    /// Whether the person ended it, and so need not be told.
    #[must_use]
    pub fn is_by_the_person(self) -> bool {
        matches!(self, Self::Cancelled | Self::Replaced)
    }
}

/// Why a callback did not sign in. Unless it is `Failed` or `Late`, an attempt that waits goes on waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// Nothing was asked: an old link, a second copy, a start of the app by the link, or a stranger.
    #[error("no sign-in is waiting for this; start again")]
    NoAttempt,
    /// Not a callback as Clerk sends it.
    #[error("the callback is malformed")]
    Malformed(#[from] Refused),
    /// An answer to another question.
    #[error("the callback belongs to another sign-in")]
    State,
    /// It names another issuer, or none although Clerk always names itself.
    #[error("the callback is another issuer's")]
    Issuer,
    /// An error without a state: a hint for the person, nothing more.
    #[error("Clerk reported {0:?} without saying for which sign-in")]
    Notice(ErrorCode),
    /// It came after the deadline.
    #[error("the callback came too late; start again")]
    Late,
    /// It was the answer, and the sign-in failed.
    #[error("sign-in failed")]
    Failed(#[from] SignInError),
}
