//! The tray icon and its menu: open, new message, quit.

use super::{quit, window};
use tauri::image::Image;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Emitter};

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

fn build(app: &AppHandle) -> tauri::Result<()> {
    let open = MenuItem::with_id(app, "open", "Open GrowQR", true, None::<&str>)?;
    let message = MenuItem::with_id(app, "message", "New message", true, None::<&str>)?;
    let line = PredefinedMenuItem::separator(app)?;
    let quit = MenuItem::with_id(app, "quit", "Quit", true, None::<&str>)?;
    let menu = Menu::with_items(app, &[&open, &message, &line, &quit])?;
    let mut icon = TrayIconBuilder::with_id("main")
        .tooltip("GrowQR")
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(on_menu)
        .on_tray_icon_event(|icon, event| {
            if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
                window::show(icon.app_handle());
            }
        });
    if let Some(picture) = picture(app) {
        icon = icon.icon(picture).icon_as_template(cfg!(target_os = "macos"));
    }
    icon.build(app).map(drop)
}

/// A template image: the menu bar of macOS draws its shape in light or dark.
#[cfg(target_os = "macos")]
fn picture(_app: &AppHandle) -> Option<Image<'static>> {
    Some(tauri::include_image!("icons/tray-template.png"))
}

#[cfg(not(target_os = "macos"))]
fn picture(app: &AppHandle) -> Option<Image<'static>> {
    app.default_window_icon().map(|picture| picture.clone().to_owned())
}

fn on_menu(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        "open" => window::show(app),
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
