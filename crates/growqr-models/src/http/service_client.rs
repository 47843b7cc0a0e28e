//! The client for one service: acquires a permit, sends the request, retries where that is safe, reads the event stream.
//!
//! It does not know the API of the service: [`ServiceErrors`] classifies the service's errors, [`ReplyBuilder`] parses its
//! events.

use super::client;
use super::config::ClientConfig;
use super::failure;
use super::limiter::{Limiter, Permit};
use super::retry::{ResponseHead, RetryDecision, header, redact_and_shorten};
use super::sse::Parser;
use futures_util::{FutureExt, StreamExt};
use growqr_core::id::AgentId;
use growqr_core::model::{Delta, Failure, FailureKind};
use reqwest::{Request, Response};
use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// Callback for the parts of a reply as they arrive, and for retries.
pub(crate) type OnDelta<'a> = &'a (dyn Fn(Delta) + Send + Sync);

/// At most this many bytes of an error response's body are read.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// The wait before the next attempt to connect is a random time up to this.
const RECONNECT: Duration = Duration::from_millis(500);

/// Why a stream did not become a reply.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("an event of the stream cannot be read")]
    Unreadable,
    #[error("the events of the stream are out of order")]
    OutOfOrder,
    #[error("the stream ended before the answer was complete")]
    Unfinished,
    #[error("{0}")]
    FromService(String),
}

/// Turns the errors of one service into failures with a message for the user.
pub(crate) trait ServiceErrors: Send + Sync {
    /// The service's name, for use inside a sentence.
    fn service_name(&self) -> String;
    /// What to do about a response whose status is not 200.
    fn classify(&self, head: &ResponseHead, body: &[u8]) -> RetryDecision;
    /// The failure for a connection that could not be opened.
    fn unreachable(&self, cause: &str) -> Failure;
    /// The failure for an error event in the stream. `begun`: a part of the reply had already arrived.
    fn stream_error(&self, message: &str, begun: bool) -> Failure;
}

/// Builds a reply from the events of a stream.
pub(crate) trait ReplyBuilder: Send {
    /// Adds the data of one event.
    fn push_event(&mut self, data: &str, on_delta: OnDelta<'_>) -> Result<(), StreamError>;
    /// Whether a part of the reply has arrived.
    fn has_begun(&self) -> bool;
    /// Whether the reply is complete, so that the stream need not be read any further.
    fn is_complete(&self) -> bool;
    /// Whether the reply is valid if the stream ends now.
    fn may_end(&self) -> bool {
        self.is_complete()
    }
}

/// Idle timeouts of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// Before the first event.
    pub first: Duration,
    /// Between events.
    pub idle: Duration,
    /// Whether bytes that complete no event, such as comments, restart the timeout as well.
    pub comments_are_activity: bool,
}

/// One HTTP client and one limiter for all calls to a service.
pub(crate) struct ServiceClient {
    config: ClientConfig,
    limiter: Arc<Limiter>,
    client: OnceLock<reqwest::Client>,
}

/// Why a request got no response.
enum SendError {
    /// The service has not received the request.
    NoConnection(Failure),
    /// The service may have received the request and billed it.
    Broken(Failure),
}

/// The result of one attempt.
enum Attempt {
    Opened(Response),
    Refused(RetryDecision),
    NoConnection(Failure),
}

impl ServiceClient {
    /// Cheap: the first call builds the HTTP client and loads the certificates.
    pub fn new(config: ClientConfig) -> ServiceClient {
        let limiter = Limiter::new(config.max_concurrent);
        ServiceClient { config, limiter, client: OnceLock::new() }
    }

    /// Sends a request and retries it until the service responds with 200 or the retry policy gives up. The caller keeps
    /// the returned permit until the stream has ended.
    pub async fn open(
        &self,
        http: Request,
        agent: &AgentId,
        timeouts: Timeouts,
        errors: &dyn ServiceErrors,
        on_delta: OnDelta<'_>,
    ) -> Result<(Response, Permit), Failure> {
        let policy = self.config.retry;
        let mut tries: u32 = 0;
        let mut connects: u32 = 0;
        loop {
            let permit = self.acquire_permit(agent).await;
            let copy = http.try_clone().expect("the body is held in memory, so the request can be copied");
            let (wait, reason) = match self.attempt(copy, timeouts, errors).await? {
                Attempt::Opened(response) => return Ok((response, permit)),
                Attempt::Refused(RetryDecision::Fail(failure)) => return Err(failure),
                Attempt::NoConnection(failure) => {
                    connects += 1;
                    if connects >= policy.connect_tries {
                        return Err(failure);
                    }
                    (self.config.timer.jitter(RECONNECT), "no connection".to_owned())
                }
                Attempt::Refused(RetryDecision::Retry { after, reason, failure }) => {
                    tries += 1;
                    if tries >= policy.tries || after.is_some_and(|after| after > policy.max_retry_after) {
                        return Err(failure);
                    }
                    let wait = after.unwrap_or_else(|| self.config.timer.jitter(policy.backoff_limit(tries)));
                    if failure.kind == FailureKind::Busy {
                        // Rate limits apply to the key, so other calls with it would be refused as well.
                        self.limiter.pause_until(self.config.timer.now() + wait);
                    }
                    (wait, reason)
                }
            };
            drop(permit);
            self.back_off((agent, tries + connects), wait, reason, on_delta).await;
        }
    }

    /// Waits before the next attempt after the service responded with 200 and then sent an error event before the reply
    /// began, which means that it is busy. `refused` counts these attempts. Returns `false` when all retries are used up.
    pub async fn wait_after_early_error(&self, agent: &AgentId, refused: u32, on_delta: OnDelta<'_>) -> bool {
        let policy = self.config.retry;
        if refused >= policy.tries {
            return false;
        }
        let wait = self.config.timer.jitter(policy.backoff_limit(refused));
        self.limiter.pause_until(self.config.timer.now() + wait);
        self.back_off((agent, refused), wait, "busy".to_owned(), on_delta).await;
        true
    }

    /// Delays the next call of any agent: a reply has just broken off, and an immediate request would add load.
    pub fn pause_all_calls(&self) {
        let wait = self.config.timer.jitter(self.config.retry.backoff_limit(1));
        self.limiter.pause_until(self.config.timer.now() + wait);
    }

    async fn back_off(&self, (agent, attempt): (&AgentId, u32), wait: Duration, reason: String, on_delta: OnDelta<'_>) {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(%agent, attempt, wait_ms, reason, "the request will be sent again");
        on_delta(Delta::Retrying { attempt, wait_ms, reason });
        self.config.timer.sleep(wait).await;
    }

    /// Reads the stream into `answer` until the reply is complete. Returns the request id from the response headers.
    pub async fn read(
        &self,
        response: Response,
        timeouts: Timeouts,
        errors: &dyn ServiceErrors,
        answer: &mut dyn ReplyBuilder,
        on_delta: OnDelta<'_>,
    ) -> Result<Option<String>, Failure> {
        let request_id = super::retry::request_id(response.headers());
        let kind = header(response.headers(), "content-type").unwrap_or_default();
        if !kind.is_empty() && !kind.starts_with("text/event-stream") {
            let text = format!(
                "The response did not come from {}: a proxy or a login page of the network may have intercepted the request.",
                errors.service_name()
            );
            return Err(failure(FailureKind::Unavailable, &text, request_id));
        }
        let mut stream = response.bytes_stream();
        let mut parser = Parser::default();
        let mut limit = timeouts.first;
        let mut deadline = Instant::now() + limit;
        while !answer.is_complete() {
            let chunk = match tokio::time::timeout_at(deadline, stream.next()).await {
                Err(_) => return Err(idle_timeout_failure(&errors.service_name(), limit, request_id)),
                Ok(None) if answer.may_end() => break,
                Ok(None | Some(Err(_))) => {
                    return Err(failure(FailureKind::Broken, "The answer broke off before it was complete.", request_id));
                }
                Ok(Some(Ok(chunk))) => chunk,
            };
            let events = parser.push(&chunk).map_err(|error| unreadable(&error.to_string(), request_id.clone()))?;
            if !events.is_empty() {
                limit = timeouts.idle;
            }
            if !events.is_empty() || timeouts.comments_are_activity {
                deadline = Instant::now() + limit;
            }
            for event in events {
                let begun = answer.has_begun();
                answer.push_event(&event, on_delta).map_err(|error| match error {
                    StreamError::FromService(message) => {
                        Failure { request_id: request_id.clone(), ..errors.stream_error(&message, begun) }
                    }
                    other => unreadable(&other.to_string(), request_id.clone()),
                })?;
            }
        }
        // Reads the end of the body if it has already arrived: only then can the connection be reused.
        let _ = stream.next().now_or_never();
        Ok(request_id)
    }

    /// Waits for a permit, and for the end of a pause that another call with the same key has caused.
    async fn acquire_permit(&self, agent: &AgentId) -> Permit {
        loop {
            let permit = self.limiter.permit(agent).await;
            let pause = self.limiter.pause_left(self.config.timer.now());
            if pause.is_zero() {
                return permit;
            }
            drop(permit);
            self.config.timer.sleep(pause).await;
        }
    }

    async fn attempt(&self, http: Request, timeouts: Timeouts, errors: &dyn ServiceErrors) -> Result<Attempt, Failure> {
        let response = match self.execute(http, timeouts.first, errors).await {
            Ok(response) => response,
            Err(SendError::NoConnection(failure)) => return Ok(Attempt::NoConnection(failure)),
            Err(SendError::Broken(failure)) => return Err(failure),
        };
        let head = ResponseHead::of(&response);
        if head.status == 200 {
            return Ok(Attempt::Opened(response));
        }
        // A body that does not arrive in time counts as empty: the status is enough.
        let body = body_of(response, ERROR_BODY_LIMIT);
        let body = tokio::time::timeout(self.config.connect_timeout, body).await.unwrap_or_default();
        tracing::debug!(status = head.status, request_id = head.request_id, "the service refused the request");
        Ok(Attempt::Refused(errors.classify(&head, &body)))
    }

    /// Sends a request once, and returns the response whatever its status. The caller keeps the returned permit until the body
    /// has ended.
    pub async fn send_once(
        &self,
        http: Request,
        agent: &AgentId,
        limit: Duration,
        errors: &dyn ServiceErrors,
    ) -> Result<(Response, Permit), Failure> {
        let permit = self.acquire_permit(agent).await;
        let response = self.execute(http, limit, errors).await.map_err(|error| match error {
            SendError::NoConnection(failure) | SendError::Broken(failure) => failure,
        })?;
        let head = ResponseHead::of(&response);
        if matches!(head.status, 429 | 529) {
            // Rate limits apply to the key, so other calls with it would be refused as well.
            let wait = head.requested_wait().unwrap_or_else(|| self.config.timer.jitter(self.config.retry.backoff_limit(1)));
            self.limiter.pause_until(self.config.timer.now() + wait.min(self.config.retry.max_backoff));
        }
        Ok((response, permit))
    }

    async fn execute(&self, http: Request, limit: Duration, errors: &dyn ServiceErrors) -> Result<Response, SendError> {
        let client = self.client().map_err(SendError::NoConnection)?;
        match tokio::time::timeout(limit, client.execute(http)).await {
            Err(_) => Err(SendError::Broken(idle_timeout_failure(&errors.service_name(), limit, None))),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.is_connect() => {
                let cause = root_cause(&error);
                tracing::debug!(cause, "the connection could not be opened");
                Err(SendError::NoConnection(errors.unreachable(&cause)))
            }
            // Not retried: the service may have received the request and billed it.
            Ok(Err(error)) => {
                tracing::debug!(cause = root_cause(&error), "the connection broke before the response");
                let text = format!("The connection to {} broke before it answered.", errors.service_name());
                Err(SendError::Broken(failure(FailureKind::Broken, &text, None)))
            }
        }
    }

    /// The HTTP client; the first call builds it.
    pub fn client(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let built = client::build(&self.config).map_err(|error| {
            tracing::debug!(?error, "the HTTP client could not be built");
            failure(FailureKind::Offline, "TLS cannot be set up on this machine.", None)
        })?;
        // Two concurrent first calls may both build a client; the first one stays.
        Ok(self.client.get_or_init(|| built))
    }
}

fn unreadable(why: &str, request_id: Option<String>) -> Failure {
    failure(FailureKind::Broken, &format!("The answer cannot be read: {why}."), request_id)
}

/// The failure for a stream on which nothing arrived for `limit`.
pub(crate) fn idle_timeout_failure(service: &str, limit: Duration, request_id: Option<String>) -> Failure {
    let text = format!("Nothing came from {service} for {} seconds.", limit.as_secs());
    failure(FailureKind::Broken, &text, request_id)
}

/// The message of the innermost error. The outer ones do not distinguish an unknown host name from an untrusted certificate.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    redact_and_shorten(&cause.to_string(), "")
}

/// Reads a body until its end, a read error or a size of about `limit`; returns what was read.
pub(crate) async fn body_of(response: Response, limit: usize) -> Vec<u8> {
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
