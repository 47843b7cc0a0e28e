//! The host's side of the local socket: answers the requests of other processes and sends them events.
//!
//! Each connection has a task of its own, all owned by one join set. A line that is too long ends the connection. A
//! client can do nothing but send a [`Request`].

use crate::error::AppError;
use crate::host::handler::Handler;
use crate::host::host_events::HostEvents;
use crate::host::lanes::Lanes;
use crate::host::socket::Lines;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use growqr_wire::{ClientMessage, HostMessage, Push, Reply, Request, Response};
use interprocess::local_socket::tokio::{Listener, Stream, prelude::*};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Pause after a client could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The clients that go on without this host.
type Survivors = watch::Sender<usize>;

/// Answers clients until `stop` is cancelled. Tells `clients` how many end with this host.
pub(crate) async fn serve(listener: Listener, handler: Arc<Handler>, clients: watch::Sender<usize>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let survivors = Survivors::new(0);
    let mut survived = survivors.subscribe();
    loop {
        let count = connections.len().saturating_sub(*survived.borrow_and_update());
        clients.send_replace(count);
        tokio::select! {
            () = stop.cancelled() => return,
            Ok(()) = survived.changed() => {}
            Some(ended) = connections.join_next() => {
                if let Ok(Err(error)) = ended {
                    tracing::debug!(%error, "a connection ended with an error");
                }
            }
            accepted = listener.accept() => match accepted {
                Ok(stream) => drop(connections.spawn(serve_connection(stream, Arc::clone(&handler), survivors.clone()))),
                Err(error) => {
                    // Often temporary, such as too many open files.
                    tracing::warn!(%error, "a client could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

/// Answers requests side by side; those of one lane in their order. A request that was read is carried out even if the client has
/// gone.
async fn serve_connection(stream: Stream, handler: Arc<Handler>, survivors: Survivors) -> io::Result<()> {
    let mut lines = Lines::new(stream);
    let mut survivor = Survivor { survivors, is_counted: false };
    let mut events: Option<HostEvents> = None;
    let (mut lanes, mut answers) = (Lanes::default(), FuturesUnordered::new());
    let ended = loop {
        let message = tokio::select! {
            line = lines.next() => match line {
                Ok(Some(line)) => match accept(&handler, &line, &mut lanes, &mut events, &mut survivor) {
                    Ok(answer) => {
                        answers.push(answer);
                        continue;
                    }
                    Err(error) => break Err(error),
                },
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            },
            Some(answer) = answers.next() => answer,
            push = next_push(&mut events) => HostMessage::Push(push),
        };
        if let Err(error) = lines.send(&message).await {
            break Err(error);
        }
    };
    while answers.next().await.is_some() {}
    ended
}

/// Counts one client that goes on without this host, as long as it is connected.
struct Survivor {
    survivors: Survivors,
    is_counted: bool,
}

impl Survivor {
    fn count(&mut self) {
        if !std::mem::replace(&mut self.is_counted, true) {
            self.survivors.send_modify(|count| *count += 1);
        }
    }
}

impl Drop for Survivor {
    fn drop(&mut self) {
        if self.is_counted {
            self.survivors.send_modify(|count| *count = count.saturating_sub(1));
        }
    }
}

/// The answer to the request in this line.
fn accept(
    handler: &Arc<Handler>,
    line: &[u8],
    lanes: &mut Lanes,
    events: &mut Option<HostEvents>,
    survivor: &mut Survivor,
) -> io::Result<BoxFuture<'static, HostMessage>> {
    let call: ClientMessage = match serde_json::from_slice(line) {
        Ok(call) => call,
        Err(_) => return not_understood(line).map(answered),
    };
    let ClientMessage { id, request } = call;
    if request == Request::Follow {
        // Subscribed before the request is answered, so that no push is lost between the two.
        *events = handler.subscribe();
    }
    if let Request::Hello { reconnects: true, .. } = request {
        survivor.count();
    }
    let Some(mut ticket) = lanes.enter(request.lane()) else {
        return Ok(answered(answer(id, Err(AppError::TooManyRequests))));
    };
    let handler = Arc::clone(handler);
    Ok(Box::pin(async move {
        ticket.turn().await;
        answer(id, handler.answer(request).await)
    }))
}

fn answered(message: HostMessage) -> BoxFuture<'static, HostMessage> {
    Box::pin(std::future::ready(message))
}

fn answer(id: u64, result: Result<Reply, AppError>) -> HostMessage {
    HostMessage::Answer(Response { id, result: result.map_err(Into::into) })
}

/// Answers a request that this host does not know (its sender waits for an answer); any other line ends the connection.
/// The parser's error is not sent: it quotes the line, which may contain a key.
fn not_understood(line: &[u8]) -> io::Result<HostMessage> {
    let id = serde_json::from_slice::<serde_json::Value>(line).ok().and_then(|call| call["id"].as_u64());
    let id = id.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it sent a line that is not a request"))?;
    Ok(answer(id, Err(AppError::Protocol { problem: "does not know this request".to_owned() })))
}

/// The next push. Waits for ever if the client has not subscribed or the host has ended.
async fn next_push(events: &mut Option<HostEvents>) -> Push {
    if let Some(open) = events
        && let Some(push) = open.next().await
    {
        return push;
    }
    std::future::pending().await
}
