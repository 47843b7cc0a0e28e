//! Scripts: the scripted responses of the stub servers of model providers, with text, thinking, tool calls, stop reasons and
//! faults.

use crate::anthropic::api_error::error_body;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;

/// A scripted response. Build it with [`says`], [`thinks`], [`calls`] or the constructors of [`Script`], then add to it.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) answer: Answer,
    pub(crate) steps: Vec<(Point, Step)>,
    pub(crate) chunk_size: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Http { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    Message(Message),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub parts: Vec<Part>,
    pub stop: Option<String>,
    pub stop_details: Option<Value>,
    pub model: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(String),
    Thinking(String),
    Redacted,
    /// A tool call, with the exact text of its input as it is streamed.
    Call {
        name: String,
        input: String,
    },
    /// A block of any type, sent completely in its start event.
    Raw(Value),
}

/// A point in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// After the request was read, before the response begins.
    BeforeHead,
    /// After this number of events.
    Events(usize),
    /// After this number of bytes of the stream.
    Bytes(usize),
    /// Before the last event (`message_stop`).
    BeforeStop,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    StopPoint(StopPoint),
    Cut,
    Silence,
    Pings { count: Option<usize>, every: Duration },
    Insert(Vec<u8>),
}

/// Stops a response at a point until the test releases it. The test can wait until the point is reached.
#[derive(Clone, Debug)]
pub struct StopPoint {
    reached: watch::Sender<bool>,
    released: watch::Sender<bool>,
}

impl Default for StopPoint {
    fn default() -> StopPoint {
        StopPoint::new()
    }
}

impl StopPoint {
    /// A stop point for [`Script::stop_at`].
    #[must_use]
    pub fn new() -> StopPoint {
        StopPoint { reached: watch::Sender::new(false), released: watch::Sender::new(false) }
    }

    /// Waits until a response has reached this point.
    pub async fn reached(&self) {
        // The sender is a field of self, so waiting cannot fail.
        let _ = self.reached.subscribe().wait_for(|reached| *reached).await;
    }

    /// Lets responses continue, now and in the future.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    pub(crate) async fn wait(&self) {
        self.reached.send_replace(true);
        let _ = self.released.subscribe().wait_for(|released| *released).await;
    }
}

/// A reply with a text.
#[must_use]
pub fn says(text: &str) -> Script {
    Script::message().says(text)
}

/// A reply that begins with thinking.
#[must_use]
pub fn thinks(text: &str) -> Script {
    Script::message().thinks(text)
}

/// A reply with one or more tool calls.
#[must_use]
pub fn calls<'a>(wanted: impl IntoIterator<Item = (&'a str, Value)>) -> Script {
    Script::message().calls(wanted)
}

impl Script {
    fn of(answer: Answer) -> Script {
        Script { answer, steps: Vec::new(), chunk_size: None }
    }

    /// A reply without content. By default its stop reason is `end_turn`.
    #[must_use]
    pub fn message() -> Script {
        Script::of(Answer::Message(Message::default()))
    }

    /// Any HTTP response.
    #[must_use]
    pub fn http(status: u16, headers: &[(&str, &str)], body: &str) -> Script {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Script::of(Answer::Http { status, headers, body: body.as_bytes().to_vec() })
    }

    /// A response with status 200 and exactly these bytes, such as the recording of another server's stream. Without a content
    /// type if `content_type` is empty.
    #[must_use]
    pub fn recording(content_type: &str, body: &[u8]) -> Script {
        let headers = [("content-type".to_owned(), content_type.to_owned())];
        let headers = headers.into_iter().filter(|_| !content_type.is_empty()).collect();
        Script::of(Answer::Http { status: 200, headers, body: body.to_vec() })
    }

    /// An error response in the JSON format of the Messages API.
    #[must_use]
    pub fn error(status: u16, kind: &str, message: &str) -> Script {
        let headers = [("content-type", "application/json"), ("request-id", "req_error")];
        Script::http(status, &headers, &error_body(kind, message, Some("req_error")).to_string())
    }

    /// A 429, with or without `retry-after` in seconds.
    #[must_use]
    pub fn rate_limited(retry_after: Option<u64>) -> Script {
        let script = Script::error(429, "rate_limit_error", "This request would exceed your organization's rate limit.");
        match retry_after {
            Some(seconds) => script.header("retry-after", &seconds.to_string()),
            None => script,
        }
    }

    /// A 429 because the spend limit is reached. Waiting does not help.
    #[must_use]
    pub fn spend_cap() -> Script {
        let mut body = error_body(
            "rate_limit_error",
            "You have reached your API usage limits: monthly. You will regain access on 2026-12-01 at 00:00 UTC.",
            Some("req_error"),
        );
        body["error"]["details"] = json!({"error_code": "enforced_spend_limit_reached"});
        Script::http(429, &[("content-type", "application/json"), ("request-id", "req_error")], &body.to_string())
    }

    /// A 529.
    #[must_use]
    pub fn overloaded() -> Script {
        Script::error(529, "overloaded_error", "Overloaded")
    }

    /// A 500 of a proxy, in HTML.
    #[must_use]
    pub fn html_500() -> Script {
        Script::http(500, &[("content-type", "text/html")], "<html><h1>500 Internal Server Error</h1></html>")
    }

    /// A 413 of a proxy, not in JSON.
    #[must_use]
    pub fn plain_413() -> Script {
        Script::http(413, &[("content-type", "text/plain")], "Payload Too Large")
    }

    /// Closes the connection without a response.
    #[must_use]
    pub fn hang_up() -> Script {
        Script::message().cut(Point::BeforeHead)
    }

    /// The model refuses, with HTTP 200. Add a text before it for a refusal after some text.
    #[must_use]
    pub fn refuses(mut self, category: &str, explanation: &str) -> Script {
        let details = json!({"type": "refusal", "category": category, "explanation": explanation});
        if let Answer::Message(message) = &mut self.answer {
            message.stop_details = Some(details);
        }
        self.stop("refusal")
    }

    /// Adds a header to an HTTP response.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Script {
        if let Answer::Http { headers, .. } = &mut self.answer {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    fn part(mut self, part: Part) -> Script {
        if let Answer::Message(message) = &mut self.answer {
            message.parts.push(part);
        }
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn says(self, text: &str) -> Script {
        self.part(Part::Text(text.to_owned()))
    }

    /// Adds thinking. It is sent only if the request enables thinking, and with an empty text if the request omits it.
    #[must_use]
    pub fn thinks(self, text: &str) -> Script {
        self.part(Part::Thinking(text.to_owned()))
    }

    /// Adds redacted thinking.
    #[must_use]
    pub fn thinks_redacted(self) -> Script {
        self.part(Part::Redacted)
    }

    /// Adds tool calls.
    #[must_use]
    pub fn calls<'a>(mut self, wanted: impl IntoIterator<Item = (&'a str, Value)>) -> Script {
        for (name, input) in wanted {
            self = self.calls_raw(name, &input.to_string());
        }
        self
    }

    /// Adds a tool call whose input is streamed as exactly this text, such as `""` or incomplete JSON.
    #[must_use]
    pub fn calls_raw(self, name: &str, input: &str) -> Script {
        self.part(Part::Call { name: name.to_owned(), input: input.to_owned() })
    }

    /// Adds a block of any type, even an unknown one.
    #[must_use]
    pub fn block(self, block: Value) -> Script {
        self.part(Part::Raw(block))
    }

    /// Ends with this `stop_reason` instead of the default one.
    #[must_use]
    pub fn stop(mut self, reason: &str) -> Script {
        if let Answer::Message(message) = &mut self.answer {
            message.stop = Some(reason.to_owned());
        }
        self
    }

    /// Sends another model's name.
    #[must_use]
    pub fn from_model(mut self, model: &str) -> Script {
        if let Answer::Message(message) = &mut self.answer {
            message.model = Some(model.to_owned());
        }
        self
    }

    fn step(mut self, at: Point, step: Step) -> Script {
        self.steps.push((at, step));
        self
    }

    /// Stops at `at` until `stop_point` is released.
    #[must_use]
    pub fn stop_at(self, at: Point, stop_point: &StopPoint) -> Script {
        self.step(at, Step::StopPoint(stop_point.clone()))
    }

    /// Closes the connection at `at`.
    #[must_use]
    pub fn cut(self, at: Point) -> Script {
        self.step(at, Step::Cut)
    }

    /// Sends nothing from `at` on, until the client disconnects.
    #[must_use]
    pub fn silence(self, at: Point) -> Script {
        self.step(at, Step::Silence)
    }

    /// Sends pings at `at`: `count` of them, or until the client disconnects.
    #[must_use]
    pub fn pings(self, at: Point, count: Option<usize>, every: Duration) -> Script {
        self.step(at, Step::Pings { count, every })
    }

    /// Sends an `error` event at `at` and closes the connection.
    #[must_use]
    pub fn breaks(self, at: Point, kind: &str, message: &str) -> Script {
        let data = error_body(kind, message, None);
        self.insert(at, &format!("event: error\ndata: {data}\n\n")).cut(at)
    }

    /// Sends exactly these bytes at `at`.
    #[must_use]
    pub fn insert(self, at: Point, raw: &str) -> Script {
        self.step(at, Step::Insert(raw.as_bytes().to_vec()))
    }

    /// Sends the stream in chunks of this many bytes, so that lines and characters are split.
    #[must_use]
    pub fn in_pieces(mut self, bytes: usize) -> Script {
        self.chunk_size = Some(bytes.max(1));
        self
    }
}
