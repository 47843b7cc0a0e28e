//! Quitting. Working agents stop and continue at the next start, so the user is asked first.

use super::desktop::Desktop;
use super::dialog;
use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult, MessageLevel};
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::{AppHandle, Manager};

/// The label of the button that quits.
const QUIT: &str = "Quit";

/// Set while the question is shown, so that it is not shown twice.
static IS_ASKING: AtomicBool = AtomicBool::new(false);

/// Quits. Asks first if agents are working. Returns at once.
pub fn ask(app: &AppHandle) {
    if IS_ASKING.swap(true, Ordering::Relaxed) {
        return;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let at_work = match app.state::<Desktop>().session_if_open().await {
            // If the store cannot be read, quit without a question.
            Some(session) => session.at_work().await.unwrap_or(0),
            None => 0,
        };
        if at_work == 0 || is_confirmed(&app, at_work).await {
            app.exit(0);
        }
        IS_ASKING.store(false, Ordering::Relaxed);
    });
}

async fn is_confirmed(app: &AppHandle, at_work: usize) -> bool {
    let text = match at_work {
        1 => "An agent is working. If you quit, it pauses and continues at the next start.".to_owned(),
        many => format!("{many} agents are working. If you quit, they pause and continue at the next start."),
    };
    let dialog = AsyncMessageDialog::new()
        .set_level(MessageLevel::Warning)
        .set_title("Quit GrowQR?")
        .set_description(text)
        .set_buttons(MessageButtons::OkCancelCustom(QUIT.to_owned(), "Keep working".to_owned()));
    match dialog::answer(app, dialog).await {
        // If the question cannot be shown, quit.
        None | Some(MessageDialogResult::Ok) => true,
        Some(MessageDialogResult::Custom(button)) => button == QUIT,
        Some(_) => false,
    }
}
