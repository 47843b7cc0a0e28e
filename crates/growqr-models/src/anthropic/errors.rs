//! Classifies responses whose status is not 200: retry, or a failure with a message for the user.

use crate::http::{ResponseHead, RetryDecision, redact_and_shorten};
use crate::lenient::{error_message, read_error_body, scalar, status_of};
use growqr_core::model::{Failure, FailureKind};
use serde_json::Value;

/// Classifies an error response. `secret` is the key; it is redacted if the service repeats it in its message.
pub(super) fn classify(head: &ResponseHead, body: &[u8], model: &str, secret: &str) -> RetryDecision {
    let parsed = read_error_body(body);
    let kind = kind(head.status, &parsed);
    let service_message = redact_and_shorten(&error_message(&parsed), secret);
    let failure = Failure {
        kind,
        message: sentence(kind, head.status, model, &service_message),
        request_id: head.request_id.clone().or_else(|| scalar(&parsed["request_id"])),
    };
    // Waiting does not restore a spent budget, even if a header asks for a retry.
    if !head.is_retryable() || kind == FailureKind::NoCredit {
        return RetryDecision::Fail(failure);
    }
    RetryDecision::Retry { after: head.requested_wait(), reason: reason(head.status), failure, is_final_twice: false }
}

/// The failure for an error that came with a 200 before the reply began; nothing is billed then. `None` if the error does not
/// tell its kind.
pub(super) fn early_failure(body: &Value, model: &str, secret: &str) -> Option<Failure> {
    let status = status_of(body)?;
    let kind = kind(status, body);
    let service_message = redact_and_shorten(&error_message(body), secret);
    let message = match kind {
        FailureKind::Busy => format!("Anthropic is busy: {service_message}"),
        kind => sentence(kind, status, model, &service_message),
    };
    Some(Failure { kind, message, request_id: scalar(&body["request_id"]) })
}

/// The sizes that a refusal of a long prompt names, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub prompt: u64,
    pub window: u64,
}

/// Reads the sizes from the words of the service: `201756 tokens > 200000 maximum`, or `178959 + 64000 > 200000`.
pub(super) fn sizes(failure: &Failure) -> Option<Sizes> {
    let (before, after) = failure.message.split_once('>').filter(|_| failure.kind == FailureKind::PromptTooLong)?;
    let number = |text: &str| {
        let digits = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse::<u64>().ok()
    };
    let prompt = match before.rsplit_once('+') {
        Some((prompt, _)) => prompt,
        None => before,
    };
    Some(Sizes { prompt: number(prompt.rsplit_once(':').map_or(prompt, |(_, last)| last))?, window: number(after)? })
}

/// How the service refuses a prompt that does not fit, and how servers of other models do that stand behind the same API.
const TOO_LONG: [&str; 5] = [
    "prompt is too long",
    "exceed context limit",
    // OpenAI and vLLM behind a proxy.
    "maximum context length",
    // LiteLLM.
    "ContextWindowExceeded",
    // llama.cpp.
    "available context size",
];

fn kind(status: u16, body: &Value) -> FailureKind {
    let message = error_message(body);
    let says = |fragment: &str| message.contains(fragment);
    let spent = says("You have reached your") && (says("API usage limits") || says("spend limit"))
        || ["enforced_spend_limit_reached", "contract_spend_limit_reached"]
            .iter()
            .any(|code| body["error"]["details"]["error_code"] == *code);
    match status {
        402 => FailureKind::NoCredit,
        _ if spent || says("credit balance is too low") => FailureKind::NoCredit,
        400 if TOO_LONG.iter().any(|words| says(words)) => FailureKind::PromptTooLong,
        400 if says("`signature` in `thinking`") => FailureKind::PastRefused,
        // Nothing is wrong with the conversation: it goes on when the search is off.
        400 if refuses_search(&message) => FailureKind::Key,
        401 | 403 => FailureKind::Key,
        404 if body["error"]["type"] == "not_found_error" && says("model") => FailureKind::UnknownModel,
        413 => FailureKind::TooLarge,
        429 | 529 => FailureKind::Busy,
        408 | 409 | 500.. => FailureKind::Unavailable,
        _ => FailureKind::Rejected,
    }
}

/// Whether the service does not search for this account or model. That it refuses what an earlier search has found, in a message of
/// the conversation, is something else.
fn refuses_search(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    (message.contains("web_search") || message.contains("web search")) && !message.contains("messages.")
}

/// The message for the user: what failed, followed by the service's own message.
fn sentence(kind: FailureKind, status: u16, model: &str, service_message: &str) -> String {
    let start = match kind {
        FailureKind::Key if status != 401 && refuses_search(service_message) => {
            "Anthropic does not search the web for this key or model; switch the search off (growqr config set web.search off)"
                .to_owned()
        }
        FailureKind::Key if status == 403 => "Anthropic does not allow this key to do that".to_owned(),
        FailureKind::Key => "Anthropic does not accept the API key; check it, or add another".to_owned(),
        FailureKind::NoCredit => "The Anthropic account has no credit left, or its spend limit is reached".to_owned(),
        FailureKind::PromptTooLong => "The conversation is too long for this model".to_owned(),
        FailureKind::PastRefused => "Anthropic does not accept the earlier messages of this conversation".to_owned(),
        FailureKind::TooLarge => "The request is too large for Anthropic".to_owned(),
        FailureKind::UnknownModel => format!("Anthropic has no model {model:?}"),
        FailureKind::Busy if status == 529 => "Anthropic is overloaded".to_owned(),
        FailureKind::Busy => "The rate limit of Anthropic for this key is reached".to_owned(),
        FailureKind::Unavailable => format!("Anthropic has a temporary problem (HTTP {status})"),
        _ => format!("Anthropic refused the request (HTTP {status})"),
    };
    if service_message.is_empty() { format!("{start}.") } else { format!("{start}: {service_message}") }
}

fn reason(status: u16) -> String {
    match status {
        429 => "rate limited".to_owned(),
        529 => "overloaded".to_owned(),
        other => format!("HTTP {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_of_a_refusal_are_read() {
        let read = |message: &str| {
            let failure = Failure { kind: FailureKind::PromptTooLong, message: message.to_owned(), request_id: None };
            sizes(&failure).map(|sizes| (sizes.prompt, sizes.window))
        };
        let long = "The conversation is too long for this model: prompt is too long: 201756 tokens > 200000 maximum";
        assert_eq!(read(long), Some((201_756, 200_000)));
        let output =
            "The conversation is too long: input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease";
        assert_eq!(read(output), Some((178_959, 200_000)));
        assert_eq!(read("prompt is too long"), None);
    }

    #[test]
    fn a_refused_search_keeps_the_conversation_and_says_how_to_switch_it_off() {
        let body = |message: &str| serde_json::json!({"error": {"type": "invalid_request_error", "message": message}});
        for (status, message) in [
            (400, "tools.4: 'web_search_20260318' is not supported for this model"),
            (400, "Web search is not enabled for this organization."),
            (403, "web_search is not allowed for this key"),
        ] {
            let kind = kind(status, &body(message));
            assert_eq!(kind, FailureKind::Key, "{message}");
            let said = sentence(kind, status, "claude", message);
            assert!(said.contains("growqr config set web.search off") && said.ends_with(message), "{said}");
        }
        let found = "messages.3.content.1: invalid `encrypted_content` in `web_search_tool_result`";
        assert_eq!(kind(400, &body(found)), FailureKind::Rejected);
    }

    #[test]
    fn a_prompt_that_does_not_fit_is_recognised_whoever_stands_behind_the_address() {
        let of = |message: &str| kind(400, &serde_json::json!({"error": {"type": "invalid_request_error", "message": message}}));
        for message in [
            "prompt is too long: 201756 tokens > 200000 maximum",
            "litellm.ContextWindowExceededError: OpenAIException - This model's maximum context length is 8192 tokens.",
            "the request exceeds the available context size, try increasing it",
        ] {
            assert_eq!(of(message), FailureKind::PromptTooLong, "{message}");
        }
        assert_eq!(of("messages.1.content.0: this block is not supported"), FailureKind::Rejected);
    }
}
