//! Signing in: begin, the browser, the callback, the exchange, the check.

use crate::attempt::{self, Pending, Redirect, Who};
use crate::auth::{Auth, Inner, Slot, State};
use crate::callback::{Callback, ErrorCode, Outcome};
use crate::failure::{BeginError, CallbackError, SignInError};
use crate::gate;
use crate::identity::Identity;
use crate::loopback::{self, Heard};
use crate::secret::Secret;
use crate::session::Session;
use crate::status::Kept;
use crate::token::{self, Tokens};
use crate::vault::{Entry, VaultError};
use crate::verify::{Expected, Nonce, Person, TokenRefusal};
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
    /// To be opened in the system's browser, and shown for copying. Keep it out of logs.
    pub url: String,
    /// When the attempt ends by itself.
    pub deadline: Timestamp,
    /// Whether the keychain would keep the sign-in. If not, it will not survive a restart: say so beforehand.
    pub vault: Result<(), VaultError>,
    outcome: oneshot::Receiver<Result<Identity, SignInError>>,
}

impl Attempt {
    /// Returns how the attempt ended. To drop it instead cancels nothing.
    pub async fn outcome(self) -> Result<Identity, SignInError> {
        // The sender is dropped unused only with the whole service.
        self.outcome.await.unwrap_or(Err(SignInError::Cancelled))
    }
}

/// An attempt whose callback has come.
struct Answered {
    id: u64,
    code: Secret,
    pending: Pending,
}

#[derive(Deserialize)]
struct Userinfo {
    sub: String,
    #[serde(flatten)]
    person: Person,
}

impl Auth {
    /// Begins an attempt, in place of an earlier one. Who is signed in stays so until it succeeds.
    pub async fn begin(&self, redirect: Redirect, who: Who) -> Result<Attempt, BeginError> {
        let inner = &self.inner;
        let id = inner.change(|state| {
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
        let pending = Pending::new(&*inner.ports.random, redirect_uri, endpoints);
        let url = pending.url(&inner.config, who).expect("discovery has read this address before");
        let deadline = attempt::deadline(inner.now());
        let (tell, outcome) = oneshot::channel();
        let stop = CancellationToken::new();
        let slot = Slot { id, deadline, pending: Some(pending), notice: None, stop: stop.clone(), tell };
        let is_newest = inner.change(|state| {
            let is_newest = state.newest == id;
            if is_newest {
                state.attempt = Some(slot);
            }
            is_newest
        });
        if !is_newest {
            return Err(BeginError::Superseded);
        }
        inner.tasks.spawn(inner.clone().watch(id, listener, stop));
        Ok(Attempt { url, deadline, vault, outcome })
    }

    /// Takes a deep link that came back from the browser. Anybody can send one: only the answer to the waiting attempt
    /// does anything. Returns once the person is signed in.
    pub async fn callback(&self, url: &str) -> Result<Identity, CallbackError> {
        let answered = self.inner.answered(url)?;
        let inner = self.inner.clone();
        Ok(self.inner.to_the_end(inner.finish(answered)).await?)
    }
}

impl Inner {
    /// Waits for the end of an attempt: it is over, its time is up, or its callback comes to the loopback port.
    async fn watch(self: Arc<Self>, id: u64, listener: Option<TcpListener>, stop: CancellationToken) {
        let left = Duration::from_millis(attempt::PATIENCE.unsigned_abs());
        let hearer = self.clone();
        let wait = async {
            match listener {
                None => stop.cancelled().await,
                Some(listener) => loopback::listen(listener, stop.clone(), move |url| hearer.clone().hear(url)).await,
            }
        };
        if tokio::time::timeout(left, wait).await.is_err() {
            self.change(|state| {
                if state.attempt.as_ref().is_some_and(|slot| slot.id == id && slot.pending.is_some()) {
                    state.end_attempt(Err(SignInError::Late));
                }
            });
        }
    }

    /// Judges what came to the loopback port.
    fn hear(self: Arc<Self>, url: &str) -> Heard {
        match self.answered(url) {
            Ok(answered) => {
                let tasks = self.tasks.clone();
                tasks.spawn(self.finish(answered));
                Heard::Answer
            }
            Err(CallbackError::Failed(_) | CallbackError::Late) => Heard::Refusal,
            Err(_) => Heard::Stranger,
        }
    }

    /// Finds out whether this is the answer to the attempt. Only then is the attempt used up.
    fn answered(&self, url: &str) -> Result<Answered, CallbackError> {
        let now = self.now();
        self.change(|state| {
            let slot = state.attempt.as_mut().ok_or(CallbackError::NoAttempt)?;
            let pending = slot.pending.as_ref().ok_or(CallbackError::NoAttempt)?;
            if now >= slot.deadline {
                state.end_attempt(Err(SignInError::Late));
                return Err(CallbackError::Late);
            }
            let callback = Callback::read(&pending.redirect_uri, url)?;
            if let (Outcome::Error(code), None) = (&callback.outcome, &callback.state) {
                slot.notice = Some(*code);
                return Err(CallbackError::Notice(*code));
            }
            if !callback.state.is_some_and(|state| pending.state.is(state.reveal())) {
                return Err(CallbackError::State);
            }
            let is_theirs = match callback.iss {
                Some(iss) => iss == self.config.issuer(),
                None => !pending.endpoints.names_issuer,
            };
            if !is_theirs {
                return Err(CallbackError::Issuer);
            }
            state.take_answer(callback.outcome)
        })
    }

    async fn finish(self: Arc<Self>, answered: Answered) -> Result<Identity, SignInError> {
        let id = answered.id;
        let result = self.complete(answered).await;
        self.settle();
        if let Err(error) = result {
            tracing::info!(%error, "sign-in failed");
            self.change(|state| {
                if state.is_attempt(id) {
                    state.end_attempt(Err(error));
                }
            });
        }
        result
    }

    async fn complete(&self, answered: Answered) -> Result<Identity, SignInError> {
        let Answered { id, code, pending } = answered;
        let link = (&self.http, &self.config);
        let tokens = token::exchange(link, &pending.endpoints.token, (&code, &pending.verifier, &pending.redirect_uri)).await?;
        let result = self.accept(id, &pending, &tokens).await;
        if let (Err(_), Some(refresh), Some(revoke)) = (&result, &tokens.refresh, &pending.endpoints.revoke) {
            // Clerk has granted what nobody will use.
            token::revoke(link, revoke, refresh).await;
        }
        result
    }

    async fn accept(&self, id: u64, pending: &Pending, tokens: &Tokens) -> Result<Identity, SignInError> {
        let id_token = tokens.id.as_ref().ok_or(TokenRefusal::Missing)?;
        let now = self.now();
        let expected = Expected {
            issuer: self.config.issuer(),
            client_id: self.config.client_id(),
            now,
            nonce: Nonce::Exactly(&pending.nonce),
            access: &tokens.access,
            sub: None,
        };
        let claims = self.keys.lock().await.verify(&self.http, &pending.endpoints.keys, id_token, &expected).await?;
        let mut identity = claims.identity(now);
        if let Some(userinfo) = &pending.endpoints.userinfo {
            // The id_token says enough; only a contradiction counts.
            if let Ok(said) = self.http.get::<Userinfo>(userinfo, Some(tokens.access.reveal())).await {
                if said.sub != identity.sub {
                    return Err(SignInError::Userinfo);
                }
                said.person.complete(&mut identity);
            }
        }
        self.install(id, identity, tokens, pending).await
    }

    /// Makes it the session, unless the attempt was cancelled meanwhile. What it takes the place of is ended.
    async fn install(&self, id: u64, identity: Identity, tokens: &Tokens, pending: &Pending) -> Result<Identity, SignInError> {
        let _turn = self.turn.lock().await;
        let _pass = self.ports.gate.enter(gate::SIGN_IN).await;
        if !self.look(|state| state.is_attempt(id)) {
            return Err(SignInError::Cancelled);
        }
        let now = self.now();
        let before = self.entries().load(&identity.sub).await.ok().flatten();
        let kept = match &tokens.refresh {
            None => Kept::UntilExpiry,
            Some(refresh) => {
                let entry = Entry { refresh: refresh.clone(), since: now };
                self.entries().save(&identity.sub, &entry).await.map_or_else(Kept::ThisRun, |()| Kept::Keychain)
            }
        };
        let is_installed = self.change(|state| {
            if !state.is_attempt(id) {
                return false;
            }
            let owner = (state.next_id(), identity.clone());
            let old = state.session.replace(Session::new(owner, tokens, pending.nonce.clone(), kept, now));
            state.owed.extend(replaced(old, before.as_ref(), &identity.sub, kept));
            state.end_attempt(Ok(identity.clone()));
            true
        });
        if is_installed {
            return Ok(identity);
        }
        self.put_back(&identity.sub, before).await;
        Err(SignInError::Cancelled)
    }

    /// Lets the vault have what it had before: what was kept a moment ago is about to be revoked.
    async fn put_back(&self, sub: &str, before: Option<Entry>) {
        let done = match before {
            Some(entry) => self.entries().save(sub, &entry).await,
            None => self.entries().remove(sub).await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "a cancelled sign-in stays in the keychain");
        }
    }
}

/// The tokens of this user that nobody will use any more, now that there is another sign-in that is kept like this.
fn replaced(old: Option<Session>, before: Option<&Entry>, sub: &str, kept: Kept) -> Vec<Secret> {
    // One that the vault still has is ended when the new one takes its place there.
    let before = before.filter(|_| kept == Kept::Keychain).map(|entry| entry.refresh.clone());
    let old = old.filter(|old| old.identity.sub == sub && (kept == Kept::Keychain || matches!(old.kept, Kept::ThisRun(_))));
    let mut tokens: Vec<Secret> = before.into_iter().collect();
    let ours = old.and_then(|old| old.refresh);
    tokens.extend(ours.filter(|ours| !tokens.iter().any(|token| token.is(ours.reveal()))));
    tokens
}

impl State {
    /// Uses the attempt up. It is over at once if the answer is no.
    fn take_answer(&mut self, outcome: Outcome) -> Result<Answered, CallbackError> {
        let error = match outcome {
            Outcome::Code(code) => {
                let slot = self.attempt.as_mut().ok_or(CallbackError::NoAttempt)?;
                let pending = slot.pending.take().ok_or(CallbackError::NoAttempt)?;
                return Ok(Answered { id: slot.id, code, pending });
            }
            Outcome::Error(ErrorCode::AccessDenied) => SignInError::Denied,
            Outcome::Error(code) => SignInError::Refused(code),
        };
        self.end_attempt(Err(error));
        Err(error.into())
    }
}
