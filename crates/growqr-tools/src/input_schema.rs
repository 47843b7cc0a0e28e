//! Makes the input schema of a foreign tool one that every provider accepts, without changing what it asks for; or says why that
//! is not possible.
//!
//! Providers demand an object at the top, without `oneOf`, `anyOf` or `allOf` there, and many do not follow `$ref`.

use serde_json::{Map, Value, json};

/// The largest schema after mending, in bytes of JSON.
const MAX_BYTES: usize = 48 << 10;

/// How deep a schema may be nested. References deeper than this, which includes recursive ones, accept anything.
const MAX_DEPTH: usize = 24;

/// The largest schema as a server sends it, in bytes of JSON.
const MAX_SENT_BYTES: usize = 256 << 10;

/// The most bytes of texts in a schema while its references are replaced.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// The most values in a schema while its references are replaced: a small schema can stand for a huge one.
const MAX_VALUES: usize = 20_000;

/// Why a tool with this schema cannot be offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error("its input schema accepts nothing")]
    AcceptsNothing,
    #[error("its input schema is no JSON schema")]
    NoSchema,
    #[error("its input is not an object but {0}")]
    NoObject(String),
    #[error("its input schema is too large (at most {} kB)", MAX_SENT_BYTES >> 10)]
    TooLargeAsSent,
    #[error("its input schema is too large with its references")]
    TooLargeWithReferences,
    #[error("its input schema is too large ({} kB, at most {})", .0 >> 10, MAX_BYTES >> 10)]
    TooLarge(usize),
    #[error("model providers do not accept {0:?} as the name of an input")]
    InputName(String),
}

/// The schema, mended.
///
/// # Errors
/// [`SchemaError`].
pub(crate) fn mended(schema: Option<&Value>) -> Result<Value, SchemaError> {
    let root = match schema {
        None | Some(Value::Null | Value::Bool(true)) => return Ok(empty()),
        Some(Value::Bool(false)) => return Err(SchemaError::AcceptsNothing),
        Some(Value::Object(_)) => schema.unwrap_or(&Value::Null),
        Some(_) => return Err(SchemaError::NoSchema),
    };
    if root.to_string().len() > MAX_SENT_BYTES {
        return Err(SchemaError::TooLargeAsSent);
    }
    let mut inlining = Inlining { root, values_left: MAX_VALUES, bytes_left: MAX_TEXT_BYTES };
    let Value::Object(mut object) = inlining.value(root, 0)? else {
        return Err(SchemaError::NoSchema);
    };
    merge_alternatives(&mut object);
    for key in ["$schema", "$id", "$defs", "definitions", "title", "description", "$comment"] {
        object.remove(key);
    }
    match object.get("type") {
        Some(Value::String(name)) if name == "object" => {}
        Some(Value::Array(names)) if names.iter().any(|name| name == "object") => {}
        None | Some(Value::Null) => {}
        Some(other) => return Err(SchemaError::NoObject(other.to_string())),
    }
    object.insert("type".to_owned(), json!("object"));
    if !object.get("properties").is_some_and(Value::is_object) {
        object.insert("properties".to_owned(), json!({}));
    }
    only_known_names_are_required(&mut object);
    let schema = Value::Object(object);
    let size = schema.to_string().len();
    if size > MAX_BYTES {
        return Err(SchemaError::TooLarge(size));
    }
    Ok(schema)
}

/// The schema of a tool without input.
fn empty() -> Value {
    json!({"type": "object", "properties": {}})
}

/// Replaces references by what they refer to.
struct Inlining<'a> {
    root: &'a Value,
    values_left: usize,
    bytes_left: usize,
}

impl Inlining<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<Value, SchemaError> {
        self.count(value.as_str().map_or(0, str::len))?;
        if depth > MAX_DEPTH {
            // What is deeper accepts anything.
            return Ok(if value.is_object() { json!({}) } else { value.clone() });
        }
        match value {
            Value::Object(object) => self.object(object, depth),
            Value::Array(values) => {
                let values: Result<_, _> = values.iter().map(|value| self.value(value, depth + 1)).collect();
                Ok(Value::Array(values?))
            }
            plain => Ok(plain.clone()),
        }
    }

    /// Counts a value with this much text.
    fn count(&mut self, text: usize) -> Result<(), SchemaError> {
        let left = (self.values_left.checked_sub(1), self.bytes_left.checked_sub(text));
        let (Some(values), Some(bytes)) = left else {
            return Err(SchemaError::TooLargeWithReferences);
        };
        (self.values_left, self.bytes_left) = (values, bytes);
        Ok(())
    }

    /// The schemas of properties. Their names are the server's: `definitions` may be one.
    fn properties(&mut self, properties: &Map<String, Value>, depth: usize) -> Result<Value, SchemaError> {
        let mut result = Map::new();
        for (name, schema) in properties {
            if !is_accepted(name) {
                return Err(SchemaError::InputName(name.clone()));
            }
            self.count(name.len())?;
            result.insert(name.clone(), self.value(schema, depth + 1)?);
        }
        Ok(Value::Object(result))
    }

    fn object(&mut self, object: &Map<String, Value>, depth: usize) -> Result<Value, SchemaError> {
        let mut result = Map::new();
        if let Some(Value::String(reference)) = object.get("$ref") {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)).cloned();
            // A reference to another document, or to nothing, accepts anything.
            if let Some(target) = target
                && let Value::Object(target) = self.value(&target, depth + 1)?
            {
                result = target;
            }
        }
        for (key, value) in object {
            // Some servers send `null` for what they leave out.
            if key == "$ref" || value.is_null() && key != "default" && key != "const" {
                continue;
            }
            self.count(key.len())?;
            let value = match (key.as_str(), value) {
                // What is defined is inlined where it is used.
                ("$defs" | "definitions", _) => continue,
                ("properties", Value::Object(properties)) => self.properties(properties, depth + 1)?,
                (_, value) => self.value(value, depth + 1)?,
            };
            result.insert(key.clone(), value);
        }
        // Draft 4 has a truth value where later drafts have a number.
        for key in ["exclusiveMinimum", "exclusiveMaximum"] {
            if result.get(key).is_some_and(Value::is_boolean) {
                result.remove(key);
            }
        }
        Ok(Value::Object(result))
    }
}

/// Whether providers accept this name of an input.
fn is_accepted(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// Joins alternatives at the top into one object: the properties of all; required is what all of them require. The server
/// itself still checks the input.
fn merge_alternatives(object: &mut Map<String, Value>) {
    for key in ["allOf", "anyOf", "oneOf"] {
        let Some(Value::Array(parts)) = object.remove(key) else { continue };
        let parts: Vec<Map<String, Value>> = parts
            .into_iter()
            .filter_map(|part| if let Value::Object(part) = part { Some(part) } else { None })
            .map(|mut part| {
                merge_alternatives(&mut part);
                part
            })
            .collect();
        let required = parts.iter().map(required_names);
        let required: Vec<String> = if key == "allOf" {
            required.flatten().collect()
        } else {
            required.reduce(|all, next| all.into_iter().filter(|name| next.contains(name)).collect()).unwrap_or_default()
        };
        for part in parts {
            merge_properties(object, part);
        }
        let mut all = required_names(object);
        all.extend(required.into_iter().filter(|name| !required_names(object).contains(name)));
        object.insert("required".to_owned(), json!(all));
    }
}

fn merge_properties(object: &mut Map<String, Value>, part: Map<String, Value>) {
    for (key, value) in part {
        match (key.as_str(), value) {
            ("properties", Value::Object(new)) => {
                let known = object.entry("properties").or_insert_with(|| json!({}));
                let Value::Object(known) = known else { continue };
                for (name, schema) in new {
                    match known.get_mut(&name) {
                        None => drop(known.insert(name, schema)),
                        Some(earlier) if *earlier == schema => {}
                        Some(earlier) => *earlier = either(earlier.take(), schema),
                    }
                }
            }
            ("required" | "additionalProperties" | "properties", _) => {}
            (_, value) => drop(object.entry(key).or_insert(value)),
        }
    }
}

/// A schema that accepts what one of both accepts.
fn either(first: Value, second: Value) -> Value {
    match first {
        Value::Object(mut first) if first.len() == 1 && first.get("anyOf").is_some_and(Value::is_array) => {
            if let Some(Value::Array(parts)) = first.get_mut("anyOf") {
                parts.push(second);
            }
            Value::Object(first)
        }
        first => json!({"anyOf": [first, second]}),
    }
}

fn required_names(object: &Map<String, Value>) -> Vec<String> {
    let names = object.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Providers refuse a schema that requires a property which it does not have.
fn only_known_names_are_required(object: &mut Map<String, Value>) {
    let mut names = required_names(object);
    names.retain(|name| object["properties"].get(name).is_some());
    if names.is_empty() {
        object.remove("required");
    } else {
        object.insert("required".to_owned(), json!(names));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mend(schema: Value) -> Value {
        mended(Some(&schema)).unwrap()
    }

    #[test]
    fn a_valid_schema_stays_as_it_is() {
        let schema = json!({
            "type": "object",
            "properties": {"path": {"type": "string", "description": "Where"}, "deep": {"anyOf": [{"type": "string"}]}},
            "required": ["path"],
            "additionalProperties": false,
        });
        assert_eq!(mend(schema.clone()), schema);
    }

    #[test]
    fn a_missing_schema_is_one_without_input() {
        for schema in [None, Some(Value::Null), Some(json!(true)), Some(json!({}))] {
            assert_eq!(mended(schema.as_ref()).unwrap(), empty());
        }
    }

    #[test]
    fn what_no_tool_call_can_fulfil_is_refused() {
        for schema in [json!(false), json!([]), json!("object"), json!({"type": "string"})] {
            assert!(mended(Some(&schema)).is_err(), "{schema}");
        }
        let large = json!({"properties": {"a": {"description": "x".repeat(MAX_BYTES)}}});
        assert!(mended(Some(&large)).unwrap_err().to_string().contains("too large"));
    }

    #[test]
    fn references_are_replaced_and_recursive_ones_end() {
        let schema = json!({
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/Point", "description": "own words"}, "b": {"$ref": "https://example.com/x"}},
            "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "number"}}}},
        });
        let inlined = mend(schema);
        assert_eq!(inlined["properties"]["a"]["properties"]["x"]["type"], "number");
        assert_eq!(inlined["properties"]["a"]["description"], "own words");
        assert_eq!(inlined["properties"]["b"], json!({}));
        assert!(inlined.get("$defs").is_none());

        let tree = json!({
            "properties": {"tree": {"$ref": "#/definitions/Tree"}},
            "definitions": {"Tree": {"properties": {"next": {"$ref": "#/definitions/Tree"}}}},
        });
        assert!(mend(tree).to_string().len() < MAX_BYTES);
        let bomb = json!({
            "properties": {"a": {"$ref": "#/$defs/a"}},
            "$defs": {"a": {"properties": (0..9).map(|n| (n.to_string(), json!({"$ref": "#/$defs/a"}))).collect::<Map<_, _>>()}},
        });
        assert!(mended(Some(&bomb)).unwrap_err().to_string().contains("too large"));
    }

    #[test]
    fn a_small_schema_cannot_stand_for_a_huge_one() {
        let big = json!({"description": "x".repeat(200_000)});
        let properties: Map<_, _> = (0..500).map(|n| (format!("p{n}"), json!({"$ref": "#/$defs/big"}))).collect();
        let schema = json!({"properties": properties, "$defs": {"big": big}});
        assert!(mended(Some(&schema)).unwrap_err().to_string().contains("too large"));
    }

    #[test]
    fn names_of_inputs_are_kept_or_named() {
        let schema = json!({"properties": {"definitions": {"type": "string"}, "$schema-1": {}}});
        assert!(mended(Some(&schema)).unwrap_err().to_string().contains("$schema-1"));
        let kept = mend(json!({"properties": {"definitions": {"type": "string"}}, "required": ["definitions"]}));
        assert_eq!((&kept["properties"]["definitions"]["type"], &kept["required"][0]), (&json!("string"), &json!("definitions")));
    }

    #[test]
    fn alternatives_at_the_top_become_one_object() {
        let schema = json!({"anyOf": [
            {"properties": {"id": {"type": "string"}, "a": {"type": "number"}}, "required": ["id", "a"]},
            {"properties": {"id": {"type": "integer"}}, "required": ["id"]},
        ]});
        let mended = mend(schema);
        assert_eq!(mended["required"], json!(["id"]));
        assert_eq!(mended["properties"]["id"], json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}));
        assert!(mended.get("anyOf").is_none());
        let all =
            mend(json!({"allOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]}));
        assert_eq!(all["required"], json!(["a", "b"]));
    }

    #[test]
    fn small_faults_are_mended() {
        let schema = json!({
            "type": ["object", "null"],
            "description": null,
            "properties": {"a": {"type": "number", "exclusiveMinimum": true, "default": null}},
            "required": ["a", "gone"],
        });
        let expected = json!({
            "type": "object",
            "properties": {"a": {"type": "number", "default": null}},
            "required": ["a"],
        });
        assert_eq!(mend(schema), expected);
    }
}
