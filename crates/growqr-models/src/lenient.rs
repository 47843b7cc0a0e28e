//! Reads single values from the JSON of servers that do not keep to their own documentation.

use serde_json::Value;
use std::borrow::Cow;

/// Half surrogate escapes are moved here while an answer is built, so that two halves from two events can be joined. The
/// area is for private use; the offset within it is the offset of the half within its range.
const HALVES: u32 = 0x0010_F000;
const HIGH: std::ops::Range<u32> = HALVES..HALVES + 0x400;
const LOW: std::ops::Range<u32> = HALVES + 0x400..HALVES + 0x800;

/// Text, or a number or truth value as text. `None` for anything else.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A count of tokens: a number, or a number as text; fractions are rounded. `None` if it is missing, negative or no number.
pub(crate) fn count(value: &Value) -> Option<u64> {
    let number = match value {
        Value::Number(number) => match number.as_u64() {
            Some(whole) => return Some(whole),
            None => number.as_f64()?,
        },
        Value::String(text) => match text.trim().parse::<u64>() {
            Ok(whole) => return Some(whole),
            Err(_) => text.trim().parse::<f64>().ok()?,
        },
        _ => return None,
    };
    // The upper limit is far above any count, and exact in both types.
    (0.0..1e15).contains(&number).then_some(number.round() as u64)
}

/// A position: a number, or a number as text.
pub(crate) fn index(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A reason for the end of an answer, in lower case. `None` if it is missing, empty or the word "null".
pub(crate) fn reason(value: &Value) -> Option<String> {
    let reason = scalar(value)?.trim().to_lowercase();
    (!matches!(reason.as_str(), "" | "null" | "none" | "undefined" | "false")).then_some(reason)
}

/// The body of an error response: JSON, or any other text as a JSON string. An HTML page says nothing.
pub(crate) fn read_error_body(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        if text.starts_with('<') { Value::Null } else { Value::from(text) }
    })
}

/// What an error body says, in any of the known formats; empty if it says nothing.
pub(crate) fn error_message(body: &Value) -> String {
    let body = match body {
        Value::Array(items) => items.iter().find(|item| item.is_object()).unwrap_or(body),
        other => other,
    };
    let error = &body["error"];
    let candidates = [
        &error["message"],
        &error["error"]["message"],
        &error["detail"],
        error,
        &body["message"],
        &body["detail"],
        &body["detail"][0]["msg"],
        &body["error_description"],
        &body["title"],
        body,
    ];
    let found = candidates.into_iter().find_map(|candidate| candidate.as_str().filter(|text| !text.trim().is_empty()));
    match found {
        Some(text) => text.to_owned(),
        // Something is said, but in an unknown format.
        None if error.is_object() || error.is_array() => error.to_string(),
        None => String::new(),
    }
}

/// The error that an event or a whole answer carries, if it carries one.
pub(crate) fn is_error(event: &Value) -> bool {
    let error = &event["error"];
    let has_error = match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    has_error || event["object"] == "error" || event["type"] == "error"
}

/// The HTTP status that an error would have had, if it had not come with 200. `None` if the error does not tell.
pub(crate) fn status_of(body: &Value) -> Option<u16> {
    let body = if body.is_array() { &body[0] } else { body };
    let error = &body["error"];
    let numbers = [&error["code"], &error["status"], &error["status_code"], &body["code"], &body["status"], &body["status_code"]];
    let is_status =
        |value: &&Value| count(value).and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
    if let Some(status) = numbers.iter().find_map(is_status) {
        return Some(status);
    }
    let kind =
        ["type", "code", "status"].iter().filter_map(|name| error[*name].as_str()).collect::<Vec<_>>().join(" ").to_lowercase();
    let known = [
        ("insufficient_quota", 429),
        ("rate_limit", 429),
        ("resource_exhausted", 429),
        ("overloaded", 529),
        ("billing", 402),
        ("authentication", 401),
        ("invalid_api_key", 401),
        ("permission", 403),
        ("not_found", 404),
        ("too_large", 413),
        ("context_length", 400),
        ("exceed_context", 400),
        ("invalid_request", 400),
        ("invalid_argument", 400),
        ("timeout", 504),
        ("unavailable", 503),
        ("api_error", 500),
        ("server_error", 500),
        ("internal", 500),
    ];
    known.iter().find(|(part, _)| kind.contains(part)).map(|(_, status)| *status)
}

/// Makes JSON with half surrogate escapes readable: each half becomes a placeholder for [`join_halves`].
pub(crate) fn mark_halves(json: &str) -> Cow<'_, str> {
    if !json.contains("\\ud") && !json.contains("\\uD") {
        return Cow::Borrowed(json);
    }
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let bytes = json.as_bytes();
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let Some(unit) = escaped_unit(bytes, at).filter(|unit| (0xD800..0xE000).contains(unit)) else {
            // Skips the escaped character, which may be a backslash.
            at += 2;
            continue;
        };
        let is_pair = unit < 0xDC00 && escaped_unit(bytes, at + 6).is_some_and(|next| (0xDC00..0xE000).contains(&next));
        if is_pair {
            at += 12;
            continue;
        }
        out.push_str(&json[copied..at]);
        out.push(char::from_u32(HALVES + unit - 0xD800).expect("the private use area has no gaps"));
        at += 6;
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(&json[copied..]);
    Cow::Owned(out)
}

fn escaped_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"))?;
    let digits = std::str::from_utf8(&escape[2..]).ok().filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// Joins the placeholders of two halves to their character; a half that is alone becomes U+FFFD.
pub(crate) fn join_halves(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(here) = chars.next() {
        let code = u32::from(here);
        if HIGH.contains(&code) {
            let low = chars.next_if(|next| LOW.contains(&u32::from(*next)));
            let joined = low.and_then(|low| char::from_u32(0x10000 + ((code - HIGH.start) << 10) + u32::from(low) - LOW.start));
            out.push(joined.unwrap_or(char::REPLACEMENT_CHARACTER));
        } else if LOW.contains(&code) {
            out.push(char::REPLACEMENT_CHARACTER);
        } else {
            out.push(here);
        }
    }
    out
}

/// Whether a text ends with a first half, whose second half may follow.
pub(crate) fn ends_with_half(text: &str) -> bool {
    text.chars().next_back().is_some_and(|last| HIGH.contains(&u32::from(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_are_read_in_every_form_and_nonsense_is_missing() {
        for (value, expected) in [
            (json!(12), Some(12)),
            (json!(12.0), Some(12)),
            (json!(2.6), Some(3)),
            (json!("12"), Some(12)),
            (json!(" 3.0 "), Some(3)),
            (json!(-1), None),
            (json!(null), None),
            (json!("none"), None),
            (json!("NaN"), None),
            (json!(1e300), None),
            (json!({}), None),
        ] {
            assert_eq!(count(&value), expected, "{value}");
        }
    }

    #[test]
    fn halves_are_joined_across_texts_and_single_ones_are_replaced() {
        let read = |json: &str| serde_json::from_str::<String>(&mark_halves(json)).unwrap();
        let (first, second) = (read(r#""a\ud83c""#), read(r#""\uDF31b""#));
        assert!(ends_with_half(&first) && !ends_with_half(&second));
        assert_eq!(join_halves(&format!("{first}{second}")), "a🌱b");
        assert_eq!(join_halves(&first), "a\u{fffd}");
        assert_eq!(read(r#""\ud83c\udf31 \\ud83c""#), "🌱 \\ud83c", "pairs and escaped backslashes stay");
    }

    #[test]
    fn what_an_error_says_is_found_in_every_format() {
        for body in [
            json!({"error": "no"}),
            json!({"error": {"message": "no"}}),
            json!([{"error": {"code": 429, "message": "no"}}]),
            json!({"object": "error", "message": "no"}),
            json!({"detail": "no"}),
            json!({"detail": [{"loc": ["body"], "msg": "no"}]}),
        ] {
            assert_eq!(error_message(&body), "no", "{body}");
        }
        assert_eq!(status_of(&json!([{"error": {"code": 429}}])), Some(429));
        assert_eq!(status_of(&json!({"error": {"type": "authentication_error"}})), Some(401));
        assert_eq!(status_of(&json!({"error": "no"})), None);
    }
}
