//! The quick chat: a small window above the others. It is created on first use; after that it is hidden and shown, so that it
//! is ready to type at once.

use super::{dropped, window};
use tauri::{AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent};

/// The label of its window, which `capabilities/quick.json` names too.
const QUICK: &str = "quick";

/// Event for its page: focus the message field.
const SHOWN: &str = "quick-shown";

/// Shows it in front of all windows, with the focus in the message field. Returns at once.
pub fn show(app: &AppHandle) {
    let app = app.clone();
    // On Windows, creating a window in a command or in the handler of an event would block.
    tauri::async_runtime::spawn(async move {
        let shown = match app.get_webview_window(QUICK) {
            Some(existing) => bring_back(&existing),
            None => create(&app),
        };
        if let Err(error) = shown {
            tracing::warn!(%error, "the quick chat cannot be shown");
        }
    });
}

/// Hides it if it has the focus, or else shows it: what its shortcut and its tray icon do.
pub fn toggle(app: &AppHandle) {
    if has_focus(app) { hide(app) } else { show(app) }
}

/// Whether it is shown and has the focus.
pub fn has_focus(app: &AppHandle) -> bool {
    app.get_webview_window(QUICK).is_some_and(|window| window.is_focused().unwrap_or(false))
}

/// Hides it. Its draft and its place in the conversation stay.
pub fn hide(app: &AppHandle) {
    let Some(window) = app.get_webview_window(QUICK) else { return };
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "the quick chat cannot be hidden");
    }
}

/// Hides it when its window is closed.
pub fn on_event(window: &Window, event: &WindowEvent) {
    if let (QUICK, WindowEvent::CloseRequested { api, .. }) = (window.label(), event) {
        api.prevent_close();
        hide(window.app_handle());
    }
}

fn bring_back(existing: &WebviewWindow) -> tauri::Result<()> {
    window::bring_to_front(existing)?;
    existing.emit_to(QUICK, SHOWN, ())
}

fn create(app: &AppHandle) -> tauri::Result<()> {
    let builder = WebviewWindowBuilder::new(app, QUICK, WebviewUrl::App("quick.html".into()))
        .title("GrowQR quick chat")
        .inner_size(420.0, 600.0)
        .min_inner_size(320.0, 320.0)
        .center()
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .skip_taskbar(true)
        .maximizable(false)
        .focused(true);
    // Where its page takes dropped files, Tauri's handler would take them first.
    let builder = if dropped::IS_NEEDED { builder } else { builder.disable_drag_drop_handler() };
    builder.build().map(drop)
}
