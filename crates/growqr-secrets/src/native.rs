//! The login keychain of macOS and the Credential Manager of Windows. Their calls block, so they run on a worker thread.
//!
//! Both prompt the user themselves if needed. The Credential Manager is unlocked while the user is signed in to Windows.

use crate::SERVICE;
#[cfg(target_os = "macos")]
use crate::worker;
use crate::worker::{BlockingKeychain, Worker};
use growqr_core::secret::{Secret, SecretError};
use keyring::{Entry, Error};
use std::sync::OnceLock;

/// The system's keychain. The first call starts its worker thread.
#[derive(Debug)]
pub(crate) struct System(OnceLock<Worker>);

impl System {
    pub(crate) fn new() -> System {
        System(OnceLock::new())
    }

    pub(crate) async fn get(&self, user: &str) -> Result<Option<Secret>, SecretError> {
        let user = user.to_owned();
        self.worker()?.run(move |keychain| keychain.get(&user)).await
    }

    pub(crate) async fn set(&self, user: &str, value: &Secret) -> Result<(), SecretError> {
        let (user, value) = (user.to_owned(), value.clone());
        self.worker()?.run(move |keychain| keychain.set(&user, &value)).await
    }

    pub(crate) async fn remove(&self, user: &str) -> Result<(), SecretError> {
        let user = user.to_owned();
        self.worker()?.run(move |keychain| keychain.remove(&user)).await
    }

    pub(crate) async fn check(&self) -> Result<(), SecretError> {
        self.worker()?.run(check).await
    }

    /// Reading an entry makes the system show its prompt. The caller uses a longer timeout for this call.
    pub(crate) async fn unlock(&self) -> Result<(), SecretError> {
        self.worker()?.run(unlock).await
    }

    fn worker(&self) -> Result<&Worker, SecretError> {
        if let Some(worker) = self.0.get() {
            return Ok(worker);
        }
        let started = Worker::start(Native).map_err(|error| SecretError::Refused(error.to_string()))?;
        // Two concurrent first calls may both start a thread. The first one stays, the other ends.
        Ok(self.0.get_or_init(|| started))
    }
}

/// Checks whether the keychain is unlocked, without a prompt.
#[cfg(target_os = "macos")]
fn check(keychain: &mut dyn BlockingKeychain) -> Result<(), SecretError> {
    use security_framework::os::macos::keychain::SecKeychain;
    let _no_prompts = SecKeychain::disable_user_interaction().map_err(|error| SecretError::Refused(error.to_string()))?;
    worker::probe(keychain)
}

/// Makes the system prompt the user if the keychain is locked.
#[cfg(target_os = "macos")]
fn unlock(keychain: &mut dyn BlockingKeychain) -> Result<(), SecretError> {
    worker::probe(keychain)
}

/// Checks whether the Credential Manager responds, by reading an entry that never exists.
#[cfg(windows)]
fn check(keychain: &mut dyn BlockingKeychain) -> Result<(), SecretError> {
    keychain.get("probe").map(drop)
}

#[cfg(windows)]
use check as unlock;

struct Native;

impl BlockingKeychain for Native {
    fn get(&mut self, user: &str) -> Result<Option<Secret>, SecretError> {
        match entry(user)?.get_secret() {
            Ok(bytes) => {
                let text =
                    String::from_utf8(bytes).map_err(|_| SecretError::Refused("the stored secret is not text".to_owned()))?;
                Ok(Some(Secret::new(text)))
            }
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(secret_error(&error)),
        }
    }

    fn set(&mut self, user: &str, value: &Secret) -> Result<(), SecretError> {
        entry(user)?.set_secret(value.expose().as_bytes()).map_err(|error| secret_error(&error))
    }

    fn remove(&mut self, user: &str) -> Result<(), SecretError> {
        match entry(user)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(secret_error(&error)),
        }
    }
}

fn entry(user: &str) -> Result<Entry, SecretError> {
    Entry::new(SERVICE, user).map_err(|error| secret_error(&error))
}

/// Converts an error. The library's message is dropped where it could contain the secret.
fn secret_error(error: &Error) -> SecretError {
    match error {
        Error::NoStorageAccess(_) => SecretError::Locked,
        Error::NoDefaultStore => SecretError::Absent,
        #[cfg(target_os = "macos")]
        Error::PlatformFailure(cause) if code(&**cause).is_some_and(worker::is_locked) => SecretError::Locked,
        Error::PlatformFailure(cause) => SecretError::Refused(cause.to_string()),
        _ => SecretError::Refused("the stored secret cannot be read".to_owned()),
    }
}

/// The OSStatus code of an error of the macOS keychain.
#[cfg(target_os = "macos")]
fn code(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<i32> {
    cause.downcast_ref::<security_framework::base::Error>().map(|error| error.code())
}
