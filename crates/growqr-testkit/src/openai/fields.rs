//! Checks the fields of a request, as the strictest servers do.

use super::api_error::ApiError;
use serde_json::{Map, Value};
use std::collections::HashSet;

const KNOWN: &[&str] = &[
    "model",
    "messages",
    "tools",
    "tool_choice",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stop",
    "seed",
    "user",
];

/// Checks all fields except the messages.
pub(super) fn check(body: &Map<String, Value>) -> Result<(), ApiError> {
    only("", body, KNOWN)?;
    if !body.get("model").is_some_and(Value::is_string) {
        return Err(ApiError::invalid("you must provide a model parameter"));
    }
    let stream = match body.get("stream") {
        None => false,
        Some(Value::Bool(stream)) => *stream,
        Some(_) => return Err(ApiError::invalid("'stream' is not of type 'boolean'")),
    };
    if let Some(options) = body.get("stream_options") {
        if !stream {
            return Err(ApiError::invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled."));
        }
        let options = object("stream_options", options)?;
        only("stream_options", options, &["include_usage"])?;
        if options.get("include_usage").is_some_and(|value| !value.is_boolean()) {
            return Err(ApiError::invalid("'stream_options.include_usage' is not of type 'boolean'"));
        }
    }
    if body.contains_key("max_tokens") && body.contains_key("max_completion_tokens") {
        return Err(ApiError::invalid("send either 'max_tokens' or 'max_completion_tokens', not both"));
    }
    for name in ["max_tokens", "max_completion_tokens"] {
        if body.get(name).is_some_and(|value| value.as_u64().is_none_or(|number| number == 0)) {
            return Err(ApiError::invalid(format!("'{name}' must be at least 1")));
        }
    }
    body.get("tools").map_or(Ok(()), check_tools)
}

fn check_tools(tools: &Value) -> Result<(), ApiError> {
    let tools = tools.as_array().ok_or_else(|| ApiError::invalid("'tools' is not of type 'array'"))?;
    if tools.is_empty() {
        return Err(ApiError::invalid("[] is too short - 'tools'"));
    }
    let mut names = HashSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools[{index}]");
        let tool = object(&path, tool)?;
        only(&path, tool, &["type", "function"])?;
        if tool.get("type").and_then(Value::as_str) != Some("function") {
            return Err(ApiError::invalid(format!("{path}.type: must be 'function'")));
        }
        let path = format!("{path}.function");
        let function = tool.get("function").ok_or_else(|| ApiError::required(&path))?;
        let function = object(&path, function)?;
        only(&path, function, &["name", "description", "parameters", "strict"])?;
        let name = text(&path, function, "name")?;
        check_name(&format!("{path}.name"), name)?;
        text(&path, function, "description")?;
        let parameters = function.get("parameters").ok_or_else(|| ApiError::required(&format!("{path}.parameters")))?;
        if object(&format!("{path}.parameters"), parameters)?.get("type").and_then(Value::as_str) != Some("object") {
            return Err(ApiError::invalid(format!("Invalid schema for function '{name}': schema must be of type 'object'")));
        }
        if !names.insert(name) {
            return Err(ApiError::invalid(format!("{path}.name: '{name}' is there twice")));
        }
    }
    Ok(())
}

pub(super) fn check_name(path: &str, name: &str) -> Result<(), ApiError> {
    let fits = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if fits { Ok(()) } else { Err(ApiError::invalid(format!("'{path}' does not match '^[a-zA-Z0-9_-]{{1,64}}$'"))) }
}

pub(super) fn object<'a>(path: &str, value: &'a Value) -> Result<&'a Map<String, Value>, ApiError> {
    value.as_object().ok_or_else(|| ApiError::invalid(format!("'{path}' is not of type 'object'")))
}

pub(super) fn text<'a>(path: &str, fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    let value = fields.get(name).ok_or_else(|| ApiError::required(&format!("{path}.{name}")))?;
    value.as_str().ok_or_else(|| ApiError::invalid(format!("'{path}.{name}' is not of type 'string'")))
}

pub(super) fn only(path: &str, fields: &Map<String, Value>, known: &[&str]) -> Result<(), ApiError> {
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) if path.is_empty() => Err(ApiError::invalid(format!("Unrecognized request argument supplied: {field}"))),
        Some(field) => Err(ApiError::invalid(format!("Unrecognized request argument supplied: {path}.{field}"))),
    }
}
