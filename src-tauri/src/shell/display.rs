//! Checks whether there is a display for the window. Runs before GTK is initialized.

/// The error message if there is no display.
#[cfg(target_os = "linux")]
pub fn missing_message() -> Option<&'static str> {
    let is_named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_there = is_named("DISPLAY") || is_named("WAYLAND_DISPLAY");
    (!is_there).then_some(
        "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can be opened.\n\
         To talk in this terminal instead: growqr chat",
    )
}

/// Windows and macOS always have a display.
#[cfg(not(target_os = "linux"))]
pub fn missing_message() -> Option<&'static str> {
    None
}
