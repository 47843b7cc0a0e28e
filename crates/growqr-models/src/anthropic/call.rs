//! One call to Anthropic: the HTTP request, retries of early errors, and the errors that concern no HTTP status.

use super::accumulate::{Accumulator, LOW_BYTES_PER_TOKEN};
use super::block::Naming;
use super::{Anthropic, BASE_URL, errors, request};
use crate::encoded::Encoded;
use crate::http::{
    HostScope, OnDelta, ResponseHead, RetryDecision, ServiceErrors, Stage, Timeouts, body_of, failure, host_scope,
    idle_timeout_failure, redact_and_shorten,
};
use crate::lenient::error_message;
use crate::tool_input::used_call_ids;
use growqr_core::attachment::AttachmentKind;
use growqr_core::id::AgentId;
use growqr_core::model::{Failure, FailureKind, ModelRequest, Reply};
use growqr_core::prompt::Role;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::Value;

/// A request is not repeated for an answer with fewer tokens than this.
const MIN_OUTPUT_TOKENS: u64 = 256;

/// At most this many bytes of a list are read.
const LIST_LIMIT: usize = 8 * 1024 * 1024;

/// The header with the key.
const KEY_HEADER: &str = "x-api-key";

/// The error messages for a call to one model.
pub(super) struct CallErrors<'a> {
    pub provider: &'a Anthropic,
    pub model: &'a str,
    /// Whether the request has earlier answers of the model.
    pub has_history: bool,
}

impl CallErrors<'_> {
    /// A refusal that names no other cause may be about the earlier answers: without them the service may accept the conversation.
    fn judged(&self, status: u16, failure: Failure) -> Failure {
        let is_past = self.has_history && failure.kind == FailureKind::Rejected && matches!(status, 400 | 422);
        if is_past { Failure { kind: FailureKind::PastRefused, ..failure } } else { failure }
    }
}

impl ServiceErrors for CallErrors<'_> {
    fn service_name(&self) -> String {
        "Anthropic".to_owned()
    }

    fn name_and_address(&self) -> String {
        format!("Anthropic at {}", self.provider.address().unwrap_or_else(|| self.provider.host()))
    }

    fn classify(&self, head: &ResponseHead, body: &[u8]) -> RetryDecision {
        match errors::classify(head, body, self.model, self.provider.config.key.expose()) {
            RetryDecision::Fail(failure) => RetryDecision::Fail(self.judged(head.status, failure)),
            retry @ RetryDecision::Retry { .. } => retry,
        }
    }

    fn unreachable(&self, cause: &str) -> Failure {
        let proxy = self.provider.proxy_in_words();
        let step = if proxy.is_empty() { "check the network" } else { "check that proxy and the network" };
        let text = format!("There is no connection to {}{proxy}; {step}. ({cause})", self.provider.host());
        failure(FailureKind::Offline, &text, None)
    }

    /// Before the reply begins nothing is billed. Later any error ends the reply for this time, and the prompt may have been
    /// billed even if no content has arrived.
    fn stream_error(&self, body: &Value, stage: Stage) -> Failure {
        let key = self.provider.config.key.expose();
        let service_message = redact_and_shorten(&error_message(body), key);
        let known = errors::early_failure(body, self.model, key);
        match (stage, known) {
            (Stage::Early, Some(failure)) => failure,
            (Stage::Begun, _) => {
                let text = format!("Anthropic stopped in the middle of the answer: {service_message}");
                failure(FailureKind::Aborted, &text, None)
            }
            (Stage::Early, None) => {
                failure(FailureKind::Unavailable, &format!("Anthropic gave no answer but an error: {service_message}"), None)
            }
        }
    }
}

impl Anthropic {
    /// See [`growqr_core::model::Model::call`].
    pub(super) async fn run_call(&self, request: &ModelRequest, on_delta: OnDelta<'_>) -> Result<Reply, Failure> {
        let model = request.segment.model.as_str();
        let body = request::body(request);
        if body.len() > request::BODY_LIMIT {
            let text = "The conversation is larger than 32 MB, the most that Anthropic accepts in one request.";
            return Err(failure(FailureKind::TooLarge, text, None));
        }
        let files = Encoded::of(request, &[AttachmentKind::Image, AttachmentKind::Pdf]);
        let size = files.as_text(body.len() as u64, LOW_BYTES_PER_TOKEN);
        let has_history = request.messages.iter().any(|message| message.role == Role::Assistant);
        let errors = CallErrors { provider: self, model, has_history };
        let mut answer = self.attempt(request, body, &errors, on_delta).await;
        if let Some(room) = answer.as_ref().err().and_then(|failure| self.room_after(failure, request)) {
            let smaller = ModelRequest { max_tokens: room, ..request.clone() };
            answer = self.attempt(request, request::body(&smaller), &errors, on_delta).await;
        }
        let reply = answer.map(|(answer, request_id)| {
            let (used_ids, message_count) = (used_call_ids(request), request.messages.len());
            answer.reply(request_id, size, &mut Naming { used_ids, message_count, position: 0 })
        });
        match &reply {
            Ok(reply) => tracing::debug!(model, request_id = reply.request_id, usage = ?reply.usage, "the model answered"),
            Err(failure) => {
                tracing::debug!(model, kind = ?failure.kind, "reading the reply failed");
                if failure.kind.is_retryable() {
                    self.service.pause_all_calls();
                }
            }
        }
        reply.map_err(|failure| self.with_address(failure))
    }

    async fn attempt(
        &self,
        request: &ModelRequest,
        body: String,
        errors: &CallErrors<'_>,
        on_delta: OnDelta<'_>,
    ) -> Result<(Accumulator, Option<String>), Failure> {
        let mut http = self.request(Method::POST, "/v1/messages")?;
        http.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *http.body_mut() = Some(body.into());
        self.service.call(&http, &request.agent, self.timeouts(), errors, Accumulator::default, on_delta).await
    }

    /// The output limit that a refusal leaves room for, if it is lower than the one that was refused. The window that the refusal
    /// names counts from now on: the service knows it better than the table.
    fn room_after(&self, failure: &Failure, request: &ModelRequest) -> Option<u64> {
        let sizes = errors::sizes(failure)?;
        self.learn_window(&request.segment.model, sizes.window);
        let room = sizes.window.checked_sub(sizes.prompt)?;
        (room >= MIN_OUTPUT_TOKENS && room < request.max_tokens).then_some(room)
    }

    /// The failure with the address in use, if that is not the usual one.
    fn with_address(&self, mut failure: Failure) -> Failure {
        if self.config.base_url != BASE_URL
            && let Some(address) = self.address()
        {
            failure.message = format!("{} (The address in use is {address}; see ANTHROPIC_BASE_URL.)", failure.message);
        }
        failure
    }

    /// Gets a list, with the same retries and timeouts as a call.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.send_list_request(self.request(Method::GET, path)?).await
    }

    /// Like [`Anthropic::get`], without the key.
    pub(super) async fn get_without_key(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut http = self.request(Method::GET, path)?;
        http.headers_mut().remove(KEY_HEADER);
        self.send_list_request(http).await
    }

    async fn send_list_request(&self, http: Request) -> Result<Vec<u8>, Failure> {
        let errors = CallErrors { provider: self, model: "", has_history: false };
        let (response, _permit) = self.service.open(http, &AgentId::new("models"), self.timeouts(), &errors, &|_| ()).await?;
        let limit = self.config.idle_timeout;
        tokio::time::timeout(limit, body_of(response, LIST_LIMIT))
            .await
            .map_err(|_| idle_timeout_failure(&errors.service_name(), limit, None))
    }

    /// Comments do not count as activity: this service sends ping events instead.
    fn timeouts(&self) -> Timeouts {
        Timeouts {
            first: self.config.idle_timeout,
            idle: self.config.idle_timeout,
            comments_extend_first: false,
            wait_for_return: None,
        }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Result<Request, Failure> {
        let url = format!("{}{path}", self.config.base_url.trim_end_matches('/'));
        let url = Url::parse(&url)
            .map_err(|_| failure(FailureKind::Rejected, "The address of Anthropic (ANTHROPIC_BASE_URL) is not a URL.", None))?;
        if url.scheme() == "http" && host_scope(&url) != HostScope::Loopback {
            let text = "The address in ANTHROPIC_BASE_URL begins with http:// and is not on this computer, so the key would be \
                        sent unencrypted. Nothing was sent: write https://.";
            return Err(failure(FailureKind::Rejected, text, None));
        }
        let is_key = |key: &&str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        let key = Some(self.config.key.expose()).filter(is_key).and_then(|key| HeaderValue::from_str(key).ok());
        let mut key = key.ok_or_else(|| {
            failure(FailureKind::Key, "The Anthropic API key is empty or has characters that are not allowed in a key.", None)
        })?;
        key.set_sensitive(true);
        let mut http = Request::new(method, url);
        http.headers_mut().insert(KEY_HEADER, key);
        http.headers_mut().insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        Ok(http)
    }

    /// The address in use, without a name and password that may stand in it.
    fn address(&self) -> Option<String> {
        let url = Url::parse(&self.config.base_url).ok()?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path().trim_end_matches('/')))
    }

    /// See [`growqr_http::Proxies::in_words`].
    fn proxy_in_words(&self) -> String {
        let url = Url::parse(&self.config.base_url).ok().filter(|url| host_scope(url) != HostScope::Loopback);
        url.as_ref().map(growqr_http::Proxies::in_words).unwrap_or_default()
    }

    fn host(&self) -> String {
        let url = Url::parse(&self.config.base_url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "Anthropic".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anthropic::Config;
    use growqr_core::secret::Secret;
    use serde_json::json;

    #[test]
    fn no_error_after_the_start_is_free() {
        let provider = Anthropic::new(Config::new(Secret::new("key"), 1));
        let errors = CallErrors { provider: &provider, model: "m", has_history: false };
        for error in [json!({"error": "out of memory"}), json!({"error": {"type": "overloaded_error", "message": "full"}})] {
            let failure = errors.stream_error(&error, Stage::Begun);
            assert!(failure.kind == FailureKind::Aborted && failure.kind.may_be_billed(), "{failure}");
            assert!(!errors.stream_error(&error, Stage::Early).kind.may_be_billed());
        }
    }
}
