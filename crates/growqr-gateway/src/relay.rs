//! Relays a call to a service with the Messages API. The bytes of the answer pass through as they arrive.

use crate::outgoing::{Outgoing, Stopped};
use crate::paid::{Call, Paid};
use crate::refusal::Refusal;
use growqr_core::model::Usage;
use growqr_core::upstream::{Billed, RawRequest, SentMark, Upstream};

/// Runs the call and settles its charge. Returns the usage, if it is known.
pub(crate) async fn run(upstream: &dyn Upstream, call: &Call, mut paid: Paid<'_>, mut out: Outgoing) -> Option<Usage> {
    let changed = paid.request.with(&paid.card.id, paid.charge.max_tokens()).ok().flatten();
    let request = RawRequest {
        agent: paid.agent.clone(),
        version: call.version.clone(),
        betas: call.betas.clone(),
        body: changed.unwrap_or_else(|| call.body.to_vec()),
        sent: SentMark::default(),
    };
    let mark = request.sent.clone();
    let reply = tokio::select! {
        biased;
        stopped = out.stopped() => {
            let billed = if mark.is_set() { Billed::Unknown } else { Billed::Nothing };
            return stop(stopped, billed, paid, out).await;
        }
        reply = upstream.send(request) => reply,
    };
    let reply = match reply {
        Ok(reply) => reply,
        Err(failure) => {
            tracing::debug!(agent = %paid.agent, kind = ?failure.kind, "a relayed call failed");
            let may_be_billed = mark.is_set() && failure.kind.may_be_billed();
            paid.charge.settle(if may_be_billed { Billed::Unknown } else { Billed::Nothing });
            out.end_with(&Refusal::failed(&failure)).await;
            return None;
        }
    };
    let mut body = reply.body;
    out.begin(reply.status, &reply.headers);
    loop {
        let next = tokio::select! {
            biased;
            stopped = out.stopped() => return stop(stopped, body.billed(), paid, out).await,
            next = body.next() => next,
        };
        match next {
            Ok(Some(bytes)) => {
                // The client may make its next call as soon as it has the last event.
                if let billed @ Billed::Complete { .. } = body.billed() {
                    paid.charge.settle(billed);
                }
                if let Err(stopped) = out.send(bytes).await {
                    return stop(stopped, body.billed(), paid, out).await;
                }
            }
            Ok(None) => {
                let billed = body.billed();
                paid.charge.settle(billed);
                out.finish().await;
                return match billed {
                    Billed::Complete { usage, .. } => Some(usage),
                    Billed::Nothing | Billed::Unknown => None,
                };
            }
            Err(failure) => {
                tracing::debug!(agent = %paid.agent, kind = ?failure.kind, "a relayed answer broke off");
                paid.charge.settle(body.billed());
                return None;
            }
        }
    }
}

/// Ends a call before its answer is complete.
async fn stop(stopped: Stopped, billed: Billed, mut paid: Paid<'_>, out: Outgoing) -> Option<Usage> {
    tracing::debug!(agent = %paid.agent, ?stopped, "a call was stopped");
    match billed {
        Billed::Unknown => paid.charge.settle_stopped(),
        Billed::Nothing | Billed::Complete { .. } => paid.charge.settle(billed),
    }
    out.end_stopped(stopped).await;
    None
}
