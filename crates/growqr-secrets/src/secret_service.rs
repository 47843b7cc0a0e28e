//! The Secret Service over D-Bus: GNOME Keyring, KWallet, KeePassXC.
//!
//! The calls are asynchronous: dropping one closes the connection, and the system closes its prompt. Each call opens a new
//! connection: calls are rare, and the service may start, stop or be replaced while this program runs. Secrets are
//! encrypted on the bus.

use crate::SERVICE;
use growqr_core::secret::{Secret, SecretError};
use secret_service::{Collection, EncryptionType, Error, Item, SecretService};
use std::collections::HashMap;

/// The label of the default collection that is created if the user has none.
const DEFAULT_COLLECTION: &str = "Login";

/// The content type of all entries.
const CONTENT_TYPE: &str = "text/plain";

/// The session's Secret Service.
#[derive(Debug)]
pub(crate) struct System;

impl System {
    pub(crate) fn new() -> System {
        System
    }

    pub(crate) async fn get(&self, user: &str) -> Result<Option<Secret>, SecretError> {
        let service = connect().await?;
        let Some(item) = find(&service, user).await? else { return Ok(None) };
        let bytes = item.get_secret().await.map_err(|error| secret_error(&error))?;
        let text = String::from_utf8(bytes).map_err(|_| SecretError::Refused("the stored secret is not text".to_owned()))?;
        Ok(Some(Secret::new(text)))
    }

    pub(crate) async fn set(&self, user: &str, value: &Secret) -> Result<(), SecretError> {
        let service = connect().await?;
        if let Ok(Some(item)) = find(&service, user).await {
            // It may be in another collection than the default one: a second copy there would not be found again.
            return item.set_secret(value.expose().as_bytes(), CONTENT_TYPE).await.map_err(|error| secret_error(&error));
        }
        let collection = unlocked_collection(&service).await?;
        let label = format!("GrowQR: {user}");
        let created = collection.create_item(&label, attributes(user), value.expose().as_bytes(), true, CONTENT_TYPE);
        created.await.map(drop).map_err(|error| secret_error(&error))
    }

    pub(crate) async fn remove(&self, user: &str) -> Result<(), SecretError> {
        let service = connect().await?;
        loop {
            match find(&service, user).await {
                Ok(Some(item)) => item.delete().await.map_err(|error| secret_error(&error))?,
                // Without a keychain nothing is stored.
                Ok(None) | Err(SecretError::NotSetUp) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) async fn check(&self) -> Result<(), SecretError> {
        unlocked_collection(&connect().await?).await.map(drop)
    }

    pub(crate) async fn unlock(&self) -> Result<(), SecretError> {
        let service = connect().await?;
        match service.get_default_collection().await {
            Ok(collection) => collection.unlock().await.map_err(|error| secret_error(&error))?,
            // The system asks the user to choose a password.
            Err(Error::NoResult) => {
                drop(service.create_collection(DEFAULT_COLLECTION, "default").await.map_err(|error| secret_error(&error))?)
            }
            Err(error) => return Err(secret_error(&error)),
        }
        unlocked_collection(&service).await.map(drop)
    }
}

async fn connect() -> Result<SecretService<'static>, SecretError> {
    SecretService::connect(EncryptionType::Dh).await.map_err(|error| {
        // No bus, no Secret Service on it, or a service that fails to start: the user sees the same message for all.
        tracing::debug!(%error, "no Secret Service is available");
        SecretError::Absent
    })
}

/// The user's default collection. Returns an error if it is locked, because writing an item would then show a prompt.
async fn unlocked_collection<'a>(service: &'a SecretService<'_>) -> Result<Collection<'a>, SecretError> {
    let collection = service.get_default_collection().await.map_err(|error| secret_error(&error))?;
    collection.ensure_unlocked().await.map_err(|error| secret_error(&error))?;
    Ok(collection)
}

/// Finds an entry in any unlocked collection: the default one may have changed since, as with several databases in KeePassXC.
/// An entry is missing only if the default collection is unlocked and no locked one has it.
async fn find<'a>(service: &'a SecretService<'_>, user: &str) -> Result<Option<Item<'a>>, SecretError> {
    let mut found = service.search_items(attributes(user)).await.map_err(|error| secret_error(&error))?;
    if let Some(item) = found.unlocked.pop() {
        return Ok(Some(item));
    }
    if !found.locked.is_empty() {
        return Err(SecretError::Locked);
    }
    unlocked_collection(service).await.map(|_| None)
}

fn attributes(user: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", user)])
}

/// Converts an error.
fn secret_error(error: &Error) -> SecretError {
    match error {
        Error::NoResult => SecretError::NotSetUp,
        Error::Locked | Error::Prompt | Error::PromptDisconnected => SecretError::Locked,
        Error::Unavailable => SecretError::Absent,
        other => SecretError::Refused(other.to_string()),
    }
}
