//! Disables core dumps, which would contain keys.

/// Disables core dumps of this process: an image of its memory would contain keys. Windows writes such images only if
/// an administrator has enabled them, and has no function that safe code can call to disable them.
#[cfg(unix)]
pub fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // A limit of 0 only prevents dump files. If the kernel pipes the image into a program, only a limit of 1 prevents
    // it.
    let limit = Rlimit { current: Some(1), maximum: Some(1) };
    if let Err(error) = setrlimit(Resource::Core, limit) {
        tracing::warn!(%error, "core dumps could not be disabled; a crash may write the memory of this program to disk");
    }
}

/// Does nothing on systems without core dumps.
#[cfg(not(unix))]
pub fn no_core_dumps() {}
