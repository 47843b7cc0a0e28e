//! Validates a request. Returns everything that the reply needs, or the error.

use super::State;
use super::api_error::ApiError;
use super::cache::Layout;
use super::conversation::{self, Prompt};
use super::fields;
use super::model_rules::{self, Thinking};
use super::models::{self, PrefixCheck, Row};
use crate::http::HttpRequest;
use serde_json::{Map, Value, json};

/// A valid request.
pub(super) struct Accepted {
    pub prompt: Prompt,
    pub model: &'static Row,
    pub thinking: Thinking,
    pub layout: Layout,
    pub dropped: Vec<Value>,
    pub streamed: bool,
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Checks the key and the version. Returns whether the version refuses all sampling parameters, and the betas.
pub(super) fn check_head(request: &HttpRequest, key: &str) -> Result<(bool, Vec<String>), ApiError> {
    let authentication = |message: &str| Err(ApiError::new(401, "authentication_error", message));
    let bearer = header(request, "authorization");
    match (header(request, "x-api-key"), bearer) {
        (None, None) => return authentication("x-api-key header is required"),
        // The service would use the first one. Sending both is a bug of the client.
        (Some(_), Some(_)) => return authentication("send either x-api-key or authorization, not both"),
        (Some(given), None) if given == key => {}
        (None, Some(given)) if given.strip_prefix("Bearer ") == Some(key) => {}
        (Some(_), None) => return authentication("invalid x-api-key"),
        (None, Some(_)) => return authentication("invalid bearer token"),
    }
    let strict = match header(request, "anthropic-version") {
        Some("2023-06-01") => false,
        Some("2026-10-21") => true,
        Some(other) => return Err(ApiError::invalid(format!("anthropic-version: \"{other}\" is not a valid version"))),
        None => return Err(ApiError::invalid("anthropic-version: header is required")),
    };
    Ok((strict, fields::betas(header(request, "anthropic-beta"))?))
}

/// Validates a request for a message, or for counting its tokens.
pub(super) fn check_message(state: &State, request: &HttpRequest, counting: bool) -> Result<Accepted, ApiError> {
    let (strict, betas) = check_head(request, &state.key)?;
    if request.too_large {
        return Err(ApiError::new(413, "request_too_large", "Request exceeds the maximum size"));
    }
    if !header(request, "content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(ApiError::invalid("content-type: must be application/json"));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| ApiError::invalid(format!("The request body is not valid JSON: {error}")))?;
    let Value::Object(body) = body else { return Err(ApiError::invalid("The request body is not a JSON object")) };
    fields::check(&body, &betas, counting)?;
    let name = body["model"].as_str().unwrap_or_default();
    let model = models::find(name).ok_or_else(|| ApiError::new(404, "not_found_error", format!("model: {name}")))?;
    model_rules::check(&body, model, strict)?;
    let thinking = Thinking::of(&body, model);
    let mut prompt = conversation::read(&body, &|block| state.registry.issued(block))?;
    conversation::check(&prompt, model)?;
    check_manual_thinking(&prompt, &thinking)?;
    let controls = betas.iter().any(|beta| beta == fields::BINDING_BETA);
    let asked_to_bind = body.get("thinking").is_some_and(|thinking| thinking.get("block_binding").is_some());
    let bound = match model.prefix_check {
        PrefixCheck::Always => true,
        PrefixCheck::NewAccounts => state.new_account || asked_to_bind,
        PrefixCheck::Never => false,
    };
    let dropped = state.registry.check(&mut prompt, model.id, bound, controls, thinking.drop_block)?;
    let layout = Layout::of(&prompt, &body, model, &betas, &settings(&body, model, &thinking))?;
    if layout.tokens() > model.context {
        return Err(ApiError::invalid(format!("prompt is too long: {} tokens > {} maximum", layout.tokens(), model.context)));
    }
    let dropped = if controls { dropped } else { Vec::new() };
    let streamed = body.get("stream").and_then(Value::as_bool).unwrap_or(false);
    Ok(Accepted { prompt, model, thinking, layout, dropped, streamed })
}

/// The settings whose change invalidates the cached messages. An explicit default equals a missing field.
fn settings(body: &Map<String, Value>, model: &Row, thinking: &Thinking) -> String {
    let choice = body.get("tool_choice").filter(|choice| **choice != json!({"type": "auto"}));
    let config = |field: &str| body.get("output_config").and_then(|config| config.get(field));
    format!(
        "{:?} {} {} {:?} {:?}",
        choice,
        thinking.kind,
        thinking.shown,
        model_rules::effort(body, model),
        (config("format"), config("task_budget"))
    )
}

/// With manual thinking, the last assistant message must begin with a thinking block.
fn check_manual_thinking(prompt: &Prompt, thinking: &Thinking) -> Result<(), ApiError> {
    if thinking.kind != "enabled" {
        return Ok(());
    }
    let Some(end) = prompt.blocks.iter().rposition(|placed| placed.role == "assistant") else { return Ok(()) };
    let start = prompt.blocks[..end].iter().rposition(|placed| placed.role != "assistant").map_or(0, |at| at + 1);
    let first = &prompt.blocks[start];
    if matches!(first.kind(), "thinking" | "redacted_thinking") {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "{}.type: Expected `thinking` or `redacted_thinking`, but found `{}`. When `thinking` is enabled, a final `assistant` \
         message must start with a thinking block.",
        first.path(),
        first.kind()
    )))
}
