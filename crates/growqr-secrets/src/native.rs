//! The login keychain of macOS and the Credential Manager of Windows: blocking calls on a thread of their own.
//!
//! Both ask the person by themselves where they must; the Credential Manager is open as long as the person is signed
//! in to Windows.

use crate::SERVICE;
#[cfg(target_os = "macos")]
use crate::worker;
use crate::worker::{Blocking, Worker};
use growqr_core::secret::{Secret, SecretError};
use keyring::{Entry, Error};
use std::sync::OnceLock;

/// The system's keychain; its thread starts with the first request.
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

    pub(crate) async fn look(&self) -> Result<(), SecretError> {
        self.worker()?.run(look).await
    }

    /// The system asks when it is read; this only waits longer for the answer.
    pub(crate) async fn unlock(&self) -> Result<(), SecretError> {
        self.worker()?.run(open).await
    }

    fn worker(&self) -> Result<&Worker, SecretError> {
        if let Some(worker) = self.0.get() {
            return Ok(worker);
        }
        let started = Worker::start(Native).map_err(|error| SecretError::Refused(error.to_string()))?;
        // Two first requests at once may both start one; the first is kept, the other ends.
        Ok(self.0.get_or_init(|| started))
    }
}

/// Finds out whether it is open, without asking the person.
#[cfg(target_os = "macos")]
fn look(keychain: &mut dyn Blocking) -> Result<(), SecretError> {
    use security_framework::os::macos::keychain::SecKeychain;
    let _no_questions = SecKeychain::disable_user_interaction().map_err(|error| SecretError::Refused(error.to_string()))?;
    worker::probe(keychain)
}

/// Has the system ask the person, if it is locked.
#[cfg(target_os = "macos")]
fn open(keychain: &mut dyn Blocking) -> Result<(), SecretError> {
    worker::probe(keychain)
}

/// Finds out whether the Credential Manager answers, by an entry that never exists.
#[cfg(windows)]
fn look(keychain: &mut dyn Blocking) -> Result<(), SecretError> {
    keychain.get("probe").map(drop)
}

#[cfg(windows)]
use look as open;

struct Native;

impl Blocking for Native {
    fn get(&mut self, user: &str) -> Result<Option<Secret>, SecretError> {
        match entry(user)?.get_secret() {
            Ok(bytes) => {
                let text = String::from_utf8(bytes).map_err(|_| SecretError::Refused("what it holds is not text".to_owned()))?;
                Ok(Some(Secret::new(text)))
            }
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    fn set(&mut self, user: &str, value: &Secret) -> Result<(), SecretError> {
        entry(user)?.set_secret(value.expose().as_bytes()).map_err(|error| failed(&error))
    }

    fn remove(&mut self, user: &str) -> Result<(), SecretError> {
        match entry(user)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn entry(user: &str) -> Result<Entry, SecretError> {
    Entry::new(SERVICE, user).map_err(|error| failed(&error))
}

/// The library's own words are left out where they could repeat what is kept.
fn failed(error: &Error) -> SecretError {
    match error {
        Error::NoStorageAccess(_) => SecretError::Locked,
        Error::NoDefaultStore => SecretError::Absent,
        #[cfg(target_os = "macos")]
        Error::PlatformFailure(cause) if code(&**cause).is_some_and(worker::is_locked) => SecretError::Locked,
        Error::PlatformFailure(cause) => SecretError::Refused(cause.to_string()),
        _ => SecretError::Refused("what it holds cannot be used".to_owned()),
    }
}

/// The code of an error of macOS's keychain.
#[cfg(target_os = "macos")]
fn code(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<i32> {
    cause.downcast_ref::<security_framework::base::Error>().map(|error| error.code())
}
