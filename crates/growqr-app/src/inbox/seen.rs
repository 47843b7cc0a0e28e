//! Which entries of the inbox the person has seen: a list of their ids, stored with the person's settings.

use crate::error::AppError;
use crate::profile::settings::StoredSettings;
use growqr_core::clock::Timestamp;
use growqr_core::journal::Store;
use growqr_wire::InboxEntry;

/// The name under which the list is stored. It is no setting: nothing shows it.
const NAME: &str = "inbox.seen";

/// Marks the entries that were seen.
pub(super) fn mark(entries: &mut [InboxEntry], stored: &StoredSettings) {
    let seen = read(stored.get(NAME).map(String::as_str));
    entries.iter_mut().for_each(|entry| entry.is_seen = seen.contains(&entry.id));
}

/// Replaces the list.
pub(super) async fn store(store: &dyn Store, ids: &[&str], at: Timestamp) -> Result<(), AppError> {
    let text = serde_json::to_string(ids).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(store.set(NAME, (!ids.is_empty()).then_some(&text), at).await?)
}

/// Takes these out of the list.
pub(super) async fn forget(from: &dyn Store, ids: &[&str], at: Timestamp) -> Result<(), AppError> {
    let stored = from.settings().await?;
    let seen = read(stored.iter().find(|(name, _)| name == NAME).map(|(_, value)| value.as_str()));
    let kept: Vec<&str> = seen.iter().map(String::as_str).filter(|id| !ids.contains(id)).collect();
    if kept.len() == seen.len() { Ok(()) } else { store(from, &kept, at).await }
}

/// A list that this build cannot read is empty.
fn read(text: Option<&str>) -> Vec<String> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
