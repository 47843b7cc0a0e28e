//! The cache of Clerk's public keys. Reloads the keys if a token's key is unknown or its signature is wrong, but at most
//! once a minute.

use crate::http::{Http, HttpError};
use crate::sensitive::SensitiveString;
use crate::verify::{self, Claims, Expected, IdTokenError, TokenHeader};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use growqr_core::clock::Timestamp;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

/// How long keys stay in the cache, in milliseconds.
const CACHE_TIME: i64 = 5 * 60 * 1000;
/// The shortest interval between reloads that unverifiable tokens cause, in milliseconds.
const FORCED_READ_INTERVAL: i64 = 60 * 1000;
/// The shortest RSA key, in bits. Shorter keys can be broken.
const MIN_KEY_BITS: usize = 2048;

/// The keys of one issuer.
#[derive(Default)]
pub(crate) struct Keys {
    known: Vec<Key>,
    read_at: Option<Timestamp>,
    forced_read_at: Option<Timestamp>,
}

struct Key {
    kid: Option<String>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct KeySet {
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
    /// Verifies an id_token. If its key is unknown or its signature is wrong, reloads the keys and verifies once more. Does not
    /// reload if the keys were just loaded for this token, or if such a reload happened within the last minute.
    pub async fn verify(
        &mut self,
        http: &Http,
        endpoint: &str,
        token: &SensitiveString,
        expected: &Expected<'_>,
    ) -> Result<Claims, IdTokenError> {
        let head = verify::header(token.expose())?;
        let was_read = !within(self.read_at, CACHE_TIME, expected.now);
        if was_read {
            self.read(http, endpoint, expected.now).await?;
        }
        let refused = match self.verify_with_cached_keys(&head, token, expected) {
            Err(refused @ (IdTokenError::UnknownKey | IdTokenError::Signature)) => refused,
            result => return result,
        };
        if was_read || within(self.forced_read_at, FORCED_READ_INTERVAL, expected.now) {
            return Err(refused);
        }
        self.forced_read_at = Some(expected.now);
        self.read(http, endpoint, expected.now).await?;
        self.verify_with_cached_keys(&head, token, expected)
    }

    fn verify_with_cached_keys(
        &self,
        head: &TokenHeader,
        token: &SensitiveString,
        expected: &Expected<'_>,
    ) -> Result<Claims, IdTokenError> {
        let key = match &head.kid {
            Some(_) => single(self.known.iter().filter(|key| key.kid == head.kid)),
            None => single(self.known.iter()),
        };
        verify::verify(token.expose(), &key.ok_or(IdTokenError::UnknownKey)?.key, expected)
    }

    async fn read(&mut self, http: &Http, endpoint: &str, now: Timestamp) -> Result<(), IdTokenError> {
        let set: KeySet = http.get(endpoint, None).await.map_err(|error: HttpError| IdTokenError::Keys(error))?;
        self.known = set.keys.into_iter().filter_map(usable).collect();
        self.read_at = Some(now);
        Ok(())
    }
}

/// Whether `since` was at most `span` ago. `false` if the clock was set back.
fn within(since: Option<Timestamp>, span: i64, now: Timestamp) -> bool {
    since.is_some_and(|since| (0..=span).contains(&(now.0 - since.0)))
}

/// The key, if it is the only one. With two keys of the same id it is unknown which one is meant.
fn single<'a>(mut keys: impl Iterator<Item = &'a Key>) -> Option<&'a Key> {
    keys.next().filter(|_| keys.next().is_none())
}

/// Accepts only RSA keys for signatures. Builds the key from its components: the library would turn a symmetric JWK into an
/// HMAC key.
fn usable(jwk: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let is_usable = jwk.kty == "RSA"
        && jwk.purpose.is_none_or(|purpose| purpose == "sig")
        && jwk.alg.is_none_or(|alg| alg == "RS256")
        && bits(&jwk.n)? >= MIN_KEY_BITS;
    let key = is_usable.then(|| DecodingKey::from_rsa_components(&jwk.n, &jwk.e).ok())??;
    Some(Key { kid: jwk.kid, key })
}

/// The bits of a number in base64url, without leading zeros.
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
    fn leading_zeros_do_not_count_as_key_bits() {
        let padded = [vec![0; 200], vec![0xff; 128]].concat();
        assert_eq!(bits(&URL_SAFE_NO_PAD.encode(padded)), Some(1024));
    }
}
