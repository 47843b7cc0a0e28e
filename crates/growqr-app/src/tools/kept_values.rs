//! The values of servers in the system's keychain. The values of a server have one entry, which its row in the store names. Other values
//! get another entry, so a row and its values always belong together.

use crate::error::AppError;
use async_trait::async_trait;
use growqr_core::id::sha256_hex;
use growqr_core::secret::{Secret, SecretError, SecretStore};
use growqr_tools::{Kept, KeptValues, ServerName, ValuesError};
use growqr_wire::ApiKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest value, in bytes.
const MAX_BYTES: usize = 16 << 10;

/// The name of an entry with values of a server. Those of a build without marks have none.
pub(super) fn entry(server: &str, mark: Option<&str>) -> String {
    mark.map_or_else(|| format!("tools-{server}"), |mark| format!("tools-{server}:{mark}"))
}

/// The name of the entry with the sign-in at a server with this address: another address has another one.
pub(super) fn sign_in_entry(server: &str, url: &str) -> String {
    format!("tools-{server}:sign-in-{}", &sha256_hex(url.as_bytes())[..16])
}

/// Whether an entry has values of a server at all. The keychain has other entries, which a restored store may name.
pub(super) fn is_entry(entry: &str) -> bool {
    entry.starts_with("tools-")
}

/// Whether an entry has values of this server, whatever its mark is.
pub(super) fn is_of(entry: &str, server: &str) -> bool {
    entry
        .strip_prefix("tools-")
        .and_then(|rest| rest.strip_prefix(server))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// Whether these values can be kept.
///
/// # Errors
/// [`AppError::BadRequest`] with the name of one that cannot.
pub(super) fn check(values: &BTreeMap<String, ApiKey>) -> Result<(), AppError> {
    match values.iter().find(|(_, value)| value.0.len() > MAX_BYTES) {
        None => Ok(()),
        Some((name, _)) => Err(AppError::bad_request(
            format!("the value of {name} is longer than {} kB", MAX_BYTES >> 10),
            "Put it into a file, and give the server the path.",
        )),
    }
}

/// What an entry has, compared with the values of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is no such entry.
    Nothing,
    /// It has these values.
    Same,
    /// It has other ones, or cannot be read.
    Other,
}

/// The keychain of a profile.
pub(super) struct KeychainValues(Arc<dyn SecretStore>);

impl KeychainValues {
    pub(super) fn new(keychain: Arc<dyn SecretStore>) -> KeychainValues {
        KeychainValues(keychain)
    }

    /// Writes an entry. The values are kept nowhere else.
    ///
    /// # Errors
    /// [`SecretError`].
    pub(super) async fn write(&self, entry: &str, values: &BTreeMap<String, ApiKey>) -> Result<(), SecretError> {
        let plain: BTreeMap<&str, &str> = values.iter().map(|(name, value)| (name.as_str(), value.0.as_str())).collect();
        // Texts with texts as keys are JSON.
        let text = serde_json::to_string(&plain).map_err(|error| SecretError::Refused(error.to_string()))?;
        self.0.set(entry, &Secret::new(text)).await
    }

    /// Whether an entry has exactly these values.
    ///
    /// # Errors
    /// [`SecretError`] if that cannot be found out now.
    pub(super) async fn compare(&self, entry: &str, values: &BTreeMap<String, ApiKey>) -> Result<Found, SecretError> {
        let Some(text) = self.0.get(entry).await? else { return Ok(Found::Nothing) };
        let found: Option<BTreeMap<String, String>> = serde_json::from_str(text.expose()).ok();
        let is_same = found.is_some_and(|found| found.iter().eq(values.iter().map(|(name, value)| (name, &value.0))));
        Ok(if is_same { Found::Same } else { Found::Other })
    }

    /// Whether an entry can be reached now, if it exists.
    ///
    /// # Errors
    /// [`SecretError`].
    pub(super) async fn reach(&self, entry: &str) -> Result<(), SecretError> {
        self.0.get(entry).await.map(drop)
    }

    /// Removes an entry. Succeeds if there is none with this name.
    ///
    /// # Errors
    /// [`SecretError`]; it may still be there.
    pub(super) async fn remove(&self, entry: &str) -> Result<(), SecretError> {
        self.0.remove(entry).await
    }
}

#[async_trait]
impl KeptValues for KeychainValues {
    async fn of(&self, server: &ServerName, kept: &Kept) -> Result<BTreeMap<String, Secret>, ValuesError> {
        let text = self.0.get(&entry(server.as_str(), kept.mark.as_deref())).await?.ok_or(ValuesError::Missing)?;
        let values: BTreeMap<String, String> = serde_json::from_str(text.expose()).map_err(|_| ValuesError::Damaged)?;
        Ok(values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_belongs_to_one_server() {
        assert_eq!((entry("gh", None), entry("gh", Some("m1"))), ("tools-gh".to_owned(), "tools-gh:m1".to_owned()));
        assert!(is_of("tools-gh", "gh") && is_of("tools-gh:m1", "gh"));
        for other in ["tools-gh-2", "tools-gh-2:m1", "tools-g", "anthropic"] {
            assert!(!is_of(other, "gh"), "{other}");
        }
        assert!(is_entry("tools-gh") && !is_entry("anthropic"));
    }

    #[test]
    fn a_value_that_is_too_long_is_named_and_not_shown() {
        let long = BTreeMap::from([("TOKEN".to_owned(), ApiKey("s3cret".repeat(MAX_BYTES)))]);
        let error = check(&long).unwrap_err().to_string();
        assert!(error.contains("TOKEN") && !error.contains("s3cret"), "{error}");
    }
}
