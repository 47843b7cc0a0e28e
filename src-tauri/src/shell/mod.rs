//! Builds and runs the Tauri app: plugins, commands, tray icon, shutdown.

mod account;
mod commands;
mod desktop;
mod dialog;
mod display;
mod dropped;
mod failure;
mod following;
mod incoming_links;
mod link;
mod login;
#[cfg(target_os = "macos")]
mod menu;
mod notifications;
#[cfg(target_os = "linux")]
mod portal;
mod quick;
mod quit;
#[cfg(target_os = "linux")]
mod rendering;
mod schemes;
mod shortcut;
mod tray;
mod tray_host;
mod tray_icon;
mod tray_state;
mod tray_updates;
mod view_state;
mod window;

use crate::messages;
use desktop::Desktop;
use std::process::ExitCode;
use tauri::{App, Manager, RunEvent};
use tauri_plugin_window_state::StateFlags;

/// Opens the window and returns when GrowQR has quit. A second instance shows the window of the first and exits.
#[must_use]
pub fn run() -> ExitCode {
    #[cfg(target_os = "linux")]
    rendering::choose();
    messages::keep_stderr();
    if let Some(missing) = display::missing_message() {
        // Tauri would panic.
        messages::print(&missing);
        return ExitCode::FAILURE;
    }
    failure::report(|| {
        let app = build()?;
        // This is the only instance. The data that the page needs is loaded while the window is created.
        desktop::open_early(app.handle());
        tray_updates::follow(app.handle());
        account::resume_early(app.handle());
        Ok(ExitCode::from(u8::try_from(app.run_return(on_event)).unwrap_or(1)))
    })
}

fn build() -> tauri::Result<App> {
    let mut context = tauri::generate_context!();
    schemes::configure(context.config_mut());
    for window in &mut context.config_mut().app.windows {
        window.drag_drop_enabled = dropped::IS_NEEDED;
    }
    let desktop = Desktop::from_process();
    let builder = tauri::Builder::default();
    // The first plugin, so that a second instance sends its arguments to the first and exits before it opens anything. Not on
    // macOS: the system starts only one instance of an app, and all users of the computer would share the plugin's socket.
    #[cfg(not(target_os = "macos"))]
    let builder = builder.plugin(single_instance(&context.config().identifier, desktop.environment().data_folder_hash()));
    #[cfg(target_os = "macos")]
    let builder = builder.menu(menu::build).on_menu_event(menu::on_event);
    // Registers the link schemes with the system. Not on macOS: there the plugin would only receive the links and emit
    // them to the page, but only `incoming_links` may see them.
    #[cfg(not(target_os = "macos"))]
    let builder = builder.plugin(tauri_plugin_deep_link::init());
    builder
        // Whether the window was hidden at the last exit does not matter for the next start.
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(StateFlags::all() & !StateFlags::VISIBLE).build())
        // Used only from Rust. The page has no permission for them.
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_store::Builder::new().build())
        .plugin(login::plugin())
        .plugin(shortcut::plugin())
        .manage(desktop)
        .manage(following::Followers::default())
        .manage(account::Account::default())
        .manage(incoming_links::IncomingLinks::default())
        .manage(schemes::Registered::default())
        .manage(shortcut::Current::default())
        .manage(dropped::Dropped::default())
        .manage(tray_updates::FromPage::default())
        .manage(notifications::Places::default())
        .invoke_handler(commands::all())
        .on_window_event(|window, event| {
            window::on_event(window, event);
            quick::on_event(window, event);
            dropped::on_event(window, event);
        })
        .setup(|app| {
            let has_tray = tray::add(app.handle());
            app.manage(window::Tray { exists: has_tray });
            let handle = app.handle().clone();
            tray_host::on_loss(move || window::show_if_hidden(&handle));
            incoming_links::start(app.handle());
            notifications::listen(app.handle());
            Ok(())
        })
        .build(context)
}

/// Allows one instance at a time. The name has an effect on Linux only: on Windows the plugin allows one instance for all
/// data folders.
#[cfg(not(target_os = "macos"))]
fn single_instance(identifier: &str, folder_hash: Option<String>) -> tauri::plugin::TauriPlugin<tauri::Wry> {
    let name = instance_name(identifier, folder_hash);
    let plugin = tauri_plugin_single_instance::Builder::new().dbus_id(name).callback(|app, arguments, _folder| {
        incoming_links::start_again(app, arguments);
    });
    plugin.build()
}

/// The D-Bus name of the single instance. Each data folder has its own, so that each can have one running instance.
#[cfg(any(test, not(target_os = "macos")))]
fn instance_name(identifier: &str, folder_hash: Option<String>) -> String {
    // A part of a D-Bus name must not begin with a digit, so the hash gets the prefix `data-`.
    folder_hash.map_or_else(|| identifier.to_owned(), |hash| format!("{identifier}.data-{hash}"))
}

fn on_event(app: &tauri::AppHandle, event: RunEvent) {
    match event {
        RunEvent::Ready => failure::set_window_open(),
        // No code: the last window was closed, or the system asks to quit. With a code, `quit::ask` has called `exit`.
        RunEvent::ExitRequested { code: None, api, .. } => {
            api.prevent_exit();
            quit::ask(app);
        }
        RunEvent::Exit => tauri::async_runtime::block_on(async {
            account::close(app).await;
            desktop::close(app).await;
        }),
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => urls.iter().for_each(|link| incoming_links::open(app, link.as_str())),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_data_folder_has_its_own_instance_name() {
        assert_eq!(instance_name("ai.growqr.desktop", None), "ai.growqr.desktop");
        assert_eq!(instance_name("ai.growqr.desktop", Some("0f".to_owned())), "ai.growqr.desktop.data-0f");
    }
}
