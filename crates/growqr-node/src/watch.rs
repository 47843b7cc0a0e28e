//! The HTTP endpoints for those who watch a node: `/health/live`, `/health/ready` and `/metrics`.
//!
//! Live: this process answers. Ready: its database answers, and an actor on its engine does. They have nothing of any profile.

use crate::metrics::Metrics;
use async_trait::async_trait;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a check may take. A check that takes longer has failed.
const CHECK_LIMIT: Duration = Duration::from_secs(5);

/// A part without which a node cannot work.
#[async_trait]
pub trait Part: Send + Sync {
    /// Its name in the answer.
    fn name(&self) -> &'static str;

    /// Uses it. The error is the reason why it cannot be used.
    async fn check(&self) -> Result<(), String>;
}

/// What the endpoints tell.
pub struct Watched {
    /// The measurements.
    pub metrics: Metrics,
    /// The parts that make the node ready.
    pub parts: Vec<Arc<dyn Part>>,
    /// Cancelled once the node takes no more work.
    pub draining: CancellationToken,
}

/// Answers until `stop`.
pub async fn serve(listener: TcpListener, watched: Arc<Watched>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let watched = Arc::clone(&watched);
        connections.spawn(async move {
            let answer = service_fn(move |request| answer(Arc::clone(&watched), request));
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection of a watcher broke");
            }
        });
    }
}

async fn answer(watched: Arc<Watched>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Ok(response(StatusCode::METHOD_NOT_ALLOWED, "text/plain", String::new()));
    }
    Ok(match request.uri().path() {
        "/health/live" => response(StatusCode::OK, "text/plain", "ok\n".to_owned()),
        "/health/ready" => {
            let (status, body) = readiness(&watched).await;
            response(status, "application/json", format!("{body}\n"))
        }
        "/metrics" => match watched.metrics.text() {
            Ok(text) => response(StatusCode::OK, "text/plain; version=0.0.4", text),
            Err(error) => response(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", format!("{error}\n")),
        },
        _ => response(StatusCode::NOT_FOUND, "text/plain", String::new()),
    })
}

/// Whether the node can take work, and each part with `ok` or the reason why it fails.
async fn readiness(watched: &Watched) -> (StatusCode, Value) {
    let mut checks = JoinSet::new();
    for part in &watched.parts {
        let part = Arc::clone(part);
        checks.spawn(async move {
            let checked = tokio::time::timeout(CHECK_LIMIT, part.check()).await;
            let checked = checked.unwrap_or_else(|_| Err(format!("no answer within {} s", CHECK_LIMIT.as_secs())));
            (part.name(), checked)
        });
    }
    let checked = checks.join_all().await;
    let is_draining = watched.draining.is_cancelled();
    let is_ready = !is_draining && checked.iter().all(|(_, checked)| checked.is_ok());
    let parts: Map<String, Value> = checked
        .into_iter()
        .map(|(name, checked)| (name.to_owned(), Value::String(checked.err().unwrap_or_else(|| "ok".to_owned()))))
        .collect();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, json!({"ready": is_ready, "draining": is_draining, "parts": parts}))
}

fn response(status: StatusCode, content: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content));
    response
}
