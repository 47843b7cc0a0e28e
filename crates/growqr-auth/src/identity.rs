//! The user who is signed in.

use growqr_core::clock::Timestamp;

/// A user's data from Clerk. It is not secret: the app may store it, to show it before Clerk has responded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Clerk's id of the user (`user_…`). Never empty. It selects the profile.
    pub sub: String,
    /// The email address, if the user has one.
    pub email: Option<String>,
    /// Whether Clerk has verified the email address.
    pub email_verified: bool,
    /// The full name.
    pub name: Option<String>,
    /// The URL of their picture. It comes from outside: use it only with [`crate::picture`].
    pub picture: Option<String>,
    /// When an id_token with this data was last verified.
    pub last_verified_at: Timestamp,
}
