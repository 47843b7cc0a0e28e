//! A window that cannot be opened: said on standard error and, where a person who has clicked on an icon would not see
//! that, in a message box of the system.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set once the window is there.
static IS_OPEN: AtomicBool = AtomicBool::new(false);

/// The window is there: what fails from now on is no failure to open it.
pub fn is_open() {
    IS_OPEN.store(true, Ordering::Relaxed);
}

/// Runs the program, and says why its window could not be opened. Toolkits and Tauri panic where they lack something:
/// GTK without a display that answers, Windows without WebView2.
pub fn told(run: impl FnOnce() -> tauri::Result<ExitCode>) -> ExitCode {
    let reason = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(code)) => return code,
        Ok(Err(error)) => error.to_string(),
        Err(panic) if IS_OPEN.load(Ordering::Relaxed) => resume_unwind(panic),
        Err(panic) => words_of(&*panic),
    };
    let text = text(&reason);
    eprintln!("growqr-desktop: {text}");
    show(text);
    ExitCode::FAILURE
}

fn text(reason: &str) -> String {
    let lacking = match () {
        () if cfg!(windows) => "The window needs Microsoft's WebView2 Runtime; if it is missing, install it and start again.\n",
        () => "",
    };
    format!("the window cannot be opened: {reason}\n{lacking}To talk in a terminal instead: growqr chat")
}

/// What a panic said.
fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "its toolkit failed".to_owned())
}

#[cfg(any(windows, target_os = "macos"))]
fn show(text: String) {
    let notice = rfd::MessageDialog::new().set_level(rfd::MessageLevel::Error).set_title("GrowQR");
    notice.set_description(text).set_buttons(rfd::MessageButtons::Ok).show();
}

/// The message box would be GTK's, which is what most often fails here.
#[cfg(not(any(windows, target_os = "macos")))]
fn show(_text: String) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_toolkit_says_as_it_panics_is_told() {
        let said = [catch_unwind(|| panic!("no display")), catch_unwind(|| panic!("no {}", "WebView2"))];
        let told = said.map(|panic| words_of(&*panic.unwrap_err()));
        assert_eq!(told, ["no display", "no WebView2"]);
    }
}
