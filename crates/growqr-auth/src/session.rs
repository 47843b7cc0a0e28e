//! The session: the user, the tokens, and when to renew them. No I/O and no clock.

use crate::identity::Identity;
use crate::sensitive::SensitiveString;
use crate::status::{OfflineReason, Persistence, Status};
use crate::token::Tokens;
use crate::vault::Entry;
use growqr_core::clock::Timestamp;

/// The assumed lifetime of an access token if Clerk does not send one, in seconds.
const DEFAULT_LIFETIME: u64 = 600;
/// Longer lifetimes are cut to this, in seconds.
const MAX_LIFETIME: u64 = 366 * 86_400;
/// A token is renewed this long before it expires, or after nine tenths of a shorter lifetime. In milliseconds.
const RENEWAL_MARGIN: i64 = 5 * 60 * 1000;

pub(crate) struct Session {
    /// Unique within this run.
    pub id: u64,
    pub identity: Identity,
    /// When the sign-in began; 0 before the vault was read.
    pub since: Timestamp,
    /// `None` before the vault was read, or if Clerk sent none.
    pub refresh: Option<SensitiveString>,
    /// The nonce of the sign-in; `None` if another run or program has signed in.
    pub nonce: Option<SensitiveString>,
    pub access: Option<Access>,
    /// Where the sign-in is stored.
    pub kept: Persistence,
    pub state: SessionState,
    /// Failed renewals in a row.
    pub failures: u32,
    /// Number of renewals. It tells a caller that waited for the lock whether another caller has renewed meanwhile.
    pub renewals: u64,
}

/// An access token. It is opaque to this app.
pub(crate) struct Access {
    pub token: SensitiveString,
    pub expires_at: Timestamp,
    pub renew_at: Timestamp,
}

pub(crate) enum SessionState {
    Confirmed,
    Waiting { because: OfflineReason, retry_at: Timestamp },
    Ended,
}

impl Access {
    /// The token of a response that arrived at `now`.
    pub fn new(tokens: &Tokens, now: Timestamp) -> Self {
        let life = i64::try_from(tokens.expires_in.unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME) * 1000).unwrap_or(i64::MAX);
        let expires_at = Timestamp(now.0.saturating_add(life));
        Self { token: tokens.access.clone(), expires_at, renew_at: Timestamp(expires_at.0 - RENEWAL_MARGIN.min(life / 10)) }
    }
}

impl Session {
    /// A session from an earlier run, before the vault was read.
    pub fn restored(id: u64, identity: Identity, now: Timestamp) -> Self {
        let state = SessionState::Waiting { because: OfflineReason::NotAsked, retry_at: now };
        Self {
            id,
            identity,
            since: Timestamp(0),
            refresh: None,
            nonce: None,
            access: None,
            kept: Persistence::Keychain,
            state,
            failures: 0,
            renewals: 0,
        }
    }

    /// A new session with these tokens.
    pub fn new(
        (id, identity): (u64, Identity),
        tokens: &Tokens,
        nonce: SensitiveString,
        kept: Persistence,
        now: Timestamp,
    ) -> Self {
        Self {
            since: now,
            refresh: tokens.refresh.clone(),
            nonce: Some(nonce),
            access: Some(Access::new(tokens, now)),
            kept,
            state: SessionState::Confirmed,
            ..Self::restored(id, identity, now)
        }
    }

    pub fn status(&self) -> Status {
        let identity = self.identity.clone();
        match (&self.state, &self.access) {
            (SessionState::Confirmed, Some(access)) => {
                Status::Online { identity, expires_at: access.expires_at, kept: self.kept }
            }
            (SessionState::Waiting { because, retry_at }, _) => {
                Status::Offline { identity, because: *because, retry_at: *retry_at }
            }
            (SessionState::Ended, _) | (SessionState::Confirmed, None) => Status::NeedsSignIn { identity },
        }
    }

    /// When to contact Clerk again. `None` if the session has ended.
    pub fn due_at(&self) -> Option<Timestamp> {
        match (&self.state, &self.access) {
            (SessionState::Waiting { retry_at, .. }, _) => Some(*retry_at),
            (SessionState::Confirmed, Some(access)) if self.kept == Persistence::UntilExpiry => Some(access.expires_at),
            (SessionState::Confirmed, access) => access.as_ref().map(|access| access.renew_at),
            (SessionState::Ended, _) => None,
        }
    }

    /// The access token, unless it has expired.
    pub fn valid_access_token(&self, now: Timestamp) -> Option<SensitiveString> {
        self.access.as_ref().filter(|access| now < access.expires_at).map(|access| access.token.clone())
    }

    /// The entry for the vault.
    pub fn entry(&self) -> Option<Entry> {
        Some(Entry { refresh: self.refresh.clone()?, since: self.since })
    }

    /// Takes over the token of an entry. Drops the nonce if the entry is of another sign-in.
    pub fn adopt(&mut self, entry: &Entry) {
        if self.since != entry.since {
            self.nonce = None;
        }
        (self.refresh, self.since) = (Some(entry.refresh.clone()), entry.since);
    }

    /// Ends the session and drops its tokens.
    pub fn end(&mut self) {
        (self.refresh, self.access, self.nonce) = (None, None, None);
        self.state = SessionState::Ended;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(expires_in: Option<u64>) -> Access {
        let tokens =
            Tokens { access: SensitiveString::new("a".to_owned()), expires_in, refresh: None, id: None, server_time: None };
        Access::new(&tokens, Timestamp(1_000_000))
    }

    #[test]
    fn a_token_is_renewed_shortly_before_it_expires() {
        let day = access(Some(86_400));
        assert_eq!((day.renew_at, day.expires_at), (Timestamp(1_000_000 + 86_100_000), Timestamp(1_000_000 + 86_400_000)));
        let minute = access(Some(60));
        assert_eq!((minute.renew_at, minute.expires_at), (Timestamp(1_054_000), Timestamp(1_060_000)));
        assert_eq!(access(None).expires_at, Timestamp(1_600_000));
        assert!(access(Some(u64::MAX)).expires_at > Timestamp(1_000_000));
    }
}
