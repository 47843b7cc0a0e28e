//! What a test can set: how Clerk may differ, how it may fail, and what a forger would send.

use super::keys::{Key, Sign};
use serde_json::Value;

/// How this instance behaves where real ones differ, or change from one day to the next.
#[derive(Clone, Debug)]
pub struct Switches {
    /// Whether the discovery document promises `iss` in callbacks.
    pub promises_iss: bool,
    /// What callbacks name as `iss`.
    pub iss: Iss,
    /// The sign-in pages lose the parameters: every authorization ends as an error with an empty state.
    pub loses_parameters: bool,
    /// Nobody is signed in in the browser, so that a sign-in page comes before the consent page.
    pub signed_out: bool,
    /// The person at a real browser presses Allow as soon as it is there: the page does it for them.
    pub auto_allow: bool,
    /// The status of `invalid_grant`: documents say 401 here, 400 there.
    pub grant_error_status: u16,
    /// Whether a refresh token is given, on sign-in and on renewal.
    pub gives_refresh_token: bool,
    /// Whether an id_token is given.
    pub gives_id_token: bool,
    /// Whether `aud` is an array of one.
    pub aud_is_array: bool,
    /// Whether the access token is a JWT, as of applications since 2026.
    pub jwt_access_token: bool,
    /// Whether id_tokens carry `at_hash`.
    pub gives_at_hash: bool,
    /// Whether id_tokens name their key.
    pub names_key: bool,
    /// Seconds; `None` leaves the field out.
    pub expires_in: Option<u64>,
    /// `Bearer` in one document, `bearer` in another.
    pub token_type: String,
    /// Which scopes are switched on for the application.
    pub scopes: Vec<String>,
    /// Whom userinfo is about instead of the person who signed in.
    pub userinfo_sub: Option<String>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            promises_iss: true,
            iss: Iss::Right,
            loses_parameters: false,
            signed_out: false,
            auto_allow: false,
            grant_error_status: 401,
            gives_refresh_token: true,
            gives_id_token: true,
            aud_is_array: false,
            jwt_access_token: true,
            gives_at_hash: false,
            names_key: true,
            expires_in: Some(86_400),
            token_type: "Bearer".to_owned(),
            scopes: ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec(),
            userinfo_sub: None,
        }
    }
}

/// The issuer that callbacks name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Iss {
    /// This one.
    Right,
    /// None.
    Absent,
    /// Another one.
    Wrong(String),
}

/// A person of this instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `user_…`
    pub sub: String,
    /// Their address, verified.
    pub email: String,
    /// Their full name.
    pub name: String,
    /// Their picture.
    pub picture: String,
}

impl User {
    /// Somebody.
    #[must_use]
    pub fn ada() -> User {
        User::named("user_ada", "Ada Lovelace", "ada+clerk_test@example.com")
    }

    /// Somebody else.
    #[must_use]
    pub fn grace() -> User {
        User::named("user_grace", "Grace Hopper", "grace+clerk_test@example.com")
    }

    fn named(sub: &str, name: &str, email: &str) -> User {
        let picture = format!("https://img.example.com/{sub}.png");
        User { sub: sub.to_owned(), email: email.to_owned(), name: name.to_owned(), picture }
    }
}

/// What goes wrong at a path, each time until the test says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status with an empty object.
    Status(u16),
    /// 429, to come back after so many seconds.
    TooMany(u64),
    /// A redirect to this address.
    Redirect(String),
    /// 200 with a page instead of JSON.
    Garbage,
    /// 200 with a megabyte of JSON.
    Huge,
    /// No answer until the client leaves.
    Hang,
    /// The connection ends without an answer.
    Cut,
    /// The request is taken and done, but its answer is lost.
    LoseAnswer,
}

/// An id_token on its way out: all of it can be changed.
pub struct Forgery {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// How it will be signed.
    pub sign: Sign,
    /// The claims as text, where JSON cannot say it (a name twice).
    pub claims_text: Option<String>,
    /// The whole token instead of this one.
    pub instead: Option<String>,
    /// What is done to the finished token.
    pub finish: Option<fn(String) -> String>,
}

impl Forgery {
    pub(super) fn new(header: Value, claims: Value, key: Key) -> Self {
        Self { header, claims, sign: Sign::Rs256(key), claims_text: None, instead: None, finish: None }
    }
}
