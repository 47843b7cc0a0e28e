//! Reads the body of a response into a reply, within the time limits of a stream.

use super::body::BodyParser;
use super::failure;
use super::retry::request_id;
use super::service::{OnDelta, ServiceErrors, Stage};
use super::silence::Silence;
use futures_util::{FutureExt, StreamExt};
use growqr_core::model::{Failure, FailureKind};
use reqwest::Response;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// A stream without any part of the reply for this long has failed, even if the server keeps sending signs of life.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// How long to wait for more after a reply that needs nothing more. Some servers send the reason for the end with each part.
const AFTER_END: Duration = Duration::from_secs(15);

/// Why a stream did not become a reply.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("an event of the stream cannot be read")]
    Unreadable,
    #[error("the events of the stream are out of order")]
    OutOfOrder,
    #[error("the stream ended before the answer was complete")]
    Unfinished,
    /// The body of the error, in any of the known formats.
    #[error("{0}")]
    FromService(Value),
}

/// What an event brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing: an empty event, or one that cannot be read and does not matter.
    None,
    /// A sign that the server is at work.
    Alive,
    /// A part of the reply.
    Content,
}

/// Builds a reply from the events of a stream, or from a body that is one JSON object.
pub(crate) trait ReplyBuilder: Send {
    /// Adds the data of one event.
    fn push_event(&mut self, data: &str, on_delta: OnDelta<'_>) -> Result<Progress, StreamError>;
    /// The stream has ended, or [`ReplyBuilder::is_complete`]. Returns whether the reply is valid.
    fn end(&mut self, on_delta: OnDelta<'_>) -> bool;
    /// How far the reply has come.
    fn stage(&self) -> Stage;
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
    /// Before the first part of the reply.
    pub first: Duration,
    /// Between events.
    pub idle: Duration,
    /// Whether bytes that complete no event, such as comments, extend the wait for the first part of the reply.
    pub comments_extend_first: bool,
    /// How long to wait for a server that does not answer, in total. `None`: as the retry policy says.
    pub wait_for_return: Option<Duration>,
}

/// The deadline for the next event.
struct Deadline {
    timeouts: Timeouts,
    limit: Duration,
    at: Instant,
    last_content: Instant,
}

impl Deadline {
    fn new(timeouts: Timeouts) -> Deadline {
        let now = Instant::now();
        Deadline { timeouts, limit: timeouts.first, at: now + timeouts.first, last_content: now }
    }

    /// Bytes have arrived.
    fn arrived(&mut self, progress: Progress, is_in_data: bool, answer: &dyn ReplyBuilder) {
        let now = Instant::now();
        let is_first = answer.stage() == Stage::Early;
        let is_alive = progress != Progress::None || is_in_data || (is_first && self.timeouts.comments_extend_first);
        if progress == Progress::Content {
            self.last_content = now;
        }
        if is_alive {
            self.limit = if is_first { self.timeouts.first } else { self.timeouts.idle };
            if answer.may_end() {
                self.limit = self.limit.min(AFTER_END);
            }
            self.at = (now + self.limit).min(self.last_content + LONGEST_WAIT);
        }
    }
}

/// A response that did not become a reply.
pub(super) struct ReadError {
    pub failure: Failure,
    /// Whether the service sent an error before the reply began, so that nothing is billed.
    pub is_early: bool,
    /// Whether the response was no reply of a model at all.
    pub is_foreign: bool,
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> ReadError {
        ReadError { failure, is_early: false, is_foreign: false }
    }
}

/// Reads a response into `answer` until the reply is complete. Returns the request id from the response headers.
pub(super) async fn read(
    response: Response,
    timeouts: Timeouts,
    mut silence: Silence,
    errors: &dyn ServiceErrors,
    answer: &mut dyn ReplyBuilder,
    on_delta: OnDelta<'_>,
) -> Result<Option<String>, ReadError> {
    let request_id = request_id(response.headers());
    let broken = |text: &str| failure(FailureKind::Broken, text, request_id.clone());
    let unreadable = |why: &dyn std::fmt::Display| broken(&format!("The answer cannot be read: {why}."));
    let mut stream = response.bytes_stream();
    let mut parser = BodyParser::default();
    let mut deadline = Deadline::new(timeouts);
    let mut is_known = false;
    let mut has_ended = false;
    while !has_ended && !answer.is_complete() && !parser.is_html() {
        let is_first = answer.stage() == Stage::Early;
        let notice = |seconds, limit| waiting_text(&errors.name_and_address(), is_first, seconds, limit);
        let texts = match silence.wait(deadline.at, stream.next(), on_delta, notice).await {
            None if answer.may_end() => break,
            None => return Err(idle_timeout_failure(&errors.service_name(), deadline.limit, request_id).into()),
            Some(Some(Ok(chunk))) => parser.push(&chunk).map_err(|error| unreadable(&error))?,
            Some(None | Some(Err(_))) => {
                has_ended = true;
                parser.end()
            }
        };
        let mut progress = Progress::None;
        for text in texts {
            let stage = answer.stage();
            let brought = answer.push_event(&text, on_delta).map_err(|error| match error {
                StreamError::FromService(body) => {
                    let failure = Failure { request_id: request_id.clone(), ..errors.stream_error(&body, stage) };
                    ReadError { failure, is_early: stage == Stage::Early, is_foreign: false }
                }
                other => unreadable(&other).into(),
            })?;
            is_known |= brought != Progress::None;
            if progress != Progress::Content && brought != Progress::None {
                progress = brought;
            }
            if answer.is_complete() {
                break;
            }
        }
        if progress == Progress::Content {
            silence.ended();
        }
        deadline.arrived(progress, parser.is_in_data(), answer);
    }
    if answer.end(on_delta) {
        // Reads the end of the body if it has already arrived: only then can the connection be reused.
        let _ = stream.next().now_or_never();
        return Ok(request_id);
    }
    let foreign = parser.foreign_text().filter(|_| !is_known);
    let is_foreign = foreign.is_some();
    let is_early = is_foreign && !parser.is_html();
    let failure = match foreign {
        Some(_) if parser.is_html() => {
            let text = format!(
                "The response did not come from {}: a proxy or a login page of the network may have intercepted the request.",
                errors.service_name()
            );
            failure(FailureKind::Unavailable, &text, request_id)
        }
        Some(text) if is_binary(&text) => {
            let text = format!("The response of {} is no text: another program may answer there.", errors.name_and_address());
            failure(FailureKind::Unavailable, &text, request_id)
        }
        Some(text) => Failure { request_id, ..errors.stream_error(&Value::from(text), Stage::Early) },
        None => broken("The answer broke off before it was complete."),
    };
    Err(ReadError { failure, is_early, is_foreign })
}

/// Whether a text was made from bytes that are no text.
fn is_binary(text: &str) -> bool {
    let is_odd = |char: &char| *char == char::REPLACEMENT_CHARACTER || char.is_control() && !char.is_whitespace();
    text.chars().filter(is_odd).count() * 10 > text.chars().count()
}

/// What the person is told while nothing arrives.
pub(super) fn waiting_text(service: &str, is_first: bool, seconds: u64, limit: u64) -> String {
    let what = if is_first { "no answer" } else { "nothing more" };
    format!("{what} from {service} for {seconds} s; it is given up after {limit} s")
}

/// The failure for a stream on which nothing arrived for `limit`.
pub(crate) fn idle_timeout_failure(service: &str, limit: Duration, request_id: Option<String>) -> Failure {
    let text = format!("Nothing came from {service} for {} seconds.", limit.as_secs());
    failure(FailureKind::Broken, &text, request_id)
}
