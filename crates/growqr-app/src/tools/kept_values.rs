//! The values of servers in the system's keychain: one entry for each server.

use crate::error::AppError;
use async_trait::async_trait;
use growqr_core::secret::{Secret, SecretStore};
use growqr_tools::{KeptValues, ServerName};
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

    /// Keeps exactly these values of a server. Without values nothing is asked of the keychain unless it has some.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if they cannot be kept: they are stored nowhere else.
    pub(super) async fn keep(&self, server: &ServerName, values: &BTreeMap<String, ApiKey>) -> Result<(), AppError> {
        let entry = entry(server);
        if values.is_empty() {
            // A keychain that cannot be asked now keeps an entry that nobody reads.
            if let Ok(Some(_)) = self.0.get(&entry).await {
                let _ = self.0.remove(&entry).await;
            }
            return Ok(());
        }
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
}

#[async_trait]
impl KeptValues for KeychainValues {
    async fn of(&self, server: &ServerName) -> Result<BTreeMap<String, Secret>, String> {
        let text = self.0.get(&entry(server)).await.map_err(|error| error.to_string())?;
        let text = text.ok_or("they are not in the keychain any more; add the server again")?;
        let values: BTreeMap<String, String> =
            serde_json::from_str(text.expose()).map_err(|_| "what the keychain has is damaged; add the server again")?;
        Ok(values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
    }
}

/// The name of a server's entry.
fn entry(server: &ServerName) -> String {
    format!("tools-{server}")
}
