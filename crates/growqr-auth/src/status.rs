//! The states of sign-in, as the window shows them.

use crate::callback::ErrorCode;
use crate::discovery::DiscoveryError;
use crate::http::HttpError;
use crate::identity::Identity;
use crate::skew::ClockError;
use crate::token::TokenError;
use crate::vault::VaultError;
use crate::verify::IdTokenError;
use growqr_core::clock::Timestamp;

/// The state of sign-in. Local data stays readable in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody is signed in.
    SignedOut,
    /// The browser is open, or its callback is being processed.
    SigningIn {
        /// When the attempt times out.
        deadline: Timestamp,
        /// An error from a callback without a state. It may not belong to this attempt, so the attempt continues.
        notice: Option<ErrorCode>,
        /// The account that is signed in now, and stays signed in if the attempt fails.
        known: Option<Identity>,
    },
    /// Signed in, and confirmed by Clerk.
    Online {
        /// The account.
        identity: Identity,
        /// When the access token expires. It is renewed before.
        expires_at: Timestamp,
        /// Where the sign-in is stored.
        kept: Persistence,
    },
    /// Signed in, but not confirmed by Clerk at the moment.
    Offline {
        /// The account.
        identity: Identity,
        /// Why it is not confirmed.
        because: OfflineReason,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// Clerk has ended the sign-in, or the refresh token is lost. The user must sign in again.
    NeedsSignIn {
        /// The account.
        identity: Identity,
    },
}

/// Where a sign-in is stored, and so how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// In the keychain: it survives a restart.
    Keychain,
    /// Clerk sent no refresh token: the user must sign in again when the access token expires, and after a restart.
    UntilExpiry,
    /// The keychain could not store it: the user must sign in again after a restart.
    ThisRun(VaultError),
}

/// Why Clerk has not confirmed a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfflineReason {
    /// Clerk was not yet contacted in this run.
    NotAsked,
    /// No usable response, usually because there is no network.
    Network(HttpError),
    /// The discovery document is not valid.
    Discovery(DiscoveryError),
    /// This computer's clock is wrong.
    Clock(ClockError),
    /// The keychain cannot be read.
    Vault(VaultError),
    /// Clerk refused, but the sign-in may still be valid.
    Refused(TokenError),
    /// The response contained an invalid id_token.
    Unchecked(IdTokenError),
}
