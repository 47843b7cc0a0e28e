//! The tray icon and its menu: what waits, open, quick chat, new message, quit.

use super::incoming_links::{self, Place};
use super::tray_state::TrayState;
use super::{quick, quit, tray_icon, window};
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Emitter, Manager, Wry};

/// The id of the icon.
const ICON: &str = "main";

/// Event for the page: focus the message field.
const NEW_MESSAGE: &str = "new-message";

/// Adds the icon. Returns `false` if the system shows no tray icons.
pub fn add(app: &AppHandle) -> bool {
    match catch_missing_library(|| build(app)) {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "there is no tray icon; closing the window quits");
            false
        }
        Err(reason) => {
            tracing::warn!(reason, "there is no tray icon; closing the window quits");
            false
        }
    }
}

/// Turns a panic of `build` into an error. On Linux the first icon loads the library `libayatana-appindicator3`, and a
/// missing library panics. A check for the file in advance is not reliable, as the loader's search path is not known.
#[cfg(target_os = "linux")]
fn catch_missing_library<T>(build: impl FnOnce() -> T) -> Result<T, &'static str> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(build)).map_err(|_| "libayatana-appindicator3 is not installed")
}

#[cfg(not(target_os = "linux"))]
fn catch_missing_library<T>(build: impl FnOnce() -> T) -> Result<T, &'static str> {
    Ok(build())
}

/// The menu items that change, managed by Tauri while there is an icon.
struct Items {
    state: MenuItem<Wry>,
}

fn build(app: &AppHandle) -> tauri::Result<()> {
    let item = |id: &str, text: &str| MenuItem::with_id(app, id, text, true, None::<&str>);
    let state = MenuItem::with_id(app, "inbox", TrayState::Idle.words(), false, None::<&str>)?;
    let (open, quick, message, quit) =
        (item("open", "Open GrowQR")?, item("quick", "Quick chat")?, item("message", "New message")?, item("quit", "Quit")?);
    let line = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(app, &[&state, &line()?, &open, &quick, &message, &line()?, &quit])?;
    let mut icon = TrayIconBuilder::with_id(ICON)
        .tooltip("GrowQR")
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(on_menu)
        .on_tray_icon_event(|icon, event| {
            if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
                quick::toggle(icon.app_handle());
            }
        });
    if let Some(picture) = tray_icon::plain(app) {
        icon = icon.icon(picture).icon_as_template(cfg!(target_os = "macos"));
    }
    icon.build(app)?;
    app.manage(Items { state });
    Ok(())
}

/// Shows this state: as a mark on the icon, in its tooltip and menu, and in the title of the main window.
pub fn show(app: &AppHandle, state: TrayState) {
    let waiting = state.waiting();
    window::show_count(app, waiting);
    if let Err(error) = show_in_tray(app, state, waiting) {
        tracing::warn!(%error, "the tray icon cannot be changed");
    }
}

fn show_in_tray(app: &AppHandle, state: TrayState, waiting: u64) -> tauri::Result<()> {
    let (Some(icon), Some(items)) = (app.tray_by_id(ICON), app.try_state::<Items>()) else { return Ok(()) };
    items.state.set_text(state.words())?;
    items.state.set_enabled(waiting > 0)?;
    icon.set_tooltip(Some(format!("GrowQR: {}", state.words())))?;
    // A number beside the icon; Windows has no place for one.
    #[cfg(not(windows))]
    icon.set_title((waiting > 0).then(|| waiting.to_string()))?;
    let Some(picture) = tray_icon::plain(app) else { return Ok(()) };
    let marked = tray_icon::marked(&picture, state);
    icon.set_icon_with_as_template(Some(marked), cfg!(target_os = "macos"))
}

fn on_menu(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        "open" => window::show(app),
        "quick" => quick::show(app),
        "inbox" => incoming_links::show_place(app, Place::inbox()),
        "message" => {
            window::show(app);
            if let Err(error) = app.emit_to("main", NEW_MESSAGE, ()) {
                tracing::warn!(%error, "an event could not be sent to the page");
            }
        }
        "quit" => quit::ask(app),
        _ => {}
    }
}
