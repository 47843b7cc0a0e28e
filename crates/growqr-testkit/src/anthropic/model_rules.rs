//! Rules that depend on the model, for a request whose fields are valid.

use super::api_error::ApiError;
use super::models::{Adaptive, Disabled, Row, Sampling};
use serde_json::{Map, Value};

/// The thinking settings of a request, with the model's defaults applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thinking {
    /// `adaptive`, `enabled`, `disabled` or `between_tools`.
    pub kind: String,
    /// Whether the text of the thinking is sent.
    pub shown: bool,
    /// Whether a thinking block bound to another conversation is dropped instead of refused.
    pub drop_block: bool,
}

impl Thinking {
    /// The settings for this request on this model.
    pub fn of(body: &Map<String, Value>, model: &Row) -> Thinking {
        let given = body.get("thinking");
        let field = |name: &str| given.and_then(|thinking| thinking.get(name)).and_then(Value::as_str);
        let default = if matches!(model.adaptive, Adaptive::Only | Adaptive::Default) { "adaptive" } else { "disabled" };
        let behaviour = given.and_then(|thinking| thinking.pointer("/block_binding/prefix_mismatch_behavior"));
        Thinking {
            kind: field("type").unwrap_or(default).to_owned(),
            shown: field("display").map_or(model.manual, |display| display != "omitted"),
            drop_block: behaviour.and_then(Value::as_str) == Some("drop_block"),
        }
    }

    /// Whether replies contain thinking blocks.
    pub fn is_on(&self) -> bool {
        self.kind != "disabled"
    }
}

/// The effort of the request, or the model's default.
pub(super) fn effort(body: &Map<String, Value>, model: &Row) -> Option<String> {
    let asked = body.get("output_config").and_then(|config| config.get("effort")).and_then(Value::as_str);
    asked.or(model.effort).map(str::to_owned)
}

/// Checks the rules of the model. Error messages are those of the service where they are known.
pub(super) fn check(body: &Map<String, Value>, model: &Row, strict_sampling: bool) -> Result<(), ApiError> {
    check_thinking(body, model)?;
    check_effort(body, model)?;
    check_sampling(body, model, strict_sampling)?;
    let forced = body.get("tool_choice").and_then(|choice| choice.get("type")).and_then(Value::as_str);
    let manual = body.get("thinking").and_then(|thinking| thinking.get("type")).and_then(Value::as_str) == Some("enabled");
    if matches!(forced, Some("any" | "tool")) && (!model.forced_tools || manual) {
        return Err(ApiError::invalid("tool_choice: type \"tool\" and \"any\" are not supported for this model."));
    }
    let Some(max_tokens) = body.get("max_tokens").and_then(Value::as_u64) else { return Ok(()) };
    if max_tokens > model.max_output {
        return Err(ApiError::invalid(format!(
            "max_tokens: {max_tokens} > {}, which is the maximum allowed number of output tokens for {}",
            model.max_output, model.id
        )));
    }
    let streamed = body.get("stream").and_then(Value::as_bool) == Some(true);
    let formatted = body.get("output_config").is_some_and(|config| config.get("format").is_some());
    if max_tokens == 0 && (streamed || manual || formatted || matches!(forced, Some("any" | "tool"))) {
        return Err(ApiError::invalid("max_tokens: must be greater than or equal to 1"));
    }
    Ok(())
}

fn check_thinking(body: &Map<String, Value>, model: &Row) -> Result<(), ApiError> {
    let Some(thinking) = body.get("thinking") else { return Ok(()) };
    let kind = thinking.get("type").and_then(Value::as_str).unwrap_or_default();
    let unsupported = |kind: &str| {
        Err(ApiError::invalid(format!(
            "\"thinking.type.{kind}\" is not supported for this model. Use \"thinking.type.adaptive\" and \
             \"output_config.effort\" to control thinking behavior."
        )))
    };
    match kind {
        "enabled" if !model.manual => unsupported("enabled"),
        "enabled" => {
            let budget = thinking.get("budget_tokens").and_then(Value::as_u64);
            let max_tokens = body.get("max_tokens").and_then(Value::as_u64).unwrap_or(u64::MAX);
            match budget {
                None => Err(ApiError::required("thinking.enabled.budget_tokens")),
                Some(..1024) => {
                    Err(ApiError::invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"))
                }
                Some(budget) if budget >= max_tokens => {
                    Err(ApiError::invalid("`max_tokens` must be greater than `thinking.budget_tokens`."))
                }
                Some(_) => Ok(()),
            }
        }
        "adaptive" if model.adaptive == Adaptive::No => {
            Err(ApiError::invalid("adaptive thinking is not supported on this model"))
        }
        "between_tools" if model.disabled != Disabled::BetweenTools => unsupported("between_tools"),
        "disabled" => match model.disabled {
            Disabled::Accepted => Ok(()),
            Disabled::Refused => unsupported("disabled"),
            Disabled::UpToHigh if matches!(effort(body, model).as_deref(), Some("xhigh" | "max")) => unsupported("disabled"),
            Disabled::UpToHigh => Ok(()),
            Disabled::BetweenTools => Err(ApiError::invalid(
                "To turn thinking off on this model, send \"thinking\": {\"type\": \"between_tools\"} instead of {\"type\": \
                 \"disabled\"}. The model does not think before responding. The short updates it writes between tool calls \
                 come back as thinking blocks.",
            )),
        },
        _ => Ok(()),
    }
}

fn check_effort(body: &Map<String, Value>, model: &Row) -> Result<(), ApiError> {
    let Some(effort) = body.get("output_config").and_then(|config| config.get("effort")).and_then(Value::as_str) else {
        return Ok(());
    };
    if model.effort.is_none() {
        return Err(ApiError::invalid("output_config.effort: This model does not support the effort parameter."));
    }
    let between = body.get("thinking").and_then(|thinking| thinking.get("type")).and_then(Value::as_str) == Some("between_tools");
    if between && matches!(effort, "xhigh" | "max") {
        return Err(ApiError::invalid("output_config.effort: \"between_tools\" supports only low, medium and high"));
    }
    Ok(())
}

fn check_sampling(body: &Map<String, Value>, model: &Row, strict: bool) -> Result<(), ApiError> {
    let given: Vec<&str> = ["temperature", "top_p", "top_k"].into_iter().filter(|name| body.contains_key(*name)).collect();
    let Some(first) = given.first() else { return Ok(()) };
    if strict {
        return Err(ApiError::extra(first));
    }
    let number = |name: &str| body.get(name).and_then(Value::as_f64);
    let fits = match model.sampling {
        Sampling::Any => true,
        Sampling::DefaultsOnly => given.iter().all(|name| *name != "top_k" && number(name) == Some(1.0)),
        Sampling::TemperatureOneOrTopP => {
            given.len() == 1 && (number("temperature") == Some(1.0) || number("top_p") == Some(0.99))
        }
    };
    if fits { Ok(()) } else { Err(ApiError::invalid(format!("`{first}` is not supported for this model"))) }
}
