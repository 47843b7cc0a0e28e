//! The main window: shown, and hidden rather than closed.

use super::{quit, tray};
use tauri::{AppHandle, Manager, Window, WindowEvent};

/// The only window's label.
const MAIN: &str = "main";

/// Brings the window to the front.
pub fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window cannot be shown");
    }
}

/// Closing the window leaves the agents at work behind the tray icon. Where there is none, it means to quit.
pub fn on_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    api.prevent_close();
    if !window.state::<tray::Tray>().is_there {
        quit::ask(window.app_handle());
    } else if let Err(error) = window.hide() {
        tracing::warn!(%error, "the window cannot be hidden");
    }
}
