//! Keeps a secret that is too long for one entry in several.
//!
//! The entry of the secret then has the number of the parts and a hash of the whole. Each part has an entry of its own, whose
//! name contains the hash: the parts of a new value never mix with those of the one that it replaces. The entry names the parts of
//! a new value before they are written, and those of the earlier one until they are removed: a program that ends in between leaves
//! no part of a secret that nothing would find.

use crate::entry::{Entry, MARK, MAX_PARTS, Parts, Value};
use async_trait::async_trait;
use growqr_core::secret::{Secret, SecretError};

/// The longest value or part in one entry, in bytes. Every system accepts this length, and [`MARK`] with the names of parts in
/// front of it (Windows: at most 2,560).
pub(crate) const ENTRY_BYTES: usize = 2_048;

/// The entries of a keychain.
#[async_trait]
pub(crate) trait Entries: Send + Sync {
    async fn get(&self, user: &str) -> Result<Option<Secret>, SecretError>;
    async fn set(&self, user: &str, value: &Secret) -> Result<(), SecretError>;
    async fn remove(&self, user: &str) -> Result<(), SecretError>;
}

/// Reads a secret. A secret whose parts are not complete is an error.
pub(crate) async fn get(entries: &dyn Entries, user: &str) -> Result<Option<Secret>, SecretError> {
    let parts = match Entry::of(entries.get(user).await?).value {
        Value::Nothing => return Ok(None),
        Value::Text(text) => return Ok(Some(text)),
        Value::Parts(parts) => parts,
    };
    let mut whole = zeroize::Zeroizing::new(String::with_capacity(parts.count * ENTRY_BYTES));
    for name in parts.names(user) {
        whole.push_str(entries.get(&name).await?.as_ref().map_or("", Secret::expose));
    }
    if Parts::of(parts.count, &whole) != parts {
        return Err(SecretError::Refused("a part of the stored secret is missing".to_owned()));
    }
    Ok(Some(Secret::new(whole.as_str())))
}

/// Stores a secret. The earlier value stays valid until all parts of the new one are written.
pub(crate) async fn set(entries: &dyn Entries, user: &str, value: &Secret) -> Result<(), SecretError> {
    let text = value.expose();
    let is_short = text.len() <= ENTRY_BYTES && !text.starts_with(MARK);
    let earlier = Entry::of(entries.get(user).await?);
    if is_short && earlier.parts().next().is_none() {
        return entries.set(user, value).await;
    }
    let pieces = split(text);
    if pieces.len() > MAX_PARTS {
        let limit = MAX_PARTS * ENTRY_BYTES;
        return Err(SecretError::Refused(format!("a secret has at most {limit} bytes")));
    }
    let earlier = remove_other(entries, user, earlier).await?.value;
    let new = if is_short { Value::Text(value.clone()) } else { Value::Parts(Parts::of(pieces.len(), text)) };
    if let Value::Parts(parts) = &new {
        set_parts(entries, user, &earlier, parts, &pieces).await?;
    }
    let other = match (&earlier, &new) {
        (Value::Parts(_), new) if earlier == *new => None,
        (Value::Parts(parts), _) => Some(parts.clone()),
        (Value::Nothing | Value::Text(_), _) => None,
    };
    let entry = Entry { value: new, other };
    if let Err(error) = write(entries, user, &entry).await {
        // If it did not answer, the entry may still be written: either form of it names all parts.
        if let (Value::Parts(parts), false) = (&entry.value, error == SecretError::Locked || earlier == entry.value) {
            let _ = remove_other(entries, user, Entry { value: earlier, other: Some(parts.clone()) }).await;
        }
        return Err(error);
    }
    // The secret is stored. What cannot be removed now is removed with the next change.
    if let Err(error) = remove_other(entries, user, entry).await {
        tracing::debug!(%error, "the parts of an earlier secret could not be removed");
    }
    Ok(())
}

/// Writes the parts of a new value. The entry names them first, beside the value that still counts.
async fn set_parts(
    entries: &dyn Entries,
    user: &str,
    earlier: &Value,
    parts: &Parts,
    pieces: &[&str],
) -> Result<(), SecretError> {
    let is_stored_already = matches!(earlier, Value::Parts(stored) if stored == parts);
    let announced = Entry { value: earlier.clone(), other: Some(parts.clone()) };
    if !is_stored_already {
        write(entries, user, &announced).await?;
    }
    for (name, piece) in parts.names(user).zip(pieces) {
        match entries.set(&name, &Secret::new(*piece)).await {
            Ok(()) => {}
            Err(error) if is_stored_already => return Err(error),
            // The part may still be written: the entry goes on naming it.
            Err(SecretError::Locked) => {
                let _ = remove_parts(entries, user, parts).await;
                return Err(SecretError::Locked);
            }
            Err(error) => {
                let _ = remove_other(entries, user, announced).await;
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Removes the parts that do not belong to the value, then their names from the entry.
async fn remove_other(entries: &dyn Entries, user: &str, mut entry: Entry) -> Result<Entry, SecretError> {
    if let Some(other) = entry.other.take() {
        remove_parts(entries, user, &other).await?;
        write(entries, user, &entry).await?;
    }
    Ok(entry)
}

async fn write(entries: &dyn Entries, user: &str, entry: &Entry) -> Result<(), SecretError> {
    match entry.text() {
        Some(text) => entries.set(user, &text).await,
        None => entries.remove(user).await,
    }
}

/// Removes a secret and its parts.
pub(crate) async fn remove(entries: &dyn Entries, user: &str) -> Result<(), SecretError> {
    match entries.get(user).await {
        // Without a keychain nothing is stored.
        Ok(None) | Err(SecretError::NotSetUp) => return Ok(()),
        Ok(stored) => {
            for parts in Entry::of(stored).parts() {
                remove_parts(entries, user, parts).await?;
            }
        }
        // An entry that cannot be read can be removed all the same.
        Err(SecretError::Refused(_)) => {}
        Err(error) => return Err(error),
    }
    entries.remove(user).await
}

async fn remove_parts(entries: &dyn Entries, user: &str, parts: &Parts) -> Result<(), SecretError> {
    for name in parts.names(user) {
        entries.remove(&name).await?;
    }
    Ok(())
}

/// Pieces of at most [`ENTRY_BYTES`] that end between characters.
fn split(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(rest.floor_char_boundary(ENTRY_BYTES));
        pieces.push(piece);
        rest = next;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// A keychain that accepts short entries only, and no more than `room` of them.
    struct Small {
        entries: Mutex<BTreeMap<String, String>>,
        room: Mutex<usize>,
        cannot_remove: Mutex<bool>,
        /// After this many changes it does not answer any more.
        changes: Mutex<usize>,
        /// Writes one entry, whose name ends so, only after the program has given up.
        late: Option<&'static str>,
        written_late: Mutex<Vec<(String, String)>>,
    }

    impl Small {
        fn new() -> Small {
            Small {
                entries: Mutex::default(),
                room: Mutex::new(100),
                cannot_remove: Mutex::new(false),
                changes: Mutex::new(usize::MAX),
                late: None,
                written_late: Mutex::default(),
            }
        }

        /// Counts one change. The program ends while it waits for the first one that is too many.
        async fn change(&self) {
            let left = self.changes.lock().unwrap().checked_sub(1);
            match left {
                Some(left) => *self.changes.lock().unwrap() = left,
                None => std::future::pending().await,
            }
        }

        fn count(&self) -> usize {
            self.entries.lock().unwrap().len()
        }

        async fn value(&self) -> Result<Option<String>, SecretError> {
            get(self, "key").await.map(|found| found.map(|secret| secret.expose().to_owned()))
        }
    }

    #[async_trait]
    impl Entries for Small {
        async fn get(&self, user: &str) -> Result<Option<Secret>, SecretError> {
            Ok(self.entries.lock().unwrap().get(user).map(Secret::new))
        }

        async fn set(&self, user: &str, value: &Secret) -> Result<(), SecretError> {
            assert!(value.expose().len() <= 2_560, "too long for one entry");
            self.change().await;
            if self.late.is_some_and(|late| user.ends_with(late)) {
                self.written_late.lock().unwrap().push((user.to_owned(), value.expose().to_owned()));
                return Err(SecretError::Locked);
            }
            let mut entries = self.entries.lock().unwrap();
            if !entries.contains_key(user) && entries.len() >= *self.room.lock().unwrap() {
                return Err(SecretError::Refused("full".to_owned()));
            }
            entries.insert(user.to_owned(), value.expose().to_owned());
            Ok(())
        }

        async fn remove(&self, user: &str) -> Result<(), SecretError> {
            if *self.cannot_remove.lock().unwrap() {
                return Err(SecretError::Locked);
            }
            self.change().await;
            self.entries.lock().unwrap().remove(user);
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_long_secret_is_kept_in_parts_and_read_as_a_whole() {
        let keychain = Small::new();
        let long = ["é".repeat(3_000), "x".repeat(2_049), format!("{MARK}short")];
        for value in long.iter().map(String::as_str).chain(["short"]) {
            set(&keychain, "key", &Secret::new(value)).await.unwrap();
            assert_eq!(keychain.value().await, Ok(Some(value.to_owned())));
        }
        assert_eq!(keychain.count(), 1, "no part of an earlier value stays");
        set(&keychain, "key", &Secret::new(long[0].as_str())).await.unwrap();
        remove(&keychain, "key").await.unwrap();
        assert_eq!((keychain.count(), keychain.value().await), (0, Ok(None)));
    }

    #[tokio::test]
    async fn the_earlier_value_stays_if_a_new_one_does_not_fit() {
        let keychain = Small::new();
        set(&keychain, "key", &Secret::new("old")).await.unwrap();
        *keychain.room.lock().unwrap() = 2;
        assert!(set(&keychain, "key", &Secret::new("x".repeat(9_000))).await.is_err());
        assert_eq!(keychain.value().await, Ok(Some("old".to_owned())));
        assert!(set(&keychain, "key", &Secret::new("x".repeat(MAX_PARTS * ENTRY_BYTES + 1))).await.is_err());
        assert_eq!(keychain.value().await, Ok(Some("old".to_owned())));
    }

    #[tokio::test]
    async fn parts_that_could_not_be_removed_are_removed_with_the_next_change() {
        let keychain = Small::new();
        set(&keychain, "key", &Secret::new("a".repeat(5_000))).await.unwrap();
        *keychain.cannot_remove.lock().unwrap() = true;
        set(&keychain, "key", &Secret::new("b".repeat(3_000))).await.unwrap();
        assert_eq!((keychain.value().await, keychain.count()), (Ok(Some("b".repeat(3_000))), 6));
        *keychain.cannot_remove.lock().unwrap() = false;
        set(&keychain, "key", &Secret::new("short")).await.unwrap();
        assert_eq!((keychain.value().await, keychain.count()), (Ok(Some("short".to_owned())), 1));
        remove(&keychain, "key").await.unwrap();
        assert_eq!(keychain.count(), 0);
    }

    #[tokio::test]
    async fn a_program_that_ends_while_it_stores_a_secret_leaves_no_part_that_nothing_finds() {
        let longest = "o".repeat(ENTRY_BYTES);
        let former = ["a".repeat(5_000), "b".repeat(9_000)];
        for earlier in [None, Some("old"), Some(longest.as_str()), Some(former[0].as_str()), Some(former[1].as_str())] {
            for new in ["x".repeat(7_000), "new".to_owned()] {
                let mut ended_itself = false;
                for changes in 0..30 {
                    let keychain = Small::new();
                    if let Some(earlier) = earlier {
                        set(&keychain, "key", &Secret::new(earlier)).await.unwrap();
                    }
                    *keychain.changes.lock().unwrap() = changes;
                    let value = Secret::new(new.as_str());
                    tokio::select! {
                        biased;
                        stored = set(&keychain, "key", &value) => {
                            stored.unwrap();
                            ended_itself = true;
                        }
                        () = std::future::ready(()) => {}
                    }
                    *keychain.changes.lock().unwrap() = usize::MAX;
                    let value = keychain.value().await.unwrap();
                    assert!(value.as_deref() == earlier || value.as_deref() == Some(new.as_str()), "one of both, whole");
                    if changes % 2 == 0 {
                        set(&keychain, "key", &Secret::new("short")).await.unwrap();
                        assert_eq!((keychain.value().await, keychain.count()), (Ok(Some("short".to_owned())), 1));
                    }
                    remove(&keychain, "key").await.unwrap();
                    assert_eq!(keychain.count(), 0, "after {changes} changes");
                }
                assert!(ended_itself, "every change was tried");
            }
        }
    }

    #[tokio::test]
    async fn a_part_that_is_written_after_the_program_gave_up_is_found_by_the_next_change() {
        for earlier in [None, Some("old")] {
            let mut keychain = Small::new();
            if let Some(earlier) = earlier {
                set(&keychain, "key", &Secret::new(earlier)).await.unwrap();
            }
            keychain.late = Some(".1");
            assert_eq!(set(&keychain, "key", &Secret::new("x".repeat(5_000))).await, Err(SecretError::Locked));
            let late = std::mem::take(keychain.written_late.get_mut().unwrap());
            assert_eq!(late.len(), 1);
            keychain.entries.lock().unwrap().extend(late);
            assert_eq!(keychain.value().await, Ok(earlier.map(str::to_owned)));
            keychain.late = None;
            set(&keychain, "key", &Secret::new("short")).await.unwrap();
            assert_eq!(keychain.count(), 1);
        }
    }

    #[tokio::test]
    async fn a_secret_with_a_missing_part_is_an_error_and_not_a_shorter_secret() {
        let keychain = Small::new();
        set(&keychain, "key", &Secret::new("x".repeat(5_000))).await.unwrap();
        let part = keychain.entries.lock().unwrap().keys().find(|name| name.ends_with(".2")).unwrap().clone();
        keychain.remove(&part).await.unwrap();
        assert!(matches!(keychain.value().await, Err(SecretError::Refused(_))));
    }
}
