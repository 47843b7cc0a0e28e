//! Reports that the window cannot be opened: on standard error, and on Windows and macOS also in a message box, because a
//! user who has clicked an icon does not see standard error.

use crate::messages;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set when the event loop has started, so the window exists.
static WINDOW_IS_OPEN: AtomicBool = AtomicBool::new(false);

/// Called when the window exists. Later panics are not failures to open it.
pub fn set_window_open() {
    WINDOW_IS_OPEN.store(true, Ordering::Relaxed);
}

/// Runs the program, and reports why its window could not be opened. The toolkits and Tauri panic if something is missing:
/// GTK without a working display, Windows without WebView2.
pub fn report(run: impl FnOnce() -> tauri::Result<ExitCode>) -> ExitCode {
    // Before the window is open, the message below tells the user about a panic.
    std::panic::set_hook(Box::new(|panic| {
        if WINDOW_IS_OPEN.load(Ordering::Relaxed) {
            tracing::error!(%panic, "a part of the program failed");
        } else {
            tracing::debug!(%panic, "the window cannot be opened");
        }
    }));
    let reason = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(code)) => return code,
        Ok(Err(error)) => error.to_string(),
        Err(panic) if WINDOW_IS_OPEN.load(Ordering::Relaxed) => resume_unwind(panic),
        Err(panic) => panic_message(&*panic),
    };
    let text = text(&reason);
    messages::print(&text);
    show(text);
    ExitCode::FAILURE
}

fn text(reason: &str) -> String {
    let requirement = match () {
        () if cfg!(windows) => "The window needs Microsoft's WebView2 Runtime; if it is missing, install it and start again.\n",
        () => "",
    };
    format!("the window cannot be opened: {reason}\n{requirement}To talk in a terminal instead: growqr chat")
}

/// The message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "the toolkit panicked".to_owned())
}

#[cfg(any(windows, target_os = "macos"))]
fn show(text: String) {
    let notice = rfd::MessageDialog::new().set_level(rfd::MessageLevel::Error).set_title("GrowQR");
    notice.set_description(text).set_buttons(rfd::MessageButtons::Ok).show();
}

/// Does nothing: the message box would need GTK, which is what usually fails here.
#[cfg(not(any(windows, target_os = "macos")))]
fn show(_text: String) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_panic_is_reported() {
        let panics = [catch_unwind(|| panic!("no display")), catch_unwind(|| panic!("no {}", "WebView2"))];
        let messages = panics.map(|panic| panic_message(&*panic.unwrap_err()));
        assert_eq!(messages, ["no display", "no WebView2"]);
    }
}
