//! The state of the sign-in, as interfaces see it. None of these types contains a code or a token.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The state of the sign-in. Local data stays readable in every state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SignInState {
    /// No sign-in service is configured.
    NotConfigured,
    /// Nobody is signed in; the local profile is open.
    SignedOut,
    /// The browser is open, or its callback is being checked.
    SigningIn,
    /// A new person has signed in and is asked whether the local data is theirs.
    Choosing,
    /// Signed in; the last confirmation of the service is still valid.
    Online,
    /// Signed in; the last confirmation of the service has expired.
    Offline,
    /// The service has ended the sign-in.
    NeedsSignIn,
}

/// A person with a profile on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Person {
    /// Their profile.
    pub profile: String,
    /// Their id at the sign-in service.
    pub id: String,
    /// Their name, if it is known.
    pub name: Option<String>,
    /// Their email address, if it is known.
    pub email: Option<String>,
    /// The URL of their picture, if they have one. Untrusted.
    pub picture_url: Option<String>,
    /// When the service last confirmed this data.
    pub last_verified_at: i64,
}

/// Everything that interfaces show about signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SignIn {
    /// The state.
    pub state: SignInState,
    /// The person whom the state concerns.
    pub person: Option<Person>,
    /// All people with a profile on this computer, by name.
    pub people: Vec<Person>,
    /// While signing in: the address that the browser shows, for copying.
    pub url: Option<String>,
    /// While signing in: when the attempt expires. Online: when the confirmation of the service expires; it is renewed before
    /// that. Offline: when it expired.
    pub until: Option<i64>,
    /// A message for the person: what failed, or what is only temporary.
    pub notice: Option<String>,
}
