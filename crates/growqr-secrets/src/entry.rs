//! The text of the entry of a secret, which may name parts that are kept in entries of their own (`parts.rs`).

use growqr_core::id::sha256_hex;
use growqr_core::secret::Secret;

/// The most parts of one secret.
pub(crate) const MAX_PARTS: usize = 16;

/// Begins an entry that names parts.
pub(crate) const MARK: &str = "growqr-parts:";

/// Follows [`MARK`] in an entry that names the parts of a new value, if there is no value yet, or a short one.
const NOTHING: &str = "none:";
const TEXT: &str = "text:";

/// What the entry of a secret says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    /// Parts that may be there and do not belong to the value: those of a value before, or of one that is not complete.
    pub(crate) other: Option<Parts>,
}

/// The value that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// There is none.
    Nothing,
    /// A short one, in the entry itself.
    Text(Secret),
    /// A long one.
    Parts(Parts),
}

impl Entry {
    /// What a stored entry says; `None` for no entry.
    pub(crate) fn of(stored: Option<Secret>) -> Entry {
        let Some(stored) = stored else { return Entry { value: Value::Nothing, other: None } };
        Entry::parse(&stored).unwrap_or(Entry { value: Value::Text(stored), other: None })
    }

    /// Reads an entry that names parts.
    fn parse(stored: &Secret) -> Option<Entry> {
        let fields = stored.expose().strip_prefix(MARK)?;
        if let Some(fields) = fields.strip_prefix(TEXT) {
            let mut fields = fields.splitn(3, ':');
            let other = Parts::parse(fields.next()?, fields.next()?)?;
            return Some(Entry { value: Value::Text(Secret::new(fields.next()?)), other: Some(other) });
        }
        let (is_nothing, fields) = fields.strip_prefix(NOTHING).map_or((false, fields), |fields| (true, fields));
        let fields: Vec<&str> = fields.split(':').collect();
        match fields[..] {
            [count, hash] => {
                let parts = Parts::parse(count, hash)?;
                Some(if is_nothing {
                    Entry { value: Value::Nothing, other: Some(parts) }
                } else {
                    Entry { value: Value::Parts(parts), other: None }
                })
            }
            [count, hash, other_count, other_hash] if !is_nothing => {
                let other = Parts::parse(other_count, other_hash)?;
                Some(Entry { value: Value::Parts(Parts::parse(count, hash)?), other: Some(other) })
            }
            _ => None,
        }
    }

    /// The entry to store; `None` if none is needed.
    pub(crate) fn text(&self) -> Option<Secret> {
        let other = self.other.as_ref().map(Parts::text);
        match (&self.value, other) {
            (Value::Nothing, None) => None,
            (Value::Nothing, Some(other)) => Some(Secret::new(format!("{MARK}{NOTHING}{other}"))),
            (Value::Text(text), None) => Some(text.clone()),
            (Value::Text(text), Some(other)) => Some(Secret::new(format!("{MARK}{TEXT}{other}:{}", text.expose()))),
            (Value::Parts(parts), None) => Some(Secret::new(format!("{MARK}{}", parts.text()))),
            (Value::Parts(parts), Some(other)) => Some(Secret::new(format!("{MARK}{}:{other}", parts.text()))),
        }
    }

    /// All parts that it names.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Parts> {
        let of_value = match &self.value {
            Value::Parts(parts) => Some(parts),
            Value::Nothing | Value::Text(_) => None,
        };
        of_value.into_iter().chain(&self.other)
    }
}

/// The entries with the parts of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) count: usize,
    hash: String,
}

impl Parts {
    /// Those of this value.
    pub(crate) fn of(count: usize, value: &str) -> Parts {
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
    pub(crate) fn names(&self, user: &str) -> impl Iterator<Item = String> {
        (0..self.count).map(move |number| format!("{user}#{}.{number}", self.hash))
    }
}
