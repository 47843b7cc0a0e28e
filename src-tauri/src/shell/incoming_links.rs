//! Links that open the app: the OAuth callback, or a place in the window. Any program can send them at any time.
//!
//! Each link is parsed once, here, by `growqr_app::Link`, and never sent to the page. For a link to a place, the page
//! gets the id of an agent or the path of a memory page, which may not exist. The page shows it and does nothing else.

use super::{account, quick, schemes, window};
use growqr_app::{Link, MAX_LINK_BYTES};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, Emitter, Manager};

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
    /// What the page of the main window has behind the `#` of its address, with the `#`.
    Hash(String),
}

impl Place {
    /// The inbox.
    pub fn inbox() -> Place {
        Place::Hash("#/inbox".to_owned())
    }

    /// A place of the main window, from another page of ours. `None` if it has no form of one.
    pub fn from_hash(hash: String) -> Option<Place> {
        let is_place = hash.starts_with("#/") && hash.len() <= MAX_LINK_BYTES && !hash.contains(char::is_control);
        is_place.then_some(Place::Hash(hash))
    }
}

/// The state of incoming links, managed by Tauri.
#[derive(Default)]
pub struct IncomingLinks {
    /// The place of the latest link that the page has not taken yet. A newer link replaces it.
    place: Mutex<Option<Place>>,
}

impl IncomingLinks {
    /// Returns the place and removes it.
    pub fn take(&self) -> Option<Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Opens the link that the app was started with, and registers the app for its links in the background.
pub fn start(app: &AppHandle) {
    if let Some(link) = single_argument(std::env::args()) {
        open(app, &link);
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move { schemes::register(&app).await });
}

/// What a second start does: opens its link, or shows the main window. `arguments` begins with the name of the program.
#[cfg(not(target_os = "macos"))]
pub fn start_again(app: &AppHandle, arguments: Vec<String>) {
    let link = single_argument(arguments);
    if link.as_deref().is_none_or(|link| Link::parse_for(schemes::own(), link) != Ok(Link::Quick)) {
        window::show(app);
    }
    if let Some(link) = link {
        open(app, &link);
    }
}

/// The argument after the program's name, if it is the only one.
fn single_argument(arguments: impl IntoIterator<Item = String>) -> Option<String> {
    let mut given = arguments.into_iter().skip(1);
    given.next().filter(|_| given.next().is_none())
}

/// Parses a link and opens what it names. Ignores it if it is not one of ours.
pub fn open(app: &AppHandle, link: &str) {
    let place = match Link::parse_for(schemes::own(), link) {
        Ok(Link::AuthCallback) => {
            window::show(app);
            let (app, link) = (app.clone(), link.to_owned());
            tauri::async_runtime::spawn(async move { account::callback(&app, &link).await });
            return;
        }
        Ok(Link::Agent(id)) => Place::Agents(id.to_string()),
        Ok(Link::MemoryPage(path)) => Place::Memory(path),
        Ok(Link::Quick) => return quick::show(app),
        Err(refused) => {
            // The link is not logged: it may contain a code, or text from an attacker.
            tracing::info!(%refused, "a link was ignored");
            return;
        }
    };
    show_place(app, place);
}

/// Shows a place in the main window.
pub fn show_place(app: &AppHandle, place: Place) {
    *app.state::<IncomingLinks>().place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    window::show(app);
    if let Err(error) = app.emit_to("main", PLACE, ()) {
        tracing::warn!(%error, "an event could not be sent to the page");
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
    fn only_a_hash_of_the_window_is_a_place() {
        assert_eq!(Place::from_hash("#/inbox".to_owned()), Some(Place::Hash("#/inbox".to_owned())));
        for text in ["", "#inbox", "https://example.org/#/inbox", "#/a\nb"] {
            assert_eq!(Place::from_hash(text.to_owned()), None, "{text:?}");
        }
        assert_eq!(Place::from_hash(format!("#/{}", "a".repeat(MAX_LINK_BYTES))), None);
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
    fn a_place_has_the_json_that_the_page_reads() {
        let json = serde_json::to_string(&Place::Memory("goals/rust.md".to_owned())).unwrap();
        assert_eq!(json, r#"{"view":"memory","id":"goals/rust.md"}"#);
    }
}
