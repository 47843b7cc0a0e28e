//! One attempt to sign in: its secrets, and the authorization URL.

use crate::config::Config;
use crate::discovery::Endpoints;
use crate::random::{self, Random};
use crate::sensitive::SensitiveString;
use growqr_core::clock::Timestamp;
use reqwest::Url;

/// How long an attempt may take, in milliseconds. Passkeys and signing up take longer than the usual two or three minutes.
pub(crate) const ATTEMPT_TIMEOUT: i64 = 10 * 60 * 1000;

/// How the browser returns to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// With a deep link in the app's own scheme. Needs a build that is registered for the scheme.
    DeepLink,
    /// To a loopback port of this machine: for the command line, and where deep links do not work.
    Loopback,
}

/// Which account is to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountChoice {
    /// The account that is signed in in the browser, if any.
    Any,
    /// Another account: Clerk shows its sign-in page even if an account is signed in in the browser.
    Other,
}

/// The secrets of an attempt. They are only in memory.
pub(crate) struct AttemptSecrets {
    pub state: SensitiveString,
    pub nonce: SensitiveString,
    pub verifier: SensitiveString,
    pub redirect_uri: String,
    pub endpoints: Endpoints,
    /// Whether the consent page is shown even if the user has consented before.
    pub asks_consent: bool,
}

/// Whether the service gives a refresh token only if the user consents anew. A strict one does, as OpenID Connect Core
/// (section 11) requires; Clerk does not. Asking always would show the page at every sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Not known, or not needed until now.
    #[default]
    NotNeeded,
    /// A sign-in without it brought no refresh token.
    Needed,
    /// A sign-in with it brought none either.
    Useless,
}

impl Consent {
    /// After a sign-in: whether it asked for consent, and whether it brought a refresh token.
    pub fn after(self, asked: bool, has_refresh_token: bool) -> Self {
        match (asked, has_refresh_token) {
            (false, true) => Self::NotNeeded,
            (false, false) if self == Self::Useless => Self::Useless,
            (false, false) | (true, true) => Self::Needed,
            (true, false) => Self::Useless,
        }
    }
}

impl AttemptSecrets {
    pub fn new(random: &dyn Random, redirect_uri: String, endpoints: Endpoints, asks_consent: bool) -> Self {
        let [state, nonce, verifier] = [(); 3].map(|()| random::random_token(random));
        Self { state, nonce, verifier, redirect_uri, endpoints, asks_consent }
    }

    /// The URL to open in the system's browser. Keep it out of logs, although its secrets are valid only for this attempt.
    pub fn url(&self, config: &Config, account: AccountChoice) -> Option<String> {
        let mut url = Url::parse(&self.endpoints.authorize).ok()?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", config.client_id())
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", "openid profile email offline_access")
            .append_pair("state", self.state.expose())
            .append_pair("nonce", self.nonce.expose())
            .append_pair("code_challenge", &random::challenge(&self.verifier))
            .append_pair("code_challenge_method", "S256");
        if account == AccountChoice::Other {
            url.query_pairs_mut().append_pair("prompt", "login");
        } else if self.asks_consent {
            url.query_pairs_mut().append_pair("prompt", "consent");
        }
        Some(url.into())
    }
}

/// When an attempt that begins at `now` times out.
pub(crate) fn deadline(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_add(ATTEMPT_TIMEOUT))
}
