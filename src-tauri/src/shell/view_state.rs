//! What the window remembers about itself between starts. Never a word of the person's, never a setting: those are in
//! the profile.

use tauri::AppHandle;
use tauri_plugin_store::StoreExt;

/// Beside the window's size and place.
const FILE: &str = "window.json";

/// Whether the person was told where GrowQR goes when its window is closed.
const TRAY_NOTICE_SHOWN: &str = "told_of_tray";

/// `true` once in the life of this installation. Where nothing can be remembered, it is `true` each time.
pub fn is_first_close(app: &AppHandle) -> bool {
    let store = match app.store(FILE) {
        Ok(store) => store,
        Err(error) => {
            tracing::warn!(%error, "the window remembers nothing");
            return true;
        }
    };
    if store.get(TRAY_NOTICE_SHOWN).is_some_and(|shown| shown == true) {
        return false;
    }
    store.set(TRAY_NOTICE_SHOWN, true);
    if let Err(error) = store.save() {
        tracing::warn!(%error, "what the person was told cannot be remembered");
    }
    true
}
