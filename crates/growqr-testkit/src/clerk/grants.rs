//! Grants, and the codes, rotating refresh tokens and access tokens that belong to them.

use super::switches::User;
use std::collections::HashMap;

/// Lifetime of a code in seconds: ten minutes, as documented.
const CODE_LIFE: i64 = 600;

/// A valid authorization request.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationRequest {
    pub client_id: String,
    pub redirect_uri: String,
    pub scope: Vec<String>,
    pub state: String,
    pub nonce: String,
    pub challenge: String,
    /// Whether the sign-in page must be shown although a user is signed in.
    pub wants_login: bool,
}

/// The grant of one consent.
#[derive(Clone)]
pub(super) struct Grant {
    pub user: User,
    pub client_id: String,
    pub scope: Vec<String>,
    pub nonce: String,
    pub revoked: bool,
}

struct Code {
    grant: usize,
    redirect_uri: String,
    challenge: String,
    made_at: i64,
    used: bool,
}

struct Refresh {
    grant: usize,
    used: bool,
}

/// All grants, codes and tokens.
#[derive(Default)]
pub(super) struct Grants {
    all: Vec<Grant>,
    codes: HashMap<String, Code>,
    refreshes: HashMap<String, Refresh>,
    accesses: HashMap<String, (usize, i64)>,
    made: u64,
    /// Whether reusing a refresh token is refused without revoking its grant.
    pub allows_replay: bool,
}

impl Grants {
    fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_stand_in_{:06}_{}", self.made, "x".repeat(24))
    }

    /// Creates a grant and its code.
    pub fn code(&mut self, asked: &AuthorizationRequest, user: &User, now: i64) -> String {
        self.all.push(Grant {
            user: user.clone(),
            client_id: asked.client_id.clone(),
            scope: asked.scope.clone(),
            nonce: asked.nonce.clone(),
            revoked: false,
        });
        let (redirect_uri, challenge) = (asked.redirect_uri.clone(), asked.challenge.clone());
        let code = Code { grant: self.all.len() - 1, redirect_uri, challenge, made_at: now, used: false };
        let name = self.name("code");
        self.codes.insert(name.clone(), code);
        name
    }

    /// Redeems a code. A second use revokes the grant.
    pub fn redeem(
        &mut self,
        name: &str,
        client_id: &str,
        redirect_uri: &str,
        challenge: &str,
        now: i64,
    ) -> Result<usize, &'static str> {
        let code = self.codes.get_mut(name).ok_or("The authorization code is unknown.")?;
        let grant = &mut self.all[code.grant];
        if code.used {
            grant.revoked = true;
            return Err("The authorization code has already been used.");
        }
        if now > code.made_at + CODE_LIFE {
            return Err("The authorization code has expired.");
        }
        if grant.client_id != client_id {
            return Err("The authorization code was issued to another client.");
        }
        if code.redirect_uri != redirect_uri {
            return Err("The 'redirect_uri' from this request does not match the one from the authorize request.");
        }
        if code.challenge != challenge {
            return Err("The PKCE code challenge did not match the code verifier.");
        }
        code.used = true;
        Ok(code.grant)
    }

    /// Uses a refresh token. A second use revokes the grant.
    pub fn rotate(&mut self, name: &str, client_id: &str) -> Result<usize, &'static str> {
        let refresh = self.refreshes.get_mut(name).ok_or("The refresh token is unknown.")?;
        let grant = &mut self.all[refresh.grant];
        if grant.revoked {
            return Err("The refresh token has been revoked.");
        }
        if grant.client_id != client_id {
            return Err("The refresh token was issued to another client.");
        }
        if refresh.used {
            grant.revoked = !self.allows_replay;
            return Err("The refresh token has already been used.");
        }
        refresh.used = true;
        Ok(refresh.grant)
    }

    /// Makes a used refresh token valid again, for an instance that does not rotate.
    pub fn undo_rotation(&mut self, name: &str) {
        if let Some(refresh) = self.refreshes.get_mut(name) {
            refresh.used = false;
        }
    }

    pub fn new_refresh(&mut self, grant: usize) -> String {
        let name = self.name("rt");
        self.refreshes.insert(name.clone(), Refresh { grant, used: false });
        name
    }

    /// The id of the next access token.
    pub fn next_access(&mut self) -> String {
        self.name("oat")
    }

    pub fn add_access_token(&mut self, token: &str, grant: usize, expires_at: i64) {
        self.accesses.insert(token.to_owned(), (grant, expires_at));
    }

    pub fn grant(&self, index: usize) -> &Grant {
        &self.all[index]
    }

    /// The grant of a valid access token.
    pub fn by_access(&self, token: &str, now: i64) -> Option<&Grant> {
        let (grant, expires_at) = self.accesses.get(token)?;
        let grant = &self.all[*grant];
        (now < *expires_at && !grant.revoked).then_some(grant)
    }

    /// Revokes the grant of a refresh or access token. Ignores an unknown token.
    pub fn revoke(&mut self, token: &str) {
        let of_access = self.accesses.get(token).map(|(grant, _)| *grant);
        if let Some(grant) = self.refreshes.get(token).map(|refresh| refresh.grant).or(of_access) {
            self.all[grant].revoked = true;
        }
    }

    /// Revokes all grants, as when an administrator signs a user out.
    pub fn revoke_all(&mut self) {
        self.all.iter_mut().for_each(|grant| grant.revoked = true);
    }

    /// The number of grants that are not revoked.
    pub fn valid(&self) -> usize {
        self.all.iter().filter(|grant| !grant.revoked).count()
    }
}
