//! A string type for states, nonces, verifiers, codes and tokens.
//!
//! Unlike [`growqr_core::secret::Secret`] it can be compared in constant time and serialised into the vault entry.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A string that is zeroised when dropped and not shown by `Debug`.
#[derive(Clone)]
pub struct SensitiveString(Zeroizing<String>);

impl SensitiveString {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Use it only where the text is sent or stored.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares with a text in constant time.
    #[must_use]
    pub fn equals(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Debug for SensitiveString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SensitiveString")
    }
}

impl<'de> Deserialize<'de> for SensitiveString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Only for the entries of the vault; nothing else in this crate is serialised.
impl Serialize for SensitiveString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_in_its_debug_text() {
        assert_eq!(format!("{:?}", Some(SensitiveString::new("hunter2".to_owned()))), "Some(SensitiveString)");
    }

    #[test]
    fn only_equal_texts_are_equal() {
        let secret = SensitiveString::new("abc".to_owned());
        assert!(secret.equals("abc"));
        assert!(!secret.equals("abd") && !secret.equals("ab") && !secret.equals(""));
    }
}
