//! A session as data: who, with which tokens, and when to renew them. No I/O and no clock.

use crate::identity::Identity;
use crate::sensitive::SensitiveString;
use crate::status::{OfflineReason, Persistence, Status};
use crate::token::Tokens;
use crate::vault::Entry;
use growqr_core::clock::Timestamp;

/// What an access token is taken to live where Clerk does not say, in seconds.
const DEFAULT_LIFETIME: u64 = 600;
/// No life of a token is counted as longer, in seconds.
const MAX_LIFETIME: u64 = 366 * 86_400;
/// How long before its end a token is renewed at the earliest, in milliseconds.
const RENEWAL_MARGIN: i64 = 5 * 60 * 1000;

pub(crate) struct Session {
    /// Differs between any two sessions of a run.
    pub id: u64,
    pub identity: Identity,
    /// When the sign-in began; the beginning of time before the vault was read.
    pub since: Timestamp,
    /// `None` before the vault was read, or if Clerk gave none.
    pub refresh: Option<SensitiveString>,
    /// That of the sign-in, while this run remembers it.
    pub nonce: Option<SensitiveString>,
    pub access: Option<Access>,
    pub kept: Persistence,
    pub state: SessionState,
    /// Failed renewals in a row.
    pub failures: u32,
    /// How often the tokens were renewed, so that who waited for a renewal knows that it happened.
    pub renewals: u64,
}

/// An access token. To us it is opaque.
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
    /// The token of an answer that came now.
    pub fn new(tokens: &Tokens, now: Timestamp) -> Self {
        let life = i64::try_from(tokens.expires_in.unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME) * 1000).unwrap_or(i64::MAX);
        let expires_at = Timestamp(now.0.saturating_add(life));
        Self { token: tokens.access.clone(), expires_at, renew_at: Timestamp(expires_at.0 - RENEWAL_MARGIN.min(life / 10)) }
    }
}

impl Session {
    /// A session that an earlier run began.
    pub fn remembered(id: u64, identity: Identity, now: Timestamp) -> Self {
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

    /// A session that begins with these tokens.
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
            ..Self::remembered(id, identity, now)
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

    /// When to ask Clerk again. `None`: there is nothing to ask with.
    pub fn due_at(&self) -> Option<Timestamp> {
        match (&self.state, &self.access) {
            (SessionState::Waiting { retry_at, .. }, _) => Some(*retry_at),
            (SessionState::Confirmed, Some(access)) if self.kept == Persistence::UntilExpiry => Some(access.expires_at),
            (SessionState::Confirmed, access) => access.as_ref().map(|access| access.renew_at),
            (SessionState::Ended, _) => None,
        }
    }

    /// The access token, while it lives.
    pub fn usable(&self, now: Timestamp) -> Option<SensitiveString> {
        self.access.as_ref().filter(|access| now < access.expires_at).map(|access| access.token.clone())
    }

    /// What the vault is to keep of it.
    pub fn entry(&self) -> Option<Entry> {
        Some(Entry { refresh: self.refresh.clone()?, since: self.since })
    }

    /// Goes on with what the vault has, or is to have. The nonce is that of the sign-in which this run has seen begin.
    pub fn adopt(&mut self, entry: &Entry) {
        if self.since != entry.since {
            self.nonce = None;
        }
        (self.refresh, self.since) = (Some(entry.refresh.clone()), entry.since);
    }

    /// Ends it: no token is left.
    pub fn end(&mut self) {
        (self.refresh, self.access, self.nonce) = (None, None, None);
        self.state = SessionState::Ended;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(expires_in: Option<u64>) -> Access {
        let tokens = Tokens { access: SensitiveString::new("a".to_owned()), expires_in, refresh: None, id: None };
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
