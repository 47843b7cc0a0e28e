//! A JSON object that keeps the order of its fields and the text of each value.

use crate::refusal::Refusal;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use std::fmt;

/// A JSON object's fields in order, with their text. No name occurs twice: which one counts would depend on the reader.
pub(crate) struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = &(String, &'a RawValue)> {
        self.0.iter()
    }

    /// A field's JSON text.
    pub fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// A field that may be missing.
    pub fn optional<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let read =
            |raw: &'a RawValue| serde_json::from_str(raw.get()).map_err(|_| Refusal::invalid(format!("{name}: not valid")));
        self.raw(name).map(read).transpose()
    }

    /// A field that must be there.
    pub fn required<T: Deserialize<'a>>(&self, name: &str) -> Result<T, Refusal> {
        self.optional(name)?.ok_or_else(|| Refusal::invalid(format!("{name}: Field required")))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'a>, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom("a field occurs twice"));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
