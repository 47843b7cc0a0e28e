//! Keeps a secret that is too long for one entry in several.
//!
//! The entry of the secret then has the number of the parts and a hash of the whole. Each part has an entry of its own, whose
//! name contains the hash: the parts of a new value never mix with those of the one that it replaces. The new entry names those
//! too until they are removed, so that a program that ends in between leaves no part of a secret that nothing would find.

use async_trait::async_trait;
use growqr_core::id::sha256_hex;
use growqr_core::secret::{Secret, SecretError};

/// The longest entry, in bytes. Every system accepts this length (Windows: at most 2,560).
pub(crate) const ENTRY_BYTES: usize = 2_048;

/// The most parts of one secret.
const MAX_PARTS: usize = 16;

/// Begins the entry of a secret that is kept in parts.
const MARK: &str = "growqr-parts:";

/// The entries of a keychain, each of at most [`ENTRY_BYTES`].
#[async_trait]
pub(crate) trait Entries: Send + Sync {
    async fn get(&self, user: &str) -> Result<Option<Secret>, SecretError>;
    async fn set(&self, user: &str, value: &Secret) -> Result<(), SecretError>;
    async fn remove(&self, user: &str) -> Result<(), SecretError>;
}

/// What the entry of a secret in parts says.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    parts: Parts,
    /// The parts of the value before, if some of them may still be there.
    former: Option<Parts>,
}

impl Entry {
    fn parse(entry: &Secret) -> Option<Entry> {
        let fields: Vec<&str> = entry.expose().strip_prefix(MARK)?.split(':').collect();
        match fields[..] {
            [count, hash] => Some(Entry { parts: Parts::parse(count, hash)?, former: None }),
            [count, hash, former_count, former_hash] => {
                let former = Parts::parse(former_count, former_hash)?;
                Some(Entry { parts: Parts::parse(count, hash)?, former: Some(former) })
            }
            _ => None,
        }
    }

    fn text(&self) -> Secret {
        let named: Vec<String> = std::iter::once(&self.parts).chain(&self.former).map(Parts::text).collect();
        Secret::new(format!("{MARK}{}", named.join(":")))
    }
}

/// The entries with the parts of one value.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    count: usize,
    hash: String,
}

impl Parts {
    fn of(count: usize, value: &str) -> Parts {
        Parts { count, hash: sha256_hex(value.as_bytes())[..32].to_owned() }
    }

    fn parse(count: &str, hash: &str) -> Option<Parts> {
        let count = count.parse().ok().filter(|count| (1..=MAX_PARTS).contains(count))?;
        Some(Parts { count, hash: hash.to_owned() })
    }

    fn text(&self) -> String {
        format!("{}:{}", self.count, self.hash)
    }

    /// The names of the entries with the parts.
    fn names(&self, user: &str) -> impl Iterator<Item = String> {
        (0..self.count).map(move |number| format!("{user}#{}.{number}", self.hash))
    }
}

/// Reads a secret. A secret whose parts are not complete is an error.
pub(crate) async fn get(entries: &dyn Entries, user: &str) -> Result<Option<Secret>, SecretError> {
    let Some(entry) = entries.get(user).await? else { return Ok(None) };
    let Some(Entry { parts, .. }) = Entry::parse(&entry) else { return Ok(Some(entry)) };
    let mut whole = zeroize::Zeroizing::new(String::with_capacity(parts.count * ENTRY_BYTES));
    for name in parts.names(user) {
        whole.push_str(entries.get(&name).await?.as_ref().map_or("", Secret::expose));
    }
    if Parts::of(parts.count, &whole) != parts {
        return Err(SecretError::Refused("a part of the stored secret is missing".to_owned()));
    }
    Ok(Some(Secret::new(whole.as_str())))
}

/// Stores a secret: its parts first, then the entry that names them, so that the earlier value stays valid until then.
pub(crate) async fn set(entries: &dyn Entries, user: &str, value: &Secret) -> Result<(), SecretError> {
    let text = value.expose();
    let earlier = entries.get(user).await?.as_ref().and_then(Entry::parse);
    // Only the entry of a secret in parts can name the parts of the value before.
    if earlier.is_none() && text.len() <= ENTRY_BYTES && !text.starts_with(MARK) {
        return entries.set(user, value).await;
    }
    let pieces = split(text);
    if pieces.len() > MAX_PARTS {
        let limit = MAX_PARTS * ENTRY_BYTES;
        return Err(SecretError::Refused(format!("a secret has at most {limit} bytes")));
    }
    let earlier = match earlier {
        Some(earlier) => Some(remove_former(entries, user, earlier).await?.parts),
        None => None,
    };
    let parts = Parts::of(pieces.len(), text);
    let is_stored_already = earlier.as_ref() == Some(&parts);
    let entry = Entry { parts, former: earlier.filter(|_| !is_stored_already) };
    if let Err(error) = set_parts(entries, user, &entry, &pieces).await {
        // No entry names them, so nothing else would find them.
        if !is_stored_already {
            let _ = remove_parts(entries, user, &entry.parts).await;
        }
        return Err(error);
    }
    // The secret is stored. What cannot be removed now is removed with the next change.
    if let Err(error) = remove_former(entries, user, entry).await {
        tracing::debug!(%error, "the parts of an earlier secret could not be removed");
    }
    Ok(())
}

async fn set_parts(entries: &dyn Entries, user: &str, entry: &Entry, pieces: &[&str]) -> Result<(), SecretError> {
    for (name, piece) in entry.parts.names(user).zip(pieces) {
        entries.set(&name, &Secret::new(*piece)).await?;
    }
    entries.set(user, &entry.text()).await
}

/// Removes what is left of the value before, then its name from the entry.
async fn remove_former(entries: &dyn Entries, user: &str, mut entry: Entry) -> Result<Entry, SecretError> {
    if let Some(former) = entry.former.take() {
        remove_parts(entries, user, &former).await?;
        entries.set(user, &entry.text()).await?;
    }
    Ok(entry)
}

/// Removes a secret and its parts.
pub(crate) async fn remove(entries: &dyn Entries, user: &str) -> Result<(), SecretError> {
    match entries.get(user).await {
        Ok(Some(entry)) => {
            if let Some(entry) = Entry::parse(&entry) {
                let entry = remove_former(entries, user, entry).await?;
                remove_parts(entries, user, &entry.parts).await?;
            }
        }
        // Without a keychain nothing is stored.
        Ok(None) | Err(SecretError::NotSetUp) => return Ok(()),
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
    }

    impl Small {
        fn new() -> Small {
            Small { entries: Mutex::default(), room: Mutex::new(100), cannot_remove: Mutex::new(false) }
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
            assert!(value.expose().len() <= ENTRY_BYTES, "too long for one entry");
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
        assert_eq!(keychain.count(), 2, "no part of an earlier value stays");
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
        assert_eq!((keychain.value().await, keychain.count()), (Ok(Some("short".to_owned())), 2));
        remove(&keychain, "key").await.unwrap();
        assert_eq!(keychain.count(), 0);
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
