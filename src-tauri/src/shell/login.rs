//! Starting GrowQR when the person logs in. Off unless the person switches it on; the system keeps the choice.

use growqr_wire as wire;
use tauri::AppHandle;
use tauri_plugin_autostart::ManagerExt;

/// The plugin that registers the program with the system. The page may not call it.
pub fn plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri_plugin_autostart::Builder::new().app_name("GrowQR").build()
}

/// Applies the change, if any, and returns what the system says now.
///
/// # Errors
/// If the system refuses it.
pub fn start_at_login(app: &AppHandle, change: Option<bool>) -> Result<bool, wire::Error> {
    let manager = app.autolaunch();
    let changed = match change {
        Some(true) => manager.enable(),
        Some(false) => manager.disable(),
        None => Ok(()),
    };
    changed.and_then(|()| manager.is_enabled()).map_err(|error| {
        let text = format!("whether GrowQR starts at login cannot be read or changed: {error}");
        wire::Error::new(wire::ErrorCode::Internal, text).next("Change it in the settings of your system.")
    })
}
