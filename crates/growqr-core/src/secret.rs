//! Keys and tokens of the person, and the port to the place where they are stored.
//!
//! A [`Secret`] is the only type for them inside the program. It cannot be printed or serialised, and its memory is wiped when it
//! is dropped. API keys that cross the local socket have the type `ApiKey` of `growqr-wire`.

use async_trait::async_trait;
use std::fmt;
use zeroize::Zeroizing;

/// A text that is never shown. Its `Debug` hides the text, and it has neither `Display` nor serde.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text as it is.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whether secrets can be stored and read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// They can.
    Ready,
    /// There is a keychain, but the person has not unlocked it, or it does not answer.
    Locked,
    /// The system can keep secrets, but the person has no keychain yet. [`SecretStore::unlock`] offers to create one.
    NotSetUp,
    /// This system or session has no keychain.
    Absent,
}

/// Why a secret could not be stored, read or removed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The keychain is locked, or does not answer.
    #[error("the system's keychain is locked")]
    Locked,
    /// There is no keychain yet, but the system can create one.
    #[error("there is no keychain yet")]
    NotSetUp,
    /// There is no keychain.
    #[error("this system has no keychain that GrowQR can use")]
    Absent,
    /// The keychain refused for another reason. The text never contains a secret.
    #[error("the system's keychain refused: {0}")]
    Refused(String),
}

impl From<&SecretError> for StoreState {
    fn from(error: &SecretError) -> StoreState {
        match error {
            SecretError::Locked | SecretError::Refused(_) => StoreState::Locked,
            SecretError::NotSetUp => StoreState::NotSetUp,
            SecretError::Absent => StoreState::Absent,
        }
    }
}

/// The store for the secrets of one profile. Every method returns in bounded time, even if the system does not answer, and only
/// [`SecretStore::unlock`] asks the person.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// A secret; `None` if there is none with this name.
    ///
    /// # Errors
    /// [`SecretError`]. A locked keychain is an error, not an absent secret.
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError>;

    /// Stores a secret and replaces the previous one. Once this returns, a new process finds it.
    ///
    /// # Errors
    /// [`SecretError`]; the previous secret is then still there, unless the keychain did not answer in time.
    async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError>;

    /// Removes a secret. Succeeds if there is none with this name.
    ///
    /// # Errors
    /// [`SecretError`].
    async fn remove(&self, name: &str) -> Result<(), SecretError>;

    /// Whether secrets can be stored now.
    async fn state(&self) -> StoreState;

    /// Asks the system to let the person unlock the keychain, or create one if there is none yet, and waits a limited time for
    /// the answer.
    ///
    /// # Errors
    /// [`SecretError`] if it is still locked afterwards.
    async fn unlock(&self) -> Result<(), SecretError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        let shown = format!("{:?} {:#?}", Secret::new("sk-canary"), Some(Secret::new("sk-canary")));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
