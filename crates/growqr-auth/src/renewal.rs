//! Restores a session from the vault and renews its tokens. Renewals run one at a time and always to completion.

use crate::auth::{Auth, Inner, RefreshError, State};
use crate::discovery::{DiscoveryError, Endpoints};
use crate::http::HttpError;
use crate::identity::Identity;
use crate::process_lock;
use crate::random;
use crate::sensitive::SensitiveString;
use crate::session::{Access, Session, SessionState};
use crate::skew::Skew;
use crate::status::{OfflineReason, Persistence, Status};
use crate::token::{self, TokenError, Tokens};
use crate::vault::Entry;
use crate::verify::{Expected, IdTokenError, Nonce};
use growqr_core::clock::Timestamp;

/// The first and the longest back-off, in milliseconds.
const BACKOFF: (i64, i64) = (5_000, 300_000);
/// The longest `retry-after` that is obeyed, in seconds.
const MAX_RETRY_AFTER: u64 = 3600;

/// A renewal that is due.
struct RenewalJob {
    id: u64,
    sub: String,
    /// The entry that this process has; `None` before the vault was read.
    ours: Option<Entry>,
    /// Whether the entry is in the vault, where other programs can use it.
    is_shared: bool,
    /// The nonce of the sign-in, if this process knows it.
    nonce: Option<SensitiveString>,
}

impl Auth {
    /// Restores the session of an account that signed in in an earlier run, or switches to that account. Reads the vault but
    /// does not use the network: the status is `Offline` until [`Auth::refresh_if_due`] has contacted Clerk. If the previous
    /// account's sign-in could not be saved in the vault, switching loses it.
    pub async fn open(&self, identity: Identity) -> Status {
        let inner = self.inner.clone();
        self.inner.run_to_completion(async move { inner.restore(identity).await }).await;
        self.status()
    }

    /// Renews the tokens if they are due. Also saves a refresh token that could not be saved before. Concurrent calls make one
    /// request. If Clerk cannot be reached, the session stays.
    pub async fn refresh_if_due(&self) -> Result<(), RefreshError> {
        self.refresh(false).await
    }

    /// Renews the tokens now: after the computer wakes up, when the network is back, or when the user asks for it.
    pub async fn refresh_now(&self) -> Result<(), RefreshError> {
        self.refresh(true).await
    }

    /// Closes the session without signing out. The entry stays in the vault, for [`Auth::open`]. A sign-in that could not be
    /// saved in the vault is lost.
    pub async fn leave(&self) {
        let _session_lock = self.inner.session_lock.lock().await;
        self.inner.update_state(|state| state.session = None);
    }

    async fn refresh(&self, now: bool) -> Result<(), RefreshError> {
        let seen = self.inner.read_state(|state| state.session.as_ref().map(|session| (session.id, session.renewals)));
        let inner = self.inner.clone();
        self.inner
            .run_to_completion(async move {
                let renewed = inner.renew(now, seen).await;
                inner.revoke_outstanding();
                renewed
            })
            .await
    }
}

impl Inner {
    async fn restore(&self, identity: Identity) {
        let _session_lock = self.session_lock.lock().await;
        let is_open = |state: &State| {
            state.session.as_ref().is_some_and(|open| open.identity.sub == identity.sub && open.refresh.is_some())
        };
        if self.read_state(is_open) {
            return;
        }
        let (now, sub) = (self.now(), identity.sub.clone());
        let id = self.update_state(|state| {
            let id = state.next_id();
            state.session = Some(Session::restored(id, identity, now));
            id
        });
        // The status shows a failure and its reason.
        let _ = self.load(id, &sub).await;
    }

    /// Reads the refresh token of a session from the vault.
    async fn load(&self, id: u64, sub: &str) -> Result<Entry, RefreshError> {
        match self.entries().load(sub).await {
            Ok(Some(entry)) => {
                self.update_state(|state| state.session_mut(id).map(|session| session.adopt(&entry)));
                Ok(entry)
            }
            // Some locked keychains report a missing entry as well, so nothing is removed.
            Ok(None) => Err(self.end_session(id)),
            Err(error) => Err(self.retry_later(id, OfflineReason::Vault(error))),
        }
    }

    async fn renew(&self, forced: bool, seen: Option<(u64, u64)>) -> Result<(), RefreshError> {
        let _session_lock = self.session_lock.lock().await;
        self.store_unsaved_entry().await;
        let now = self.now();
        let Some(mut job) = self.update_state(|state| next_job(state, now, forced, seen))? else { return Ok(()) };
        let _process_lock = self.ports.process_lock.acquire(process_lock::RENEWAL).await;
        let used = self.latest_entry(&mut job).await?;
        let endpoints = self.endpoints().await.map_err(|error| {
            let reason = if let DiscoveryError::Http(error) = error {
                OfflineReason::Network(error)
            } else {
                OfflineReason::Discovery(error)
            };
            self.retry_later(job.id, reason)
        })?;
        let client = (&self.http, &self.config);
        let (used, answer) = match token::refresh(client, &endpoints.token, &used.refresh).await {
            Err(TokenError::InvalidGrant) => match self.entries().load(&job.sub).await {
                // Another program has renewed the token since. Use its token.
                Ok(Some(other)) if !other.refresh.equals(used.refresh.expose()) => {
                    job.nonce = None;
                    let answer = token::refresh(client, &endpoints.token, &other.refresh).await;
                    (other, answer)
                }
                _ => (used, Err(TokenError::InvalidGrant)),
            },
            answer => (used, answer),
        };
        match answer {
            Ok(tokens) => self.rotate(&job, used, tokens, &endpoints).await,
            Err(TokenError::InvalidGrant) => Err(self.remove_and_end(&job).await),
            Err(TokenError::Http(error)) => Err(self.retry_later(job.id, OfflineReason::Network(error))),
            Err(error) => Err(self.retry_later(job.id, OfflineReason::Refused(error))),
        }
    }

    /// The entry with the newest token. Another program may have saved a newer one: a renewed token of the same sign-in, or a
    /// token of a new sign-in, whose nonce this process does not know.
    async fn latest_entry(&self, job: &mut RenewalJob) -> Result<Entry, RefreshError> {
        let Some(ours) = job.ours.take() else { return self.load(job.id, &job.sub).await };
        if !job.is_shared {
            return Ok(ours);
        }
        match self.entries().load(&job.sub).await {
            Ok(Some(stored)) if !stored.refresh.equals(ours.refresh.expose()) => {
                job.nonce = None;
                Ok(stored)
            }
            // An empty or locked vault does not prove that our token is invalid.
            _ => Ok(ours),
        }
    }

    /// Saves the new refresh token first and then verifies the id_token, so that a later failure cannot lose the token.
    async fn rotate(&self, job: &RenewalJob, used: Entry, tokens: Tokens, endpoints: &Endpoints) -> Result<(), RefreshError> {
        let entry = Entry { refresh: tokens.refresh.clone().unwrap_or(used.refresh), since: used.since };
        let kept = self.entries().save(&job.sub, &entry).await.map_or_else(Persistence::ThisRun, |()| Persistence::Keychain);
        let updated = self.update_state(|state| {
            let session = state.session_mut(job.id)?;
            session.adopt(&entry);
            session.kept = kept;
            session.renewals += 1;
            Some(())
        });
        if updated.is_none() {
            // Signed out during the request. The sign-out revokes the previous token and removes the entry; the new token is
            // revoked here.
            self.revoke_or_queue(entry.refresh).await;
            return Err(RefreshError::SignedOut);
        }
        let skew = Skew::new(self.now(), tokens.server_time);
        let identity = match self.check(job, &tokens, endpoints, skew).await {
            Ok(identity) => identity,
            Err(IdTokenError::Subject) => return Err(self.remove_and_end(job).await),
            Err(IdTokenError::Keys(error)) => return Err(self.retry_later(job.id, OfflineReason::Network(error))),
            Err(refusal) => {
                let because = skew.explains(refusal).map_or(OfflineReason::Unchecked(refusal), OfflineReason::Clock);
                return Err(self.retry_later(job.id, because));
            }
        };
        let access = Access::new(&tokens, self.now());
        let updated = self.update_state(|state| {
            let session = state.session_mut(job.id)?;
            session.access = Some(access);
            session.identity = identity.unwrap_or_else(|| session.identity.clone());
            session.state = SessionState::Confirmed;
            session.failures = 0;
            Some(())
        });
        updated.ok_or(RefreshError::SignedOut)
    }

    /// Verifies the new id_token. `None` if the response has none, which is allowed.
    async fn check(
        &self,
        job: &RenewalJob,
        tokens: &Tokens,
        endpoints: &Endpoints,
        skew: Skew,
    ) -> Result<Option<Identity>, IdTokenError> {
        let Some(id_token) = &tokens.id else { return Ok(None) };
        let now = self.now();
        let expected = Expected {
            issuer: self.config.issuer(),
            client_id: self.config.client_id(),
            now: skew.time(),
            nonce: Nonce::NoneOr(job.nonce.as_ref()),
            access: &tokens.access,
            sub: Some(&job.sub),
        };
        let claims = self.keys.lock().await.verify(&self.http, &endpoints.keys, id_token, &expected).await?;
        Ok(Some(claims.identity(now)))
    }

    /// Tries again to save an entry that the keychain did not accept. If the keychain has an entry of another sign-in, the
    /// later sign-in wins and the other one is revoked.
    async fn store_unsaved_entry(&self) {
        let unsaved = self.read_state(|state| {
            let session = state.session.as_ref().filter(|session| matches!(session.kept, Persistence::ThisRun(_)))?;
            Some((session.id, session.identity.sub.clone(), session.entry()?))
        });
        let Some((id, sub, ours)) = unsaved else { return };
        let _process_lock = self.ports.process_lock.acquire(process_lock::RENEWAL).await;
        let Ok(found) = self.entries().load(&sub).await else { return };
        let (later, earlier) = match found {
            Some(theirs) if theirs.since > ours.since => (theirs, Some(ours)),
            found => {
                if self.entries().save(&sub, &ours).await.is_err() {
                    return;
                }
                // An entry of the same sign-in only has an earlier token, which needs no revocation.
                let other = found.filter(|found| found.since != ours.since);
                (ours, other)
            }
        };
        self.update_state(|state| {
            if let Some(session) = state.session_mut(id) {
                session.adopt(&later);
                session.kept = Persistence::Keychain;
            }
            state.unrevoked.extend(earlier.map(|entry| entry.refresh));
        });
    }

    /// Ends the session and removes its entry: Clerk no longer accepts the token.
    async fn remove_and_end(&self, job: &RenewalJob) -> RefreshError {
        if let Err(error) = self.entries().remove(&job.sub).await {
            tracing::warn!(%error, "the entry of an ended sign-in could not be removed from the keychain");
        }
        self.end_session(job.id)
    }

    fn end_session(&self, id: u64) -> RefreshError {
        self.update_state(|state| state.session_mut(id).map(Session::end));
        RefreshError::NeedsSignIn
    }

    /// Schedules the next attempt.
    fn retry_later(&self, id: u64, because: OfflineReason) -> RefreshError {
        let (now, jitter) = (self.now(), random::number_below(&*self.ports.random, 1000));
        self.update_state(|state| {
            if let Some(session) = state.session_mut(id) {
                let retry_at = Timestamp(now.0.saturating_add(backoff(session.failures, jitter, because)));
                session.state = SessionState::Waiting { because, retry_at };
                session.failures = session.failures.saturating_add(1);
            }
        });
        RefreshError::Offline(because)
    }
}

/// The renewal to do. `Ok(None)` if none is due, or if another caller has renewed while this one waited for the lock: `seen` is
/// the session and its number of renewals before that.
fn next_job(
    state: &mut State,
    now: Timestamp,
    forced: bool,
    seen: Option<(u64, u64)>,
) -> Result<Option<RenewalJob>, RefreshError> {
    let session = state.session.as_mut().ok_or(RefreshError::SignedOut)?;
    let due_at = session.due_at().ok_or(RefreshError::NeedsSignIn)?;
    let was_renewed = seen.is_some_and(|seen| seen.0 == session.id && seen.1 != session.renewals);
    if was_renewed && matches!(session.state, SessionState::Confirmed) {
        return Ok(None);
    }
    if session.kept == Persistence::UntilExpiry {
        if now < due_at {
            return Ok(None);
        }
        session.end();
        return Err(RefreshError::NeedsSignIn);
    }
    match session.state {
        SessionState::Waiting { because, retry_at } if !forced && now < retry_at => Err(RefreshError::Offline(because)),
        SessionState::Confirmed if !forced && now < due_at => Ok(None),
        _ => Ok(Some(RenewalJob {
            id: session.id,
            sub: session.identity.sub.clone(),
            ours: session.entry(),
            is_shared: session.kept == Persistence::Keychain,
            nonce: session.nonce.clone(),
        })),
    }
}

/// Milliseconds until the next attempt: the server's `retry-after`, otherwise exponential back-off; both with jitter.
fn backoff(failures: u32, jitter: u64, because: OfflineReason) -> i64 {
    let jitter = i64::try_from(jitter).unwrap_or_default();
    if let OfflineReason::Network(HttpError::Busy { retry_after: Some(seconds), .. }) = because {
        return i64::try_from(seconds.min(MAX_RETRY_AFTER)).unwrap_or_default() * 1000 + jitter;
    }
    let (first, longest) = BACKOFF;
    let pause = first.saturating_mul(1 << failures.min(10)).min(longest);
    pause / 2 + pause * jitter / 2000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_to_a_limit_and_has_jitter() {
        let network = OfflineReason::Network(HttpError::Unreachable(growqr_http::Cause::Network));
        assert_eq!(backoff(0, 0, network), 2_500);
        assert_eq!(backoff(0, 999, network), 4_997);
        assert_eq!(backoff(1, 0, network), 5_000);
        assert_eq!(backoff(u32::MAX, 0, network), 150_000);
    }

    #[test]
    fn a_long_retry_after_is_limited_to_an_hour() {
        let busy = |seconds| OfflineReason::Network(HttpError::Busy { status: 429, retry_after: Some(seconds) });
        assert_eq!(backoff(9, 7, busy(30)), 30_007);
        assert_eq!(backoff(0, 0, busy(u64::MAX)), 3_600_000);
    }
}
