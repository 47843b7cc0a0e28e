//! One attempt to sign in: what only this process knows of it, and the address to open.

use crate::config::Config;
use crate::discovery::Endpoints;
use crate::random::{self, Random};
use crate::sensitive::SensitiveString;
use growqr_core::clock::Timestamp;
use reqwest::Url;

/// How long a person may take, in milliseconds. Passkeys and signing up need more than the usual two or three minutes.
pub(crate) const ATTEMPT_TIMEOUT: i64 = 10 * 60 * 1000;

/// How the browser comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// By the app's own scheme, where this build is registered for it.
    DeepLink,
    /// To a port on this machine: on a command line, where the scheme is not ours, or where nothing happened.
    Loopback,
}

/// AccountChoice is to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountChoice {
    /// Whoever is signed in in the browser.
    Any,
    /// Somebody else: Clerk asks for the password although somebody is signed in there.
    Other,
}

/// The secrets of an attempt. They are in memory only, and gone with it.
pub(crate) struct AttemptSecrets {
    pub state: SensitiveString,
    pub nonce: SensitiveString,
    pub verifier: SensitiveString,
    pub redirect_uri: String,
    pub endpoints: Endpoints,
}

impl AttemptSecrets {
    pub fn new(random: &dyn Random, redirect_uri: String, endpoints: Endpoints) -> Self {
        let [state, nonce, verifier] = [(); 3].map(|()| random::random_token(random));
        Self { state, nonce, verifier, redirect_uri, endpoints }
    }

    /// The address to open in the system's browser. It holds no secret that lasts, yet belongs into no log.
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
        }
        Some(url.into())
    }
}

/// When an attempt that begins now ends by itself.
pub(crate) fn deadline(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_add(ATTEMPT_TIMEOUT))
}
