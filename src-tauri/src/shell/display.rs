//! Checks whether there is a display for the window.

/// The error message if there is no display, or if it does not answer.
#[cfg(target_os = "linux")]
pub fn missing_message() -> Option<String> {
    const INSTEAD: &str = "To talk in this terminal instead: growqr chat";
    let named: Vec<String> = ["DISPLAY", "WAYLAND_DISPLAY"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name).filter(|value| !value.is_empty())?)))
        .map(|(name, value)| format!("{name}={}", value.to_string_lossy()))
        .collect();
    if named.is_empty() {
        let text = "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so the window cannot be opened.";
        return Some(format!("{text}\n{INSTEAD}"));
    }
    let text = format!("the window cannot be opened: no display answers at {}.", named.join(" or "));
    gtk::init().is_err().then(|| format!("{text}\n{INSTEAD}"))
}

/// Windows and macOS always have a display.
#[cfg(not(target_os = "linux"))]
pub fn missing_message() -> Option<String> {
    None
}
