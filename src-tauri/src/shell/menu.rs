//! The menu bar on macOS. It equals Tauri's default menu, except that the default Quit exits without asking.

use super::quit;
use tauri::menu::{AboutMetadata, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu, WINDOW_SUBMENU_ID};
use tauri::{AppHandle, Wry};

/// The id of the menu item. The tray menu has its own Quit.
const QUIT: &str = "menu-quit";

/// Builds the menu bar. Without the menus Edit and Window, their keyboard shortcuts would not work.
pub fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let about = AboutMetadata { version: Some(app.package_info().version.to_string()), ..AboutMetadata::default() };
    let quit = MenuItem::with_id(app, QUIT, "Quit GrowQR", true, Some("Cmd+Q"))?;
    let separator = || PredefinedMenuItem::separator(app);
    let growqr = Submenu::with_items(
        app,
        "GrowQR",
        true,
        &[
            &PredefinedMenuItem::about(app, None, Some(about))?,
            &separator()?,
            &PredefinedMenuItem::services(app, None)?,
            &separator()?,
            &PredefinedMenuItem::hide(app, None)?,
            &PredefinedMenuItem::hide_others(app, None)?,
            &PredefinedMenuItem::show_all(app, None)?,
            &separator()?,
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
            &separator()?,
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
            &separator()?,
            &PredefinedMenuItem::close_window(app, None)?,
        ],
    )?;
    Menu::with_items(app, &[&growqr, &edit, &window])
}

/// Asks before quitting, like Quit in the tray menu.
pub fn on_event(app: &AppHandle, event: MenuEvent) {
    if event.id() == QUIT {
        quit::ask(app);
    }
}
