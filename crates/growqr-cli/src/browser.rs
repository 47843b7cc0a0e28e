//! The person's browser.

use crate::print::Out;

/// Opens an address that was printed, if there is a browser.
pub fn open(out: &Out, address: &str) {
    if has_browser() && open::that_detached(address).is_err() {
        out.notice("No browser could be opened; open the address yourself.");
    }
}

/// True if a browser can be opened. Without a display, a started browser only prints errors on the terminal.
#[cfg(target_os = "linux")]
fn has_browser() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(not(target_os = "linux"))]
fn has_browser() -> bool {
    true
}
