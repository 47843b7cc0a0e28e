//! Signing in: begin the attempt, receive the callback, exchange the code, verify the id_token, install the session.

use crate::attempt::{self, AccountChoice, AttemptSecrets, Consent, Redirect};
use crate::auth::{ActiveAttempt, Auth, Inner, State};
use crate::callback::{Callback, ErrorCode, Outcome};
use crate::failure::{BeginError, CallbackError, SignInError};
use crate::identity::Identity;
use crate::loopback::{self, CallbackResult};
use crate::process_lock;
use crate::sensitive::SensitiveString;
use crate::session::Session;
use crate::skew::Skew;
use crate::status::Persistence;
use crate::token::{self, Tokens};
use crate::vault::{Entry, VaultError};
use crate::verify::{Expected, IdTokenError, Nonce, Person};
use growqr_core::clock::Timestamp;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// An attempt that waits for the browser.
#[derive(Debug)]
pub struct Attempt {
    /// The URL to open in the system's browser, or to show for copying. Keep it out of logs.
    pub url: String,
    /// When the attempt times out.
    pub deadline: Timestamp,
    /// Whether the keychain can store the sign-in. If not, the sign-in will be lost at a restart: tell the user beforehand.
    pub vault: Result<(), VaultError>,
    outcome: oneshot::Receiver<Result<Identity, SignInError>>,
}

impl Attempt {
    /// Waits for the end of the attempt. Dropping the attempt does not cancel it.
    pub async fn outcome(self) -> Result<Identity, SignInError> {
        // The sender is dropped without a value only if the whole service is dropped.
        self.outcome.await.unwrap_or(Err(SignInError::Cancelled))
    }
}

/// A callback that belongs to the active attempt.
struct MatchedCallback {
    id: u64,
    code: SensitiveString,
    secrets: AttemptSecrets,
}

#[derive(Deserialize)]
struct Userinfo {
    sub: String,
    #[serde(flatten)]
    person: Person,
}

impl Auth {
    /// Begins an attempt. Replaces an earlier attempt. The session stays until the new attempt succeeds.
    pub async fn begin(&self, redirect: Redirect, account: AccountChoice) -> Result<Attempt, BeginError> {
        let inner = &self.inner;
        let id = inner.update_state(|state| {
            state.end_attempt(Err(SignInError::Replaced));
            state.newest = state.next_id();
            state.newest
        });
        let vault = inner.entries().probe().await;
        let endpoints = inner.read_endpoints().await?;
        let (listener, redirect_uri) = match redirect {
            Redirect::DeepLink => (None, inner.config.schemes.redirect_uri()),
            Redirect::Loopback => {
                let (listener, uri) = loopback::bind().await.map_err(|_| BeginError::Loopback)?;
                (Some(listener), uri)
            }
        };
        // Clerk takes one prompt only. The sign-in page of another account shows the consent page too.
        let asks_consent = account == AccountChoice::Any && inner.read_state(|state| state.consent == Consent::Needed);
        let secrets = AttemptSecrets::new(&*inner.ports.random, redirect_uri, endpoints, asks_consent);
        let url = secrets.url(&inner.config, account).expect("discovery has parsed this URL before");
        let deadline = attempt::deadline(inner.now());
        let (outcome_sender, outcome) = oneshot::channel();
        let stop = CancellationToken::new();
        let attempt = ActiveAttempt { id, deadline, secrets: Some(secrets), notice: None, stop: stop.clone(), outcome_sender };
        let is_newest = inner.update_state(|state| {
            let is_newest = state.newest == id;
            if is_newest {
                state.attempt = Some(attempt);
            }
            is_newest
        });
        if !is_newest {
            return Err(BeginError::Superseded);
        }
        inner.tasks.spawn(inner.clone().await_callback(id, listener, stop));
        Ok(Attempt { url, deadline, vault, outcome })
    }

    /// Handles a deep link with a callback. Links are untrusted: only a callback that belongs to the attempt has an effect.
    /// Returns when the user is signed in.
    pub async fn callback(&self, url: &str) -> Result<Identity, CallbackError> {
        let matched = self.inner.match_callback(url)?;
        let inner = self.inner.clone();
        Ok(self.inner.run_to_completion(inner.finish(matched)).await?)
    }
}

impl Inner {
    /// Waits until the attempt ends, times out, or receives its callback on the loopback port.
    async fn await_callback(self: Arc<Self>, id: u64, listener: Option<TcpListener>, stop: CancellationToken) {
        let left = Duration::from_millis(attempt::ATTEMPT_TIMEOUT.unsigned_abs());
        let receiver = self.clone();
        let wait = async {
            match listener {
                None => stop.cancelled().await,
                Some(listener) => {
                    loopback::listen(listener, stop.clone(), move |url| receiver.clone().handle_loopback_callback(url)).await
                }
            }
        };
        if tokio::time::timeout(left, wait).await.is_err() {
            self.update_state(|state| {
                if state.attempt.as_ref().is_some_and(|attempt| attempt.id == id && attempt.secrets.is_some()) {
                    state.end_attempt(Err(SignInError::Late));
                }
            });
        }
    }

    /// Handles a callback that arrived on the loopback port.
    fn handle_loopback_callback(self: Arc<Self>, url: &str) -> CallbackResult {
        match self.match_callback(url) {
            Ok(matched) => {
                let tasks = self.tasks.clone();
                tasks.spawn(self.finish(matched));
                CallbackResult::Accepted
            }
            Err(CallbackError::Failed(_) | CallbackError::Late) => CallbackResult::Denied,
            Err(_) => CallbackResult::Ignored,
        }
    }

    /// Checks whether the callback belongs to the attempt. Only then is the attempt used up.
    fn match_callback(&self, url: &str) -> Result<MatchedCallback, CallbackError> {
        let now = self.now();
        self.update_state(|state| {
            let attempt = state.attempt.as_mut().ok_or(CallbackError::NoAttempt)?;
            let secrets = attempt.secrets.as_ref().ok_or(CallbackError::NoAttempt)?;
            if now >= attempt.deadline {
                state.end_attempt(Err(SignInError::Late));
                return Err(CallbackError::Late);
            }
            let callback = Callback::parse(&secrets.redirect_uri, url)?;
            if let (Outcome::Error(code), None) = (&callback.outcome, &callback.state) {
                attempt.notice = Some(*code);
                return Err(CallbackError::Notice(*code));
            }
            if !callback.state.is_some_and(|state| secrets.state.equals(state.expose())) {
                return Err(CallbackError::State);
            }
            let is_from_issuer = match callback.iss {
                Some(iss) => iss == self.config.issuer(),
                None => !secrets.endpoints.names_issuer,
            };
            if !is_from_issuer {
                return Err(CallbackError::Issuer);
            }
            state.use_up_attempt(callback.outcome)
        })
    }

    async fn finish(self: Arc<Self>, matched: MatchedCallback) -> Result<Identity, SignInError> {
        let id = matched.id;
        let result = self.complete(matched).await;
        self.revoke_outstanding();
        if let Err(error) = result {
            tracing::info!(%error, "sign-in failed");
            self.update_state(|state| {
                if state.is_attempt(id) {
                    state.end_attempt(Err(error));
                }
            });
        }
        result
    }

    async fn complete(&self, matched: MatchedCallback) -> Result<Identity, SignInError> {
        let MatchedCallback { id, code, secrets } = matched;
        let client = (&self.http, &self.config);
        let tokens = token::exchange(client, &secrets.endpoints.token, (&code, &secrets.verifier, &secrets.redirect_uri)).await?;
        let result = self.accept(id, &secrets, &tokens).await;
        if let (Err(_), Some(refresh), Some(revoke)) = (&result, &tokens.refresh, &secrets.endpoints.revoke) {
            // The sign-in failed, so the refresh token will not be used.
            token::revoke(client, revoke, refresh).await;
        }
        result
    }

    async fn accept(&self, id: u64, secrets: &AttemptSecrets, tokens: &Tokens) -> Result<Identity, SignInError> {
        let id_token = tokens.id.as_ref().ok_or(IdTokenError::Missing)?;
        let now = self.now();
        let skew = Skew::new(now, tokens.server_time);
        let expected = Expected {
            issuer: self.config.issuer(),
            client_id: self.config.client_id(),
            now: skew.time(),
            nonce: Nonce::Exactly(&secrets.nonce),
            access: &tokens.access,
            sub: None,
        };
        let verified = self.keys.lock().await.verify(&self.http, &secrets.endpoints.keys, id_token, &expected).await;
        let explained = |refusal| skew.explains(refusal).map_or(SignInError::IdToken(refusal), SignInError::Clock);
        let claims = verified.map_err(explained)?;
        let mut identity = claims.identity(now);
        if let Some(userinfo) = &secrets.endpoints.userinfo {
            // The id_token is sufficient. userinfo only adds missing fields, and must not contradict it.
            if let Ok(response) = self.http.get::<Userinfo>(userinfo, Some(tokens.access.expose())).await {
                if response.sub != identity.sub {
                    return Err(SignInError::Userinfo);
                }
                response.person.complete(&mut identity);
            }
        }
        self.install_session(id, identity, tokens, secrets).await
    }

    /// Installs the new session, unless the attempt was cancelled. The sign-in that it replaces is revoked.
    async fn install_session(
        &self,
        id: u64,
        identity: Identity,
        tokens: &Tokens,
        secrets: &AttemptSecrets,
    ) -> Result<Identity, SignInError> {
        let _session_lock = self.session_lock.lock().await;
        let _process_lock = self.ports.process_lock.acquire(process_lock::SIGN_IN).await;
        if !self.read_state(|state| state.is_attempt(id)) {
            return Err(SignInError::Cancelled);
        }
        let now = self.now();
        let previous_entry = self.entries().load(&identity.sub).await.ok().flatten();
        let kept = match &tokens.refresh {
            None => Persistence::UntilExpiry,
            Some(refresh) => {
                let entry = Entry { refresh: refresh.clone(), since: now };
                self.entries().save(&identity.sub, &entry).await.map_or_else(Persistence::ThisRun, |()| Persistence::Keychain)
            }
        };
        let is_installed = self.update_state(|state| {
            if !state.is_attempt(id) {
                return false;
            }
            let owner = (state.next_id(), identity.clone());
            state.consent = state.consent.after(secrets.asks_consent, tokens.refresh.is_some());
            let previous = state.session.replace(Session::new(owner, tokens, secrets.nonce.clone(), kept, now));
            state.unrevoked.extend(replaced(previous, previous_entry.as_ref(), &identity.sub, kept));
            state.end_attempt(Ok(identity.clone()));
            true
        });
        if is_installed {
            return Ok(identity);
        }
        self.restore_entry(&identity.sub, previous_entry).await;
        Err(SignInError::Cancelled)
    }

    /// Restores the previous entry of the vault, because the new one is about to be revoked.
    async fn restore_entry(&self, sub: &str, previous: Option<Entry>) {
        let done = match previous {
            Some(entry) => self.entries().save(sub, &entry).await,
            None => self.entries().remove(sub).await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the entry of a cancelled sign-in could not be removed from the keychain");
        }
    }
}

/// The refresh tokens of this user that the new sign-in replaces: of the previous session and of the vault's previous entry.
/// `kept`: where the new sign-in is stored.
fn replaced(session: Option<Session>, entry: Option<&Entry>, sub: &str, kept: Persistence) -> Vec<SensitiveString> {
    let is_saved = kept == Persistence::Keychain;
    // An entry that stays in the vault is revoked later, when the new one replaces it there.
    let stored = entry.filter(|_| is_saved).map(|entry| entry.refresh.clone());
    let session =
        session.filter(|session| session.identity.sub == sub && (is_saved || matches!(session.kept, Persistence::ThisRun(_))));
    let mut tokens: Vec<SensitiveString> = stored.into_iter().collect();
    let ours = session.and_then(|session| session.refresh);
    tokens.extend(ours.filter(|ours| !tokens.iter().any(|token| token.equals(ours.expose()))));
    tokens
}

impl State {
    /// Marks the attempt as used. If the callback has an error, the attempt ends.
    fn use_up_attempt(&mut self, outcome: Outcome) -> Result<MatchedCallback, CallbackError> {
        let error = match outcome {
            Outcome::Code(code) => {
                let attempt = self.attempt.as_mut().ok_or(CallbackError::NoAttempt)?;
                let secrets = attempt.secrets.take().ok_or(CallbackError::NoAttempt)?;
                return Ok(MatchedCallback { id: attempt.id, code, secrets });
            }
            Outcome::Error(ErrorCode::AccessDenied) => SignInError::Denied,
            Outcome::Error(code) => SignInError::Refused(code),
        };
        self.end_attempt(Err(error));
        Err(error.into())
    }
}
