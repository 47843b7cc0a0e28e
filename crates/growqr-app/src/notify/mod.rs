//! Decides which notifications the system shows. A pure function of what waits, what is on the screen, the settings and the time.

mod arrivals;
mod preferences;
mod quiet;

pub use arrivals::{Arrival, arrivals};
pub use preferences::NotificationPreferences;
pub use quiet::QuietHours;

use arrivals::ArrivalKind;
use growqr_core::clock::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The place of the inbox in the main window.
const INBOX: &str = "#/inbox";

/// After a notification, what arrives within this time is collected to one.
const PAUSE: Duration = Duration::from_secs(10);

/// What was announced and waits no longer is forgotten after this time: if it then waits again, it is announced again.
const AWAY: Duration = Duration::from_secs(60);

/// The most names in the text of a notification about several things.
const NAMES: usize = 3;

/// What a decision depends on besides what waits.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// The person's settings.
    pub preferences: &'a NotificationPreferences,
    /// What the main window shows, as the hash of its address; `None` if it does not have the focus.
    pub shown: Option<&'a str>,
    /// The time now.
    pub now: Timestamp,
    /// Minutes by which the local time is ahead of UTC.
    pub offset_minutes: i32,
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its first line.
    pub title: String,
    /// Its text.
    pub body: String,
    /// What a click shows in the main window, as the hash of its address.
    pub place: String,
}

/// What is to be done now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The notification to show.
    pub notice: Option<Notice>,
    /// When to decide again even if nothing changes, because something is held back.
    pub again_in: Option<Duration>,
}

/// Remembers what was already announced. What waits at the first decision counts as announced: the title and the tray icon show
/// it. If that is in quiet hours, it is announced at their end.
#[derive(Clone, Debug, Default)]
pub struct Notifier {
    /// Each with the time since when it does not wait any more.
    announced: Option<BTreeMap<String, Option<Timestamp>>>,
    last: Option<Timestamp>,
}

impl Notifier {
    /// Decides what to show, and remembers it as announced. Each arrival is announced once.
    pub fn decide(&mut self, waiting: &[Arrival], situation: &Situation<'_>) -> Decision {
        let all = || waiting.iter().map(|arrival| (arrival.id.clone(), None));
        let quiet = situation.preferences.quiet_hours.and_then(|hours| hours.left(situation.now, situation.offset_minutes));
        let Some(announced) = &mut self.announced else {
            self.announced = Some(if quiet.is_some() { BTreeMap::new() } else { all().collect() });
            return Decision { notice: None, again_in: quiet.filter(|_| !waiting.is_empty()) };
        };
        forget(announced, &waiting.iter().map(|arrival| arrival.id.as_str()).collect(), situation.now);
        if !situation.preferences.enabled {
            announced.extend(all());
            return Decision::default();
        }
        let on_screen = waiting.iter().filter(|arrival| situation.shown.is_some_and(|shown| arrival.is_shown_at(shown)));
        announced.extend(on_screen.map(|arrival| (arrival.id.clone(), None)));
        let fresh: Vec<&Arrival> = waiting.iter().filter(|arrival| !announced.contains_key(&arrival.id)).collect();
        if fresh.is_empty() {
            return Decision::default();
        }
        if let Some(left) = quiet.or_else(|| pause_left(self.last, situation.now)) {
            return Decision { notice: None, again_in: Some(left) };
        }
        announced.extend(fresh.iter().map(|arrival| (arrival.id.clone(), None)));
        self.last = Some(situation.now);
        Decision { notice: Some(notice(&fresh, situation.preferences.show_text)), again_in: None }
    }
}

/// Forgets what has not waited for [`AWAY`], also if it waits again now.
fn forget(announced: &mut BTreeMap<String, Option<Timestamp>>, waiting: &BTreeSet<&str>, now: Timestamp) {
    announced.retain(|id, away_since| {
        let is_waiting = waiting.contains(id.as_str());
        let since = *away_since.get_or_insert(now);
        let is_long = u128::try_from(now.0.saturating_sub(since.0)).is_ok_and(|away| away >= AWAY.as_millis());
        if is_waiting && !is_long {
            *away_since = None;
        }
        !is_long
    });
}

/// How long what arrives is still collected after the last notification. A clock that was set back does not lengthen it.
fn pause_left(last: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let passed = u64::try_from(now.0.checked_sub(last?.0)?).ok()?;
    PAUSE.checked_sub(Duration::from_millis(passed)).filter(|left| !left.is_zero())
}

fn notice(fresh: &[&Arrival], show_text: bool) -> Notice {
    let open = || "Open GrowQR to see more.".to_owned();
    match fresh {
        [one] if show_text => {
            Notice { title: one.title.clone(), body: one.text.clone().unwrap_or_else(open), place: one.place.clone() }
        }
        [one] => Notice { title: in_numbers(fresh), body: open(), place: one.place.clone() },
        several => {
            let mut names: Vec<&str> = several.iter().map(|arrival| arrival.name.as_str()).collect();
            names.dedup();
            let more = names.len().saturating_sub(NAMES);
            names.truncate(NAMES);
            let body = match more {
                _ if !show_text => open(),
                0 => names.join(", "),
                more => format!("{} and {more} more", names.join(", ")),
            };
            Notice { title: in_numbers(several), body, place: INBOX.to_owned() }
        }
    }
}

/// How many of which kind: `5 questions wait, 1 problem needs you`.
fn in_numbers(arrivals: &[&Arrival]) -> String {
    let words = [
        (ArrivalKind::Question, "1 question waits", "questions wait"),
        (ArrivalKind::Problem, "1 problem needs you", "problems need you"),
        (ArrivalKind::News, "1 piece of work is done", "pieces of work are done"),
    ];
    let parts =
        words.iter().filter_map(|(kind, one, several)| match arrivals.iter().filter(|arrival| arrival.kind == *kind).count() {
            0 => None,
            1 => Some((*one).to_owned()),
            count => Some(format!("{count} {several}")),
        });
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
