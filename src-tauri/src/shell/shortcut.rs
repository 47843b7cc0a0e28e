//! The keys that show the quick chat from any program: the setting `quick.shortcut`.

use super::desktop::Desktop;
#[cfg(target_os = "linux")]
use super::portal::{self, Refusal};
use super::quick;
use growqr_wire as wire;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, Manager};
use tauri_plugin_global_shortcut::{GlobalShortcutExt, ShortcutState};

/// The name of the setting.
const SETTING: &str = "quick.shortcut";

/// Whether the keys work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shortcut {
    /// Whether the system passes the keys to GrowQR.
    active: bool,
    /// Why not, and another way to show the quick chat. `None` if they work or if none are set.
    problem: Option<String>,
}

/// The state of the keys, managed by Tauri.
#[derive(Default)]
pub struct Current {
    state: Mutex<Shortcut>,
    /// The keys that the portal was asked for last. Locked while it is asked.
    #[cfg(target_os = "linux")]
    bound: tokio::sync::Mutex<Option<String>>,
}

/// The plugin that passes the keys on.
pub fn plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri_plugin_global_shortcut::Builder::new()
        .with_handler(|app, _keys, event| {
            if event.state() == ShortcutState::Pressed {
                quick::toggle(app);
            }
        })
        .build()
}

/// Whether a request changes the setting.
pub fn is_set_by(request: &wire::Request) -> bool {
    matches!(request, wire::Request::SetSetting { name, .. } if name == SETTING)
}

/// Whether the keys work now.
pub fn state(app: &AppHandle) -> Shortcut {
    app.state::<Current>().state.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Reads the setting and registers its keys in place of the earlier ones. On Wayland this goes on in the background, as the desktop
/// may ask the person.
pub async fn apply(app: &AppHandle) {
    let keys = match setting(app).await {
        Ok(keys) => keys,
        Err(error) => {
            tracing::warn!(%error, "the shortcut of the quick chat cannot be read");
            return;
        }
    };
    #[cfg(target_os = "linux")]
    if is_wayland() {
        let of_app = app.clone();
        tauri::async_runtime::spawn(async move { bind_on_wayland(&of_app, &keys).await });
        return;
    }
    set(app, register(app, &keys));
}

fn set(app: &AppHandle, now: Shortcut) {
    if let Some(problem) = &now.problem {
        tracing::info!(problem, "the quick chat has no shortcut");
    }
    *app.state::<Current>().state.lock().unwrap_or_else(PoisonError::into_inner) = now;
}

/// Asks the desktop for the keys, one request after the other. It remembers the answer of the person, so the same keys are asked for
/// once.
#[cfg(target_os = "linux")]
async fn bind_on_wayland(app: &AppHandle, keys: &str) {
    let current = app.state::<Current>();
    let mut bound = current.bound.lock().await;
    if bound.as_deref() == Some(keys) {
        return;
    }
    *bound = Some(keys.to_owned());
    set(app, Shortcut { active: false, problem: (keys != "none").then(|| "Your desktop is asked for these keys.".to_owned()) });
    let answer = portal::bind(app, keys).await;
    if let Err(refusal) = &answer {
        tracing::info!(?refusal, "the portal gives no keys");
    }
    set(
        app,
        match answer {
            Ok(()) => Shortcut { active: keys != "none", problem: None },
            Err(Refusal::NoPortal(_)) => refused("This desktop (Wayland) gives programs no keys of other windows."),
            Err(Refusal::ByPerson) => refused("Your desktop has asked about these keys, and they were not allowed."),
            Err(Refusal::NoKeys) => refused("Your desktop has assigned no keys yet: its keyboard settings can."),
        },
    );
}

async fn setting(app: &AppHandle) -> Result<String, wire::Error> {
    let settings = app.state::<Desktop>().session().await?.library().settings().await?;
    Ok(settings.into_iter().find(|setting| setting.name == SETTING).map_or_else(|| "none".to_owned(), |setting| setting.value))
}

fn register(app: &AppHandle, keys: &str) -> Shortcut {
    let shortcuts = app.global_shortcut();
    if let Err(error) = shortcuts.unregister_all() {
        tracing::warn!(%error, "the earlier shortcut cannot be given back");
    }
    if keys == "none" {
        return Shortcut::default();
    }
    match shortcuts.register(keys) {
        Ok(()) => Shortcut { active: true, problem: None },
        Err(error) => {
            tracing::info!(%error, keys, "the shortcut cannot be registered");
            refused(&format!("{keys} is taken by another program, or not possible on this system."))
        }
    }
}

fn refused(why: &str) -> Shortcut {
    let other_way = "Choose other keys, use the tray icon, or, in the keyboard settings of your system, give keys to the command: growqr quick";
    Shortcut { active: false, problem: Some(format!("{why} {other_way}")) }
}

/// Whether the window is on Wayland, where the X11 call that registers keys has no effect. GTK prefers Wayland, too.
#[cfg(target_os = "linux")]
fn is_wayland() -> bool {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    !variable("WAYLAND_DISPLAY").is_empty() && variable("GDK_BACKEND") != "x11"
}
