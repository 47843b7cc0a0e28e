//! Joins the parts of the window: plugins, commands, tray, and the end.

mod account;
mod arrivals;
mod commands;
mod desktop;
mod dialog;
mod display;
#[cfg(target_os = "linux")]
mod drawing;
mod failure;
mod following;
mod link;
#[cfg(target_os = "macos")]
mod menu;
mod quit;
mod schemes;
mod tray;
mod view_state;
mod window;

use desktop::Desktop;
use std::process::ExitCode;
use tauri::{App, Manager, RunEvent};
use tauri_plugin_window_state::StateFlags;

/// Opens the window and returns when GrowQR has quit. A second start shows the window of the first, and ends.
#[must_use]
pub fn run() -> ExitCode {
    if let Some(missing) = display::missing() {
        // The window's toolkit would end the program without a word that helps.
        eprintln!("growqr-desktop: {missing}");
        return ExitCode::FAILURE;
    }
    #[cfg(target_os = "linux")]
    drawing::choose();
    failure::told(|| {
        let app = build()?;
        // No other instance runs. What the page will ask for is read while its window is made.
        desktop::open_early(app.handle());
        account::resume_early(app.handle());
        Ok(ExitCode::from(u8::try_from(app.run_return(on_event)).unwrap_or(1)))
    })
}

fn build() -> tauri::Result<App> {
    let mut context = tauri::generate_context!();
    schemes::configure(context.config_mut());
    let desktop = Desktop::of_process();
    let builder = tauri::Builder::default();
    // First, so that a second start ends before it has opened anything; it passes on what it was told. macOS starts an
    // app once by itself; the plugin's socket there would be shared by all users of the computer.
    #[cfg(not(target_os = "macos"))]
    let builder = builder.plugin(only_one(&context.config().identifier, desktop.environment().data_folder_mark()));
    #[cfg(target_os = "macos")]
    let builder = builder.menu(menu::build).on_menu_event(menu::on_event);
    // Tells the system that links open this program. On macOS it could only receive them, which it does for every page
    // to hear; here they are received by nobody but `arrivals`.
    #[cfg(not(target_os = "macos"))]
    let builder = builder.plugin(tauri_plugin_deep_link::init());
    builder
        // Whether the window was hidden when GrowQR quit says nothing about the next start.
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(StateFlags::all() & !StateFlags::VISIBLE).build())
        // Used from Rust alone; the page has no right to them.
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_store::Builder::new().build())
        .manage(desktop)
        .manage(following::Follower::default())
        .manage(account::Account::default())
        .manage(arrivals::Arrivals::default())
        .manage(schemes::Registered::default())
        .invoke_handler(commands::all())
        .on_window_event(window::on_event)
        .setup(|app| {
            let has_tray = tray::add(app.handle());
            app.manage(window::Tray { is_there: has_tray });
            arrivals::begin(app.handle());
            Ok(())
        })
        .build(context)
}

/// One program at a time. Windows knows one instance whatever its data folder; the plugin takes no other name there.
#[cfg(not(target_os = "macos"))]
fn only_one(identifier: &str, folder: Option<String>) -> tauri::plugin::TauriPlugin<tauri::Wry> {
    let name = only_instance(identifier, folder);
    let only = tauri_plugin_single_instance::Builder::new().dbus_id(name).callback(|app, arguments, _folder| {
        window::show(app);
        arrivals::take(app, arguments);
    });
    only.build()
}

/// The name that one program at a time has: another data folder is another app.
#[cfg(any(test, not(target_os = "macos")))]
fn only_instance(identifier: &str, folder: Option<String>) -> String {
    // No part of such a name begins with a digit.
    folder.map_or_else(|| identifier.to_owned(), |mark| format!("{identifier}.data-{mark}"))
}

fn on_event(app: &tauri::AppHandle, event: RunEvent) {
    match event {
        RunEvent::Ready => failure::is_open(),
        // No code: the last window is gone or the system asks; with one, the question has been answered.
        RunEvent::ExitRequested { code: None, api, .. } => {
            api.prevent_exit();
            quit::ask(app);
        }
        RunEvent::Exit => tauri::async_runtime::block_on(async {
            account::close(app).await;
            desktop::close(app).await;
        }),
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => urls.iter().for_each(|link| arrivals::follow(app, link.as_str())),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_data_folder_is_another_app() {
        assert_eq!(only_instance("ai.growqr.desktop", None), "ai.growqr.desktop");
        assert_eq!(only_instance("ai.growqr.desktop", Some("0f".to_owned())), "ai.growqr.desktop.data-0f");
    }
}
