//! Replaces a small file as a whole, readable for this user only: a crash leaves the old or the new version.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// Attempts to rename a file while another program has it open. More than one on Windows only: a virus scanner opens a
/// file that was just written, and closes it within moments.
const ATTEMPTS: u32 = if cfg!(windows) { 20 } else { 1 };

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Replaces the file at this path; durable when it returns. Creates its folder.
///
/// # Errors
/// The errors of the system; then the old file is unchanged.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let new = path.with_extension("json.new");
    let mut file = create(&new)?;
    file.write_all(text)?;
    sync(&file)?;
    drop(file);
    retry_if_denied(ATTEMPTS, PAUSE, || fs::rename(&new, path))?;
    sync_folder(folder)
}

/// Repeats `work` while access is denied, for at most this many attempts.
fn retry_if_denied(attempts: u32, pause: Duration, work: impl Fn() -> io::Result<()>) -> io::Result<()> {
    for _ in 1..attempts {
        match work() {
            // 32 is ERROR_SHARING_VIOLATION, which has no `ErrorKind` of its own.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied || error.raw_os_error() == Some(32) => {
                std::thread::sleep(pause);
            }
            done => return done,
        }
    }
    work()
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    // A file that a crash has left there keeps the mode that it had.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

/// On other systems, only the user can read their app data anyway.
#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<File> {
    File::create(path)
}

/// Makes a file durable.
#[cfg(not(target_os = "macos"))]
pub(crate) fn sync(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// Makes a file durable. The standard library asks the drive to empty its cache (`F_FULLFSYNC`), which some network
/// disks refuse; there, `fsync` is the best that is possible.
#[cfg(target_os = "macos")]
pub(crate) fn sync(file: &File) -> io::Result<()> {
    file.sync_all().or_else(|_| Ok(rustix::fs::fsync(file)?))
}

/// Makes the names in a folder durable. Windows does this with the file itself, and cannot open folders for it.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { sync(&File::open(folder)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Number of attempts if `denied` of them fail with this error, and whether the last attempt succeeded.
    fn attempts(denied: u32, error: io::ErrorKind) -> (u32, bool) {
        let tried = Cell::new(0);
        let done = retry_if_denied(3, Duration::ZERO, || {
            tried.set(tried.get() + 1);
            if tried.get() <= denied { Err(error.into()) } else { Ok(()) }
        });
        (tried.get(), done.is_ok())
    }

    #[test]
    fn a_denied_rename_is_retried_a_limited_number_of_times() {
        assert_eq!(attempts(2, io::ErrorKind::PermissionDenied), (3, true));
        assert_eq!(attempts(9, io::ErrorKind::PermissionDenied), (3, false));
        assert_eq!(attempts(9, io::ErrorKind::StorageFull), (1, false));
    }
}
