//! Checks of single fields, with the service's words.

use super::api_error::ApiError;
use serde_json::{Map, Value};

pub(super) fn object<'a>(path: &str, value: &'a Value) -> Result<&'a Map<String, Value>, ApiError> {
    value.as_object().ok_or_else(|| ApiError::invalid(format!("{path}: Input should be a valid dictionary or object")))
}

pub(super) fn only(path: &str, fields: &Map<String, Value>, known: &[&str]) -> Result<(), ApiError> {
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) => Err(ApiError::extra(&format!("{path}.{field}"))),
    }
}

pub(super) fn one_of<'a>(path: &str, value: Option<&'a Value>, known: &[&str]) -> Result<&'a str, ApiError> {
    let text = value.ok_or_else(|| ApiError::required(path))?.as_str();
    text.filter(|text| known.contains(text)).ok_or_else(|| {
        let list: Vec<String> = known.iter().map(|name| format!("'{name}'")).collect();
        ApiError::invalid(format!("{path}: Input should be {}", list.join(", ")))
    })
}

pub(super) fn required_at(
    path: &str,
    fields: &Map<String, Value>,
    field: &str,
    fits: fn(&Value) -> bool,
) -> Result<(), ApiError> {
    let full = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    match fields.get(field) {
        None => Err(ApiError::required(&full)),
        Some(value) if fits(value) => Ok(()),
        Some(_) => Err(ApiError::invalid(format!("{full}: Input should be of another type"))),
    }
}
