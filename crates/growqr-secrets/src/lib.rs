//! Stores the user's keys and tokens in the keychain of the operating system. Implements core's trait
//! [`growqr_core::secret::SecretStore`].
//!
//! macOS: the login keychain. Windows: the Credential Manager. Elsewhere: the Secret Service (GNOME Keyring, KWallet,
//! KeePassXC) over D-Bus.
//! What it is not: it never falls back to a file, and it does not cache. If a secret cannot be stored, the caller still has
//! it and decides what to do.
//!
//! A keychain may be slow or locked, or may wait for the user to answer a prompt, so every call has a timeout.

use async_trait::async_trait;
use growqr_core::secret::{Secret, SecretError, SecretStore, StoreState};
use std::future::Future;
use std::time::Duration;

#[cfg(any(windows, target_os = "macos"))]
mod native;
#[cfg(any(windows, target_os = "macos"))]
use native as system;

#[cfg(not(any(windows, target_os = "macos")))]
mod secret_service;
#[cfg(not(any(windows, target_os = "macos")))]
use secret_service as system;

#[cfg(any(test, windows, target_os = "macos"))]
mod worker;

/// The service name of all entries. macOS ties access approvals to the program's signature, which changes with every
/// unsigned build. So a debug build uses another name: it neither invalidates the approvals of the real entries nor prompts
/// for them.
const SERVICE: &str =
    if cfg!(all(target_os = "macos", debug_assertions)) { "ai.growqr.desktop.dev" } else { "ai.growqr.desktop" };

/// Timeout of a call that shows no prompt.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Timeout of a call that may show a prompt to the user.
const PROMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest secret, in bytes. Every system accepts this length (Windows: at most 2,560).
const MAX_SECRET_BYTES: usize = 2_048;

/// The keychain entries of one profile. Creating it makes no call to the system.
#[derive(Debug)]
pub struct Keychain {
    namespace: String,
    system: system::System,
}

impl Keychain {
    /// Uses only the entries `<namespace>/<name>` of the service `ai.growqr.desktop`.
    #[must_use]
    pub fn new(namespace: impl Into<String>) -> Keychain {
        Keychain { namespace: namespace.into(), system: system::System::new() }
    }

    /// The user name of an entry. A keychain finds an entry by its service name and user name.
    fn user(&self, name: &str) -> String {
        format!("{}/{name}", self.namespace)
    }
}

#[async_trait]
impl SecretStore for Keychain {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        with_timeout(TIMEOUT, "read", self.system.get(&self.user(name))).await
    }

    async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        if value.expose().len() > MAX_SECRET_BYTES {
            return Err(SecretError::Refused(format!("a secret has at most {MAX_SECRET_BYTES} bytes")));
        }
        with_timeout(TIMEOUT, "write", self.system.set(&self.user(name), value)).await
    }

    async fn remove(&self, name: &str) -> Result<(), SecretError> {
        with_timeout(TIMEOUT, "remove", self.system.remove(&self.user(name))).await
    }

    async fn state(&self) -> StoreState {
        match with_timeout(TIMEOUT, "check", self.system.check()).await {
            Ok(()) => StoreState::Ready,
            Err(error) => StoreState::from(&error),
        }
    }

    async fn unlock(&self) -> Result<(), SecretError> {
        with_timeout(PROMPT_TIMEOUT, "unlock", self.system.unlock()).await
    }
}

/// Adds a timeout. A keychain that does not respond counts as locked: it usually waits for the user to answer a prompt.
async fn with_timeout<T>(
    limit: Duration,
    doing: &str,
    work: impl Future<Output = Result<T, SecretError>>,
) -> Result<T, SecretError> {
    let done = tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        tracing::debug!(doing, "the keychain did not respond in time");
        Err(SecretError::Locked)
    });
    if let Err(error) = &done {
        tracing::debug!(doing, %error, "the keychain returned an error");
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_that_is_too_long_for_one_system_is_refused_on_every_system() {
        let keychain = Keychain::new("test");
        let refused = keychain.set("anthropic", &Secret::new("x".repeat(MAX_SECRET_BYTES + 1))).await;
        assert!(matches!(refused, Err(SecretError::Refused(_))), "{refused:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_keychain_that_never_answers_counts_as_locked() {
        let call = with_timeout(TIMEOUT, "read", std::future::pending::<Result<(), SecretError>>());
        assert_eq!(call.await, Err(SecretError::Locked));
    }
}
