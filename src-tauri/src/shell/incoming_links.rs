//! Links that open the app, from anybody at any time: back from sign-in, or to a place in the window.
//!
//! Each is read once, here, by `growqr_app::Link`, and never given to the page. A place is only shown: the page gets
//! the name of an agent or of a page of memory, which may not exist, and nothing is done there.

use super::{account, window};
use growqr_app::{Link, Schemes};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, Emitter, Manager};
use tokio::sync::OnceCell;

/// The entry of the program in the system's list, as packages bring it.
#[cfg(target_os = "linux")]
const DESKTOP_ENTRY: &str = "GrowQR.desktop";

/// Heard by the page: there is a place to be shown.
const PLACE: &str = "place";

/// A place in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "view", content = "id", rename_all = "snake_case")]
pub enum Place {
    /// An agent, by its id.
    Agents(String),
    /// A page, by its path.
    Memory(String),
}

/// What there is to know of links.
#[derive(Default)]
pub struct IncomingLinks {
    /// The place that a link leads to and that the page has not shown yet. A newer one takes its place.
    place: Mutex<Option<Place>>,
    /// Set once the system was told that links open this program, where it has to be told.
    registered: OnceCell<()>,
}

impl IncomingLinks {
    /// Gives the place, once.
    pub fn take(&self) -> Option<Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The links of this edition: a development build leaves those of the installed app alone.
pub fn schemes() -> Schemes {
    if tauri::is_dev() { Schemes::DEVELOPMENT } else { Schemes::RELEASE }
}

/// The same in the configuration of the plugin, which listens to no other; and a name that is not the installed app's.
pub fn configure(config: &mut tauri::Config) {
    if tauri::is_dev() {
        config.identifier.push_str(".dev");
    }
    let Schemes { sign_in, places } = schemes();
    let links = serde_json::json!({"desktop": {"schemes": [sign_in, places]}});
    config.plugins.0.insert("deep-link".to_owned(), links);
}

/// Takes the link that the app was started with.
pub fn start(app: &AppHandle) {
    open_from_arguments(app, std::env::args());
    let app = app.clone();
    tauri::async_runtime::spawn(async move { register(&app).await });
}

/// Takes what a start of the app was told: its name, and a link if that is all.
pub fn open_from_arguments(app: &AppHandle, arguments: impl IntoIterator<Item = String>) {
    if let Some(link) = single_argument(arguments) {
        open(app, &link);
    }
}

fn single_argument(arguments: impl IntoIterator<Item = String>) -> Option<String> {
    let mut given = arguments.into_iter().skip(1);
    given.next().filter(|_| given.next().is_none())
}

/// Tells the system that links open this program, once. It starts programs of the system, which take their time.
async fn register(app: &AppHandle) {
    let register_once = || async {
        let app = app.clone();
        // A panic in it has been reported already.
        let _ = tauri::async_runtime::spawn_blocking(move || system::register(&app)).await;
    };
    app.state::<IncomingLinks>().registered.get_or_init(register_once).await;
}

/// Whether the browser's answer would come back to this program by a link.
pub async fn receives_sign_in(app: &AppHandle) -> bool {
    register(app).await;
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || system::opens(&app, schemes().sign_in)).await.unwrap_or(false)
}

/// Follows a link, if it is one.
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
            // Not the link itself: it may hold a code, or a stranger's words.
            tracing::info!(%refused, "a link is not followed");
            return;
        }
    };
    *app.state::<IncomingLinks>().place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    window::show(app);
    if let Err(error) = app.emit_to("main", PLACE, ()) {
        tracing::warn!(%error, "the page could not be told");
    }
}

/// The system's list of which program opens which links.
#[cfg(not(target_os = "macos"))]
mod system {
    use tauri::AppHandle;
    use tauri_plugin_deep_link::DeepLinkExt;

    /// What is installed has its entry from the installer, which one of ours would hide.
    pub fn register(app: &AppHandle) {
        let is_installed = !tauri::is_dev() && std::env::var_os("APPIMAGE").is_none();
        if is_installed {
            return;
        }
        if let Err(error) = app.deep_link().register_all() {
            tracing::info!(%error, "links cannot be made to open GrowQR; sign-in comes back to a port instead");
        }
    }

    /// Whether links of this scheme open this program.
    pub fn opens(app: &AppHandle, scheme: &str) -> bool {
        is_opened_by_package(scheme) || app.deep_link().is_registered(scheme).unwrap_or(false)
    }

    /// Whether they lead to the entry that a package brought, and this is the program that it names.
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

    /// The installer's entry is as the plugin would write it.
    #[cfg(windows)]
    fn is_opened_by_package(_scheme: &str) -> bool {
        false
    }
}

/// The system reads it from the bundle, and sends links to bundles alone.
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
