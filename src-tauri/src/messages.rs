//! Standard error for the messages of this program alone.
//!
//! GTK, WebKit and the graphics drivers, also in their child processes, write warnings about themselves to standard error,
//! which tell a user nothing. On Linux they get none; the own messages go to a copy. With `RUST_LOG` set all are shown.

use std::io::{self, Write};
#[cfg(target_os = "linux")]
use std::{fs::File, sync::OnceLock};

#[cfg(target_os = "linux")]
static COPY: OnceLock<File> = OnceLock::new();

/// Standard error, for the messages of this program.
#[derive(Clone, Copy, Debug)]
pub struct OwnStderr;

#[cfg(target_os = "linux")]
impl Write for OwnStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match COPY.get() {
            Some(mut copy) => copy.write(bytes),
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(not(target_os = "linux"))]
impl Write for OwnStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stderr().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Takes standard error away from the libraries and the child processes, unless `RUST_LOG` is set.
#[cfg(target_os = "linux")]
pub fn keep_stderr() {
    use std::os::fd::AsFd;
    if std::env::var_os("RUST_LOG").is_some() {
        return;
    }
    let kept = io::stderr().as_fd().try_clone_to_owned().and_then(|copy| {
        let nothing = File::options().write(true).open("/dev/null")?;
        // A second call has nothing to keep.
        if COPY.set(File::from(copy)).is_ok() {
            rustix::stdio::dup2_stderr(&nothing)?;
        }
        Ok(())
    });
    if let Err(error) = kept {
        tracing::debug!(%error, "the warnings of libraries cannot be hidden");
    }
}

/// The libraries of Windows and macOS write nothing there.
#[cfg(not(target_os = "linux"))]
pub fn keep_stderr() {}

/// Prints a message of this program.
pub fn print(text: &str) {
    // Without standard error there is nobody to read it.
    let _ = writeln!(OwnStderr, "growqr-desktop: {text}");
}
