//! What a crash may leave behind.

/// Forbids this process to leave an image of its memory when it crashes: keys would be in it. Windows keeps such
/// images only where an administrator has asked for them, and offers no switch that safe code reaches.
#[cfg(unix)]
pub fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Zero keeps files from being written; a program that the kernel pipes the image into is kept away by one alone.
    let limit = Rlimit { current: Some(1), maximum: Some(1) };
    if let Err(error) = setrlimit(Resource::Core, limit) {
        tracing::warn!(%error, "an image of this program's memory may be written if it crashes");
    }
}

/// The same, where there is nothing to forbid.
#[cfg(not(unix))]
pub fn no_core_dumps() {}
