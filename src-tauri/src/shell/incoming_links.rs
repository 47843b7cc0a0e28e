//! Links that open the app: the OAuth callback, or a place in the window. Any program can send them at any time.
//!
//! Each link is parsed once, here, by `growqr_app::Link`, and never sent to the page. For a link to a place, the page
//! gets the id of an agent or the path of a memory page, which may not exist. The page shows it and does nothing else.

use super::{account, window};
use growqr_app::{Link, Schemes};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, Emitter, Manager};
use tokio::sync::OnceCell;

/// The name of the desktop entry that the packages install.
#[cfg(target_os = "linux")]
const DESKTOP_ENTRY: &str = "GrowQR.desktop";

/// Event for the page: there is a place to show.
const PLACE: &str = "place";

/// A place in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "view", content = "id", rename_all = "snake_case")]
pub enum Place {
    /// An agent, by its id.
    Agents(String),
    /// A memory page, by its path.
    Memory(String),
}

/// The state of incoming links, managed by Tauri.
#[derive(Default)]
pub struct IncomingLinks {
    /// The place of the latest link that the page has not taken yet. A newer link replaces it.
    place: Mutex<Option<Place>>,
    /// Set after the program was registered with the system as the handler of its links.
    registered: OnceCell<()>,
}

impl IncomingLinks {
    /// Returns the place and removes it.
    pub fn take(&self) -> Option<Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The URL schemes of this build. A development build has its own, so that it does not take the installed app's links.
pub fn schemes() -> Schemes {
    if tauri::is_dev() { Schemes::DEVELOPMENT } else { Schemes::RELEASE }
}

/// Puts these schemes into the configuration of the deep-link plugin. A development build also gets its own identifier.
pub fn configure(config: &mut tauri::Config) {
    if tauri::is_dev() {
        config.identifier.push_str(".dev");
    }
    let Schemes { sign_in, places } = schemes();
    let links = serde_json::json!({"desktop": {"schemes": [sign_in, places]}});
    config.plugins.0.insert("deep-link".to_owned(), links);
}

/// Opens the link that the app was started with, and registers the app for its links in the background.
pub fn start(app: &AppHandle) {
    open_from_arguments(app, std::env::args());
    let app = app.clone();
    tauri::async_runtime::spawn(async move { register(&app).await });
}

/// Opens the link in the arguments of a start. `arguments` begins with the name of the program.
pub fn open_from_arguments(app: &AppHandle, arguments: impl IntoIterator<Item = String>) {
    if let Some(link) = single_argument(arguments) {
        open(app, &link);
    }
}

/// The argument after the program's name, if it is the only one.
fn single_argument(arguments: impl IntoIterator<Item = String>) -> Option<String> {
    let mut given = arguments.into_iter().skip(1);
    given.next().filter(|_| given.next().is_none())
}

/// Registers this program as the handler of its links, once per run. This starts other programs, which may take a while.
async fn register(app: &AppHandle) {
    let register_once = || async {
        let app = app.clone();
        // The result is an error only after a panic, which has been logged.
        let _ = tauri::async_runtime::spawn_blocking(move || system::register(&app)).await;
    };
    app.state::<IncomingLinks>().registered.get_or_init(register_once).await;
}

/// Whether the system gives the link of the OAuth callback to this program.
pub async fn receives_sign_in(app: &AppHandle) -> bool {
    register(app).await;
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || system::opens(&app, schemes().sign_in)).await.unwrap_or(false)
}

/// Parses a link and opens what it names. Ignores it if it is not one of ours.
pub fn open(app: &AppHandle, link: &str) {
    let place = match Link::parse_for(schemes(), link) {
        Ok(Link::AuthCallback) => {
            window::show(app);
            let (app, link) = (app.clone(), link.to_owned());
            tauri::async_runtime::spawn(async move { account::callback(&app, &link).await });
            return;
        }
        Ok(Link::Agent(id)) => Place::Agents(id.to_string()),
        Ok(Link::MemoryPage(path)) => Place::Memory(path),
        Err(refused) => {
            // The link is not logged: it may contain a code, or text from an attacker.
            tracing::info!(%refused, "a link was ignored");
            return;
        }
    };
    *app.state::<IncomingLinks>().place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    window::show(app);
    if let Err(error) = app.emit_to("main", PLACE, ()) {
        tracing::warn!(%error, "an event could not be sent to the page");
    }
}

/// Registration of links with the system.
#[cfg(not(target_os = "macos"))]
mod system {
    use tauri::AppHandle;
    use tauri_plugin_deep_link::DeepLinkExt;

    /// Registers the schemes, unless a package has done it: an entry of ours would override the one of the package.
    pub fn register(app: &AppHandle) {
        let is_installed = !tauri::is_dev() && std::env::var_os("APPIMAGE").is_none();
        if is_installed {
            return;
        }
        if let Err(error) = app.deep_link().register_all() {
            tracing::info!(%error, "the link schemes cannot be registered; sign-in uses a loopback port instead");
        }
    }

    /// Whether links of this scheme open this program.
    pub fn opens(app: &AppHandle, scheme: &str) -> bool {
        is_opened_by_package(scheme) || app.deep_link().is_registered(scheme).unwrap_or(false)
    }

    /// Whether this program was installed by a package, and the desktop entry of that package handles the scheme.
    #[cfg(target_os = "linux")]
    fn is_opened_by_package(scheme: &str) -> bool {
        if !std::env::current_exe().is_ok_and(|program| program.starts_with("/usr")) {
            return false;
        }
        let kind = format!("x-scheme-handler/{scheme}");
        let asked = std::process::Command::new("xdg-mime").args(["query", "default", &kind]).output();
        asked.is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout).lines().next().map(str::trim) == Some(super::DESKTOP_ENTRY)
        })
    }

    /// Not needed: the installer writes the same registry entry as the plugin, and `is_registered` finds it.
    #[cfg(windows)]
    fn is_opened_by_package(_scheme: &str) -> bool {
        false
    }
}

/// macOS reads the schemes from the app bundle, and sends links only to bundles.
#[cfg(target_os = "macos")]
mod system {
    use std::path::Path;
    use tauri::AppHandle;

    pub fn register(_app: &AppHandle) {}

    /// Whether this program is in a bundle.
    pub fn opens(_app: &AppHandle, _scheme: &str) -> bool {
        let is_bundle = |folder: &Path| folder.extension().is_some_and(|ending| ending == "app");
        std::env::current_exe().is_ok_and(|program| program.ancestors().any(is_bundle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_once() {
        let links = IncomingLinks::default();
        *links.place.lock().unwrap() = Some(Place::Agents("a1".to_owned()));
        assert_eq!(links.take(), Some(Place::Agents("a1".to_owned())));
        assert_eq!(links.take(), None);
    }

    #[test]
    fn a_link_is_read_only_from_a_single_argument() {
        let table: [(&[&str], Option<&str>); 4] =
            [(&[], None), (&["growqr"], None), (&["growqr", "link"], Some("link")), (&["growqr", "--flag", "link"], None)];
        for (arguments, expected) in table {
            let given = arguments.iter().map(|argument| (*argument).to_owned());
            assert_eq!(single_argument(given).as_deref(), expected, "{arguments:?}");
        }
    }

    #[test]
    fn packages_declare_the_release_schemes() {
        let conf: serde_json::Value = serde_json::from_str(include_str!("../../../tauri.conf.json")).unwrap();
        let Schemes { sign_in, places } = Schemes::RELEASE;
        assert_eq!(conf["plugins"]["deep-link"]["desktop"]["schemes"], serde_json::json!([sign_in, places]));
        #[cfg(target_os = "linux")]
        assert_eq!(format!("{}.desktop", conf["productName"].as_str().unwrap()), DESKTOP_ENTRY);
    }

    #[test]
    fn a_place_has_the_json_that_the_page_reads() {
        let json = serde_json::to_string(&Place::Memory("goals/rust.md".to_owned())).unwrap();
        assert_eq!(json, r#"{"view":"memory","id":"goals/rust.md"}"#);
    }
}
