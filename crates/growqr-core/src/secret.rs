//! What nobody may see: keys and tokens of the person, and the port to where they are kept.
//!
//! A [`Secret`] is the one type for them inside the program. It cannot be printed or serialised, and its memory is
//! wiped when it is dropped. What crosses the local socket has a type of its own in `growqr-wire`.

use async_trait::async_trait;
use std::fmt;
use zeroize::Zeroizing;

/// A text that is never shown. Its `Debug` says nothing, and it has neither `Display` nor serde.
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

/// Whether secrets can be kept and read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// They can.
    Ready,
    /// There is a keychain, and the person has not unlocked it (or not set it up, or it does not answer).
    Locked,
    /// This system or session has none.
    Absent,
}

/// Why a secret could not be kept, read or removed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The keychain is locked, or does not answer.
    #[error("the system's keychain is locked")]
    Locked,
    /// There is no keychain.
    #[error("this system has no keychain that GrowQR can use")]
    Absent,
    /// The keychain refused, for a reason of its own. Never names a secret.
    #[error("the system's keychain refused: {0}")]
    Refused(String),
}

impl From<&SecretError> for StoreState {
    fn from(error: &SecretError) -> StoreState {
        match error {
            SecretError::Locked | SecretError::Refused(_) => StoreState::Locked,
            SecretError::Absent => StoreState::Absent,
        }
    }
}

/// Where the secrets of one profile are kept. Every method ends in bounded time, whatever the system does, and only
/// [`SecretStore::unlock`] puts a question to the person.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// A secret; `None` if there is none of this name.
    ///
    /// # Errors
    /// [`SecretError`]. A locked keychain is an error, not an absent secret.
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError>;

    /// Keeps a secret, in place of the one that was there. Once this returns, a new process finds it.
    ///
    /// # Errors
    /// [`SecretError`]; then what was there is still there, unless the keychain did not answer in time.
    async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError>;

    /// Removes a secret. None of this name is no error.
    ///
    /// # Errors
    /// [`SecretError`].
    async fn remove(&self, name: &str) -> Result<(), SecretError>;

    /// Whether secrets can be kept now.
    async fn state(&self) -> StoreState;

    /// Lets the system ask the person to unlock it, where it can, and waits for the answer for a while.
    ///
    /// # Errors
    /// [`SecretError`] if it is not unlocked afterwards.
    async fn unlock(&self) -> Result<(), SecretError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let shown = format!("{:?} {:#?}", Secret::new("sk-canary"), Some(Secret::new("sk-canary")));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
