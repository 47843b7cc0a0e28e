//! Writing a small file whole, for this user alone: a stop leaves the old or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// How often a rename is tried that another program is in the way of. Windows alone: a virus scanner opens what has just
/// been written, and lets go of it within moments.
const ATTEMPTS: u32 = if cfg!(windows) { 20 } else { 1 };

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Writes a file in place of the one that is there; durable when it returns. Makes its folder.
///
/// # Errors
/// Those of the system; then what was there before still is.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let new = path.with_extension("json.new");
    let mut file = create(&new)?;
    file.write_all(text)?;
    sync(&file)?;
    drop(file);
    patiently(ATTEMPTS, PAUSE, || fs::rename(&new, path))?;
    sync_folder(folder)
}

/// Tries again for as long as access is denied, at most this often.
fn patiently(attempts: u32, pause: Duration, work: impl Fn() -> io::Result<()>) -> io::Result<()> {
    for _ in 1..attempts {
        match work() {
            // ERROR_SHARING_VIOLATION has no kind of its own.
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
    // One that was left there keeps the mode it had.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Elsewhere the user's app data is theirs alone already.
#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<File> {
    File::create(path)
}

/// Makes a file durable.
#[cfg(not(target_os = "macos"))]
fn sync(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// Makes a file durable. The standard library asks the drive to empty its cache (`F_FULLFSYNC`), which some network
/// disks refuse; there, `fsync` is all that can be had.
#[cfg(target_os = "macos")]
fn sync(file: &File) -> io::Result<()> {
    file.sync_all().or_else(|_| Ok(rustix::fs::fsync(file)?))
}

/// Makes the new name durable. Windows does so with the file itself and cannot open folders for it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { sync(&File::open(folder)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// How often something is tried that is denied this many times.
    fn attempts(denied: u32, error: io::ErrorKind) -> (u32, bool) {
        let tried = Cell::new(0);
        let done = patiently(3, Duration::ZERO, || {
            tried.set(tried.get() + 1);
            if tried.get() <= denied { Err(error.into()) } else { Ok(()) }
        });
        (tried.get(), done.is_ok())
    }

    #[test]
    fn what_another_program_is_in_the_way_of_is_tried_again_but_not_for_ever() {
        assert_eq!(attempts(2, io::ErrorKind::PermissionDenied), (3, true));
        assert_eq!(attempts(9, io::ErrorKind::PermissionDenied), (3, false));
        assert_eq!(attempts(9, io::ErrorKind::StorageFull), (1, false));
    }
}
