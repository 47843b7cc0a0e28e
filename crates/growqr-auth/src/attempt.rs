//! One attempt to sign in: what only this process knows of it, and the address to open.

use crate::config::Config;
use crate::discovery::Endpoints;
use crate::random::{self, Random};
use crate::secret::Secret;
use growqr_core::clock::Timestamp;
use reqwest::Url;

/// How long a person may take, in milliseconds. Passkeys and signing up need more than the usual two or three minutes.
pub(crate) const PATIENCE: i64 = 10 * 60 * 1000;

/// How the browser comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// By the app's own scheme, where this build is registered for it.
    DeepLink,
    /// To a port on this machine: on a command line, where the scheme is not ours, or where nothing happened.
    Loopback,
}

/// Who is to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever is signed in in the browser.
    Anyone,
    /// Somebody else: Clerk asks for the password although somebody is signed in there.
    SomeoneElse,
}

/// The secrets of an attempt. They are in memory only, and gone with it.
pub(crate) struct Pending {
    pub state: Secret,
    pub nonce: Secret,
    pub verifier: Secret,
    pub redirect_uri: String,
    pub endpoints: Endpoints,
}

impl Pending {
    pub fn new(random: &dyn Random, redirect_uri: String, endpoints: Endpoints) -> Self {
        let [state, nonce, verifier] = [(); 3].map(|()| random::token(random));
        Self { state, nonce, verifier, redirect_uri, endpoints }
    }

    /// The address to open in the system's browser. It holds no secret that lasts, yet belongs into no log.
    pub fn url(&self, config: &Config, who: Who) -> Option<String> {
        let mut url = Url::parse(&self.endpoints.authorize).ok()?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", config.client_id())
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", "openid profile email offline_access")
            .append_pair("state", self.state.reveal())
            .append_pair("nonce", self.nonce.reveal())
            .append_pair("code_challenge", &random::challenge(&self.verifier))
            .append_pair("code_challenge_method", "S256");
        if who == Who::SomeoneElse {
            url.query_pairs_mut().append_pair("prompt", "login");
        }
        Some(url.into())
    }
}

/// When an attempt that begins now ends by itself.
pub(crate) fn deadline(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_add(PATIENCE))
}
