//! What the window stores about itself between starts. Conversations and settings are not here: they are in the profile.

use tauri::AppHandle;
use tauri_plugin_store::StoreExt;

/// The file, in the same folder as the saved size and position of the window.
const FILE: &str = "window.json";

/// The key of the flag: the notice about the tray icon was shown.
const TRAY_NOTICE_SHOWN: &str = "told_of_tray";

/// Returns `true` once per installation, and stores that. Returns `true` each time if nothing can be stored.
pub fn is_first_close(app: &AppHandle) -> bool {
    let store = match app.store(FILE) {
        Ok(store) => store,
        Err(error) => {
            tracing::warn!(%error, "the window's state cannot be loaded");
            return true;
        }
    };
    if store.get(TRAY_NOTICE_SHOWN).is_some_and(|shown| shown == true) {
        return false;
    }
    store.set(TRAY_NOTICE_SHOWN, true);
    if let Err(error) = store.save() {
        tracing::warn!(%error, "the window's state cannot be saved");
    }
    true
}
