//! Checks the fields of a request and their values. Unknown fields are refused at every level.

use super::api_error::ApiError;
use super::field::{object, one_of, only, optional, required, required_at};
use super::sources;
use serde_json::{Map, Value};

/// The known beta names.
const BETAS: &[&str] = &[
    "context-management-2025-06-27",
    "compact-2026-01-12",
    "compact-2026-09-04",
    "thinking-binding-controls-2026-08-01",
    "thinking-display-updates-2026-08-18",
    "task-budgets-2026-03-13",
    "server-side-fallback-2026-07-01",
    "fallback-credit-2026-07-01",
    "advisor-tool-2026-03-01",
    "thinking-token-count-2026-05-13",
    "cache-diagnosis-2026-04-07",
    "mcp-client-2025-11-20",
    "fast-mode-2026-02-01",
    "mid-conversation-system-clear-at-2026-08-21",
    "mid-conversation-output-config-2026-07-01",
    "mid-conversation-tool-changes-2026-07-01",
    "inline-tools-2026-09-15",
    // Needed for nothing any more, but OpenCode sends it with every request.
    "structured-outputs-2025-11-13",
];

/// The beta for settings of thinking blocks that are bound to another conversation.
pub(super) const BINDING_BETA: &str = "thinking-binding-controls-2026-08-01";

/// The most messages of a request.
const MESSAGES: usize = 100_000;

/// The most tools with `strict`.
const STRICT_TOOLS: usize = 20;

/// The most optional fields in the schemas of all strict tools.
const OPTIONAL_FIELDS: usize = 24;

/// Top-level fields of every request.
const TOP: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "output_format",
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
];

/// Top-level fields of requests for messages, not of `count_tokens`.
const TOP_OF_MESSAGES: &[&str] =
    &["max_tokens", "metadata", "service_tier", "stop_sequences", "stream", "inference_geo", "temperature", "top_p", "top_k"];

/// Top-level fields that need a beta.
const TOP_OF_BETAS: &[(&str, &str)] = &[
    ("mcp_servers", "mcp-client-2025-11-20"),
    ("speed", "fast-mode-2026-02-01"),
    ("fallbacks", "server-side-fallback-2026-07-01"),
    ("fallback_credit_token", "fallback-credit-2026-07-01"),
    ("compaction", "compact-2026-09-04"),
];

/// Parses the beta header. Fails for an unknown name.
pub(super) fn betas(header: Option<&str>) -> Result<Vec<String>, ApiError> {
    let names: Vec<String> =
        header.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    match names.iter().find(|name| !BETAS.contains(&name.as_str())) {
        None => Ok(names),
        Some(unknown) => Err(ApiError::invalid(format!(
            "Unexpected value(s) `{unknown}` for the `anthropic-beta` header. Please consult our documentation at \
             platform.claude.com/docs or try again without the header."
        ))),
    }
}

/// Checks all fields of a body. `counting`: the request is for `count_tokens`, which accepts fewer fields.
pub(super) fn check(body: &Map<String, Value>, betas: &[String], counting: bool) -> Result<(), ApiError> {
    let has = |beta: &str| betas.iter().any(|name| name == beta);
    for field in body.keys() {
        let known = TOP.contains(&field.as_str())
            || (!counting && TOP_OF_MESSAGES.contains(&field.as_str()))
            || TOP_OF_BETAS.iter().any(|(name, beta)| name == field && has(beta));
        if !known || (field == "context_management" && !has("context-management-2025-06-27") && !has("compact-2026-01-12")) {
            return Err(ApiError::extra(field));
        }
    }
    required(body, "model", Value::is_string)?;
    required(body, "messages", Value::is_array)?;
    if !counting {
        required(body, "max_tokens", Value::is_u64)?;
    }
    optional(body, "stream", Value::is_boolean, "Input should be a valid boolean")?;
    if let Some(thinking) = body.get("thinking") {
        check_thinking(object("thinking", thinking)?, &has)?;
    }
    if let Some(config) = body.get("output_config") {
        check_output_config(object("output_config", config)?, &has)?;
    }
    if body.get("messages").and_then(Value::as_array).is_some_and(|messages| messages.len() > MESSAGES) {
        return Err(ApiError::invalid(format!("messages: List should have at most {MESSAGES} items")));
    }
    if let Some(metadata) = body.get("metadata") {
        only("metadata", object("metadata", metadata)?, &["user_id"])?;
    }
    if let Some(control) = body.get("cache_control") {
        check_cache_control("cache_control", control)?;
    }
    check_system(body.get("system"))?;
    check_tools(body.get("tools"))?;
    check_tool_choice(body)
}

fn check_tool_choice(body: &Map<String, Value>) -> Result<(), ApiError> {
    let Some(choice) = body.get("tool_choice") else { return Ok(()) };
    let choice = object("tool_choice", choice)?;
    let kind = one_of("tool_choice.type", choice.get("type"), &["auto", "any", "tool", "none"])?;
    let known: &[&str] = match kind {
        "none" => &["type"],
        "tool" => &["type", "name", "disable_parallel_tool_use"],
        _ => &["type", "disable_parallel_tool_use"],
    };
    only(&format!("tool_choice.{kind}"), choice, known)?;
    if kind == "none" {
        return Ok(());
    }
    let tools = body.get("tools").and_then(Value::as_array).filter(|tools| !tools.is_empty());
    let tools = tools.ok_or_else(|| ApiError::invalid("tool_choice may only be specified while providing tools"))?;
    if kind == "tool" {
        required_at("tool_choice.tool", choice, "name", Value::is_string)?;
        if !tools.iter().any(|tool| tool.get("name") == choice.get("name")) {
            return Err(ApiError::invalid(format!("Tool {} not found in provided tools", choice["name"])));
        }
    }
    Ok(())
}

fn check_thinking(thinking: &Map<String, Value>, has: &dyn Fn(&str) -> bool) -> Result<(), ApiError> {
    let kind = one_of("thinking.type", thinking.get("type"), &["adaptive", "enabled", "disabled", "between_tools"])?;
    let mut known = vec!["type"];
    if kind == "enabled" {
        known.push("budget_tokens");
    }
    if kind == "enabled" || kind == "adaptive" {
        known.push("display");
        if has(BINDING_BETA) {
            known.push("block_binding");
        }
    }
    only("thinking", thinking, &known)?;
    match thinking
        .get("display")
        .map(|_| one_of("thinking.display", thinking.get("display"), &["omitted", "summarized", "updates"]))
    {
        Some(Err(refusal)) => Err(refusal),
        Some(Ok("updates")) if !has("thinking-display-updates-2026-08-18") => {
            Err(ApiError::invalid("thinking.display: Input should be 'omitted' or 'summarized'"))
        }
        _ => Ok(()),
    }
}

fn check_output_config(config: &Map<String, Value>, has: &dyn Fn(&str) -> bool) -> Result<(), ApiError> {
    let mut known = vec!["effort", "format"];
    if has("task-budgets-2026-03-13") {
        known.push("task_budget");
    }
    only("output_config", config, &known)?;
    if config.contains_key("effort") {
        one_of("output_config.effort", config.get("effort"), &["low", "medium", "high", "xhigh", "max"])?;
    }
    if let Some(format) = config.get("format") {
        let format = object("output_config.format", format)?;
        only("output_config.format", format, &["type", "schema"])?;
        one_of("output_config.format.type", format.get("type"), &["json_schema"])?;
        required_at("output_config.format", format, "schema", Value::is_object)?;
        check_closed("output_config.format.schema", &format["schema"])?;
    }
    Ok(())
}

fn check_system(system: Option<&Value>) -> Result<(), ApiError> {
    match system {
        None | Some(Value::String(_)) => Ok(()),
        Some(Value::Array(blocks)) => {
            for (index, block) in blocks.iter().enumerate() {
                let path = format!("system.{index}");
                let block = object(&path, block)?;
                one_of(&format!("{path}.type"), block.get("type"), &["text"])?;
                only(&path, block, &["type", "text", "cache_control", "citations"])?;
                check_text(&path, block, "system: text content blocks must be non-empty")?;
            }
            Ok(())
        }
        Some(_) => Err(ApiError::invalid("system: Input should be a valid list")),
    }
}

fn check_tools(tools: Option<&Value>) -> Result<(), ApiError> {
    let Some(tools) = tools else { return Ok(()) };
    let Value::Array(tools) = tools else { return Err(ApiError::invalid("tools: Input should be a valid list")) };
    let mut names = Vec::new();
    let (mut strict, mut optional_fields) = (0, 0);
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools.{index}");
        let tool = object(&path, tool)?;
        if tool.get("type").and_then(Value::as_str).is_some_and(|kind| kind.starts_with("web_search_")) {
            names.push(check_web_search(&path, tool)?);
            continue;
        }
        let custom = format!("{path}.custom");
        only(
            &custom,
            tool,
            &[
                "type",
                "name",
                "description",
                "input_schema",
                "strict",
                "input_examples",
                "defer_loading",
                "cache_control",
                "eager_input_streaming",
                "allowed_callers",
            ],
        )?;
        let name = tool.get("name").and_then(Value::as_str).ok_or_else(|| ApiError::required(&format!("{custom}.name")))?;
        // The documentation says 64. The service has accepted 128, which its message mentions.
        if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(ApiError::invalid(format!("{custom}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")));
        }
        match tool.get("input_schema") {
            None => return Err(ApiError::required(&format!("{custom}.input_schema"))),
            Some(schema) if schema.get("type").and_then(Value::as_str) != Some("object") => {
                return Err(ApiError::invalid(format!("{custom}.input_schema.type: Input should be 'object'")));
            }
            Some(_) => {}
        }
        if let Some(control) = tool.get("cache_control") {
            check_cache_control(&format!("{custom}.cache_control"), control)?;
        }
        if tool.get("strict") == Some(&Value::Bool(true)) {
            strict += 1;
            check_closed(&format!("{custom}.input_schema"), &tool["input_schema"])?;
            optional_fields += optional_in(&tool["input_schema"]);
        }
        if names.contains(&name) {
            return Err(ApiError::invalid("tools: Tool names must be unique."));
        }
        names.push(name);
    }
    if strict > STRICT_TOOLS || optional_fields > OPTIONAL_FIELDS {
        return Err(ApiError::invalid("Schema is too complex for compilation."));
    }
    Ok(())
}

/// Checks a tool that the service runs itself. Returns its name.
fn check_web_search<'a>(path: &str, tool: &'a Map<String, Value>) -> Result<&'a str, ApiError> {
    let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
    let path = format!("{path}.{kind}");
    if !["web_search_20250305", "web_search_20260209", "web_search_20260318"].contains(&kind) {
        return Err(ApiError::invalid(format!("{path}: Input tag '{kind}' is not known")));
    }
    const FIELDS: [&str; 9] = [
        "type",
        "name",
        "max_uses",
        "allowed_domains",
        "blocked_domains",
        "user_location",
        "cache_control",
        "allowed_callers",
        "response_inclusion",
    ];
    only(&path, tool, &FIELDS)?;
    if tool.get("name").and_then(Value::as_str) != Some("web_search") {
        return Err(ApiError::invalid(format!("{path}.name: Input should be 'web_search'")));
    }
    if tool.contains_key("allowed_domains") && tool.contains_key("blocked_domains") {
        return Err(ApiError::invalid(format!("{path}: only one of allowed_domains and blocked_domains can be given")));
    }
    if tool.get("max_uses").is_some_and(|uses| uses.as_u64().is_none_or(|uses| uses == 0)) {
        return Err(ApiError::invalid(format!("{path}.max_uses: Input should be greater than 0")));
    }
    Ok("web_search")
}

/// Checks that every object in a strict schema sets `additionalProperties` to false.
fn check_closed(path: &str, schema: &Value) -> Result<(), ApiError> {
    match schema {
        Value::Object(fields) => {
            if fields.get("type").and_then(Value::as_str) == Some("object")
                && fields.get("additionalProperties") != Some(&Value::Bool(false))
            {
                let message = format!("{path}: For 'object' type, 'additionalProperties' must be explicitly set to false");
                return Err(ApiError::invalid(message));
            }
            fields.iter().try_for_each(|(name, inner)| check_closed(&format!("{path}.{name}"), inner))
        }
        Value::Array(inner) => {
            inner.iter().enumerate().try_for_each(|(index, inner)| check_closed(&format!("{path}.{index}"), inner))
        }
        _ => Ok(()),
    }
}

/// The number of optional fields of an object schema.
fn optional_in(schema: &Value) -> usize {
    let fields = schema.get("properties").and_then(Value::as_object).map_or(0, Map::len);
    fields.saturating_sub(schema.get("required").and_then(Value::as_array).map_or(0, Vec::len))
}

/// Checks the fields of a content block. `issued`: the stub has sent this block itself, so it must accept it.
pub(super) fn check_block(path: &str, block: &Value, issued: bool) -> Result<(), ApiError> {
    let fields = object(path, block)?;
    let kind = fields.get("type").and_then(Value::as_str).ok_or_else(|| ApiError::required(&format!("{path}.type")))?;
    let known: &[&str] = match kind {
        "text" => &["text", "citations", "cache_control"],
        "thinking" => &["thinking", "signature"],
        "redacted_thinking" => &["data"],
        "tool_use" => &["id", "name", "input", "caller", "cache_control"],
        "tool_result" => &["tool_use_id", "content", "is_error", "cache_control"],
        "image" => &["source", "transformations", "cache_control"],
        "document" => &["source", "title", "context", "citations", "cache_control"],
        "search_result" => &["source", "title", "citations", "content", "cache_control"],
        "tool_reference" => &["tool_name", "cache_control"],
        _ if issued => return Ok(()),
        other => {
            return Err(ApiError::invalid(format!(
                "{path}: Input tag '{other}' found using 'type' does not match any of the expected tags"
            )));
        }
    };
    let typed = format!("{path}.{kind}");
    for field in fields.keys() {
        if field != "type" && !known.contains(&field.as_str()) {
            return Err(ApiError::extra(&format!("{typed}.{field}")));
        }
    }
    match kind {
        "text" => check_text(path, fields, "messages: text content blocks must be non-empty"),
        "tool_use" => check_tool_use(&typed, fields),
        "tool_result" => check_tool_result(&typed, fields),
        "thinking" => {
            required_at(&typed, fields, "thinking", Value::is_string)?;
            required_at(&typed, fields, "signature", Value::is_string)
        }
        "redacted_thinking" => required_at(&typed, fields, "data", Value::is_string),
        "image" | "document" => sources::check(&typed, fields, kind == "image"),
        _ => Ok(()),
    }?;
    fields.get("cache_control").map_or(Ok(()), |control| check_cache_control(&format!("{typed}.cache_control"), control))
}

fn check_tool_use(path: &str, fields: &Map<String, Value>) -> Result<(), ApiError> {
    required_at(path, fields, "id", Value::is_string)?;
    required_at(path, fields, "name", Value::is_string)?;
    let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(ApiError::invalid(format!("{path}.id: String should match pattern '^[a-zA-Z0-9_-]+$'")));
    }
    match fields.get("input") {
        None => Err(ApiError::required(&format!("{path}.input"))),
        Some(Value::Object(_)) => Ok(()),
        Some(_) => Err(ApiError::invalid(format!("{path}.input: Input should be a valid dictionary"))),
    }
}

fn check_tool_result(path: &str, fields: &Map<String, Value>) -> Result<(), ApiError> {
    required_at(path, fields, "tool_use_id", Value::is_string)?;
    if fields.get("is_error").is_some_and(|flag| !flag.is_boolean()) {
        return Err(ApiError::invalid(format!("{path}.is_error: Input should be a valid boolean")));
    }
    match fields.get("content") {
        None | Some(Value::String(_)) => Ok(()),
        Some(Value::Array(inner)) => {
            inner.iter().enumerate().try_for_each(|(index, block)| match block.get("type").and_then(Value::as_str) {
                Some("text" | "image" | "document" | "search_result" | "tool_reference") => {
                    check_block(&format!("{path}.content.{index}"), block, false)
                }
                _ => Err(ApiError::invalid(format!("{path}.content.{index}: Input tag found using 'type' does not match"))),
            })
        }
        Some(_) => Err(ApiError::invalid(format!("{path}.content: Input should be a valid string"))),
    }
}

fn check_text(path: &str, fields: &Map<String, Value>, empty: &str) -> Result<(), ApiError> {
    let text = fields.get("text").and_then(Value::as_str).ok_or_else(|| ApiError::required(&format!("{path}.text.text")))?;
    if let Some(control) = fields.get("cache_control") {
        check_cache_control(&format!("{path}.cache_control"), control)?;
        if text.is_empty() {
            return Err(ApiError::invalid(format!("{path}.text: cache_control cannot be set for empty text blocks")));
        }
    }
    if text.is_empty() {
        return Err(ApiError::invalid(empty));
    }
    if text.trim().is_empty() {
        return Err(ApiError::invalid(empty.replace("be non-empty", "contain non-whitespace text")));
    }
    Ok(())
}

fn check_cache_control(path: &str, control: &Value) -> Result<(), ApiError> {
    let fields = object(path, control)?;
    only(path, fields, &["type", "ttl"])?;
    one_of(&format!("{path}.type"), fields.get("type"), &["ephemeral"])?;
    fields.get("ttl").map_or(Ok(()), |ttl| one_of(&format!("{path}.ttl"), Some(ttl), &["5m", "1h"]).map(|_| ()))
}
