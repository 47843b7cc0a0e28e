//! Signing out: ends the session in this process immediately, removes the keychain entry, and revokes the refresh token at
//! Clerk. If Clerk cannot be reached, the revocation is retried later in this run.

use crate::auth::{Auth, Inner, State};
use crate::failure::SignInError;
use crate::identity::Identity;
use crate::process_lock;
use crate::sensitive::SensitiveString;
use crate::session::{Session, SessionState};
use crate::token;
use crate::vault::VaultError;
use growqr_core::clock::Timestamp;
use std::sync::Arc;

/// The result of signing out. In any case the session of this process has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignOutResult {
    /// Whether Clerk has revoked the sign-in. The browser's own session and an issued access token stay valid.
    pub revoked: bool,
    /// Whether the keychain entry was removed.
    pub removed: Result<(), VaultError>,
    /// `false` if the keychain reported that there was no entry. A keychain that is just starting may report this wrongly.
    pub was_kept: bool,
}

/// Sign-ins of this user to end: those that began at or before `until`.
struct SignOutRequest {
    sub: String,
    until: Timestamp,
    /// Refresh tokens that this process knows.
    tokens: Vec<SensitiveString>,
}

impl Auth {
    /// Signs out: ends the session immediately, then removes the entry in the vault and revokes the token at Clerk. A failed
    /// revocation is retried later in this run. If the entry cannot be removed, call [`Auth::forget`] later.
    pub async fn sign_out(&self) -> SignOutResult {
        let session = self.inner.update_state(|state| {
            state.newest = state.next_id();
            state.end_attempt(Err(SignInError::Cancelled));
            state.session.take()
        });
        let Some(session) = session else { return SignOutResult { revoked: false, removed: Ok(()), was_kept: false } };
        let tokens = session.refresh.into_iter().collect();
        self.end(SignOutRequest { sub: session.identity.sub, until: self.inner.now(), tokens }).await
    }

    /// Completes an earlier sign-out: removes this user's entry and revokes it, if the sign-in began at or before `until`. A
    /// later sign-in is kept.
    pub async fn forget(&self, sub: &str, until: Timestamp) -> SignOutResult {
        self.end(SignOutRequest { sub: sub.to_owned(), until, tokens: Vec::new() }).await
    }

    /// Restores an account whose sign-in has ended; the status becomes `NeedsSignIn`. Uses neither the vault nor the network.
    pub async fn remember_ended(&self, identity: Identity) {
        let _session_lock = self.inner.session_lock.lock().await;
        let now = self.inner.now();
        self.inner.update_state(|state| {
            let id = state.next_id();
            state.session = Some(Session { state: SessionState::Ended, ..Session::restored(id, identity, now) });
        });
    }

    async fn end(&self, request: SignOutRequest) -> SignOutResult {
        let inner = self.inner.clone();
        self.inner.run_to_completion(async move { inner.end(request).await }).await
    }
}

impl Inner {
    async fn end(&self, request: SignOutRequest) -> SignOutResult {
        let _session_lock = self.session_lock.lock().await;
        let _process_lock = self.ports.process_lock.acquire(process_lock::SIGN_OUT).await;
        let SignOutRequest { sub, until, mut tokens } = request;
        tokens.extend(self.update_state(|state| state.end_session_of(&sub, until)));
        let mut was_kept = true;
        let removed = match self.entries().load(&sub).await {
            // The user has signed in again since, maybe in another program.
            Ok(Some(entry)) if entry.since > until => Ok(()),
            Ok(found) => {
                was_kept = found.is_some();
                // The entry may have another token: another program may have renewed it or signed in.
                let stored = found.map(|entry| entry.refresh);
                tokens.extend(stored.filter(|stored| !tokens.iter().any(|ours| ours.equals(stored.expose()))));
                self.entries().remove(&sub).await
            }
            // An entry that cannot be read is not removed: without its token, the sign-in could no longer be revoked.
            Err(error) => Err(error),
        };
        let mut revoked = !tokens.is_empty();
        for token in tokens {
            revoked &= self.revoke_or_queue(token).await;
        }
        SignOutResult { revoked, removed, was_kept }
    }

    /// Revokes a refresh token, now or later in this run. Returns whether Clerk has revoked it now.
    pub async fn revoke_or_queue(&self, refresh: SensitiveString) -> bool {
        let revoked = self.revoke(&refresh).await;
        if revoked.is_none() {
            self.revoke_later(refresh);
        }
        revoked.unwrap_or(false)
    }

    /// Adds a refresh token to those that [`Inner::revoke_outstanding`] revokes.
    pub fn revoke_later(&self, refresh: SensitiveString) {
        self.update_state(|state| state.unrevoked.push(refresh));
    }

    /// Revokes the outstanding refresh tokens in a background task.
    pub fn revoke_outstanding(self: &Arc<Self>) {
        let unrevoked = self.update_state(|state| std::mem::take(&mut state.unrevoked));
        if unrevoked.is_empty() {
            return;
        }
        let inner = self.clone();
        self.tasks.spawn(async move {
            for refresh in unrevoked {
                inner.revoke_or_queue(refresh).await;
            }
        });
    }

    /// Whether Clerk has revoked the token; `None` if Clerk could not be reached.
    async fn revoke(&self, refresh: &SensitiveString) -> Option<bool> {
        let request = async {
            let endpoints = self.endpoints().await.ok()?;
            let Some(endpoint) = endpoints.revoke.as_deref() else { return Some(false) };
            token::revoke((&self.http, &self.config), endpoint, refresh).await
        };
        tokio::time::timeout(self.config.http.revocation, request).await.ok().flatten()
    }
}

impl State {
    /// Ends the session if it is of this user and began at or before `until`. Returns its token, which is not yet revoked.
    fn end_session_of(&mut self, sub: &str, until: Timestamp) -> Option<SensitiveString> {
        let session = self.session.as_mut().filter(|session| session.identity.sub == sub && session.since <= until)?;
        let refresh = session.refresh.take();
        session.end();
        refresh
    }
}
