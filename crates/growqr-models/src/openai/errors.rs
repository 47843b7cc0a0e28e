//! Classifies the errors of a server: retry, or a failure with a message for the user. Servers differ: an error may be an
//! object or plain text, may have one of several statuses, or may arrive as an event after a 200.

use super::{BaseUrl, Program};
use crate::http::{ResponseHead, RetryDecision, Stage, redact_and_shorten};
use crate::lenient::{count, error_message, read_error_body, scalar, status_of};
use growqr_core::model::{Failure, FailureKind};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// The call that failed; its methods build the failures.
pub(super) struct CallErrors<'a> {
    pub base: &'a BaseUrl,
    pub program: Option<Program>,
    pub model: &'a str,
    /// The key. It is redacted if the server repeats it in a message.
    pub secret: &'a str,
    /// What the server said last about a prompt that did not fit.
    pub numbers: Mutex<Numbers>,
    /// Whether the request has earlier answers of the model.
    pub has_history: bool,
}

/// The sizes that a server names when it refuses a prompt, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The context window in use.
    pub window: Option<u64>,
    /// The prompt.
    pub prompt: Option<u64>,
}

impl Numbers {
    /// Reads them from the fields of an error, or from its words.
    fn read(body: &Value) -> Numbers {
        let error = &body["error"];
        let message = error_message(body);
        let after = |phrases: &[&str]| phrases.iter().find_map(|phrase| number_after(&message, phrase));
        let before = |phrases: &[&str]| phrases.iter().find_map(|phrase| number_before(&message, phrase));
        let windows =
            ["maximum context length is", "context length of only", "context length of", "context window of", "context size ("];
        Numbers {
            window: count(&error["n_ctx"]).or_else(|| after(&windows)),
            prompt: count(&error["n_prompt_tokens"])
                .or_else(|| before(&["in the messages", "in your prompt", "input tokens", "in the input"])),
        }
    }
}

/// The number right after a phrase.
fn number_after(text: &str, phrase: &str) -> Option<u64> {
    let (_, rest) = text.split_once(phrase)?;
    Some(leading_number(rest.trim_start())?.0)
}

/// The number right before a phrase, perhaps with the word "tokens" in between.
fn number_before(text: &str, phrase: &str) -> Option<u64> {
    let (rest, _) = text.split_once(phrase)?;
    let rest = rest.trim_end().trim_end_matches("tokens").trim_end();
    let is_part = |char: char| char.is_ascii_digit() || SEPARATORS.contains(&char) || thousands(char).is_some();
    let run = &rest[rest.trim_end_matches(is_part).len()..];
    let starts = run.char_indices().map(|(at, _)| at).filter(|at| !run[..*at].ends_with(|char: char| char.is_ascii_digit()));
    starts.filter_map(|at| leading_number(&run[at..])).find_map(|(number, rest)| rest.is_empty().then_some(number))
}

/// What may stand between groups of three digits.
const SEPARATORS: [char; 6] = [',', '.', '_', '\'', '\u{a0}', '\u{202f}'];

/// The number that a text begins with, such as 131072, 131,072 or 128k, and the text after it.
fn leading_number(text: &str) -> Option<(u64, &str)> {
    let digits_of = |text: &str| text.len() - text.trim_start_matches(|char: char| char.is_ascii_digit()).len();
    let (mut digits, mut rest) = text.split_at(digits_of(text));
    let mut number: u64 = digits.parse().ok()?;
    while let Some(group) = rest.strip_prefix(SEPARATORS).filter(|group| digits.len() <= 3 && digits_of(group) == 3) {
        (digits, rest) = group.split_at(3);
        number = number.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
    }
    // "128k" may mean 131,072: the lower value is safe.
    let mut letters = rest.chars();
    match letters.next().and_then(thousands).filter(|_| !letters.next().is_some_and(char::is_alphanumeric)) {
        Some(times) => Some((number.checked_mul(times)?, &rest[1..])),
        None => Some((number, rest)),
    }
}

/// What the letter after a number multiplies it by.
fn thousands(letter: char) -> Option<u64> {
    match letter {
        'k' | 'K' => Some(1_000),
        'm' | 'M' => Some(1_000_000),
        _ => None,
    }
}

impl CallErrors<'_> {
    /// The server's name, for use inside a sentence.
    pub fn service_name(&self) -> String {
        match self.program {
            Some(program) if program != Program::Other => program.name().to_owned(),
            _ if self.base.is_openai() => "OpenAI".to_owned(),
            _ => format!("the model server at {}", self.base),
        }
    }

    /// The server's name and address, for use inside a sentence.
    pub fn name_and_address(&self) -> String {
        let name = self.service_name();
        if self.base.is_openai() || name.contains(self.base.text()) { name } else { format!("{name} at {}", self.base) }
    }

    /// Classifies a response whose status is not 200.
    pub fn classify(&self, head: &ResponseHead, body: &[u8]) -> RetryDecision {
        let parsed = read_error_body(body);
        let server_message = error_message(&parsed);
        let kind = self.kind(head.status, &parsed);
        self.note_numbers(kind, &parsed);
        let message = self.sentence(kind, head.status, &redact_and_shorten(&server_message, self.secret));
        let failure = Failure { kind, message, request_id: head.request_id.clone() };
        // A retry would fail again: waiting restores no credit and enlarges no window.
        if !head.is_retryable() || !matches!(kind, FailureKind::Busy | FailureKind::Unavailable) {
            return RetryDecision::Fail(failure);
        }
        let reason = match head.status {
            429 => "rate limited".to_owned(),
            503 => "the server is not ready yet".to_owned(),
            other => format!("HTTP {other}"),
        };
        // A chat template that cannot render this conversation fails with 500 each time.
        RetryDecision::Retry { after: head.requested_wait(), reason, failure, is_final_twice: head.status == 500 }
    }

    /// The failure for an error that came with a 200. Before the reply has begun it is classified like an error response.
    pub fn stream_error(&self, body: &Value, stage: Stage) -> Failure {
        let server_message = error_message(body);
        let shown = redact_and_shorten(&server_message, self.secret);
        let status = status_of(body);
        let kind = self.kind(status.unwrap_or(400), body);
        self.note_numbers(kind, body);
        let (kind, message) = match kind {
            _ if stage != Stage::Early => {
                (FailureKind::Broken, format!("{} stopped in the middle of the answer: {shown}", self.service_name()))
            }
            FailureKind::Rejected | FailureKind::PastRefused if status.is_none() => {
                (FailureKind::Unavailable, format!("{} gave no answer but an error: {shown}", self.service_name()))
            }
            kind => (kind, self.sentence(kind, status.unwrap_or(400), &shown)),
        };
        Failure { kind, message, request_id: None }
    }

    fn note_numbers(&self, kind: FailureKind, body: &Value) {
        if kind == FailureKind::PromptTooLong {
            *self.numbers.lock().unwrap_or_else(PoisonError::into_inner) = Numbers::read(body);
        }
    }

    /// Whether the server refuses the form of the conversation, which [`super::request::Shape::Strict`] may mend.
    pub fn is_about_form(failure: &Failure) -> bool {
        let is_id = contains_any(&failure.message, &["tool call id", "tool_call_id"])
            && contains_any(&failure.message, &["length of 9", "a-z", "9 char"]);
        let is_order = ["unexpected role", "after role", "roles must alternate", "conversation roles", "jinja", "chat template"];
        matches!(failure.kind, FailureKind::Rejected | FailureKind::PastRefused | FailureKind::Unavailable)
            && (is_id || contains_any(&failure.message, &is_order))
    }

    /// A template of the server that fails for these earlier answers at each try counts as a refusal of them.
    pub fn judged(&self, failure: Failure) -> Failure {
        let is_past = self.has_history && failure.kind == FailureKind::Unavailable && CallErrors::is_about_form(&failure);
        if is_past { Failure { kind: FailureKind::PastRefused, ..failure } } else { failure }
    }

    /// The kind of an error. A refusal that names no other cause may be about the earlier answers: without them the server may
    /// accept the conversation.
    fn kind(&self, status: u16, body: &Value) -> FailureKind {
        let server_message = error_message(body);
        let is_about_tools = contains_any(&server_message, &["support tool"]);
        match kind(status, &code(body), &server_message) {
            FailureKind::Rejected if self.has_history && matches!(status, 400 | 422) && !is_about_tools => {
                FailureKind::PastRefused
            }
            kind => kind,
        }
    }

    /// The failure with the address in use, if its message does not name it.
    pub fn with_address(&self, mut failure: Failure) -> Failure {
        let is_named = self.base.is_openai() || failure.message.contains(self.base.text());
        failure.message = capitalized(&failure.message);
        if !is_named {
            failure.message = format!("{} (The address in use is {}.)", failure.message, self.base);
        }
        failure
    }

    /// The failure for a server that cannot be reached.
    pub fn unreachable(&self, cause: &str) -> Failure {
        let step = match self.program {
            _ if !self.base.is_local_network() => "Check the network and the setting openai.base_url.".to_owned(),
            Some(Program::LmStudio) => "Start its server (in LM Studio: Developer, or: lms server start).".to_owned(),
            Some(Program::Ollama) => START_OLLAMA.to_owned(),
            None if self.base.is_same(&BaseUrl::of_port(super::OLLAMA_PORT)) => START_OLLAMA.to_owned(),
            _ => "Start it, or correct the setting openai.base_url.".to_owned(),
        };
        let proxy = self.base.proxy_in_words();
        let message = format!(
            "No model server answers at {}{proxy}. {step} Or choose another model: growqr config set model guide ({cause})",
            self.base
        );
        Failure { kind: FailureKind::Offline, message, request_id: None }
    }

    /// The message for the user: what failed, followed by the server's own message.
    fn sentence(&self, kind: FailureKind, status: u16, server_message: &str) -> String {
        let name = self.service_name();
        let start = match kind {
            FailureKind::Key if status == 403 => format!("{name} does not allow this key to do that"),
            FailureKind::Key if self.secret.is_empty() => {
                format!("{name} wants an API key, and there is none; add it: growqr keys set openai")
            }
            FailureKind::Key => format!("{name} does not accept the API key; check it, or add one: growqr keys set openai"),
            FailureKind::NoCredit => format!("{name} says that there is no credit left"),
            FailureKind::PromptTooLong => {
                format!("The conversation is longer than the context window of {:?} on {name}", self.model)
            }
            FailureKind::TooLarge => format!("The request is too large for {name}"),
            FailureKind::UnknownModel => format!("{name} has no model {:?}{}", self.model, self.pull_hint()),
            FailureKind::Busy => format!("The rate limit of {name} is reached"),
            FailureKind::Unavailable if status == 503 => format!("{name} is not ready; it may still be loading the model"),
            FailureKind::Unavailable => format!("{name} has a temporary problem (HTTP {status})"),
            _ if contains_any(server_message, &["support tools", "support tool"]) => {
                format!("The model {:?} cannot use tools, which GrowQR needs; choose another, such as qwen3:8b", self.model)
            }
            _ if status == 404 => {
                format!("{name} has no chat API at this address; check whether openai.base_url should end in /v1 (HTTP 404)")
            }
            _ => format!("{name} refused the request (HTTP {status})"),
        };
        if server_message.is_empty() { format!("{start}.") } else { format!("{start}: {server_message}") }
    }

    fn pull_hint(&self) -> String {
        match self.program {
            // The model's id comes from a setting. Text from the server must never become part of a command to type.
            Some(Program::Ollama) => format!("; get it with: ollama pull {}", self.model),
            _ => String::new(),
        }
    }
}

/// A sentence may begin with the name of the server.
fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn code(body: &Value) -> String {
    let error = if body.is_array() { &body[0]["error"] } else { &body["error"] };
    let code = |name: &str| scalar(&error[name]).unwrap_or_default();
    format!("{} {}", code("code"), code("type"))
}

const START_OLLAMA: &str = "Start Ollama (ollama serve).";

fn contains_any(text: &str, parts: &[&str]) -> bool {
    let text = text.to_lowercase();
    parts.iter().any(|part| text.contains(part))
}

fn kind(status: u16, code: &str, server_message: &str) -> FailureKind {
    let too_long = contains_any(server_message, &["context"])
        && contains_any(server_message, &["exceed", "maximum", "overflow", "too long", "larger", "greater", "not enough"])
        || contains_any(code, &["context_length_exceeded", "exceed_context_size"])
        || contains_any(server_message, &["prompt is too long", "input is too long"]);
    let no_model = contains_any(code, &["model_not_found"])
        || contains_any(server_message, &["model"])
            && contains_any(server_message, &["not found", "does not exist", "no models loaded", "unknown model"]);
    match status {
        402 => FailureKind::NoCredit,
        _ if contains_any(code, &["insufficient_quota"]) => FailureKind::NoCredit,
        401 | 403 => FailureKind::Key,
        400 | 404 | 413 | 422 | 500 if too_long => FailureKind::PromptTooLong,
        400 | 404 | 422 if no_model => FailureKind::UnknownModel,
        413 => FailureKind::TooLarge,
        429 => FailureKind::Busy,
        408 | 409 | 500.. => FailureKind::Unavailable,
        _ => FailureKind::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_sizes_of_a_refusal_are_read() {
        let table = [
            (
                json!({"error": {"message": "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (4900 in the messages, 4100 in the completion)."}}),
                (Some(8192), Some(4900)),
            ),
            (json!({"error": {"message": "exceeds", "n_prompt_tokens": 9000, "n_ctx": 4096}}), (Some(4096), Some(9000))),
            (
                json!({"error": "the model is loaded with context length of only 4096 tokens, which is not enough"}),
                (Some(4096), None),
            ),
            (
                json!({"error": "maximum context length is 131,072 tokens, but there are 139,264 tokens in your prompt"}),
                (Some(131_072), Some(139_264)),
            ),
            (json!({"error": "context window of 128k; 200K tokens in the input"}), (Some(128_000), Some(200_000))),
            (json!({"error": "context window of 1M."}), (Some(1_000_000), None)),
            (json!({"error": "context length of 1_048_576.5, 12 in the input"}), (Some(1_048_576), Some(12))),
            (json!({"error": "context size (8192,4900 in the input)"}), (Some(8_192), Some(4_900))),
            (json!({"error": "context size (4096 keys)"}), (Some(4_096), None)),
            (json!({"error": "context window of 99999999999999999999"}), (None, None)),
            (json!({"error": "too long"}), (None, None)),
        ];
        for (body, (window, prompt)) in table {
            assert_eq!(Numbers::read(&body), Numbers { window, prompt }, "{body}");
        }
    }

    #[test]
    fn error_messages_of_real_servers_are_classified() {
        let table = [
            // OpenAI and vLLM.
            (
                400,
                "",
                "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
                FailureKind::PromptTooLong,
            ),
            // llama.cpp.
            (
                400,
                "exceed_context_size_error",
                "the request exceeds the available context size, try increasing it",
                FailureKind::PromptTooLong,
            ),
            (503, "unavailable_error", "Loading model", FailureKind::Unavailable),
            // LM Studio.
            (
                400,
                "",
                "Trying to keep the first 11149 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
                FailureKind::PromptTooLong,
            ),
            (404, "", "No models loaded. Please load a model in the developer page", FailureKind::UnknownModel),
            // Ollama.
            (404, "api_error", "model 'qwen3:8b' not found", FailureKind::UnknownModel),
            (400, "api_error", "registry.ollama.ai/library/gemma:2b does not support tools", FailureKind::Rejected),
            // OpenAI.
            (
                404,
                "model_not_found",
                "The model `gpt-9` does not exist or you do not have access to it.",
                FailureKind::UnknownModel,
            ),
            (429, "insufficient_quota", "You exceeded your current quota, please check your plan", FailureKind::NoCredit),
            (429, "rate_limit_exceeded", "Rate limit reached for gpt-5", FailureKind::Busy),
            (404, "", "404 page not found", FailureKind::Rejected),
            (401, "invalid_api_key", "Incorrect API key provided", FailureKind::Key),
        ];
        for (status, code, server_message, expected) in table {
            assert_eq!(kind(status, code, server_message), expected, "{status} {server_message}");
        }
    }
}
