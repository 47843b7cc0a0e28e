//! The five states of sign-in, as the window shows them.

use crate::callback::ErrorCode;
use crate::discovery::DiscoveryError;
use crate::http::HttpError;
use crate::identity::Identity;
use crate::token::TokenError;
use crate::vault::VaultError;
use crate::verify::IdTokenError;
use growqr_core::clock::Timestamp;

/// Where sign-in stands. Local data stays readable in all of them; only what needs Clerk waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody is signed in.
    SignedOut,
    /// The browser is open, or its answer is being checked.
    SigningIn {
        /// When the attempt ends by itself.
        deadline: Timestamp,
        /// What a callback reported that could not be told to belong to this attempt. A hint: the attempt goes on.
        notice: Option<ErrorCode>,
        /// AccountChoice is signed in meanwhile, and stays so if the attempt comes to nothing.
        known: Option<Identity>,
    },
    /// Signed in, and Clerk agrees.
    Online {
        /// AccountChoice it is.
        identity: Identity,
        /// When the access token ends. It is renewed before.
        expires_at: Timestamp,
        /// Whether the sign-in outlives this run.
        kept: Persistence,
    },
    /// Signed in before; Clerk has not confirmed it since.
    Offline {
        /// AccountChoice it was.
        identity: Identity,
        /// Why there is no confirmation.
        because: OfflineReason,
        /// When to ask again.
        retry_at: Timestamp,
    },
    /// Clerk has ended the sign-in, or its secret is gone. The person must sign in again.
    NeedsSignIn {
        /// AccountChoice it was.
        identity: Identity,
    },
}

/// Whether a sign-in outlives the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// It is in the keychain.
    Keychain,
    /// Clerk gave no refresh token: the person will have to sign in again when the access token ends.
    UntilExpiry,
    /// The keychain did not take it: the person will have to sign in again after a restart.
    ThisRun(VaultError),
}

/// Why Clerk has not confirmed a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfflineReason {
    /// It has not been asked yet in this run.
    NotAsked,
    /// There was no usable answer: no network, mostly.
    Network(HttpError),
    /// The server's description of itself is not one that can be trusted.
    Discovery(DiscoveryError),
    /// This computer's clock is wrong.
    Clock,
    /// The keychain that holds the sign-in does not open.
    Vault(VaultError),
    /// Clerk refused for a reason that is not this sign-in's fault.
    Refused(TokenError),
    /// Its answer came, but not with an id_token that can be believed.
    Unchecked(IdTokenError),
}
