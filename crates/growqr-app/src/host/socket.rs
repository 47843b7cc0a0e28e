//! The local socket: a Unix domain socket for this user, a named pipe on Windows. One JSON object per line in both
//! directions.
//!
//! This file says where the socket is and who may use it; `server` answers on it, `host_connection` sends requests over
//! it.

use crate::error::AppError;
use crate::profile::location::Profile;
use interprocess::local_socket::tokio::{Listener, Stream, prelude::*};
use interprocess::local_socket::{ListenerOptions, Name};
use std::io;
use std::path::PathBuf;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};

/// The longest line that is read, in bytes: the largest message with everything escaped, and a margin.
const LINE_LIMIT: u64 = 32 * 1024 * 1024;

/// Creates the socket. The caller holds the profile lock, so an existing socket was left by a host that has ended.
pub(crate) fn listen(profile: &Profile) -> Result<Listener, AppError> {
    let path = socket_path(profile);
    let failed = |source| AppError::file("listen on", &path, source);
    if !is_private(profile, true).map_err(failed)? {
        return Err(failed(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "its folder belongs to another user, or other users can open it",
        )));
    }
    let options = ListenerOptions::new().name(socket_name(profile).map_err(failed)?).try_overwrite(true);
    let listener = with_user_access_only(options).and_then(|options| options.create_tokio()).map_err(failed)?;
    restrict_to_user(&path).map_err(failed)?;
    Ok(listener)
}

/// Connects to the socket. `Ok(None)` if no process listens on it.
///
/// # Errors
/// [`AppError::File`] if a process of another user listens there; nothing was sent to it.
pub(crate) async fn connect(profile: &Profile) -> Result<Option<Lines>, AppError> {
    let failed = |source| AppError::file("reach", &socket_path(profile), source);
    if !is_private(profile, false).map_err(failed)? {
        return Ok(None);
    }
    let name = socket_name(profile).map_err(failed)?;
    let Ok(stream) = Stream::connect(name).await else { return Ok(None) };
    if !is_peer_this_user(&stream).map_err(failed)? {
        return Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, "another user's program listens there")));
    }
    Ok(Some(Lines::new(stream)))
}

/// JSON lines over a stream.
pub(crate) struct Lines {
    reader: LineReader,
    writer: LineWriter,
}

/// The lines that arrive.
pub(crate) struct LineReader {
    stream: BufReader<ReadHalf<Stream>>,
    /// The part of a line that has arrived; kept, so that the future of a read may be dropped.
    partial: Vec<u8>,
}

/// The lines that are sent.
pub(crate) struct LineWriter(WriteHalf<Stream>);

impl Lines {
    pub(crate) fn new(stream: Stream) -> Lines {
        let (reader, writer) = tokio::io::split(stream);
        Lines { reader: LineReader { stream: BufReader::new(reader), partial: Vec::new() }, writer: LineWriter(writer) }
    }

    /// Both directions, for tasks of their own.
    pub(crate) fn split(self) -> (LineReader, LineWriter) {
        (self.reader, self.writer)
    }

    /// As [`LineReader::next`].
    pub(crate) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.reader.next().await
    }

    /// Sends one message as a line.
    pub(crate) async fn send(&mut self, message: &impl serde::Serialize) -> io::Result<()> {
        self.writer.write(&line(message)?).await
    }
}

/// A message as a line.
pub(crate) fn line(message: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

impl LineReader {
    /// The next line; `None` at the end of the stream. Cancel-safe.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let room = LINE_LIMIT - self.partial.len() as u64;
        let read = (&mut self.stream).take(room).read_until(b'\n', &mut self.partial).await?;
        if self.partial.last() == Some(&b'\n') {
            return Ok(Some(std::mem::take(&mut self.partial)));
        }
        if read == 0 && self.partial.is_empty() {
            return Ok(None);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long, or the connection ended in the middle of a line"))
    }
}

impl LineWriter {
    /// Sends a line that [`line`] has made.
    pub(crate) async fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.0.write_all(line).await?;
        self.0.flush().await
    }
}

/// The longest path that a Unix socket may have on every system, in bytes.
#[cfg(unix)]
const PATH_LIMIT: usize = 100;

/// The path of the socket: in the profile's folder; if that path is too long, in the first folder of `fallback_folders`
/// where it fits.
#[cfg(unix)]
fn socket_path(profile: &Profile) -> PathBuf {
    let preferred = profile.folder().join("host.sock");
    first_short_enough(preferred, fallback_folders(profile).into_iter().map(|folder| folder.join("host.sock")))
}

/// The first path that is short enough for a socket; if none is, the last.
#[cfg(unix)]
fn first_short_enough(preferred: PathBuf, fallbacks: impl Iterator<Item = PathBuf>) -> PathBuf {
    let mut last = preferred;
    for next in fallbacks {
        if last.as_os_str().len() <= PATH_LIMIT {
            break;
        }
        last = next;
    }
    last
}

/// Where the socket goes if the path in the profile's folder is too long: the folder of the user's run-time files, or
/// else the temporary folder.
#[cfg(all(unix, not(target_os = "macos")))]
fn fallback_folders(profile: &Profile) -> Vec<PathBuf> {
    let base = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    vec![base.join(format!("growqr-{}", profile.fingerprint()))]
}

/// Where the socket goes if the path in the profile's folder is too long: the folder for app data, then the home folder;
/// the temporary folder only if those paths are too long too. macOS has no folder for run-time files, and removes files
/// from the temporary folder that were not read for three days.
#[cfg(target_os = "macos")]
fn fallback_folders(profile: &Profile) -> Vec<PathBuf> {
    let user_home = std::env::home_dir();
    let name = format!("growqr-{}", profile.fingerprint());
    let app = user_home.as_ref().map(|home| home.join("Library/Application Support").join(&name));
    let hidden = user_home.map(|home| home.join(format!(".{name}")));
    app.into_iter().chain(hidden).chain([std::env::temp_dir().join(name)]).collect()
}

/// True if the socket's folder can be trusted. Other users may write to the temporary folder too, so a folder there
/// must belong to this user and be closed to all others.
#[cfg(unix)]
fn is_private(profile: &Profile, create: bool) -> io::Result<bool> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    let path = socket_path(profile);
    let folder = path.parent().unwrap_or(&path);
    if folder == profile.folder() {
        return Ok(true);
    }
    if create {
        match std::fs::DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    let owner = std::fs::metadata(profile.folder()).map(|data| data.uid());
    Ok(match (std::fs::symlink_metadata(folder), owner) {
        (Ok(data), Ok(owner)) => data.is_dir() && data.uid() == owner && data.mode() & 0o077 == 0,
        _ => false,
    })
}

#[cfg(not(unix))]
fn is_private(_profile: &Profile, _create: bool) -> io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
fn socket_name(profile: &Profile) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericFilePath, ToFsName};
    socket_path(profile).to_fs_name::<GenericFilePath>()
}

#[cfg(unix)]
fn restrict_to_user(path: &std::path::Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn socket_path(profile: &Profile) -> PathBuf {
    PathBuf::from(format!("growqr-{}", profile.fingerprint()))
}

#[cfg(not(unix))]
fn socket_name(profile: &Profile) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericNamespaced, ToNsName};
    format!("growqr-{}", profile.fingerprint()).to_ns_name::<GenericNamespaced>()
}

/// A named pipe gets its access rights when it is created.
#[cfg(not(unix))]
fn restrict_to_user(_path: &std::path::Path) -> io::Result<()> {
    Ok(())
}

/// A Unix socket gets its access rights after it is created, see [`restrict_to_user`].
#[cfg(not(windows))]
fn with_user_access_only(options: ListenerOptions<'_>) -> io::Result<ListenerOptions<'_>> {
    Ok(options)
}

/// All users of the computer can see the name of a pipe; only this account can open the pipe or create an instance of
/// it.
#[cfg(windows)]
fn with_user_access_only(options: ListenerOptions<'_>) -> io::Result<ListenerOptions<'_>> {
    use interprocess::os::windows::local_socket::ListenerOptionsExt;
    use interprocess::os::windows::security_descriptor::SecurityDescriptor;
    let rights = security_descriptor(&process_account(std::process::id())?);
    let rights = widestring::U16CString::from_str(rights).map_err(io::Error::other)?;
    Ok(options.security_descriptor(SecurityDescriptor::deserialize(&rights)?))
}

/// A Unix socket is in a folder that only this user may use.
#[cfg(not(windows))]
fn is_peer_this_user(_stream: &Stream) -> io::Result<bool> {
    Ok(true)
}

/// Any process can create a pipe with this name before the host does: the process behind the pipe must run as this
/// account.
#[cfg(windows)]
fn is_peer_this_user(stream: &Stream) -> io::Result<bool> {
    let Some(process) = stream.peer_creds()?.pid() else { return Ok(false) };
    // The system may refuse to tell the account of another user's process.
    Ok(process_account(process).is_ok_and(|account| process_account(std::process::id()).is_ok_and(|own| own == account)))
}

/// The account that a process runs as, as `S-1-5-21-…`.
#[cfg(windows)]
fn process_account(process: u32) -> io::Result<String> {
    use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
    let process = Pid::from_u32(process);
    let mut system = System::new().map_err(io::Error::other)?;
    let refresh_kind = ProcessRefreshKind::nothing().with_user(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), true, refresh_kind);
    let account = system.process(process).and_then(|process| process.user_id()).map(|account| account.to_string());
    account
        .ok_or_else(|| io::Error::new(io::ErrorKind::PermissionDenied, "the system does not report the account of the process"))
}

/// All rights for one account, which is also the owner, and none for any other, in the SDDL notation of Windows.
#[cfg(any(test, windows))]
fn security_descriptor(account: &str) -> String {
    // P: no rights are inherited.
    format!("O:{account}D:P(A;;GA;;;{account})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rights_of_a_pipe_are_for_one_account_only() {
        let rights = security_descriptor("S-1-5-21-1-2-3-1001");
        assert_eq!(rights, "O:S-1-5-21-1-2-3-1001D:P(A;;GA;;;S-1-5-21-1-2-3-1001)");
    }

    #[cfg(unix)]
    #[test]
    fn the_socket_is_in_the_first_folder_where_its_path_is_short_enough() {
        let path = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        for (preferred, fallbacks, expected) in
            [(100, vec![20], 100), (101, vec![20], 20), (150, vec![101, 90, 20], 90), (150, vec![140, 130], 130)]
        {
            let fallbacks = fallbacks.into_iter().map(path);
            assert_eq!(first_short_enough(path(preferred), fallbacks).as_os_str().len(), expected, "{preferred}");
        }
    }
}
