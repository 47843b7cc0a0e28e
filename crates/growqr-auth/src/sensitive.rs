//! Text that nobody may see: states, nonces, verifiers, codes and tokens.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret text. It is wiped from memory when dropped, and its `Debug` says nothing.
#[derive(Clone)]
pub struct SensitiveString(Zeroizing<String>);

impl SensitiveString {
    /// Takes the text as it is.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is this text. Takes the same time wherever the two differ.
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

/// Only for what the vault keeps; nothing else in this crate is serialised.
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
