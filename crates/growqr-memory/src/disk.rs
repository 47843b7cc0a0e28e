//! Differences between the operating systems: making files durable, and replacing a file that another program holds open.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

/// How many times to try while another program has the file open. More than once on Windows only: indexers and virus scanners
/// open a file that has just been written, and close it soon. On other systems an open file can be replaced.
const ATTEMPTS: u32 = if cfg!(windows) { 10 } else { 1 };

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs a rename or removal, and retries it a few times while another program has the file open.
pub(crate) fn retry_while_in_use(mut work: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        match work() {
            Err(error) if left > 0 && is_in_use(&error) => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
}

/// Whether a file could not be replaced because another program has it open, or because it or its folder is read-only.
pub(crate) fn is_in_use(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ResourceBusy | ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
        || (cfg!(windows) && error.raw_os_error().is_some_and(is_in_use_on_windows))
}

/// ERROR_ACCESS_DENIED (open without delete sharing, or read-only), ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION,
/// ERROR_USER_MAPPED_FILE.
fn is_in_use_on_windows(code: i32) -> bool {
    matches!(code, 5 | 32 | 33 | 1224)
}

/// Makes a file durable.
#[cfg(not(target_os = "macos"))]
pub(crate) fn sync_file(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// Makes a file durable. The standard library asks the drive to flush its cache (`F_FULLFSYNC`). Some network disks refuse
/// that; then `fsync` is the best that is possible.
#[cfg(target_os = "macos")]
pub(crate) fn sync_file(file: &File) -> io::Result<()> {
    file.sync_all().or_else(|_| Ok(rustix::fs::fsync(file)?))
}

/// Fsyncs a folder, so that new names in it are durable.
#[cfg(not(windows))]
pub(crate) fn sync_folder(location: &Path) -> io::Result<()> {
    sync_file(&File::open(location)?)
}

/// Does nothing: Windows makes names durable with the file itself and cannot open folders for an fsync.
#[cfg(windows)]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes durable what libgit2 has written and fsynced. Does nothing: except on macOS, that fsync is enough.
#[cfg(not(target_os = "macos"))]
pub(crate) fn flush_drive_cache(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes durable what libgit2 has written and fsynced. On macOS its `fsync` leaves the data in the drive's cache. One
/// `F_FULLFSYNC` of any file on the same disk flushes the whole cache.
#[cfg(target_os = "macos")]
pub(crate) fn flush_drive_cache(folder_on_disk: &Path) -> io::Result<()> {
    sync_folder(folder_on_disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_open_elsewhere_or_read_only_is_in_use_on_windows() {
        assert!([5, 32, 33, 1224].into_iter().all(is_in_use_on_windows));
        // ERROR_FILE_NOT_FOUND, ERROR_DISK_FULL.
        assert!(![2, 112].into_iter().any(is_in_use_on_windows));
        assert!(is_in_use(&ErrorKind::ResourceBusy.into()));
        assert!(!is_in_use(&ErrorKind::StorageFull.into()));
    }
}
