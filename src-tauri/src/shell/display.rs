//! Whether there is a screen to open a window on. Asked before the window's toolkit is touched.

/// What to say where there is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can be opened.\n\
     To talk in this terminal instead: growqr chat"
)]
pub struct NoDisplay;

/// # Errors
/// [`NoDisplay`] on a system whose windows need a display server, if none is named.
#[cfg(target_os = "linux")]
pub fn check() -> Result<(), NoDisplay> {
    let is_named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_named("DISPLAY") || is_named("WAYLAND_DISPLAY") { Ok(()) } else { Err(NoDisplay) }
}

/// Windows and macOS always have one.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub fn check() -> Result<(), NoDisplay> {
    Ok(())
}
