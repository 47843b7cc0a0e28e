//! The parts of a tool call that servers get wrong: its input, its id and its name.

use crate::lenient::{join_halves, mark_halves};
use growqr_core::model::ModelRequest;
use growqr_core::prompt::{Block, blocks};
use growqr_core::raw::RawJson;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Returns the input as a JSON object: the unchanged text if it is an object, `{}` if it is empty. Any other text is wrapped
/// as the string field `INVALID_JSON`, so that it can be sent back and the model sees what it wrote.
pub(crate) fn tool_input_json(text: String) -> String {
    if text.trim().is_empty() {
        return "{}".to_owned();
    }
    // Half surrogate pairs can be written in JSON but not read.
    let text = match mark_halves(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(marked) => join_halves(&marked),
    };
    match serde_json::from_str::<Map<String, Value>>(&text) {
        Ok(_) => text,
        Err(_) => format!("{{\"INVALID_JSON\":{}}}", RawJson::of(&text).text()),
    }
}

/// Joins the pieces in which a model has streamed the input of one call. Some servers send a placeholder `{}` first, or the whole
/// input again in a later piece, or the JSON as the text of a JSON string; the joined text then is not an object.
pub(crate) fn join_pieces(pieces: &[String]) -> String {
    let joined = pieces.concat();
    if joined.trim().is_empty() || is_object(&joined) {
        return joined;
    }
    if let Ok(inner) = serde_json::from_str::<String>(&joined)
        && is_object(&inner)
    {
        return inner;
    }
    let is_placeholder = |piece: &&String| matches!(piece.trim(), "" | "{}");
    let rest: String = pieces.iter().skip_while(is_placeholder).map(String::as_str).collect();
    if is_object(&rest) {
        return rest;
    }
    pieces.iter().rev().find(|piece| is_object(piece)).cloned().unwrap_or(joined)
}

/// Whether a text is one JSON object.
pub(crate) fn is_object(text: &str) -> bool {
    serde_json::from_str::<Map<String, Value>>(&mark_halves(text)).is_ok()
}

/// The ids of all tool calls in the conversation.
pub(crate) fn used_call_ids(request: &ModelRequest) -> BTreeSet<String> {
    let blocks = request.messages.iter().flat_map(|message| blocks(&message.content));
    blocks
        .filter_map(|block| match block {
            Block::Call { id, .. } => Some(id.to_string()),
            _ => None,
        })
        .collect()
}

/// The id of a call, which is then in `used`. An id that is missing, invalid or in `used` is replaced by one made from
/// `message_count`, which differs for each reply of the conversation, and the position of the call.
pub(crate) fn valid_id(id: &str, used: &mut BTreeSet<String>, message_count: usize, position: usize) -> String {
    let is_valid = is_valid_name(id, 128) && !used.contains(id);
    let id = if is_valid { id.to_owned() } else { format!("call_{message_count}_{position}") };
    used.insert(id.clone());
    id
}

/// The name of a tool. Characters that a name cannot have are replaced; the model then gets the error that there is no such
/// tool.
pub(crate) fn valid_name(name: &str) -> String {
    if is_valid_name(name, 64) {
        return name.to_owned();
    }
    let valid: String = name.bytes().take(64).map(|byte| if is_valid_byte(byte) { char::from(byte) } else { '_' }).collect();
    if valid.is_empty() { "unnamed".to_owned() } else { valid }
}

fn is_valid_name(text: &str, limit: usize) -> bool {
    !text.is_empty() && text.len() <= limit && text.bytes().all(is_valid_byte)
}

fn is_valid_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_that_was_sent_twice_or_as_text_is_taken_once() {
        let joined = |pieces: &[&str]| join_pieces(&pieces.iter().map(|piece| (*piece).to_owned()).collect::<Vec<_>>());
        let whole = r#"{"a": 1}"#;
        for pieces in [
            &["{\"a\"", ": 1}"][..],
            &["{}", whole],
            &["", "{}", "{\"a\"", ": 1}"],
            &[whole, whole],
            &[r#"{"a":"#, whole],
            &[r#""{\"a\": 1}""#],
        ] {
            assert_eq!(joined(pieces), whole, "{pieces:?}");
        }
        assert_eq!(joined(&["{\"a\":", "{\"a\":1}}"]), "{\"a\":{\"a\":1}}", "what fits together is joined");
        assert_eq!(joined(&["{\"a\":", "1"]), "{\"a\":1", "half an object stays half");
        assert_eq!(tool_input_json(r#"{"a":"\ud83c"}"#.into()), "{\"a\":\"\u{fffd}\"}");
    }

    #[test]
    fn tool_input_keeps_the_text_that_was_streamed() {
        assert_eq!(tool_input_json(r#"{"b": 1.0, "a":"\u0041"}"#.into()), r#"{"b": 1.0, "a":"\u0041"}"#);
        assert_eq!(tool_input_json(String::new()), "{}");
        assert_eq!(tool_input_json(r#"{"a": "x"#.into()), r#"{"INVALID_JSON":"{\"a\": \"x"}"#);
        assert_eq!(tool_input_json("[1]".into()), r#"{"INVALID_JSON":"[1]"}"#);
    }
}
