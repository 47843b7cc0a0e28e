//! Ending sign-ins: on this device at once, in the keychain and at Clerk as soon as they can be reached.

use crate::auth::{Auth, Inner, State};
use crate::identity::Identity;
use crate::process_lock;
use crate::sensitive::SensitiveString;
use crate::session::{Session, SessionState};
use crate::sign_in::SignInError;
use crate::token;
use crate::vault::VaultError;
use growqr_core::clock::Timestamp;
use std::sync::Arc;

/// What signing out came to. The person is signed out on this device in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignOutResult {
    /// Whether Clerk took note. The browser's own session, and an access token already given out, live on.
    pub revoked: bool,
    /// Whether the keychain has let go of the sign-in.
    pub removed: Result<(), VaultError>,
    /// Whether the keychain had one, or would not say. One that is just starting may say that it has none.
    pub was_kept: bool,
}

/// What is to be forgotten: whatever of this user began until then.
struct SignOutRequest {
    sub: String,
    until: Timestamp,
    /// What this run knew of it.
    tokens: Vec<SensitiveString>,
}

impl Auth {
    /// Signs out: forgets everything at once, removes the entry in the vault, and tells Clerk if it can be reached soon.
    /// Clerk is told later, in this run, if it cannot; an entry that cannot be removed is up to [`Auth::forget`].
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

    /// Does again what signing this user out left undone: removes the entry of a sign-in that began until then, and
    /// tells Clerk. One that began later stays as it is.
    pub async fn forget(&self, sub: &str, until: Timestamp) -> SignOutResult {
        self.end(SignOutRequest { sub: sub.to_owned(), until, tokens: Vec::new() }).await
    }

    /// Goes on as this person, whose sign-in has ended. Asks neither the vault nor the network.
    pub async fn remember_ended(&self, identity: Identity) {
        let _session_lock = self.inner.session_lock.lock().await;
        let now = self.inner.now();
        self.inner.update_state(|state| {
            let id = state.next_id();
            state.session = Some(Session { state: SessionState::Ended, ..Session::remembered(id, identity, now) });
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
            // They have signed in again, perhaps with another program.
            Ok(Some(entry)) if entry.since > until => Ok(()),
            Ok(found) => {
                was_kept = found.is_some();
                // Another program may have renewed it, or have signed in for itself.
                let kept = found.map(|entry| entry.refresh);
                tokens.extend(kept.filter(|kept| !tokens.iter().any(|ours| ours.equals(kept.expose()))));
                self.entries().remove(&sub).await
            }
            // What cannot be read is not removed either, though the keychain may open this moment: nobody could tell
            // Clerk of it any more.
            Err(error) => Err(error),
        };
        let mut revoked = !tokens.is_empty();
        for token in tokens {
            revoked &= self.end_grant(token).await;
        }
        SignOutResult { revoked, removed, was_kept }
    }

    /// Ends a grant, now or as soon as Clerk can be reached in this run. `true` if it took note now.
    pub async fn end_grant(&self, refresh: SensitiveString) -> bool {
        let told = self.revoke(&refresh).await;
        if told.is_none() {
            self.revoke_later(refresh);
        }
        told.unwrap_or(false)
    }

    /// Has this grant ended by [`Inner::revoke_outstanding`].
    pub fn revoke_later(&self, refresh: SensitiveString) {
        self.update_state(|state| state.unrevoked.push(refresh));
    }

    /// Ends the grants that Clerk was not told of yet. Nobody waits for it.
    pub fn revoke_outstanding(self: &Arc<Self>) {
        let unrevoked = self.update_state(|state| std::mem::take(&mut state.unrevoked));
        if unrevoked.is_empty() {
            return;
        }
        let inner = self.clone();
        self.tasks.spawn(async move {
            for refresh in unrevoked {
                inner.end_grant(refresh).await;
            }
        });
    }

    /// Whether Clerk took note; `None` if it could not be reached.
    async fn revoke(&self, refresh: &SensitiveString) -> Option<bool> {
        let ask = async {
            let endpoints = self.endpoints().await.ok()?;
            let Some(endpoint) = endpoints.revoke.as_deref() else { return Some(false) };
            token::revoke((&self.http, &self.config), endpoint, refresh).await
        };
        tokio::time::timeout(self.config.http.revocation, ask).await.ok().flatten()
    }
}

impl State {
    /// Ends the session if it is this user's and began until then. Its token is still good at Clerk.
    fn end_session_of(&mut self, sub: &str, until: Timestamp) -> Option<SensitiveString> {
        let session = self.session.as_mut().filter(|session| session.identity.sub == sub && session.since <= until)?;
        let refresh = session.refresh.take();
        session.end();
        refresh
    }
}
