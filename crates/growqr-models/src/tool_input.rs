//! The input of a tool call. Models stream it as text that should be a JSON object and sometimes is not.

use growqr_core::raw::RawJson;
use serde_json::{Map, Value};

/// Returns the input as a JSON object: the unchanged text if it is an object, `{}` if it is empty. Any other text is wrapped
/// as the string field `INVALID_JSON`, so that it can be sent back and the model sees what it wrote.
pub(crate) fn tool_input_json(text: String) -> String {
    if text.trim().is_empty() {
        return "{}".to_owned();
    }
    match serde_json::from_str::<Map<String, Value>>(&text) {
        Ok(_) => text,
        Err(_) => format!("{{\"INVALID_JSON\":{}}}", RawJson::of(&text).text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_input_keeps_the_text_that_was_streamed() {
        assert_eq!(tool_input_json(r#"{"b": 1.0, "a":"\u0041"}"#.into()), r#"{"b": 1.0, "a":"\u0041"}"#);
        assert_eq!(tool_input_json(String::new()), "{}");
        assert_eq!(tool_input_json(r#"{"a": "x"#.into()), r#"{"INVALID_JSON":"{\"a\": \"x"}"#);
        assert_eq!(tool_input_json("[1]".into()), r#"{"INVALID_JSON":"[1]"}"#);
    }
}
