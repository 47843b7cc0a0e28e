//! Message boxes of the operating system. They do not block a thread: the caller awaits the answer.

use rfd::{AsyncMessageDialog, MessageDialogResult};
use tauri::AppHandle;

/// Shows the dialog and waits for the answer. `None` if it cannot be shown.
pub async fn answer(app: &AppHandle, dialog: AsyncMessageDialog) -> Option<MessageDialogResult> {
    let (sender, shown) = tokio::sync::oneshot::channel();
    // GTK and AppKit create dialogs only on the main thread. The answer can be awaited on any.
    if let Err(error) = app.run_on_main_thread(move || drop(sender.send(dialog.show()))) {
        tracing::warn!(%error, "the dialog cannot be shown");
        return None;
    }
    match shown.await {
        Ok(answer) => Some(answer.await),
        Err(_) => None,
    }
}
