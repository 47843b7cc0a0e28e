//! The result of a call as the model gets it, read block by block from whatever the server sent.

use growqr_core::tool::{ContentBlock, ToolContent, ToolResult};
use serde_json::Value;

/// The result.
pub(crate) fn read(result: &Value) -> ToolResult {
    let is_error = result.get("isError").and_then(Value::as_bool).unwrap_or(false);
    let mut blocks = match result.get("content") {
        Some(Value::Array(parts)) => parts.iter().map(block).collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(Value::String(text)) => vec![ContentBlock::Text { text: text.clone() }],
        Some(part) => vec![block(part)],
    };
    if result.get("resultType").and_then(Value::as_str) == Some("input_required") {
        return ToolResult::error("the server asks for more input during the call, which GrowQR cannot give; call it otherwise");
    }
    // Servers should repeat structured content as text; some do not, and earlier ones had another field.
    if ToolContent(blocks.clone()).is_empty()
        && let Some(structured) = ["structuredContent", "toolResult"].iter().find_map(|key| result.get(*key))
    {
        blocks = vec![ContentBlock::Text { text: structured.to_string() }];
    }
    let content = ToolContent(blocks);
    if content.is_empty() {
        let text = if is_error { "the tool failed and did not say why" } else { "(done; the tool returned nothing)" };
        return ToolResult { content: ToolContent::text(text), is_error };
    }
    ToolResult { content, is_error }
}

fn block(part: &Value) -> ContentBlock {
    let text = |key: &str| part.get(key).and_then(Value::as_str).map(str::to_owned);
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "text" => ContentBlock::Text { text: text("text").unwrap_or_default() },
        "image" => match (text("mimeType").or_else(|| text("mime_type")), text("data")) {
            (Some(media_type), Some(data)) => ContentBlock::Image { media_type, data: without_space(data) },
            _ => other(part),
        },
        "audio" => {
            let bytes = text("data").map_or(0, |data| data.len() / 4 * 3);
            let media_type = text("mimeType").unwrap_or_default();
            ContentBlock::Text { text: format!("[sound ({media_type}, {bytes} bytes), which cannot be played here]") }
        }
        "resource_link" => ContentBlock::Link {
            uri: text("uri").unwrap_or_default(),
            title: text("title").or_else(|| text("name")).unwrap_or_default(),
        },
        "resource" => part.get("resource").map_or_else(|| other(part), resource),
        _ if part.is_string() => ContentBlock::Text { text: part.as_str().unwrap_or_default().to_owned() },
        _ => other(part),
    }
}

/// An embedded file.
fn resource(resource: &Value) -> ContentBlock {
    let text = |key: &str| resource.get(key).and_then(Value::as_str);
    let uri = text("uri").unwrap_or_default();
    let media_type = text("mimeType").unwrap_or_default();
    match (text("text"), text("blob")) {
        (Some(content), _) => ContentBlock::Text { text: format!("{uri}:\n{content}") },
        (None, Some(blob)) if media_type.starts_with("image/") => {
            ContentBlock::Image { media_type: media_type.to_owned(), data: without_space(blob.to_owned()) }
        }
        (None, Some(blob)) => ContentBlock::Text { text: format!("[file {uri} ({media_type}, {} bytes)]", blob.len() / 4 * 3) },
        (None, None) => ContentBlock::Link { uri: uri.to_owned(), title: String::new() },
    }
}

/// A block of a kind that is not known: its JSON, which a model can read.
fn other(part: &Value) -> ContentBlock {
    ContentBlock::Text { text: part.to_string() }
}

/// Some servers break base64 into lines.
fn without_space(mut data: String) -> String {
    data.retain(|character| !character.is_ascii_whitespace());
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plain(result: &Value) -> String {
        read(result).content.plain().into_owned()
    }

    #[test]
    fn each_kind_of_block_is_read() {
        let result = json!({"content": [
            {"type": "text", "text": "found"},
            {"type": "image", "mimeType": "image/png", "data": "AA\nAA"},
            {"type": "audio", "mimeType": "audio/wav", "data": "AAAA"},
            {"type": "resource_link", "uri": "file:///a", "name": "a"},
            {"type": "resource", "resource": {"uri": "file:///b", "text": "words"}},
            {"type": "resource", "resource": {"uri": "file:///c", "blob": "AAAA", "mimeType": "image/gif"}},
            {"type": "hologram", "depth": 3},
        ]});
        let blocks = read(&result).content.0;
        assert_eq!(blocks[1], ContentBlock::Image { media_type: "image/png".to_owned(), data: "AAAA".to_owned() });
        assert!(matches!(&blocks[2], ContentBlock::Text { text } if text.contains("audio/wav")));
        assert_eq!(blocks[3], ContentBlock::Link { uri: "file:///a".to_owned(), title: "a".to_owned() });
        assert!(matches!(&blocks[4], ContentBlock::Text { text } if text == "file:///b:\nwords"));
        assert!(matches!(&blocks[5], ContentBlock::Image { .. }));
        assert!(matches!(&blocks[6], ContentBlock::Text { text } if text.contains("hologram")));
    }

    #[test]
    fn every_shape_of_a_result_has_words() {
        assert_eq!(plain(&json!({})), "(done; the tool returned nothing)");
        assert_eq!(plain(&json!({"content": "only text"})), "only text");
        assert_eq!(plain(&json!({"content": [], "structuredContent": {"sum": 3}})), r#"{"sum":3}"#);
        assert_eq!(plain(&json!({"content": [{"type": "text", "text": "3"}], "structuredContent": {"sum": 3}})), "3");
        assert_eq!(plain(&json!({"isError": true})), "the tool failed and did not say why");
        assert!(read(&json!({"isError": true, "content": [{"type": "text", "text": "no such file"}]})).is_error);
        assert!(read(&json!({"resultType": "input_required"})).is_error);
    }
}
