//! The errors of signing in: the attempt could not begin, it failed, or a callback was not accepted.

use crate::callback::ErrorCode;
use crate::discovery::DiscoveryError;
use crate::link::LinkError;
use crate::skew::ClockError;
use crate::token::TokenError;
use crate::verify::IdTokenError;

/// Why an attempt could not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// Clerk's endpoints could not be read, for example without a network.
    #[error("sign-in cannot begin")]
    Discovery(#[from] DiscoveryError),
    /// No loopback port could be opened for the callback.
    #[error("no loopback port can be opened")]
    Loopback,
    /// A newer attempt began, or this one was cancelled.
    #[error("another attempt has begun, or this one was cancelled")]
    Superseded,
}

/// How an attempt failed. It cannot be continued, because a code can be used only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The user pressed Deny.
    #[error("access was denied")]
    Denied,
    /// Clerk refused the request.
    #[error("Clerk refused to sign in ({0:?})")]
    Refused(ErrorCode),
    /// The code could not be exchanged for tokens.
    #[error("the code could not be exchanged for tokens")]
    Exchange(#[from] TokenError),
    /// The id_token is missing or invalid.
    #[error("Clerk's response could not be verified")]
    IdToken(#[from] IdTokenError),
    /// The id_token was refused because of this computer's clock.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// userinfo is about another user than the id_token.
    #[error("Clerk returned two different users")]
    Userinfo,
    /// The user cancelled it or signed out.
    #[error("sign-in was cancelled")]
    Cancelled,
    /// A newer attempt replaced it.
    #[error("a newer sign-in replaced this one")]
    Replaced,
    /// Ten minutes have passed.
    #[error("sign-in took too long")]
    Late,
}

impl SignInError {
    /// Whether the user ended it, so that no message is needed.
    #[must_use]
    pub fn is_cancellation(self) -> bool {
        matches!(self, Self::Cancelled | Self::Replaced)
    }
}

/// Why a callback did not sign in. Only `Failed` and `Late` end the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// No attempt is waiting: an old link, a second copy of a callback, or a link from someone else.
    #[error("no sign-in is waiting for this; start again")]
    NoAttempt,
    /// Not a valid callback of Clerk.
    #[error("the callback is malformed")]
    Malformed(#[from] LinkError),
    /// The state is missing or belongs to another attempt.
    #[error("the callback belongs to another sign-in")]
    State,
    /// The issuer is wrong, or missing although Clerk always sends it.
    #[error("the callback is from another issuer")]
    Issuer,
    /// An error without a state. It is shown to the user, but does not end the attempt.
    #[error("Clerk reported {0:?} without saying for which sign-in")]
    Notice(ErrorCode),
    /// It arrived after the deadline.
    #[error("the callback came too late; start again")]
    Late,
    /// It belongs to the attempt, and the sign-in failed.
    #[error("sign-in failed")]
    Failed(#[from] SignInError),
}
