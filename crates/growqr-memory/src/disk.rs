//! Where systems differ in making files durable and in replacing a file that another program holds open.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

/// How often a file that another program holds is tried. Windows alone: indexers and virus scanners open what has just
/// been written and let go of it within moments. Elsewhere an open file can be replaced.
const ATTEMPTS: u32 = if cfg!(windows) { 10 } else { 1 };

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Renames or removes, trying again for a while if another program holds the file.
pub(crate) fn patiently(mut work: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        match work() {
            Err(error) if left > 0 && is_held(&error) => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
}

/// Whether a file could not be replaced because another program holds it, or because it is read-only on Windows.
pub(crate) fn is_held(error: &io::Error) -> bool {
    error.kind() == ErrorKind::ResourceBusy || (cfg!(windows) && error.raw_os_error().is_some_and(is_held_on_windows))
}

/// ERROR_ACCESS_DENIED (open without delete sharing, or read-only), ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION,
/// ERROR_USER_MAPPED_FILE.
fn is_held_on_windows(code: i32) -> bool {
    matches!(code, 5 | 32 | 33 | 1224)
}

/// Makes a file durable.
#[cfg(not(target_os = "macos"))]
pub(crate) fn sync_file(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// Makes a file durable. The standard library asks the drive to empty its cache (`F_FULLFSYNC`), which some network
/// disks refuse; there, `fsync` is all that can be had.
#[cfg(target_os = "macos")]
pub(crate) fn sync_file(file: &File) -> io::Result<()> {
    file.sync_all().or_else(|_| Ok(rustix::fs::fsync(file)?))
}

/// Makes a folder's names durable.
#[cfg(not(windows))]
pub(crate) fn sync_folder(place: &Path) -> io::Result<()> {
    sync_file(&File::open(place)?)
}

/// Makes a folder's names durable. Windows does so with the file itself and cannot open folders for it.
#[cfg(windows)]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes durable what libgit2 has written and synced. Its `fsync` is enough but on macOS.
#[cfg(not(target_os = "macos"))]
pub(crate) fn flush(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes durable what libgit2 has written and synced. On macOS its `fsync` leaves the data in the drive's cache; one
/// `F_FULLFSYNC` of anything on that disk empties the whole cache.
#[cfg(target_os = "macos")]
pub(crate) fn flush(on_that_disk: &Path) -> io::Result<()> {
    sync_folder(on_that_disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_open_elsewhere_or_read_only_is_held_on_windows() {
        assert!([5, 32, 33, 1224].into_iter().all(is_held_on_windows));
        // ERROR_FILE_NOT_FOUND, ERROR_DISK_FULL.
        assert!(![2, 112].into_iter().any(is_held_on_windows));
        assert!(is_held(&ErrorKind::ResourceBusy.into()));
        assert!(!is_held(&ErrorKind::StorageFull.into()));
    }
}
