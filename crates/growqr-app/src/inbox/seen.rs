//! Which entries of the inbox the person has seen: their ids, each with the time since when the entry held. Stored with the
//! person's settings.

use crate::error::AppError;
use crate::profile::settings::StoredSettings;
use growqr_core::clock::Timestamp;
use growqr_core::journal::Store;
use growqr_wire::InboxEntry;
use std::collections::BTreeMap;

/// The name under which the marks are stored. They are no setting: nothing shows them.
const NAME: &str = "inbox.seen";

/// The id of an entry about a turn begins so; all other ids are of conditions.
pub(super) const TURN: &str = "turn:";

/// What the person has seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen(BTreeMap<String, i64>);

impl Seen {
    /// Reads the marks. What this build cannot read is empty; a list of ids, as earlier builds wrote it, counts from `now`.
    pub(super) fn read(stored: &StoredSettings, now: Timestamp) -> Seen {
        let Some(text) = stored.get(NAME) else { return Seen::default() };
        let ids = || serde_json::from_str::<Vec<String>>(text).map(|ids| ids.into_iter().map(|id| (id, now.0)).collect());
        Seen(serde_json::from_str(text).or_else(|_| ids()).unwrap_or_default())
    }

    /// Replaces the stored marks.
    pub(super) async fn store(&self, store: &dyn Store, at: Timestamp) -> Result<(), AppError> {
        let text = serde_json::to_string(&self.0).map_err(|error| AppError::Internal(error.to_string()))?;
        Ok(store.set(NAME, (!self.0.is_empty()).then_some(&text), at).await?)
    }

    /// Marks the entries that were seen.
    pub(super) fn mark(&self, entries: &mut [InboxEntry]) {
        entries.iter_mut().for_each(|entry| entry.is_seen = self.0.contains_key(&entry.id));
    }

    /// The conditions that were seen, each with the time since when it held.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().filter(|(id, _)| !id.starts_with(TURN)).map(|(id, since)| (id.as_str(), *since))
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, entry: &InboxEntry) {
        self.0.entry(entry.id.clone()).or_insert(entry.since);
    }

    /// Removes a condition that has ended. Says whether it was seen.
    pub(super) fn forget(&mut self, id: &str) -> bool {
        self.0.remove(id).is_some()
    }

    /// Removes turns that ended before `oldest`: no inbox lists them any more.
    pub(super) fn forget_turns_before(&mut self, oldest: Timestamp) {
        self.0.retain(|id, since| !id.starts_with(TURN) || *since >= oldest.0);
    }
}
