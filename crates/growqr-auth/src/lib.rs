//! Signing in with Clerk: this app is a public OAuth 2.0 client with PKCE, and Clerk is its OpenID Connect provider.
//!
//! What it is: the whole of sign-in behind one service ([`Auth`]): the attempt and its address, the callback by deep link
//! or loopback port, the exchange, the strict check of the id_token, renewal with rotation, signing out; and the pure
//! reader of every link that opens the app ([`Link`]).
//! What it is not: it opens no browser, shows nothing, knows no database and no keychain. Time, randomness and the
//! keychain are ports ([`Ports`]); the app brings them, and keeps [`Identity`] where it likes.
//!
//! The rules that everything here serves:
//! - State, nonce and verifier are in memory only; the one lasting secret is the refresh token, in the [`Vault`].
//! - A callback is a stranger's input until its `state` is ours. A bad one never ends a good attempt.
//! - One attempt at a time, one renewal at a time. A renewed refresh token is kept before the access token is used.
//! - Only Clerk's `invalid_grant` (or another user's token) ends a session; no failure of the network does.
//! - An issuer is https. The `loopback-issuer` feature, for tests, adds http on 127.0.0.1 when compiling.

mod attempt;
mod auth;
mod callback;
mod config;
mod discovery;
mod http;
mod identity;
mod issuer;
mod keys;
mod link;
mod loopback;
mod percent;
mod picture;
mod process_lock;
mod random;
mod renewal;
mod sensitive;
mod session;
mod sign_in;
mod sign_out;
mod status;
mod token;
mod vault;
mod verify;

pub use attempt::{AccountChoice, Redirect};
pub use auth::{Auth, Ports, RefreshError};
pub use callback::ErrorCode;
pub use config::{Config, ConfigError, SETTING_NAMES, secret_key_warning};
pub use discovery::DiscoveryError;
pub use http::{HttpError, HttpTimeouts};
pub use identity::Identity;
pub use link::{Link, LinkError, MAX_LINK_BYTES, Schemes};
pub use picture::picture;
pub use process_lock::ProcessLock;
pub use random::{Random, SystemRandom};
pub use sensitive::SensitiveString;
pub use sign_in::{Attempt, BeginError, CallbackError, SignInError};
pub use sign_out::SignOutResult;
pub use status::{OfflineReason, Persistence, Status};
pub use token::TokenError;
pub use vault::{Vault, VaultError};
pub use verify::IdTokenError;
