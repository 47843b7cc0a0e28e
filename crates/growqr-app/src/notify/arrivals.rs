//! What a notification can be about: asks, failures and finished work, in words for the system's notifications.
//!
//! The words are short and say nothing that a call, a provider or a file has said: that may contain a key. What agents and models
//! have written is shown in one line, without invisible characters, and words that look like a key are left out.

use growqr_wire::event::AskKind;
use growqr_wire::{AskRow, InboxEntry, InboxKind};

/// The id of the Grow Agent.
const GROW: &str = "grow";

/// The most characters of a text, and of a name.
const TEXT: usize = 160;
const NAME: usize = 40;

/// A word with letters and digits of at least this length may be a key.
const KEY: usize = 20;

/// What kind of thing waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArrivalKind {
    Question,
    Problem,
    News,
}

/// One thing that a notification can announce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub(super) id: String,
    pub(super) kind: ArrivalKind,
    /// Where the main window shows it besides the inbox, as the hash of its address.
    pub(super) place: String,
    /// Whom or what it is about.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) text: Option<String>,
}

impl Arrival {
    /// Whether it is a place in the main window where this can be seen.
    pub(super) fn is_shown_at(&self, hash: &str) -> bool {
        let view = |hash: &str| hash.split('?').next().unwrap_or_default().to_owned();
        let shown = view(hash);
        shown == super::INBOX || shown == view(&self.place)
    }
}

/// All that waits and was not seen yet.
#[must_use]
pub fn arrivals(asks: &[AskRow], entries: &[InboxEntry]) -> Vec<Arrival> {
    let entries = entries.iter().filter(|entry| !entry.is_seen).map(entry);
    asks.iter().map(ask).chain(entries).collect()
}

fn ask(row: &AskRow) -> Arrival {
    let name = shown(&row.agent_name, NAME);
    let (title, text) = match row.ask.kind {
        AskKind::Question => (format!("{name} asks"), Some(shown(&row.ask.text, TEXT))),
        AskKind::Permission => (format!("{name} needs your permission"), None),
        AskKind::Budget => (format!("{name} has reached a limit"), None),
        AskKind::Conflict => (format!("{name} asks about a page in two versions"), None),
        AskKind::Review => (format!("{name} has a change to approve"), None),
        AskKind::Schedule => ("Scheduled work waits for you".to_owned(), Some(shown(&row.ask.text, TEXT))),
    };
    Arrival { id: format!("ask:{}", row.ask.id), kind: ArrivalKind::Question, place: agent_place(&row.agent), name, title, text }
}

fn entry(entry: &InboxEntry) -> Arrival {
    let name = shown(&entry.name, NAME);
    let place = match (entry.kind, &entry.agent) {
        (_, Some(agent)) => agent_place(agent),
        (InboxKind::Stack, None) => "#/stack".to_owned(),
        (InboxKind::Quest, None) => "#/settings?at=quests".to_owned(),
        (_, None) => "#/memory".to_owned(),
    };
    let (kind, title) = match entry.kind {
        InboxKind::Failed => (ArrivalKind::Problem, format!("{name} could not finish")),
        InboxKind::Trouble => (ArrivalKind::Problem, format!("{name} cannot go on")),
        InboxKind::Mail => (ArrivalKind::Problem, format!("Mail for {name} cannot be delivered")),
        InboxKind::Memory => (ArrivalKind::Problem, "Memory cannot be changed".to_owned()),
        InboxKind::Stack | InboxKind::Quest => (ArrivalKind::Problem, format!("{name} needs you")),
        InboxKind::Finished => (ArrivalKind::News, format!("{name} is done")),
    };
    let text = entry.took.map(|took| format!("It took {}.", minutes(took)));
    Arrival { id: entry.id.clone(), kind, place, name, title, text }
}

fn agent_place(id: &str) -> String {
    if id == GROW { "#/chat".to_owned() } else { format!("#/agents/{id}") }
}

fn minutes(ms: i64) -> String {
    match ms / 60_000 {
        1 => "1 minute".to_owned(),
        minutes if minutes < 120 => format!("{minutes} minutes"),
        minutes => format!("{} hours", minutes / 60),
    }
}

/// A text of a model in one line of at most this many characters.
fn shown(text: &str, most: usize) -> String {
    let is_shown = |one: &char| {
        !one.is_control()
            && !matches!(one, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    // Some systems read a text between angle brackets as markup.
    let plain = |one| match one {
        '<' => '‹',
        '>' => '›',
        other => other,
    };
    let words = text.split_whitespace().map(|word| {
        let word: String = word.chars().filter(is_shown).map(plain).collect();
        if may_be_key(&word) { "…".to_owned() } else { word }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Whether a part of the word is long and mixes letters and digits, as keys do.
fn may_be_key(word: &str) -> bool {
    let is_of_key = |one: char| one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '+' | '=' | '~');
    word.split(|one| !is_of_key(one)).any(|part| {
        part.len() >= KEY && part.bytes().any(|byte| byte.is_ascii_digit()) && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_short_line_without_what_may_be_a_key() {
        let key = "sk-ant-api03-AbCdEfGh12345678";
        assert_eq!(shown(&format!("Use {key}\n\u{202e}now?"), TEXT), "Use … now?");
        assert_eq!(shown(&format!("token={key}, please"), TEXT), "… please");
        assert_eq!(shown("<b>Bold</b>", TEXT), "‹b›Bold‹/b›");
        assert_eq!(shown("Which of the well-understood-algorithms do you mean?", 20), "Which of the well-un…");
    }

    #[test]
    fn a_thing_is_on_the_screen_in_the_inbox_and_where_its_agent_is() {
        let of = |agent: &str| Arrival {
            id: String::new(),
            kind: ArrivalKind::News,
            place: agent_place(agent),
            name: String::new(),
            title: String::new(),
            text: None,
        };
        for (agent, hash, expected) in [
            ("grow", "#/chat", true),
            ("grow", "#/inbox", true),
            ("grow", "#/agents/a-1", false),
            ("a-1", "#/agents/a-1?at=x", true),
            ("a-1", "#/agents/a-10", false),
            ("a-1", "#/settings", false),
        ] {
            assert_eq!(of(agent).is_shown_at(hash), expected, "{agent} at {hash}");
        }
    }
}
