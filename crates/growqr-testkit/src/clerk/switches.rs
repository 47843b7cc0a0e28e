//! Settings for tests: variants of Clerk's behaviour, faults, and manipulated tokens.

use super::keys::{Key, Sign};
use serde_json::Value;

/// The behaviour of the instance, where real instances differ or may change.
#[derive(Clone, Debug)]
pub struct Switches {
    /// Whether the discovery document promises `iss` in callbacks.
    pub promises_iss: bool,
    /// The `iss` in callbacks.
    pub iss: Iss,
    /// Whether the sign-in pages lose the parameters: every authorization ends with an error and an empty state.
    pub loses_parameters: bool,
    /// Whether no user is signed in in the browser, so that a sign-in page comes before the consent page.
    pub signed_out: bool,
    /// Whether a script of the consent page presses Allow, for tests with a real browser.
    pub auto_allow: bool,
    /// The status of `invalid_grant`: the documentation says 401 in one place and 400 in another.
    pub grant_error_status: u16,
    /// Whether responses contain a refresh token, at sign-in and at renewal.
    pub gives_refresh_token: bool,
    /// Whether the server is strict about `offline_access`: it grants it only together with `prompt=consent`, and drops it
    /// silently otherwise, as OpenID Connect Core (section 11) requires. Clerk is not.
    pub needs_consent_for_refresh_token: bool,
    /// Whether responses have a `date` header.
    pub tells_time: bool,
    /// Whether responses contain an id_token.
    pub gives_id_token: bool,
    /// Whether `aud` is an array with one element.
    pub aud_is_array: bool,
    /// Whether the access token is a JWT, as of applications since 2026.
    pub jwt_access_token: bool,
    /// Whether id_tokens contain `at_hash`.
    pub gives_at_hash: bool,
    /// Whether id_tokens contain `kid`.
    pub names_key: bool,
    /// In seconds; `None` leaves the field out.
    pub expires_in: Option<u64>,
    /// `Bearer` or `bearer`: the documentation has both.
    pub token_type: String,
    /// The scopes that are enabled for the application.
    pub scopes: Vec<String>,
    /// Another user for userinfo than the one who signed in.
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
            needs_consent_for_refresh_token: false,
            tells_time: true,
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

/// The `iss` parameter of callbacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Iss {
    /// The issuer of this instance.
    Right,
    /// No parameter.
    Absent,
    /// Another issuer.
    Wrong(String),
}

/// A user of this instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `user_…`
    pub sub: String,
    /// Their verified email address.
    pub email: String,
    /// Their full name.
    pub name: String,
    /// The URL of their picture.
    pub picture: String,
}

impl User {
    /// A first user.
    #[must_use]
    pub fn ada() -> User {
        User::named("user_ada", "Ada Lovelace", "ada+clerk_test@example.com")
    }

    /// A second user.
    #[must_use]
    pub fn grace() -> User {
        User::named("user_grace", "Grace Hopper", "grace+clerk_test@example.com")
    }

    fn named(sub: &str, name: &str, email: &str) -> User {
        let picture = format!("https://img.example.com/{sub}.png");
        User { sub: sub.to_owned(), email: email.to_owned(), name: name.to_owned(), picture }
    }
}

/// A fault at a path, for every request until the test clears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A response with this status and an empty object.
    Status(u16),
    /// A 429 with this `retry-after` in seconds.
    TooMany(u64),
    /// A redirect to this URL.
    Redirect(String),
    /// A 200 with HTML instead of JSON.
    Garbage,
    /// A 200 with a megabyte of JSON.
    Huge,
    /// No response until the client disconnects.
    Hang,
    /// The connection is closed without a response.
    Cut,
    /// The request is processed, but the connection is closed without a response.
    LoseAnswer,
}

/// An id_token before it is sent. A test can change all of it.
pub struct Forgery {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// The signature to make.
    pub sign: Sign,
    /// The claims as text instead, for what [`Value`] cannot express, such as a repeated name.
    pub claims_text: Option<String>,
    /// Another token to send instead.
    pub instead: Option<String>,
    /// A change of the finished token.
    pub finish: Option<fn(String) -> String>,
}

impl Forgery {
    pub(super) fn new(header: Value, claims: Value, key: Key) -> Self {
        Self { header, claims, sign: Sign::Rs256(key), claims_text: None, instead: None, finish: None }
    }
}
