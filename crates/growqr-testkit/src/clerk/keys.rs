//! Signing keys, generated once for each test process, and tokens signed with any algorithm, even forbidden ones.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair, RsaEncoding, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// The instance's first key, its key after a rotation, and a foreign key.
static KEYS: [OnceLock<RsaKeyPair>; 3] = [const { OnceLock::new() }; 3];

/// A signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The instance's first key.
    First,
    /// The instance's key after a rotation.
    Second,
    /// A key that does not belong to the instance.
    Foreign,
}

/// How a token is signed.
#[derive(Clone, Debug)]
pub enum Sign {
    /// RSA with SHA-256, as Clerk does.
    Rs256(Key),
    /// RSA with SHA-384.
    Rs384(Key),
    /// RSA-PSS.
    Ps256(Key),
    /// ECDSA with a new key.
    Es256,
    /// HMAC with this secret.
    Hs256(Vec<u8>),
    /// No signature: the third part is empty.
    Nothing,
}

fn pair(key: Key) -> &'static RsaKeyPair {
    KEYS[key as usize].get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("there is randomness for a key"))
}

/// The public key as a JWK.
///
/// # Panics
/// If the key cannot be generated.
#[must_use]
pub fn jwk(key: Key, kid: &str) -> Value {
    let public = pair(key).public_key();
    let (n, e) = (public.modulus(), public.exponent());
    let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e)})
}

/// The public key as PEM.
pub(super) fn pem(key: Key) -> String {
    let der = pair(key).public_key().as_der().expect("a public key has this form");
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der.as_ref()))
}

/// A signed token with this header and these claims.
pub(super) fn sign(header: &Value, claims: &str, sign: &Sign) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    let signature = match sign {
        Sign::Rs256(key) => rsa(*key, &signature::RSA_PKCS1_SHA256, &signed),
        Sign::Rs384(key) => rsa(*key, &signature::RSA_PKCS1_SHA384, &signed),
        Sign::Ps256(key) => rsa(*key, &signature::RSA_PSS_SHA256, &signed),
        Sign::Es256 => {
            let pair = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).expect("there is randomness");
            pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("a fresh key signs").as_ref().to_vec()
        }
        Sign::Hs256(secret) => hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes()).as_ref().to_vec(),
        Sign::Nothing => Vec::new(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn rsa(key: Key, padding: &'static dyn RsaEncoding, signed: &str) -> Vec<u8> {
    let pair = pair(key);
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("the key is long enough");
    signature
}
