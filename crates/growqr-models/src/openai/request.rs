//! The body of a request: translates a conversation from the journal's format into a chat completion.
//!
//! The translation depends on the conversation alone, so equal requests always have equal bytes. The output limit, which
//! may change from call to call, comes after the messages. Thinking is left out: only the model that produced it can use
//! it. Consecutive user texts become one message, because many models accept only alternating roles.

use super::said::{Said, json, separate};
use crate::encoded::Encoded;
use growqr_core::attachment::AttachmentKind;
use growqr_core::model::{Files, ModelRequest};
use growqr_core::prompt::{Block, Message, Role, Segment, blocks};
use growqr_core::raw::RawJson;
use std::fmt::Write;

/// How a conversation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As the documentation of the API allows.
    Usual,
    /// As the strictest servers want it: the id of a call has nine letters and digits, and no user message follows a tool's
    /// result.
    Strict,
}

/// The body of `POST …/chat/completions` up to the end of its messages; [`end`] follows.
pub(super) fn start(request: &ModelRequest, shape: Shape) -> String {
    let size: usize = request.messages.iter().map(|message| message.content.text().len() + 64).sum();
    let files = Encoded::of(request, &[AttachmentKind::Text, AttachmentKind::Image]).reserved();
    let mut out = String::with_capacity(size + files + request.segment.system.len() + 4096);
    head(&mut out, &request.segment);
    out.push_str(r#","messages":["#);
    messages(&mut out, &request.segment.system, &request.messages, &request.files, shape);
    out
}

/// The end of the body. `limit_field` is the name of the field for the output limit, which differs by service.
pub(super) fn end(limit_field: &str, max_tokens: u64) -> String {
    format!(r#"],"{limit_field}":{max_tokens}}}"#)
}

fn head(out: &mut String, segment: &Segment) {
    let _ = write!(out, r#"{{"model":{},"stream":true,"stream_options":{{"include_usage":true}}"#, json(&segment.model));
    if segment.tools.is_empty() {
        return;
    }
    let tools: Vec<String> = segment
        .tools
        .iter()
        .map(|tool| {
            format!(
                r#"{{"type":"function","function":{{"name":{},"description":{},"parameters":{}}}}}"#,
                json(&tool.name),
                json(&tool.description),
                tool.input_schema.text()
            )
        })
        .collect();
    let _ = write!(out, r#","tools":[{}]"#, tools.join(","));
}

/// Adds every message as JSON text.
fn messages(out: &mut String, system: &str, conversation: &[Message], files: &Files, shape: Shape) {
    let mut list = List { out, said: Said::default(), shape, is_after_result: false };
    if !system.trim().is_empty() {
        list.push(&format!(r#"{{"role":"system","content":{}}}"#, json(system)));
    }
    for message in conversation {
        match message.role {
            Role::User => list.push_user(message, files),
            Role::Assistant => {
                if let Some(answer) = assistant(&message.content, shape) {
                    list.flush();
                    list.push(&answer);
                }
            }
        }
    }
    list.flush();
}

/// The list of messages that is being written.
struct List<'out, 'files> {
    out: &'out mut String,
    /// What the user has said and is not yet part of a message.
    said: Said<'files>,
    shape: Shape,
    is_after_result: bool,
}

impl<'files> List<'_, 'files> {
    fn push(&mut self, message: &str) {
        separate(self.out);
        self.out.push_str(message);
        self.is_after_result = false;
    }

    fn flush(&mut self) {
        if self.said.is_empty() {
            return;
        }
        if self.shape == Shape::Strict && self.is_after_result {
            self.push(r#"{"role":"assistant","content":"I have the results."}"#);
        }
        self.push(r#"{"role":"user","content":"#);
        self.said.write_to(self.out);
        self.out.push('}');
    }

    /// Adds each tool result as a message of its own, right after the calls. User text is collected and follows the results.
    fn push_user(&mut self, message: &Message, files: &'files Files) {
        for block in blocks(&message.content) {
            match block {
                Block::Result { id, content, is_error } => {
                    let text = if is_error { format!("ERROR: {content}") } else { content };
                    self.push(&format!(
                        r#"{{"role":"tool","tool_call_id":{},"content":{}}}"#,
                        json(&id_in(self.shape, id.as_str())),
                        json(&text)
                    ));
                    self.is_after_result = true;
                }
                Block::Text(text) => self.said.push_text(text),
                Block::Attachment(file) => self.said.push_file(&file, files.get(&file.hash)),
                Block::Thinking(_) | Block::Call { .. } | Block::Other(_) => {}
            }
        }
    }
}

/// The model's message. `None` if it has neither text nor tool calls.
fn assistant(content: &RawJson, shape: Shape) -> Option<String> {
    let mut texts = Vec::new();
    let mut calls = Vec::new();
    for block in blocks(content) {
        match block {
            Block::Text(text) => texts.push(text),
            Block::Call { id, name, input } => calls.push(format!(
                r#"{{"id":{},"type":"function","function":{{"name":{},"arguments":{}}}}}"#,
                json(&id_in(shape, id.as_str())),
                json(&name),
                json(input.text())
            )),
            Block::Thinking(_) | Block::Result { .. } | Block::Attachment(_) | Block::Other(_) => {}
        }
    }
    if texts.is_empty() && calls.is_empty() {
        return None;
    }
    // Some servers refuse missing or null content. All accept an empty string.
    let content = json(&texts.join("\n\n"));
    let calls = if calls.is_empty() { String::new() } else { format!(r#","tool_calls":[{}]"#, calls.join(",")) };
    Some(format!(r#"{{"role":"assistant","content":{content}{calls}}}"#))
}

/// The id of a call as a server is given it: always the same for the same id.
fn id_in(shape: Shape, id: &str) -> String {
    let is_short = id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if shape == Shape::Usual || is_short {
        return id.to_owned();
    }
    // The FNV-1a hash, of which nine digits in base 62 remain.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = hash;
    let digit = |_| {
        let digit = digits[(rest % 62) as usize];
        rest /= 62;
        char::from(digit)
    };
    (0..9).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn translated(conversation: &[(Role, Value)]) -> Vec<Value> {
        let conversation: Vec<Message> =
            conversation.iter().map(|(role, content)| Message { role: *role, content: RawJson::of(content) }).collect();
        let mut out = "[".to_owned();
        messages(&mut out, "Be kind.", &conversation, &Files::default(), Shape::Usual);
        serde_json::from_str(&(out + "]")).expect("a list")
    }

    #[test]
    fn each_tool_result_is_a_message_after_the_calls_and_user_text_follows() {
        let found = translated(&[
            (Role::User, json!([{"type": "text", "text": "look"}])),
            (
                Role::Assistant,
                json!([
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "a", "name": "read", "input": {"path": "x"}},
                    {"type": "tool_use", "id": "b", "name": "read", "input": {}},
                ]),
            ),
            (
                Role::User,
                json!([
                    {"type": "tool_result", "tool_use_id": "a", "content": "seen"},
                    {"type": "tool_result", "tool_use_id": "b", "content": "gone", "is_error": true},
                    {"type": "text", "text": "and hurry"},
                ]),
            ),
        ]);
        let call = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "read", "arguments": arguments}});
        assert_eq!(
            found,
            [
                json!({"role": "system", "content": "Be kind."}),
                json!({"role": "user", "content": "look"}),
                json!({"role": "assistant", "content": "I look.", "tool_calls": [call("a", r#"{"path":"x"}"#), call("b", "{}")]}),
                json!({"role": "tool", "tool_call_id": "a", "content": "seen"}),
                json!({"role": "tool", "tool_call_id": "b", "content": "ERROR: gone"}),
                json!({"role": "user", "content": "and hurry"}),
            ]
        );
    }

    #[test]
    fn consecutive_user_texts_are_one_message_and_unknown_blocks_are_dropped() {
        let found = translated(&[
            (Role::User, json!([{"type": "text", "text": "one"}])),
            (Role::Assistant, json!([{"type": "hologram"}])),
            (Role::User, json!([{"type": "text", "text": "two"}])),
        ]);
        assert_eq!(found[1..], [json!({"role": "user", "content": "one\n\ntwo"})]);
    }

    #[test]
    fn the_arguments_of_a_call_keep_their_exact_text() {
        let content = RawJson::parse(r#"[{"type":"tool_use","id":"t","name":"n","input":{"b": 1.50, "a":"\u0041"}}]"#).unwrap();
        let found: Value = serde_json::from_str(&assistant(&content, Shape::Usual).unwrap()).unwrap();
        assert_eq!(found["tool_calls"][0]["function"]["arguments"], r#"{"b": 1.50, "a":"\u0041"}"#);
    }
}
