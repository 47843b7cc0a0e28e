//! The messages of the current segment, and what is known about their size.

use crate::prompt::{Message, Role};
use crate::raw::RawJson;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Messages that only ever grow; the serialised beginning never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    messages: Arc<Vec<Message>>,
    /// A running hash over all messages.
    hash: [u8; 32],
    /// Tokens of prompt and answer as the provider counted them last.
    counted: Option<u64>,
    /// UTF-8 bytes added since that count.
    bytes_since: u64,
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
        self.bytes_since += content.text().len() as u64;
        Arc::make_mut(&mut self.messages).push(Message { role, content });
    }

    /// The provider has counted everything up to and including its own answer.
    pub(super) fn counted(&mut self, tokens: u64) {
        self.counted = Some(tokens);
        self.bytes_since = 0;
    }

    /// More tokens than the prompt can have once `more` bytes are added: a token is at least one byte.
    pub(super) fn bound(&self, before: u64, more: u64) -> u64 {
        self.counted.unwrap_or(before) + self.bytes_since + more
    }

    /// Tokens counted last.
    pub(super) fn counted_tokens(&self) -> u64 {
        self.counted.unwrap_or(0)
    }

    pub(super) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}
