//! The server's side of a sync: looks at its branch, downloads commits, pushes. Each operation opens its own handle to the
//! repository and runs on its own thread, so that a server that takes the connection and says nothing holds up nobody.
//!
//! The token is given to the server in a header only. It is in no URL, configuration, ref or log.

use crate::git::Git;
use crate::sync_error::SyncError;
use git2::{
    Cred, Direction, Error, ErrorClass, ErrorCode, FetchOptions, Oid, PushOptions, RemoteCallbacks, RemoteRedirect, Repository,
};
use growqr_core::memory::MemoryError;
use growqr_core::secret::Secret;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The repository on the server.
#[derive(Clone, Debug)]
pub struct Remote {
    /// Its URL for git, without credentials.
    pub url: String,
    /// The user on the server.
    pub user: String,
    /// The user's token. Sent as a header only.
    pub token: Secret,
}

/// How long the server may take to answer the first request.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long a download or a push may take.
const TRANSFER_LIMIT: Duration = Duration::from_secs(5 * 60);

/// The ref that keeps the server's newest commit from being collected as garbage.
const SERVER_REF: &str = "refs/growqr/server";

/// The end of a push that the server did not refuse for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    /// The server has the commit.
    Accepted,
    /// The server's branch has moved: fetch, merge, and push again.
    Raced,
}

/// The server's repository during one sync.
pub(crate) struct Session {
    folder: PathBuf,
    remote: Remote,
    branch: String,
}

impl Session {
    pub(crate) fn new(folder: &Path, remote: &Remote, branch: String) -> Session {
        Session { folder: folder.to_owned(), remote: remote.clone(), branch }
    }

    /// The newest commit of the server's branch; `None` if the server has no such branch.
    pub(crate) fn look(&self) -> Result<Option<Oid>, SyncError> {
        let (remote, branch) = (self.remote.clone(), self.branch.clone());
        self.run(ANSWER_LIMIT, move |repo| {
            let mut server = repo.remote_anonymous(&remote.url)?;
            let connection = server.connect_auth(Direction::Fetch, Some(callbacks(&remote)), None)?;
            let heads = connection.list()?;
            Ok(heads.iter().find(|head| head.name() == branch && !head.oid().is_zero()).map(|head| head.oid()))
        })?
        .map_err(|error| failure(&error))
    }

    /// The branches of the server in this folder (`refs/heads/…`), each with its newest commit.
    pub(crate) fn branches_in(&self, folder: &'static str) -> Result<Vec<(String, Oid)>, SyncError> {
        let remote = self.remote.clone();
        self.run(ANSWER_LIMIT, move |repo| {
            let mut server = repo.remote_anonymous(&remote.url)?;
            let connection = server.connect_auth(Direction::Fetch, Some(callbacks(&remote)), None)?;
            let heads = connection.list()?.iter();
            let inside = heads.filter(|head| head.name().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
            Ok(inside.map(|head| (head.name().to_owned(), head.oid())).collect())
        })?
        .map_err(|error| failure(&error))
    }

    /// Removes the server's branch, if that is still at `seen`.
    pub(crate) fn remove(&self, seen: Oid) -> Result<Push, SyncError> {
        let (remote, branch) = (self.remote.clone(), self.branch.clone());
        self.run(TRANSFER_LIMIT, move |repo| push(repo, &remote, (None, &branch), Some(seen)))?
    }

    /// Downloads the server's branch, and keeps `head` from being collected as garbage. Returns `false` if the branch has moved
    /// to another history meanwhile.
    pub(crate) fn download(&self, head: Oid) -> Result<bool, SyncError> {
        let (remote, branch) = (self.remote.clone(), self.branch.clone());
        self.run(TRANSFER_LIMIT, move |repo| {
            if repo.find_commit(head).is_err() {
                let mut options = FetchOptions::new();
                options.remote_callbacks(callbacks(&remote)).follow_redirects(RemoteRedirect::None);
                repo.remote_anonymous(&remote.url)?.download(&[branch], Some(&mut options))?;
            }
            if repo.find_commit(head).is_err() {
                return Ok(false);
            }
            repo.reference(SERVER_REF, head, true, "").map(|_| true)
        })?
        .map_err(|error| failure(&error))
    }

    /// Pushes a commit to the server's branch, if that is still at `seen`. Never overwrites.
    pub(crate) fn push(&self, commit: Oid, seen: Option<Oid>) -> Result<Push, SyncError> {
        let (remote, branch) = (self.remote.clone(), self.branch.clone());
        self.run(TRANSFER_LIMIT, move |repo| push(repo, &remote, (Some(commit), &branch), seen))?
    }

    /// Runs work on a thread of its own and waits for it. If it takes too long, the thread is left to end by itself: the worst
    /// that it can still do is to finish the download or the push.
    fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce(&Repository) -> T + Send + 'static,
    ) -> Result<T, SyncError> {
        let repo = Git::open_handle(&self.folder).map_err(SyncError::Memory)?;
        let (done, result) = mpsc::sync_channel(1);
        let run = move || {
            // Nobody listens any more after the limit.
            let _ = done.send(work(&repo));
        };
        let thread = thread::Builder::new().name("memory-sync".to_owned()).spawn(run);
        thread.map_err(|error| SyncError::Memory(MemoryError::Repository { doing: "sync", cause: error.to_string() }))?;
        let silent = || SyncError::Unreachable { cause: format!("it did not answer within {} s", limit.as_secs()) };
        result.recv_timeout(limit).map_err(|_| silent())
    }
}

/// Moves the branch of the server to this commit, or removes it.
fn push(repo: &Repository, remote: &Remote, (commit, branch): (Option<Oid>, &str), seen: Option<Oid>) -> Result<Push, SyncError> {
    let (rejected, said) = (RefCell::new(None), RefCell::new(Vec::new()));
    let pushed = {
        let mut callbacks = callbacks(remote);
        callbacks.push_negotiation(|updates| {
            // A branch that was removed meanwhile would otherwise be created again without a look at why.
            let moved = updates.iter().any(|update| Some(update.src()).filter(|oid| !oid.is_zero()) != seen);
            let error = || Error::new(ErrorCode::NotFastForward, ErrorClass::Reference, "the branch has moved");
            if moved { Err(error()) } else { Ok(()) }
        });
        callbacks.push_update_reference(|_, status| {
            *rejected.borrow_mut() = status.map(str::to_owned);
            Ok(())
        });
        callbacks.sideband_progress(|text| {
            said.borrow_mut().extend_from_slice(text);
            true
        });
        let mut options = PushOptions::new();
        options.remote_callbacks(callbacks).follow_redirects(RemoteRedirect::None);
        let mut server = repo.remote_anonymous(&remote.url).map_err(|error| failure(&error))?;
        let commit = commit.map(|commit| commit.to_string()).unwrap_or_default();
        server.push(&[format!("{commit}:{branch}")], Some(&mut options))
    };
    match (pushed, rejected.into_inner()) {
        (Ok(()), None) => Ok(Push::Accepted),
        // libgit2 reports success although the server has refused the ref.
        (Ok(()), Some(reason)) if reason.contains("hook declined") => {
            Err(SyncError::Refused { reason: hook_text(&said.into_inner()).unwrap_or(reason) })
        }
        (Ok(()), Some(_)) => Ok(Push::Raced),
        (Err(error), _) if error.code() == ErrorCode::NotFastForward => Ok(Push::Raced),
        (Err(error), _) => Err(failure(&error)),
    }
}

/// What a hook of the server has said: lines with the prefix `error:`.
fn hook_text(said: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    let lines = said.lines().filter_map(|line| line.trim().trim_start_matches("remote:").trim().strip_prefix("error:"));
    let text: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    (!text.is_empty()).then(|| text.join(" "))
}

/// Callbacks that give the token once. libgit2 asks again, without end, if the server refuses it.
fn callbacks<'a>(remote: &Remote) -> RemoteCallbacks<'a> {
    let (user, token) = (remote.user.clone(), remote.token.clone());
    let mut was_asked = false;
    let mut callbacks = RemoteCallbacks::new();
    callbacks.credentials(move |_, _, _| {
        if std::mem::replace(&mut was_asked, true) {
            return Err(Error::new(ErrorCode::Auth, ErrorClass::Http, "the server refused the token"));
        }
        Cred::userpass_plaintext(&user, token.expose())
    });
    callbacks
}

/// Tells apart why the server gave no result. libgit2 has the status code in the text only.
fn failure(error: &Error) -> SyncError {
    let status = error.message().rsplit_once("status code: ").and_then(|(_, code)| code.trim().parse::<u16>().ok());
    match (error.class(), status) {
        _ if error.code() == ErrorCode::Auth => SyncError::Denied,
        (_, Some(401 | 403)) => SyncError::Denied,
        (_, Some(404)) => SyncError::Missing,
        (ErrorClass::Http | ErrorClass::Net | ErrorClass::Os | ErrorClass::Ssl, _) => {
            SyncError::Unreachable { cause: error.message().to_owned() }
        }
        _ => SyncError::Memory(MemoryError::Repository { doing: "sync", cause: error.message().to_owned() }),
    }
}
