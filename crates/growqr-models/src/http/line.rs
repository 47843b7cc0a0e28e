//! A line to one service: wait for a turn, send, try again where that is safe, read the stream.

use super::client;
use super::config::LineConfig;
use super::failure;
use super::limiter::{Limiter, Permit};
use super::retry::{Head, Verdict, header, tidy};
use super::sse::Parser;
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
    Reported(String),
}

/// What one service says, in words for the person.
pub(crate) trait Voice: Send + Sync {
    /// The service's name in a sentence.
    fn name(&self) -> String;
    /// What an answer other than 200 means.
    fn judge(&self, head: &Head, body: &[u8]) -> Verdict;
    /// There is no connection, because of `cause`.
    fn unreachable(&self, cause: &str) -> Failure;
    /// The service said in mid-stream that it failed; `begun` if some of the answer had come.
    fn reported(&self, words: &str, begun: bool) -> Failure;
}

/// A streamed answer being put together.
pub(crate) trait Answer: Send {
    /// Takes one event's data.
    fn take(&mut self, data: &str, on_delta: OnDelta<'_>) -> Result<(), StreamError>;
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
pub(crate) struct Patience {
    /// Before the first event.
    pub first: Duration,
    /// Between events.
    pub idle: Duration,
    /// Whether bytes that are no event, such as comments, are a sign of life, too.
    pub comments_count: bool,
}

/// One HTTP client and one limiter for everything that speaks to a service.
pub(crate) struct Line {
    config: LineConfig,
    limiter: Arc<Limiter>,
    client: OnceLock<reqwest::Client>,
}

/// What one attempt came to.
enum Attempt {
    Opened(Response),
    Judged(Verdict),
    NoConnection(Failure),
}

impl Line {
    /// Makes a line. Cheap: the HTTP client and its TLS set-up are made with the first call.
    pub fn new(config: LineConfig) -> Line {
        let limiter = Limiter::new(config.at_once);
        Line { config, limiter, client: OnceLock::new() }
    }

    /// Sends a request until the service answers with 200, or until there is no point in going on. The permit is kept
    /// until the stream has ended.
    pub async fn open(
        &self,
        http: Request,
        agent: &AgentId,
        patience: Patience,
        voice: &dyn Voice,
        on_delta: OnDelta<'_>,
    ) -> Result<(Response, Permit), Failure> {
        let policy = self.config.retry;
        let mut tries: u32 = 0;
        let mut connects: u32 = 0;
        loop {
            let permit = self.turn(agent).await;
            let copy = http.try_clone().expect("the body is held in memory, so the request can be copied");
            let (wait, reason) = match self.attempt(copy, patience, voice).await? {
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
            self.pause((agent, tries + connects), wait, reason, on_delta).await;
        }
    }

    /// Waits before a request is sent once more that was refused behind a 200, before its answer began: the service is
    /// busy. `false` if there is no point in going on.
    pub async fn wait_behind_head(&self, agent: &AgentId, refused: u32, on_delta: OnDelta<'_>) -> bool {
        let policy = self.config.retry;
        if refused >= policy.tries {
            return false;
        }
        let wait = self.config.pace.up_to(policy.most(refused));
        self.limiter.keep_quiet(self.config.pace.now() + wait);
        self.pause((agent, refused), wait, "busy".to_owned(), on_delta).await;
        true
    }

    /// Whoever asks next waits a little: an answer has just broken off, and asking at once would not help the service.
    pub fn keep_quiet(&self) {
        let wait = self.config.pace.up_to(self.config.retry.most(1));
        self.limiter.keep_quiet(self.config.pace.now() + wait);
    }

    async fn pause(&self, (agent, attempt): (&AgentId, u32), wait: Duration, reason: String, on_delta: OnDelta<'_>) {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(%agent, attempt, wait_ms, reason, "trying again");
        on_delta(Delta::Retrying { attempt, wait_ms, reason });
        self.config.pace.sleep(wait).await;
    }

    /// Reads a stream into `answer` until it is complete. Returns the stream's request id.
    pub async fn read(
        &self,
        response: Response,
        patience: Patience,
        voice: &dyn Voice,
        answer: &mut dyn Answer,
        on_delta: OnDelta<'_>,
    ) -> Result<Option<String>, Failure> {
        let request_id = super::retry::request_id(response.headers());
        let kind = header(response.headers(), "content-type").unwrap_or_default();
        if !kind.is_empty() && !kind.starts_with("text/event-stream") {
            let text = format!(
                "Something other than {} answered; a proxy or a login page of the network may be in between.",
                voice.name()
            );
            return Err(failure(FailureKind::Unavailable, &text, request_id));
        }
        let mut stream = response.bytes_stream();
        let mut parser = Parser::default();
        let mut limit = patience.first;
        let mut deadline = Instant::now() + limit;
        while !answer.is_complete() {
            let chunk = match tokio::time::timeout_at(deadline, stream.next()).await {
                Err(_) => return Err(silent(voice, limit, request_id)),
                Ok(None) if answer.may_end() => break,
                Ok(None | Some(Err(_))) => {
                    return Err(failure(FailureKind::Broken, "The answer broke off before it was complete.", request_id));
                }
                Ok(Some(Ok(chunk))) => chunk,
            };
            let events = parser.push(&chunk).map_err(|error| garbled(&error.to_string(), request_id.clone()))?;
            if !events.is_empty() {
                limit = patience.idle;
            }
            if !events.is_empty() || patience.comments_count {
                deadline = Instant::now() + limit;
            }
            for event in events {
                let begun = answer.has_begun();
                answer.take(&event, on_delta).map_err(|error| match error {
                    StreamError::Reported(words) => Failure { request_id: request_id.clone(), ..voice.reported(&words, begun) },
                    other => garbled(&other.to_string(), request_id.clone()),
                })?;
            }
        }
        // With the end of the body read, if it is there already, the connection can serve the next call.
        let _ = stream.next().now_or_never();
        Ok(request_id)
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

    async fn attempt(&self, http: Request, patience: Patience, voice: &dyn Voice) -> Result<Attempt, Failure> {
        let client = self.client()?;
        let sent = tokio::time::timeout(patience.first, client.execute(http)).await;
        let response = match sent {
            Err(_) => return Err(silent(voice, patience.first, None)),
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => {
                let cause = root_cause(&error);
                tracing::debug!(cause, "no connection");
                return Ok(Attempt::NoConnection(voice.unreachable(&cause)));
            }
            // The request may have arrived, so it may have been billed.
            Ok(Err(error)) => {
                tracing::debug!(cause = root_cause(&error), "the connection broke");
                let text = format!("The connection to {} broke before an answer came.", voice.name());
                return Err(failure(FailureKind::Broken, &text, None));
            }
        };
        let head = Head::of(&response);
        if head.status == 200 {
            return Ok(Attempt::Opened(response));
        }
        // A body that does not come is a body without words: the status says enough.
        let body = body_of(response, ERROR_BODY_LIMIT);
        let body = tokio::time::timeout(self.config.connect_timeout, body).await.unwrap_or_default();
        tracing::debug!(status = head.status, request_id = head.request_id, "the service did not answer the request");
        Ok(Attempt::Judged(voice.judge(&head, &body)))
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
pub(crate) fn silent(voice: &dyn Voice, limit: Duration, request_id: Option<String>) -> Failure {
    let text = format!("Nothing came from {} for {} seconds.", voice.name(), limit.as_secs());
    failure(FailureKind::Broken, &text, request_id)
}

/// The innermost error's words: those that tell a name that is not found from a certificate that is not trusted.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    tidy(&cause.to_string(), "")
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
