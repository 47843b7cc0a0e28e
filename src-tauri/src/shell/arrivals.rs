//! Links that open the app, from anybody at any time: back from sign-in, or to a place in the window.
//!
//! Each is read once, here, by `growqr_app::Link`, and never given to the page. A place is only shown: the page gets
//! the name of an agent or of a page of memory, which may not exist, and nothing is done there.

use super::{account, window};
use growqr_app::{Link, Schemes};
use serde::Serialize;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, Emitter, Manager, Url};
use tauri_plugin_deep_link::DeepLinkExt;
use tokio::sync::OnceCell;

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
pub struct Arrivals {
    /// The place that a link leads to and that the page has not shown yet. A newer one takes its place.
    place: Mutex<Option<Place>>,
    /// Set once the system was told that links open this program, where it has to be told.
    registered: OnceCell<()>,
}

impl Arrivals {
    /// Gives the place, once.
    pub fn take(&self) -> Option<Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The links of this edition: a development build leaves those of the installed app alone.
pub fn schemes() -> Schemes {
    if tauri::is_dev() { Schemes::DEVELOPMENT } else { Schemes::RELEASE }
}

/// The same in the configuration of the plugin, which listens to no other.
pub fn configure(config: &mut tauri::Config) {
    let Schemes { sign_in, places } = schemes();
    let links = serde_json::json!({"desktop": {"schemes": [sign_in, places]}});
    config.plugins.0.insert("deep-link".to_owned(), links);
}

/// Takes links from now on, and the one that the app was started with.
pub fn listen(app: &AppHandle) {
    let links = app.deep_link();
    let to = app.clone();
    links.on_open_url(move |event| event.urls().iter().for_each(|link| follow(&to, link)));
    match links.get_current() {
        Ok(started_with) => started_with.iter().flatten().for_each(|link| follow(app, link)),
        Err(error) => tracing::warn!(%error, "the link that GrowQR was started with cannot be read"),
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move { register(&app).await });
}

/// Tells the system that links open this program, where no installer does. It starts programs of the system, which take
/// their time.
async fn register(app: &AppHandle) {
    let tell = || async {
        let app = app.clone();
        let told = tauri::async_runtime::spawn_blocking(move || {
            if needs_registering()
                && let Err(error) = app.deep_link().register_all()
            {
                tracing::info!(%error, "links cannot be made to open GrowQR; sign-in comes back to a port instead");
            }
        });
        // A panic in it has been reported already.
        let _ = told.await;
    };
    app.state::<Arrivals>().registered.get_or_init(tell).await;
}

/// Whether the browser's answer would come back to this program by a link.
pub async fn come_back(app: &AppHandle) -> bool {
    register(app).await;
    let app = app.clone();
    let asked = tauri::async_runtime::spawn_blocking(move || {
        is_installed(schemes().sign_in) || app.deep_link().is_registered(schemes().sign_in).unwrap_or(false)
    });
    asked.await.unwrap_or(false)
}

fn follow(app: &AppHandle, link: &Url) {
    let place = match Link::parse_for(schemes(), link.as_str()) {
        Ok(Link::AuthCallback) => {
            window::show(app);
            let (app, link) = (app.clone(), link.to_string());
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
    *app.state::<Arrivals>().place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    window::show(app);
    if let Err(error) = app.emit_to("main", PLACE, ()) {
        tracing::warn!(%error, "the page could not be told");
    }
}

/// What is installed has its entry from the installer, which one of ours would hide.
fn needs_registering() -> bool {
    cfg!(any(windows, target_os = "linux")) && (tauri::is_dev() || std::env::var_os("APPIMAGE").is_some())
}

/// Whether links of this scheme lead to the entry that a package brought, and this is the program that it names.
#[cfg(target_os = "linux")]
fn is_installed(scheme: &str) -> bool {
    const ENTRY: &str = "GrowQR.desktop";
    if !std::env::current_exe().is_ok_and(|program| program.starts_with(Path::new("/usr"))) {
        return false;
    }
    let kind = format!("x-scheme-handler/{scheme}");
    let asked = std::process::Command::new("xdg-mime").args(["query", "default", &kind]).output();
    asked.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().next().map(str::trim) == Some(ENTRY))
}

/// The system sends links to a bundle alone.
#[cfg(target_os = "macos")]
fn is_installed(_scheme: &str) -> bool {
    let is_bundle = |folder: &Path| folder.extension().is_some_and(|ending| ending == "app");
    std::env::current_exe().is_ok_and(|program| program.ancestors().any(is_bundle))
}

/// The plugin can tell.
#[cfg(windows)]
fn is_installed(_scheme: &str) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_to_the_page_once() {
        let arrivals = Arrivals::default();
        *arrivals.place.lock().unwrap() = Some(Place::Agents("a1".to_owned()));
        assert_eq!(arrivals.take(), Some(Place::Agents("a1".to_owned())));
        assert_eq!(arrivals.take(), None);
    }

    #[test]
    fn a_place_is_named_as_the_page_reads_it() {
        let json = serde_json::to_string(&Place::Memory("goals/rust.md".to_owned())).unwrap();
        assert_eq!(json, r#"{"view":"memory","id":"goals/rust.md"}"#);
    }
}
