//! Where the one lasting secret is kept: the operating system's keychain, behind a port.

use crate::config::Config;
use crate::sensitive::SensitiveString;
use growqr_core::clock::Timestamp;
use growqr_core::id::sha256_hex;
use serde::{Deserialize, Serialize};

/// Keeps small secrets by name. An implementation answers within a bounded time, also while the system asks the person
/// to unlock something, and never writes plain text to a disk.
#[async_trait::async_trait]
pub trait Vault: Send + Sync {
    /// The secret of this name. `None` proves little: some locked keychains say so too.
    async fn get(&self, name: &str) -> Result<Option<SensitiveString>, VaultError>;
    /// Keeps a secret, in place of an earlier one of this name.
    async fn set(&self, name: &str, value: &SensitiveString) -> Result<(), VaultError>;
    /// Removes it. To remove what is not there is no error.
    async fn remove(&self, name: &str) -> Result<(), VaultError>;
}

/// Why a secret could not be read, kept or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no keychain on this system.
    #[error("this system has no keychain")]
    Absent,
    /// It is locked, or the person refused.
    #[error("the keychain is locked")]
    Locked,
    /// It failed, or did not answer in time.
    #[error("the keychain failed")]
    Failed,
}

/// Everything that outlives the program. The issuer, the client and the user bind the token to what it is for; by its
/// time a sign-in is told from one that took its place.
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

/// A sign-in as the vault has it.
#[derive(Clone)]
pub(crate) struct Entry {
    pub refresh: SensitiveString,
    /// When the sign-in began. Renewals do not change it.
    pub since: Timestamp,
}

/// The vault as seen by one configuration: one entry per user.
pub(crate) struct Entries<'a> {
    pub vault: &'a dyn Vault,
    pub config: &'a Config,
}

impl Entries<'_> {
    fn name(&self, sub: &str) -> String {
        let bound = format!("{}\n{}\n{sub}", self.config.issuer(), self.config.client_id());
        format!("sign-in-{}", &sha256_hex(bound.as_bytes())[..32])
    }

    /// The sign-in of this user. An entry that is not for exactly this user, client and issuer counts as none.
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
        let text = serde_json::to_string(&record).expect("texts and a number are always JSON");
        self.vault.set(&self.name(sub), &SensitiveString::new(text)).await
    }

    pub async fn remove(&self, sub: &str) -> Result<(), VaultError> {
        self.vault.remove(&self.name(sub)).await
    }

    /// Whether a secret would be kept, found out by keeping one for a moment.
    pub async fn probe(&self) -> Result<(), VaultError> {
        const NAME: &str = "sign-in-probe";
        let value = SensitiveString::new("probe".to_owned());
        self.vault.set(NAME, &value).await?;
        let read = self.vault.get(NAME).await?;
        self.vault.remove(NAME).await?;
        if read.is_some_and(|read| read.equals(value.expose())) { Ok(()) } else { Err(VaultError::Failed) }
    }
}
