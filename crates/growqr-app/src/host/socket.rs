//! The local socket: a Unix domain socket for this user, a named pipe on Windows. One JSON object a line both ways.
//!
//! The server side answers each connection in a task of its own, all owned by one join set. Lines of a stranger's
//! length end the connection; nothing a client sends can do more than [`Request`] says.

use crate::error::AppError;
use crate::host::hosting::{Pushes, Serving};
use crate::profile::home::Home;
use growqr_wire::{Answer, Call, FromHost, Push, Reply, Request};
use interprocess::local_socket::tokio::{Listener, Stream, prelude::*};
use interprocess::local_socket::{ListenerOptions, Name};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The longest line taken: the largest message, escaped, and some.
const LINE_LIMIT: u64 = 16 * 1024 * 1024;

/// How long to wait after a client could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a host may take to answer: somebody may have to unlock the keychain meanwhile.
const ANSWER: Duration = Duration::from_secs(120);

/// Makes the socket. The profile's lock is held, so one that is there already is a left-over.
pub(crate) fn listen(home: &Home) -> Result<Listener, AppError> {
    let place = place(home);
    let failed = |source| AppError::file("listen on", &place, source);
    if !is_private(home, true).map_err(failed)? {
        return Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, "its folder belongs to somebody else")));
    }
    let listener = ListenerOptions::new().name(name(home).map_err(failed)?).try_overwrite(true).create_tokio().map_err(failed)?;
    only_this_user(&place).map_err(failed)?;
    Ok(listener)
}

/// Answers clients until told to stop.
pub(crate) async fn serve(listener: Listener, serving: Arc<Serving>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(ended) = connections.join_next() => {
                if let Ok(Err(error)) = ended {
                    tracing::debug!(%error, "a client left");
                }
            }
            accepted = listener.accept() => match accepted {
                Ok(stream) => drop(connections.spawn(connection(stream, Arc::clone(&serving)))),
                Err(error) => {
                    // Too many open files, say: it passes.
                    tracing::warn!(%error, "a client could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
}

async fn connection(stream: Stream, serving: Arc<Serving>) -> io::Result<()> {
    let mut lines = Lines::new(stream);
    let mut pushes: Option<Pushes> = None;
    loop {
        let line = tokio::select! {
            line = lines.next() => match line? {
                None => return Ok(()),
                Some(line) => answer(&serving, &line, &mut pushes).await?,
            },
            push = next(&mut pushes) => FromHost::Push(push),
        };
        lines.send(&line).await?;
    }
}

async fn answer(serving: &Serving, line: &[u8], pushes: &mut Option<Pushes>) -> io::Result<FromHost> {
    let call: Call = match serde_json::from_slice(line) {
        Ok(call) => call,
        Err(_) => return not_understood(line),
    };
    if call.request == Request::Follow {
        // From before the answer, so that nothing is missed between the two.
        *pushes = Some(serving.follow());
    }
    let result = serving.handle(call.request).await.map_err(Into::into);
    Ok(FromHost::Answer(Answer { id: call.id, result }))
}

/// A call that this host does not know is answered, so that its sender need not wait; anything else ends the connection.
/// The parser's words are left out: they repeat what they do not understand, which may be a key.
fn not_understood(line: &[u8]) -> io::Result<FromHost> {
    let id = serde_json::from_slice::<serde_json::Value>(line).ok().and_then(|call| call["id"].as_u64());
    let id = id.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it sent a line that is no call"))?;
    let error = AppError::Protocol { problem: "does not know this request".to_owned() };
    Ok(FromHost::Answer(Answer { id, result: Err(error.into()) }))
}

/// The next push; never, if the client does not follow or the host has ended.
async fn next(pushes: &mut Option<Pushes>) -> Push {
    if let Some(open) = pushes
        && let Some(push) = open.next().await
    {
        return push;
    }
    std::future::pending().await
}

/// A connection to a running host.
pub(crate) struct Attached {
    lines: Lines,
    /// Pushes that came while an answer was awaited.
    early: VecDeque<Push>,
    calls: u64,
}

impl Attached {
    /// Connects. `Ok(None)` if no host listens.
    pub(crate) async fn connect(home: &Home) -> Result<Option<Attached>, AppError> {
        let failed = |source| AppError::file("reach", &place(home), source);
        if !is_private(home, false).map_err(failed)? {
            return Ok(None);
        }
        let name = name(home).map_err(failed)?;
        match Stream::connect(name).await {
            Ok(stream) => Ok(Some(Attached { lines: Lines::new(stream), early: VecDeque::new(), calls: 0 })),
            Err(_) => Ok(None),
        }
    }

    /// Asks one thing.
    ///
    /// # Errors
    /// What the host says, or [`AppError::Protocol`] if it cannot be spoken to or does not answer: then it may have done
    /// what it was asked, or do it later.
    pub(crate) async fn call(&mut self, request: Request) -> Result<Reply, AppError> {
        let late = || AppError::Protocol { problem: "did not answer in time".to_owned() };
        tokio::time::timeout(ANSWER, self.answered(request)).await.unwrap_or_else(|_| Err(late()))
    }

    async fn answered(&mut self, request: Request) -> Result<Reply, AppError> {
        self.calls += 1;
        let id = self.calls;
        self.lines.send(&Call { id, request }).await.map_err(|error| left(&error))?;
        loop {
            match self.receive().await? {
                FromHost::Answer(answer) if answer.id == id => return answer.result.map_err(AppError::Answered),
                FromHost::Answer(_) => {}
                FromHost::Push(push) => self.early.push_back(push),
            }
        }
    }

    /// The next push; `None` once the host has ended. Safe to drop half-way.
    pub(crate) async fn next(&mut self) -> Result<Option<Push>, AppError> {
        if let Some(push) = self.early.pop_front() {
            return Ok(Some(push));
        }
        loop {
            match self.lines.next().await {
                Ok(None) | Err(_) => return Ok(None),
                Ok(Some(line)) => match serde_json::from_slice(&line).map_err(strange)? {
                    FromHost::Push(push) => return Ok(Some(push)),
                    FromHost::Answer(_) => {}
                },
            }
        }
    }

    async fn receive(&mut self) -> Result<FromHost, AppError> {
        let line = self.lines.next().await.map_err(|error| left(&error))?;
        let line = line.ok_or_else(|| AppError::Protocol { problem: "ended before it answered".to_owned() })?;
        serde_json::from_slice(&line).map_err(strange)
    }
}

fn left(error: &io::Error) -> AppError {
    AppError::Protocol { problem: format!("could not be spoken to: {error}") }
}

fn strange(_: serde_json::Error) -> AppError {
    AppError::Protocol { problem: "answered with something this program does not understand".to_owned() }
}

/// JSON lines over a stream.
struct Lines {
    stream: BufReader<Stream>,
    /// A line that has come in part; kept, so that reading may be dropped half-way.
    partial: Vec<u8>,
}

impl Lines {
    fn new(stream: Stream) -> Lines {
        Lines { stream: BufReader::new(stream), partial: Vec::new() }
    }

    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let room = LINE_LIMIT - self.partial.len() as u64;
        let read = (&mut self.stream).take(room).read_until(b'\n', &mut self.partial).await?;
        if self.partial.last() == Some(&b'\n') {
            return Ok(Some(std::mem::take(&mut self.partial)));
        }
        if read == 0 && self.partial.is_empty() {
            return Ok(None);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "a line without end"))
    }

    async fn send(&mut self, message: &impl serde::Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line).await?;
        self.stream.get_mut().flush().await
    }
}

/// A Unix socket's path has room for about a hundred bytes. For a longer one the socket is in a folder of its own
/// among the user's run-time files, or else the temporary files.
#[cfg(unix)]
fn place(home: &Home) -> PathBuf {
    let near = home.folder().join("host.sock");
    if near.as_os_str().len() <= 100 { near } else { far_folder(home).join("host.sock") }
}

#[cfg(unix)]
fn far_folder(home: &Home) -> PathBuf {
    let around = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    around.join(format!("growqr-{}", home.fingerprint()))
}

/// Others may write to the temporary folder too: a socket there counts only in a folder that is this user's alone.
#[cfg(unix)]
fn is_private(home: &Home, create: bool) -> io::Result<bool> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    let place = place(home);
    let folder = place.parent().unwrap_or(&place);
    if folder == home.folder() {
        return Ok(true);
    }
    if create {
        match std::fs::DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    let owner = std::fs::metadata(home.folder()).map(|data| data.uid());
    Ok(match (std::fs::symlink_metadata(folder), owner) {
        (Ok(data), Ok(owner)) => data.is_dir() && data.uid() == owner && data.mode() & 0o077 == 0,
        _ => false,
    })
}

#[cfg(not(unix))]
fn is_private(_home: &Home, _create: bool) -> io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
fn name(home: &Home) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericFilePath, ToFsName};
    place(home).to_fs_name::<GenericFilePath>()
}

#[cfg(unix)]
fn only_this_user(place: &std::path::Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn place(home: &Home) -> PathBuf {
    PathBuf::from(format!("growqr-{}", home.fingerprint()))
}

#[cfg(not(unix))]
fn name(home: &Home) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericNamespaced, ToNsName};
    format!("growqr-{}", home.fingerprint()).to_ns_name::<GenericNamespaced>()
}

/// A named pipe's default rights let only this user and administrators write to it.
#[cfg(not(unix))]
fn only_this_user(_place: &std::path::Path) -> io::Result<()> {
    Ok(())
}
