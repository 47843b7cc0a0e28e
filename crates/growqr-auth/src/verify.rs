//! Verifies an id_token. Pure: key, time and expected values are arguments.
//!
//! jsonwebtoken checks the signature, the algorithm and the issuer. It would accept a second audience, a critical header, an
//! access token, an empty subject and a token from the future, and it uses its own clock. These checks are done here.

use crate::identity::Identity;
use crate::sensitive::SensitiveString;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use growqr_core::clock::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Allowed error of this computer's clock, in seconds.
const LEEWAY: i64 = 60;
/// The longest id_token, in bytes. Clerk's are far shorter.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Why an id_token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// Missing, although the scope `openid` was requested.
    #[error("Clerk sent no id_token")]
    Missing,
    /// Not three parts of base64url with the expected JSON, or too long.
    #[error("the id_token is malformed")]
    Malformed,
    /// Signed by another algorithm than RS256, or not at all.
    #[error("the id_token is not signed with RS256")]
    Algorithm,
    /// Another kind of token, such as an access token.
    #[error("this is not an id_token")]
    Kind,
    /// It has critical header extensions, and this app supports none.
    #[error("the id_token needs an extension that this app does not support")]
    Critical,
    /// Clerk has no usable key with this id, even after a reload.
    #[error("Clerk has no key with the id in the id_token")]
    UnknownKey,
    /// The signature was not made with this key.
    #[error("the id_token's signature is wrong")]
    Signature,
    /// Clerk's keys could not be loaded.
    #[error("Clerk's keys could not be read")]
    Keys(#[source] crate::http::HttpError),
    /// Expired by this computer's clock.
    #[error("the id_token has expired, or this computer's clock is ahead")]
    Expired,
    /// Not yet valid, or issued in the future, by this computer's clock.
    #[error("the id_token is from the future, or this computer's clock is behind")]
    Early,
    /// Issued by another Clerk instance.
    #[error("the id_token is from another issuer")]
    Issuer,
    /// For another application, or for several.
    #[error("the id_token is for another application")]
    Audience,
    /// No user, or another user than before.
    #[error("the id_token is for another user, or for none")]
    Subject,
    /// The nonce is not that of this sign-in.
    #[error("the id_token belongs to another sign-in")]
    Nonce,
    /// `at_hash` does not match the access token.
    #[error("the id_token belongs to another access token")]
    AccessToken,
}

impl IdTokenError {
    /// Whether a wrong clock of this computer may be the reason.
    #[must_use]
    pub fn is_clock_error(self) -> bool {
        matches!(self, Self::Expired | Self::Early)
    }
}

/// The values that the token must have.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub now: Timestamp,
    pub nonce: Nonce<'a>,
    /// The access token of the same response.
    pub access: &'a SensitiveString,
    /// At a renewal: the user of the session.
    pub sub: Option<&'a str>,
}

#[derive(Clone, Copy)]
pub(crate) enum Nonce<'a> {
    /// At sign-in: the nonce of the attempt.
    Exactly(&'a SensitiveString),
    /// At a renewal: no nonce, or the nonce of the sign-in. `None`: this run does not know the nonce, so any is accepted.
    NoneOr(Option<&'a SensitiveString>),
}

/// The header fields that are used. `jwk`, `jku` and `x5u` are ignored: keys come only from the issuer.
#[derive(Deserialize)]
pub(crate) struct TokenHeader {
    alg: String,
    typ: Option<String>,
    pub kid: Option<String>,
    #[serde(default)]
    crit: Present,
}

/// Whether a field is present, even with the value `null`.
#[derive(Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

#[derive(Deserialize)]
pub(crate) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    azp: Option<String>,
    nonce: Option<SensitiveString>,
    at_hash: Option<String>,
    #[serde(flatten)]
    pub person: Person,
}

/// Claims about the user, in the id_token and in userinfo.
#[derive(Deserialize)]
pub(crate) struct Person {
    name: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    picture: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Parses the header. Refuses every token that is not an id_token signed with RS256.
pub(crate) fn header(token: &str) -> Result<TokenHeader, IdTokenError> {
    if token.len() > MAX_TOKEN_BYTES || token.split('.').count() != 3 {
        return Err(IdTokenError::Malformed);
    }
    let coded = token.split('.').next().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(coded).map_err(|_| IdTokenError::Malformed)?;
    let head: TokenHeader = serde_json::from_slice(&bytes).map_err(|_| IdTokenError::Malformed)?;
    if head.alg != "RS256" {
        return Err(IdTokenError::Algorithm);
    }
    if head.crit.0 {
        return Err(IdTokenError::Critical);
    }
    if head.typ.as_ref().is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(IdTokenError::Kind);
    }
    Ok(head)
}

/// Checks the signature and all claims.
pub(crate) fn verify(token: &str, key: &DecodingKey, expected: &Expected<'_>) -> Result<Claims, IdTokenError> {
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_issuer(&[expected.issuer]);
    rules.set_audience(&[expected.client_id]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The library would use its own clock; time is checked below.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).map_err(|error| refusal(error.kind()))?.claims;
    claims.check(expected)?;
    Ok(claims)
}

fn refusal(kind: &ErrorKind) -> IdTokenError {
    match kind {
        ErrorKind::InvalidSignature | ErrorKind::InvalidRsaKey(_) | ErrorKind::InvalidKeyFormat | ErrorKind::Provider(_) => {
            IdTokenError::Signature
        }
        ErrorKind::InvalidAlgorithm | ErrorKind::MissingAlgorithm | ErrorKind::UnsupportedAlgorithm => IdTokenError::Algorithm,
        ErrorKind::InvalidIssuer => IdTokenError::Issuer,
        ErrorKind::InvalidAudience => IdTokenError::Audience,
        ErrorKind::InvalidSubject => IdTokenError::Subject,
        _ => IdTokenError::Malformed,
    }
}

impl Claims {
    fn check(&self, expected: &Expected<'_>) -> Result<(), IdTokenError> {
        self.check_time(expected.now.seconds())?;
        if self.iss != expected.issuer {
            return Err(IdTokenError::Issuer);
        }
        let is_for_us = match &self.aud {
            Audience::One(one) => one == expected.client_id,
            Audience::Many(all) => matches!(all.as_slice(), [one] if one == expected.client_id),
        };
        if !is_for_us || self.azp.as_ref().is_some_and(|azp| azp != expected.client_id) {
            return Err(IdTokenError::Audience);
        }
        if self.sub.is_empty() || expected.sub.is_some_and(|sub| sub != self.sub) {
            return Err(IdTokenError::Subject);
        }
        let is_ours = match (&expected.nonce, &self.nonce) {
            (Nonce::Exactly(ours), Some(nonce)) | (Nonce::NoneOr(Some(ours)), Some(nonce)) => ours.equals(nonce.expose()),
            (Nonce::Exactly(_), None) => false,
            (Nonce::NoneOr(_), None) | (Nonce::NoneOr(None), Some(_)) => true,
        };
        if !is_ours {
            return Err(IdTokenError::Nonce);
        }
        let is_its_hash = |hash: &String| hash.as_bytes().ct_eq(access_hash(expected.access).as_bytes()).into();
        if self.at_hash.as_ref().is_none_or(is_its_hash) { Ok(()) } else { Err(IdTokenError::AccessToken) }
    }

    fn check_time(&self, now: i64) -> Result<(), IdTokenError> {
        if self.exp.saturating_add(LEEWAY) <= now {
            return Err(IdTokenError::Expired);
        }
        let latest = now.saturating_add(LEEWAY);
        if self.iat > latest || self.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(IdTokenError::Early);
        }
        Ok(())
    }

    /// The user that the token is about.
    pub fn identity(self, now: Timestamp) -> Identity {
        let Person { name, email, email_verified, picture } = self.person;
        let email_verified = email.is_some() && email_verified == Some(true);
        Identity { sub: self.sub, email, email_verified, name, picture, last_verified_at: now }
    }
}

impl Person {
    /// Adds fields that the id_token did not have.
    pub fn complete(self, identity: &mut Identity) {
        identity.name = identity.name.take().or(self.name);
        identity.picture = identity.picture.take().or(self.picture);
        if identity.email.is_none() && self.email.is_some() {
            identity.email = self.email;
            identity.email_verified = self.email_verified == Some(true);
        }
    }
}

/// `at_hash`: the left half of the SHA-256 hash, see OpenID Connect Core 3.1.3.6.
fn access_hash(token: &SensitiveString) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(token.expose())[..16])
}
