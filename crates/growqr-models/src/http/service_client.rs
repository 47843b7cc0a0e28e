//! A line to one service: wait for a turn, send, try again where that is safe, read the stream.

use super::client;
use super::failure;
use super::limiter::{Limiter, Permit};
use super::retry::{ResponseHead, RetryDecision, RetryPolicy, header, redact_and_shorten};
use super::sse::Parser;
use super::timer::Timer;
use futures_util::{FutureExt, StreamExt};
use growqr_core::id::AgentId;
use growqr_core::model::{Delta, Failure, FailureKind};
use reqwest::{Request, Response};
use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// Told what happens on the way.
pub(crate) type OnDelta<'a> = &'a (dyn Fn(Delta) + Send + Sync);

/// How much of an error's body is read; the rest is not worth waiting for.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// The wait before a connection is tried again is a random time up to this.
const RECONNECT: Duration = Duration::from_millis(500);

/// Why a stream is no answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("an event of the stream cannot be read")]
    Unreadable,
    #[error("the events of the stream are out of order")]
    OutOfOrder,
    #[error("the stream ended before the answer did")]
    Unfinished,
    #[error("{0}")]
    FromService(String),
}

/// What one service says, in words for the person.
pub(crate) trait ServiceErrors: Send + Sync {
    /// The service's name in a sentence.
    fn service_name(&self) -> String;
    /// What an answer other than 200 means.
    fn classify(&self, head: &ResponseHead, body: &[u8]) -> RetryDecision;
    /// There is no connection, because of `cause`.
    fn unreachable(&self, cause: &str) -> Failure;
    /// The service said in mid-stream that it failed; `begun` if some of the answer had come.
    fn stream_error(&self, words: &str, begun: bool) -> Failure;
}

/// A streamed answer being put together.
pub(crate) trait ReplyBuilder: Send {
    /// Takes one event's data.
    fn push_event(&mut self, data: &str, on_delta: OnDelta<'_>) -> Result<(), StreamError>;
    /// Whether any of the answer has come.
    fn has_begun(&self) -> bool;
    /// Whether nothing more is to be waited for.
    fn is_complete(&self) -> bool;
    /// Whether it is an answer all the same if the stream ends here.
    fn may_end(&self) -> bool {
        self.is_complete()
    }
}

/// How long silence is borne.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// Before the first event.
    pub first: Duration,
    /// Between events.
    pub idle: Duration,
    /// Whether bytes that are no event, such as comments, are a sign of life, too.
    pub comments_are_activity: bool,
}

/// What a line needs to know.
pub(crate) struct ClientConfig {
    pub connect_timeout: Duration,
    pub retry: RetryPolicy,
    pub at_once: usize,
    pub timer: Arc<dyn Timer>,
    /// Whether TLS is never used on it.
    pub is_plain: bool,
    /// Whether no proxy stands in between.
    pub is_direct: bool,
}

/// One HTTP client and one limiter for everything that speaks to a service.
pub(crate) struct ServiceClient {
    config: ClientConfig,
    limiter: Arc<Limiter>,
    client: OnceLock<reqwest::Client>,
}

/// What one attempt came to.
enum Attempt {
    Opened(Response),
    Refused(RetryDecision),
    NoConnection(Failure),
}

impl ServiceClient {
    /// Makes a line. Cheap: the HTTP client and its TLS set-up are made with the first call.
    pub fn new(config: ClientConfig) -> ServiceClient {
        let limiter = Limiter::new(config.at_once);
        ServiceClient { config, limiter, client: OnceLock::new() }
    }

    /// Sends a request until the service answers with 200, or until there is no point in going on. The permit is kept
    /// until the stream has ended.
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
                        // The limit is the key's: whoever else uses it would only run into it as well.
                        self.limiter.pause_until(self.config.timer.now() + wait);
                    }
                    (wait, reason)
                }
            };
            drop(permit);
            self.back_off((agent, tries + connects), wait, reason, on_delta).await;
        }
    }

    /// Waits before a request is sent once more that was refused behind a 200, before its answer began: the service is
    /// busy. `false` if there is no point in going on.
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

    /// Whoever asks next waits a little: an answer has just broken off, and asking at once would not help the service.
    pub fn pause_all_calls(&self) {
        let wait = self.config.timer.jitter(self.config.retry.backoff_limit(1));
        self.limiter.pause_until(self.config.timer.now() + wait);
    }

    async fn back_off(&self, (agent, attempt): (&AgentId, u32), wait: Duration, reason: String, on_delta: OnDelta<'_>) {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(%agent, attempt, wait_ms, reason, "trying again");
        on_delta(Delta::Retrying { attempt, wait_ms, reason });
        self.config.timer.sleep(wait).await;
    }

    /// Reads a stream into `answer` until it is complete. Returns the stream's request id.
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
                "Something other than {} answered; a proxy or a login page of the network may be in between.",
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
                Err(_) => return Err(idle_timeout_failure(errors, limit, request_id)),
                Ok(None) if answer.may_end() => break,
                Ok(None | Some(Err(_))) => {
                    return Err(failure(FailureKind::Broken, "The answer broke off before it was complete.", request_id));
                }
                Ok(Some(Ok(chunk))) => chunk,
            };
            let events = parser.push(&chunk).map_err(|error| garbled(&error.to_string(), request_id.clone()))?;
            if !events.is_empty() {
                limit = timeouts.idle;
            }
            if !events.is_empty() || timeouts.comments_are_activity {
                deadline = Instant::now() + limit;
            }
            for event in events {
                let begun = answer.has_begun();
                answer.push_event(&event, on_delta).map_err(|error| match error {
                    StreamError::FromService(words) => {
                        Failure { request_id: request_id.clone(), ..errors.stream_error(&words, begun) }
                    }
                    other => garbled(&other.to_string(), request_id.clone()),
                })?;
            }
        }
        // With the end of the body read, if it is there already, the connection can serve the next call.
        let _ = stream.next().now_or_never();
        Ok(request_id)
    }

    /// Waits for a place, and for the end of a quiet time that some call of the same key has met.
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
        let client = self.client()?;
        let sent = tokio::time::timeout(timeouts.first, client.execute(http)).await;
        let response = match sent {
            Err(_) => return Err(idle_timeout_failure(errors, timeouts.first, None)),
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => {
                let cause = root_cause(&error);
                tracing::debug!(cause, "no connection");
                return Ok(Attempt::NoConnection(errors.unreachable(&cause)));
            }
            // The request may have arrived, so it may have been billed.
            Ok(Err(error)) => {
                tracing::debug!(cause = root_cause(&error), "the connection broke");
                let text = format!("The connection to {} broke before an answer came.", errors.service_name());
                return Err(failure(FailureKind::Broken, &text, None));
            }
        };
        let head = ResponseHead::of(&response);
        if head.status == 200 {
            return Ok(Attempt::Opened(response));
        }
        // A body that does not come is a body without words: the status says enough.
        let body = body_of(response, ERROR_BODY_LIMIT);
        let body = tokio::time::timeout(self.config.connect_timeout, body).await.unwrap_or_default();
        tracing::debug!(status = head.status, request_id = head.request_id, "the service did not answer the request");
        Ok(Attempt::Refused(errors.classify(&head, &body)))
    }

    /// The HTTP client, made with the first call.
    pub fn client(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let built = client::build(&self.config).map_err(|error| {
            tracing::debug!(?error, "the HTTP client cannot be made");
            failure(FailureKind::Offline, "Secure connections are not possible on this machine.", None)
        })?;
        // Two first calls at once may both build one; the first is kept.
        Ok(self.client.get_or_init(|| built))
    }
}

fn garbled(why: &str, request_id: Option<String>) -> Failure {
    failure(FailureKind::Broken, &format!("The answer was garbled: {why}."), request_id)
}

/// Nothing came for so long.
pub(crate) fn idle_timeout_failure(errors: &dyn ServiceErrors, limit: Duration, request_id: Option<String>) -> Failure {
    let text = format!("Nothing came from {} for {} seconds.", errors.service_name(), limit.as_secs());
    failure(FailureKind::Broken, &text, request_id)
}

/// The innermost error's words: those that tell a name that is not found from a certificate that is not trusted.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    redact_and_shorten(&cause.to_string(), "")
}

/// A body up to a limit; what cannot be read is left out.
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
