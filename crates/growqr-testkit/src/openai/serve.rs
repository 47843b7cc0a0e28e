//! Serves a client's connection: reads requests, sends responses, records both.

use super::api_error::ApiError;
use super::validate::{self, Accepted};
use super::{Shared, wire};
use crate::http::{Connection, HttpRequest};
use crate::player::{Action, run_step};
use crate::record::{RecordedRequest, RequestOutcome, RequestView};
use crate::script::{Answer, Message, Point, Script};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;

/// A keep-alive comment, which is not an event.
const COMMENT: &[u8] = b": keep-alive\n\n";

/// Serves a connection until either side closes it.
pub(super) async fn connection(shared: Arc<Shared>, mut client: Connection) {
    while let Ok(Some(request)) = client.request().await {
        let number = record(&shared, &request);
        let ended = answer(&shared, &mut client, &request, number).await.unwrap_or(RequestOutcome::ClientLeft);
        if matches!(ended, RequestOutcome::Cut | RequestOutcome::ClientLeft) {
            // Close before recording, so that a test that waits for the record finds the connection closed.
            drop(client);
            record_outcome(&shared, number, ended);
            return;
        }
    }
}

/// Records the outcome of a request, before the last bytes are sent. A refusal stays recorded.
fn record_outcome(shared: &Shared, number: u64, ended: RequestOutcome) {
    shared.update(|state| {
        let record = state.record(number);
        if !matches!(record.ended, Some(RequestOutcome::Refused { .. } | RequestOutcome::Unscripted)) {
            record.ended = Some(ended);
        }
    });
}

fn record(shared: &Shared, request: &HttpRequest) -> u64 {
    shared.update(|state| {
        let number = state.requests.len() as u64 + 1;
        state.requests.push(RecordedRequest {
            number,
            method: request.method.clone(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            raw: request.body.clone(),
            body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
            ended: None,
            bill: None,
        });
        number
    })
}

async fn answer(shared: &Shared, client: &mut Connection, request: &HttpRequest, number: u64) -> io::Result<RequestOutcome> {
    let (method, path) = (request.method.as_str(), request.path.as_str());
    if (method, path) == ("POST", "/v1/chat/completions") {
        return chat(shared, client, request, number).await;
    }
    let verdict = shared.read(|state| {
        validate::check_key(&state.behaviour, request)?;
        if (method, path) == ("GET", "/v1/models") {
            return Ok(state.behaviour.list());
        }
        let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let own = state.behaviour.native_api(method, path, &body, state.is_loaded);
        own.ok_or_else(|| ApiError::new(404, "not_found", "404 page not found"))
    });
    respond_json(shared, client, verdict, number).await
}

fn headers(kind: &str, number: u64) -> Vec<(String, String)> {
    [("content-type", kind), ("x-request-id", &format!("req-{number}"))]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

/// Responds with a JSON object or with the error.
async fn respond_json(
    shared: &Shared,
    client: &mut Connection,
    verdict: Result<Value, ApiError>,
    number: u64,
) -> io::Result<RequestOutcome> {
    let (status, body, ended) = match verdict {
        Ok(body) => (200, body, RequestOutcome::Answered(200)),
        Err(refusal) => {
            let body = shared.read(|state| refusal.body(&state.behaviour));
            (refusal.status, body, RequestOutcome::Refused { status: refusal.status, message: refusal.message })
        }
    };
    record_outcome(shared, number, ended.clone());
    client.respond(status, &headers("application/json", number), body.to_string().as_bytes()).await?;
    Ok(ended)
}

async fn chat(shared: &Shared, client: &mut Connection, request: &HttpRequest, number: u64) -> io::Result<RequestOutcome> {
    let accepted = match shared.read(|state| validate::check_chat(&state.behaviour, request)) {
        Ok(accepted) => accepted,
        Err(refusal) => return respond_json(shared, client, Err(refusal), number).await,
    };
    if accepted.truncated {
        shared.update(|state| state.truncated.push(number));
    }
    let Some(script) = choose_script(shared, &accepted.asked) else {
        record_outcome(shared, number, RequestOutcome::Unscripted);
        let body = json!({"error": {"message": "the stub has no script for this request", "type": "server_error"}});
        client.respond(500, &headers("application/json", number), body.to_string().as_bytes()).await?;
        return Ok(RequestOutcome::Unscripted);
    };
    for (_, step) in script.steps.iter().filter(|(point, _)| *point == Point::BeforeHead) {
        if let Some(ended) = run_step(client, step, COMMENT).await? {
            return Ok(ended);
        }
    }
    match &script.answer {
        Answer::Http { status, headers, body } => {
            record_outcome(shared, number, RequestOutcome::Answered(*status));
            match script.chunk_size {
                None => client.respond(*status, headers, body).await?,
                Some(size) => client.respond_in_pieces(*status, headers, body.chunks(size)).await?,
            }
            Ok(RequestOutcome::Answered(*status))
        }
        Answer::Message(message) => reply(shared, client, &accepted, &script, message, number).await,
    }
}

/// The script from the router, otherwise the next one from the queue.
fn choose_script(shared: &Shared, asked: &Value) -> Option<Script> {
    // The router runs without the lock, because it may call methods of the stub.
    let router = shared.read(|state| state.router.clone());
    let chosen = router.and_then(|router| router(&RequestView { body: asked }));
    chosen.or_else(|| shared.update(|state| state.queue.pop_front()))
}

async fn reply(
    shared: &Shared,
    client: &mut Connection,
    accepted: &Accepted,
    script: &Script,
    message: &Message,
    number: u64,
) -> io::Result<RequestOutcome> {
    if !accepted.streamed {
        let refusal = ApiError::invalid("the stub only streams: set 'stream'");
        return respond_json(shared, client, Err(refusal), number).await;
    }
    let behaviour = shared.update(|state| {
        state.is_loaded = true;
        state.behaviour.clone()
    });
    client.begin(200, &headers("text/event-stream", number)).await?;
    if accepted.overflows {
        let words = "The number of tokens to keep from the initial prompt is greater than the context length";
        let body = json!({"error": {"message": words}, "message": words});
        record_outcome(shared, number, RequestOutcome::Refused { status: 200, message: words.to_owned() });
        client.last_chunk(format!("event: error\ndata: {body}\n\n").as_bytes()).await?;
        return Ok(RequestOutcome::Answered(200));
    }
    let actions = wire::stream(script, message, &behaviour, accepted, number);
    let last = actions.len() - 1;
    for (index, action) in actions.into_iter().enumerate() {
        match action {
            Action::Send(bytes, _) if index == last => {
                record_outcome(shared, number, RequestOutcome::Answered(200));
                client.last_chunk(&bytes).await?;
                return Ok(RequestOutcome::Answered(200));
            }
            Action::Send(bytes, _) => client.chunk(&bytes).await?,
            Action::Do(step) => {
                if let Some(ended) = run_step(client, &step, COMMENT).await? {
                    return Ok(ended);
                }
            }
        }
    }
    record_outcome(shared, number, RequestOutcome::Answered(200));
    client.last_chunk(&[]).await?;
    Ok(RequestOutcome::Answered(200))
}
