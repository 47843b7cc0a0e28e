//! Notifications of the system: shows what `growqr-app` decides, and opens the place of one that is clicked.
//!
//! The page has no permission for the plugin. Where the system does not report clicks (a notification server without actions; on
//! Windows once a notification has moved to the Action Center) the inbox in the window and in the tray menu lists the same things.

use super::desktop::Desktop;
use super::incoming_links::{self, Place};
use super::{quick, window};
use growqr_app::{Notice, Notifier, Situation, arrivals, local_now};
use growqr_wire::{self as wire, AskRow, InboxEntry};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;

/// Clicks on earlier notifications show the inbox.
const KEPT: usize = 32;

/// What the plugin calls a click on the notification itself.
const CLICK: &str = "tap";

/// The places of the notifications that were shown, managed by Tauri.
#[derive(Default)]
pub struct Places(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    last: i32,
    places: Vec<(i32, String)>,
}

impl Places {
    /// Keeps a place; returns the id of its notification.
    fn keep(&self, place: &str) -> i32 {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last = kept.last.wrapping_add(1);
        let id = kept.last;
        kept.places.push((id, place.to_owned()));
        if kept.places.len() > KEPT {
            kept.places.remove(0);
        }
        id
    }

    fn of(&self, id: i32) -> Place {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.places.iter().find(|(of, _)| *of == id).map(|(_, place)| place.clone());
        place.map_or_else(Place::inbox, Place::Hash)
    }
}

/// Opens the places of notifications that are clicked from now on.
pub fn listen(app: &AppHandle) {
    let handle = app.clone();
    let on_click = app.notification().on_action(move |performed| {
        if performed.action_id() == CLICK {
            let id = performed.notification().map(tauri_plugin_notification::ActiveNotification::id);
            let place = id.map_or_else(Place::inbox, |id| handle.state::<Places>().of(id));
            incoming_links::show_place(&handle, place);
        }
    });
    if let Err(error) = on_click {
        tracing::warn!(%error, "clicks on notifications are not reported");
    }
}

/// Shows what has to be announced now. Returns when to look again even if nothing changes.
///
/// # Errors
/// If the settings cannot be read.
pub async fn announce(
    app: &AppHandle,
    notifier: &mut Notifier,
    asks: &[AskRow],
    entries: &[InboxEntry],
) -> Result<Option<Duration>, wire::Error> {
    let preferences = app.state::<Desktop>().session().await?.library().notification_preferences().await?;
    let shown = shown_place(app);
    let (now, offset_minutes) = local_now();
    let situation = Situation { preferences: &preferences, shown: shown.as_deref(), now, offset_minutes };
    let decision = notifier.decide(&arrivals(asks, entries), &situation);
    if let Some(notice) = decision.notice {
        show(app, &notice);
    }
    Ok(decision.again_in)
}

/// The place that the person looks at. The quick chat shows the conversation.
fn shown_place(app: &AppHandle) -> Option<String> {
    window::focused_place(app).or_else(|| quick::has_focus(app).then(|| "#/chat".to_owned()))
}

fn show(app: &AppHandle, notice: &Notice) {
    let id = app.state::<Places>().keep(&notice.place);
    let shown = app.notification().builder().id(id).title(&notice.title).body(&notice.body).show();
    if let Err(error) = shown {
        tracing::warn!(%error, "a notification cannot be shown");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_opens_the_place_of_its_notification_and_an_old_one_the_inbox() {
        let places = Places::default();
        let first = places.keep("#/chat");
        let second = places.keep("#/agents/a-1");
        assert_eq!(places.of(first), Place::Hash("#/chat".to_owned()));
        assert_eq!(places.of(second), Place::Hash("#/agents/a-1".to_owned()));
        for _ in 0..KEPT {
            places.keep("#/stack");
        }
        assert_eq!(places.of(first), Place::inbox());
    }
}
