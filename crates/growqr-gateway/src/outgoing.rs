//! The response to a client, written by the task of a call and read by the client's connection.

use crate::refusal::Refusal;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Chunks that may wait for a client before the sender waits.
const CHUNKS: usize = 16;

/// A stream that broke off, so the connection is closed without the end of the body.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off")]
pub(crate) struct BrokenOff;

/// A part of a body. A body whose last part is not the end has broken off, whatever the reason.
enum Part {
    Data(Bytes),
    End,
}

/// The body of a response.
pub(crate) type Body = UnsyncBoxBody<Bytes, BrokenOff>;

/// Why nothing more can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The client is gone, or reads too slowly.
    ClientGone,
    /// The gateway stops.
    Gateway,
}

/// The response of one call.
pub(crate) struct Outgoing {
    head: Option<oneshot::Sender<Response<Body>>>,
    body: Option<mpsc::Sender<Part>>,
    send_timeout: Duration,
    stop: CancellationToken,
    /// Whether the body is an event stream.
    is_events: bool,
    /// Whether the bytes sent so far end with a complete event.
    between_events: bool,
}

impl Outgoing {
    /// The response will be received from `head`'s other end.
    pub fn new(head: oneshot::Sender<Response<Body>>, send_timeout: Duration, stop: CancellationToken) -> Outgoing {
        Outgoing { head: Some(head), body: None, send_timeout, stop, is_events: false, between_events: true }
    }

    /// Waits until the client is gone or the gateway stops.
    pub async fn stopped(&mut self) -> Stopped {
        let gone = async {
            match (&mut self.head, &self.body) {
                (Some(head), _) => head.closed().await,
                (None, Some(body)) => body.closed().await,
                (None, None) => {}
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Stopped::Gateway,
            () = gone => Stopped::ClientGone,
        }
    }

    /// Sends the head of a response whose body follows in parts.
    pub fn begin(&mut self, status: u16, headers: &[(&'static str, String)]) {
        let (sender, receiver) = mpsc::channel(CHUNKS);
        let parts = stream::unfold(Some(receiver), async |receiver: Option<mpsc::Receiver<Part>>| {
            let mut receiver = receiver?;
            match receiver.recv().await {
                Some(Part::Data(bytes)) => Some((Ok(Frame::data(bytes)), Some(receiver))),
                Some(Part::End) => None,
                None => Some((Err(BrokenOff), None)),
            }
        });
        self.body = Some(sender);
        self.is_events = headers.iter().any(|(name, value)| *name == "content-type" && value.starts_with("text/event-stream"));
        self.send_head(response(status, headers, BodyExt::boxed_unsync(StreamBody::new(parts))));
    }

    /// Whether the head was sent.
    pub fn has_begun(&self) -> bool {
        self.head.is_none()
    }

    /// Sends a part of the body. Waits while the client is slow.
    pub async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<(), Stopped> {
        let bytes = bytes.into();
        self.between_events = bytes.ends_with(b"\n\n");
        self.send_part(Part::Data(bytes)).await
    }

    /// Ends the body. Without this, the client sees that the answer broke off.
    pub async fn finish(mut self) {
        // A client that is gone misses nothing.
        let _ = self.send_part(Part::End).await;
    }

    async fn send_part(&mut self, part: Part) -> Result<(), Stopped> {
        let Some(body) = &self.body else { return Err(Stopped::ClientGone) };
        tokio::select! {
            biased;
            sent = body.send(part) => sent.map_err(|_| Stopped::ClientGone),
            () = self.stop.cancelled() => Err(Stopped::Gateway),
            () = tokio::time::sleep(self.send_timeout) => Err(Stopped::ClientGone),
        }
    }

    /// Sends a whole response.
    pub fn send_whole(&mut self, status: u16, headers: &[(&'static str, String)], body: Vec<u8>) {
        self.send_head(response(status, headers, whole(body)));
    }

    /// Ends the response of a call that was stopped.
    pub async fn end_stopped(self, stopped: Stopped) {
        if stopped == Stopped::Gateway {
            self.end_with(&Refusal::stopping()).await;
        }
    }

    /// Ends the response with an error: as a whole response, as the last event of a stream, or, where neither is possible, by
    /// closing the connection.
    pub async fn end_with(mut self, refusal: &Refusal) {
        if self.head.is_some() {
            return self.send_head(refused(refusal));
        }
        if self.is_events && self.between_events && self.send_part(Part::Data(refusal.event().into())).await.is_ok() {
            self.finish().await;
        }
    }

    fn send_head(&mut self, response: Response<Body>) {
        if let Some(head) = self.head.take() {
            // If the client is gone, nobody misses the response.
            let _ = head.send(response);
        }
    }
}

/// A response with an error.
pub(crate) fn refused(refusal: &Refusal) -> Response<Body> {
    json(refusal.status, &refusal.json())
}

/// A response with a JSON object.
pub(crate) fn json(status: u16, value: &serde_json::Value) -> Response<Body> {
    let headers = [(CONTENT_TYPE.as_str(), "application/json".to_owned())];
    response(status, &headers, whole(value.to_string().into_bytes()))
}

fn whole(body: Vec<u8>) -> Body {
    Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()
}

fn response(status: u16, headers: &[(&str, String)], body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status.try_into().unwrap_or(hyper::StatusCode::BAD_GATEWAY);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
