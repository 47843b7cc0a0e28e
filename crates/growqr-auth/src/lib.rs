//! Signing in with Clerk: this app is a public OAuth 2.0 client with PKCE, and Clerk is its OpenID Connect provider.
//!
//! What it is: the service [`Auth`] (authorization URL, callback by deep link or loopback port, code exchange, verification
//! of the id_token, renewal with rotation of the refresh token, sign-out) and [`Link`], the parser for all links that open
//! the app.
//! What it is not: it opens no browser, has no user interface, no database and no keychain. The app provides the clock,
//! randomness, the keychain and the lock between programs as [`Ports`], and stores the [`Identity`].
//!
//! Rules:
//! - State, nonce and verifier are only in memory. The only stored secret is the refresh token, in the [`Vault`].
//! - A callback is untrusted input until its `state` matches. A bad callback never ends an attempt.
//! - One attempt at a time, one renewal at a time. A new refresh token is saved before the new access token is used.
//! - Only Clerk's `invalid_grant`, or a token for another user, ends a session. Network failures do not.
//! - An issuer must be https. The feature `loopback-issuer`, for tests, also allows http on 127.0.0.1.

mod attempt;
mod auth;
mod callback;
mod config;
mod discovery;
mod failure;
mod http;
mod identity;
mod issuer;
mod keys;
mod link;
pub mod loopback;
mod percent;
mod picture;
mod process_lock;
mod random;
mod renewal;
mod sensitive;
mod session;
mod sign_in;
mod sign_out;
mod skew;
mod status;
mod token;
mod vault;
mod verify;

pub use attempt::{AccountChoice, Redirect};
pub use auth::{Auth, Ports, RefreshError};
pub use callback::ErrorCode;
pub use config::{Config, ConfigError, SETTING_NAMES, secret_key_warning};
pub use discovery::DiscoveryError;
pub use failure::{BeginError, CallbackError, SignInError};
pub use growqr_http::{Cause, CertificateProblem, ProxyError};
pub use http::{HttpError, HttpTimeouts};
pub use identity::Identity;
pub use link::{Link, LinkError, MAX_LINK_BYTES, Schemes};
pub use picture::picture;
pub use process_lock::ProcessLock;
pub use random::{Random, SystemRandom};
pub use sensitive::SensitiveString;
pub use sign_in::Attempt;
pub use sign_out::SignOutResult;
pub use skew::ClockError;
pub use status::{OfflineReason, Persistence, Status};
pub use token::TokenError;
pub use vault::{Vault, VaultError};
pub use verify::IdTokenError;
