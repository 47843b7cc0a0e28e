//! JSON stored as the text that was received.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;
use std::sync::Arc;

/// A JSON value as received: same digits, same escapes, same order of keys. Two values are equal if their texts are equal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Arc<RawValue>);

impl RawJson {
    /// Takes a JSON text. Fails if it is not exactly one JSON value.
    ///
    /// # Errors
    /// The parser's error.
    pub fn parse(text: impl Into<String>) -> Result<RawJson, serde_json::Error> {
        RawValue::from_string(text.into()).map(|raw| RawJson(raw.into()))
    }

    /// The JSON text of a value that always serialises (strings, numbers, maps with text keys).
    ///
    /// # Panics
    /// Never for such values; `serde_json` fails only for maps with other keys or a failing `Serialize`.
    #[must_use]
    pub fn of<T: Serialize + ?Sized>(value: &T) -> RawJson {
        RawJson(serde_json::value::to_raw_value(value).expect("values given here have text keys").into())
    }

    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &RawJson) -> bool {
        self.text() == other.text()
    }
}

impl Eq for RawJson {}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
