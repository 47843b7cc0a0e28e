//! Who is signed in, as interfaces see it. No code and no token ever stands in any of these.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where sign-in stands. What is on this computer stays readable in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SignInState {
    /// This GrowQR knows no sign-in service.
    NotConfigured,
    /// Nobody is signed in; the local profile is open.
    SignedOut,
    /// The browser is open, or its answer is being checked.
    SigningIn,
    /// Somebody new has signed in, and is asked whether what is on this computer is theirs.
    Choosing,
    /// Signed in, and the service agrees; or it did lately, and what it said is still good.
    Online,
    /// Signed in before; the service has not confirmed it lately.
    Offline,
    /// The service has ended the sign-in.
    NeedsSignIn,
}

/// One whose profile is on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Person {
    /// Their profile.
    pub profile: String,
    /// Their id at the sign-in service.
    pub id: String,
    /// Their name, if it is known.
    pub name: Option<String>,
    /// Their address, if it is known.
    pub email: Option<String>,
    /// Where their picture is, if they have one. A web address from outside.
    pub picture_url: Option<String>,
    /// When the service last vouched for them.
    pub last_verified_at: i64,
}

/// Everything that is to be shown about signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SignIn {
    /// Where it stands.
    pub state: SignInState,
    /// Whom the state is about.
    pub person: Option<Person>,
    /// Everybody who has a profile here, by name.
    pub people: Vec<Person>,
    /// While signing in: the address that the browser shows, for copying.
    pub url: Option<String>,
    /// While signing in: when the attempt ends by itself. Online: until when what the service said is good, which is asked
    /// again before. Offline: until when it was.
    pub until: Option<i64>,
    /// Something to say about it: what did not work, or what will not last.
    pub notice: Option<String>,
}
