//! The interface to the keychain, and the entries that sign-in stores in it.

use crate::config::Config;
use crate::sensitive::SensitiveString;
use growqr_core::clock::Timestamp;
use growqr_core::id::sha256_hex;
use serde::{Deserialize, Serialize};

/// Stores small secrets by name. An implementation must return within a limited time, even while the system shows an unlock
/// prompt, and must never write plain text to disk.
#[async_trait::async_trait]
pub trait Vault: Send + Sync {
    /// The secret with this name. `None` is not a proof that there is none: some locked keychains return it as well.
    async fn get(&self, name: &str) -> Result<Option<SensitiveString>, VaultError>;
    /// Stores a secret and replaces an earlier one with this name.
    async fn set(&self, name: &str, value: &SensitiveString) -> Result<(), VaultError>;
    /// Removes a secret. Removing a missing secret is not an error.
    async fn remove(&self, name: &str) -> Result<(), VaultError>;
}

/// Why a secret could not be read, stored or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no keychain on this system.
    #[error("this system has no keychain")]
    Absent,
    /// The user has no keychain yet, but the system can create one.
    #[error("there is no keychain yet")]
    NotSetUp,
    /// It is locked, or the user refused to unlock it.
    #[error("the keychain is locked")]
    Locked,
    /// It failed, or did not respond in time.
    #[error("the keychain failed")]
    Failed,
}

/// The stored form of an entry. Issuer, client id and user bind the token to its purpose. `since` distinguishes a sign-in
/// from the one that replaced it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredRecord {
    issuer: String,
    client_id: String,
    sub: String,
    refresh_token: SensitiveString,
    #[serde(default)]
    since: i64,
}

/// A stored sign-in.
#[derive(Clone)]
pub(crate) struct Entry {
    pub refresh: SensitiveString,
    /// When the sign-in began. A renewal does not change it.
    pub since: Timestamp,
}

/// The entries of one configuration in the vault, one for each user.
pub(crate) struct Entries<'a> {
    pub vault: &'a dyn Vault,
    pub config: &'a Config,
}

impl Entries<'_> {
    fn name(&self, sub: &str) -> String {
        let bound = format!("{}\n{}\n{sub}", self.config.issuer(), self.config.client_id());
        format!("sign-in-{}", &sha256_hex(bound.as_bytes())[..32])
    }

    /// The stored sign-in of a user. An entry for another user, client or issuer counts as missing.
    pub async fn load(&self, sub: &str) -> Result<Option<Entry>, VaultError> {
        let Some(text) = self.vault.get(&self.name(sub)).await? else { return Ok(None) };
        let record = serde_json::from_str::<StoredRecord>(text.expose()).ok().filter(|record| {
            record.sub == sub && record.issuer == self.config.issuer() && record.client_id == self.config.client_id()
        });
        Ok(record.map(|record| Entry { refresh: record.refresh_token, since: Timestamp(record.since) }))
    }

    pub async fn save(&self, sub: &str, entry: &Entry) -> Result<(), VaultError> {
        let record = StoredRecord {
            issuer: self.config.issuer().to_owned(),
            client_id: self.config.client_id().to_owned(),
            sub: sub.to_owned(),
            refresh_token: entry.refresh.clone(),
            since: entry.since.0,
        };
        let text = serde_json::to_string(&record).expect("strings and a number can always be encoded");
        self.vault.set(&self.name(sub), &SensitiveString::new(text)).await
    }

    pub async fn remove(&self, sub: &str) -> Result<(), VaultError> {
        self.vault.remove(&self.name(sub)).await
    }

    /// Checks whether the vault can store secrets: stores, reads and removes a test value.
    pub async fn probe(&self) -> Result<(), VaultError> {
        const NAME: &str = "sign-in-probe";
        let value = SensitiveString::new("probe".to_owned());
        self.vault.set(NAME, &value).await?;
        let read = self.vault.get(NAME).await?;
        self.vault.remove(NAME).await?;
        if read.is_some_and(|read| read.equals(value.expose())) { Ok(()) } else { Err(VaultError::Failed) }
    }
}
