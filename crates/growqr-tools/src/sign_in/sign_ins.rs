//! The sign-ins at the servers of a profile.

use super::access::AccessTokens;
use super::attempt::{AuthorizationCode, SignInAttempt};
use super::client::Client;
use super::discovery::discover;
use super::error::SignInError;
use super::grant::Grant;
use super::grants::Grants;
use super::ports::Ports;
use super::token;
use crate::server_config::{ServerConfig, Transport};
use crate::server_name::ServerName;
use crate::web::Network;
use growqr_core::clock::Clock;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;
use url::Url;

/// How long an authorization server may take to hear that a sign-in has ended: the person waits.
const REVOCATION_LIMIT: Duration = Duration::from_secs(5);

/// The longest page for signing in: browsers open no much longer ones.
const MAX_PAGE_BYTES: usize = 16_384;

/// How long closing waits for tokens that are being renewed.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Signs in at servers, and keeps sign-ins valid.
pub struct SignIns(Arc<Ports>);

/// A sign-in that is not kept yet.
pub struct NewSignIn(Grant);

impl SignIns {
    /// What is kept in `grants`.
    #[must_use]
    pub fn new(grants: Arc<dyn Grants>, network: Arc<dyn Network>, clock: Arc<dyn Clock>) -> SignIns {
        SignIns(Arc::new(Ports { grants, network, clock, renewals: TaskTracker::new() }))
    }

    /// Begins a sign-in: finds out where, and registers this program there if need be. The browser comes back to `redirect_uri`.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn begin(&self, config: &ServerConfig, redirect_uri: String) -> Result<SignInAttempt, SignInError> {
        let (text, url) = address(config)?;
        let requests = self.0.requests(&url).await?;
        let discovered = discover(requests, &url).await?;
        let client = match &config.client_id {
            Some(id) => Client::known(id.clone()),
            None => Client::register(requests, &discovered.server, &redirect_uri, discovered.scope.as_deref()).await?,
        };
        let attempt = SignInAttempt::new(text.to_owned(), redirect_uri, discovered, client);
        if attempt.page().len() > MAX_PAGE_BYTES {
            return Err(SignInError::Address { what: "page for signing in", problem: "it is too long" });
        }
        Ok(attempt)
    }

    /// Exchanges the code of an attempt.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn exchange(&self, attempt: &SignInAttempt, code: &AuthorizationCode) -> Result<NewSignIn, SignInError> {
        let url = Url::parse(&attempt.server_url).map_err(|_| SignInError::NoAddress)?;
        let requests = self.0.requests(&url).await?;
        token::exchange(requests, attempt, code, self.0.clock.now()).await.map(NewSignIn)
    }

    /// Keeps a new sign-in in the place of an earlier one.
    ///
    /// # Errors
    /// [`SignInError::NotKept`].
    pub async fn keep(&self, server: &ServerName, new: &NewSignIn) -> Result<(), SignInError> {
        let _one_program = self.0.grants.lock(server).await;
        let NewSignIn(grant) = new;
        self.0.grants.save(server, &grant.url, &grant.text()).await.map_err(|error| SignInError::NotKept(error.0))
    }

    /// Forgets the sign-in at a server, and then tells its authorization server. Whether that was told, if there was a sign-in.
    ///
    /// # Errors
    /// [`SignInError`] if it is still kept.
    pub async fn sign_out(&self, config: &ServerConfig) -> Result<bool, SignInError> {
        // Also of a server that has got a key since.
        let (text, url) = any_address(config)?;
        let grant = {
            let _one_program = self.0.grants.lock(&config.name).await;
            let kept = self.0.grants.load(&config.name, text).await.map_err(|error| SignInError::StillKept(error.0))?;
            self.0.grants.forget(&config.name, text).await.map_err(|error| SignInError::StillKept(error.0))?;
            kept.and_then(|kept| Grant::read(&kept, text, None))
        };
        let Some(grant) = grant else { return Ok(false) };
        let telling = async { token::revoke(self.0.requests(&url).await?, &grant).await };
        let told = tokio::time::timeout(REVOCATION_LIMIT, telling).await;
        Ok(matches!(told, Ok(Ok(true))))
    }

    /// Waits a limited time for tokens that are being renewed.
    pub(crate) async fn close(&self) {
        self.0.renewals.close();
        if tokio::time::timeout(CLOSE_LIMIT, self.0.renewals.wait()).await.is_err() {
            tracing::warn!("the sign-in at a server was still being renewed; it may have to be made again");
        }
    }

    /// The access tokens for a server; `None` if it is a program or has a key of its own in its headers.
    pub(crate) fn tokens(&self, config: &ServerConfig) -> Option<AccessTokens> {
        let (text, url) = address(config).ok()?;
        Some(AccessTokens::new(Arc::clone(&self.0), config.name.clone(), text.to_owned(), url, config.client_id.clone()))
    }
}

/// The address of a server that can be signed in to.
fn address(config: &ServerConfig) -> Result<(&str, Url), SignInError> {
    let headers = match &config.transport {
        Transport::Http { headers, .. } => headers.keys(),
        Transport::Program { .. } => return Err(SignInError::NoAddress),
    };
    if headers.chain(config.kept.iter().flat_map(|kept| &kept.names)).any(|name| is_key_header(name)) {
        return Err(SignInError::NoAddress);
    }
    any_address(config)
}

/// The address of a server, whatever headers it has.
fn any_address(config: &ServerConfig) -> Result<(&str, Url), SignInError> {
    let Transport::Http { url, .. } = &config.transport else { return Err(SignInError::NoAddress) };
    Ok((url, Url::parse(url).map_err(|_| SignInError::NoAddress)?))
}

/// Whether a header has a key in the place of the access token, so that its server is not signed in to.
#[must_use]
pub fn is_key_header(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}
