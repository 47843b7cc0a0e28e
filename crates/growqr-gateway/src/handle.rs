//! One HTTP request: checks the token, reads the body, starts the call.

use crate::body;
use crate::call;
use crate::outgoing::{Body, Outgoing, json, refused};
use crate::paid::Call;
use crate::ports::Caller;
use crate::refusal::Refusal;
use crate::shared::Shared;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING};
use hyper::{HeaderMap, Method, Request, Response};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The longest id of a session.
const SESSION_ID_LIMIT: usize = 128;

/// Beta features that are passed on. All of them are paid for by tokens alone.
const BETAS: [&str; 3] =
    ["thinking-binding-controls-2026-08-01", "thinking-display-updates-2026-08-18", "thinking-token-count-2026-05-13"];

/// Answers a request.
pub(crate) async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(route(&shared, request).await.unwrap_or_else(|refusal| {
        tracing::debug!(status = refusal.status, message = refusal.message, "a request of a container was refused");
        refused(&refusal)
    }))
}

async fn route(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    let container = token(request.headers()).and_then(|token| shared.tokens.container(token)).ok_or_else(Refusal::token)?;
    if shared.stop.is_cancelled() {
        return Err(Refusal::stopping());
    }
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/growqr/self-test") => {
            Ok(json(200, &json!({"service": "growqr-gateway", "nonce": shared.settings.run_name(), "container": container})))
        }
        (&Method::POST, "/v1/messages") => message(shared, container, request).await,
        _ => Err(Refusal::unknown_path()),
    }
}

/// The token, in one of the two headers that clients of the Messages API use.
fn token(headers: &HeaderMap) -> Option<&str> {
    match headers.get("x-api-key") {
        Some(key) => key.to_str().ok(),
        None => headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer "),
    }
}

async fn message(shared: &Arc<Shared>, container: String, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Err(Refusal::invalid("The body must not be compressed."));
    }
    let permit = shared.calls.clone().try_acquire_owned().map_err(|_| Refusal::too_many_calls())?;
    let body = body::receive(shared, body).await?;
    let caller = caller(container, &head.headers).ok_or_else(Refusal::session)?;
    let (sender, receiver) = oneshot::channel();
    let call = Call { caller, version: version(&head.headers), betas: betas(&head.headers), body: body.bytes };
    let out = Outgoing::new(sender, shared.settings.send_timeout, shared.stop.clone());
    let running = shared.clone();
    // The call runs in a task of its own: if the client goes away, the call still settles its charge.
    shared.tasks.spawn(async move {
        call::run(&running, call, out).await;
        drop((permit, body.room));
    });
    receiver.await.map_err(|_| Refusal::unavailable("The call ended without an answer."))
}

fn caller(container: String, headers: &HeaderMap) -> Option<Caller> {
    let session = session_id(headers, "x-session-id")?;
    Some(Caller { container, session, parent: session_id(headers, "x-parent-session-id") })
}

fn session_id(headers: &HeaderMap, name: &str) -> Option<String> {
    let id = headers.get(name)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (!id.is_empty() && id.len() <= SESSION_ID_LIMIT && id.bytes().all(is_plain)).then(|| id.to_owned())
}

/// The API version, if it looks like one.
fn version(headers: &HeaderMap) -> Option<String> {
    let version = headers.get("anthropic-version")?.to_str().ok()?;
    let is_date = version.len() == 10 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_date.then(|| version.to_owned())
}

/// The beta features that are passed on; others are left out.
fn betas(headers: &HeaderMap) -> Vec<String> {
    let given = headers.get_all("anthropic-beta").iter().filter_map(|value| value.to_str().ok());
    let names = given.flat_map(|value| value.split(',')).map(str::trim);
    names.filter(|name| BETAS.contains(name)).map(str::to_owned).collect()
}
