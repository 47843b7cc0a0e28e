//! A content block that is being streamed: its first fields, and what deltas have added.

use super::fields::Fields;
use crate::tool_input::{join_pieces, tool_input_json, valid_id, valid_name};
use growqr_core::raw::RawJson;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is needed to name the calls of a reply.
#[derive(Default)]
pub(super) struct Naming {
    /// The ids that are in use.
    pub used_ids: BTreeSet<String>,
    /// The number of messages before the reply.
    pub message_count: usize,
    /// The position of the next call.
    pub position: usize,
}

#[derive(Default)]
pub(super) struct Block {
    pub kind: String,
    fields: Fields,
    /// Fields that deltas append to; `None` before the first delta.
    text: Option<String>,
    thinking: Option<String>,
    /// The streamed JSON text of a tool's input, in pieces.
    pub input: Vec<String>,
    citations: Vec<String>,
}

impl Block {
    /// `None` if nothing tells the type of the block.
    pub fn new(mut fields: Fields) -> Option<Block> {
        let kind = match fields.text("type") {
            Some(kind) => kind,
            None => {
                let names = [("name", "tool_use"), ("thinking", "thinking"), ("text", "text")];
                let (_, kind) = names.iter().find(|(field, _)| fields.raw(field).is_some())?;
                fields.set("type", RawJson::of(kind).text().to_owned());
                (*kind).to_owned()
            }
        };
        Some(Block { kind, fields, ..Block::default() })
    }

    /// An empty block, for deltas without a beginning.
    pub fn of_kind(kind: &str) -> Block {
        let mut fields = Fields::default();
        fields.set("type", RawJson::of(kind).text().to_owned());
        Block { kind: kind.to_owned(), fields, ..Block::default() }
    }

    /// Whether deltas with a call's input may belong to it.
    pub fn is_call(&self) -> bool {
        self.kind.ends_with("tool_use")
    }

    /// The name of the tool.
    pub fn name(&self) -> String {
        self.fields.text("name").unwrap_or_default()
    }

    /// Whether these fields begin this call once more.
    pub fn is_repeated_by(&self, fields: &Fields) -> bool {
        let id = |fields: &Fields| fields.text("id").filter(|id| !id.is_empty());
        self.is_call() && id(fields).is_some() && id(fields) == id(&self.fields)
    }

    pub fn add_text(&mut self, more: &str) {
        let begun = || self.fields.text("text").unwrap_or_default();
        self.text.get_or_insert_with(begun).push_str(more);
    }

    pub fn add_thinking(&mut self, more: &str) {
        let begun = || self.fields.text("thinking").unwrap_or_default();
        self.thinking.get_or_insert_with(begun).push_str(more);
    }

    /// A signature is never split over deltas, so a second one replaces the first.
    pub fn sign(&mut self, signature: &str) {
        self.fields.set("signature", RawJson::of(signature).text().to_owned());
    }

    /// Adds a delta of another type. Unknown ones are ignored.
    pub fn add_other(&mut self, kind: &str, delta: &Fields) {
        match kind {
            "citations_delta" => self.citations.extend(delta.raw("citation").map(str::to_owned)),
            "compaction_delta" => {
                for name in ["content", "encrypted_content"] {
                    if let Some(value) = delta.raw(name) {
                        self.fields.set(name, value.to_owned());
                    }
                }
            }
            _ => {}
        }
    }

    /// The block's JSON text. `None` for an empty text block: the service sends such blocks but refuses them in a request.
    pub fn encode(mut self, naming: &mut Naming) -> Option<String> {
        if let Some(text) = &self.text {
            self.fields.set("text", RawJson::of(text).text().to_owned());
        }
        if let Some(thinking) = &self.thinking {
            self.fields.set("thinking", RawJson::of(thinking).text().to_owned());
        }
        if self.is_call() {
            self.set_input();
        }
        if self.kind == "tool_use" {
            self.set_names(naming);
        }
        if self.kind == "thinking" && self.fields.text("thinking").is_none() {
            self.fields.set("thinking", "\"\"".to_owned());
        }
        if !self.citations.is_empty() {
            self.fields.set("citations", format!("[{}]", self.citations.join(",")));
        }
        let is_empty_text = self.kind == "text" && self.fields.text("text").is_none_or(|text| text.trim().is_empty());
        (!is_empty_text).then(|| self.fields.encode())
    }

    /// Sets the input to what was streamed, or keeps the whole input that came with the beginning.
    fn set_input(&mut self) {
        let streamed = join_pieces(&self.input);
        if !streamed.trim().is_empty() {
            return self.fields.set("input", tool_input_json(streamed));
        }
        match self.fields.value("input") {
            Some(Value::Object(_)) => {}
            Some(Value::String(text)) => self.fields.set("input", tool_input_json(text)),
            _ => self.fields.set("input", "{}".to_owned()),
        }
    }

    /// Makes the id and the name such that they can be sent back.
    fn set_names(&mut self, naming: &mut Naming) {
        let given = self.fields.text("id").unwrap_or_default();
        let id = valid_id(&given, &mut naming.used_ids, naming.message_count, naming.position);
        naming.position += 1;
        if self.fields.raw("id") != Some(RawJson::of(&id).text()) {
            self.fields.set("id", RawJson::of(&id).text().to_owned());
        }
        let name = valid_name(&self.name());
        if self.fields.raw("name") != Some(RawJson::of(&name).text()) {
            self.fields.set("name", RawJson::of(&name).text().to_owned());
        }
    }
}
