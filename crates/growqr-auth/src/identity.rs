//! AccountChoice is signed in.

use growqr_core::clock::Timestamp;

/// What Clerk says about a person. Not secret: the app may keep it, to show it before the network answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Clerk's id of the user (`user_…`). Never empty; the profile is chosen by it.
    pub sub: String,
    /// The address, if the person has one.
    pub email: Option<String>,
    /// Whether Clerk has verified that address.
    pub email_verified: bool,
    /// The full name.
    pub name: Option<String>,
    /// Where their picture is. A web address from outside: show it only where https pictures are allowed.
    pub picture: Option<String>,
    /// When Clerk's signature under all this was last checked.
    pub last_verified_at: Timestamp,
}
