//! The messages of the current segment, and their size in tokens.

use crate::attachment::{Attachment, MAX_IMAGE_TOKENS};
use crate::prompt::{ATTACHED, Message, Role, attachments_of};
use crate::raw::RawJson;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// An append-only list of messages: the serialised beginning never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    messages: Arc<Vec<Message>>,
    /// A running hash over all messages.
    hash: [u8; 32],
    /// Tokens of prompt and answer, as last counted by the provider.
    counted: Option<u64>,
    /// Upper bound of the tokens that were added since that count.
    bound_since_count: u64,
}

impl Transcript {
    /// All messages, oldest first.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn push(&mut self, role: Role, content: RawJson) {
        let mut hash = Sha256::new();
        hash.update(self.hash);
        hash.update([u8::from(role == Role::Assistant)]);
        hash.update(content.text());
        self.hash = hash.finalize().into();
        self.bound_since_count += token_bound(&content);
        Arc::make_mut(&mut self.messages).push(Message { role, content });
    }

    /// Sets the provider's count, which covers everything up to and including its own answer.
    pub(super) fn set_counted(&mut self, tokens: u64) {
        self.counted = Some(tokens);
        self.bound_since_count = 0;
    }

    /// Upper bound of the prompt's tokens after adding content with a [`token_bound`] of `more`. As long as the provider has
    /// counted nothing, `segment_bytes` is the bound for system text and tools.
    pub(super) fn bound(&self, segment_bytes: u64, more: u64) -> u64 {
        self.counted.unwrap_or(segment_bytes) + self.bound_since_count + more
    }

    /// The attached files that its requests have.
    pub(super) fn attachments(&self) -> impl Iterator<Item = Attachment> {
        self.messages.iter().flat_map(|message| attachments_of(&message.content))
    }

    /// The provider's last token count.
    pub(super) fn counted_tokens(&self) -> u64 {
        self.counted.unwrap_or(0)
    }

    pub(super) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// Upper bound of the tokens of some content: a token has at least one byte; a picture counts by its size in pixels, and an attached
/// file by what was decided for it.
pub(super) fn token_bound(content: &RawJson) -> u64 {
    let bytes = content.text().len() as u64;
    let has_attachment = content.text().contains(ATTACHED);
    if !has_attachment && !content.text().contains("\"base64\"") {
        return bytes;
    }
    let Ok(value) = serde_json::from_str::<Value>(content.text()) else { return bytes };
    let (images, data) = pictures(&value);
    bytes - data + images * MAX_IMAGE_TOKENS + if has_attachment { attached_tokens(&value) } else { 0 }
}

/// What was counted for the attached files of a message.
fn attached_tokens(content: &Value) -> u64 {
    let sources = content.as_array().into_iter().flatten().map(|block| &block["source"]);
    sources.filter(|source| source["type"] == "attachment").filter_map(|source| source["tokens"].as_u64()).sum()
}

/// The number of pictures in some content, and the bytes of their data.
fn pictures(value: &Value) -> (u64, u64) {
    let inside = match value {
        Value::Array(items) => items.iter().map(pictures).collect::<Vec<_>>(),
        Value::Object(block) if block.get("type").and_then(Value::as_str) == Some("image") => {
            return value["source"]["data"].as_str().map_or((0, 0), |data| (1, data.len() as u64));
        }
        Value::Object(block) => block.get("content").map(pictures).into_iter().collect(),
        _ => Vec::new(),
    };
    inside.into_iter().fold((0, 0), |(images, data), (more, bytes)| (images + more, data + bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_picture_counts_by_its_size_in_pixels_and_not_by_its_bytes() {
        let picture =
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A".repeat(1 << 20)}});
        let result = RawJson::of(&json!([{"type": "tool_result", "tool_use_id": "t", "content": [picture]}]));
        assert!((MAX_IMAGE_TOKENS..MAX_IMAGE_TOKENS + 300).contains(&token_bound(&result)), "{}", token_bound(&result));
        let text = RawJson::of(&json!([{"type": "text", "text": "\"base64\""}]));
        assert_eq!(token_bound(&text), text.text().len() as u64);
    }
}
