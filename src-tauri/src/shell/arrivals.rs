//! Links that open the app, from anybody at any time: back from sign-in, or to a place in the window.
//!
//! Each is read once, here, by `growqr_app::Link`, and never given to the page. A place is only shown: the page gets
//! the name of an agent or of a page of memory, which may not exist, and nothing is done there.

use super::{account, schemes, window};
use growqr_app::Link;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, Emitter, Manager};

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
}

impl Arrivals {
    /// Gives the place, once.
    pub fn take(&self) -> Option<Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Takes the link that the app was started with.
pub fn begin(app: &AppHandle) {
    take(app, std::env::args());
    let app = app.clone();
    tauri::async_runtime::spawn(async move { schemes::register(&app).await });
}

/// Takes what a start of the app was told: its name, and a link if that is all.
pub fn take(app: &AppHandle, arguments: impl IntoIterator<Item = String>) {
    if let Some(link) = only(arguments) {
        follow(app, &link);
    }
}

fn only(arguments: impl IntoIterator<Item = String>) -> Option<String> {
    let mut told = arguments.into_iter().skip(1);
    told.next().filter(|_| told.next().is_none())
}

/// Follows a link, if it is one.
pub fn follow(app: &AppHandle, link: &str) {
    let place = match Link::parse_for(schemes::own(), link) {
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
    *app.state::<Arrivals>().place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    window::show(app);
    if let Err(error) = app.emit_to("main", PLACE, ()) {
        tracing::warn!(%error, "the page could not be told");
    }
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
    fn a_link_is_all_that_a_start_is_told() {
        let table: [(&[&str], Option<&str>); 4] =
            [(&[], None), (&["growqr"], None), (&["growqr", "link"], Some("link")), (&["growqr", "--flag", "link"], None)];
        for (arguments, expected) in table {
            let given = arguments.iter().map(|argument| (*argument).to_owned());
            assert_eq!(only(given).as_deref(), expected, "{arguments:?}");
        }
    }

    #[test]
    fn a_place_is_named_as_the_page_reads_it() {
        let json = serde_json::to_string(&Place::Memory("goals/rust.md".to_owned())).unwrap();
        assert_eq!(json, r#"{"view":"memory","id":"goals/rust.md"}"#);
    }
}
