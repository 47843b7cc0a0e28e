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
    /// The keys that a portal has decided about last, and whether it gave them. Locked while it is asked.
    #[cfg(target_os = "linux")]
    bound: tokio::sync::Mutex<Option<(String, bool)>>,
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
/// may ask the person. `by_person`: they have just set the keys, and may be asked again about those that they had not allowed.
pub async fn apply(app: &AppHandle, by_person: bool) {
    #[cfg(not(target_os = "linux"))]
    let _ = by_person;
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
        tauri::async_runtime::spawn(async move { bind_on_wayland(&of_app, &keys, by_person).await });
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

/// Asks the desktop's portal for the keys. A second request waits until the first is answered.
#[cfg(target_os = "linux")]
async fn bind_on_wayland(app: &AppHandle, keys: &str, by_person: bool) {
    let current = app.state::<Current>();
    let mut bound = current.bound.lock().await;
    if !is_to_ask(bound.as_ref(), keys, by_person) {
        return;
    }
    let waiting = (keys != "none").then(|| "Waiting for your desktop to allow this shortcut.".to_owned());
    set(app, Shortcut { active: false, problem: waiting });
    let answer = portal::bind(app, keys).await;
    if let Err(refusal) = &answer {
        tracing::info!(?refusal, "the portal gives no keys");
    }
    *bound = match &answer {
        // It may be there later.
        Err(Refusal::NoPortal(_)) => None,
        decided => Some((keys.to_owned(), decided.is_ok())),
    };
    set(app, answered(keys, &answer));
}

/// Whether the portal is asked for these keys, after it has decided about those of `last`.
#[cfg(target_os = "linux")]
fn is_to_ask(last: Option<&(String, bool)>, keys: &str, by_person: bool) -> bool {
    last.is_none_or(|(asked, is_given)| asked != keys || (by_person && !is_given))
}

#[cfg(target_os = "linux")]
fn answered(keys: &str, answer: &Result<(), Refusal>) -> Shortcut {
    match answer {
        Ok(()) => Shortcut { active: keys != "none", problem: None },
        Err(_) if keys == "none" => Shortcut::default(),
        Err(Refusal::NoPortal(_)) => refused("This desktop does not offer global shortcuts on Wayland."),
        Err(Refusal::ByPerson) => refused("This shortcut was not allowed in your desktop's dialog."),
        Err(Refusal::NoKeys) => refused("Your desktop has not assigned keys. Set them in its keyboard settings."),
    }
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{Refusal, Shortcut, answered, is_to_ask};

    #[test]
    fn refused_keys_are_asked_for_again_only_if_the_person_sets_them_again() {
        let (given, not_given) = (("Alt+1".to_owned(), true), ("Alt+1".to_owned(), false));
        assert!(is_to_ask(None, "Alt+1", false));
        assert!(is_to_ask(Some(&given), "Alt+2", false));
        assert!(!is_to_ask(Some(&given), "Alt+1", true));
        assert!(!is_to_ask(Some(&not_given), "Alt+1", false));
        assert!(is_to_ask(Some(&not_given), "Alt+1", true));
    }

    #[test]
    fn without_keys_a_missing_portal_is_no_problem() {
        let missing = Err(Refusal::NoPortal("no bus".to_owned()));
        assert_eq!(answered("none", &missing), Shortcut::default());
        assert!(answered("Alt+1", &missing).problem.is_some());
    }
}
