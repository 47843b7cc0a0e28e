//! Reads the prompt of a request into one flat list of blocks, and checks the rules of a conversation: the order of roles,
//! and results for tool calls.

use super::api_error::ApiError;
use super::field::kind;
use super::fields;
use super::models::Row;
use super::sources;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// A content block and its position.
#[derive(Clone, Debug)]
pub(super) struct PlacedBlock {
    pub role: String,
    pub block: Value,
    pub message: usize,
    pub index: usize,
}

impl PlacedBlock {
    pub fn kind(&self) -> &str {
        kind(&self.block)
    }

    pub fn path(&self) -> String {
        format!("messages.{}.content.{}", self.message, self.index)
    }
}

/// The parts of a prompt.
#[derive(Clone, Debug, Default)]
pub(super) struct Prompt {
    pub tools: Vec<Value>,
    pub system: Vec<Value>,
    pub blocks: Vec<PlacedBlock>,
}

/// The JSON text of a value with sorted keys and without `cache_control`: equal for equivalent values.
pub(super) fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let mut keys: Vec<&String> = fields.keys().filter(|key| *key != "cache_control").collect();
                keys.sort();
                Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&fields[key]))).collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}

fn as_blocks(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        Value::Array(blocks) => blocks.clone(),
        _ => Vec::new(),
    }
}

/// Reads the prompt from a body whose fields are valid. `issued` returns whether the stub has sent a block itself.
pub(super) fn read(body: &Map<String, Value>, issued: &dyn Fn(&Value) -> bool) -> Result<Prompt, ApiError> {
    let list = |field: &str| body.get(field).map(as_blocks).unwrap_or_default();
    let mut prompt = Prompt { tools: list("tools"), system: list("system"), blocks: Vec::new() };
    let messages = list("messages");
    if messages.is_empty() {
        return Err(ApiError::invalid("messages: at least one message is required"));
    }
    for (index, message) in messages.iter().enumerate() {
        read_message(&mut prompt, index, message, issued)?;
    }
    Ok(prompt)
}

fn read_message(prompt: &mut Prompt, index: usize, message: &Value, issued: &dyn Fn(&Value) -> bool) -> Result<(), ApiError> {
    let path = format!("messages.{index}");
    let fields = message.as_object().ok_or_else(|| ApiError::invalid(format!("{path}: Input should be a valid dictionary")))?;
    if let Some(field) = fields.keys().find(|field| !["role", "content"].contains(&field.as_str())) {
        return Err(ApiError::extra(&format!("{path}.{field}")));
    }
    let role = fields.get("role").and_then(Value::as_str).ok_or_else(|| ApiError::required(&format!("{path}.role")))?;
    if !["user", "assistant", "system"].contains(&role) {
        return Err(ApiError::invalid(format!("{path}.role: Input should be 'user', 'assistant' or 'system'")));
    }
    let content = fields.get("content").ok_or_else(|| ApiError::required(&format!("{path}.content")))?;
    if !content.is_string() && !content.is_array() {
        return Err(ApiError::invalid(format!("{path}.content: Input should be a valid string")));
    }
    let blocks = as_blocks(content);
    if blocks.is_empty() || content.as_str() == Some("") {
        return Err(ApiError::invalid(format!(
            "{path}: all messages must have non-empty content except for the optional final assistant message"
        )));
    }
    for (place, block) in blocks.into_iter().enumerate() {
        let issued = role == "assistant" && issued(&block);
        fields::check_block(&format!("{path}.content.{place}"), &block, issued)?;
        let cites = block.get("citations").and_then(Value::as_array).is_some_and(|citations| !citations.is_empty());
        if role == "assistant" && kind(&block) == "text" && cites && !issued {
            return Err(ApiError::invalid(format!(
                "{path}.content.{place}.text.citations: Invalid `encrypted_index` in citation"
            )));
        }
        let fits = match kind(&block) {
            "tool_use" | "thinking" | "redacted_thinking" => role == "assistant",
            "tool_result" | "image" | "document" => role == "user",
            _ => true,
        };
        if !fits {
            return Err(ApiError::invalid(format!("{path}: `{}` blocks are not allowed in `{role}` messages", kind(&block))));
        }
        prompt.blocks.push(PlacedBlock { role: role.to_owned(), block, message: index, index: place });
    }
    Ok(())
}

/// Checks the rules of the conversation.
pub(super) fn check(prompt: &Prompt, model: &Row) -> Result<(), ApiError> {
    let messages = by_message(prompt);
    let first = messages[0][0].role.as_str();
    if first == "assistant" {
        return Err(ApiError::invalid("messages: first message must use the \"user\" role"));
    }
    check_system_messages(&messages, model)?;
    check_tool_calls(&messages)?;
    check_server_calls(prompt, &messages)?;
    let blocks: Vec<_> = prompt.blocks.iter().map(|placed| (placed.path(), &placed.block)).collect();
    sources::check_together(&blocks)?;
    let has_tool_blocks = prompt.blocks.iter().any(|placed| ["tool_use", "tool_result"].contains(&placed.kind()));
    if has_tool_blocks && prompt.tools.is_empty() {
        return Err(ApiError::invalid("Requests which include `tool_use` or `tool_result` blocks must define tools"));
    }
    let ends_with_assistant = messages.last().is_some_and(|last| last[0].role == "assistant");
    let paused = messages.last().is_some_and(|last| last.last().is_some_and(|placed| is_of_service(placed.kind())));
    if ends_with_assistant && !paused && !model.prefill {
        return Err(ApiError::invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ));
    }
    Ok(())
}

/// The blocks of each message. Unlike the service, does not merge consecutive messages of one role: results that are split
/// over messages are a bug of the client.
fn by_message(prompt: &Prompt) -> Vec<&[PlacedBlock]> {
    prompt.blocks.chunk_by(|one, other| one.message == other.message).collect()
}

fn check_system_messages(messages: &[&[PlacedBlock]], model: &Row) -> Result<(), ApiError> {
    for (index, message) in messages.iter().enumerate().filter(|(_, message)| message[0].role == "system") {
        let refuse = |why: &str| Err(ApiError::invalid(format!("messages.{index}: {why}")));
        if !model.system_messages {
            return refuse("role 'system' is not supported on this model");
        }
        if message.iter().any(|placed| placed.kind() != "text") {
            return refuse("a `system` message may only contain text");
        }
        let before = index.checked_sub(1).map(|at| messages[at]);
        let after_user = before.is_some_and(|before| before[0].role == "user");
        let after_server_tool = before.is_some_and(|before| {
            before[0].role == "assistant" && before.last().is_some_and(|placed| placed.kind().ends_with("_tool_result"))
        });
        if !after_user && !after_server_tool {
            return refuse("a `system` message must follow a user message");
        }
        if messages.get(index + 1).is_some_and(|next| next[0].role != "assistant") {
            return refuse("a `system` message must be last or be followed by an assistant message");
        }
    }
    Ok(())
}

fn text_of<'a>(placed: &'a PlacedBlock, field: &str) -> &'a str {
    placed.block.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn check_tool_calls(messages: &[&[PlacedBlock]]) -> Result<(), ApiError> {
    let mut open: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        // Consecutive assistant messages count as one: their results come after the last of them.
        let follows_assistant = message[0].role == "assistant" && index > 0 && messages[index - 1][0].role == "assistant";
        // The results must be at the start of the message right after the calls.
        let leading: Vec<&PlacedBlock> = message.iter().take_while(|placed| placed.kind() == "tool_result").collect();
        let missing: Vec<&str> =
            open.iter().copied().filter(|id| !leading.iter().any(|placed| text_of(placed, "tool_use_id") == *id)).collect();
        if !missing.is_empty() && !follows_assistant {
            return Err(unanswered(index - 1, &missing));
        }
        let mut answered = HashSet::new();
        for placed in message.iter().filter(|placed| placed.kind() == "tool_result") {
            let id = text_of(placed, "tool_use_id");
            if !open.contains(&id) {
                return Err(ApiError::invalid(format!(
                    "messages.{index}.content.{}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each \
                     `tool_result` block must have a corresponding `tool_use` block in the previous message.",
                    placed.index
                )));
            }
            if !answered.insert(id) {
                return Err(ApiError::invalid(format!(
                    "messages.{index}.content.{}: each tool_use must have a single result. Found multiple `tool_result` \
                     blocks with id: {id}",
                    placed.index
                )));
            }
        }
        if !follows_assistant {
            open.clear();
        }
        for placed in message.iter().filter(|placed| placed.kind() == "tool_use") {
            let id = text_of(placed, "id");
            if !seen.insert(id) {
                return Err(ApiError::invalid(format!("{}: `tool_use` ids must be unique", placed.path())));
            }
            open.push(id);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(messages.len() - 1, &open)) }
}

/// Whether the service sends such blocks for a tool that it runs itself.
fn is_of_service(kind: &str) -> bool {
    kind == "server_tool_use" || (kind.ends_with("_tool_result") && kind != "tool_result")
}

/// Calls that the service carries out itself get their results in the same answer, or in its continuation: until then only the
/// results of other calls may follow, and the tool must still be offered.
fn check_server_calls(prompt: &Prompt, messages: &[&[PlacedBlock]]) -> Result<(), ApiError> {
    let mut open: Vec<(&str, &str)> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let has_only_results = message.iter().all(|placed| placed.kind() == "tool_result");
        if let (Some((id, name)), "user", false) = (open.first(), message[0].role.as_str(), has_only_results) {
            return Err(ApiError::invalid(format!(
                "messages.{}: `{name}` tool use with id `{id}` was found without a corresponding `{name}_tool_result` block",
                index - 1
            )));
        }
        for placed in message.iter().filter(|placed| is_of_service(placed.kind())) {
            match placed.kind() {
                "server_tool_use" => open.push((text_of(placed, "id"), text_of(placed, "name"))),
                _ => open.retain(|(id, _)| *id != text_of(placed, "tool_use_id")),
            }
        }
    }
    let is_offered = |wanted: &str| prompt.tools.iter().any(|tool| tool.get("name").and_then(Value::as_str) == Some(wanted));
    match open.iter().find(|(_, name)| !is_offered(name)) {
        Some((id, name)) => {
            Err(ApiError::invalid(format!("`{name}` tool use with id `{id}` has no result, but no `{name}` tool was provided")))
        }
        None => Ok(()),
    }
}

fn unanswered(message: usize, ids: &[&str]) -> ApiError {
    ApiError::invalid(format!(
        "messages.{message}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` \
         block must have a corresponding `tool_result` block in the next message.",
        ids.join(", ")
    ))
}
