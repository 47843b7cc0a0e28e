//! The keychain as the vault of `growqr-auth`.

use async_trait::async_trait;
use growqr_auth::{Vault, VaultError};
use growqr_core::secret::{Secret, SecretError, SecretStore};
use std::sync::Arc;

/// Stores the sign-ins of all accounts in the keychain.
pub(crate) struct KeychainVault(pub(crate) Arc<dyn SecretStore>);

#[async_trait]
impl Vault for KeychainVault {
    async fn get(&self, name: &str) -> Result<Option<growqr_auth::SensitiveString>, VaultError> {
        let found = self.0.get(name).await.map_err(|error| vault_error(&error))?;
        Ok(found.map(|secret| growqr_auth::SensitiveString::new(secret.expose().to_owned())))
    }

    async fn set(&self, name: &str, value: &growqr_auth::SensitiveString) -> Result<(), VaultError> {
        self.0.set(name, &Secret::new(value.expose())).await.map_err(|error| vault_error(&error))
    }

    async fn remove(&self, name: &str) -> Result<(), VaultError> {
        self.0.remove(name).await.map_err(|error| vault_error(&error))
    }
}

fn vault_error(error: &SecretError) -> VaultError {
    match error {
        SecretError::Locked => VaultError::Locked,
        SecretError::NotSetUp => VaultError::NotSetUp,
        SecretError::Absent => VaultError::Absent,
        SecretError::Refused(_) => VaultError::Failed,
    }
}
