//! Translates a request of the Messages API into the form of the core.

use crate::message::MessageRequest;
use crate::paid::Paid;
use crate::refusal::Refusal;
use growqr_core::model::{Files, Model, ModelRequest};
use growqr_core::prompt::{Message, Role, Segment, Tool, text_of};
use growqr_core::raw::RawJson;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

#[derive(Deserialize)]
struct GivenMessage<'a> {
    role: String,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Deserialize)]
struct GivenTool<'a> {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(borrow)]
    input_schema: &'a RawValue,
}

/// The request for the provider's model.
pub(super) fn translate(model: &dyn Model, paid: &Paid<'_>) -> Result<ModelRequest, Refusal> {
    let request = &paid.request;
    let segment = Segment {
        web_search: false,
        address: None,
        provider: model.provider().to_owned(),
        model: paid.card.id.clone(),
        effort: paid.card.effort,
        system: system(request)?,
        tools: tools(request)?,
    };
    let messages = messages(request)?;
    let (agent, max_tokens) = (paid.agent.clone(), paid.charge.max_tokens());
    Ok(ModelRequest { agent, segment: Arc::new(segment), messages, max_tokens, files: Files::default() })
}

fn system(request: &MessageRequest<'_>) -> Result<String, Refusal> {
    let Some(raw) = request.field::<&RawValue>("system")? else { return Ok(String::new()) };
    Ok(text_of(&content("system", raw)?))
}

fn tools(request: &MessageRequest<'_>) -> Result<Vec<Tool>, Refusal> {
    let tools: Vec<GivenTool<'_>> = request.field("tools")?.unwrap_or_default();
    let tool = |tool: GivenTool<'_>| {
        Ok(Tool { name: tool.name, description: tool.description, input_schema: raw("tools", tool.input_schema.get())? })
    };
    tools.into_iter().map(tool).collect()
}

fn messages(request: &MessageRequest<'_>) -> Result<Vec<Message>, Refusal> {
    let messages: Vec<GivenMessage<'_>> = request.field("messages")?.unwrap_or_default();
    let message = |message: GivenMessage<'_>| {
        let role = match message.role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => return Err(Refusal::invalid(format!("messages: the role {other:?} cannot be used here"))),
        };
        Ok(Message { role, content: content("messages", message.content)? })
    };
    messages.into_iter().map(message).collect()
}

/// A content array; a text becomes an array with one block.
fn content(field: &str, given: &RawValue) -> Result<RawJson, Refusal> {
    match serde_json::from_str::<String>(given.get()) {
        Ok(text) => Ok(RawJson::of(&[serde_json::json!({"type": "text", "text": text})])),
        Err(_) => raw(field, given.get()),
    }
}

fn raw(field: &str, text: &str) -> Result<RawJson, Refusal> {
    RawJson::parse(text).map_err(|_| Refusal::invalid(format!("{field}: not valid")))
}
