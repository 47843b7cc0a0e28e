//! The client's side of the local socket: a connection to the process that runs the agents.

use crate::error::AppError;
use crate::host::socket::{self, LineReader};
use crate::profile::location::Profile;
use growqr_wire::{ClientMessage, HostMessage, Push, Reply, Request, Response};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Timeout of an answer. It is long because a person may have to unlock the keychain meanwhile.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// How many requests may wait for a host that reads none.
const UNSENT: usize = 64;

/// A connection to a running host. Several requests may be under way.
pub(crate) struct HostConnection {
    reader: LineReader,
    /// Lines for the task that writes them: while the host reads nothing, pushes are still read.
    unsent: mpsc::Sender<Vec<u8>>,
    _writer: JoinSet<()>,
    /// Pushes that arrived while [`HostConnection::call`] waited for its answer.
    queued: VecDeque<Push>,
    calls: u64,
}

/// What a host sends.
pub(crate) enum Incoming {
    Push(Push),
    Answer(Response),
}

impl HostConnection {
    /// Connects. `Ok(None)` if no host listens.
    pub(crate) async fn connect(profile: &Profile) -> Result<Option<HostConnection>, AppError> {
        let Some(lines) = socket::connect(profile).await? else { return Ok(None) };
        let (reader, mut writer) = lines.split();
        let (unsent, mut lines) = mpsc::channel::<Vec<u8>>(UNSENT);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Some(line) = lines.recv().await {
                // The reader finds the end of the connection.
                if writer.write(&line).await.is_err() {
                    return;
                }
            }
        });
        Ok(Some(HostConnection { reader, unsent, _writer: task, queued: VecDeque::new(), calls: 0 }))
    }

    /// Sends one request and waits for its answer. No other request may be under way.
    ///
    /// # Errors
    /// The host's error, or [`AppError::Protocol`] if the connection fails or the answer does not arrive in time. The
    /// host may then have performed the request, or may still perform it.
    pub(crate) async fn call(&mut self, request: Request) -> Result<Reply, AppError> {
        tokio::time::timeout(ANSWER_TIMEOUT, self.send_and_receive(request)).await.unwrap_or_else(|_| Err(timed_out()))
    }

    async fn send_and_receive(&mut self, request: Request) -> Result<Reply, AppError> {
        let id = self.send(request)?;
        loop {
            match self.receive().await? {
                Some(Incoming::Answer(answer)) if answer.id == id => return answer.result.map_err(AppError::ErrorReply),
                Some(Incoming::Answer(_)) => {}
                Some(Incoming::Push(push)) => self.queued.push_back(push),
                None => return Err(lost()),
            }
        }
    }

    /// Sends one request. Its answer comes with [`HostConnection::next`] and has the id that this returns.
    ///
    /// # Errors
    /// [`AppError::Protocol`] if the host reads nothing, or the request cannot be sent.
    pub(crate) fn send(&mut self, request: Request) -> Result<u64, AppError> {
        self.calls += 1;
        let failed = |problem: String| AppError::Protocol { problem };
        let line = socket::line(&ClientMessage { id: self.calls, request });
        let line = line.map_err(|error| failed(format!("cannot be reached: {error}")))?;
        self.unsent.try_send(line).map_err(|_| failed("does not read requests".to_owned()))?;
        Ok(self.calls)
    }

    /// What the host sends next; `None` once it has ended. Cancel-safe.
    ///
    /// # Errors
    /// If the host sends something that this program does not understand.
    pub(crate) async fn next(&mut self) -> Result<Option<Incoming>, AppError> {
        match self.queued.pop_front() {
            Some(push) => Ok(Some(Incoming::Push(push))),
            None => self.receive().await,
        }
    }

    async fn receive(&mut self) -> Result<Option<Incoming>, AppError> {
        let Ok(Some(line)) = self.reader.next().await else { return Ok(None) };
        match serde_json::from_slice(&line) {
            Ok(HostMessage::Push(push)) => Ok(Some(Incoming::Push(push))),
            Ok(HostMessage::Answer(answer)) => Ok(Some(Incoming::Answer(answer))),
            Err(_) => Err(AppError::Protocol { problem: "sent an answer that this program cannot read".to_owned() }),
        }
    }
}

/// The error of a request whose host has ended.
pub(crate) fn lost() -> AppError {
    AppError::Protocol { problem: "ended before it answered".to_owned() }
}

/// The error of a request whose answer does not come.
pub(crate) fn timed_out() -> AppError {
    AppError::Protocol { problem: "did not answer in time".to_owned() }
}
