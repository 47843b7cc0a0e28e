//! Signing in at servers with an address: OAuth 2.1 as MCP has it, for a program that cannot keep a secret from its person.
//!
//! What it does: finds out where to sign in (`discovery`), registers this program (`client`), checks what comes back from the
//! browser (`attempt`), exchanges, renews and revokes tokens (`token`), and gives a connection its access token (`access`).
//! What it is not: it opens no browser and no port, and keeps nothing. The caller gives a [`Grants`].
//!
//! Rules:
//! - A token goes to the address that it was given for, and nowhere else; no redirect is followed.
//! - What a server or an authorization server says is hostile: addresses are checked by `reach` before each connection.
//! - New tokens are saved before they are used. One program at a time uses a refresh token. If the program is killed between the answer
//!   and the save, the refresh token in the keychain has been used: the authorization server refuses it, and the person signs in again.
//! - Only an error code of the authorization server ends a sign-in. Failures of the network do not.

mod access;
mod attempt;
mod challenge;
mod client;
mod discovery;
mod error;
mod grant;
mod grants;
mod ports;
mod reach;
mod requests;
mod sign_ins;
mod token;

pub(crate) use access::{AccessTokens, TokenError};
pub use attempt::{AuthorizationCode, SignInAttempt};
pub use error::{ErrorCode, SignInError};
pub use grants::{Grants, GrantsError};
pub use sign_ins::{NewSignIn, SignIns, is_key_header};
