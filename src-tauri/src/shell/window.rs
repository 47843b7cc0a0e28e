//! The main window: showing it, and hiding it when it is closed.

use super::{dialog, quit, tray_host, view_state};
use rfd::{AsyncMessageDialog, MessageButtons, MessageLevel};
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent};

/// The label of the main window.
const MAIN: &str = "main";

/// The label of the window with the architecture diagram. No capability names it.
const ARCHITECTURE: &str = "architecture";

/// Whether there is a tray icon.
pub struct Tray {
    /// If `false`, closing the window quits.
    pub exists: bool,
}

impl Tray {
    /// Whether the user can see it now, and so find the hidden window again.
    fn is_visible(&self) -> bool {
        self.exists && tray_host::is_present()
    }
}

/// Brings the main window to the front.
pub fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    if let Err(error) = bring_to_front(&window) {
        tracing::warn!(%error, "the window cannot be shown");
    }
}

/// Shows this window in front of the others, with the focus.
pub fn bring_to_front(window: &WebviewWindow) -> tauri::Result<()> {
    window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus())
}

/// Shows in the title of the main window how much waits for the person.
pub fn show_count(app: &AppHandle, waiting: u64) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let title = if waiting == 0 { "GrowQR".to_owned() } else { format!("({waiting}) GrowQR") };
    if let Err(error) = window.set_title(&title) {
        tracing::warn!(%error, "the title of the window cannot be changed");
    }
}

/// The place that the main window shows, as the hash of its address; `None` if it does not have the focus.
pub fn focused_place(app: &AppHandle) -> Option<String> {
    let window = app.get_webview_window(MAIN).filter(|window| window.is_focused().unwrap_or(false))?;
    // Without a hash, the page shows the chat.
    Some(window.url().ok()?.fragment().map_or_else(|| "#/chat".to_owned(), |fragment| format!("#{fragment}")))
}

/// Shows the architecture diagram (`docs/architecture.html`, a part of the built interface) in a window of its own. A browser
/// is no alternative: the ones in a sandbox cannot read the program's files.
///
/// # Errors
/// If the window cannot be created or shown.
pub fn show_architecture(app: &AppHandle) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(ARCHITECTURE) {
        return bring_to_front(&window);
    }
    let page = WebviewUrl::App("architecture.html".into());
    let window = WebviewWindowBuilder::new(app, ARCHITECTURE, page).title("Architecture of GrowQR").inner_size(1180.0, 860.0);
    window.build().map(drop)
}

/// Shows the main window if it is hidden: nothing on the screen would bring it back.
pub fn show_if_hidden(app: &AppHandle) {
    if app.get_webview_window(MAIN).is_some_and(|window| window.is_visible().is_ok_and(|is_visible| !is_visible)) {
        show(app);
    }
}

/// Hides the main window when it is closed: the agents continue to work, and the tray icon stays. The first time a notice says
/// so. Without a tray icon that somebody draws, closing quits.
pub fn on_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    if window.label() != MAIN {
        return;
    }
    api.prevent_close();
    if !window.state::<Tray>().is_visible() {
        quit::ask(window.app_handle());
        return;
    }
    match window.hide() {
        Ok(()) if view_state::is_first_close(window.app_handle()) => show_tray_notice(window.app_handle()),
        Ok(()) => {}
        Err(error) => tracing::warn!(%error, "the window cannot be hidden"),
    }
}

/// Shows where GrowQR is while its window is closed. Returns at once.
fn show_tray_notice(app: &AppHandle) {
    let place = if cfg!(target_os = "macos") { "in the menu bar" } else { "in the tray, near the clock" };
    let text = format!(
        "Your agents continue to work while the window is closed.\n\n\
         To open it again, use the GrowQR icon {place}, or start GrowQR again. To quit, choose Quit there or in Settings."
    );
    let notice = AsyncMessageDialog::new()
        .set_level(MessageLevel::Info)
        .set_title("GrowQR keeps working")
        .set_description(text)
        .set_buttons(MessageButtons::Ok);
    let app = app.clone();
    tauri::async_runtime::spawn(async move { drop(dialog::answer(&app, notice).await) });
}
