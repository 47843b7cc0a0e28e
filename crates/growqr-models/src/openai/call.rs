//! One call: probe the server if needed, build the request, read the reply and its cost.

use super::accumulate::{Accumulator, CompleteReply};
use super::discover::Program;
use super::errors::CallErrors;
use super::request::Shape;
use super::{OpenAi, bearer, request};
use crate::encoded::Encoded;
use crate::http::{OnDelta, ResponseHead, RetryDecision, ServiceErrors, Stage, Timeouts, failure};
use crate::tool_input::used_call_ids;
use growqr_core::attachment::AttachmentKind;
use growqr_core::id::AgentId;
use growqr_core::model::{Failure, FailureKind, ModelRequest, Reply, StopReason, Usage};
use growqr_core::money::Money;
use growqr_core::prompt::Role;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A token is at most about this many bytes, apart from runs of one character. Gives a lower bound of a text's tokens.
const MAX_BYTES_PER_TOKEN: u64 = 6;

/// Most texts have more bytes per token than this. Gives a high estimate of a text's tokens.
const LOW_BYTES_PER_TOKEN: u64 = 3;

/// English text and JSON have about this many bytes per token.
const USUAL_BYTES_PER_TOKEN: u64 = 4;

/// How long a local server that died in the middle of an answer is waited for.
const RETURN_LIMIT: Duration = Duration::from_secs(120);

/// The tokens of a message and an answer that is worth it.
const SHORT_CONVERSATION: u64 = 2_000;

/// A smaller context window is full after a few turns.
pub const SMALLEST_WINDOW: u64 = 16_000;

/// The output limit is never lower than this.
const MIN_OUTPUT_TOKENS: u64 = 256;

/// How a request is written.
#[derive(Clone, Copy, Debug)]
struct Form {
    shape: Shape,
    max_tokens: u64,
}

impl ServiceErrors for CallErrors<'_> {
    fn service_name(&self) -> String {
        CallErrors::service_name(self)
    }

    fn name_and_address(&self) -> String {
        CallErrors::name_and_address(self)
    }

    fn classify(&self, head: &ResponseHead, body: &[u8]) -> RetryDecision {
        CallErrors::classify(self, head, body)
    }

    fn unreachable(&self, cause: &str) -> Failure {
        CallErrors::unreachable(self, cause)
    }

    fn stream_error(&self, body: &Value, stage: Stage) -> Failure {
        CallErrors::stream_error(self, body, stage)
    }
}

impl OpenAi {
    /// See [`growqr_core::model::Model::call`].
    pub(super) async fn run_call(&self, request: &ModelRequest, on_delta: OnDelta<'_>) -> Result<Reply, Failure> {
        let model = request.segment.model.as_str();
        if self.should_probe(model) {
            // If the probe fails, the window stays a guess; the call itself shows whether the server responds.
            self.probe_model(model).await;
        }
        let config = &self.config;
        let secret = config.key.as_ref().map_or("", |key| key.expose());
        let numbers = Mutex::default();
        let has_history = request.messages.iter().any(|message| message.role == Role::Assistant);
        let errors = CallErrors { base: &config.base, program: self.program(), model, secret, numbers, has_history };
        let shape = if self.is_strict.load(Ordering::Relaxed) { Shape::Strict } else { Shape::Usual };
        let start = request::start(request, shape);
        let size = start.len() + self.end_of_body(request.max_tokens).len();
        let files = Encoded::of(request, &[AttachmentKind::Image]);
        let bytes = files.as_text(size as u64, USUAL_BYTES_PER_TOKEN);
        self.check_prompt_fits(&errors, bytes)?;
        let form = Form { shape, max_tokens: self.output_limit(model, bytes).min(request.max_tokens) };
        let mut reply = self.attempt(request, start, form, &errors, on_delta).await;
        if let Some(mended) = reply.as_ref().err().and_then(|failure| self.mend(form, failure, &errors)) {
            tracing::debug!(model, ?mended, "the request is sent again in another form");
            reply = self.attempt(request, request::start(request, mended.shape), mended, &errors, on_delta).await;
        }
        let reply = reply.map(|(answer, request_id)| {
            let answered = answer.into_reply(&used_call_ids(request), request.messages.len());
            self.reply(model, answered, bytes, request_id)
        });
        match &reply {
            Ok(reply) => tracing::debug!(model, request_id = reply.request_id, usage = ?reply.usage, "the model answered"),
            Err(failure) => {
                tracing::debug!(model, kind = ?failure.kind, "the call failed");
                self.has_broken_off.store(failure.kind.is_retryable(), Ordering::Relaxed);
            }
        }
        reply.map_err(|failure| errors.with_address(errors.judged(self.with_size(request, failure))))
    }

    /// Tells it if the window is too small for GrowQR. If not even a short conversation fits, a shorter message does not help.
    fn with_size(&self, request: &ModelRequest, failure: Failure) -> Failure {
        let window = self.window(&request.segment.model);
        let fixed = request.segment.encode().1.len() as u64 / USUAL_BYTES_PER_TOKEN;
        if failure.kind != FailureKind::PromptTooLong || !window.is_reported || window.tokens >= SMALLEST_WINDOW {
            return failure;
        }
        let kind = if fixed + SHORT_CONVERSATION <= window.tokens { failure.kind } else { FailureKind::Rejected };
        let text = format!(
            "The context window of {:?} has {} tokens, which is too small for GrowQR: it needs {SMALLEST_WINDOW}, and its \
             instructions and tools alone take about {fixed}. Give the model a larger window on its server, or choose another model. ({})",
            request.segment.model, window.tokens, failure.message
        );
        Failure { kind, message: text, ..failure }
    }

    fn end_of_body(&self, max_tokens: u64) -> String {
        let limit = if self.config.base.is_openai() { "max_completion_tokens" } else { "max_tokens" };
        request::end(limit, max_tokens)
    }

    async fn attempt(
        &self,
        request: &ModelRequest,
        start: String,
        form: Form,
        errors: &CallErrors<'_>,
        on_delta: OnDelta<'_>,
    ) -> Result<(Accumulator, Option<String>), Failure> {
        let config = &self.config;
        // A local server that has died in the middle of an answer is often started again.
        let is_restarting = self.has_broken_off.swap(false, Ordering::Relaxed) && config.base.is_local_network();
        let timeouts = Timeouts {
            first: config.first_timeout,
            idle: config.idle_timeout,
            comments_extend_first: true,
            wait_for_return: is_restarting.then_some(RETURN_LIMIT),
        };
        let http = self.request(start + &self.end_of_body(form.max_tokens))?;
        let new_reply = || Accumulator::new(request);
        self.service.call(&http, &request.agent, timeouts, errors, new_reply, on_delta).await
    }

    /// The form in which a refused request may be accepted. What the refusal says of the server is remembered.
    fn mend(&self, form: Form, failure: &Failure, errors: &CallErrors<'_>) -> Option<Form> {
        if form.shape == Shape::Usual && CallErrors::is_about_form(failure) {
            self.is_strict.store(true, Ordering::Relaxed);
            return Some(Form { shape: Shape::Strict, ..form });
        }
        let numbers = *errors.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let window = numbers.window.filter(|_| failure.kind == FailureKind::PromptTooLong)?;
        if !self.learn_window(errors.model, window) {
            return None;
        }
        let room = window.checked_sub(numbers.prompt?)?;
        (room >= MIN_OUTPUT_TOKENS && room < form.max_tokens).then_some(Form { max_tokens: room, ..form })
    }

    /// Checks the key with a request for the list of models, which is free. A server without keys accepts any key.
    ///
    /// # Errors
    /// [`FailureKind::Key`] if the server refuses the key. Any other failure means that the key could not be checked, also
    /// because the server answers without one.
    pub async fn check(&self) -> Result<(), Failure> {
        if !self.config.base.may_have_key() {
            let text = "The key is not sent to an http:// address on another computer, so it could not be checked.";
            return Err(failure(FailureKind::Rejected, text, None));
        }
        let secret = self.config.key.as_ref().map_or("", |key| key.expose());
        let errors = CallErrors {
            base: &self.config.base,
            program: self.program(),
            model: "",
            secret,
            numbers: Mutex::default(),
            has_history: false,
        };
        let idle = self.config.idle_timeout;
        let timeouts = Timeouts { first: idle, idle, comments_extend_first: true, wait_for_return: None };
        let list = || Request::new(Method::GET, self.config.base.join("models"));
        let open = async |http| self.service.open(http, &AgentId::new("check"), timeouts, &errors, &|_| ()).await.map(drop);
        match open(list()).await {
            Ok(()) => {
                let text = "The server answers without a key too, so this key could not be checked.";
                Err(failure(FailureKind::Rejected, text, None))
            }
            Err(failure) if failure.kind == FailureKind::Offline => Err(failure),
            Err(_) => open(self.with_key(list())?).await,
        }
    }

    fn request(&self, body: String) -> Result<Request, Failure> {
        let mut http = self.with_key(Request::new(Method::POST, self.config.base.join("chat/completions")))?;
        http.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        http.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        *http.body_mut() = Some(body.into());
        Ok(http)
    }

    /// Adds the key, if there is one and the address may get it.
    fn with_key(&self, mut http: Request) -> Result<Request, Failure> {
        if let Some(key) = self.config.key.as_ref().filter(|_| self.config.base.may_have_key()) {
            let key = bearer(key).ok_or_else(|| {
                failure(
                    FailureKind::Key,
                    "The key for the model server is empty or has characters that are not allowed in a key.",
                    None,
                )
            })?;
            http.headers_mut().insert(AUTHORIZATION, key);
        }
        Ok(http)
    }

    /// Refuses a prompt that cannot fit into the window, for servers that do not refuse it themselves: Ollama silently drops
    /// the beginning of the prompt, and LM Studio may respond with an empty reply.
    fn check_prompt_fits(&self, errors: &CallErrors<'_>, bytes: u64) -> Result<(), Failure> {
        let window = self.window(errors.model);
        let is_silent = errors.program.is_some_and(Program::loads_models);
        if !is_silent || !window.is_reported || bytes / MAX_BYTES_PER_TOKEN <= window.tokens {
            return Ok(());
        }
        let step = match errors.program {
            Some(Program::Ollama) => "start Ollama with OLLAMA_CONTEXT_LENGTH=32768",
            _ => "load the model with a larger context length",
        };
        let text = format!(
            "The conversation does not fit into the {} tokens that {} gives {:?}; for a larger window, {step}.",
            window.tokens,
            errors.service_name(),
            errors.model
        );
        Err(failure(FailureKind::PromptTooLong, &text, None))
    }

    /// The largest output limit that a strict server accepts for this prompt: vLLM refuses a request whose prompt and output
    /// limit together exceed the window.
    fn output_limit(&self, model: &str, bytes: u64) -> u64 {
        let window = self.window(model);
        if window.is_reported {
            window.tokens.saturating_sub(bytes / LOW_BYTES_PER_TOKEN).max(MIN_OUTPUT_TOKENS)
        } else {
            u64::MAX
        }
    }

    /// Builds the reply. Token counts that the server did not send are a high estimate. The cost is zero for a free model and
    /// unknown for any other.
    fn reply(&self, model: &str, answered: CompleteReply, bytes: u64, request_id: Option<String>) -> Reply {
        let estimate = Usage {
            input_tokens: bytes.div_ceil(LOW_BYTES_PER_TOKEN),
            output_tokens: answered.bytes.div_ceil(LOW_BYTES_PER_TOKEN),
            ..Usage::default()
        };
        let usage = answered.counts.usage(&estimate);
        if !usage.is_estimate {
            self.note_prompt(model, usage.prompt_tokens());
        }
        let window = self.window(model);
        let is_full = window.is_reported && usage.prompt_tokens() + usage.output_tokens >= window.tokens;
        let stop = match answered.stop {
            StopReason::MaxTokens if is_full => StopReason::ContextFull,
            other => other,
        };
        let cost = self.prices(model).map(|_| Money::ZERO);
        let model = answered.model.unwrap_or_else(|| model.to_owned());
        Reply { content: answered.content, stop, usage, model, request_id, cost }
    }
}
