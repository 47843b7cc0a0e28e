//! Validates a request. Error messages are like those of real servers.

use super::api_error::ApiError;
use super::behaviour::{Program, ServerBehaviour};
use super::fields::{self, object, only, text};
use crate::http::HttpRequest;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// A valid request.
pub(super) struct Accepted {
    pub model: String,
    pub streamed: bool,
    pub counted: bool,
    pub prompt_tokens: u64,
    /// The prompt did not fit, and its beginning is silently dropped.
    pub truncated: bool,
    /// The prompt did not fit, and the stream will contain an error event.
    pub overflows: bool,
    /// The request in the format of the Messages API, for the router.
    pub asked: Value,
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Checks the key, if the server requires one.
pub(super) fn check_key(behaviour: &ServerBehaviour, request: &HttpRequest) -> Result<(), ApiError> {
    let Some(key) = &behaviour.key else { return Ok(()) };
    match header(request, "authorization").and_then(|given| given.strip_prefix("Bearer ")) {
        Some(given) if given == key => Ok(()),
        Some(_) => Err(ApiError::new(401, "invalid_api_key", "Incorrect API key provided")),
        None => Err(ApiError::new(401, "invalid_api_key", "You didn't provide an API key.")),
    }
}

/// Validates a request for a chat completion.
pub(super) fn check_chat(behaviour: &ServerBehaviour, request: &HttpRequest) -> Result<Accepted, ApiError> {
    check_key(behaviour, request)?;
    if !header(request, "content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(ApiError::new(415, "unsupported_media_type", "Content-Type must be application/json"));
    }
    let body = std::str::from_utf8(&request.body).map_err(|_| ApiError::invalid("the body is not UTF-8"))?;
    let mut parsed: Value = serde_json::from_str(body)
        .map_err(|error| ApiError::invalid(format!("We could not parse the JSON body of your request: {error}")))?;
    if behaviour.takes_parts {
        join_parts(&mut parsed);
    }
    let parsed = object("body", &parsed)?;
    fields::check(parsed)?;
    let model = parsed["model"].as_str().unwrap_or_default();
    if !behaviour.models.iter().any(|known| known == model) {
        return Err(ApiError::new(404, "model_not_found", format!("model '{model}' not found")));
    }
    let asked = check_messages(parsed)?;
    if behaviour.is_mistral {
        check_as_mistral(&parsed["messages"])?;
    }
    let prompt_tokens = body.len() as u64 / 4;
    let limit = ["max_tokens", "max_completion_tokens"].iter().find_map(|name| parsed.get(*name)).and_then(Value::as_u64);
    let fits = fits(behaviour, prompt_tokens, limit.unwrap_or(0))?;
    let options = parsed.get("stream_options").and_then(|options| options["include_usage"].as_bool());
    Ok(Accepted {
        model: model.to_owned(),
        streamed: parsed.get("stream") == Some(&Value::Bool(true)),
        counted: options.unwrap_or(false),
        prompt_tokens: prompt_tokens.min(behaviour.window),
        truncated: !fits && behaviour.program == Program::Ollama,
        overflows: !fits && behaviour.program == Program::LmStudio,
        asked,
    })
}

/// Replaces the parts of each message by their text, if all of them are texts.
fn join_parts(body: &mut Value) {
    for message in body.get_mut("messages").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(parts) = message.get("content").and_then(Value::as_array) else { continue };
        if let Some(text) = parts.iter().map(|part| part["text"].as_str()).collect::<Option<String>>() {
            message["content"] = json!(text);
        }
    }
}

/// Whether the prompt fits into the window. Programs differ: some refuse a prompt that does not fit, others do not.
fn fits(behaviour: &ServerBehaviour, prompt: u64, output: u64) -> Result<bool, ApiError> {
    let window = behaviour.window;
    match behaviour.program {
        Program::Plain | Program::Vllm if prompt + output > window => Err(ApiError::new(
            400,
            "context_length_exceeded",
            format!(
                "This model's maximum context length is {window} tokens. However, you requested {} tokens ({prompt} in the \
                 messages, {output} in the completion). Please reduce the length of the messages or completion.",
                prompt + output
            ),
        )),
        Program::LlamaCpp if prompt > window => Err(ApiError::new(
            400,
            "exceed_context_size_error",
            "the request exceeds the available context size, try increasing it",
        )),
        _ => Ok(prompt <= window),
    }
}

/// Two more rules, in Mistral's words.
fn check_as_mistral(messages: &Value) -> Result<(), ApiError> {
    let mut last = "";
    for message in messages.as_array().into_iter().flatten() {
        let role = message["role"].as_str().unwrap_or_default();
        if role == "user" && last == "tool" {
            return Err(ApiError::new(400, "3230", "Unexpected role 'user' after role 'tool'"));
        }
        let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| &call["id"]);
        for id in calls.chain(message.get("tool_call_id")).filter_map(Value::as_str) {
            if id.len() != 9 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                let message = format!("Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.");
                return Err(ApiError::new(400, "3280", message));
            }
        }
        last = role;
    }
    Ok(())
}

/// Checks the rules of a conversation. Returns it in the format of the Messages API.
fn check_messages(body: &Map<String, Value>) -> Result<Value, ApiError> {
    let messages = body.get("messages").ok_or_else(|| ApiError::required("messages"))?;
    let messages = messages.as_array().ok_or_else(|| ApiError::invalid("'messages' is not of type 'array'"))?;
    if messages.is_empty() {
        return Err(ApiError::invalid("[] is too short - 'messages'"));
    }
    let mut reading = Reading::default();
    for (index, message) in messages.iter().enumerate() {
        reading.read(index, object(&format!("messages[{index}]"), message)?)?;
    }
    reading.all_answered()?;
    if !matches!(reading.last.as_str(), "user" | "tool") {
        return Err(ApiError::invalid("the last message must be from the user or from a tool"));
    }
    if reading.used_tools && !body.contains_key("tools") {
        return Err(ApiError::invalid("messages with tool calls need 'tools'"));
    }
    let names = body
        .get("tools")
        .and_then(Value::as_array)
        .map(|tools| tools.iter().map(|tool| json!({"name": tool["function"]["name"]})).collect::<Vec<_>>());
    Ok(json!({
        "model": body["model"], "system": reading.system, "messages": reading.translated, "tools": names.unwrap_or_default(),
    }))
}

/// What is known of a conversation while its messages are read one after the other.
#[derive(Default)]
struct Reading {
    system: String,
    /// The messages in the format of the Messages API.
    translated: Vec<Value>,
    /// The role of the message before.
    last: String,
    /// The ids of tool calls that have no result yet.
    open: Vec<String>,
    ids: HashSet<String>,
    used_tools: bool,
}

impl Reading {
    fn read(&mut self, index: usize, message: &Map<String, Value>) -> Result<(), ApiError> {
        let path = format!("messages[{index}]");
        let role = text(&path, message, "role")?.to_owned();
        if role != "tool" {
            self.all_answered()?;
        }
        match role.as_str() {
            "system" | "developer" => {
                only(&path, message, &["role", "content", "name"])?;
                if index > 0 {
                    return Err(ApiError::invalid("System message must be at the beginning."));
                }
                text(&path, message, "content")?.clone_into(&mut self.system);
            }
            "user" => self.user(&path, message)?,
            "assistant" => self.assistant(&path, message)?,
            "tool" => self.tool(&path, message)?,
            other => {
                return Err(ApiError::invalid(format!(
                    "Invalid value: '{other}'. Supported values are: 'system', 'assistant', 'user' and 'tool'."
                )));
            }
        }
        self.last = role;
        Ok(())
    }

    fn user(&mut self, path: &str, message: &Map<String, Value>) -> Result<(), ApiError> {
        only(path, message, &["role", "content", "name"])?;
        let content = match message.get("content") {
            Some(Value::Array(content)) => json!(parts(&format!("{path}.content"), content)?),
            _ => json!(text(path, message, "content")?),
        };
        if content.as_str().is_some_and(|content| content.trim().is_empty()) {
            return Err(ApiError::invalid(format!("{path}.content: must not be empty")));
        }
        if self.last == "user" {
            return Err(ApiError::invalid("Conversation roles must alternate user/assistant/user/assistant/..."));
        }
        self.translated.push(json!({"role": "user", "content": content}));
        Ok(())
    }

    fn assistant(&mut self, path: &str, message: &Map<String, Value>) -> Result<(), ApiError> {
        only(path, message, &["role", "content", "tool_calls", "name"])?;
        let content = text(path, message, "content")?;
        let mut blocks = Vec::new();
        if !content.is_empty() {
            blocks.push(json!({"type": "text", "text": content}));
        }
        if let Some(calls) = message.get("tool_calls") {
            let calls = calls.as_array().filter(|calls| !calls.is_empty());
            let calls = calls.ok_or_else(|| ApiError::invalid(format!("{path}.tool_calls: must be a list with calls")))?;
            for (place, call) in calls.iter().enumerate() {
                blocks.push(self.call(&format!("{path}.tool_calls[{place}]"), call)?);
            }
        }
        if blocks.is_empty() {
            return Err(ApiError::invalid(format!("{path}: must have content or tool calls")));
        }
        self.translated.push(json!({"role": "assistant", "content": blocks}));
        Ok(())
    }

    fn call(&mut self, path: &str, call: &Value) -> Result<Value, ApiError> {
        let call = object(path, call)?;
        only(path, call, &["id", "type", "function"])?;
        let id = text(path, call, "id")?;
        if id.is_empty() || !self.ids.insert(id.to_owned()) {
            return Err(ApiError::invalid(format!("{path}.id: '{id}' is empty or used before")));
        }
        if text(path, call, "type")? != "function" {
            return Err(ApiError::invalid(format!("{path}.type: must be 'function'")));
        }
        let function = call.get("function").ok_or_else(|| ApiError::required(&format!("{path}.function")))?;
        let function = object(&format!("{path}.function"), function)?;
        only(&format!("{path}.function"), function, &["name", "arguments"])?;
        let name = text(path, function, "name")?;
        fields::check_name(&format!("{path}.function.name"), name)?;
        let arguments = text(path, function, "arguments")?;
        let input: Value = serde_json::from_str(arguments)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| ApiError::invalid(format!("{path}.function.arguments: invalid tool call arguments")))?;
        self.open.push(id.to_owned());
        self.used_tools = true;
        Ok(json!({"type": "tool_use", "id": id, "name": name, "input": input}))
    }

    fn tool(&mut self, path: &str, message: &Map<String, Value>) -> Result<(), ApiError> {
        only(path, message, &["role", "content", "tool_call_id"])?;
        let id = text(path, message, "tool_call_id")?;
        let content = text(path, message, "content")?;
        let Some(at) = self.open.iter().position(|open| open == id) else {
            return Err(ApiError::invalid(format!(
                "messages with role 'tool' must be a response to a preceding message with 'tool_calls': {id}"
            )));
        };
        self.open.remove(at);
        let result = json!({
            "type": "tool_result", "tool_use_id": id, "content": content, "is_error": content.starts_with("ERROR: "),
        });
        self.translated.push(json!({"role": "user", "content": [result]}));
        Ok(())
    }

    fn all_answered(&self) -> Result<(), ApiError> {
        if self.open.is_empty() {
            return Ok(());
        }
        Err(ApiError::invalid(format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The \
             following tool_call_ids did not have response messages: {}",
            self.open.join(", ")
        )))
    }
}

/// The parts of a message, texts and pictures, in the format of the Messages API.
fn parts(path: &str, content: &[Value]) -> Result<Vec<Value>, ApiError> {
    if content.is_empty() {
        return Err(ApiError::invalid(format!("{path}: must not be empty")));
    }
    let part = |(place, part): (usize, &Value)| {
        let path = format!("{path}[{place}]");
        let part = object(&path, part)?;
        match text(&path, part, "type")? {
            "text" => {
                only(&path, part, &["type", "text"])?;
                Ok(json!({"type": "text", "text": text(&path, part, "text")?}))
            }
            "image_url" => {
                only(&path, part, &["type", "image_url"])?;
                let path = format!("{path}.image_url");
                let picture = object(&path, part.get("image_url").ok_or_else(|| ApiError::required(&path))?)?;
                only(&path, picture, &["url", "detail"])?;
                let source = picture_source(text(&path, picture, "url")?);
                source
                    .map(|source| json!({"type": "image", "source": source}))
                    .ok_or_else(|| ApiError::invalid(format!("{path}.url: must be a data: URL with a picture in base64")))
            }
            other => Err(ApiError::invalid(format!("Invalid value: '{other}'. Supported values are: 'text' and 'image_url'."))),
        }
    };
    content.iter().enumerate().map(part).collect()
}

fn picture_source(url: &str) -> Option<Value> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    let is_picture = ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&media_type);
    let is_base64 = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).is_ok_and(|bytes| !bytes.is_empty());
    (is_picture && is_base64).then(|| json!({"type": "base64", "media_type": media_type, "data": data}))
}
