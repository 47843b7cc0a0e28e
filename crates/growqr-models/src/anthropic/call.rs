//! One call: wait for a turn, send, try again where that is safe, read the stream.

use super::accumulate::{Accumulator, StreamError};
use super::limiter::Permit;
use super::retry::{self, Head, Verdict};
use super::sse::Parser;
use super::{Anthropic, client, request};
use futures_util::{FutureExt, StreamExt};
use growqr_core::id::AgentId;
use growqr_core::model::{Delta, Failure, FailureKind, ModelRequest, Reply};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Request, Response, Url};
use std::error::Error;
use std::time::Duration;
use tokio::time::Instant;

type OnDelta<'a> = &'a (dyn Fn(Delta) + Send + Sync);

/// How much of an error's body is read; the rest is not worth waiting for.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// How much of a list is read.
const LIST_LIMIT: usize = 8 * 1024 * 1024;

/// The wait before a connection is tried again is a random time up to this.
const RECONNECT: Duration = Duration::from_millis(500);

/// What one attempt came to.
enum Attempt {
    Opened(Response),
    Judged(Verdict),
    NoConnection(Failure),
}

impl Anthropic {
    /// Makes a call as [`growqr_core::model::Model::call`] promises.
    pub(super) async fn ask(&self, request: &ModelRequest, on_delta: OnDelta<'_>) -> Result<Reply, Failure> {
        let model = request.segment.model.as_str();
        let body = request::body(request);
        if body.len() > request::BODY_LIMIT {
            let text = "The conversation is larger than the 32 MB that Anthropic takes in one request.";
            return Err(self.failure(FailureKind::TooLarge, text, None));
        }
        let mut http = self.request(Method::POST, "/v1/messages")?;
        http.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *http.body_mut() = Some(body.into());
        // The permit is kept until the stream has ended.
        let (response, _permit) = self.open(http, &request.agent, model, on_delta).await?;
        let reply = self.read(response, on_delta).await;
        match &reply {
            Ok(reply) => tracing::debug!(model, request_id = reply.request_id, usage = ?reply.usage, "the model answered"),
            Err(failure) => tracing::debug!(model, kind = ?failure.kind, "the answer broke off"),
        }
        reply
    }

    /// Gets a list, with the same patience as a call.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let http = self.request(Method::GET, path)?;
        let (response, _permit) = self.open(http, &AgentId::new("models"), "", &|_| ()).await?;
        let body = body_of(response, LIST_LIMIT);
        tokio::time::timeout(self.config.idle_timeout, body).await.map_err(|_| self.silent(None))
    }

    fn request(&self, method: Method, path: &str) -> Result<Request, Failure> {
        let url = format!("{}{path}", self.config.base_url.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| {
            self.failure(FailureKind::Rejected, "The address of Anthropic (ANTHROPIC_BASE_URL) is not a URL.", None)
        })?;
        let mut key = HeaderValue::from_str(self.config.key.expose()).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
            self.failure(FailureKind::Key, "The Anthropic API key is empty or has characters that no key has.", None)
        })?;
        key.set_sensitive(true);
        let mut http = Request::new(method, url);
        http.headers_mut().insert("x-api-key", key);
        http.headers_mut().insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        Ok(http)
    }

    /// Sends a request until the service answers with 200, or until there is no point in going on.
    async fn open(
        &self,
        http: Request,
        agent: &AgentId,
        model: &str,
        on_delta: OnDelta<'_>,
    ) -> Result<(Response, Permit), Failure> {
        let policy = self.config.retry;
        let mut tries: u32 = 0;
        let mut connects: u32 = 0;
        loop {
            let permit = self.turn(agent).await;
            let copy = http.try_clone().expect("the body is held in memory, so the request can be copied");
            let (wait, reason) = match self.attempt(copy, model).await? {
                Attempt::Opened(response) => return Ok((response, permit)),
                Attempt::Judged(Verdict::Fail(failure)) => return Err(failure),
                Attempt::NoConnection(failure) => {
                    connects += 1;
                    if connects >= policy.connect_tries {
                        return Err(failure);
                    }
                    (self.config.pace.up_to(RECONNECT), "no connection".to_owned())
                }
                Attempt::Judged(Verdict::Retry { after, reason, failure }) => {
                    tries += 1;
                    if tries >= policy.tries || after.is_some_and(|after| after > policy.patience) {
                        return Err(failure);
                    }
                    let wait = after.unwrap_or_else(|| self.config.pace.up_to(policy.most(tries)));
                    if failure.kind == FailureKind::Busy {
                        // The limit is the key's: whoever else uses it would only run into it as well.
                        self.limiter.keep_quiet(self.config.pace.now() + wait);
                    }
                    (wait, reason)
                }
            };
            drop(permit);
            let attempt = tries + connects;
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(%agent, attempt, wait_ms, reason, "trying again");
            on_delta(Delta::Retrying { attempt, wait_ms, reason });
            self.config.pace.sleep(wait).await;
        }
    }

    /// Waits for a place, and for the end of a quiet time that some call of the same key has met.
    async fn turn(&self, agent: &AgentId) -> Permit {
        loop {
            let permit = self.limiter.permit(agent).await;
            let quiet = self.limiter.quiet_for(self.config.pace.now());
            if quiet.is_zero() {
                return permit;
            }
            drop(permit);
            self.config.pace.sleep(quiet).await;
        }
    }

    async fn attempt(&self, http: Request, model: &str) -> Result<Attempt, Failure> {
        let client = self.client()?;
        let sent = tokio::time::timeout(self.config.idle_timeout, client.execute(http)).await;
        let response = match sent {
            Err(_) => return Err(self.silent(None)),
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => {
                let cause = root_cause(&error);
                tracing::debug!(cause, "no connection");
                let text = format!("There is no connection to {}; check the network. ({cause})", self.host());
                return Ok(Attempt::NoConnection(self.failure(FailureKind::Offline, &text, None)));
            }
            // The request may have arrived, so it may have been billed.
            Ok(Err(error)) => {
                tracing::debug!(cause = root_cause(&error), "the connection broke");
                return Err(self.failure(FailureKind::Broken, "The connection to Anthropic broke before an answer came.", None));
            }
        };
        let head = head_of(&response);
        if head.status == 200 {
            return Ok(Attempt::Opened(response));
        }
        // A body that does not come is a body without words: the status says enough.
        let body = body_of(response, ERROR_BODY_LIMIT);
        let body = tokio::time::timeout(self.config.connect_timeout, body).await.unwrap_or_default();
        let verdict = retry::judge(&head, &body, model, self.config.key.expose());
        tracing::debug!(status = head.status, request_id = head.request_id, "the service did not answer the request");
        Ok(Attempt::Judged(verdict))
    }

    async fn read(&self, response: Response, on_delta: OnDelta<'_>) -> Result<Reply, Failure> {
        let request_id = header(response.headers(), "request-id");
        let kind = header(response.headers(), "content-type").unwrap_or_default();
        if !kind.is_empty() && !kind.starts_with("text/event-stream") {
            let text = "Something other than Anthropic answered; a proxy or a login page of the network may be in between.";
            return Err(self.failure(FailureKind::Unavailable, text, request_id));
        }
        let mut stream = response.bytes_stream();
        let mut parser = Parser::default();
        let mut answer = Accumulator::default();
        let mut deadline = Instant::now() + self.config.idle_timeout;
        while !answer.is_complete() {
            let chunk = match tokio::time::timeout_at(deadline, stream.next()).await {
                Err(_) => return Err(self.silent(request_id)),
                Ok(None | Some(Err(_))) => {
                    return Err(self.failure(FailureKind::Broken, "The answer broke off before it was complete.", request_id));
                }
                Ok(Some(Ok(chunk))) => chunk,
            };
            let events = parser.push(&chunk).map_err(|error| self.garbled(&error.to_string(), request_id.clone()))?;
            if !events.is_empty() {
                deadline = Instant::now() + self.config.idle_timeout;
            }
            for event in events {
                answer.take(&event, on_delta).map_err(|error| self.stream_failure(&error, request_id.clone()))?;
            }
        }
        // With the end of the body read, if it is there already, the connection can serve the next call.
        let _ = stream.next().now_or_never();
        Ok(answer.reply(request_id))
    }

    fn client(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let built = client::build(&self.config).map_err(|error| {
            tracing::debug!(?error, "the HTTP client cannot be made");
            self.failure(FailureKind::Offline, "Secure connections are not possible on this machine.", None)
        })?;
        // Two first calls at once may both build one; the first is kept.
        Ok(self.client.get_or_init(|| built))
    }

    fn host(&self) -> String {
        let url = Url::parse(&self.config.base_url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "Anthropic".to_owned())
    }

    fn stream_failure(&self, error: &StreamError, request_id: Option<String>) -> Failure {
        match error {
            StreamError::Reported(words) => {
                let words = retry::tidy(words, self.config.key.expose());
                self.failure(FailureKind::Broken, &format!("Anthropic broke the answer off: {words}"), request_id)
            }
            other => self.garbled(&other.to_string(), request_id),
        }
    }

    fn garbled(&self, why: &str, request_id: Option<String>) -> Failure {
        self.failure(FailureKind::Broken, &format!("The answer was garbled: {why}."), request_id)
    }

    fn silent(&self, request_id: Option<String>) -> Failure {
        let text = format!("Nothing came from Anthropic for {} seconds.", self.config.idle_timeout.as_secs());
        self.failure(FailureKind::Broken, &text, request_id)
    }

    pub(super) fn failure(&self, kind: FailureKind, message: &str, request_id: Option<String>) -> Failure {
        Failure { kind, message: message.to_owned(), request_id }
    }
}

/// The innermost error's words: those that tell a name that is not found from a certificate that is not trusted.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    retry::tidy(&cause.to_string(), "")
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn head_of(response: &Response) -> Head {
    let headers = response.headers();
    Head {
        status: response.status().as_u16(),
        retry_after_ms: header(headers, "retry-after-ms"),
        retry_after: header(headers, "retry-after"),
        should_retry: header(headers, "x-should-retry"),
        request_id: header(headers, "request-id"),
    }
}

/// A body up to a limit; what cannot be read is left out.
async fn body_of(response: Response, limit: usize) -> Vec<u8> {
    let mut stream = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(Ok(chunk)) = stream.next().await {
        body.extend_from_slice(&chunk);
        if body.len() >= limit {
            break;
        }
    }
    body
}
