//! The event stream of a host in this process.

use crate::convert;
use growqr_actors::Happened;
use growqr_wire::Push;
use tokio::sync::{broadcast, watch};

/// The pushes of a host, in the order in which they happen. A slow reader delays nothing: it gets [`Push::Missed`] and
/// goes on from there.
pub(crate) struct Pushes {
    happened: broadcast::Receiver<Happened>,
    memory: watch::Receiver<()>,
}

impl Pushes {
    /// Everything from now on: the events of agents, and each change of memory by the person.
    pub(crate) fn new(happened: broadcast::Receiver<Happened>, memory: watch::Receiver<()>) -> Pushes {
        Pushes { happened, memory }
    }

    /// The next push; `None` once the host has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Push> {
        let happened = tokio::select! {
            biased;
            happened = self.happened.recv() => happened,
            Ok(()) = self.memory.changed() => return Some(Push::MemoryChanged),
        };
        match happened {
            Ok(happened) => Some(convert::push(happened)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Push::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
