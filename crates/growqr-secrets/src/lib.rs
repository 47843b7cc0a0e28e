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
use parts::Entries;
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

mod entry;
mod parts;
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
        parts::get(&Timed(&self.system), &self.user(name)).await
    }

    async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        parts::set(&Timed(&self.system), &self.user(name), value).await
    }

    async fn remove(&self, name: &str) -> Result<(), SecretError> {
        parts::remove(&Timed(&self.system), &self.user(name)).await
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

#[async_trait]
impl Entries for system::System {
    async fn get(&self, user: &str) -> Result<Option<Secret>, SecretError> {
        system::System::get(self, user).await
    }

    async fn set(&self, user: &str, value: &Secret) -> Result<(), SecretError> {
        system::System::set(self, user, value).await
    }

    async fn remove(&self, user: &str) -> Result<(), SecretError> {
        system::System::remove(self, user).await
    }
}

/// Adds a timeout to each entry, so that a secret in many parts has time for all, and what was written is removed after one that
/// does not respond.
struct Timed<'a>(&'a dyn Entries);

#[async_trait]
impl Entries for Timed<'_> {
    async fn get(&self, user: &str) -> Result<Option<Secret>, SecretError> {
        with_timeout(TIMEOUT, "read", self.0.get(user)).await
    }

    async fn set(&self, user: &str, value: &Secret) -> Result<(), SecretError> {
        with_timeout(TIMEOUT, "write", self.0.set(user, value)).await
    }

    async fn remove(&self, user: &str) -> Result<(), SecretError> {
        with_timeout(TIMEOUT, "remove", self.0.remove(user)).await
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
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    #[tokio::test(start_paused = true)]
    async fn a_keychain_that_never_answers_counts_as_locked() {
        let call = with_timeout(TIMEOUT, "read", std::future::pending::<Result<(), SecretError>>());
        assert_eq!(call.await, Err(SecretError::Locked));
    }

    /// Takes two seconds for each entry, and never finishes the last part of a secret in four.
    #[derive(Default)]
    struct Slow {
        entries: Mutex<BTreeMap<String, String>>,
    }

    #[async_trait]
    impl Entries for Slow {
        async fn get(&self, user: &str) -> Result<Option<Secret>, SecretError> {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok(self.entries.lock().unwrap().get(user).map(Secret::new))
        }

        async fn set(&self, user: &str, value: &Secret) -> Result<(), SecretError> {
            let seconds = if user.ends_with(".3") { u64::MAX } else { 2 };
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            self.entries.lock().unwrap().insert(user.to_owned(), value.expose().to_owned());
            Ok(())
        }

        async fn remove(&self, user: &str) -> Result<(), SecretError> {
            self.entries.lock().unwrap().remove(user);
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_part_has_a_timeout_of_its_own_and_no_part_stays_after_it() {
        let slow = Slow::default();
        let three = Secret::new("x".repeat(3 * parts::ENTRY_BYTES));
        parts::set(&Timed(&slow), "key", &three).await.unwrap();
        assert_eq!(parts::get(&Timed(&slow), "key").await.unwrap().unwrap().expose(), three.expose());
        parts::remove(&Timed(&slow), "key").await.unwrap();
        let four = Secret::new("x".repeat(4 * parts::ENTRY_BYTES));
        assert_eq!(parts::set(&Timed(&slow), "key", &four).await, Err(SecretError::Locked));
        assert_eq!(
            slow.entries.lock().unwrap().keys().collect::<Vec<_>>(),
            ["key"],
            "it names the part that may still be written"
        );
        assert_eq!(parts::get(&Timed(&slow), "key").await, Ok(None));
        parts::remove(&Timed(&slow), "key").await.unwrap();
        assert!(slow.entries.lock().unwrap().is_empty());
    }
}
