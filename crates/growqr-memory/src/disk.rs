//! Where systems differ in making files durable.

use std::fs::File;
use std::io;
use std::path::Path;

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
