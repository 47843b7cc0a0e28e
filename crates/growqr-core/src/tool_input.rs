//! One struct defines both the schema of a tool's input and its parser.
//!
//! The struct's description is the tool's description for the model, the fields' descriptions describe the parameters, and serde
//! parses the model's input.

use crate::prompt::Tool;
use crate::raw::RawJson;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The input of one of the program's own tools. Give the struct `#[serde(deny_unknown_fields)]` and a description.
pub trait ToolInput: DeserializeOwned + JsonSchema {
    /// The tool's name.
    const NAME: &'static str;
}

/// The tool as the model sees it.
///
/// # Panics
/// If the struct has no description.
#[must_use]
pub fn describe<T: ToolInput>() -> Tool {
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    let description = schema.remove("description").and_then(|text| text.as_str().map(str::to_owned));
    // For an object without properties, `properties` is written explicitly, because models are used to it.
    schema.ensure_object().entry("properties").or_insert_with(|| Value::Object(serde_json::Map::new()));
    optional_is_absent(&mut schema);
    Tool {
        name: T::NAME.to_owned(),
        description: description.expect("a tool's input has a description"),
        input_schema: RawJson::of(&schema),
    }
}

/// An optional field is not also nullable: smaller models fill in every form that the schema offers.
fn optional_is_absent(schema: &mut Schema) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for property in properties.values_mut() {
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = &types[..] {
                property["type"] = only.clone();
            }
        }
    }
}

/// Parses the model's input. The error is a sentence for the model that says what to send instead.
///
/// # Errors
/// If the input does not fit the schema.
pub fn parse<T: ToolInput>(input: &RawJson) -> Result<T, String> {
    serde_json::from_str(input.text())
        .map_err(|problem| format!("{}: the input does not fit its schema: {problem}; send it again corrected", T::NAME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[schemars(description = "Looks at a thing.")]
    #[allow(dead_code, reason = "only its schema and its errors are looked at")]
    struct Look {
        #[schemars(description = "Which thing")]
        thing: String,
        times: Option<Vec<u32>>,
    }

    impl ToolInput for Look {
        const NAME: &'static str = "look";
    }

    #[test]
    fn schema_and_parser_come_from_one_struct() {
        let tool = describe::<Look>();
        assert_eq!((&*tool.name, &*tool.description), ("look", "Looks at a thing."));
        let schema: Value = serde_json::from_str(tool.input_schema.text()).unwrap();
        assert_eq!(schema["required"], serde_json::json!(["thing"]));
        assert_eq!(schema["additionalProperties"], serde_json::json!(false));
        assert_eq!(schema["properties"]["thing"], serde_json::json!({"type": "string", "description": "Which thing"}));
        assert_eq!(schema["properties"]["times"]["type"], "array");
        let wrong = RawJson::parse(r#"{"thing": "x", "color": 1}"#).unwrap();
        let problem = parse::<Look>(&wrong).err().unwrap();
        assert!(problem.starts_with("look: ") && problem.contains("color"), "{problem}");
    }
}
