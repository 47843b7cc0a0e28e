//! The system's own message boxes. They hold up nothing: whoever asks awaits the answer.

use rfd::{AsyncMessageDialog, MessageDialogResult};
use tauri::AppHandle;

/// Shows it and waits for the answer; `None` if it cannot be shown.
pub async fn answer(app: &AppHandle, dialog: AsyncMessageDialog) -> Option<MessageDialogResult> {
    let (sender, shown) = tokio::sync::oneshot::channel();
    // Toolkits want their dialogs made on the main thread; the answer is awaited here.
    if let Err(error) = app.run_on_main_thread(move || drop(sender.send(dialog.show()))) {
        tracing::warn!(%error, "the dialog cannot be shown");
        return None;
    }
    match shown.await {
        Ok(answer) => Some(answer.await),
        Err(_) => None,
    }
}
