//! Makes a call to a provider that does not have the Messages API: translates the request, and its answer back.

mod events;
mod request;

use crate::outgoing::{Outgoing, Stopped};
use crate::paid::Paid;
use crate::refusal::Refusal;
use events::Events;
use futures_util::FutureExt;
use growqr_core::model::{Delta, Failure, Model, Reply, Usage};
use growqr_core::upstream::Billed;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// A stream begins after this time even if the provider is silent, and then gets a ping as often, so that no client gives up.
const PING: Duration = Duration::from_secs(20);

/// Text that has arrived and is not sent yet.
#[derive(Default)]
struct Arrived {
    text: Mutex<String>,
    more: Notify,
}

impl Arrived {
    fn add(&self, delta: Delta) {
        // Other parts of the answer come from the complete reply.
        if let Delta::Text(text) = delta {
            self.text.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            self.more.notify_one();
        }
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.text.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs the call and settles its charge. Returns the usage, if it is known.
pub(crate) async fn run(model: &dyn Model, mut paid: Paid<'_>, mut out: Outgoing) -> Option<Usage> {
    let request = match request::translate(model, &paid) {
        Ok(request) => request,
        Err(refusal) => {
            paid.charge.settle(Billed::Nothing);
            out.end_with(&refusal).await;
            return None;
        }
    };
    let arrived = Arrived::default();
    let mut events = Events::new(&paid.card.id);
    let on_delta = |delta| arrived.add(delta);
    if let Some(stopped) = out.stopped().now_or_never() {
        paid.charge.settle(Billed::Nothing);
        out.end_stopped(stopped).await;
        return None;
    }
    let mut answer = model.call(&request, &on_delta);
    let ended = loop {
        tokio::select! {
            biased;
            stopped = out.stopped() => break Err(stopped),
            () = arrived.more.notified(), if paid.request.stream => {
                if let Err(stopped) = send(&mut out, events.text(&arrived.take())).await {
                    break Err(stopped);
                }
            }
            reply = &mut answer => break Ok(reply),
            () = tokio::time::sleep(PING), if paid.request.stream => {
                if let Err(stopped) = send(&mut out, events.ping()).await {
                    break Err(stopped);
                }
            }
        }
    };
    drop(answer);
    match ended {
        Ok(Ok(reply)) => finish(reply, events, paid, out).await,
        Ok(Err(failure)) => fail(&failure, paid, out).await,
        Err(stopped) => {
            paid.charge.settle_stopped();
            out.end_stopped(stopped).await;
            None
        }
    }
}

async fn finish(reply: Reply, mut events: Events, mut paid: Paid<'_>, mut out: Outgoing) -> Option<Usage> {
    // The client may make its next call as soon as it has the last event.
    paid.charge.settle(Billed::Complete { usage: reply.usage, cost: reply.cost });
    if !paid.request.stream {
        let headers = [("content-type", "application/json".to_owned())];
        out.send_whole(200, &headers, events::whole(&reply).to_string().into_bytes());
        return Some(reply.usage);
    }
    match events.rest(&reply) {
        // A client that is gone misses nothing.
        Some(rest) => {
            if send(&mut out, rest).await.is_ok() {
                out.finish().await;
            }
        }
        None => out.end_with(&Refusal::unavailable("The answer differs from what was streamed.")).await,
    }
    Some(reply.usage)
}

async fn fail(failure: &Failure, mut paid: Paid<'_>, out: Outgoing) -> Option<Usage> {
    tracing::debug!(agent = %paid.agent, kind = ?failure.kind, "a translated call failed");
    paid.charge.settle(if failure.kind.may_be_billed() { Billed::Unknown } else { Billed::Nothing });
    out.end_with(&Refusal::failed(failure)).await;
    None
}

async fn send(out: &mut Outgoing, events: Vec<u8>) -> Result<(), Stopped> {
    if events.is_empty() {
        return Ok(());
    }
    if !out.has_begun() {
        let headers = [("content-type", "text/event-stream".to_owned()), ("cache-control", "no-cache".to_owned())];
        out.begin(200, &headers);
    }
    out.send(events).await
}
