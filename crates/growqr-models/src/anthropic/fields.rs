//! A JSON object that keeps the order of its fields and the text of each value, so that unchanged fields are sent back
//! byte for byte.

use crate::lenient::scalar;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// An object's fields.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    /// The fields of a text block.
    pub fn of_text(text: String) -> Fields {
        let mut fields = Fields::default();
        fields.set("type", "\"text\"".to_owned());
        fields.set("text", Value::from(text).to_string());
        fields
    }

    /// A field's JSON text.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.get())
    }

    /// A field that is a string, or a number as text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.value(name).as_ref().and_then(scalar)
    }

    /// A field that is an object.
    pub fn object(&self, name: &str) -> Option<Fields> {
        self.raw(name).and_then(|raw| serde_json::from_str(raw).ok())
    }

    /// A field's value.
    pub fn value(&self, name: &str) -> Option<Value> {
        self.raw(name).and_then(|raw| serde_json::from_str(raw).ok())
    }

    /// Replaces a field in place, or appends it. Does nothing if `json` is not valid JSON.
    pub fn set(&mut self, name: &str, json: String) {
        let Ok(value) = RawValue::from_string(json) else { return };
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The object's JSON text.
    pub fn encode(&self) -> String {
        let fields: Vec<String> =
            self.0.iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), value.get())).collect();
        format!("{{{}}}", fields.join(","))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
