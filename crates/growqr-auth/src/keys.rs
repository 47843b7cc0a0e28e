//! Clerk's public keys: kept for minutes, looked up again when a token's key is not among them, but not at will.

use crate::http::{Http, HttpError};
use crate::secret::Secret;
use crate::verify::{self, Claims, Expected, Head, TokenRefusal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use growqr_core::clock::Timestamp;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

/// How long keys are believed without asking, in milliseconds.
const FRESH: i64 = 5 * 60 * 1000;
/// How often a strange token may make us ask again, in milliseconds.
const INSIST: i64 = 60 * 1000;
/// Shorter RSA keys can be broken, in bits.
const SHORTEST_KEY: usize = 2048;

/// The keys of one issuer.
#[derive(Default)]
pub(crate) struct Keys {
    known: Vec<Key>,
    read_at: Option<Timestamp>,
    insisted_at: Option<Timestamp>,
}

struct Key {
    kid: Option<String>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    n: String,
    e: String,
}

impl Keys {
    /// Verifies an id_token. A key that is unknown, or whose signature is wrong, is looked up again: once for this
    /// token, and once a minute for all of them. Keys that were read for this very token are not read again.
    pub async fn verify(
        &mut self,
        http: &Http,
        endpoint: &str,
        token: &Secret,
        expected: &Expected<'_>,
    ) -> Result<Claims, TokenRefusal> {
        let head = verify::head(token.reveal())?;
        let was_read = !within(self.read_at, FRESH, expected.now);
        if was_read {
            self.read(http, endpoint, expected.now).await?;
        }
        let refused = match self.judge(&head, token, expected) {
            Err(refused @ (TokenRefusal::UnknownKey | TokenRefusal::Signature)) => refused,
            judged => return judged,
        };
        if was_read || within(self.insisted_at, INSIST, expected.now) {
            return Err(refused);
        }
        self.insisted_at = Some(expected.now);
        self.read(http, endpoint, expected.now).await?;
        self.judge(&head, token, expected)
    }

    fn judge(&self, head: &Head, token: &Secret, expected: &Expected<'_>) -> Result<Claims, TokenRefusal> {
        let key = match &head.kid {
            Some(_) => only(self.known.iter().filter(|key| key.kid == head.kid)),
            None => only(self.known.iter()),
        };
        verify::verify(token.reveal(), &key.ok_or(TokenRefusal::UnknownKey)?.key, expected)
    }

    async fn read(&mut self, http: &Http, endpoint: &str, now: Timestamp) -> Result<(), TokenRefusal> {
        let set: Set = http.get(endpoint, None).await.map_err(|error: HttpError| TokenRefusal::Keys(error))?;
        self.known = set.keys.into_iter().filter_map(usable).collect();
        self.read_at = Some(now);
        Ok(())
    }
}

/// `false` as well when the clock was set back.
fn within(since: Option<Timestamp>, span: i64, now: Timestamp) -> bool {
    since.is_some_and(|since| (0..=span).contains(&(now.0 - since.0)))
}

/// Two keys of one name are as good as none: it cannot be known which was meant.
fn only<'a>(mut keys: impl Iterator<Item = &'a Key>) -> Option<&'a Key> {
    keys.next().filter(|_| keys.next().is_none())
}

/// Only an RSA key for signatures is one. It is built from its numbers, since the library would make an HMAC key of a
/// symmetric one.
fn usable(jwk: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let is_for_us = jwk.kty == "RSA"
        && jwk.purpose.is_none_or(|purpose| purpose == "sig")
        && jwk.alg.is_none_or(|alg| alg == "RS256")
        && bits(&jwk.n)? >= SHORTEST_KEY;
    let key = is_for_us.then(|| DecodingKey::from_rsa_components(&jwk.n, &jwk.e).ok())??;
    Some(Key { kid: jwk.kid, key })
}

/// How many bits a number in base64url has, leading zeros not counted.
fn bits(number: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(number).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some((bytes.len() - first) * 8 - bytes[first].leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rsa(bytes: usize) -> Value {
        json!({"kty": "RSA", "kid": "ins_1", "n": URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": "AQAB"})
    }

    fn with(name: &str, value: &str) -> Value {
        let mut key = rsa(256);
        key[name] = value.into();
        key
    }

    #[test]
    fn only_strong_rsa_keys_for_signatures_are_usable() {
        assert!(usable(rsa(256)).is_some());
        assert!(usable(with("use", "sig")).is_some() && usable(with("alg", "RS256")).is_some());
        for key in [rsa(128), rsa(255), with("use", "enc"), with("alg", "PS256"), with("kty", "oct"), with("kty", "EC")] {
            assert!(usable(key.clone()).is_none(), "{key}");
        }
        assert!(usable(json!({"kty": "oct", "kid": "ins_1", "k": "AAAA"})).is_none());
        assert!(usable(json!("RSA")).is_none());
    }

    #[test]
    fn zeros_in_front_do_not_lengthen_a_key() {
        let padded = [vec![0; 200], vec![0xff; 128]].concat();
        assert_eq!(bits(&URL_SAFE_NO_PAD.encode(padded)), Some(1024));
    }
}
