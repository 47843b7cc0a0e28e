//! The values of servers in the system's keychain: one entry for each server.

use crate::error::AppError;
use async_trait::async_trait;
use growqr_core::secret::{Secret, SecretStore};
use growqr_tools::{KeptValues, ServerName, ValuesError};
use growqr_wire::ApiKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest value, in bytes.
const MAX_BYTES: usize = 16 << 10;

pub(super) struct KeychainValues(Arc<dyn SecretStore>);

impl KeychainValues {
    pub(super) fn new(keychain: Arc<dyn SecretStore>) -> KeychainValues {
        KeychainValues(keychain)
    }

    /// Stores exactly these values of a server.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if they cannot be stored: they are stored nowhere else.
    pub(super) async fn store(&self, server: &ServerName, values: &BTreeMap<String, ApiKey>) -> Result<(), AppError> {
        let entry = entry(server);
        if let Some((name, _)) = values.iter().find(|(_, value)| value.0.len() > MAX_BYTES) {
            return Err(AppError::bad_request(
                format!("the value of {name} is longer than {} kB", MAX_BYTES >> 10),
                "Put it into a file, and give the server the path.",
            ));
        }
        let plain: BTreeMap<&str, &str> = values.iter().map(|(name, value)| (name.as_str(), value.0.as_str())).collect();
        let text = Secret::new(serde_json::to_string(&plain).map_err(|error| AppError::Internal(error.to_string()))?);
        self.0.set(&entry, &text).await.map_err(|error| {
            AppError::bad_request(
                format!("the values of {server} cannot be kept: {error}"),
                "They are kept in the system's keychain only. Unlock it or set it up, then try again.",
            )
        })
    }

    /// What is stored of a server, to put it back with [`KeychainValues::restore`].
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if the keychain cannot be read.
    pub(super) async fn stored(&self, server: &ServerName) -> Result<Option<Secret>, AppError> {
        self.0.get(&entry(server)).await.map_err(|error| {
            AppError::bad_request(
                format!("the earlier values of {server} cannot be read: {error}"),
                "Unlock the system's keychain, then try again.",
            )
        })
    }

    /// Puts back what was stored before a change that failed.
    pub(super) async fn restore(&self, server: &ServerName, earlier: Option<&Secret>) {
        let restored = match earlier {
            Some(text) => self.0.set(&entry(server), text).await,
            None => self.0.remove(&entry(server)).await,
        };
        if let Err(error) = restored {
            tracing::warn!(%server, %error, "the earlier values of a server could not be put back");
        }
    }

    /// Removes the values of a server.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if they are still there.
    pub(super) async fn remove(&self, server: &ServerName) -> Result<(), AppError> {
        self.0.remove(&entry(server)).await.map_err(|error| {
            AppError::bad_request(
                format!("the values of {server} in the keychain could not be removed, so the server stays as well: {error}"),
                "Unlock the system's keychain, then remove the server again.",
            )
        })
    }
}

#[async_trait]
impl KeptValues for KeychainValues {
    async fn of(&self, server: &ServerName) -> Result<BTreeMap<String, Secret>, ValuesError> {
        let text = self.0.get(&entry(server)).await?.ok_or(ValuesError::Missing)?;
        let values: BTreeMap<String, String> = serde_json::from_str(text.expose()).map_err(|_| ValuesError::Damaged)?;
        Ok(values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
    }
}

/// The name of a server's entry.
fn entry(server: &ServerName) -> String {
    format!("tools-{server}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::secret::{SecretError, StoreState};
    use std::sync::Mutex;

    /// A keychain in memory that can be locked.
    #[derive(Default)]
    struct FakeKeychain {
        entries: Mutex<BTreeMap<String, Secret>>,
        is_locked: Mutex<bool>,
    }

    impl FakeKeychain {
        fn open(&self) -> Result<std::sync::MutexGuard<'_, BTreeMap<String, Secret>>, SecretError> {
            if *self.is_locked.lock().unwrap() { Err(SecretError::Locked) } else { Ok(self.entries.lock().unwrap()) }
        }
    }

    #[async_trait]
    impl SecretStore for FakeKeychain {
        async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
            Ok(self.open()?.get(name).cloned())
        }

        async fn set(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
            self.open()?.insert(name.to_owned(), value.clone());
            Ok(())
        }

        async fn remove(&self, name: &str) -> Result<(), SecretError> {
            self.open()?.remove(name);
            Ok(())
        }

        async fn state(&self) -> StoreState {
            StoreState::Ready
        }

        async fn unlock(&self) -> Result<(), SecretError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn values_that_cannot_be_removed_are_reported() {
        let keychain = Arc::new(FakeKeychain::default());
        let values = KeychainValues::new(Arc::clone(&keychain) as Arc<dyn SecretStore>);
        let name = ServerName::new("gh").unwrap();
        values.store(&name, &BTreeMap::from([("TOKEN".to_owned(), ApiKey("s3cret".to_owned()))])).await.unwrap();
        *keychain.is_locked.lock().unwrap() = true;
        let error = values.remove(&name).await.unwrap_err().to_string();
        assert!(error.contains("could not be removed") && !error.contains("s3cret"), "{error}");
        *keychain.is_locked.lock().unwrap() = false;
        assert_eq!(values.of(&name).await.unwrap()["TOKEN"].expose(), "s3cret");
        values.remove(&name).await.unwrap();
        assert!(matches!(values.of(&name).await, Err(ValuesError::Missing)));
    }

    #[tokio::test]
    async fn the_earlier_values_can_be_put_back() {
        let values = KeychainValues::new(Arc::new(FakeKeychain::default()));
        let name = ServerName::new("gh").unwrap();
        let token = |value: &str| BTreeMap::from([("TOKEN".to_owned(), ApiKey(value.to_owned()))]);
        values.store(&name, &token("first")).await.unwrap();
        let earlier = values.stored(&name).await.unwrap();
        values.store(&name, &token("second")).await.unwrap();
        values.restore(&name, earlier.as_ref()).await;
        assert_eq!(values.of(&name).await.unwrap()["TOKEN"].expose(), "first");
    }
}
