//! The client for one service: acquires a permit, sends the request, retries where that is safe, reads the event stream.
//!
//! It does not know the API of the service: [`ServiceErrors`] classifies the service's errors, [`ReplyBuilder`] parses its
//! events.

use super::client;
use super::config::ClientConfig;
use super::failure;
use super::limiter::{Limiter, Permit};
use super::read::{ReadError, ReplyBuilder, Timeouts, idle_timeout_failure, read, waiting_text};
use super::retry::{ResponseHead, RetryDecision, redact_and_shorten};
use super::service::{OnDelta, ServiceErrors};
use super::silence::Silence;
use futures_util::StreamExt;
use growqr_core::id::AgentId;
use growqr_core::model::{Delta, Failure, FailureKind};
use growqr_http::{BuildError, Cause};
use reqwest::{Request, Response};
use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// At most this many bytes of an error response's body are read.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// The wait before the next attempt to connect is a random time up to this.
const RECONNECT: Duration = Duration::from_millis(500);

/// The first wait for a server that has died; each further one is longer by as much, up to [`MAX_RETURN`].
const RETURN: Duration = Duration::from_millis(500);
const MAX_RETURN: Duration = Duration::from_secs(5);

/// A connection that sends fewer bytes per second is slower than people can work with.
const SLOW_UPLOAD: u64 = 30_000;

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
        let mut waited = Duration::ZERO;
        let mut told = Duration::ZERO;
        let mut last: Option<Failure> = None;
        loop {
            let permit = self.acquire_permit(agent).await;
            let copy = http.try_clone().expect("the body is held in memory, so the request can be copied");
            let (wait, reason) = match self.attempt(copy, timeouts, errors, on_delta).await? {
                Attempt::Opened(response) => return Ok((response, permit)),
                Attempt::Refused(RetryDecision::Fail(failure)) => return Err(failure),
                Attempt::NoConnection(failure) if let Some(limit) = timeouts.wait_for_return => {
                    connects += 1;
                    if waited >= limit {
                        return Err(failure);
                    }
                    drop(permit);
                    let wait = RETURN.saturating_mul(connects).min(MAX_RETURN).min(limit - waited);
                    waited += wait;
                    if connects == 1 || waited - told >= self.config.notice_every {
                        told = waited;
                        let (service, limit) = (errors.name_and_address(), limit.as_secs());
                        let reason = format!("{service} is away; waiting for it up to {limit} s, {} s until now", told.as_secs());
                        on_delta(Delta::Waiting { reason });
                    }
                    self.config.timer.sleep(wait).await;
                    continue;
                }
                Attempt::NoConnection(failure) => {
                    connects += 1;
                    if connects >= policy.connect_tries {
                        return Err(failure);
                    }
                    (self.config.timer.jitter(RECONNECT), "no connection".to_owned())
                }
                Attempt::Refused(RetryDecision::Retry { after, reason, failure, is_final_twice }) => {
                    tries += 1;
                    let is_same = is_final_twice && last.as_ref().is_some_and(|last| last.message == failure.message);
                    if is_same || tries >= policy.tries || after.is_some_and(|after| after > policy.max_retry_after) {
                        return Err(failure);
                    }
                    let wait = after.unwrap_or_else(|| self.config.timer.jitter(policy.backoff_limit(tries)));
                    if failure.kind == FailureKind::Busy {
                        // Rate limits apply to the key, so other calls with it would be refused as well.
                        self.limiter.pause_until(self.config.timer.now() + wait);
                    }
                    last = Some(failure);
                    (wait, reason)
                }
            };
            drop(permit);
            self.back_off((agent, tries + connects), wait, reason, on_delta).await;
        }
    }

    /// Makes a call: opens the stream and reads it into a new reply. Sends the request again if the service responds with 200
    /// and then, before the reply begins, with an error that may pass. The same error twice ends the call, unless the service
    /// is busy.
    pub async fn call<B: ReplyBuilder>(
        &self,
        http: &Request,
        agent: &AgentId,
        timeouts: Timeouts,
        errors: &dyn ServiceErrors,
        new_reply: impl Fn() -> B,
        on_delta: OnDelta<'_>,
    ) -> Result<(B, Option<String>), Failure> {
        let mut last = None;
        for refused in 1.. {
            let copy = http.try_clone().expect("the body is held in memory, so the request can be copied");
            // The permit is kept until the stream has ended.
            let (response, permit) = self.open(copy, agent, timeouts, errors, on_delta).await?;
            let mut reply = new_reply();
            let silence = Silence::new(self.config.notice_every);
            let read = read(response, timeouts, silence, errors, &mut reply, on_delta);
            let ReadError { failure, is_early, is_foreign } = match read.await {
                Ok(request_id) => return Ok((reply, request_id)),
                Err(error) => error,
            };
            drop(permit);
            // Something else than a model server may say something else each time.
            let is_same = last.as_ref().is_some_and(|(last, was_foreign): &(Failure, bool)| {
                last.message == failure.message || is_foreign && *was_foreign
            });
            let may_pass = failure.kind == FailureKind::Busy || failure.kind == FailureKind::Unavailable && !is_same;
            if !is_early || !may_pass || refused >= self.config.retry.tries {
                return Err(failure);
            }
            let wait = self.config.timer.jitter(self.config.retry.backoff_limit(refused));
            self.limiter.pause_until(self.config.timer.now() + wait);
            let reason = match failure.kind {
                FailureKind::Busy => "busy".to_owned(),
                _ => format!("{} gave no answer", errors.service_name()),
            };
            self.back_off((agent, refused), wait, reason, on_delta).await;
            last = Some((failure, is_foreign));
        }
        unreachable!("the loop returns")
    }

    /// Delays the next call of any agent: a reply has just broken off, and an immediate request would add load.
    pub fn pause_all_calls(&self) {
        let wait = self.config.timer.jitter(self.config.retry.backoff_limit(1));
        self.limiter.pause_until(self.config.timer.now() + wait);
    }

    async fn back_off(&self, (agent, attempt): (&AgentId, u32), wait: Duration, reason: String, on_delta: OnDelta<'_>) {
        let wait_ms = millis(wait);
        tracing::debug!(%agent, attempt, wait_ms, reason, "the request will be sent again");
        on_delta(Delta::Retrying { attempt, wait_ms, reason });
        self.config.timer.sleep(wait).await;
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

    async fn attempt(
        &self,
        http: Request,
        timeouts: Timeouts,
        errors: &dyn ServiceErrors,
        on_delta: OnDelta<'_>,
    ) -> Result<Attempt, Failure> {
        let response = match self.execute(http, timeouts.first, errors, on_delta).await {
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
        let response = self.execute(http, limit, errors, &|_| ()).await.map_err(|error| match error {
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

    /// `limit` begins after the time that a slow connection needs to send the request.
    async fn execute(
        &self,
        http: Request,
        limit: Duration,
        errors: &dyn ServiceErrors,
        on_delta: OnDelta<'_>,
    ) -> Result<Response, SendError> {
        let client = self.client().map_err(SendError::NoConnection)?;
        let limit = limit + upload_time(&http);
        let notice = |seconds, limit| waiting_text(&errors.name_and_address(), true, seconds, limit);
        let mut silence = Silence::new(self.config.notice_every);
        match silence.wait(Instant::now() + limit, client.execute(http), on_delta, notice).await {
            None => Err(SendError::Broken(idle_timeout_failure(&errors.service_name(), limit, None))),
            Some(Ok(response)) => Ok(response),
            Some(Err(error)) if error.is_connect() => {
                let text = root_cause(&error);
                tracing::debug!(cause = text, "the connection could not be opened");
                let cause = Cause::of(&error);
                Err(SendError::NoConnection(
                    untrusted(&errors.service_name(), cause).unwrap_or_else(|| errors.unreachable(&text)),
                ))
            }
            // Not retried: the service may have received the request and billed it.
            Some(Err(error)) => {
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
            let text = match error {
                BuildError::Proxy(error) => format!("There is no connection: {error}. Correct or remove that variable."),
                BuildError::Certificates(_) => "TLS cannot be set up on this machine.".to_owned(),
            };
            failure(FailureKind::Offline, &text, None)
        })?;
        // Two concurrent first calls may both build a client; the first one stays.
        Ok(self.client.get_or_init(|| built))
    }
}

/// How long a slow connection needs to send this request. The service answers only after that.
fn upload_time(http: &Request) -> Duration {
    let bytes = http.body().and_then(reqwest::Body::as_bytes).map_or(0, <[u8]>::len);
    Duration::from_millis(bytes as u64 * 1_000 / SLOW_UPLOAD)
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// The failure if the certificate of the service is the cause.
fn untrusted(service: &str, cause: Cause) -> Option<Failure> {
    let step = if cause.is_clock() {
        "Set this computer's clock, or, if it is right, tell the owner of the service."
    } else if cause.is_certificate() {
        "Check the address, and whether a program or network on the way reads encrypted connections. The key was not sent."
    } else {
        return None;
    };
    Some(failure(FailureKind::Offline, &format!("{service} cannot be trusted: {cause}. {step}"), None))
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
