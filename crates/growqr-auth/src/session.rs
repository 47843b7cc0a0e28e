//! A session as data: who, with which tokens, and when to renew them. No I/O and no clock.

use crate::identity::Identity;
use crate::secret::Secret;
use crate::status::{Because, Kept, Status};
use crate::token::Tokens;
use crate::vault::Entry;
use growqr_core::clock::Timestamp;

/// What an access token is taken to live where Clerk does not say, in seconds.
const UNSAID: u64 = 600;
/// No life of a token is counted as longer, in seconds.
const LONGEST: u64 = 366 * 86_400;
/// How long before its end a token is renewed at the earliest, in milliseconds.
const MARGIN: i64 = 5 * 60 * 1000;

pub(crate) struct Session {
    /// Differs between any two sessions of a run.
    pub id: u64,
    pub identity: Identity,
    /// When the sign-in began; the beginning of time before the vault was read.
    pub since: Timestamp,
    /// `None` before the vault was read, or if Clerk gave none.
    pub refresh: Option<Secret>,
    /// That of the sign-in, while this run remembers it.
    pub nonce: Option<Secret>,
    pub access: Option<Access>,
    pub kept: Kept,
    pub standing: Standing,
    /// Failed renewals in a row.
    pub failures: u32,
    /// How often the tokens were renewed, so that who waited for a renewal knows that it happened.
    pub renewals: u64,
}

/// An access token. To us it is opaque.
pub(crate) struct Access {
    pub token: Secret,
    pub expires_at: Timestamp,
    pub renew_at: Timestamp,
}

pub(crate) enum Standing {
    Confirmed,
    Waiting { because: Because, retry_at: Timestamp },
    Ended,
}

impl Access {
    /// The token of an answer that came now.
    pub fn new(tokens: &Tokens, now: Timestamp) -> Self {
        let life = i64::try_from(tokens.expires_in.unwrap_or(UNSAID).min(LONGEST) * 1000).unwrap_or(i64::MAX);
        let expires_at = Timestamp(now.0.saturating_add(life));
        Self { token: tokens.access.clone(), expires_at, renew_at: Timestamp(expires_at.0 - MARGIN.min(life / 10)) }
    }
}

impl Session {
    /// A session that an earlier run began.
    pub fn remembered(id: u64, identity: Identity, now: Timestamp) -> Self {
        let standing = Standing::Waiting { because: Because::NotAsked, retry_at: now };
        Self {
            id,
            identity,
            since: Timestamp(0),
            refresh: None,
            nonce: None,
            access: None,
            kept: Kept::Keychain,
            standing,
            failures: 0,
            renewals: 0,
        }
    }

    /// A session that begins with these tokens.
    pub fn new((id, identity): (u64, Identity), tokens: &Tokens, nonce: Secret, kept: Kept, now: Timestamp) -> Self {
        Self {
            since: now,
            refresh: tokens.refresh.clone(),
            nonce: Some(nonce),
            access: Some(Access::new(tokens, now)),
            kept,
            standing: Standing::Confirmed,
            ..Self::remembered(id, identity, now)
        }
    }

    pub fn status(&self) -> Status {
        let identity = self.identity.clone();
        match (&self.standing, &self.access) {
            (Standing::Confirmed, Some(access)) => Status::Online { identity, expires_at: access.expires_at, kept: self.kept },
            (Standing::Waiting { because, retry_at }, _) => Status::Offline { identity, because: *because, retry_at: *retry_at },
            (Standing::Ended, _) | (Standing::Confirmed, None) => Status::NeedsSignIn { identity },
        }
    }

    /// When to ask Clerk again. `None`: there is nothing to ask with.
    pub fn due_at(&self) -> Option<Timestamp> {
        match (&self.standing, &self.access) {
            (Standing::Waiting { retry_at, .. }, _) => Some(*retry_at),
            (Standing::Confirmed, Some(access)) if self.kept == Kept::UntilExpiry => Some(access.expires_at),
            (Standing::Confirmed, access) => access.as_ref().map(|access| access.renew_at),
            (Standing::Ended, _) => None,
        }
    }

    /// The access token, while it lives.
    pub fn usable(&self, now: Timestamp) -> Option<Secret> {
        self.access.as_ref().filter(|access| now < access.expires_at).map(|access| access.token.clone())
    }

    /// What the vault is to keep of it.
    pub fn entry(&self) -> Option<Entry> {
        Some(Entry { refresh: self.refresh.clone()?, since: self.since })
    }

    /// Goes on with what the vault has, or is to have. The nonce is that of the sign-in which this run has seen begin.
    pub fn take(&mut self, entry: &Entry) {
        if self.since != entry.since {
            self.nonce = None;
        }
        (self.refresh, self.since) = (Some(entry.refresh.clone()), entry.since);
    }

    /// Ends it: no token is left.
    pub fn end(&mut self) {
        (self.refresh, self.access, self.nonce) = (None, None, None);
        self.standing = Standing::Ended;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(expires_in: Option<u64>) -> Access {
        let tokens = Tokens { access: Secret::new("a".to_owned()), expires_in, refresh: None, id: None };
        Access::new(&tokens, Timestamp(1_000_000))
    }

    #[test]
    fn a_token_is_renewed_a_little_before_its_end_whatever_its_life() {
        let day = access(Some(86_400));
        assert_eq!((day.renew_at, day.expires_at), (Timestamp(1_000_000 + 86_100_000), Timestamp(1_000_000 + 86_400_000)));
        let minute = access(Some(60));
        assert_eq!((minute.renew_at, minute.expires_at), (Timestamp(1_054_000), Timestamp(1_060_000)));
        assert_eq!(access(None).expires_at, Timestamp(1_600_000));
        assert!(access(Some(u64::MAX)).expires_at > Timestamp(1_000_000));
    }
}
