//! Serves a client's connection: reads requests, sends responses, records both.

use super::api_error::ApiError;
use super::validate::{self, Accepted};
use super::wire::{self, MessageInfo};
use super::{Shared, State, models};
use crate::http::{Connection, HttpRequest};
use crate::player::{Action, run_step};
use crate::record::{Bill, RecordedRequest, RequestOutcome, RequestView};
use crate::script::{Answer, Message, Point, Script};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;

/// The keep-alive event of the service.
const PING: &[u8] = b"event: ping\ndata: {\"type\":\"ping\"}\n\n";

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

/// Records the outcome of a request. Called before the last bytes are sent, so that a client that has the response finds the
/// record. A refusal stays recorded even if the client disconnects before it reads the response.
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
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/messages") => message(shared, client, request, number).await,
        ("POST", "/v1/messages/count_tokens") => {
            let verdict = shared.update(|state| validate::check_message(state, request, true));
            let counted = verdict.map(|accepted| json!({"input_tokens": accepted.layout.tokens()}));
            respond_json(shared, client, counted, number).await
        }
        ("GET", path) if path == "/v1/models" || path.starts_with("/v1/models/") => {
            let verdict = shared.update(|state| {
                validate::check_head(request, &state.key)?;
                describe(&state.listed, path, &request.query)
            });
            respond_json(shared, client, verdict, number).await
        }
        _ => respond_json(shared, client, Err(ApiError::new(404, "not_found_error", "Not Found")), number).await,
    }
}

fn describe(listed: &[Value], path: &str, query: &str) -> Result<Value, ApiError> {
    let Some(id) = path.strip_prefix("/v1/models/") else { return Ok(models::page(listed, query)) };
    let known = listed.iter().find(|model| model["id"] == id).cloned();
    known
        .or_else(|| models::find(id).map(models::Row::describe))
        .ok_or_else(|| ApiError::new(404, "not_found_error", format!("model: {id}")))
}

fn headers(number: u64, kind: &str) -> Vec<(String, String)> {
    [
        ("content-type", kind),
        ("request-id", &request_id(number)),
        ("anthropic-organization-id", "org_stand_in"),
        ("anthropic-ratelimit-requests-limit", "1000"),
        ("anthropic-ratelimit-requests-remaining", "999"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn request_id(number: u64) -> String {
    format!("req_{number}")
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
            let body = refusal.body(&request_id(number));
            (refusal.status, body, RequestOutcome::Refused { status: refusal.status, message: refusal.message })
        }
    };
    record_outcome(shared, number, ended.clone());
    client.respond(status, &headers(number, "application/json"), body.to_string().as_bytes()).await?;
    Ok(ended)
}

async fn message(shared: &Shared, client: &mut Connection, request: &HttpRequest, number: u64) -> io::Result<RequestOutcome> {
    let accepted = match shared.update(|state| validate::check_message(state, request, false)) {
        Ok(accepted) => accepted,
        Err(refusal) => return respond_json(shared, client, Err(refusal), number).await,
    };
    let Some(script) = choose_script(shared, number) else {
        let body = json!({"type": "error", "error": {"type": "api_error", "message": "the stub has no script for this request"}});
        record_outcome(shared, number, RequestOutcome::Unscripted);
        client.respond(500, &headers(number, "application/json"), body.to_string().as_bytes()).await?;
        return Ok(RequestOutcome::Unscripted);
    };
    for (_, step) in script.steps.iter().filter(|(point, _)| *point == Point::BeforeHead) {
        if let Some(ended) = run_step(client, step, PING).await? {
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
fn choose_script(shared: &Shared, number: u64) -> Option<Script> {
    let (router, body) = shared.update(|state| (state.router.clone(), state.record(number).body.clone()));
    // The router runs without the lock, because it may call methods of the stub.
    let chosen = router.and_then(|router| router(&RequestView { body: &body }));
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
    let Accepted { prompt, model, thinking, layout, dropped, streamed } = accepted;
    let mut content = wire::content(message, thinking, number);
    let input = shared.update(|state| {
        state.registry.sign(prompt, model.id, &mut content);
        let now = state.now_ms;
        state.cache.serve(layout, now)
    });
    let free = message.stop.as_deref() == Some("refusal") && message.parts.is_empty();
    let info = MessageInfo {
        message_id: format!("msg_{number}"),
        model: message.model.as_deref().unwrap_or(model.id),
        input,
        dropped: dropped.clone(),
    };
    let bill = |state: &mut State, output: u64| {
        if !free {
            state.record(number).bill = Some(bill(model, &info, output, wire::searches(message)));
        }
    };
    shared.update(|state| bill(state, 0));
    let total = wire::output_tokens(message, thinking);
    if !streamed {
        let body = wire::whole(message, &info, &content, total);
        shared.update(|state| bill(state, total));
        return respond_json(shared, client, Ok(body), number).await;
    }
    client.begin(200, &headers(number, "text/event-stream; charset=utf-8")).await?;
    send(shared, client, wire::stream(script, message, &info, &content, thinking), number, &bill).await
}

async fn send(
    shared: &Shared,
    client: &mut Connection,
    actions: Vec<Action>,
    number: u64,
    bill: &(dyn Fn(&mut State, u64) + Sync),
) -> io::Result<RequestOutcome> {
    let last = actions.len() - 1;
    for (index, action) in actions.into_iter().enumerate() {
        match action {
            Action::Send(bytes, output) => {
                shared.update(|state| bill(state, output));
                if index == last {
                    record_outcome(shared, number, RequestOutcome::Answered(200));
                    client.last_chunk(&bytes).await?;
                    return Ok(RequestOutcome::Answered(200));
                }
                client.chunk(&bytes).await?;
            }
            Action::Do(step) => {
                if let Some(ended) = run_step(client, &step, PING).await? {
                    return Ok(ended);
                }
            }
        }
    }
    record_outcome(shared, number, RequestOutcome::Answered(200));
    client.last_chunk(&[]).await?;
    Ok(RequestOutcome::Answered(200))
}

/// The bill of a request with this number of output tokens and searches of the web.
fn bill(model: &models::Row, info: &MessageInfo, output: u64, searches: u64) -> Bill {
    let input = info.input;
    let card = models::find(info.model).unwrap_or(model).card_for(input.total());
    // Prices are thousandths of a dollar per million tokens: 100,000 micro-cents each.
    let total = input.plain * card.input
        + input.read * card.read
        + input.written_5m * card.write_5m
        + input.written_1h * card.write_1h
        + output * card.output;
    Bill {
        input_tokens: input.plain,
        cache_read_tokens: input.read,
        cache_write_5m_tokens: input.written_5m,
        cache_write_1h_tokens: input.written_1h,
        output_tokens: output,
        micro_cents: (total * 100_000).div_ceil(1_000_000) + searches * 1_000_000,
    }
}
