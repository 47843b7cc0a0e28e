//! One call to Anthropic: the HTTP request, retries of early errors, and the errors that concern no HTTP status.

use super::accumulate::Accumulator;
use super::{Anthropic, errors, request};
use crate::http::{
    OnDelta, ResponseHead, RetryDecision, ServiceErrors, Timeouts, body_of, failure, idle_timeout_failure, redact_and_shorten,
};
use growqr_core::id::AgentId;
use growqr_core::model::{Failure, FailureKind, ModelRequest, Reply};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Response, Url};

/// At most this many bytes of a list are read.
const LIST_LIMIT: usize = 8 * 1024 * 1024;

/// The error messages for a call to one model.
pub(super) struct CallErrors<'a> {
    pub provider: &'a Anthropic,
    pub model: &'a str,
}

impl ServiceErrors for CallErrors<'_> {
    fn service_name(&self) -> String {
        "Anthropic".to_owned()
    }

    fn classify(&self, head: &ResponseHead, body: &[u8]) -> RetryDecision {
        errors::classify(head, body, self.model, self.provider.config.key.expose())
    }

    fn unreachable(&self, cause: &str) -> Failure {
        let text = format!("There is no connection to {}; check the network. ({cause})", self.provider.host());
        failure(FailureKind::Offline, &text, None)
    }

    /// Before the reply begins nothing is billed, and the error means that the service is overloaded.
    fn stream_error(&self, service_message: &str, begun: bool) -> Failure {
        let service_message = redact_and_shorten(service_message, self.provider.config.key.expose());
        if !begun {
            return failure(FailureKind::Busy, &format!("Anthropic is busy: {service_message}"), None);
        }
        failure(FailureKind::Aborted, &format!("Anthropic stopped in the middle of the answer: {service_message}"), None)
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
        let mut http = self.request(Method::POST, "/v1/messages")?;
        http.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *http.body_mut() = Some(body.into());
        let errors = CallErrors { provider: self, model };
        let mut refused = 0;
        let reply = loop {
            let copy = http.try_clone().expect("the body is held in memory, so the request can be copied");
            // The permit is kept until the stream has ended.
            let (response, permit) = self.service.open(copy, &request.agent, self.timeouts(), &errors, on_delta).await?;
            let reply = self.read(response, &errors, on_delta).await;
            drop(permit);
            refused += 1;
            let is_busy = reply.as_ref().is_err_and(|failure| failure.kind == FailureKind::Busy);
            if !is_busy || !self.service.wait_after_early_error(&request.agent, refused, on_delta).await {
                break reply;
            }
        };
        match &reply {
            Ok(reply) => tracing::debug!(model, request_id = reply.request_id, usage = ?reply.usage, "the model answered"),
            Err(failure) => {
                tracing::debug!(model, kind = ?failure.kind, "reading the reply failed");
                if failure.kind.is_retryable() {
                    self.service.pause_all_calls();
                }
            }
        }
        reply
    }

    async fn read(&self, response: Response, errors: &CallErrors<'_>, on_delta: OnDelta<'_>) -> Result<Reply, Failure> {
        let mut answer = Accumulator::default();
        let request_id = self.service.read(response, self.timeouts(), errors, &mut answer, on_delta).await?;
        Ok(answer.reply(request_id))
    }

    /// Gets a list, with the same retries and timeouts as a call.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let http = self.request(Method::GET, path)?;
        let errors = CallErrors { provider: self, model: "" };
        let (response, _permit) = self.service.open(http, &AgentId::new("models"), self.timeouts(), &errors, &|_| ()).await?;
        let limit = self.config.idle_timeout;
        tokio::time::timeout(limit, body_of(response, LIST_LIMIT))
            .await
            .map_err(|_| idle_timeout_failure(&errors.service_name(), limit, None))
    }

    /// Comments do not count as activity: this service sends ping events instead.
    fn timeouts(&self) -> Timeouts {
        Timeouts { first: self.config.idle_timeout, idle: self.config.idle_timeout, comments_are_activity: false }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Result<Request, Failure> {
        let url = format!("{}{path}", self.config.base_url.trim_end_matches('/'));
        let url = Url::parse(&url)
            .map_err(|_| failure(FailureKind::Rejected, "The address of Anthropic (ANTHROPIC_BASE_URL) is not a URL.", None))?;
        let mut key = HeaderValue::from_str(self.config.key.expose()).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
            failure(FailureKind::Key, "The Anthropic API key is empty or has characters that are not allowed in a key.", None)
        })?;
        key.set_sensitive(true);
        let mut http = Request::new(method, url);
        http.headers_mut().insert("x-api-key", key);
        http.headers_mut().insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        Ok(http)
    }

    fn host(&self) -> String {
        let url = Url::parse(&self.config.base_url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "Anthropic".to_owned())
    }
}
