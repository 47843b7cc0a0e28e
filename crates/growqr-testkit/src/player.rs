//! Plays a script: sends its bytes and performs its steps at their points.

use crate::http::Connection;
use crate::record::RequestOutcome;
use crate::script::{Point, Script, Step};
use std::io;

/// One action of a response.
pub(crate) enum Action {
    /// Sends bytes. The number is the output tokens billed so far.
    Send(Vec<u8>, u64),
    Do(Step),
}

/// Performs a step. Returns the outcome if the step ends the response.
pub(crate) async fn run_step(client: &mut Connection, step: &Step, ping: &[u8]) -> io::Result<Option<RequestOutcome>> {
    match step {
        Step::Cut => Ok(Some(RequestOutcome::Cut)),
        Step::Silence => {
            client.wait_until_closed().await;
            Ok(Some(RequestOutcome::ClientLeft))
        }
        Step::StopPoint(stop_point) => tokio::select! {
            () = stop_point.wait() => Ok(None),
            () = client.wait_until_closed() => Ok(Some(RequestOutcome::ClientLeft)),
        },
        Step::Insert(bytes) => client.chunk(bytes).await.map(|()| None),
        Step::Pings { count, every } => {
            let mut sent = 0;
            while count.is_none_or(|count| sent < count) {
                tokio::select! {
                    () = tokio::time::sleep(*every) => {}
                    () = client.wait_until_closed() => return Ok(Some(RequestOutcome::ClientLeft)),
                }
                client.chunk(ping).await?;
                sent += 1;
            }
            Ok(None)
        }
    }
}

/// Splits a text into pieces of `size` characters.
pub(crate) fn split_text(text: &str, size: usize) -> impl Iterator<Item = String> + '_ {
    let mut left = text;
    std::iter::from_fn(move || {
        let end = left.char_indices().nth(size).map_or(left.len(), |(at, _)| at);
        let (piece, rest) = left.split_at(end);
        left = rest;
        (!piece.is_empty()).then(|| piece.to_owned())
    })
}

/// Inserts the script's steps between the events and splits the bytes into chunks. `last` is the index of the final event.
pub(crate) fn interleave_steps(script: &Script, events: Vec<(Vec<u8>, u64)>, last: usize) -> Vec<Action> {
    let event_count = events.len();
    let mut actions = Vec::new();
    let mut sent = 0;
    let at_events = |actions: &mut Vec<Action>, count: usize| {
        let here = |point: &Point| *point == Point::Events(count) || (*point == Point::BeforeStop && count == last);
        actions.extend(script.steps.iter().filter(|(point, _)| here(point)).map(|(_, step)| Action::Do(step.clone())));
    };
    for (count, (bytes, billed)) in events.into_iter().enumerate() {
        at_events(&mut actions, count);
        let mut from = 0;
        for (point, step) in &script.steps {
            let Point::Bytes(offset) = *point else { continue };
            if offset >= sent + from && offset < sent + bytes.len() {
                send(&mut actions, &bytes[from..offset - sent], billed, script.chunk_size);
                actions.push(Action::Do(step.clone()));
                from = offset - sent;
            }
        }
        send(&mut actions, &bytes[from..], billed, script.chunk_size);
        sent += bytes.len();
    }
    at_events(&mut actions, event_count);
    actions
}

fn send(actions: &mut Vec<Action>, bytes: &[u8], billed: u64, chunk_size: Option<usize>) {
    match chunk_size {
        None => actions.push(Action::Send(bytes.to_vec(), billed)),
        Some(size) => actions.extend(bytes.chunks(size).map(|chunk| Action::Send(chunk.to_vec(), billed))),
    }
}
