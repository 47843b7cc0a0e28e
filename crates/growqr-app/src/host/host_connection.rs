//! The client's side of the local socket: a connection to the process that runs the agents.

use crate::error::AppError;
use crate::host::socket::{self, Lines};
use crate::profile::location::Profile;
use growqr_wire::{ClientMessage, HostMessage, Push, Reply, Request};
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// Timeout of an answer. It is long because a person may have to unlock the keychain meanwhile.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// A connection to a running host.
pub(crate) struct HostConnection {
    lines: Lines,
    /// Pushes that arrived while a call waited for its answer.
    queued: VecDeque<Push>,
    calls: u64,
}

impl HostConnection {
    /// Connects. `Ok(None)` if no host listens.
    pub(crate) async fn connect(profile: &Profile) -> Result<Option<HostConnection>, AppError> {
        let lines = socket::connect(profile).await?;
        Ok(lines.map(|lines| HostConnection { lines, queued: VecDeque::new(), calls: 0 }))
    }

    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    /// The host's error, or [`AppError::Protocol`] if the connection fails or the answer does not arrive in time. The
    /// host may then have performed the request, or may still perform it.
    pub(crate) async fn call(&mut self, request: Request) -> Result<Reply, AppError> {
        let timed_out = || AppError::Protocol { problem: "did not answer in time".to_owned() };
        tokio::time::timeout(ANSWER_TIMEOUT, self.send_and_receive(request)).await.unwrap_or_else(|_| Err(timed_out()))
    }

    async fn send_and_receive(&mut self, request: Request) -> Result<Reply, AppError> {
        self.calls += 1;
        let id = self.calls;
        self.lines.send(&ClientMessage { id, request }).await.map_err(|error| connection_lost(&error))?;
        loop {
            match self.receive().await? {
                HostMessage::Answer(answer) if answer.id == id => return answer.result.map_err(AppError::ErrorReply),
                HostMessage::Answer(_) => {}
                HostMessage::Push(push) => self.queued.push_back(push),
            }
        }
    }

    /// The next push; `None` once the host has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Option<Push>, AppError> {
        if let Some(push) = self.queued.pop_front() {
            return Ok(Some(push));
        }
        loop {
            match self.lines.next().await {
                Ok(None) | Err(_) => return Ok(None),
                Ok(Some(line)) => match serde_json::from_slice(&line).map_err(unreadable)? {
                    HostMessage::Push(push) => return Ok(Some(push)),
                    HostMessage::Answer(_) => {}
                },
            }
        }
    }

    async fn receive(&mut self) -> Result<HostMessage, AppError> {
        let line = self.lines.next().await.map_err(|error| connection_lost(&error))?;
        let line = line.ok_or_else(|| AppError::Protocol { problem: "ended before it answered".to_owned() })?;
        serde_json::from_slice(&line).map_err(unreadable)
    }
}

fn connection_lost(error: &io::Error) -> AppError {
    AppError::Protocol { problem: format!("cannot be reached: {error}") }
}

fn unreadable(_: serde_json::Error) -> AppError {
    AppError::Protocol { problem: "sent an answer that this program cannot read".to_owned() }
}
