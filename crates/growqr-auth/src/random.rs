//! The source of randomness, and the values that are made from it.

use crate::sensitive::SensitiveString;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A source of cryptographic randomness.
pub trait Random: Send + Sync {
    /// Fills all 32 bytes with unpredictable values.
    fn fill(&self, bytes: &mut [u8; 32]);
}

/// The randomness of the operating system.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8; 32]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// 32 random bytes as 43 characters of base64url, as RFC 7636 recommends for a verifier.
pub(crate) fn random_token(random: &dyn Random) -> SensitiveString {
    let mut bytes = Zeroizing::new([0; 32]);
    random.fill(&mut bytes);
    SensitiveString::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// A random number below `limit`, for jitter.
pub(crate) fn number_below(random: &dyn Random, limit: u64) -> u64 {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    let number = bytes.iter().take(7).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number % limit.max(1)
}

/// The S256 code challenge of a verifier.
pub(crate) fn challenge(verifier: &SensitiveString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = SensitiveString::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn random_tokens_differ_and_are_long_enough() {
        let (one, other) = (random_token(&SystemRandom), random_token(&SystemRandom));
        assert_eq!(one.expose().len(), 43);
        assert!(!one.equals(other.expose()));
    }
}
