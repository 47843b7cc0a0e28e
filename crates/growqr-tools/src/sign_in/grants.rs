//! Where sign-ins are kept: given by the caller.

use crate::server_name::ServerName;
use async_trait::async_trait;
use growqr_core::secret::Secret;

/// The sign-in could not be read, saved or removed; the words never contain a secret.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct GrantsError(pub String);

/// Keeps the sign-ins at servers, in the keychain. What is kept has tokens, and a client secret if there is one.
#[async_trait]
pub trait Grants: Send + Sync {
    /// The sign-in at a server with this address.
    ///
    /// # Errors
    /// [`GrantsError`] if that is not known now; a locked keychain is an error.
    async fn load(&self, server: &ServerName, url: &str) -> Result<Option<Secret>, GrantsError>;

    /// Keeps a sign-in in the place of an earlier one. Once this returns, a new process finds it.
    ///
    /// # Errors
    /// [`GrantsError`]; the earlier one is still there, unless the keychain did not answer in time.
    async fn save(&self, server: &ServerName, url: &str, grant: &Secret) -> Result<(), GrantsError>;

    /// Forgets a sign-in. Succeeds if there is none.
    ///
    /// # Errors
    /// [`GrantsError`].
    async fn forget(&self, server: &ServerName, url: &str) -> Result<(), GrantsError>;

    /// A lock that only one program on this computer has at a time, as long as the result lives. Without it, a refresh token could be
    /// used twice, which most authorization servers take for a theft.
    async fn lock(&self, server: &ServerName) -> Box<dyn Send>;
}
