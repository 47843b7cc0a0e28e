//! The menu bar of macOS. Tauri's own is the same but for Quit, which ends the program without a question.

use super::quit;
use tauri::menu::{AboutMetadata, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu, WINDOW_SUBMENU_ID};
use tauri::{AppHandle, Wry};

/// The item's id; the tray icon has a Quit of its own.
const QUIT: &str = "menu-quit";

/// Makes the menu bar. Without Edit and Window the shortcuts for copying and closing would do nothing.
pub fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let about = AboutMetadata { version: Some(app.package_info().version.to_string()), ..AboutMetadata::default() };
    let quit = MenuItem::with_id(app, QUIT, "Quit GrowQR", true, Some("Cmd+Q"))?;
    let line = || PredefinedMenuItem::separator(app);
    let growqr = Submenu::with_items(
        app,
        "GrowQR",
        true,
        &[
            &PredefinedMenuItem::about(app, None, Some(about))?,
            &line()?,
            &PredefinedMenuItem::services(app, None)?,
            &line()?,
            &PredefinedMenuItem::hide(app, None)?,
            &PredefinedMenuItem::hide_others(app, None)?,
            &PredefinedMenuItem::show_all(app, None)?,
            &line()?,
            &quit,
        ],
    )?;
    let edit = Submenu::with_items(
        app,
        "Edit",
        true,
        &[
            &PredefinedMenuItem::undo(app, None)?,
            &PredefinedMenuItem::redo(app, None)?,
            &line()?,
            &PredefinedMenuItem::cut(app, None)?,
            &PredefinedMenuItem::copy(app, None)?,
            &PredefinedMenuItem::paste(app, None)?,
            &PredefinedMenuItem::select_all(app, None)?,
        ],
    )?;
    let window = Submenu::with_id_and_items(
        app,
        WINDOW_SUBMENU_ID,
        "Window",
        true,
        &[
            &PredefinedMenuItem::minimize(app, None)?,
            &PredefinedMenuItem::maximize(app, None)?,
            &PredefinedMenuItem::fullscreen(app, None)?,
            &line()?,
            &PredefinedMenuItem::close_window(app, None)?,
        ],
    )?;
    Menu::with_items(app, &[&growqr, &edit, &window])
}

/// Asks before it quits, as the tray icon's Quit does.
pub fn on_event(app: &AppHandle, event: MenuEvent) {
    if event.id() == QUIT {
        quit::ask(app);
    }
}
