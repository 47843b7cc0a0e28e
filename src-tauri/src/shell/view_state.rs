//! What the window remembers about itself between starts. Never a word of the person's, never a setting: those are in
//! the profile.

use tauri::AppHandle;
use tauri_plugin_store::StoreExt;

/// Beside the window's size and place.
const FILE: &str = "window.json";

/// Whether the person was told where GrowQR goes when its window is closed.
const TOLD_OF_TRAY: &str = "told_of_tray";

/// `true` once in the life of this installation. Where nothing can be remembered, it is `true` each time.
pub fn shall_tell_of_tray(app: &AppHandle) -> bool {
    let store = match app.store(FILE) {
        Ok(store) => store,
        Err(error) => {
            tracing::warn!(%error, "the window remembers nothing");
            return true;
        }
    };
    if store.get(TOLD_OF_TRAY).is_some_and(|told| told == true) {
        return false;
    }
    store.set(TOLD_OF_TRAY, true);
    if let Err(error) = store.save() {
        tracing::warn!(%error, "what the person was told cannot be remembered");
    }
    true
}
