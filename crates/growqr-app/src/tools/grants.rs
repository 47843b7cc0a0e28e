//! The sign-ins at servers in the system's keychain. Each has an entry that is named by the server and its address, and is noted in the
//! store before it is written: so the sign-in goes with its server, and with a change of the address.

use super::kept_values::sign_in_entry;
use crate::SystemClock;
use crate::profile::file_lock::FileLock;
use async_trait::async_trait;
use growqr_auth::ProcessLock;
use growqr_core::clock::Clock;
use growqr_core::journal::{Store, StoreError};
use growqr_core::secret::{Secret, SecretError, SecretStore};
use growqr_tools::ServerName;
use growqr_tools::sign_in::{Grants, GrantsError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for another program: longer than its requests take.
const LOCK_LIMIT: Duration = Duration::from_secs(60);

/// The keychain of a profile on this computer.
pub(super) struct KeychainGrants {
    keychain: Arc<dyn SecretStore>,
    /// Names the keychain in the store.
    name: String,
    store: Arc<dyn Store>,
    /// Has the locks.
    folder: PathBuf,
}

impl KeychainGrants {
    pub(super) fn new(keychain: Arc<dyn SecretStore>, name: String, store: Arc<dyn Store>, folder: PathBuf) -> KeychainGrants {
        KeychainGrants { keychain, name, store, folder }
    }

    async fn note(&self, entry: &str) -> Result<(), GrantsError> {
        self.store.note_tool_values(&self.name, entry, SystemClock.now()).await.map_err(|error| not_noted(&error))
    }
}

#[async_trait]
impl Grants for KeychainGrants {
    async fn load(&self, server: &ServerName, url: &str) -> Result<Option<Secret>, GrantsError> {
        let entry = sign_in_entry(server.as_str(), url);
        let found = match self.keychain.get(&entry).await {
            // Without a keychain nothing is kept.
            Err(SecretError::Absent | SecretError::NotSetUp) => None,
            found => found.map_err(|error| refused(&error))?,
        };
        // A store that was restored may not know of it.
        if found.is_some() {
            self.note(&entry).await?;
        }
        Ok(found)
    }

    async fn save(&self, server: &ServerName, url: &str, grant: &Secret) -> Result<(), GrantsError> {
        let entry = sign_in_entry(server.as_str(), url);
        self.note(&entry).await?;
        let saved = self.keychain.set(&entry, grant).await;
        if let Err(SecretError::Absent | SecretError::NotSetUp) = saved {
            self.store.forget_tool_values(&self.name, &entry).await.map_err(|error| not_noted(&error))?;
        }
        saved.map_err(|error| refused(&error))?;
        // A change of the server may have removed what was noted before there was something to remove.
        self.note(&entry).await
    }

    async fn forget(&self, server: &ServerName, url: &str) -> Result<(), GrantsError> {
        let entry = sign_in_entry(server.as_str(), url);
        match self.keychain.remove(&entry).await {
            Ok(()) | Err(SecretError::Absent | SecretError::NotSetUp) => {}
            Err(error) => return Err(refused(&error)),
        }
        self.store.forget_tool_values(&self.name, &entry).await.map_err(|error| not_noted(&error))
    }

    async fn lock(&self, server: &ServerName) -> Box<dyn Send> {
        // Windows opens a device for names such as con.lock.
        FileLock(self.folder.join("tool-sign-ins").join(format!("server-{server}.lock"))).acquire(LOCK_LIMIT).await
    }
}

fn refused(error: &SecretError) -> GrantsError {
    GrantsError(error.to_string())
}

fn not_noted(error: &StoreError) -> GrantsError {
    GrantsError(error.to_string())
}
